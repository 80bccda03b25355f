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

/// Events that await being polled: as many digits as the longest frame holds, back to back.
const EVENTS: usize = 40;

/// Events in a ring.
#[derive(Clone, Debug)]
pub(super) struct Events {
    ring: [Option<SessionEvent>; EVENTS],
    first: u8,
    count: u8,
    lost: u64,
}

impl Default for Events {
    fn default() -> Self {
        Self { ring: [None; EVENTS], first: 0, count: 0, lost: 0 }
    }
}

impl Events {
    /// Keeps an event, or counts it as lost where nobody polls.
    pub(super) fn put(&mut self, event: SessionEvent) {
        let place = (usize::from(self.first) + usize::from(self.count)) % EVENTS;
        match self.ring.get_mut(place) {
            Some(free @ None) => {
                *free = Some(event);
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
        let event = self.ring.get_mut(usize::from(self.first))?.take();
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
            (0..44).for_each(|sample| events.put(event(sample)));
            for sample in 0..40 {
                assert_eq!(events.take(), Some(event(sample)));
            }
            assert_eq!((events.take(), events.lost()), (None, 4 * (round + 1)));
        }
    }
}
