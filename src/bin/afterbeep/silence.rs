//! What separates silence from sound, as flags.

use crate::Failure;
use crate::args::{duration_ms, level};
use afterbeep::dsp::silence::{AdaptiveSilence, FixedSilence, SilenceConfig};
use afterbeep::line::level::dbm0_from_mean_abs;
use clap::{Args, ValueEnum};

#[derive(Args)]
pub(crate) struct Threshold {
    /// `fixed`: a level separates silence from sound; `adaptive`: one that follows the line's noise
    #[arg(id = "silence", long = "silence", value_enum, value_name = "HOW", default_value_t = Mode::Fixed)]
    mode: Mode,
    /// Fixed: below this level is silence, -80dBm0 to 0dBm0, or a mean |sample| as Asterisk and FreeSWITCH have it, such
    /// as 256mean [default: -40dBm0]
    #[arg(long, value_name = "LEVEL", value_parser = threshold, allow_hyphen_values = true)]
    silence_threshold: Option<f32>,
    /// Fixed: distance between the levels at which sound starts and stops, evenly around the threshold, 0dB to 20dB
    /// [default: 3dB]
    #[arg(long, value_name = "DISTANCE", value_parser = decibels)]
    silence_hysteresis: Option<f32>,
    /// Adaptive: lowest noise floor, -80dBm0 to 0dBm0 [default: -55dBm0]
    #[arg(long, value_name = "LEVEL", value_parser = level, allow_hyphen_values = true)]
    silence_floor_min: Option<f32>,
    /// Adaptive: highest noise floor, the lowest one to 0dBm0; louder noise is sound [default: -35dBm0]
    #[arg(long, value_name = "LEVEL", value_parser = level, allow_hyphen_values = true)]
    silence_floor_max: Option<f32>,
    /// Adaptive: where sound starts above the floor, up to 30dB [default: 8dB]
    #[arg(long, value_name = "DISTANCE", value_parser = decibels)]
    silence_start_above_floor: Option<f32>,
    /// Adaptive: where sound stops above the floor, 1dB up to where it starts [default: 4dB]
    #[arg(long, value_name = "DISTANCE", value_parser = decibels)]
    silence_stop_above_floor: Option<f32>,
    /// Adaptive: how long the level has to stay below that until it is silence, up to 2s [default: 150ms]
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    silence_hangover: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Fixed,
    Adaptive,
}

impl Threshold {
    /// What the flags ask for. Those of the other mode would be without effect, and are refused.
    pub(crate) fn silence(&self) -> Result<SilenceConfig, Failure> {
        let for_fixed = [
            (self.silence_threshold.is_some(), "--silence-threshold"),
            (self.silence_hysteresis.is_some(), "--silence-hysteresis"),
        ];
        let for_adaptive = [
            (self.silence_floor_min.is_some(), "--silence-floor-min"),
            (self.silence_floor_max.is_some(), "--silence-floor-max"),
            (self.silence_start_above_floor.is_some(), "--silence-start-above-floor"),
            (self.silence_stop_above_floor.is_some(), "--silence-stop-above-floor"),
            (self.silence_hangover.is_some(), "--silence-hangover"),
        ];
        match self.mode {
            Mode::Fixed => {
                refuse(&for_adaptive, "adaptive")?;
                let default = FixedSilence::default();
                Ok(SilenceConfig::Fixed(FixedSilence {
                    threshold_dbm0: self.silence_threshold.unwrap_or(default.threshold_dbm0),
                    hysteresis_db: self.silence_hysteresis.unwrap_or(default.hysteresis_db),
                }))
            }
            Mode::Adaptive => {
                refuse(&for_fixed, "fixed")?;
                let default = AdaptiveSilence::default();
                Ok(SilenceConfig::Adaptive(AdaptiveSilence {
                    floor_min_dbm0: self.silence_floor_min.unwrap_or(default.floor_min_dbm0),
                    floor_max_dbm0: self.silence_floor_max.unwrap_or(default.floor_max_dbm0),
                    start_above_floor_db: self
                        .silence_start_above_floor
                        .unwrap_or(default.start_above_floor_db),
                    stop_above_floor_db: self.silence_stop_above_floor.unwrap_or(default.stop_above_floor_db),
                    hangover_ms: self.silence_hangover.unwrap_or(default.hangover_ms),
                }))
            }
        }
    }
}

/// Refuses flags that only another mode has.
fn refuse(flags: &[(bool, &str)], mode: &str) -> Result<(), Failure> {
    match flags.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Failure::Usage(format!("{flag} belongs to --silence {mode}"))),
        None => Ok(()),
    }
}

/// Reads `-40dBm0`, or `256mean`.
fn threshold(text: &str) -> Result<f32, String> {
    let Some(number) = text.strip_suffix("mean") else { return level(text) };
    let mean = number.trim_end().parse::<f32>().ok().filter(|mean| (1.0..=32_768.0).contains(mean));
    mean.map(dbm0_from_mean_abs).ok_or_else(|| format!("`{text}` is no mean; write it as 256mean"))
}

/// Reads `8dB`.
fn decibels(text: &str) -> Result<f32, String> {
    let number = text.strip_suffix("dB").unwrap_or(text);
    let distance = number.trim_end().parse::<f32>().ok().filter(|distance| distance.is_finite());
    distance.ok_or_else(|| format!("`{text}` is no distance of levels; write it as 8dB"))
}
