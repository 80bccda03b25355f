use core::f32::consts::TAU;

/// A sine source: a 32-bit phase that wraps by itself, so that it never drifts.
#[derive(Clone, Copy, Debug)]
pub struct Oscillator {
    step: u32,
}

impl Oscillator {
    /// A sine of `frequency_hz` at `sample_rate_hz`; the frequency lies below half the rate.
    pub fn new(frequency_hz: f32, sample_rate_hz: u32) -> Self {
        let turns = f64::from(frequency_hz) / f64::from(sample_rate_hz);
        Self { step: (turns * 4_294_967_296.0) as u32 }
    }

    /// Value at sample `index`, from -1 to 1; sample 0 is a rising zero crossing.
    pub fn at(self, index: u32) -> f32 {
        // 24 bits of phase are all an f32 holds: the error stays below -130 dB.
        let phase = self.step.wrapping_mul(index) >> 8;
        libm::sinf(phase as f32 * (TAU / 16_777_216.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_does_not_drift() {
        let tone = Oscillator::new(1_000.0, 8_000);
        for (index, expected) in [(0, 0.0), (2, 1.0), (4, 0.0), (6, -1.0)] {
            assert!((tone.at(8_000_000 + index) - expected).abs() < 1e-5);
        }
    }
}
