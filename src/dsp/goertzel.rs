//! A bank of Goertzel filters over fixed blocks: the power of each of N frequencies, and of the
//! whole signal, in one pass.

use crate::line::SampleRate;
use goertzel_nostd::Parameters;

/// The run of samples that the bank integrates: 12.75 ms at 8 kHz.
///
/// 102 samples put the eight DTMF frequencies closest to whole multiples of the bin width, and two
/// blocks always lie whole within the 40 ms of the shortest tone that ITU-T Q.24 has accepted.
pub const BLOCK_SAMPLES: usize = 102;

/// What the bank measured over one block, as mean squares: a sine of peak `a` has `a * a / 2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockPowers<const N: usize> {
    /// Power at each of the bank's frequencies.
    pub tones: [f32; N],
    /// Power of the block as a whole, direct current left out.
    pub total: f32,
}

/// Filters for N frequencies.
#[derive(Clone)]
pub struct ToneBank<const N: usize> {
    tones: [Parameters; N],
}

impl<const N: usize> ToneBank<N> {
    /// Filters for frequencies in hertz, each below half the rate.
    pub fn new(frequencies_hz: [f32; N], rate: SampleRate) -> Self {
        Self { tones: frequencies_hz.map(|hz| Parameters::new(hz, rate.hz(), BLOCK_SAMPLES)) }
    }

    /// Measures one block.
    pub fn measure(&self, block: &[i16; BLOCK_SAMPLES]) -> BlockPowers<N> {
        const SAMPLES: f32 = BLOCK_SAMPLES as f32;
        let mut samples = [0.0f32; BLOCK_SAMPLES];
        let mut sum = 0i32;
        let mut energy = 0i64;
        for (float, &sample) in samples.iter_mut().zip(block) {
            *float = f32::from(sample);
            sum += i32::from(sample);
            energy += i64::from(i32::from(sample) * i32::from(sample));
        }
        // The filter at a frequency that is no multiple of the bin width sees an offset, so it goes first.
        let mean = sum as f32 / SAMPLES;
        let power = |tone: &Parameters| {
            let squared = tone.mag_squared(samples.iter().map(|sample| sample - mean));
            2.0 * squared / (SAMPLES * SAMPLES)
        };
        let mut tones = [0.0; N];
        for (slot, tone) in tones.iter_mut().zip(&self.tones) {
            *slot = power(tone);
        }
        BlockPowers { tones, total: (energy as f32 / SAMPLES - mean * mean).max(0.0) }
    }
}

impl<const N: usize> core::fmt::Debug for ToneBank<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ToneBank<{N}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_and_an_offset_are_told_apart() {
        let bank = ToneBank::new([770.0, 1_336.0], SampleRate::NARROWBAND);
        let block = core::array::from_fn(|i| {
            let phase = 770.0 / 8_000.0 * core::f64::consts::TAU * i as f64;
            (8_000.0 * phase.sin() + 3_000.0).round() as i16
        });
        let powers = bank.measure(&block);
        let expected = 8_000.0f32 * 8_000.0 / 2.0;
        assert!((powers.tones[0] / expected - 1.0).abs() < 0.03, "{powers:?}");
        assert!((powers.total / expected - 1.0).abs() < 0.03, "{powers:?}");
        assert!(powers.tones[1] < expected / 300.0, "{powers:?}");
    }

    #[test]
    fn silence_has_no_power() {
        let bank = ToneBank::new([697.0], SampleRate::NARROWBAND);
        for level in [0, 1, -32_768, 32_767] {
            let powers = bank.measure(&[level; BLOCK_SAMPLES]);
            assert!(powers.total.abs() < 1e3 && powers.tones[0] < 1e3, "{level}: {powers:?}");
        }
    }
}
