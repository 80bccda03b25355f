//! Lines at 8 to 48 kHz: the same call ends the same way, in the same place, and the file holds it at the rate that was
//! asked for.

use afterbeep::dsp::gain::{AgcConfig, GainConfig};
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::engine::{Engine, EngineConfig, FileConfig, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::session::{Cut, End, EndReason, Recorded, Session, SessionConfig, SessionEvent};
use afterbeep::wav::{Format, WavReader, WavWriter};
use std::f64::consts::TAU;
use std::fs::{self, File};
use std::time::Duration;

/// How far apart cuts may lie, in seconds: two detector samples.
const TOLERANCE_S: f64 = 2.0 / 8_000.0;

/// What the line carries at a time in seconds, -1 to 1.
type Line = fn(f64) -> f64;

fn sine(hz: f64, time: f64) -> f64 {
    (TAU * hz * time).sin()
}

/// Syllables of something like a voice, 300 ms of every 450.
fn voice(time: f64) -> f64 {
    let syllable = time % 0.45;
    if syllable > 0.3 {
        return 0.0;
    }
    let pitch = 140.0 + 20.0 * (time * 0.7).sin();
    let harmonics = (1..15).map(|n| sine(pitch * f64::from(n), syllable) / f64::from(n));
    0.1 * harmonics.sum::<f64>() * (TAU * syllable / 0.6).sin()
}

fn within(time: f64, from: f64, to: f64) -> bool {
    (from..to).contains(&time)
}

fn pound(time: f64) -> f64 {
    0.12 * (sine(941.0, time) + sine(1_477.0, time))
}

fn key_after_speech(time: f64) -> f64 {
    if within(time, 2.1, 2.2) {
        pound(time - 2.1)
    } else if time < 2.0 {
        voice(time)
    } else {
        0.0
    }
}

fn key_to_the_end(time: f64) -> f64 {
    if time >= 2.955 { pound(time - 2.955) } else { voice(time) }
}

fn silence_after_speech(time: f64) -> f64 {
    if time < 2.0 { voice(time) } else { 0.0 }
}

fn late_speech(time: f64) -> f64 {
    if time > 1.5 { voice(time - 1.5) } else { 0.0 }
}

fn busy(time: f64) -> f64 {
    let on = time > 2.0 && (time - 2.0) % 1.0 < 0.5;
    let tone = 0.08 * (sine(480.0, time) + sine(620.0, time));
    if on {
        tone
    } else if time < 2.0 {
        voice(time)
    } else {
        0.0
    }
}

fn samples(line: Line, seconds: f64, rate: SampleRate) -> Vec<i16> {
    let hz = f64::from(rate.hz());
    (0..(seconds * hz).round() as u32).map(|n| (line(f64::from(n) / hz) * 32_000.0).round() as i16).collect()
}

fn config() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

/// The end, where frames of so many milliseconds come, and what was told before.
fn end(config: &SessionConfig, samples: &[i16], frame_ms: u64) -> (End, Vec<SessionEvent>) {
    let mut session = Session::<_>::new(config).unwrap();
    let mut told = Vec::new();
    for frame in samples.chunks(config.sample_rate.samples(frame_ms) as usize) {
        session.push(frame);
        told.extend(std::iter::from_fn(|| session.poll_event()));
    }
    session.hangup();
    (*session.end().unwrap(), told)
}

#[test]
fn a_call_ends_alike_at_every_rate() {
    let us = TonePlan::parse("us").unwrap();
    let calls: [(&str, Line, f64, SessionConfig, EndReason, Cut); 7] = [
        ("key", key_after_speech, 4.0, config(), EndReason::Dtmf, Cut::Key),
        ("key to the end", key_to_the_end, 3.0, config(), EndReason::Dtmf, Cut::Key),
        (
            "final silence",
            silence_after_speech,
            6.0,
            SessionConfig { final_silence_ms: 1_000, final_silence_tail_ms: Some(200), ..config() },
            EndReason::FinalSilence,
            Cut::Silence,
        ),
        (
            "initial silence",
            late_speech,
            3.0,
            SessionConfig { initial_silence_ms: 1_200, ..config() },
            EndReason::InitialSilence,
            Cut::Nothing,
        ),
        (
            "start on speech",
            late_speech,
            5.0,
            SessionConfig { start_on_speech: true, max_duration_ms: 2_000, ..config() },
            EndReason::MaxDuration,
            Cut::Nothing,
        ),
        (
            "busy",
            busy,
            9.0,
            SessionConfig { tone_plan: Some(us), ..config() },
            EndReason::DisconnectTone,
            Cut::Tone,
        ),
        ("hang-up", voice, 3.0, config(), EndReason::Hangup, Cut::Nothing),
    ];
    for (name, line, seconds, config, reason, cut) in calls {
        let mut at_8_khz = None;
        for rate in SampleRate::ALL {
            let config = SessionConfig { sample_rate: rate, ..config };
            let samples = samples(line, seconds, rate);
            let (ended, _) = end(&config, &samples, 20);
            assert_eq!((ended.reason, ended.cut), (reason, cut), "{name} at {} Hz", rate.hz());
            let kept_s = ended.kept_samples as f64 / f64::from(rate.hz());
            let expected_s = *at_8_khz.get_or_insert(kept_s);
            let apart_s = (kept_s - expected_s).abs();
            assert!(apart_s < TOLERANCE_S, "{name} at {} Hz: {kept_s}, not {expected_s}", rate.hz());
            // However the frames are cut.
            for frame_ms in [1, 10, 100] {
                assert_eq!(end(&config, &samples, frame_ms).0, ended, "{name} at {} Hz", rate.hz());
            }
        }
    }
}

#[test]
fn digits_are_told_in_samples_of_the_line() {
    fn two_keys(time: f64) -> f64 {
        let tone = |from: f64, low, high| 0.12 * (sine(low, time - from) + sine(high, time - from));
        if within(time, 0.5, 0.6) {
            tone(0.5, 697.0, 1_209.0)
        } else if within(time, 0.8, 0.9) {
            tone(0.8, 852.0, 1_633.0)
        } else {
            0.0
        }
    }
    for rate in SampleRate::ALL {
        let (_, told) =
            end(&SessionConfig { sample_rate: rate, ..config() }, &samples(two_keys, 2.0, rate), 20);
        let digits: Vec<_> = told
            .iter()
            .map(|event| match event {
                SessionEvent::Digit(digit) => {
                    (digit.digit.as_char(), digit.start_sample as f64 / f64::from(rate.hz()))
                }
                SessionEvent::Tone { .. } => panic!("{event:?}"),
            })
            .collect();
        let [('1', first), ('C', second)] = digits[..] else { panic!("{digits:?} at {} Hz", rate.hz()) };
        // As far off as at 8 kHz: 5 ms.
        assert!((first - 0.5).abs() < 0.005 && (second - 0.8).abs() < 0.005, "{first} {second}");
    }
}

/// Losses keep their length, and detectors their place.
#[test]
fn losses_and_pauses_count_line_samples() {
    for rate in SampleRate::ALL {
        let config = SessionConfig { sample_rate: rate, max_duration_ms: 10_000, ..config() };
        let mut session = Session::<_>::new(&config).unwrap();
        let frames = samples(voice, 2.0, rate);
        let frame_samples = rate.samples(20) as usize;
        let mut recorded = 0;
        for (index, frame) in frames.chunks(frame_samples).enumerate() {
            recorded += match index % 3 {
                0 => session.push_lost(frame.len() - 7) + session.push_lost(7),
                _ => match session.push(frame) {
                    Recorded::Audio(part) => part.len(),
                    Recorded::Silence(samples) => samples,
                },
            };
        }
        assert_eq!(recorded as u64, rate.samples(2_000));
        assert_eq!(session.position(), rate.samples(2_000));
        // The key is found where it is.
        let from = session.position();
        for frame in samples(pound, 0.2, rate).chunks(frame_samples) {
            session.push(frame);
        }
        let end = session.end().expect("the key ends it");
        let off_s = (end.kept_samples as f64 - from as f64) / f64::from(rate.hz());
        assert!(off_s.abs() < 0.005, "{} Hz: {off_s}", rate.hz());
        assert_eq!(end.reason, EndReason::Dtmf);
    }
}

/// With room for all that these tests bring at once.
fn engine() -> Engine {
    Engine::new(&EngineConfig { ring_ms: 300_000, ..EngineConfig::default() }).unwrap()
}

fn recorded(session: &SessionConfig, file: &FileConfig, samples: &[i16]) -> SessionResult {
    let engine = engine();
    let handle = engine.open(session, file).unwrap();
    for frame in samples.chunks(session.sample_rate.samples(20) as usize) {
        // What the caller ends, he ends.
        if handle.push(frame).is_err() {
            break;
        }
    }
    // Refused where the message is over.
    let _ = handle.hangup();
    let result = handle.result(Duration::from_secs(60)).unwrap();
    handle.close().unwrap();
    result
}

fn read(result: &SessionResult) -> (u32, Vec<i16>) {
    let mut reader = hound::WavReader::open(result.path.as_ref().unwrap()).unwrap();
    (reader.spec().sample_rate, reader.samples().map(Result::unwrap).collect())
}

#[test]
fn files_hold_the_line_at_the_rate_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    fn tone(time: f64) -> f64 {
        0.5 * sine(1_000.0, time)
    }
    for line in SampleRate::ALL {
        for file in SampleRate::ALL {
            let config = SessionConfig { sample_rate: line, max_duration_ms: 1_001, ..config() };
            let file_config = FileConfig { file_rate_hz: file.hz(), ..FileConfig::new(directory.path()) };
            let result = recorded(&config, &file_config, &samples(tone, 1.5, line));
            assert_eq!(result.end_reason, EndReason::MaxDuration);
            let (hz, held) = read(&result);
            let exact = line.samples(1_001) as f64 * f64::from(file.hz()) / f64::from(line.hz());
            assert_eq!((hz, held.len() as f64), (file.hz(), exact.round()), "{} Hz", line.hz());
            assert_eq!(
                (result.samples, result.duration_ms),
                (held.len() as u64, 1_001 - u64::from(exact.round() < 1.001 * f64::from(hz)))
            );
            // In place, to the sample.
            for (n, &sample) in
                held.iter().enumerate().take(held.len() - hz as usize / 50).skip(hz as usize / 50)
            {
                let expected = tone(n as f64 / f64::from(hz)) * 32_000.0;
                assert!((f64::from(sample) - expected).abs() < 3.0, "{} to {hz} Hz: {n}", line.hz());
            }
        }
    }
}

#[test]
fn a_cut_is_a_cut_at_every_rate() {
    let directory = tempfile::tempdir().unwrap();
    for (line, file) in [(16_000, 8_000), (48_000, 8_000), (44_100, 16_000), (8_000, 48_000)] {
        let rate = SampleRate::new(line).unwrap();
        let config = SessionConfig { sample_rate: rate, ..config() };
        let samples = samples(key_after_speech, 4.0, rate);
        let (ended, _) = end(&config, &samples, 20);
        for format in [Format::Pcm16, Format::Ulaw] {
            let file_config = FileConfig { format, file_rate_hz: file, ..FileConfig::new(directory.path()) };
            let result = recorded(&config, &file_config, &samples);
            assert_eq!((result.end_reason, result.cut), (EndReason::Dtmf, Cut::Key));
            let exact = ended.kept_samples as f64 * f64::from(file) / f64::from(line);
            assert_eq!(result.samples as f64, exact.round(), "{line} to {file} Hz");
            assert!(result.complete && result.error.is_none());
        }
    }
}

#[test]
fn long_silence_and_losses_keep_their_length_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let rate = SampleRate::new(48_000).unwrap();
    let file = FileConfig { file_rate_hz: 8_000, ..FileConfig::new(directory.path()) };
    let engine = engine();
    let handle = engine.open(&SessionConfig { sample_rate: rate, ..config() }, &file).unwrap();
    let voice = samples(voice, 0.6, rate);
    voice.chunks(960).for_each(|frame| handle.push(frame).unwrap());
    (0..600).for_each(|_| handle.push_lost(9_600).unwrap());
    voice.chunks(960).for_each(|frame| handle.push(frame).unwrap());
    handle.hangup().unwrap();
    let result = handle.result(Duration::from_secs(60)).unwrap();
    assert_eq!((result.samples, result.duration_ms), (121_200 * 8, 121_200));
    assert_eq!((result.lost_samples, result.line_lost_samples), (0, 600 * 9_600));
    let (_, held) = read(&result);
    assert!(held[4_900..4_800 + 950_000].iter().all(|&sample| sample == 0));
    let heard = |from: usize| held[from..from + 4_000].iter().map(|s| s.unsigned_abs()).max().unwrap();
    assert!(heard(0) > 500 && heard(121_200 * 8 - 4_800) > 500);
}

#[test]
fn starting_over_starts_the_file_over() {
    let directory = tempfile::tempdir().unwrap();
    let rate = SampleRate::new(48_000).unwrap();
    let gain = GainConfig { gain_db: 6.0, agc: Some(AgcConfig::default()) };
    let file = FileConfig { file_rate_hz: 16_000, gain, ..FileConfig::new(directory.path()) };
    let config = SessionConfig { sample_rate: rate, ..config() };
    let spoken = samples(voice, 1.5, rate);
    let engine = engine();
    let handle = engine.open(&config, &file).unwrap();
    samples(busy, 3.0, rate)[96_000..].chunks(960).for_each(|frame| handle.push(frame).unwrap());
    handle.restart(false).unwrap();
    spoken.chunks(960).for_each(|frame| handle.push(frame).unwrap());
    handle.hangup().unwrap();
    let result = handle.result(Duration::from_secs(60)).unwrap();
    assert_eq!((result.samples, result.dropped_samples), (24_000, 48_000));
    assert!(read(&result).1 == read(&recorded(&config, &file, &spoken)).1);
}

#[test]
fn gain_is_for_the_file_alone() {
    let directory = tempfile::tempdir().unwrap();
    let config = SessionConfig { final_silence_ms: 1_000, ..config() };
    let quiet: Vec<i16> =
        samples(silence_after_speech, 6.0, SampleRate::NARROWBAND).iter().map(|sample| sample / 4).collect();
    let plain = recorded(&config, &FileConfig::new(directory.path()), &quiet);
    let gain = GainConfig { gain_db: 12.0, agc: None };
    let raised = recorded(&config, &FileConfig { gain, ..FileConfig::new(directory.path()) }, &quiet);
    assert_eq!((raised.end_reason, raised.samples), (plain.end_reason, plain.samples));
    let factor = 10f64.powf(0.6);
    for (&before, &after) in read(&plain).1.iter().zip(&read(&raised).1) {
        assert!((f64::from(before) * factor - f64::from(after)).abs() < 1.0);
    }
}

/// Whatever the pieces and the cut: the file is the one that the encoder makes of the samples at once.
#[test]
fn adpcm_takes_what_rate_and_gain_have_made_of_the_line() {
    let directory = tempfile::tempdir().unwrap();
    for (line, file_rate_hz) in [(8_000, 8_000), (16_000, 8_000), (48_000, 44_100), (8_000, 24_000)] {
        let rate = SampleRate::new(line).unwrap();
        let config = SessionConfig { sample_rate: rate, ..config() };
        let call = samples(key_after_speech, 4.0, rate);
        let gain = GainConfig { gain_db: 3.0, agc: Some(AgcConfig::default()) };
        let file = |format| FileConfig { format, file_rate_hz, gain, ..FileConfig::new(directory.path()) };
        let (hz, shaped) = read(&recorded(&config, &file(Format::Pcm16), &call));
        let coded = recorded(&config, &file(Format::ImaAdpcm), &call);
        assert_eq!((hz, coded.samples), (file_rate_hz, shaped.len() as u64));
        let coded = coded.path.unwrap();

        let again = directory.path().join("at-once.wav");
        let created =
            File::options().read(true).write(true).create(true).truncate(true).open(&again).unwrap();
        let mut wav = WavWriter::new(created, Format::ImaAdpcm, SampleRate::new(hz).unwrap()).unwrap();
        wav.append([&shaped, &[]], &mut Vec::new()).unwrap();
        wav.finish(shaped.len() as u64).unwrap();
        assert!(fs::read(&coded).unwrap() == fs::read(&again).unwrap(), "{line} to {hz} Hz");

        let mut reader = WavReader::new(File::open(&coded).unwrap()).unwrap();
        let mut decoded = vec![0; shaped.len()];
        assert_eq!(
            (reader.sample_rate(), reader.read(&mut decoded).unwrap()),
            (SampleRate::new(hz).unwrap(), decoded.len())
        );
        let power = |of: &dyn Fn(usize) -> f64| (0..shaped.len()).map(|n| of(n).powi(2)).sum::<f64>();
        let error = power(&|n| f64::from(decoded[n]) - f64::from(shaped[n]));
        let ratio_db = 10.0 * (power(&|n| f64::from(shaped[n])) / error).log10();
        // Four bits follow the voice's steep edges no better at 8 kHz: 15.7 dB by sox, too.
        assert!(ratio_db > 15.0, "{line} to {hz} Hz: {ratio_db} dB");
    }
}

#[test]
fn what_is_no_rate_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let rate = FileConfig { file_rate_hz: 11_025, ..FileConfig::new(directory.path()) };
    let gain = GainConfig { gain_db: 50.0, agc: None };
    let gain = FileConfig { gain, ..FileConfig::new(directory.path()) };
    for (file, field) in [(rate, "file_rate_hz"), (gain, "gain_db")] {
        let error = engine.open(&config(), &file).unwrap_err().to_string();
        assert!(error.contains(field), "{error}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
