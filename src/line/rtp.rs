//! Where a frame belongs by its RTP timestamp (RFC 3550).

use super::SampleRate;

/// Longest gap that is filled: a caller who is silent for minutes on a line that suppresses silence sends nothing.
const GAP_MAX_MS: u64 = 300_000;
/// A frame that is older than this belongs to a stream that began anew.
const LATE_MAX_MS: u64 = 10_000;

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

/// Follows the timestamps of a stream, one a sample, which wrap around at 2^32.
#[derive(Clone, Copy, Debug)]
pub struct RtpTimeline {
    next: Option<u32>,
    rate: SampleRate,
}

impl RtpTimeline {
    /// A stream at 8000 a second. Nothing has come yet: whatever comes first begins it.
    pub const fn new() -> Self {
        Self::with_rate(SampleRate::NARROWBAND)
    }

    /// The same at another rate.
    pub const fn with_rate(rate: SampleRate) -> Self {
        Self { next: None, rate }
    }

    /// Less than 2^24 at 48 kHz.
    const fn gap_max_samples(&self) -> u32 {
        self.rate.samples(GAP_MAX_MS) as u32
    }

    const fn late_max_samples(&self) -> u32 {
        self.rate.samples(LATE_MAX_MS) as u32
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
            (ago, _) if ago <= self.late_max_samples() => Some(ago),
            (_, ahead) if ahead <= self.late_max_samples() => Some(0),
            _ => None,
        }
    }

    /// Takes a frame's timestamp and length.
    pub fn place(&mut self, timestamp: u32, samples: usize) -> Placed {
        let length = samples as u32;
        let ahead = timestamp.wrapping_sub(self.next.unwrap_or(timestamp));
        let behind = ahead.wrapping_neg();
        let placed = match (ahead, behind) {
            (ahead, _) if ahead <= self.gap_max_samples() => Placed::After { lost_samples: ahead },
            (_, behind) if behind < length => Placed::Overlaps { samples: behind as usize },
            (_, behind) if behind <= self.late_max_samples() => return Placed::Late,
            _ => Placed::Jumped,
        };
        self.next = Some(timestamp.wrapping_add(length));
        placed
    }
}

impl Default for RtpTimeline {
    fn default() -> Self {
        Self::new()
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
