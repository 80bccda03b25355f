//! Silence by level: a threshold in dBm0 with hysteresis. It measures level; it is no voice
//! activity detector.

use crate::line::level::mean_square_from_dbm0;

/// Default threshold in dBm0. Idle noise of a bad analogue line lies at -50 to -40 dBm0 and
/// quiet speech at -38, so that -40 separates the two on most lines.
pub const DEFAULT_SILENCE_THRESHOLD_DBM0: f32 = -40.0;

/// Distance in decibels between the level at which sound starts and that at which it stops,
/// laid evenly around the threshold, so that a level near it does not flicker.
pub const HYSTERESIS_DB: f32 = 3.0;

/// What a stretch of the line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The level is below the threshold.
    Silence,
    /// The level is above the threshold.
    Sound,
}

/// A stretch of silence or sound: 0-based, its end exclusive, in samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it held.
    pub activity: Activity,
    /// Its first sample.
    pub start_sample: u64,
    /// The first sample after it.
    pub end_sample: u64,
}

/// A threshold that is not within -80 to 0 dBm0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceThresholdOutOfRange;

/// Tells silence from sound, a block at a time.
#[derive(Clone, Debug)]
pub struct SilenceDetector {
    /// Mean squares at which sound starts and stops.
    start: f32,
    stop: f32,
    activity: Activity,
    since_sample: u64,
    position: u64,
}

impl SilenceDetector {
    /// A detector with a threshold in dBm0, -80 to 0. A line is silent until it is heard.
    pub fn new(threshold_dbm0: f32) -> Result<Self, SilenceThresholdOutOfRange> {
        if !(-80.0..=0.0).contains(&threshold_dbm0) {
            return Err(SilenceThresholdOutOfRange);
        }
        Ok(Self {
            start: mean_square_from_dbm0(threshold_dbm0 + HYSTERESIS_DB / 2.0),
            stop: mean_square_from_dbm0(threshold_dbm0 - HYSTERESIS_DB / 2.0),
            activity: Activity::Silence,
            since_sample: 0,
            position: 0,
        })
    }

    /// Takes the next block's length and mean square (direct current left out, so that an offset is not
    /// taken for sound) and returns the span that it ended, if it ended one.
    pub fn block(&mut self, samples: usize, mean_square: f32) -> Option<Span> {
        let block_start = self.position;
        self.position += samples as u64;
        let activity = match self.activity {
            Activity::Silence if self.is_sound(mean_square) => Activity::Sound,
            Activity::Sound if mean_square < self.stop => Activity::Silence,
            unchanged => unchanged,
        };
        if activity == self.activity {
            return None;
        }
        let ended = self.span_until(block_start);
        self.activity = activity;
        self.since_sample = block_start;
        ended
    }

    /// Whether a level, as a mean square, would end silence.
    pub fn is_sound(&self, mean_square: f32) -> bool {
        mean_square >= self.start
    }

    /// What the line holds now.
    pub const fn activity(&self) -> Activity {
        self.activity
    }

    /// First sample of the present span.
    pub const fn since_sample(&self) -> u64 {
        self.since_sample
    }

    /// The present span, ended at `end_sample`; `None` where it would be empty.
    pub fn span_until(&self, end_sample: u64) -> Option<Span> {
        (end_sample > self.since_sample).then_some(Span {
            activity: self.activity,
            start_sample: self.since_sample,
            end_sample,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: u64 = 102;

    #[test]
    fn spans_are_reported_when_they_end() {
        let mut detector = SilenceDetector::new(-40.0).unwrap();
        let (quiet, loud) = (mean_square_from_dbm0(-50.0), mean_square_from_dbm0(-20.0));
        assert_eq!(detector.block(102, quiet), None);
        let silence = Span { activity: Activity::Silence, start_sample: 0, end_sample: BLOCK };
        assert_eq!(detector.block(102, loud), Some(silence));
        assert_eq!(detector.block(102, loud), None);
        let sound = Span { activity: Activity::Sound, start_sample: BLOCK, end_sample: 3 * BLOCK };
        assert_eq!(detector.block(102, quiet), Some(sound));
        assert_eq!(detector.since_sample(), 3 * BLOCK);
    }

    #[test]
    fn a_level_near_the_threshold_does_not_flicker() {
        let mut detector = SilenceDetector::new(-40.0).unwrap();
        let changes = (0..200)
            .filter(|i| detector.block(102, mean_square_from_dbm0(-40.0 + [1.2, -1.2][i % 2])).is_some())
            .count();
        assert_eq!(changes, 0);
        detector.block(102, mean_square_from_dbm0(-38.4));
        assert_eq!(detector.activity(), Activity::Sound);
        detector.block(102, mean_square_from_dbm0(-41.6));
        assert_eq!(detector.activity(), Activity::Silence);
    }

    #[test]
    fn thresholds_out_of_range_are_refused() {
        for threshold in [-80.5, 0.5, f32::NAN] {
            assert!(SilenceDetector::new(threshold).is_err());
        }
    }
}
