//! Silence by level: a threshold in dBm0 with hysteresis, fixed or above the line's noise. It measures level; it is no
//! voice activity detector.

mod config;
mod floor;

pub use config::{
    AdaptiveSilence, DEFAULT_SILENCE_THRESHOLD_DBM0, FixedSilence, HYSTERESIS_DB, SilenceConfig,
    SilenceConfigError,
};

use crate::line::SampleRate;
use crate::line::level::{mean_square_from_dbm0, power_ratio_from_db};
use floor::Floor;

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

/// Tells silence from sound, a block at a time.
#[derive(Clone, Debug)]
pub struct SilenceDetector {
    /// Mean squares at which sound starts and stops.
    start: f32,
    stop: f32,
    follower: Option<Follower>,
    hangover_samples: u64,
    activity: Activity,
    since_sample: u64,
    /// Where the last block of sound ended.
    sound_end: u64,
    position: u64,
}

/// What moves the levels.
#[derive(Clone, Debug)]
struct Follower {
    floor: Floor,
    /// Powers above the floor.
    start: f32,
    stop: f32,
}

impl SilenceDetector {
    /// A detector. A line is silent until it is heard.
    pub fn new(config: &SilenceConfig) -> Result<Self, SilenceConfigError> {
        config.validate()?;
        let mut detector = Self {
            start: 0.0,
            stop: 0.0,
            follower: None,
            hangover_samples: 0,
            activity: Activity::Silence,
            since_sample: 0,
            sound_end: 0,
            position: 0,
        };
        match config {
            SilenceConfig::Fixed(fixed) => {
                detector.start = mean_square_from_dbm0(fixed.threshold_dbm0 + fixed.hysteresis_db / 2.0);
                detector.stop = mean_square_from_dbm0(fixed.threshold_dbm0 - fixed.hysteresis_db / 2.0);
            }
            SilenceConfig::Adaptive(adaptive) => {
                let start = power_ratio_from_db(adaptive.start_above_floor_db);
                let stop = power_ratio_from_db(adaptive.stop_above_floor_db);
                detector.follower = Some(Follower { floor: Floor::new(adaptive), start, stop });
                detector.hangover_samples = SampleRate::NARROWBAND.samples(adaptive.hangover_ms.into());
                detector.follow(0, 0.0);
            }
        }
        Ok(detector)
    }

    /// Takes the next block's length and mean square (direct current left out, so that an offset is not
    /// taken for sound) and returns the span that it ended, if it ended one.
    #[inline]
    pub fn block(&mut self, samples: usize, mean_square: f32) -> Option<Span> {
        let block_start = self.position;
        self.position += samples as u64;
        let ended = match self.activity {
            Activity::Silence if self.is_sound(mean_square) => self.turn(Activity::Sound, block_start),
            Activity::Sound if mean_square < self.stop => self.quiet(),
            _ => None,
        };
        if self.activity == Activity::Sound && mean_square >= self.stop {
            self.sound_end = self.position;
        }
        self.follow(samples, mean_square);
        ended
    }

    /// A quiet block after sound. With the hangover over, the silence began where the sound ended.
    fn quiet(&mut self) -> Option<Span> {
        let over = self.position - self.sound_end > self.hangover_samples;
        if over { self.turn(Activity::Silence, self.sound_end) } else { None }
    }

    fn turn(&mut self, activity: Activity, since_sample: u64) -> Option<Span> {
        let ended = self.span_until(since_sample);
        (self.activity, self.since_sample) = (activity, since_sample);
        ended
    }

    /// Moves the levels with the line's noise.
    fn follow(&mut self, samples: usize, mean_square: f32) {
        if let Some(Follower { floor, start, stop }) = &mut self.follower {
            floor.block(samples, mean_square);
            (self.start, self.stop) = (floor.level() * *start, floor.level() * *stop);
        }
    }

    /// Passes over samples that do not count: the present span lasts as long as before.
    pub fn skip(&mut self, samples: usize) {
        self.position += samples as u64;
        self.since_sample += samples as u64;
        self.sound_end += samples as u64;
    }

    /// Forgets what was heard but for the noise: the line is silent from here on.
    pub fn restart(&mut self) {
        self.activity = Activity::Silence;
        self.since_sample = self.position;
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

    /// First sample after the last block of sound; 0 where there was none. Past it, sound is hangover.
    pub const fn sound_end(&self) -> u64 {
        self.sound_end
    }

    /// No span that is still to end ends before this sample.
    pub const fn settled_sample(&self) -> u64 {
        match self.activity {
            Activity::Sound => self.sound_end,
            Activity::Silence => self.position,
        }
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
        let mut detector = SilenceDetector::new(&SilenceConfig::default()).unwrap();
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
        let mut detector = SilenceDetector::new(&SilenceConfig::default()).unwrap();
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
    fn silence_counts_from_the_end_of_the_sound_not_of_the_hangover() {
        let mut detector = SilenceDetector::new(&SilenceConfig::adaptive()).unwrap();
        let (quiet, loud) = (mean_square_from_dbm0(-60.0), mean_square_from_dbm0(-20.0));
        (0..10).for_each(|_| _ = detector.block(102, quiet));
        let silence = Span { activity: Activity::Silence, start_sample: 0, end_sample: 10 * BLOCK };
        assert_eq!(detector.block(102, loud), Some(silence));
        // 150 ms: eleven blocks, and the twelfth is beyond.
        (0..11).for_each(|_| assert_eq!(detector.block(102, quiet), None));
        assert_eq!((detector.activity(), detector.settled_sample()), (Activity::Sound, 11 * BLOCK));
        let sound = Span { activity: Activity::Sound, start_sample: 10 * BLOCK, end_sample: 11 * BLOCK };
        assert_eq!(detector.block(102, quiet), Some(sound));
        assert_eq!((detector.since_sample(), detector.sound_end()), (11 * BLOCK, 11 * BLOCK));
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let fixed = FixedSilence::default();
        let adaptive = AdaptiveSilence::default();
        let refused = |config: SilenceConfig, field: &str| {
            assert_eq!(SilenceDetector::new(&config).unwrap_err().field, field, "{config:?}");
        };
        for wrong in [-80.5, 0.5, f32::NAN] {
            let threshold = FixedSilence { threshold_dbm0: wrong, ..fixed };
            refused(SilenceConfig::Fixed(threshold), "silence_threshold_dbm0");
            let floor = AdaptiveSilence { floor_min_dbm0: wrong, ..adaptive };
            refused(SilenceConfig::Adaptive(floor), "silence_floor_min_dbm0");
        }
        for wrong in [-0.5, 21.0, f32::NAN] {
            let hysteresis = FixedSilence { hysteresis_db: wrong, ..fixed };
            refused(SilenceConfig::Fixed(hysteresis), "silence_hysteresis_db");
        }
        for wrong in [-60.5, 0.5, f32::NAN] {
            let floor = AdaptiveSilence { floor_max_dbm0: wrong, ..adaptive };
            refused(SilenceConfig::Adaptive(floor), "silence_floor_max_dbm0");
        }
        for wrong in [0.5, 31.0, f32::NAN] {
            let stop = AdaptiveSilence { stop_above_floor_db: wrong, ..adaptive };
            refused(SilenceConfig::Adaptive(stop), "silence_stop_above_floor_db");
        }
        for wrong in [adaptive.stop_above_floor_db, 31.0, f32::NAN] {
            let start = AdaptiveSilence { start_above_floor_db: wrong, ..adaptive };
            refused(SilenceConfig::Adaptive(start), "silence_start_above_floor_db");
        }
        let hangover = AdaptiveSilence { hangover_ms: 2_001, ..adaptive };
        refused(SilenceConfig::Adaptive(hangover), "silence_hangover_ms");
    }

    #[test]
    fn nothing_irregular_harms_the_floor() {
        let mut detector = SilenceDetector::new(&SilenceConfig::adaptive()).unwrap();
        for (samples, mean_square) in
            [(0, 0.0), (1, 0.0), (7, 1e9), (usize::MAX / 4, 0.0), (102, 1e9), (3, 40.0)]
        {
            detector.block(samples, mean_square);
            assert!(detector.stop.is_normal() && detector.start > detector.stop);
        }
    }
}
