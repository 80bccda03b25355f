//! A call in, a WAV file and a result out: one test per end reason, and what holds for all.

mod common;

use afterbeep::dsp::beep::BeepConfig;
use afterbeep::dsp::dtmf::Digit;
use afterbeep::dsp::silence::SilenceConfig;
use afterbeep::engine::{FileConfig, SessionError, SessionResult};
use afterbeep::session::{EndReason, Session, SessionConfig, Terminators};
use common::call::{engine, feed, record, result};
use common::{Key, Line, Random, read_wav, samples, speech};
use std::path::Path;
use std::time::Duration;

fn no_beep() -> SessionConfig {
    SessionConfig { beep: None, ..SessionConfig::default() }
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The recording equals the line from the beep's end on, and fills the file.
fn assert_recorded(result: &SessionResult, line: &[i16], from: usize) {
    let recorded = read_wav(result.path.as_ref().unwrap());
    assert_eq!(recorded.len() as u64, result.samples);
    assert_eq!(result.duration_ms, result.samples / 8);
    assert!(recorded == line[from..from + recorded.len()], "the recording differs from the line");
    assert!(result.complete && result.lost_samples == 0);
}

#[test]
fn a_key_ends_the_message_and_is_not_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("message.wav");
    let result = record(&SessionConfig::default(), &FileConfig::new(directory.path()), &line);
    assert_eq!((result.end_reason, result.end_digit), (EndReason::Dtmf, Digit::new('#')));
    assert_recorded(&result, &line, 3_200);
    let kept_until = 3_200 + result.samples;
    assert!((65_960..=66_040).contains(&kept_until), "{kept_until}");
    // Until it was recognised the key was recorded: 32 ms and up to two blocks.
    assert!((256..=460).contains(&result.trimmed_samples), "{}", result.trimmed_samples);
    assert_eq!(files(directory.path()).len(), 1);
}

#[test]
fn a_key_right_before_the_line_ends_still_counts() {
    let mut random = Random::new(9);
    let directory = tempfile::tempdir().unwrap();
    let file = FileConfig::new(directory.path());
    for offset in 0..102 {
        let spoken = Line::new().silence_samples(800 + offset);
        let start = spoken.len() as u64;
        let line = spoken.key(Key::new('#').ms(40), &mut random).pcm();
        let result = record(&no_beep(), &file, &line);
        assert_eq!(result.end_reason, EndReason::Dtmf, "offset {offset}");
        assert!(result.samples.abs_diff(start) <= 40, "{} for {start}", result.samples);
        assert!(result.samples + result.trimmed_samples <= line.len() as u64);
    }
}

#[test]
fn every_terminator_of_the_set_ends_and_no_other_key() {
    let mut random = Random::new(1);
    for (terminators, ended) in [("#", "#"), ("*0", "*0"), ("any", "0123456789*#ABCD"), ("none", "")] {
        let directory = tempfile::tempdir().unwrap();
        let config = SessionConfig { terminators: Terminators::parse(terminators).unwrap(), ..no_beep() };
        for digit in "0123456789*#ABCD".chars() {
            let line = Line::new().silence(100).key(Key::new(digit), &mut random).silence(100).pcm();
            let result = record(&config, &FileConfig::new(directory.path()), &line);
            let reason = if ended.contains(digit) { EndReason::Dtmf } else { EndReason::Hangup };
            assert_eq!(result.end_reason, reason, "{digit} with {terminators}");
            assert_eq!(result.end_digit.is_some(), ended.contains(digit));
        }
    }
}

#[test]
fn digits_pressed_before_the_recording_started_do_not_end_it() {
    let mut random = Random::new(2);
    let directory = tempfile::tempdir().unwrap();
    // 400 ms of beep: the second key begins within it and goes on after it.
    let line = Line::new().silence(50).key(Key::new('#'), &mut random).silence(180);
    let line = line.key(Key::new('#').ms(200), &mut random).silence(500).pcm();
    let result = record(&SessionConfig::default(), &FileConfig::new(directory.path()), &line);
    assert_eq!((result.end_reason, result.end_digit), (EndReason::Hangup, None));
    assert_recorded(&result, &line, 3_200);
}

#[test]
fn a_key_on_the_first_recorded_sample_ends_the_message() {
    let mut random = Random::new(12);
    let directory = tempfile::tempdir().unwrap();
    for phase in 0..20 {
        let line = Line::new().silence(400).key(Key::new('#'), &mut random).silence(200);
        let line = line.noise(-60.0, &mut random).pcm();
        let result = record(&SessionConfig::default(), &FileConfig::new(directory.path()), &line);
        assert_eq!(result.end_reason, EndReason::Dtmf, "phase {phase}");
        assert!(result.samples <= 40, "{}", result.samples);
    }
}

#[test]
fn maximum_duration_is_exact_to_the_sample() {
    let directory = tempfile::tempdir().unwrap();
    let line = Line::new().tone(440.0, -10.0, 3_000).pcm();
    for (max_duration_ms, expected) in [(20, 160), (1_000, 8_000), (2_999, 23_992)] {
        let config = SessionConfig { max_duration_ms, ..no_beep() };
        let result = record(&config, &FileConfig::new(directory.path()), &line);
        assert_eq!((result.end_reason, result.samples), (EndReason::MaxDuration, expected));
        assert_recorded(&result, &line, 0);
    }
    let config = SessionConfig { max_duration_ms: 0, ..no_beep() };
    let result = record(&config, &FileConfig::new(directory.path()), &line);
    assert_eq!((result.end_reason, result.samples), (EndReason::Hangup, 24_000));
}

#[test]
fn the_default_maximum_is_20_seconds() {
    let directory = tempfile::tempdir().unwrap();
    let line = Line::new().tone(440.0, -10.0, 21_000).pcm();
    let result = record(&SessionConfig::default(), &FileConfig::new(directory.path()), &line);
    assert_eq!((result.end_reason, result.duration_ms), (EndReason::MaxDuration, 20_000));
}

#[test]
fn silence_ends_the_message_as_configured() {
    let directory = tempfile::tempdir().unwrap();
    let file = FileConfig::new(directory.path());
    let mut random = Random::new(3);
    let spoken =
        Line::new().silence(700).tone(300.0, -15.0, 1_000).silence(3_000).noise(-55.0, &mut random).pcm();
    let silent = Line::new().silence(4_000).noise(-55.0, &mut random).pcm();
    let block = 102;

    let both = SessionConfig { initial_silence_ms: 1_500, final_silence_ms: 1_000, ..no_beep() };
    let result = record(&both, &file, &spoken);
    assert_eq!(result.end_reason, EndReason::FinalSilence);
    let due = samples(2_700) as u64;
    assert!((due..=due + block).contains(&result.samples), "{}", result.samples);
    assert_recorded(&result, &spoken, 0);

    // Nobody spoke: the initial limit alone counts, though the final one is shorter.
    let result = record(&both, &file, &silent);
    assert_eq!((result.end_reason, result.samples), (EndReason::InitialSilence, samples(1_500) as u64));

    let only_final = SessionConfig { final_silence_ms: 1_000, ..no_beep() };
    let result = record(&only_final, &file, &silent);
    assert_eq!((result.end_reason, result.samples), (EndReason::FinalSilence, samples(1_000) as u64));
    // A word that begins in the very last moment counts.
    let late = Line::new().silence(995).tone(300.0, -15.0, 500).silence(1_500).pcm();
    assert_eq!(record(&only_final, &file, &late).end_reason, EndReason::FinalSilence);
    assert!(record(&only_final, &file, &late).samples > samples(2_400) as u64);
    // Several limits on one sample: the table's order decides.
    let both_due = SessionConfig { max_duration_ms: 51, initial_silence_ms: 51, ..no_beep() };
    assert_eq!(record(&both_due, &file, &silent).end_reason, EndReason::MaxDuration);
    assert_eq!(record(&no_beep(), &file, &silent).end_reason, EndReason::Hangup);

    // Below the threshold everything is silence.
    let deaf = SessionConfig { silence: SilenceConfig::fixed(-10.0), ..both };
    assert_eq!(record(&deaf, &file, &spoken).end_reason, EndReason::InitialSilence);
}

#[test]
fn an_adaptive_threshold_ends_a_message_on_a_noisy_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = FileConfig::new(directory.path());
    let mut random = Random::new(9);
    let line = Line::new().silence(1_000).audio(&speech("numbers.wav")).silence(4_000);
    let spoken = line.noise(-37.0, &mut random).pcm();
    let noise = Line::new().silence(4_000).noise(-37.0, &mut random).pcm();
    let fixed =
        SessionConfig { initial_silence_ms: 3_000, final_silence_ms: 2_000, max_duration_ms: 0, ..no_beep() };
    let adaptive = SessionConfig { silence: SilenceConfig::adaptive(), ..fixed };
    assert_eq!(record(&fixed, &file, &spoken).end_reason, EndReason::Hangup);
    let result = record(&adaptive, &file, &spoken);
    assert_eq!(result.end_reason, EndReason::FinalSilence);
    // The last word fades from 3.25 s on and is gone after 3.45 s; the setting counts from there, not from the hangover's end.
    let due = samples(1_000 + 3_250 + 2_000 - 50) as u64..=samples(1_000 + 3_400 + 2_000) as u64;
    assert!(due.contains(&result.samples), "{}", result.samples);
    assert_eq!(record(&adaptive, &file, &noise).end_reason, EndReason::InitialSilence);

    // The hangover of the beep's echo is no word of the caller's.
    let echo = Line::new().tone(1_000.0, -15.0, 400).silence(4_000).noise(-55.0, &mut random).pcm();
    let beep = SessionConfig { beep: Some(BeepConfig::default()), ..adaptive };
    let result = record(&beep, &file, &echo);
    assert_eq!(result.end_reason, EndReason::InitialSilence);
    // The last block of the echo reaches into the recording.
    assert!((24_000..=24_102).contains(&result.samples), "{}", result.samples);
    // Losses are silence, and teach nothing of the line's noise.
    let mut session = Session::new(&adaptive).unwrap();
    session.push_lost(samples(100));
    session.push(&noise[..samples(1_000)]);
    session.push_lost(samples(1_899));
    assert!(session.end().is_none());
    session.push_lost(samples(2));
    assert_eq!(session.end().unwrap().reason, EndReason::InitialSilence);
}

#[test]
fn hangup_and_stop_keep_the_message_and_cancel_deletes_it() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let line = speech("reading.wav");
    let file = FileConfig::new(directory.path());
    for (reason, kept) in
        [(EndReason::Hangup, true), (EndReason::Stopped, true), (EndReason::Cancelled, false)]
    {
        let session = engine.open(&no_beep(), &file).unwrap();
        feed(session, &line[..16_000], 160);
        match reason {
            EndReason::Hangup => session.hangup(),
            EndReason::Stopped => session.stop(),
            _ => session.cancel(),
        }
        .unwrap();
        let result = result(session);
        assert_eq!((result.end_reason, result.path.is_some()), (reason, kept));
        if kept {
            assert_eq!(result.samples, 16_000);
            assert_recorded(&result, &line, 0);
        } else {
            assert_eq!((result.samples, result.trimmed_samples), (0, 0));
        }
        assert_eq!(session.push(&line[..160]), Err(SessionError::Ended));
        session.close().unwrap();
    }
    assert_eq!(files(directory.path()).len(), 2);
}

#[test]
fn hangup_during_the_beep_leaves_no_file_and_keeps_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let result = record(&SessionConfig::default(), &FileConfig::new(directory.path()), &line[..1_600]);
    assert_eq!((result.end_reason, result.samples), (EndReason::Hangup, 0));
    assert!(result.path.is_none() && result.complete);
    assert!(files(directory.path()).is_empty());
}

#[test]
fn a_signalled_digit_ends_the_message_where_it_came() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let line = speech("reading.wav");
    let (pound, one) = (Digit::new('#').unwrap(), Digit::new('1').unwrap());
    let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
    session.digit(pound).unwrap();
    feed(session, &line[..8_000], 160);
    session.digit(one).unwrap();
    feed(session, &line[8_000..9_600], 160);
    session.digit(pound).unwrap();
    let result = result(session);
    assert_eq!((result.end_reason, result.end_digit), (EndReason::Dtmf, Some(pound)));
    assert_eq!((result.samples, result.trimmed_samples), (6_400, 0));
    assert_recorded(&result, &line, 3_200);
}

#[test]
fn lost_frames_keep_the_time_and_are_declared() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let line = speech("reading.wav");
    let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
    session.push_lost(1_600).unwrap();
    feed(session, &line[1_600..4_800], 160);
    session.push_lost(160).unwrap();
    feed(session, &line[4_960..8_000], 160);
    session.hangup().unwrap();
    let result = result(session);
    assert_eq!((result.samples, result.line_lost_samples, result.complete), (4_800, 160, true));
    let mut expected = line[3_200..8_000].to_vec();
    expected[1_600..1_760].fill(0);
    assert!(read_wav(result.path.as_ref().unwrap()) == expected);
}

#[test]
fn the_echo_guard_drops_what_follows_the_beep() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let config = SessionConfig { echo_guard_ms: 100, ..SessionConfig::default() };
    let result = record(&config, &FileConfig::new(directory.path()), &line);
    assert_eq!((result.samples as usize, result.echo_guard_samples), (line.len() - 4_000, 800));
    assert_recorded(&result, &line, 4_000);
}

#[test]
fn the_beep_is_played_on_the_push_clock_and_never_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let beep = BeepConfig { duration_ms: 200, ..BeepConfig::default() };
    let config = SessionConfig { beep: Some(beep), ..SessionConfig::default() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    let mut played = Vec::new();
    for tick in 0..20 {
        session.push(&[tick; 160]).unwrap();
        let mut frame = [1; 160];
        session.pull(&mut frame).unwrap();
        played.extend(frame);
    }
    session.hangup().unwrap();
    let result = result(session);
    assert!(played[..1_600].iter().any(|&sample| sample > 5_000));
    assert!(played[1_600..].iter().all(|&sample| sample == 0));
    let recorded = read_wav(result.path.as_ref().unwrap());
    assert_eq!((recorded.len(), recorded[0], recorded[1_599]), (1_600, 10, 19));
    let mut after = [1; 160];
    assert_eq!(session.pull(&mut after), Err(SessionError::Ended));
    assert_eq!(after, [0; 160]);
}

#[test]
fn the_result_does_not_depend_on_how_the_line_is_cut_or_how_fast_it_comes() {
    let line = speech("message.wav");
    let mut outcomes = Vec::new();
    for frame_samples in [1, 80, 102, 160, 333, 9_600] {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine();
        let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
        feed(session, &line, frame_samples);
        let result = result(session);
        let recorded = read_wav(result.path.as_ref().unwrap());
        outcomes.push((result.end_reason, result.samples, result.trimmed_samples, recorded));
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_full_ring_costs_the_newest_samples_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    // A writer that looks once a second: the ring of 2 s overflows long before.
    let config = afterbeep::engine::EngineConfig { poll_interval_ms: 1_000, ..Default::default() };
    let engine = afterbeep::engine::Engine::new(&config).unwrap();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    let line: Vec<i16> = (0..32_000).map(|i| (i % 20_000 + 1) as i16).collect();
    let pushed: Vec<_> = line.chunks(160).map(|frame| session.push(frame)).collect();
    assert!(pushed.contains(&Err(SessionError::Overrun)));
    session.hangup().unwrap();
    let result = result(session);
    let recorded = read_wav(result.path.as_ref().unwrap());
    assert_eq!((result.samples, recorded.len()), (32_000, 32_000));
    assert!(!result.complete);
    let silent = recorded.iter().filter(|&&sample| sample == 0).count() as u64;
    assert_eq!(silent, result.lost_samples);
    let intact = recorded.iter().zip(&line).filter(|(recorded, sent)| recorded == sent).count() as u64;
    assert_eq!(intact + result.lost_samples, 32_000);
}

#[test]
fn closing_a_running_session_keeps_its_message() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    feed(session, &speech("reading.wav")[..8_000], 160);
    session.close().unwrap();
    assert_eq!(session.push(&[0; 160]), Err(SessionError::Stale));
    assert_eq!(session.result(Duration::ZERO).err(), Some(SessionError::Stale));
    drop(engine);
    let names = files(directory.path());
    assert_eq!(names.len(), 1);
    assert_eq!(read_wav(&directory.path().join(&names[0])).len(), 8_000);
}

#[test]
fn closing_the_engine_finishes_every_message() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let sessions: Vec<_> =
        (0..20).map(|_| engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap()).collect();
    sessions.iter().for_each(|session| feed(*session, &[7; 800], 160));
    drop(engine);
    for session in sessions {
        assert_eq!(session.push(&[7; 160]), Err(SessionError::Stale));
        assert_eq!(session.result(Duration::ZERO).err(), Some(SessionError::Stale));
    }
    let names = files(directory.path());
    assert_eq!(names.len(), 20);
    names.iter().for_each(|name| assert_eq!(read_wav(&directory.path().join(name)), [7; 800]));
}
