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

    /// Accepts 8000 Hz; refuses every other rate.
    pub const fn new(hz: u32) -> Result<Self, UnsupportedSampleRate> {
        if hz == Self::NARROWBAND.hz { Ok(Self { hz }) } else { Err(UnsupportedSampleRate(hz)) }
    }

    /// Samples a second.
    pub const fn hz(self) -> u32 {
        self.hz
    }

    /// Samples in `ms` milliseconds, rounded down.
    pub const fn samples(self, ms: u64) -> u64 {
        ms.saturating_mul(self.hz as u64) / 1_000
    }

    /// Whole milliseconds in `samples`, rounded down.
    pub const fn milliseconds(self, samples: u64) -> u64 {
        samples.saturating_mul(1_000) / self.hz as u64
    }
}

impl fmt::Display for UnsupportedSampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a sample rate of {} Hz is not supported; convert the audio to 8000 Hz", self.0)
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
        assert_eq!(SampleRate::new(44_100), Err(UnsupportedSampleRate(44_100)));
    }
}
