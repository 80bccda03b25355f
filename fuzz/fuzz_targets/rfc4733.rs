//! RTP streams with telephone events in any order: one session takes frames, losses and packets as they come.
#![no_main]

#[path = "../src/input.rs"]
mod input;

use afterbeep::line::{Placed, RtpTimeline, SampleRate};
use afterbeep::session::{
    DigitEvent, DigitSource, Session, SessionConfig, SessionEvent, Signalled, TelephoneEvent,
    TelephoneEvents, Terminators,
};
use input::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let terminators = if input.byte() % 2 == 0 { Terminators::NONE } else { Terminators::default() };
    let config = SessionConfig { beep: None, terminators, ..SessionConfig::default() };
    let mut session: Session = Session::new(&config).unwrap();
    let rate = if input.byte() % 2 == 0 { SampleRate::NARROWBAND } else { SampleRate::new(48_000).unwrap() };
    let mut line = RtpTimeline::with_rate(rate);
    let mut events = TelephoneEvents::default();
    let (mut began, mut told) = (0, 0);
    let mut steps = 0;
    while !input.is_empty() && steps < 500 {
        steps += 1;
        // Near the last one, or anywhere.
        let timestamp = if input.byte() % 4 == 0 { input.word() } else { u32::from(input.half()) };
        match input.byte() % 4 {
            0 => {
                let samples = usize::from(input.byte());
                if let Placed::After { lost_samples } = line.place(timestamp, samples) {
                    assert!(lost_samples < 1 << 24);
                }
                session.push(&vec![i16::from(input.byte()); samples]);
            }
            1 => {
                session.push_lost(usize::from(input.half()) % 9_601);
            }
            _ => {
                let length = usize::from(input.byte() % 8);
                let payload = input.take(length);
                let parsed = TelephoneEvent::parse(payload, timestamp);
                assert_eq!(parsed.is_ok(), payload.len() >= 4);
                let Ok(packet) = parsed else { continue };
                assert!(packet.volume < 64);
                if let Signalled::Began(_) = events.receive(&packet) {
                    began += 1;
                    // The same packet again is the same digit.
                    assert!(matches!(events.receive(&packet), Signalled::GoesOn(_)));
                }
                let _ = line.age(timestamp);
                session.telephone_event(&packet);
            }
        }
        while let Some(event) = session.poll_event() {
            told += usize::from(matches!(
                event,
                SessionEvent::Digit(DigitEvent { source: DigitSource::Signalled, .. })
            ));
        }
    }
    // However often, and in whatever order, its packets come, a digit is told once at most; frames here hold none.
    assert!(told <= began, "{told} digits of {began}");
});
