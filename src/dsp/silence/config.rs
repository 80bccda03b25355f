use core::fmt;

/// Default threshold in dBm0. Idle noise of a bad analogue line lies at -50 to -40 dBm0 and
/// quiet speech at -38, so that -40 separates the two on most lines.
pub const DEFAULT_SILENCE_THRESHOLD_DBM0: f32 = -40.0;

/// Default distance in decibels between the level at which sound starts and that at which it stops,
/// laid evenly around the threshold, so that a level near it does not flicker.
pub const HYSTERESIS_DB: f32 = 3.0;

/// What separates silence from sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SilenceConfig {
    /// A level that stays.
    Fixed(FixedSilence),
    /// A level that follows the line's noise.
    Adaptive(AdaptiveSilence),
}

/// A threshold that stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedSilence {
    /// The level in dBm0 that separates silence from sound, -80 to 0; -40 by default.
    pub threshold_dbm0: f32,
    /// Distance between the levels at which sound starts and stops, evenly around the threshold, in decibels, 0 to
    /// 20; 3 by default.
    pub hysteresis_db: f32,
}

/// A threshold that follows the line's noise: the floor is what the line does not fall below for long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptiveSilence {
    /// Lowest floor in dBm0, -80 to 0; -55 by default. A line may be quieter, the levels are then no lower.
    pub floor_min_dbm0: f32,
    /// Highest floor in dBm0, from the lowest one to 0; -35 by default. Louder noise is sound.
    pub floor_max_dbm0: f32,
    /// Where sound starts, in decibels above the floor, more than where it stops, to 30; 8 by default.
    pub start_above_floor_db: f32,
    /// Where sound stops, in decibels above the floor, 1 to 30; 4 by default.
    pub stop_above_floor_db: f32,
    /// How long the level has to stay below the stop level until that is silence, in milliseconds, 0 to 2000; 150 by
    /// default. The silence then counts from where the sound stopped.
    pub hangover_ms: u32,
}

impl SilenceConfig {
    /// A fixed threshold in dBm0 with the default hysteresis.
    pub const fn fixed(threshold_dbm0: f32) -> Self {
        Self::Fixed(FixedSilence { threshold_dbm0, hysteresis_db: HYSTERESIS_DB })
    }

    /// An adaptive threshold with its defaults.
    pub fn adaptive() -> Self {
        Self::Adaptive(AdaptiveSilence::default())
    }

    /// Says which field is out of range or contradicts another one, if one does.
    pub fn validate(&self) -> Result<(), SilenceConfigError> {
        match self {
            Self::Fixed(fixed) => fixed.validate(),
            Self::Adaptive(adaptive) => adaptive.validate(),
        }
    }
}

/// Fixed, -40 dBm0.
impl Default for SilenceConfig {
    fn default() -> Self {
        Self::Fixed(FixedSilence::default())
    }
}

impl Default for FixedSilence {
    fn default() -> Self {
        Self { threshold_dbm0: DEFAULT_SILENCE_THRESHOLD_DBM0, hysteresis_db: HYSTERESIS_DB }
    }
}

impl Default for AdaptiveSilence {
    fn default() -> Self {
        Self {
            floor_min_dbm0: -55.0,
            floor_max_dbm0: -35.0,
            start_above_floor_db: 8.0,
            stop_above_floor_db: 4.0,
            hangover_ms: 150,
        }
    }
}

/// A field out of range, or in contradiction to another one: which, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceConfigError {
    /// The field's name, `silence_` before it.
    pub field: &'static str,
    /// What it takes.
    pub takes: &'static str,
}

impl fmt::Display for SilenceConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is out of range; it takes {}", self.field, self.takes)
    }
}

impl core::error::Error for SilenceConfigError {}

/// Longest hangover: more would hold back the end of every message.
const HANGOVER_MAX_MS: u32 = 2_000;

/// No number is refused, too: it is within no range.
fn check(holds: bool, field: &'static str, takes: &'static str) -> Result<(), SilenceConfigError> {
    if holds { Ok(()) } else { Err(SilenceConfigError { field, takes }) }
}

impl FixedSilence {
    fn validate(&self) -> Result<(), SilenceConfigError> {
        let threshold = (-80.0..=0.0).contains(&self.threshold_dbm0);
        check(threshold, "silence_threshold_dbm0", "-80 to 0 dBm0")?;
        check((0.0..=20.0).contains(&self.hysteresis_db), "silence_hysteresis_db", "0 to 20 dB")
    }
}

impl AdaptiveSilence {
    fn validate(&self) -> Result<(), SilenceConfigError> {
        let Self { floor_min_dbm0: min, floor_max_dbm0: max, .. } = *self;
        let Self { start_above_floor_db: start, stop_above_floor_db: stop, .. } = *self;
        check((-80.0..=0.0).contains(&min), "silence_floor_min_dbm0", "-80 to 0 dBm0")?;
        check((min..=0.0).contains(&max), "silence_floor_max_dbm0", "silence_floor_min_dbm0 to 0 dBm0")?;
        check((1.0..=30.0).contains(&stop), "silence_stop_above_floor_db", "1 to 30 dB")?;
        let starts = start > stop && start <= 30.0;
        check(starts, "silence_start_above_floor_db", "more than silence_stop_above_floor_db, to 30 dB")?;
        check(self.hangover_ms <= HANGOVER_MAX_MS, "silence_hangover_ms", "0 to 2000 ms")
    }
}
