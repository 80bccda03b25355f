use super::Terminators;
use crate::dsp::beep::{BeepConfig, BeepConfigError};
use crate::dsp::dtmf::{DtmfProfile, DtmfProfileError};
use crate::dsp::silence::{SilenceConfig, SilenceConfigError};
use crate::dsp::tone_plan::{TonePlan, TonePlanError};
use crate::line::SampleRate;
use core::fmt;

/// How a message is recorded and what ends it. Times are in recorded audio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionConfig {
    /// The line's sample rate.
    pub sample_rate: SampleRate,
    /// The beep; `None` starts the recording at once.
    pub beep: Option<BeepConfig>,
    /// How long after the beep nothing is recorded yet, in milliseconds, 0 (default) to 2000:
    /// on a line with echo the beep comes back.
    pub echo_guard_ms: u32,
    /// The digits that end the message; `#` by default.
    pub terminators: Terminators,
    /// What counts as a digit. A session takes no `dial_tone_filter`: it measures silence on the same audio.
    pub dtmf: DtmfProfile,
    /// Longest message in milliseconds; 20 000 by default, 0 for no limit.
    pub max_duration_ms: u32,
    /// Silence without a word that ends the message, in milliseconds; 0 (default) for off.
    pub initial_silence_ms: u32,
    /// Silence that ends the message, in milliseconds; 0 (default) for off. It counts from the
    /// caller's first sound on where `initial_silence_ms` is set, else from the start.
    pub final_silence_ms: u32,
    /// The call-progress tones that say that the caller has gone; `None` (default) listens for none.
    pub tone_plan: Option<TonePlan>,
    /// Cuts the silence that ended the message, less this much of it, in milliseconds, 0 to 10 000; `None` (default)
    /// keeps it.
    pub final_silence_tail_ms: Option<u32>,
    /// Level in dBm0, -80 to -30, of the noise that the caller hears after the beep, and that stands in the recording where
    /// the line lost audio; `None` (default) for silence.
    pub comfort_noise_dbm0: Option<f32>,
    /// Replaces the tones of digits by silence in the recording; off by default. What is recorded then reaches the file
    /// 75 ms later.
    pub mask_digits: bool,
    /// Starts the recording with the first sound instead of at once; off by default.
    pub start_on_speech: bool,
    /// How much is recorded from before that sound, in milliseconds, 0 to 2000; 300 by default.
    pub pre_roll_ms: u32,
    /// Shortest message in milliseconds, in recorded audio before anything is cut; 0 (default) for none. A shorter one
    /// ends as [`EndReason::TooShort`](super::EndReason::TooShort).
    pub min_duration_ms: u32,
    /// Deletes messages that are too short; off by default.
    pub delete_too_short: bool,
    /// Deletes messages that ended by initial silence; off by default.
    pub delete_initial_silence: bool,
    /// How long the line's own signals have to say that the caller is gone before the message ends, in milliseconds of
    /// audio, 0 to 10 000; 250 by default.
    pub line_drop_debounce_ms: u32,
    /// What separates silence from sound; a fixed level of -40 dBm0 by default.
    pub silence: SilenceConfig,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            sample_rate: SampleRate::NARROWBAND,
            beep: Some(BeepConfig::default()),
            echo_guard_ms: 0,
            terminators: Terminators::default(),
            dtmf: DtmfProfile::default(),
            max_duration_ms: 20_000,
            initial_silence_ms: 0,
            final_silence_ms: 0,
            tone_plan: None,
            final_silence_tail_ms: None,
            comfort_noise_dbm0: None,
            mask_digits: false,
            start_on_speech: false,
            pre_roll_ms: 300,
            min_duration_ms: 0,
            delete_too_short: false,
            delete_initial_silence: false,
            line_drop_debounce_ms: 250,
            silence: SilenceConfig::default(),
        }
    }
}

/// A session configuration out of range: which field, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field's name.
    pub field: &'static str,
    /// What the field takes.
    pub takes: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is out of range; it takes {}", self.field, self.takes)
    }
}

impl core::error::Error for ConfigError {}

impl From<SilenceConfigError> for ConfigError {
    fn from(SilenceConfigError { field, takes }: SilenceConfigError) -> Self {
        Self { field, takes }
    }
}

impl From<TonePlanError> for ConfigError {
    fn from(TonePlanError { field, takes }: TonePlanError) -> Self {
        let field = if field == "continuous_ms" { "continuous_tone_ms" } else { field };
        Self { field, takes }
    }
}

impl From<DtmfProfileError> for ConfigError {
    fn from(DtmfProfileError { field, takes }: DtmfProfileError) -> Self {
        Self { field, takes }
    }
}

impl From<BeepConfigError> for ConfigError {
    fn from(error: BeepConfigError) -> Self {
        let (field, takes) = match error {
            BeepConfigError::Frequency => ("beep_frequency_hz", "100 to 3400 Hz"),
            BeepConfigError::Level => ("beep_level_dbm0", "-60 to 0 dBm0"),
            BeepConfigError::Duration => ("beep_duration_ms", "20 to 5000 ms"),
            BeepConfigError::Ramp => ("beep_ramp_ms", "0 to half of beep_duration_ms"),
        };
        Self { field, takes }
    }
}

/// Longest limit that can be set: a day, so that no sum of times can overflow.
const LIMIT_MAX_MS: u32 = 86_400_000;
const LIMIT_TAKES: &str = "0 to 86400000 ms";
const ECHO_GUARD_MAX_MS: u32 = 2_000;
const PRE_ROLL_MAX_MS: u32 = 2_000;

impl SessionConfig {
    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if let Some(beep) = &self.beep {
            beep.validate()?;
        }
        self.dtmf.validate()?;
        if let Some(plan) = &self.tone_plan {
            plan.validate()?;
        }
        if self.dtmf.dial_tone_filter {
            return Err(ConfigError { field: "dial_tone_filter", takes: "false (0) in a session" });
        }
        self.silence.validate()?;
        if self.comfort_noise_dbm0.is_some_and(|level| !(-80.0..=-30.0).contains(&level)) {
            return Err(ConfigError { field: "comfort_noise_dbm0", takes: "-80 to -30 dBm0" });
        }
        let within = |value: u32, max: u32, field, takes| {
            if value <= max { Ok(()) } else { Err(ConfigError { field, takes }) }
        };
        within(self.echo_guard_ms, ECHO_GUARD_MAX_MS, "echo_guard_ms", "0 to 2000 ms")?;
        within(self.max_duration_ms, LIMIT_MAX_MS, "max_duration_ms", LIMIT_TAKES)?;
        within(self.initial_silence_ms, LIMIT_MAX_MS, "initial_silence_ms", LIMIT_TAKES)?;
        within(self.final_silence_ms, LIMIT_MAX_MS, "final_silence_ms", LIMIT_TAKES)?;
        within(self.min_duration_ms, LIMIT_MAX_MS, "min_duration_ms", LIMIT_TAKES)?;
        within(self.final_silence_tail_ms.unwrap_or(0), 10_000, "final_silence_tail_ms", "0 to 10000 ms")?;
        within(self.pre_roll_ms, PRE_ROLL_MAX_MS, "pre_roll_ms", "0 to 2000 ms")?;
        within(self.line_drop_debounce_ms, 10_000, "line_drop_debounce_ms", "0 to 10000 ms")?;
        let longest = if self.max_duration_ms == 0 { LIMIT_MAX_MS } else { self.max_duration_ms };
        let shorter = |value: u32, field| within(value, longest, field, "at most max_duration_ms");
        shorter(self.min_duration_ms, "min_duration_ms")?;
        // Without a sound the recording has not started, and its limit does not count.
        if !self.start_on_speech {
            shorter(self.initial_silence_ms, "initial_silence_ms")?;
        }
        Ok(())
    }
}
