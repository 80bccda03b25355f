//! How a message ends, and what of the line reaches the file: limits, signals, pauses, masks, timestamps, starting over.

mod common;

use afterbeep::dsp::beep::BeepConfig;
use afterbeep::dsp::goertzel::mean_square;
use afterbeep::dsp::tone_plan::{ToneKind, TonePlan};
use afterbeep::engine::{Engine, EngineConfig, FileConfig, SessionError, SessionHandle, SessionResult};
use afterbeep::line::level::{dbm0_from_mean_square, mean_square_from_dbm0};
use afterbeep::session::{
    ConfigError, Cut, DigitEvent, EndReason, PauseMode, SessionConfig, SessionEvent, State, Terminators,
};
use common::call::{engine, feed, record, result};
use common::{Key, Line, Random, read_wav, samples, speech};
use std::time::{Duration, Instant};

fn no_beep() -> SessionConfig {
    SessionConfig { beep: None, ..SessionConfig::default() }
}

/// A recording and its result.
fn recorded(config: &SessionConfig, line: &[i16]) -> (SessionResult, Vec<i16>) {
    let directory = tempfile::tempdir().unwrap();
    let result = record(config, &FileConfig::new(directory.path()), line);
    let audio = result.path.as_ref().map(|path| read_wav(path)).unwrap_or_default();
    assert_eq!(result.samples, audio.len() as u64);
    (result, audio)
}

/// What is done before a part of a line, and the part.
type Part<'a> = (&'a dyn Fn(SessionHandle), &'a [i16]);

/// Plays parts of a line with something done before each, and returns the result and the recording.
fn played(config: &SessionConfig, parts: &[Part<'_>]) -> (SessionResult, Vec<i16>) {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(config, &FileConfig::new(directory.path())).unwrap();
    for (before, line) in parts {
        before(session);
        feed(session, line, 160);
    }
    let _ = session.hangup();
    let result = result(session);
    let audio = result.path.as_ref().map(|path| read_wav(path)).unwrap_or_default();
    session.close().unwrap();
    (result, audio)
}

fn nothing(_: SessionHandle) {}

#[test]
fn a_message_that_is_too_short_is_told_and_kept_or_deleted() {
    let config = SessionConfig { min_duration_ms: 1_000, ..no_beep() };
    let line = speech("reading.wav");
    for (ms, expected) in [(999, EndReason::TooShort), (1_000, EndReason::Hangup)] {
        let (kept, audio) = recorded(&config, &line[..samples(ms)]);
        assert_eq!(kept.end_reason, expected);
        assert!(audio == line[..samples(ms)] && kept.complete);
        let (deleted, _) =
            recorded(&SessionConfig { delete_too_short: true, ..config }, &line[..samples(ms)]);
        assert_eq!((deleted.end_reason, deleted.path.is_some()), (expected, ms == 1_000));
    }
    // Recorded time counts, not what is left of it: the key comes at 980 ms and is certain after 1000.
    let keyed = Line::new().audio(&line[..samples(980)]).key(Key::new('#'), &mut Random::new(3)).silence(100);
    let (result, _) = recorded(&config, &keyed.pcm());
    assert_eq!(result.end_reason, EndReason::Dtmf);
    // Nothing was recorded: the reason stays.
    let (result, _) = recorded(&config, &[]);
    assert_eq!((result.end_reason, result.path), (EndReason::Hangup, None));
}

#[test]
fn a_short_key_is_still_named() {
    let config = SessionConfig { min_duration_ms: 2_000, ..no_beep() };
    let line = Line::new().silence(500).key(Key::new('#'), &mut Random::new(4)).silence(100).pcm();
    let (result, _) = recorded(&config, &line);
    assert_eq!((result.end_reason, result.end_digit.unwrap().as_char()), (EndReason::TooShort, '#'));
    assert_eq!(result.cut, Cut::Key);
}

#[test]
fn the_final_silence_is_cut_less_its_tail() {
    let spoken = speech("reading.wav");
    let line = Line::new().audio(&spoken).silence(4_000).pcm();
    for (tail_ms, cut) in [
        (None, Cut::Nothing),
        (Some(200), Cut::Silence),
        (Some(0), Cut::Silence),
        (Some(9_000), Cut::Nothing),
    ] {
        let config = SessionConfig { final_silence_ms: 2_000, final_silence_tail_ms: tail_ms, ..no_beep() };
        let (result, audio) = recorded(&config, &line);
        assert_eq!((result.end_reason, result.cut), (EndReason::FinalSilence, cut), "{tail_ms:?}");
        assert!(audio == line[..audio.len()]);
        let tail = u64::from(tail_ms.unwrap_or(2_000).min(2_000));
        assert_eq!(result.trimmed_samples, 8 * (2_000 - tail));
        // Of the speech nothing is missing that has a level: -41.5 dBm0 have peaks like these.
        let rest = spoken.get(audio.len()..).unwrap_or_default();
        assert!(rest.iter().all(|sample| sample.abs() < 600), "{tail_ms:?}");
    }
}

#[test]
fn losses_do_not_move_the_silence_that_ends_a_message() {
    // A loss may fall on a block's end, or anywhere.
    for frame_samples in [102, 160, 204] {
        let config = SessionConfig { final_silence_ms: 1_000, ..no_beep() };
        let loud = Line::new().silence(3_000).noise(-20.0, &mut Random::new(2)).pcm();
        let directory = tempfile::tempdir().unwrap();
        let engine = Engine::new(&EngineConfig { ring_ms: 20_000, ..EngineConfig::default() }).unwrap();
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        let mut sound_end = 0;
        for frame in loud.chunks_exact(frame_samples) {
            session.push(frame).unwrap();
            session.push_lost(frame_samples).unwrap();
            sound_end += 2 * frame_samples as u64;
        }
        sound_end -= frame_samples as u64;
        while session.push(&[0; 160]).is_ok() {}
        let result = result(session);
        assert_eq!(result.end_reason, EndReason::FinalSilence);
        assert!(result.samples.abs_diff(sound_end + 8_000) <= 102, "{} {sound_end}", result.samples);
        session.close().unwrap();
    }
}

#[test]
fn a_line_drop_ends_the_message_when_it_lasts() {
    let line = speech("reading.wav");
    let drop: &dyn Fn(SessionHandle) = &|session| session.line_drop(true).unwrap();
    let back: &dyn Fn(SessionHandle) = &|session| session.line_drop(false).unwrap();
    for beep in [false, true] {
        let config = if beep { SessionConfig::default() } else { no_beep() };
        // Back after 240 ms, gone for good at 2 s.
        let (result, _) = played(
            &config,
            &[
                (&nothing, &line[..samples(1_000)]),
                (drop, &line[..samples(240)]),
                (back, &line[..samples(760)]),
                (drop, &line[..samples(1_000)]),
            ],
        );
        let share = if beep { 400 } else { 0 };
        assert_eq!((result.end_reason, result.duration_ms), (EndReason::Hangup, 2_250 - share));
    }
    // In the beep.
    let (result, _) = played(&SessionConfig::default(), &[(drop, &line[..samples(300)])]);
    assert_eq!((result.end_reason, result.path), (EndReason::Hangup, None));
    let config = SessionConfig { line_drop_debounce_ms: 0, ..no_beep() };
    let (result, _) = played(&config, &[(&nothing, &line[..800]), (drop, &line[..800])]);
    assert_eq!((result.end_reason, result.samples), (EndReason::Hangup, 800));
}

#[test]
fn a_pause_masks_and_keeps_time_or_leaves_a_gap() {
    let mut random = Random::new(5);
    let line = speech("reading.wav");
    // A card's number and `#`, in the pause.
    let secret = Line::new().silence(100).key(Key::new('4'), &mut random).silence(100);
    let secret = secret.key(Key::new('#'), &mut random).silence(400).pcm();
    let (before, after) = (&line[..9_001], &line[9_001..]);
    for (mode, silence) in [(PauseMode::Silence, secret.len()), (PauseMode::Gap, 0)] {
        let pause: &dyn Fn(SessionHandle) = &|session| session.pause(mode).unwrap();
        let resume: &dyn Fn(SessionHandle) = &|session| {
            session.resume().unwrap();
            assert_eq!(session.poll_event(), Ok(None));
        };
        for mask_digits in [false, true] {
            let config = SessionConfig { mask_digits, ..no_beep() };
            let (result, audio) = played(&config, &[(&nothing, before), (pause, &secret), (resume, after)]);
            assert_eq!(result.end_reason, EndReason::Hangup);
            assert_eq!(result.samples as usize, line.len() + silence);
            assert!(audio[..9_001] == *before && audio[9_001 + silence..] == *after, "{mode:?}");
            assert!(audio[9_001..9_001 + silence].iter().all(|&sample| sample == 0));
        }
    }
}

#[test]
fn limits_stand_still_in_a_gap_and_run_on_in_masked_time() {
    let pause = |mode| move |session: SessionHandle| session.pause(mode).unwrap();
    let resume: &dyn Fn(SessionHandle) = &|session| session.resume().unwrap();
    let loud = Line::new().silence(2_000).noise(-20.0, &mut Random::new(6)).pcm();
    let config = SessionConfig { max_duration_ms: 3_000, ..no_beep() };
    for (mode, left) in [(PauseMode::Silence, 1_000), (PauseMode::Gap, 2_000)] {
        let (result, audio) = played(
            &config,
            &[(&nothing, &loud[..8_000]), (&pause(mode), &loud[..8_000]), (resume, &loud), (&nothing, &loud)],
        );
        assert_eq!((result.end_reason, result.duration_ms), (EndReason::MaxDuration, 3_000));
        let tail = &audio[audio.len() - 8 * left..];
        assert!(tail == &loud[..8 * left], "{mode:?}");
    }
    // Silence in a pause is none that ends the message; what there was of it before counts on.
    for mode in [PauseMode::Silence, PauseMode::Gap] {
        let config = SessionConfig { final_silence_ms: 1_000, max_duration_ms: 0, ..no_beep() };
        let quiet = vec![0; 80_000];
        let (result, _) = played(
            &config,
            &[
                (&nothing, &loud[..8_160]),
                (&nothing, &quiet[..4_000]),
                (&pause(mode), &quiet),
                (resume, &quiet),
            ],
        );
        assert_eq!(result.end_reason, EndReason::FinalSilence);
        let masked = if mode == PauseMode::Silence { 80_000 } else { 0 };
        assert_eq!(result.samples, 8_160 + 8_000 + masked);
    }
}

#[test]
fn digits_are_masked_and_next_to_nothing_else() {
    let mut random = Random::new(7);
    let spoken = speech("reading.wav");
    let mut line = Line::new();
    let mut keys = Vec::new();
    for (place, key) in "4711*90A".chars().enumerate() {
        line = line.audio(&spoken[2_000 + 700 * place..][..4_000 + 31 * place]);
        let start = line.len();
        line = line.key(Key::new(key).ms(45 + 30 * place).level([-6.0, -24.0][place % 2]), &mut random);
        keys.push(start..line.len());
    }
    let line = line.audio(&spoken[..8_000]).pcm();
    for frame_samples in [160, 9_600, 37] {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine();
        let config = SessionConfig { mask_digits: true, ..no_beep() };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        feed(session, &line, frame_samples);
        session.hangup().unwrap();
        let result = result(session);
        let audio = read_wav(result.path.as_ref().unwrap());
        session.close().unwrap();
        assert_eq!(audio.len(), line.len());
        let mut worst = 0;
        for (key, range) in "4711*90A".chars().zip(&keys) {
            // -50 dBm0 is a mean square of 5.2 on this scale.
            let power: f64 =
                range.clone().map(|i| f64::from(audio[i]).powi(2)).sum::<f64>() / range.len() as f64;
            assert!(power < 5.2, "{key} left {power} in frames of {frame_samples}");
            let lost = (range.start.saturating_sub(800)..range.start)
                .chain(range.end..range.end + 800)
                .filter(|&i| audio[i] != line[i])
                .count();
            worst = worst.max(lost);
        }
        println!("in frames of {frame_samples}: {worst} neighbouring samples lost a digit at most");
        assert!(worst <= samples(60));
        let untouched = (0..line.len())
            .filter(|i| keys.iter().all(|key| !(key.start.saturating_sub(800)..key.end + 800).contains(i)));
        assert!(untouched.into_iter().all(|i| audio[i] == line[i]));
    }
}

#[test]
fn a_masked_message_still_ends_at_its_key() {
    let line = speech("message.wav");
    let config = SessionConfig { mask_digits: true, ..SessionConfig::default() };
    let (masked, audio) = recorded(&config, &line);
    let (plain, _) = recorded(&SessionConfig::default(), &line);
    assert_eq!((masked.end_reason, masked.samples), (EndReason::Dtmf, plain.samples));
    let whole = audio.len() - 60;
    assert!(audio[..whole] == line[3_200..3_200 + whole]);
}

#[test]
fn the_first_sound_starts_the_recording_with_its_pre_roll() {
    let spoken = speech("reading.wav");
    for (quiet_ms, pre_roll_ms) in [(2_000, 300), (2_000, 0), (100, 300), (30_000, 2_000)] {
        let line = Line::new().silence(quiet_ms).audio(&spoken).pcm();
        let loud = |block: &[i16]| mean_square(block) >= mean_square_from_dbm0(-38.5);
        let onset = 102 * line.chunks(102).position(loud).unwrap();
        let config = SessionConfig { start_on_speech: true, pre_roll_ms, max_duration_ms: 0, ..no_beep() };
        for mask_digits in [false, true] {
            let (result, audio) = recorded(&SessionConfig { mask_digits, ..config }, &line);
            let start = line.len() - audio.len();
            assert!(audio == line[start..], "{quiet_ms} {pre_roll_ms}");
            assert_eq!(start, onset.saturating_sub(samples(pre_roll_ms as usize)));
            assert_eq!((result.end_reason, result.lost_samples), (EndReason::Hangup, 0));
        }
    }
}

#[test]
fn a_loss_in_the_first_word_counts_no_more_than_was_lost() {
    let loud = [4_000i16, -4_000].repeat(400);
    // The first sound is cut short within its block; losses come before it, too, in the beep's last frame and after.
    for quiet in [1_600, 1_650] {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine();
        let config = SessionConfig { start_on_speech: true, pre_roll_ms: 100, ..SessionConfig::default() };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        let mut line = vec![0; 3_000];
        session.push(&line).unwrap();
        session.push_lost(400).unwrap();
        session.push(&vec![7; quiet]).unwrap();
        session.push(&loud[..40]).unwrap();
        session.push_lost(160).unwrap();
        session.push(&loud).unwrap();
        session.hangup().unwrap();
        line.extend([vec![0; 400], vec![7; quiet], loud[..40].to_vec(), vec![0; 160], loud.clone()].concat());
        let result = result(session);
        let audio = read_wav(result.path.as_ref().unwrap());
        assert!(audio == line[line.len() - audio.len()..], "{quiet}");
        assert!(audio.len() >= 800 + 1_000 && audio.len() <= 800 + 1_000 + 102, "{}", audio.len());
        assert_eq!((result.line_lost_samples, result.lost_samples), (160, 0));
        session.close().unwrap();
    }
}

#[test]
fn a_line_without_a_sound_records_nothing_and_ends() {
    let config =
        SessionConfig { start_on_speech: true, initial_silence_ms: 3_000, ..SessionConfig::default() };
    let (result, _) = recorded(&config, &vec![0; 80_000]);
    assert_eq!((result.end_reason, result.path, result.samples), (EndReason::InitialSilence, None, 0));
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    feed(session, &[0; 8_000], 160);
    assert_eq!(session.state(), Ok(State::AwaitingSpeech));
    // A signalled key ends it as well.
    session.digit(afterbeep::dsp::dtmf::Digit::new('#').unwrap()).unwrap();
    feed(session, &[0; 160], 160);
    assert_eq!(result_of(session), EndReason::Dtmf);
}

fn result_of(session: SessionHandle) -> EndReason {
    let reason = result(session).end_reason;
    session.close().unwrap();
    reason
}

#[test]
fn starting_over_drops_what_was_recorded() {
    let line = speech("reading.wav");
    let (first, second) = (&line[..12_000], &line[12_000..20_000]);
    for (beep, mask_digits) in [(false, false), (true, false), (false, true)] {
        let config = SessionConfig { mask_digits, ..SessionConfig::default() };
        let restart: &dyn Fn(SessionHandle) = &|session| session.restart(beep).unwrap();
        let (result, audio) = played(&config, &[(&nothing, first), (restart, second), (restart, second)]);
        let share = if beep { 3_200 } else { 0 };
        assert!(audio == second[share..], "{} samples", audio.len());
        assert_eq!(result.dropped_samples as usize, 12_000 - 3_200 + 8_000 - share);
        assert_eq!((result.end_reason, result.complete), (EndReason::Hangup, true));
    }
    // Not in the beep.
    let restart: &dyn Fn(SessionHandle) = &|session| session.restart(true).unwrap();
    let (result, _) = played(&SessionConfig::default(), &[(&nothing, &first[..800]), (restart, second)]);
    assert_eq!((result.samples, result.dropped_samples), (800 + 8_000 - 3_200, 0));
}

#[test]
fn the_beep_is_heard_again_when_the_recording_starts_over_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
    let mut heard = Vec::new();
    for tick in 0..100 {
        if tick == 50 {
            session.restart(true).unwrap();
        }
        let mut frame = [1; 160];
        session.push(&[0; 160]).unwrap();
        session.pull(&mut frame).unwrap();
        heard.extend(frame);
    }
    let beep = &heard[..3_200];
    assert!(beep.iter().any(|&sample| sample > 5_000));
    assert!(heard[3_200..8_000].iter().all(|&sample| sample == 0));
    assert!(heard[8_000..11_200] == *beep && heard[11_200..].iter().all(|&sample| sample == 0));
    session.close().unwrap();
}

#[test]
fn timestamps_place_frames_fill_gaps_and_drop_what_is_late() {
    let line = speech("reading.wav");
    let frames: Vec<&[i16]> = line.chunks_exact(160).collect();
    let directory = tempfile::tempdir().unwrap();
    let engine = Engine::new(&EngineConfig { ring_ms: 10_000, ..EngineConfig::default() }).unwrap();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    let start = u32::MAX - 3_000;
    let at = |place: usize| start.wrapping_add(160 * place as u32);
    let mut expected = Vec::new();
    for (place, frame) in frames.iter().enumerate() {
        match place {
            // Lost.
            7 | 8 | 30 => expected.extend([0; 160]),
            _ => {
                assert_eq!(session.push_at(at(place), frame), Ok(()));
                expected.extend_from_slice(frame);
            }
        }
        match place {
            // It comes after all, or again.
            9 => assert_eq!(session.push_at(at(8), frames[8]), Err(SessionError::Late)),
            20 => assert_eq!(session.push_at(at(20), frames[20]), Err(SessionError::Late)),
            _ => {}
        }
    }
    session.hangup().unwrap();
    let result = result(session);
    assert!(read_wav(result.path.as_ref().unwrap()) == expected);
    assert_eq!((result.line_lost_samples, result.late_samples, result.timestamp_jumps), (480, 320, 0));
    assert!(result.complete);
    session.close().unwrap();
}

#[test]
fn a_minute_of_suppressed_silence_costs_no_sample_whatever_the_ring_holds() {
    let line = speech("reading.wav");
    let config = SessionConfig { max_duration_ms: 0, ..no_beep() };
    for mask_digits in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine();
        let config = SessionConfig { mask_digits, ..config };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        session.push_at(1_000, &line[..160]).unwrap();
        session.push_at(1_160 + 480_000, &line[160..320]).unwrap();
        session.hangup().unwrap();
        let result = result(session);
        let audio = read_wav(result.path.as_ref().unwrap());
        assert_eq!((result.samples, result.line_lost_samples, result.lost_samples), (480_320, 480_000, 0));
        assert!(audio[..160] == line[..160] && audio[480_160..] == line[160..320]);
        assert!(audio[160..480_160].iter().all(|&sample| sample == 0));
        session.close().unwrap();
    }
}

#[test]
fn timestamps_that_jump_are_declared_and_overlaps_cut() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    session.push_at(100_000, &[1; 160]).unwrap();
    assert_eq!(session.push_at(100_160 + 8_000 * 3_600, &[2; 160]), Err(SessionError::TimestampJump));
    assert_eq!(session.push_at(77, &[3; 160]), Err(SessionError::TimestampJump));
    assert_eq!(session.push_at(77 + 80, &[4; 160]), Ok(()));
    assert_eq!(session.push_at(77, &[0; 9_601]), Err(SessionError::FrameTooLong));
    session.hangup().unwrap();
    let result = result(session);
    let audio = read_wav(result.path.as_ref().unwrap());
    let expected = [[1i16; 160].as_slice(), &[2; 160], &[3; 160], &[4; 80]].concat();
    assert_eq!(audio, expected);
    assert_eq!((result.timestamp_jumps, result.late_samples), (2, 80));
    session.close().unwrap();
}

#[test]
fn a_host_that_stops_calling_is_ended_by_the_supervision() {
    let directory = tempfile::tempdir().unwrap();
    let config = EngineConfig { poll_interval_ms: 5, media_timeout_ms: 300, ..EngineConfig::default() };
    let engine = Engine::new(&config).unwrap();
    let file = FileConfig::new(directory.path());
    let (silent, talking) =
        (engine.open(&no_beep(), &file).unwrap(), engine.open(&no_beep(), &file).unwrap());
    silent.push(&[100; 800]).unwrap();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(900) {
        talking.push_lost(160).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let result = silent.result(Duration::from_secs(10)).unwrap();
    assert_eq!((result.end_reason, result.samples), (EndReason::MediaTimeout, 800));
    assert!(result.complete && result.path.is_some());
    assert_eq!(talking.state(), Ok(State::Recording));
    silent.close().unwrap();
    talking.close().unwrap();
}

#[test]
fn digits_around_a_pause_are_told_and_those_in_it_are_not() {
    let mut random = Random::new(8);
    let key = |key: char, random: &mut Random| {
        Line::new().silence(100).key(Key::new(key), random).silence(100).pcm()
    };
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { terminators: Terminators::NONE, ..no_beep() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    feed(session, &key('1', &mut random), 160);
    session.pause(PauseMode::Gap).unwrap();
    feed(session, &key('2', &mut random), 160);
    session.digit(afterbeep::dsp::dtmf::Digit::new('3').unwrap()).unwrap();
    feed(session, &key('4', &mut random), 160);
    session.resume().unwrap();
    feed(session, &key('5', &mut random), 160);
    let told: Vec<(char, u64)> = std::iter::from_fn(|| session.poll_event().unwrap())
        .map(|event| match event {
            SessionEvent::Digit(DigitEvent { digit, start_sample, .. }) => (digit.as_char(), start_sample),
            SessionEvent::Tone { kind, .. } => panic!("{kind:?}"),
        })
        .collect();
    let digits: String = told.iter().map(|(digit, _)| digit).collect();
    assert_eq!(digits, "15");
    assert!(told[0].1.abs_diff(800) <= 40 && told[1].1.abs_diff(3 * 2_400 + 800) <= 40, "{told:?}");
    session.close().unwrap();
}

#[test]
fn limits_that_contradict_each_other_are_refused_with_the_field() {
    let base = no_beep();
    let cases = [
        (SessionConfig { initial_silence_ms: 30_000, ..base }, "initial_silence_ms"),
        (SessionConfig { min_duration_ms: 20_001, ..base }, "min_duration_ms"),
        (SessionConfig { pre_roll_ms: 2_001, ..base }, "pre_roll_ms"),
        (SessionConfig { final_silence_tail_ms: Some(10_001), ..base }, "final_silence_tail_ms"),
        (SessionConfig { line_drop_debounce_ms: 10_001, ..base }, "line_drop_debounce_ms"),
        (SessionConfig { min_duration_ms: 86_400_001, max_duration_ms: 0, ..base }, "min_duration_ms"),
    ];
    for (config, expected) in cases {
        assert_eq!(config.validate().map_err(|ConfigError { field, .. }| field), Err(expected));
    }
    // Without a limit, or where only a sound starts the recording, it may be.
    assert!(SessionConfig { initial_silence_ms: 30_000, max_duration_ms: 0, ..base }.validate().is_ok());
    let waiting = SessionConfig { initial_silence_ms: 30_000, start_on_speech: true, ..base };
    assert!(waiting.validate().is_ok());
}

#[test]
fn comfort_noise_is_heard_after_the_beep_and_fills_losses() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    for mask_digits in [false, true] {
        let config =
            SessionConfig { comfort_noise_dbm0: Some(-50.0), mask_digits, ..SessionConfig::default() };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        let (mut heard, mut frame) = (Vec::new(), [0; 160]);
        for _ in 0..100 {
            session.push_lost(160).unwrap();
            session.pull(&mut frame).unwrap();
            heard.extend(frame);
        }
        session.hangup().unwrap();
        let result = result(session);
        let audio = read_wav(result.path.as_ref().unwrap());
        assert_eq!((audio.len(), result.line_lost_samples), (12_800, 12_800));
        for noise in [&heard[3_360..], &audio] {
            let level = dbm0_from_mean_square(mean_square(noise));
            assert!((level + 50.0).abs() < 0.5, "{level}");
        }
        session.close().unwrap();
    }
    let loud = SessionConfig { comfort_noise_dbm0: Some(-20.0), ..no_beep() };
    assert_eq!(loud.validate().unwrap_err().field, "comfort_noise_dbm0");
}

#[test]
fn comfort_noise_fills_a_minute_as_it_fills_a_frame() {
    let line = speech("reading.wav");
    let lost: usize = 480_000;
    let config = SessionConfig { comfort_noise_dbm0: Some(-45.0), max_duration_ms: 0, ..no_beep() };
    let record = |ring_ms, mask_digits, step| {
        let directory = tempfile::tempdir().unwrap();
        let engine = EngineConfig { poll_interval_ms: 1, ring_ms, batch_ms: 50, ..EngineConfig::default() };
        let engine = Engine::new(&engine).unwrap();
        let config = SessionConfig { mask_digits, ..config };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        session.push_at(1_000, &line[..160]).unwrap();
        for _ in 0..lost.checked_div(step).unwrap_or(0) {
            while session.writable_samples().unwrap() < 2 * step {
                std::thread::sleep(Duration::from_micros(200));
            }
            session.push_lost(step).unwrap();
        }
        // What was not told yet, all of it where nothing was, shows by the timestamp.
        session.push_at(1_160 + lost as u32, &line[160..320]).unwrap();
        session.hangup().unwrap();
        let result = result(session);
        assert_eq!((result.line_lost_samples, result.lost_samples), (lost as u64, 0));
        let audio = read_wav(result.path.as_ref().unwrap());
        session.close().unwrap();
        audio
    };
    let whole = record(2_000, false, 0);
    assert!(whole[..160] == line[..160] && whole[lost + 160..] == line[160..320]);
    for second in whole[160..lost + 160].chunks(8_000) {
        let level = dbm0_from_mean_square(mean_square(second));
        assert!((level + 45.0).abs() < 0.5, "{level}");
    }
    // By the writer or by the media thread, it is the same noise.
    assert!(record(2_000, true, 0) == whole);
    assert!(record(10_000, false, 160) == whole);
    assert!(record(200, false, 9_600 / 16) == whole);
    assert!(record(2_000, true, 1_600) == whole);
}

#[test]
fn only_what_the_line_lost_is_comfort_noise() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { comfort_noise_dbm0: Some(-45.0), ..no_beep() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    session.push_lost(9_600).unwrap();
    session.push_lost(9_600).unwrap();
    session.pause(PauseMode::Silence).unwrap();
    session.push_lost(9_600).unwrap();
    session.push(&[500; 9_600]).unwrap();
    session.resume().unwrap();
    session.push_lost(9_600).unwrap();
    session.hangup().unwrap();
    let audio = read_wav(result(session).path.as_ref().unwrap());
    let (before, rest) = audio.split_at(19_200);
    let (masked, after) = rest.split_at(19_200);
    assert_eq!(after.len(), 9_600);
    assert!(masked.iter().all(|&sample| sample == 0));
    for noise in [before, after] {
        let level = dbm0_from_mean_square(mean_square(noise));
        assert!((level + 45.0).abs() < 0.5, "{level}");
    }
    session.close().unwrap();
}

#[test]
fn a_long_loss_before_the_first_word_leaves_nothing_older_in_the_pre_roll() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { start_on_speech: true, pre_roll_ms: 500, ..no_beep() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    // Too quiet to be a word.
    session.push_at(0, &[50; 9_600]).unwrap();
    session.push_at(9_600 + 80_000, &[0; 160]).unwrap();
    let tone = Line::new().tone(300.0, -15.0, 500).pcm();
    feed(session, &tone, 160);
    session.hangup().unwrap();
    let audio = read_wav(result(session).path.as_ref().unwrap());
    assert!(audio.len() >= tone.len() + 3_900, "{}", audio.len());
    let before = &audio[..audio.len() - tone.len()];
    assert!(before.iter().all(|&sample| sample == 0));
    session.close().unwrap();
}

/// A call whose caller vanishes in the middle of a word, and what the exchange plays then.
fn vanished(tone: impl Fn(Line) -> Line) -> (Vec<i16>, usize) {
    let spoken = speech("reading.wav");
    let line = Line::new().audio(&spoken[..20_000]);
    let start = line.len();
    (tone(line).pcm(), start)
}

#[test]
fn a_disconnect_tone_ends_the_message_where_it_began() {
    let cadence = |hz: &'static [f64], dbm0: f64, cycle: &'static [(usize, usize)]| {
        move |mut line: Line| {
            for _ in 0..6 {
                for &(on, off) in cycle {
                    let start = line.len();
                    line = line.silence(on);
                    for &hz in hz {
                        let tone = Line::new().tone(hz, dbm0, on);
                        line.samples[start..].iter_mut().zip(&tone.samples).for_each(|(a, b)| *a += b);
                    }
                    line = line.silence(off);
                }
            }
            line
        }
    };
    type Tone = Box<dyn Fn(Line) -> Line>;
    let cases: [(&str, &str, ToneKind, Tone); 6] = [
        ("de", "busy", ToneKind::Busy, Box::new(cadence(&[425.0], -10.0, &[(480, 480)]))),
        ("us", "busy", ToneKind::Busy, Box::new(cadence(&[480.0, 620.0], -13.0, &[(500, 500)]))),
        ("us", "reorder", ToneKind::Congestion, Box::new(cadence(&[480.0, 620.0], -20.0, &[(250, 250)]))),
        (
            "gb",
            "congestion",
            ToneKind::Congestion,
            Box::new(cadence(&[400.0], -15.0, &[(400, 350), (225, 525)])),
        ),
        ("generic", "any", ToneKind::Busy, Box::new(cadence(&[440.0], -25.0, &[(400, 400)]))),
        ("gb", "dial", ToneKind::Dial, Box::new(cadence(&[350.0, 440.0], -15.0, &[(6_000, 50)]))),
    ];
    for (plan, name, kind, tone) in cases {
        let (line, start) = vanished(tone);
        for mask_digits in [false, true] {
            let config = SessionConfig {
                tone_plan: Some(TonePlan::parse(plan).unwrap()),
                mask_digits,
                max_duration_ms: 0,
                ..no_beep()
            };
            let (result, audio) = recorded(&config, &line);
            assert_eq!(
                (result.end_reason, result.tone),
                (EndReason::DisconnectTone, Some(kind)),
                "{plan} {name}"
            );
            assert_eq!(result.cut, Cut::Tone);
            println!(
                "{plan} {name}: cut {} samples from the tone's first one",
                audio.len() as i64 - start as i64
            );
            // Of the word nothing is missing that can be heard, and of the tone next to nothing is left.
            assert!(audio.len() + 60 >= start && audio.len() <= start + 160, "{} {start}", audio.len());
            assert!(audio == line[..audio.len()]);
        }
    }
}

#[test]
fn ringback_and_fax_are_told_and_end_nothing() {
    let mut line = Line::new().silence(500);
    for _ in 0..3 {
        line = line.tone(425.0, -15.0, 1_000).silence(4_000);
    }
    let ringback = line.pcm();
    let mut line = Line::new().silence(500);
    for _ in 0..3 {
        line = line.tone(1_100.0, -15.0, 500).silence(3_000);
    }
    let fax = line.pcm();
    for (line, kind) in [(ringback, ToneKind::Ringback), (fax, ToneKind::FaxCalling)] {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine();
        let plan = TonePlan::parse("de,generic").unwrap();
        let config = SessionConfig { tone_plan: Some(plan), max_duration_ms: 0, ..no_beep() };
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        feed(session, &line, 160);
        assert_eq!(session.state(), Ok(State::Recording));
        match session.poll_event().unwrap() {
            Some(SessionEvent::Tone { kind: told, start_sample }) => {
                assert_eq!(told, kind);
                assert!(start_sample.abs_diff(4_000) <= 100, "{start_sample}");
            }
            other => panic!("{kind:?}: {other:?}"),
        }
        session.close().unwrap();
    }
}

#[test]
fn a_disconnect_tone_in_the_beep_ends_the_call_without_a_file() {
    let mut line = Line::new();
    for _ in 0..4 {
        line = line.tone(425.0, -10.0, 150).silence(150);
    }
    let beep = BeepConfig { duration_ms: 5_000, ..BeepConfig::default() };
    let config =
        SessionConfig { tone_plan: Some(TonePlan::GENERIC), beep: Some(beep), ..SessionConfig::default() };
    let (result, _) = recorded(&config, &line.silence(2_000).pcm());
    assert_eq!((result.end_reason, result.path), (EndReason::DisconnectTone, None));
}
