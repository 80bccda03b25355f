//! Digits that come beside the audio (RFC 4733, SIP INFO), with and without their tones in it: one press is one digit.

mod common;

use afterbeep::dsp::dtmf::Digit;
use afterbeep::engine::{FileConfig, SessionError};
use afterbeep::session::{
    DigitEvent, DigitSource, EndReason, Session, SessionConfig, SessionEvent, State, TelephoneEvent,
    Terminators,
};
use common::call::{engine, result};
use common::{Key, Line, Random, samples};

fn digit(character: char) -> Digit {
    Digit::new(character).unwrap()
}

/// A press as a gateway sends it: a packet every 20 ms from `start` on, the last one three times. Each with the sample
/// at which it arrives.
fn packets(key: char, start: usize, length: usize) -> Vec<(usize, TelephoneEvent)> {
    let event = digit(key).event_code();
    let packet = |duration: usize, end| TelephoneEvent {
        rtp_timestamp: 4_000_000_000u32.wrapping_add(start as u32),
        duration: duration as u16,
        event,
        volume: 10,
        end,
    };
    let going = (1..length / 160).map(|count| (start + 160 * count, packet(160 * count, false)));
    going.chain((0..3).map(|again| (start + length + 160 * again, packet(length, true)))).collect()
}

/// The session after a line and the packets that arrive meanwhile, and what it told.
fn play(
    config: &SessionConfig,
    line: &[i16],
    packets: &[(usize, TelephoneEvent)],
) -> (Session, Vec<DigitEvent>) {
    let mut session = Session::new(config).unwrap();
    let mut told = Vec::new();
    for (number, frame) in line.chunks(160).enumerate() {
        let due = packets.iter().filter(|(at, _)| (160 * number..160 * number + 160).contains(at));
        due.for_each(|(_, packet)| session.telephone_event(packet));
        session.push(frame);
        while let Some(SessionEvent::Digit(event)) = session.poll_event() {
            told.push(event);
        }
    }
    assert_eq!(session.lost_events(), 0);
    (session, told)
}

fn no_beep() -> SessionConfig {
    SessionConfig { beep: None, ..SessionConfig::default() }
}

fn digits(told: &[DigitEvent]) -> String {
    told.iter().map(|event| event.digit.as_char()).collect()
}

#[test]
fn whichever_packets_arrive_the_message_ends_at_the_key() {
    let line = vec![0; samples(1_500)];
    let packets = packets('#', 6_400, 800);
    assert_eq!(packets.len(), 7);
    for lost in 0..(1 << packets.len()) - 1u32 {
        let arrived: Vec<_> =
            (0..packets.len()).filter(|place| lost & 1 << place == 0).map(|place| packets[place]).collect();
        let (session, told) = play(&no_beep(), &line, &arrived);
        let end = session.end().unwrap();
        assert_eq!((end.reason, end.digit), (EndReason::Dtmf, Some(digit('#'))), "lost {lost:07b}");
        // A last packet that comes late has the length of the key and not its age.
        let late = if lost & 0b1_1111 == 0b1_1111 { 320 } else { 0 };
        assert!((6_400..=6_400 + late).contains(&end.kept_samples), "lost {lost:07b}: {}", end.kept_samples);
        assert!(told.is_empty());
    }
}

#[test]
fn a_key_that_is_no_terminator_is_told_once_with_its_place() {
    let line = vec![0; samples(2_000)];
    let presses = [packets('1', 3_200, 480), packets('1', 4_800, 480), packets('9', 9_600, 4_000)].concat();
    let (session, told) = play(&no_beep(), &line, &presses);
    assert_eq!(session.state(), State::Recording);
    let expected = [('1', 3_200), ('1', 4_800), ('9', 9_600)].map(|(key, start_sample)| DigitEvent {
        digit: digit(key),
        source: DigitSource::Signalled,
        start_sample,
    });
    assert_eq!(told, expected);
}

#[test]
fn keys_that_are_heard_are_told_with_their_place_too() {
    let mut random = Random::new(31);
    let mut line = Line::new();
    let mut expected = Vec::new();
    for key in "0123456789*ABCD".chars() {
        line = line.silence(70);
        expected.push((key, line.len() as u64));
        line = line.key(Key::new(key).ms(60), &mut random);
    }
    let (_, told) = play(&SessionConfig::default(), &line.silence(100).pcm(), &[]);
    // Those during the beep are told as well.
    assert_eq!(told.len(), expected.len());
    for (event, (key, start)) in told.iter().zip(expected) {
        assert_eq!((event.digit, event.source), (digit(key), DigitSource::Heard));
        assert!(event.start_sample.abs_diff(start) <= 40, "{key}: {} for {start}", event.start_sample);
    }
}

#[test]
fn an_event_and_its_tones_are_one_digit() {
    let mut random = Random::new(32);
    // (what stays in the audio: milliseconds, shifted by the jitter buffer against the packets; length of the key)
    for (tone_ms, shift, length_ms) in
        [(100, 0, 100), (45, 0, 200), (100, 200, 100), (100, -120, 100), (60, 160, 400), (400, 20, 400)]
    {
        let mut line = Line::new();
        let mut presses = Vec::new();
        for key in "12345#".chars() {
            line = line.silence(500);
            let start = (line.len() as i64 - 8 * shift) as usize;
            presses.extend(packets(key, start, samples(length_ms)));
            line = line.key(Key::new(key).ms(tone_ms), &mut random).silence(length_ms);
        }
        let config = SessionConfig { terminators: Terminators::NONE, ..no_beep() };
        let (_, told) = play(&config, &line.silence(500).pcm(), &presses);
        assert_eq!(digits(&told), "12345#", "{tone_ms} ms heard, {shift} ms late, key of {length_ms} ms");
    }
}

#[test]
fn a_key_that_sip_info_tells_when_it_is_released_is_one_digit() {
    let mut random = Random::new(36);
    for (length_ms, late_ms) in [(100, 0), (300, 0), (1_000, 0), (1_000, 200), (400, 100)] {
        let pressed = Line::new().silence(500).key(Key::new('5').ms(length_ms), &mut random).silence(late_ms);
        let mut session = Session::new(&no_beep()).unwrap();
        session.push(&pressed.pcm());
        session.digit(digit('5'));
        session.push(&[0; 4_000]);
        assert!(session.poll_event().is_some(), "{length_ms} ms, {late_ms} ms late");
        assert_eq!(session.poll_event(), None, "{length_ms} ms, {late_ms} ms late");
    }
}

#[test]
fn one_packet_does_not_cut_more_than_a_key_off() {
    let line = vec![100; 16_000];
    let packet = TelephoneEvent { rtp_timestamp: 1, duration: u16::MAX, event: 11, volume: 10, end: true };
    let (session, _) = play(&no_beep(), &line, &[(12_800, packet)]);
    let end = session.end().unwrap();
    assert_eq!((end.reason, end.kept_samples), (EndReason::Dtmf, 12_800 - 3_200));
}

#[test]
fn a_long_frame_full_of_keys_loses_none() {
    let mut random = Random::new(37);
    let mut line = Line::new().silence(60);
    let keys = "123456789*0ABCD4567890123";
    for key in keys.chars() {
        line = line.key(Key::new(key).ms(42), &mut random);
    }
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    session.push(&line.silence(40).pcm()).unwrap();
    session.push(&[0; 1_600]).unwrap();
    let mut told = String::new();
    while let Some(SessionEvent::Digit(event)) = session.poll_event().unwrap() {
        told.push(event.digit.as_char());
    }
    assert_eq!(told, keys);
    session.close().unwrap();
}

#[test]
fn fast_presses_that_come_both_ways_are_counted_each() {
    let mut random = Random::new(33);
    let mut line = Line::new().silence(300);
    let mut presses = Vec::new();
    for key in "7777*99".chars() {
        presses.extend(packets(key, line.len(), samples(60)));
        line = line.key(Key::new(key).ms(60), &mut random).silence(60);
    }
    let (_, told) = play(&no_beep(), &line.silence(200).pcm(), &presses);
    assert_eq!(digits(&told), "7777*99");
}

#[test]
fn a_key_before_the_recording_does_not_end_it() {
    // Pressed while the beep plays and held until after it; the tones come through as well.
    let mut random = Random::new(34);
    let line = Line::new().silence(300).key(Key::new('#').ms(400), &mut random).silence(600).pcm();
    for heard in [true, false] {
        let quiet = vec![0; line.len()];
        let line = if heard { &line } else { &quiet };
        let (session, told) = play(&SessionConfig::default(), line, &packets('#', 2_400, 3_200));
        assert_eq!(session.state(), State::Recording);
        assert_eq!(digits(&told), "#");
    }
}

#[test]
fn the_cut_is_where_the_tones_began_that_came_through() {
    let mut random = Random::new(35);
    let line = Line::new().silence(400).key(Key::new('#').ms(34), &mut random);
    // The gateway took 30 ms to recognise the key.
    let packets = packets('#', line.len() - 32, 800);
    let (session, _) = play(&no_beep(), &line.silence(300).pcm(), &packets);
    let end = session.end().unwrap();
    assert_eq!(end.reason, EndReason::Dtmf);
    assert!(end.kept_samples.abs_diff(3_200) <= 40, "{}", end.kept_samples);
}

#[test]
fn the_engine_ends_a_message_by_an_event_though_no_frame_comes() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    (0..50).for_each(|_| session.push(&[0; 160]).unwrap());
    for (_, packet) in packets('5', 7_840, 800).into_iter().chain(packets('#', 7_680, 800)) {
        session.telephone_event(&packet).unwrap();
    }
    let result = result(session);
    assert_eq!((result.end_reason, result.end_digit), (EndReason::Dtmf, Some(digit('#'))));
    // The first packet came 20 ms after the key went down, as far as the audio tells.
    assert_eq!(result.samples, 8_000 - 160);
    // Told before the end, and still there after it.
    let event = DigitEvent { digit: digit('5'), source: DigitSource::Signalled, start_sample: 7_840 };
    assert_eq!(session.poll_event(), Ok(Some(SessionEvent::Digit(event))));
    assert_eq!(session.poll_event(), Ok(None));
    session.close().unwrap();
    assert_eq!(session.poll_event(), Err(SessionError::Stale));
}

#[test]
fn a_repeated_event_of_before_the_recording_leaves_the_session_usable() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
    let packets = packets('#', 0, 800);
    session.telephone_event(&packets[0].1).unwrap();
    (0..100).for_each(|_| session.push(&[0; 160]).unwrap());
    // A packet that loitered on the network looks like a fresh press to the control side.
    session.telephone_event(&packets[1].1).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(50));
    (0..50).for_each(|_| session.push(&[0; 160]).unwrap());
    assert_eq!(session.state(), Ok(State::Recording));
    session.hangup().unwrap();
    assert_eq!(result(session).end_reason, EndReason::Hangup);
    session.close().unwrap();
}

#[test]
fn events_that_nobody_polls_are_declared_lost() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
    for press in 0..200 {
        let packet = TelephoneEvent { rtp_timestamp: press, duration: 0, event: 5, volume: 10, end: false };
        session.telephone_event(&packet).unwrap();
        session.push(&[0; 80]).unwrap();
    }
    for _ in 0..64 {
        assert!(matches!(session.poll_event(), Ok(Some(_))));
    }
    // Told once.
    assert_eq!(session.poll_event(), Err(SessionError::Overrun));
    assert_eq!(session.poll_event(), Ok(None));
    session.close().unwrap();
}
