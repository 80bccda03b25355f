//! The AT&T column of ITU-T Q.24 table A-1, swept, with tones that start at random phases against
//! carrier and block.

mod common;

use afterbeep::dsp::dtmf::{DtmfEvent, DtmfProfile, DtmfReceiver};
use common::{Key, Line, Random, samples};

const DIGITS: &str = "0123456789*#ABCD";

/// Digits with the first and the last sample that the receiver gives them.
fn receive(pcm: &[i16]) -> Vec<(char, u64, u64)> {
    let mut receiver = DtmfReceiver::new(&DtmfProfile::default()).unwrap();
    let mut digits = Vec::new();
    let mut note = |event| {
        if let DtmfEvent::Ended(tone, end) = event {
            digits.push((tone.digit.as_char(), tone.start_sample, end));
        }
    };
    pcm.chunks(160).for_each(|frame| receiver.push(frame, &mut note));
    receiver.finish().into_iter().for_each(note);
    digits
}

/// How many of `rounds` presses of each digit are received, each once and as itself.
fn accepted(rounds: usize, seed: u64, key: impl Fn(Key) -> Key) -> (usize, usize) {
    let mut random = Random::new(seed);
    let (mut right, mut any) = (0, 0);
    for round in 0..rounds {
        for digit in DIGITS.chars() {
            let offset = (random.next() % 102) as usize;
            let line = Line::new().silence(60).silence_samples(offset);
            let line = line.key(key(Key::new(digit)), &mut random).silence(100);
            let digits = receive(&line.pcm());
            right += usize::from(digits.len() == 1 && digits[0].0 == digit);
            any += usize::from(!digits.is_empty());
            let _ = round;
        }
    }
    (right, any)
}

fn all_accepted(what: &str, rounds: usize, key: impl Fn(Key) -> Key) {
    let (right, _) = accepted(rounds, 1, key);
    assert_eq!(right, 16 * rounds, "{what}");
}

fn all_rejected(what: &str, rounds: usize, key: impl Fn(Key) -> Key) {
    let (_, any) = accepted(rounds, 2, key);
    assert_eq!(any, 0, "{what}");
}

#[test]
fn frequencies_within_1_5_percent_are_accepted() {
    for (low, high) in [(0.015, 0.015), (-0.015, 0.015), (0.015, -0.015), (-0.015, -0.015), (0.0, 0.0)] {
        all_accepted(&format!("{low} {high}"), 20, |key| key.ms(40).deviation(low, high));
    }
}

#[test]
fn frequencies_from_3_5_percent_are_rejected() {
    for (low, high) in [(0.035, 0.0), (-0.035, 0.0), (0.0, 0.035), (0.0, -0.035), (0.035, 0.035)] {
        all_rejected(&format!("{low} {high}"), 20, |key| key.ms(100).deviation(low, high));
    }
}

#[test]
fn levels_from_0_to_minus_25_dbm0_are_accepted_and_minus_55_is_rejected() {
    for dbm0 in [0.0, -10.0, -20.0, -25.0, -27.0] {
        all_accepted(&format!("{dbm0} dBm0"), 10, |key| key.ms(40).level(dbm0));
    }
    all_rejected("-55 dBm0", 10, |key| key.level(-55.0));
}

#[test]
fn twist_from_minus_8_to_plus_4_db_is_accepted() {
    for db in [4.0, -8.0] {
        all_accepted(&format!("{db} dB"), 10, |key| key.ms(40).twist(db));
    }
    all_rejected("+7 dB", 10, |key| key.twist(7.0));
    all_rejected("-11 dB", 10, |key| key.twist(-11.0));
}

#[test]
fn tones_of_40_ms_are_accepted_and_of_23_ms_rejected() {
    all_accepted("40 ms", 60, |key| key.ms(40));
    all_rejected("23 ms", 60, |key| key.ms(23));
}

#[test]
fn pauses_of_40_ms_separate_and_interruptions_of_10_ms_do_not() {
    let mut random = Random::new(3);
    for digit in DIGITS.chars() {
        for (pause, expected) in [(40, 2), (10, 1)] {
            for offset in (0..102).step_by(17) {
                let key = Key::new(digit).ms(50);
                let line = Line::new().silence(40).silence_samples(offset);
                let line = line.key(key, &mut random).silence(pause).key(key, &mut random).silence(100);
                let digits = receive(&line.pcm());
                assert_eq!(digits.len(), expected, "{digit} with a pause of {pause} ms: {digits:?}");
            }
        }
    }
}

#[test]
fn the_first_and_the_last_sample_are_found_to_within_5_ms() {
    let mut random = Random::new(4);
    let speech = common::speech("reading.wav");
    let mut worst = (0i64, 0i64);
    for round in 0..200 {
        let digit = DIGITS.chars().nth(round % 16).unwrap();
        // Loud speech right before the key, or a quiet line.
        let from = 2_000 + 97 * (round % 100);
        let line = if round % 2 == 0 {
            Line::new().silence(40).audio(&speech[from..from + 2_000])
        } else {
            Line::new().silence(40).silence_samples(round)
        };
        let start = line.len() as i64;
        let line = line.key(Key::new(digit).ms(60), &mut random);
        let end = line.len() as i64;
        let line = line.silence(100).noise(-50.0, &mut random);
        let digits = receive(&line.pcm());
        assert_eq!(digits.len(), 1, "round {round}: {digits:?}");
        worst.0 = worst.0.max((digits[0].1 as i64 - start).abs());
        worst.1 = worst.1.max((digits[0].2 as i64 - end).abs());
    }
    println!("first sample off by {} at most, last one by {}", worst.0, worst.1);
    assert!(worst.0 <= samples(5) as i64 && worst.1 <= samples(5) as i64, "{worst:?}");
}

#[test]
fn speech_is_no_digit() {
    for name in ["reading.wav", "numbers.wav", "digits.wav"] {
        let digits = receive(&common::speech(name));
        assert!(digits.is_empty(), "{name}: {digits:?}");
    }
}

#[test]
fn the_recorded_message_holds_one_key() {
    let digits = receive(&common::speech("message.wav"));
    let (digit, start, end) = digits[0];
    // make.sh puts it at 8.97 s less 0.72 s, for 120 ms.
    assert_eq!((digits.len(), digit), (1, '#'));
    assert!((start as i64 - 66_000).abs() <= 40 && (end as i64 - 66_960).abs() <= 40, "{start} {end}");
}
