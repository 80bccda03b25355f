use crate::dsp::dtmf::Digit;
use crate::dsp::tone_plan::ToneKind;

/// What a session tells beside the audio, as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// A digit that did not end the message.
    Digit(DigitEvent),
    /// A call-progress tone that does not end one: ringback, call waiting, a fax that calls.
    Tone {
        /// Which one.
        kind: ToneKind,
        /// Where its first cycle began, in samples since the session's start.
        start_sample: u64,
    },
}

/// A digit, pressed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigitEvent {
    /// The digit.
    pub digit: Digit,
    /// Where it came from.
    pub source: DigitSource,
    /// Where it began, in samples since the session's start.
    pub start_sample: u64,
}

/// Where a digit came from. A press that comes both ways is told once, by the way that came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum DigitSource {
    /// Its tones were heard.
    Heard = 1,
    /// It was signalled: RFC 4733, SIP INFO.
    Signalled = 2,
}

/// An event in one word: its kind in the highest eight bits, below that its digit or tone in another eight, and its
/// start in the others. Those count samples for a thousand years; what would be later is told as the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PackedEvent(u64);

const START_BITS: u32 = 48;
const START_MAX: u64 = (1 << START_BITS) - 1;
const HEARD: u8 = 1;
const SIGNALLED: u8 = 2;
const TONE: u8 = 3;

impl PackedEvent {
    pub(crate) fn pack(event: &SessionEvent) -> Self {
        let (kind, what, start) = match *event {
            SessionEvent::Digit(DigitEvent { digit, source, start_sample }) => {
                let kind = match source {
                    DigitSource::Heard => HEARD,
                    DigitSource::Signalled => SIGNALLED,
                };
                (kind, digit.event_code(), start_sample)
            }
            SessionEvent::Tone { kind, start_sample } => (TONE, kind as u8, start_sample),
        };
        Self(u64::from(kind) << 56 | u64::from(what) << START_BITS | start.min(START_MAX))
    }

    /// `None` for a word that no event was packed into.
    pub(crate) fn unpack(self) -> Option<SessionEvent> {
        let [kind, what, ..] = self.0.to_be_bytes();
        let start_sample = self.0 & START_MAX;
        let digit = |source| {
            let digit = Digit::from_event_code(what)?;
            Some(SessionEvent::Digit(DigitEvent { digit, source, start_sample }))
        };
        match kind {
            HEARD => digit(DigitSource::Heard),
            SIGNALLED => digit(DigitSource::Signalled),
            TONE => {
                let kind = ToneKind::ALL.into_iter().find(|&kind| kind as u8 == what)?;
                Some(SessionEvent::Tone { kind, start_sample })
            }
            _ => None,
        }
    }
}

/// Events that await being polled: more than 200 ms of the line, and one call, can bring.
const EVENTS: usize = 16;

/// Events in a ring.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    ring: [PackedEvent; EVENTS],
    first: u8,
    count: u8,
    lost: u64,
}

impl Events {
    /// Keeps an event, or counts it as lost where nobody polls.
    pub(super) fn put(&mut self, event: SessionEvent) {
        let place = (usize::from(self.first) + usize::from(self.count)) % EVENTS;
        match self.ring.get_mut(place) {
            Some(free) if usize::from(self.count) < EVENTS => {
                *free = PackedEvent::pack(&event);
                self.count += 1;
            }
            _ => self.lost += 1,
        }
    }

    #[inline]
    pub(super) fn take(&mut self) -> Option<SessionEvent> {
        if self.count == 0 {
            return None;
        }
        let event = self.ring.get(usize::from(self.first))?.unpack();
        self.first = (self.first + 1) % EVENTS as u8;
        self.count -= 1;
        event
    }

    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(start_sample: u64) -> SessionEvent {
        let digit = Digit::new('5').unwrap();
        SessionEvent::Digit(DigitEvent { digit, source: DigitSource::Heard, start_sample })
    }

    #[test]
    fn events_come_in_order_and_what_finds_no_place_is_counted() {
        let mut events = Events::default();
        for round in 0..3 {
            (0..20).for_each(|sample| events.put(event(sample)));
            for sample in 0..16 {
                assert_eq!(events.take(), Some(event(sample)));
            }
            assert_eq!((events.take(), events.lost()), (None, 4 * (round + 1)));
        }
    }

    #[test]
    fn every_event_comes_back_from_its_word() {
        let digits = (0..16).filter_map(Digit::from_event_code).flat_map(|digit| {
            [DigitSource::Heard, DigitSource::Signalled].map(|source| {
                move |start_sample| SessionEvent::Digit(DigitEvent { digit, source, start_sample })
            })
        });
        let mut words = std::collections::HashSet::new();
        let mut check = |event: &dyn Fn(u64) -> SessionEvent| {
            for start_sample in [0, 1, 8_000 * 86_400, START_MAX] {
                let packed = PackedEvent::pack(&event(start_sample));
                assert_eq!(packed.unpack(), Some(event(start_sample)));
                assert!(words.insert(packed.0));
            }
            assert_eq!(PackedEvent::pack(&event(u64::MAX)).unpack(), Some(event(START_MAX)));
        };
        digits.for_each(|event| check(&event));
        for kind in ToneKind::ALL {
            check(&|start_sample| SessionEvent::Tone { kind, start_sample });
        }
        assert_eq!(words.len(), 4 * (32 + ToneKind::ALL.len()));
        assert_eq!(PackedEvent::default().unpack(), None);
    }
}
