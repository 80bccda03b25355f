//! Where a frame belongs by its RTP timestamp (RFC 3550).

/// Longest gap that is filled: a caller who is silent for minutes on a line that suppresses silence sends nothing.
const GAP_MAX_SAMPLES: u32 = 8_000 * 300;
/// A frame that is older than this belongs to a stream that began anew.
const LATE_MAX_SAMPLES: u32 = 8_000 * 10;

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// Samples are missing before it, 0 if it comes in order: they are lost.
    After {
        /// How many.
        lost_samples: u32,
    },
    /// Its first samples have been here, or what stands in their place.
    Overlaps {
        /// How many.
        samples: usize,
    },
    /// All of it comes too late, or again.
    Late,
    /// Its timestamp is minutes ahead, or long past: the stream began anew with this frame, right after what came before.
    Jumped,
}

/// Follows the timestamps of a stream at 8000 a second, which wrap around at 2^32.
#[derive(Clone, Copy, Debug, Default)]
pub struct RtpTimeline {
    next: Option<u32>,
}

impl RtpTimeline {
    /// Nothing has come yet: whatever comes first begins the stream.
    pub const fn new() -> Self {
        Self { next: None }
    }

    /// The line moved on by so many samples without a timestamp.
    pub fn advance(&mut self, samples: usize) {
        self.next = self.next.map(|next| next.wrapping_add(samples as u32));
    }

    /// How many samples ago a timestamp was due, 0 for one still to come; `None` where the stream has not begun, or
    /// for one of another stream.
    pub fn age(&self, timestamp: u32) -> Option<u32> {
        let ago = self.next?.wrapping_sub(timestamp);
        match (ago, ago.wrapping_neg()) {
            (0..=LATE_MAX_SAMPLES, _) => Some(ago),
            (_, 0..=LATE_MAX_SAMPLES) => Some(0),
            _ => None,
        }
    }

    /// Takes a frame's timestamp and length.
    pub fn place(&mut self, timestamp: u32, samples: usize) -> Placed {
        let length = samples as u32;
        let ahead = timestamp.wrapping_sub(self.next.unwrap_or(timestamp));
        let behind = ahead.wrapping_neg();
        let placed = match (ahead, behind) {
            (0..=GAP_MAX_SAMPLES, _) => Placed::After { lost_samples: ahead },
            (_, behind) if behind < length => Placed::Overlaps { samples: behind as usize },
            (_, 0..=LATE_MAX_SAMPLES) => return Placed::Late,
            _ => Placed::Jumped,
        };
        self.next = Some(timestamp.wrapping_add(length));
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_placed_around_the_wrap() {
        let mut line = RtpTimeline::new();
        let start = u32::MAX - 200;
        assert_eq!(line.place(start, 160), Placed::After { lost_samples: 0 });
        assert_eq!(line.place(start.wrapping_add(160), 160), Placed::After { lost_samples: 0 });
        assert_eq!(line.place(start.wrapping_add(640), 160), Placed::After { lost_samples: 320 });
        // Out of order, again, and half again.
        assert_eq!(line.place(start.wrapping_add(320), 160), Placed::Late);
        assert_eq!(line.place(start.wrapping_add(640), 160), Placed::Late);
        assert_eq!(line.place(start.wrapping_add(720), 160), Placed::Overlaps { samples: 80 });
        assert_eq!(line.place(start.wrapping_add(880), 160), Placed::After { lost_samples: 0 });
        assert_eq!(line.age(start.wrapping_add(1_000)), Some(40));
        assert_eq!(line.age(start.wrapping_add(1_100)), Some(0));
        assert_eq!(line.age(start.wrapping_add(1_000_000)), None);
        // The host lost time that it told without a timestamp.
        line.advance(320);
        assert_eq!(line.place(start.wrapping_add(1_360), 160), Placed::After { lost_samples: 0 });
    }

    #[test]
    fn jumps_of_hours_and_back_begin_the_stream_anew() {
        let mut line = RtpTimeline::new();
        for timestamp in [1_000, 1_000 + 8_000 * 3_600, 500, 2_147_483_648, 0] {
            let placed = line.place(timestamp, 160);
            assert_eq!(placed == Placed::Jumped, timestamp != 1_000, "{timestamp}: {placed:?}");
            assert_eq!(line.place(timestamp + 160, 160), Placed::After { lost_samples: 0 });
        }
    }
}
