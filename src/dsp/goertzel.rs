//! The power of a few frequencies, and of the whole signal, over fixed blocks: what a bank of
//! Goertzel filters gives, computed as a block DFT at just those frequencies.
//!
//! Goertzel's recurrence makes each sample wait for the one before. The DFT does not, and folded
//! around the block's middle (the even part meets cosines only, the odd part sines only) it takes
//! one multiplication and one addition for each sample and frequency, too.

/// The run of samples that the bank integrates: 12.75 ms at 8 kHz.
///
/// 102 samples put the eight DTMF frequencies closest to whole multiples of the bin width, and two
/// blocks always lie whole within the 40 ms of the shortest tone that ITU-T Q.24 has accepted.
pub const BLOCK_SAMPLES: usize = 102;
const HALF: usize = BLOCK_SAMPLES / 2;

/// The rate that the detectors run at.
const SAMPLE_RATE_HZ: f64 = 8_000.0;

/// What the bank measured over one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockSpectrum<const N: usize> {
    /// The DFT at each of the bank's frequencies, its phase counted from the block's middle.
    pub tones: [Component; N],
    /// Mean square of the block, direct current left out.
    pub total: f32,
}

/// The DFT of a block at one frequency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Component {
    /// The sum against cosines: the real part.
    pub even: f32,
    /// The sum against sines: the imaginary part, negated.
    pub odd: f32,
}

impl Component {
    /// Its power as a mean square: a sine of peak `a` has `a * a / 2`.
    pub fn power(self) -> f32 {
        const SCALE: f32 = 2.0 / (BLOCK_SAMPLES * BLOCK_SAMPLES) as f32;
        (self.even * self.even + self.odd * self.odd) * SCALE
    }

    /// The phase in radians by which this component is ahead of an earlier one.
    pub fn phase_since(self, earlier: Self) -> f32 {
        // The quotient's real and imaginary parts; `odd` is negated on both sides.
        let real = self.even * earlier.even + self.odd * earlier.odd;
        let imaginary = self.even * earlier.odd - self.odd * earlier.even;
        libm::atan2f(imaginary, real)
    }
}

/// Cosines and sines of N frequencies, for the half block from the middle on.
#[derive(Debug)]
pub struct ToneBank<const N: usize> {
    cosines: [[f32; N]; HALF],
    sines: [[f32; N]; HALF],
}

impl<const N: usize> ToneBank<N> {
    /// The bank of frequencies in hertz, below 4000. Made at compile time, so that all sessions
    /// share one in a `static`.
    #[allow(clippy::indexing_slicing, reason = "evaluated at compile time; the indices are the arrays' own")]
    pub const fn new(frequencies_hz: [f64; N]) -> Self {
        let mut bank = Self { cosines: [[0.0; N]; HALF], sines: [[0.0; N]; HALF] };
        let mut step = 0;
        while step < HALF {
            let mut tone = 0;
            while tone < N {
                let turns = frequencies_hz[tone] / SAMPLE_RATE_HZ * (step as f64 + 0.5);
                bank.cosines[step][tone] = sine(turns + 0.25) as f32;
                bank.sines[step][tone] = sine(turns) as f32;
                tone += 1;
            }
            step += 1;
        }
        bank
    }

    /// Measures one block.
    pub fn measure(&self, block: &[i16; BLOCK_SAMPLES]) -> BlockSpectrum<N> {
        const SAMPLES: f32 = BLOCK_SAMPLES as f32;
        let sum: i32 = block.iter().map(|&sample| i32::from(sample)).sum();
        // An offset would reach every frequency that is no multiple of the bin width.
        let mean = sum as f32 / SAMPLES;
        let (mut even_sums, mut odd_sums) = ([0.0f32; N], [0.0f32; N]);
        let mut energy = 0.0f32;
        let (before, after) = block.split_at(HALF);
        let tables = self.cosines.iter().zip(&self.sines);
        for ((&after, &before), (cosines, sines)) in after.iter().zip(before.iter().rev()).zip(tables) {
            let (after, before) = (f32::from(after) - mean, f32::from(before) - mean);
            energy += after * after + before * before;
            let (even, odd) = (after + before, after - before);
            for ((sum, other), (cosine, sine)) in
                even_sums.iter_mut().zip(&mut odd_sums).zip(cosines.iter().zip(sines))
            {
                *sum += even * cosine;
                *other += odd * sine;
            }
        }
        let mut tones = [Component::default(); N];
        for (tone, (even, odd)) in tones.iter_mut().zip(even_sums.into_iter().zip(odd_sums)) {
            *tone = Component { even, odd };
        }
        BlockSpectrum { tones, total: energy / SAMPLES }
    }
}

/// Mean square of a run of samples, direct current left out.
pub fn mean_square(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let count = samples.len() as f32;
    let sum: i64 = samples.iter().map(|&sample| i64::from(sample)).sum();
    let mean = sum as f32 / count;
    let energy: f32 =
        samples.iter().map(|&sample| (f32::from(sample) - mean) * (f32::from(sample) - mean)).sum();
    energy / count
}

/// Sine of an angle in turns, to 1e-13: `core` has none at compile time.
const fn sine(turns: f64) -> f64 {
    // From -1/4 to 1/4 of a turn the series converges fast.
    let mut turns = turns - turns as i64 as f64;
    if turns > 0.5 {
        turns -= 1.0;
    }
    if turns < -0.5 {
        turns += 1.0;
    }
    if turns > 0.25 {
        turns = 0.5 - turns;
    }
    if turns < -0.25 {
        turns = -0.5 - turns;
    }
    let angle = turns * core::f64::consts::TAU;
    let (mut sum, mut term, mut order) = (0.0, angle, 1.0);
    while order < 24.0 {
        sum += term;
        term *= -angle * angle / ((order + 1.0) * (order + 2.0));
        order += 2.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_and_an_offset_are_told_apart() {
        let bank = ToneBank::new([770.0, 1_336.0]);
        let block = core::array::from_fn(|i| {
            let phase = 770.0 / 8_000.0 * core::f64::consts::TAU * i as f64;
            (8_000.0 * phase.sin() + 3_000.0).round() as i16
        });
        let spectrum = bank.measure(&block);
        let expected = 8_000.0f32 * 8_000.0 / 2.0;
        assert!((spectrum.tones[0].power() / expected - 1.0).abs() < 0.03, "{spectrum:?}");
        assert!((spectrum.total / expected - 1.0).abs() < 0.03, "{spectrum:?}");
        assert!(spectrum.tones[1].power() < expected / 300.0, "{spectrum:?}");
    }

    #[test]
    fn a_constant_has_no_power() {
        let bank = ToneBank::new([697.0]);
        for level in [0, 1, -32_768, 32_767] {
            let spectrum = bank.measure(&[level; BLOCK_SAMPLES]);
            assert!(spectrum.total < 1e-3 && spectrum.tones[0].power() < 1e-3, "{level}: {spectrum:?}");
        }
    }

    #[test]
    fn the_phase_advances_with_the_tone() {
        let bank = ToneBank::new([1_000.0]);
        let at = |start: usize| {
            bank.measure(&core::array::from_fn(|i| {
                let phase = 1_010.0 / 8_000.0 * core::f64::consts::TAU * (start + i) as f64;
                (8_000.0 * phase.sin()).round() as i16
            }))
        };
        let (earlier, later) = (at(0).tones[0], at(102).tones[0]);
        let turns = 1_010.0 / 8_000.0 * 102.0f32;
        let expected = core::f32::consts::TAU * (turns - turns.round());
        assert!((later.phase_since(earlier) - expected).abs() < 0.05);
    }

    #[test]
    fn the_sine_is_right() {
        for i in -400..400 {
            let turns = f64::from(i) / 173.0;
            assert!((sine(turns) - (turns * core::f64::consts::TAU).sin()).abs() < 1e-13, "{turns}");
        }
    }
}
