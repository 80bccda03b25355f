use core::fmt;

/// The line's sample rate; converts between milliseconds and samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRate {
    hz: u32,
}

/// A sample rate that is not supported, in hertz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsupportedSampleRate(pub u32);

impl SampleRate {
    /// The narrowband telephone rate, 8000 Hz (ITU-T G.711).
    pub const NARROWBAND: Self = Self { hz: 8_000 };

    /// The rates that telephony uses: 8, 16, 24, 32, 44.1 and 48 kHz.
    ///
    /// cbindgen:ignore
    pub const ALL: [Self; 6] = [
        Self::NARROWBAND,
        Self { hz: 16_000 },
        Self { hz: 24_000 },
        Self { hz: 32_000 },
        Self { hz: 44_100 },
        Self { hz: 48_000 },
    ];

    /// Accepts the rates of [`ALL`](Self::ALL); refuses every other one.
    pub const fn new(hz: u32) -> Result<Self, UnsupportedSampleRate> {
        match hz {
            8_000 | 16_000 | 24_000 | 32_000 | 44_100 | 48_000 => Ok(Self { hz }),
            _ => Err(UnsupportedSampleRate(hz)),
        }
    }

    /// Samples a second.
    pub const fn hz(self) -> u32 {
        self.hz
    }

    /// Samples in `ms` milliseconds, rounded down.
    pub const fn samples(self, ms: u64) -> u64 {
        ms.saturating_mul(self.hz as u64) / 1_000
    }

    /// The sample at the moment of one at 8 kHz, where the detectors count; the nearest.
    pub const fn of_narrowband(self, sample: u64) -> u64 {
        if self.hz == Self::NARROWBAND.hz {
            return sample;
        }
        // In two parts, which cannot overflow: 80 samples are 10 ms.
        let (tens, rest) = (sample / 80, sample % 80);
        let ten = (self.hz / 100) as u64;
        tens.saturating_mul(ten).saturating_add((rest * ten + 40) / 80)
    }

    /// The sample at 8 kHz at the moment of one at this rate; the nearest.
    pub const fn to_narrowband(self, sample: u64) -> u64 {
        // Never 0, which the compiler can see, too.
        let ten = if self.hz < 100 { 1 } else { (self.hz / 100) as u64 };
        (sample / ten).saturating_mul(80).saturating_add((sample % ten * 80 + ten / 2) / ten)
    }

    /// Whole milliseconds in `samples`, rounded down.
    pub const fn milliseconds(self, samples: u64) -> u64 {
        samples.saturating_mul(1_000) / self.hz as u64
    }
}

impl fmt::Display for UnsupportedSampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a sample rate of {} Hz is not supported; convert the audio to 8000, 16000, 24000, 32000, 44100 or 48000 Hz",
            self.0
        )
    }
}

impl core::error::Error for UnsupportedSampleRate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_and_samples_round_down() {
        let rate = SampleRate::NARROWBAND;
        assert_eq!(rate.samples(20), 160);
        assert_eq!(rate.milliseconds(167), 20);
        assert_eq!(SampleRate::new(11_025), Err(UnsupportedSampleRate(11_025)));
    }

    #[test]
    fn narrowband_samples_are_found_again() {
        for rate in SampleRate::ALL {
            assert_eq!(SampleRate::new(rate.hz()), Ok(rate));
            for sample in [0, 1, 79, 80, 12_345, 8_000 * 86_400 + 7] {
                let exact = sample as f64 * f64::from(rate.hz()) / 8_000.0;
                assert!((rate.of_narrowband(sample) as f64 - exact).abs() <= 0.5);
                assert_eq!(rate.to_narrowband(rate.of_narrowband(sample)), sample);
            }
        }
    }
}
