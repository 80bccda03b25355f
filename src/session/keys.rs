//! Presses that come twice: as tones and by signalling.
//!
//! A gateway that signals digits mutes their tones late, or not at all; what it lets through is a residue, and the same
//! press. The jitter buffer shifts the two against each other.

use crate::dsp::dtmf::Digit;

/// How far a press and its residue may lie apart: the depth of a jitter buffer, and more.
const RESIDUE_MS: u32 = 250;
pub(super) const RESIDUE_SAMPLES: u64 = 8 * RESIDUE_MS as u64;
/// Presses within that time.
const RECENT: usize = 4;

/// The latest presses of either kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    heard: Recent<Heard>,
    signalled: Recent<Span>,
}

/// Where the tones of a digit end.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    /// The last sample of all while they sound.
    end: u64,
}

/// Where the residue of a signalled digit may begin.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u64,
    until: u64,
}

impl Keys {
    /// A digit's tones were heard: whether that is a press of its own.
    pub(super) fn heard(&mut self, digit: Digit, start: u64) -> bool {
        let residue = self.signalled.of(digit).any(|span| (span.from..=span.until).contains(&start));
        if !residue {
            self.heard.put(digit, Heard { end: u64::MAX });
        }
        !residue
    }

    /// A digit's tones ended.
    pub(super) fn heard_until(&mut self, digit: Digit, end: u64) {
        if let Some(heard) = self.heard.newest(digit) {
            heard.end = heard.end.min(end);
        }
    }

    /// A digit that began at `start` is signalled for the first time, at `now`: whether that is a press of its own. All
    /// of its residue is one with it, but of the tones heard before only one.
    pub(super) fn signalled(&mut self, digit: Digit, start: u64, now: u64) -> bool {
        let from = start.saturating_sub(RESIDUE_SAMPLES);
        self.signalled.put(digit, Span { from, until: now + RESIDUE_SAMPLES });
        !self.heard.remove(digit, |heard| heard.end >= from)
    }

    /// A signalled digit still lasts.
    pub(super) fn still_signalled(&mut self, digit: Digit, now: u64) {
        if let Some(span) = self.signalled.newest(digit) {
            span.until = now + RESIDUE_SAMPLES;
        }
    }
}

/// A few digits, the newest last, and what is known of each; apart, as a session has to be small.
#[derive(Clone, Debug, Default)]
struct Recent<T> {
    digits: [Option<Digit>; RECENT],
    values: [T; RECENT],
}

impl<T: Copy + Default> Recent<T> {
    fn put(&mut self, digit: Digit, value: T) {
        self.digits.rotate_left(1);
        self.values.rotate_left(1);
        if let (Some(last), Some(known)) = (self.digits.last_mut(), self.values.last_mut()) {
            (*last, *known) = (Some(digit), value);
        }
    }

    fn of(&self, digit: Digit) -> impl Iterator<Item = &T> {
        self.digits
            .iter()
            .zip(&self.values)
            .filter(move |(other, _)| **other == Some(digit))
            .map(|known| known.1)
    }

    fn newest(&mut self, digit: Digit) -> Option<&mut T> {
        let known = self.digits.iter().zip(&mut self.values).rev();
        known.into_iter().find(|(other, _)| **other == Some(digit)).map(|known| known.1)
    }

    /// Removes the oldest of a digit's that is looked for, and says whether there was one.
    fn remove(&mut self, digit: Digit, wanted: impl Fn(&T) -> bool) -> bool {
        let mut known = self.digits.iter_mut().zip(&self.values);
        let found = known.find(|(other, value)| **other == Some(digit) && wanted(value));
        found.is_some_and(|(other, _)| other.take().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(character: char) -> Digit {
        Digit::new(character).unwrap()
    }

    #[test]
    fn an_event_and_its_residue_are_one_press_in_either_order() {
        let mut keys = Keys::default();
        assert!(keys.signalled(digit('5'), 8_000, 8_160));
        // What the gateway let through, late because of the jitter buffer, and again when the key was released.
        assert!(!keys.heard(digit('5'), 9_000));
        keys.still_signalled(digit('5'), 12_000);
        assert!(!keys.heard(digit('5'), 12_500));
        assert!(keys.heard(digit('5'), 16_000));
        // The tone came first, and SIP INFO when the key was released.
        assert!(keys.heard(digit('#'), 20_000));
        assert!(!keys.signalled(digit('#'), 28_300, 28_300));
        assert!(keys.heard(digit('*'), 40_000));
        keys.heard_until(digit('*'), 44_000);
        assert!(!keys.signalled(digit('*'), 45_900, 45_900));
        assert!(keys.signalled(digit('*'), 47_000, 47_000));
    }

    #[test]
    fn other_digits_and_other_presses_count() {
        let mut keys = Keys::default();
        assert!(keys.heard(digit('1'), 8_000));
        assert!(keys.signalled(digit('2'), 8_100, 8_200));
        // Two presses in quick succession, each of them both ways.
        assert!(keys.heard(digit('7'), 20_000));
        assert!(!keys.signalled(digit('7'), 20_000, 20_200));
        keys.heard_until(digit('7'), 20_400);
        assert!(!keys.heard(digit('7'), 20_800));
        assert!(keys.signalled(digit('7'), 20_800, 21_000));
        // Long ago.
        keys.heard_until(digit('1'), 8_400);
        assert!(keys.signalled(digit('1'), 30_000, 30_000));
    }
}
