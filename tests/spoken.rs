//! How much of a message was sound, as its result says.

mod common;
#[path = "common/program.rs"]
mod program;

use afterbeep::dsp::BLOCK_SAMPLES;
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::line::SampleRate;
use afterbeep::session::{EndReason, PauseMode, Session, SessionConfig};
use common::{Key, Line, Random, data, samples};

const FRAMES: [usize; 5] = [1, 80, 160, 333, 1_600];

fn without_beep() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

/// The end reason, and what was sound, whatever the frames.
fn hear(config: &SessionConfig, line: &[i16]) -> (EndReason, u64) {
    let heard = FRAMES.map(|frame_samples| {
        let mut session: Session = Session::new(config).unwrap();
        for frame in line.chunks(frame_samples) {
            session.push(frame);
        }
        session.hangup();
        let end = *session.end().unwrap();
        assert!(session.sound_samples() <= end.kept_samples);
        (end.reason, session.sound_samples())
    });
    assert!(heard.iter().all(|other| *other == heard[0]), "{heard:?}");
    heard[0]
}

fn assert_near(sound_samples: u64, expected_ms: usize, runs: usize) {
    let tolerance = (runs * 2 * BLOCK_SAMPLES) as u64;
    assert!(
        sound_samples.abs_diff(samples(expected_ms) as u64) <= tolerance,
        "{sound_samples}, {expected_ms} ms"
    );
}

/// Two words: 1.7 s of sound in 3 s.
fn words() -> Line {
    Line::new().silence(500).tone(440.0, -15.0, 1_000).silence(500).tone(440.0, -15.0, 700).silence(300)
}

#[test]
fn sound_is_counted_and_silence_is_not() {
    assert_near(hear(&without_beep(), &words().pcm()).1, 1_700, 2);
    assert_eq!(hear(&without_beep(), &Line::new().silence(2_000).pcm()).1, 0);
    // Behind the beep, which the line echoes, and the echo guard.
    let config = SessionConfig { echo_guard_ms: 200, max_duration_ms: 0, ..SessionConfig::default() };
    let session: Session = Session::new(&config).unwrap();
    let beep_ms = session.beep().unwrap().len_samples() as usize / 8;
    let echo = Line::new().tone(440.0, -15.0, beep_ms + 700);
    let (_, sound_samples) = hear(&config, &echo.pcm());
    assert_near(sound_samples, 500, 1);
}

#[test]
fn what_is_cut_off_does_not_count() {
    let random = &mut Random::new(7);
    let alone = hear(&without_beep(), &words().pcm()).1;
    let key = words().key(Key::new('#'), random).silence(200);
    let (reason, sound_samples) = hear(&without_beep(), &key.pcm());
    // A block that the key begins within is sound from its start on.
    assert!(sound_samples - alone < BLOCK_SAMPLES as u64, "{sound_samples}, {alone}");
    assert_eq!(reason, EndReason::Dtmf);
    let busy = |line: Line| (0..5).fold(line, |line, _| line.tone(425.0, -10.0, 500).silence(500));
    let config = SessionConfig { tone_plan: Some(TonePlan::parse("es,de").unwrap()), ..without_beep() };
    let (reason, sound_samples) = hear(&config, &busy(words()).pcm());
    assert_eq!(reason, EndReason::DisconnectTone);
    assert_near(sound_samples, 1_700, 2);
    let silence = SessionConfig { final_silence_ms: 2_000, final_silence_tail_ms: Some(0), ..without_beep() };
    assert_eq!(hear(&silence, &words().silence(3_000).pcm()), (EndReason::FinalSilence, alone));
}

#[test]
fn pauses_losses_and_dropped_recordings_do_not_count() {
    let word = Line::new().tone(440.0, -15.0, 1_000).pcm();
    for mode in [PauseMode::Silence, PauseMode::Gap] {
        let mut session: Session = Session::new(&without_beep()).unwrap();
        session.push(&word);
        session.pause(mode);
        session.push(&word);
        session.resume();
        session.push(&word);
        assert_near(session.sound_samples(), 2_000, 1);
        session.push_lost(8_000);
        assert_near(session.sound_samples(), 2_000, 1);
        session.restart(false);
        assert_eq!(session.sound_samples(), 0);
        session.push(&word);
        session.stop();
        assert_near(session.sound_samples(), 1_000, 1);
    }
}

#[test]
fn a_recording_that_a_sound_starts_counts_from_that_on() {
    let config = SessionConfig { start_on_speech: true, pre_roll_ms: 300, ..without_beep() };
    assert_eq!(hear(&config, &words().pcm()).1, hear(&without_beep(), &words().pcm()).1);
}

#[test]
fn a_line_at_another_rate_counts_in_its_own_samples() {
    let line: Vec<i16> = words().pcm().iter().flat_map(|&sample| [sample; 2]).collect();
    let config = SessionConfig { sample_rate: SampleRate::new(16_000).unwrap(), ..without_beep() };
    assert_near(hear(&config, &line).1 / 2, 1_700, 2);
}

#[test]
fn the_result_says_what_detect_hears() {
    let input = data("reading.wav");
    let directory = tempfile::tempdir().unwrap();
    for threshold in [&[][..], &["--silence", "adaptive"], &["--silence-threshold", "-25dBm0"]] {
        let flags = [&["--no-beep", "--max-duration", "0"][..], threshold].concat();
        let told = program::record(&input, directory.path(), &flags);
        let arguments = [&["detect", input.to_str().unwrap(), "--json"][..], threshold].concat();
        let events = program::events(&program::afterbeep(&arguments));
        let sound = events.iter().filter(|event| event["event"] == "sound");
        let sample = |event: &serde_json::Value, name: &str| event[name].as_u64().unwrap();
        let heard: u64 = sound.map(|span| sample(span, "end_sample") - sample(span, "start_sample")).sum();
        assert_eq!(told["spoken_ms"].as_u64(), Some(heard / 8), "{threshold:?}");
        assert!(heard > 8_000 && heard < told["samples"].as_u64().unwrap());
    }
}
