//! The beep: synthesised, so that a missing file can never fail a recording.

use crate::dsp::Oscillator;
use crate::line::SampleRate;
use crate::line::level::sine_peak_from_dbm0;
use core::f32::consts::PI;

/// What the beep sounds like.
///
/// The default is 1000 Hz at -12 dBm0 for 400 ms. 1000 Hz lies midway between the highest DTMF
/// row (941 Hz) and the lowest column (1209 Hz) and above every supervisory tone of ITU-T E.180,
/// so that its echo is no part of a key or of a disconnect tone (a common 700 Hz beep sits
/// on the 697 Hz row). -12 dBm0 is a little below the -10 dBm0 of network tones: clear, and with
/// room below a two-wire line's overload. 400 ms is heard as one beep and costs a caller little;
/// the systems compared use 0.4 to 1 s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeepConfig {
    /// Frequency in hertz, 100 to 3400.
    pub frequency_hz: f32,
    /// Level in dBm0, -60 to 0.
    pub level_dbm0: f32,
    /// Length in milliseconds, 20 to 5000, ramps included.
    pub duration_ms: u32,
    /// Length of each raised-cosine ramp in milliseconds, 0 to half the length.
    pub ramp_ms: u32,
}

impl Default for BeepConfig {
    fn default() -> Self {
        Self { frequency_hz: 1_000.0, level_dbm0: -12.0, duration_ms: 400, ramp_ms: 10 }
    }
}

/// The field of a [`BeepConfig`] that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeepConfigError {
    /// `frequency_hz` is not within 100 to 3400.
    Frequency,
    /// `level_dbm0` is not within -60 to 0.
    Level,
    /// `duration_ms` is not within 20 to 5000.
    Duration,
    /// `ramp_ms` is more than half of `duration_ms`.
    Ramp,
}

impl BeepConfig {
    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), BeepConfigError> {
        // A NaN is in no range.
        if !(100.0..=3_400.0).contains(&self.frequency_hz) {
            Err(BeepConfigError::Frequency)
        } else if !(-60.0..=0.0).contains(&self.level_dbm0) {
            Err(BeepConfigError::Level)
        } else if !(20..=5_000).contains(&self.duration_ms) {
            Err(BeepConfigError::Duration)
        } else if self.ramp_ms > self.duration_ms / 2 {
            Err(BeepConfigError::Ramp)
        } else {
            Ok(())
        }
    }
}

/// The samples of one beep, each computed from its index.
#[derive(Clone, Copy, Debug)]
pub struct Beep {
    tone: Oscillator,
    peak: f32,
    samples: u32,
    ramp_samples: u32,
}

impl Beep {
    /// A beep at the line's rate.
    pub fn new(config: &BeepConfig, rate: SampleRate) -> Result<Self, BeepConfigError> {
        config.validate()?;
        Ok(Self {
            tone: Oscillator::new(config.frequency_hz, rate.hz()),
            peak: sine_peak_from_dbm0(config.level_dbm0),
            samples: rate.samples(config.duration_ms.into()) as u32,
            ramp_samples: rate.samples(config.ramp_ms.into()) as u32,
        })
    }

    /// Length in samples.
    pub fn len_samples(&self) -> u32 {
        self.samples
    }

    /// Sample `index`; silence from the beep's end on.
    pub fn sample(&self, index: u32) -> i16 {
        if index >= self.samples {
            return 0;
        }
        let from_end = self.samples - 1 - index;
        libm::roundf(self.peak * self.ramp(index.min(from_end)) * self.tone.at(index)) as i16
    }

    /// Raised cosine over the ramp, 1 between the ramps.
    fn ramp(&self, from_edge: u32) -> f32 {
        if from_edge >= self.ramp_samples {
            return 1.0;
        }
        let part = (from_edge as f32 + 0.5) / self.ramp_samples as f32;
        0.5 - 0.5 * libm::cosf(PI * part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::level::dbm0_from_mean_square;

    fn beep(config: BeepConfig) -> Beep {
        Beep::new(&config, SampleRate::NARROWBAND).unwrap()
    }

    #[test]
    fn level_and_length_are_as_configured() {
        for level_dbm0 in [-60.0, -12.0, 0.0] {
            let beep = beep(BeepConfig { level_dbm0, ..BeepConfig::default() });
            assert_eq!(beep.len_samples(), 3_200);
            let energy: f32 = (400..2_800).map(|i| f32::from(beep.sample(i))).map(|s| s * s).sum();
            let measured = dbm0_from_mean_square(energy / 2_400.0);
            assert!((measured - level_dbm0).abs() < 0.05, "{measured} for {level_dbm0}");
            assert_eq!(beep.sample(3_200), 0);
        }
    }

    /// A click is a jump: within the ramps no step is larger than the tone's own largest one.
    #[test]
    fn it_starts_and_ends_without_a_click() {
        let beep = beep(BeepConfig::default());
        let steps = |from: u32, to: u32| {
            (from..to)
                .map(|i| (i32::from(beep.sample(i + 1)) - i32::from(beep.sample(i))).abs())
                .max()
                .unwrap()
        };
        let steady = steps(1_000, 2_000);
        assert!(beep.sample(0).abs() < 10 && beep.sample(3_199).abs() < 10);
        assert!(steps(0, 80) <= steady && steps(3_120, 3_199) <= steady);
        assert!(steps(0, 8) < steady / 10);
    }

    #[test]
    fn configurations_out_of_range_are_refused() {
        let default = BeepConfig::default();
        let refused = [
            (BeepConfig { frequency_hz: f32::NAN, ..default }, BeepConfigError::Frequency),
            (BeepConfig { frequency_hz: 3_500.0, ..default }, BeepConfigError::Frequency),
            (BeepConfig { level_dbm0: 0.5, ..default }, BeepConfigError::Level),
            (BeepConfig { duration_ms: 19, ..default }, BeepConfigError::Duration),
            (BeepConfig { ramp_ms: 201, ..default }, BeepConfigError::Ramp),
        ];
        for (config, error) in refused {
            assert_eq!(config.validate(), Err(error));
        }
    }
}
