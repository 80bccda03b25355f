//! The power of a few frequencies, and of the whole signal, over fixed blocks: what a bank of
//! Goertzel filters gives, computed as a block DFT at just those frequencies.
//!
//! Goertzel's recurrence makes each sample wait for the one before. The DFT does not, and folded
//! around the block's middle (the even part meets cosines only, the odd part sines only) it takes
//! one multiplication and one addition for each sample and frequency, too.
//!
//! [`Kernel`] says by which instructions; all kernels agree to the last bits of an `f32`.

mod beside;
mod kernel;
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code, reason = "SIMD intrinsics")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics")]
mod x86;

pub use beside::Beside;
pub use kernel::Kernel;

/// The run of samples that the bank integrates: 12.75 ms at 8 kHz.
///
/// 102 samples put the eight DTMF frequencies closest to whole multiples of the bin width, and two
/// blocks always lie whole within the 40 ms of the shortest tone that ITU-T Q.24 has accepted.
pub const BLOCK_SAMPLES: usize = 102;
/// A run of three blocks, which a frequency is measured over by the phase that it gains.
const RUN_SAMPLES: usize = 3 * BLOCK_SAMPLES;
const HALF: usize = BLOCK_SAMPLES / 2;
/// Half a block, in whole vectors of eight: what is added is zero.
const PADDED: usize = HALF.next_multiple_of(8);

/// The rate that the detectors run at.
const SAMPLE_RATE_HZ: f64 = 8_000.0;

/// What the bank measured over one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockSpectrum<const N: usize> {
    /// The DFT at each of the bank's frequencies, its phase counted from the block's middle: the sums against cosines,
    /// the real part.
    pub even: [f32; N],
    /// The sums against sines: the imaginary part, negated.
    pub odd: [f32; N],
    /// Mean square of the block, direct current left out.
    pub total: f32,
}

/// The DFT of a block at one frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// The real part.
    pub even: f32,
    /// The imaginary part, negated.
    pub odd: f32,
}

impl<const N: usize> BlockSpectrum<N> {
    /// Powers at the bank's frequencies as mean squares: a sine of peak `a` has `a * a / 2`.
    #[inline]
    pub fn powers(&self) -> [f32; N] {
        const SCALE: f32 = 2.0 / (BLOCK_SAMPLES * BLOCK_SAMPLES) as f32;
        let mut powers = [0.0; N];
        for (power, (even, odd)) in powers.iter_mut().zip(self.even.iter().zip(&self.odd)) {
            *power = (even * even + odd * odd) * SCALE;
        }
        powers
    }

    /// The DFT at one of the bank's frequencies, by its index; 0 beyond them.
    pub fn component(&self, tone: usize) -> Component {
        let at = |sums: &[f32; N]| sums.get(tone).copied().unwrap_or(0.0);
        Component { even: at(&self.even), odd: at(&self.odd) }
    }
}

impl Component {
    /// The phase in radians by which this component is ahead of an earlier one.
    pub fn phase_since(self, earlier: Self) -> f32 {
        self.turn_since(earlier).phase()
    }

    /// The product with an earlier component's conjugate: its phase is the one by which this is ahead. Such products
    /// add up to a mean.
    #[inline]
    pub fn turn_since(self, earlier: Self) -> Self {
        // `odd` is negated on both sides, and in the product.
        Self {
            even: self.even * earlier.even + self.odd * earlier.odd,
            odd: self.odd * earlier.even - self.even * earlier.odd,
        }
    }

    /// Its phase in radians.
    pub fn phase(self) -> f32 {
        libm::atan2f(-self.odd, self.even)
    }
}

/// Cosines and sines of N frequencies, for the half block from the middle on.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct ToneBank<const N: usize> {
    cosines: [[f32; PADDED]; N],
    sines: [[f32; PADDED]; N],
    /// What each cosine sum would be for a block of ones: an offset is taken out by it.
    of_ones: [f32; N],
}

impl<const N: usize> ToneBank<N> {
    /// The bank of frequencies in hertz, below 4000. Made at compile time, so that all sessions
    /// share one in a `static`.
    #[allow(clippy::indexing_slicing, reason = "evaluated at compile time; the indices are the arrays' own")]
    pub const fn new(frequencies_hz: [f64; N]) -> Self {
        let mut bank = Self { cosines: [[0.0; PADDED]; N], sines: [[0.0; PADDED]; N], of_ones: [0.0; N] };
        let mut tone = 0;
        while tone < N {
            let mut step = 0;
            let mut of_ones = 0.0;
            while step < HALF {
                let turns = frequencies_hz[tone] / SAMPLE_RATE_HZ * (step as f64 + 0.5);
                bank.cosines[tone][step] = sine(turns + 0.25) as f32;
                bank.sines[tone][step] = sine(turns) as f32;
                of_ones += 2.0 * sine(turns + 0.25);
                step += 1;
            }
            bank.of_ones[tone] = of_ones as f32;
            tone += 1;
        }
        bank
    }

    /// Measures one block.
    pub fn measure(&self, kernel: Kernel, block: &[i16; BLOCK_SAMPLES]) -> BlockSpectrum<N> {
        kernel.sums(self, block, 0.0).spectrum()
    }

    /// Measures one block, but where its mean square is less than `least_power` its mean square alone.
    #[inline]
    pub(super) fn measure_loud(
        &self,
        kernel: Kernel,
        block: &[i16; BLOCK_SAMPLES],
        least_power: f32,
    ) -> BlockSpectrum<N> {
        kernel.sums(self, block, least_power * BLOCK_SAMPLES as f32).spectrum()
    }

    /// The same, and in the same pass a bank beside this one.
    pub(super) fn measure_loud_beside(
        &self,
        kernel: Kernel,
        block: &[i16; BLOCK_SAMPLES],
        least_power: f32,
        beside: &mut Beside,
    ) -> BlockSpectrum<N> {
        kernel.sums_beside(self, beside, block, least_power * BLOCK_SAMPLES as f32).spectrum()
    }
}

/// What a kernel computes over a block, its mean left out.
struct Sums<const N: usize> {
    even: [f32; N],
    odd: [f32; N],
    energy: f32,
}

impl<const N: usize> Sums<N> {
    #[inline]
    fn spectrum(self) -> BlockSpectrum<N> {
        const SAMPLES: f32 = BLOCK_SAMPLES as f32;
        let Self { even, odd, energy } = self;
        BlockSpectrum { even, odd, total: (energy * (1.0 / SAMPLES)).max(0.0) }
    }
}

/// The mean of a block: an offset would reach every frequency that is no multiple of the bin width.
fn mean(block: &[i16; BLOCK_SAMPLES]) -> f32 {
    let sum: i32 = block.iter().map(|&sample| i32::from(sample)).sum();
    sum as f32 / BLOCK_SAMPLES as f32
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
pub(super) const fn sine(turns: f64) -> f64 {
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
        let spectrum = bank.measure(Kernel::PORTABLE, &block);
        let expected = 8_000.0f32 * 8_000.0 / 2.0;
        assert!((spectrum.powers()[0] / expected - 1.0).abs() < 0.03, "{spectrum:?}");
        assert!((spectrum.total / expected - 1.0).abs() < 0.03, "{spectrum:?}");
        assert!(spectrum.powers()[1] < expected / 300.0, "{spectrum:?}");
    }

    #[test]
    fn a_constant_has_no_power() {
        let bank = ToneBank::new([697.0]);
        for level in [0, 1, -32_768, 32_767] {
            let spectrum = bank.measure(Kernel::PORTABLE, &[level; BLOCK_SAMPLES]);
            assert!(spectrum.total < 1e-3 && spectrum.powers()[0] < 1e-3, "{level}: {spectrum:?}");
        }
    }

    #[test]
    fn the_phase_advances_with_the_tone() {
        let bank = ToneBank::new([1_000.0]);
        let at = |start: usize| {
            let block = core::array::from_fn(|i| {
                let phase = 1_010.0 / 8_000.0 * core::f64::consts::TAU * (start + i) as f64;
                (8_000.0 * phase.sin()).round() as i16
            });
            bank.measure(Kernel::PORTABLE, &block)
        };
        let (earlier, later) = (at(0).component(0), at(102).component(0));
        let turns = 1_010.0 / 8_000.0 * 102.0f32;
        let expected = core::f32::consts::TAU * (turns - turns.round());
        assert!((later.phase_since(earlier) - expected).abs() < 0.05);
    }

    fn kernels() -> [Kernel; 2] {
        #[cfg(feature = "std")]
        return [Kernel::PORTABLE, crate::cpu::kernel()];
        #[cfg(not(feature = "std"))]
        [Kernel::PORTABLE, Kernel::COMPILED]
    }

    #[test]
    fn a_bank_beside_measures_the_same() {
        static BESIDE: ToneBank<8> =
            ToneBank::new([355.0, 433.0, 512.0, 590.0, 669.0, 945.0, 1_100.0, 1_400.0]);
        static BANK: ToneBank<8> =
            ToneBank::new([697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0]);
        let block = core::array::from_fn(|i| ((i * i * 37) % 4_001) as i16 - 1_500);
        for kernel in kernels() {
            let total = BANK.measure(kernel, &block).total;
            let mut beside = Beside::new(&BESIDE);
            for (least_power, measured) in
                [(f32::INFINITY, false), (1.01 * total, false), (0.99 * total, true)]
            {
                beside.want(least_power);
                assert_eq!(
                    BANK.measure_loud_beside(kernel, &block, 0.0, &mut beside),
                    BANK.measure(kernel, &block)
                );
                assert_eq!(beside.take(), measured, "{kernel:?}");
                assert!(!measured || *beside.spectrum() == BESIDE.measure(kernel, &block), "{kernel:?}");
            }
        }
    }

    #[test]
    fn kernels_agree_on_waves() {
        use crate::dsp::wave::{Turn, Wave};
        let run: [i16; RUN_SAMPLES] = core::array::from_fn(|i| ((i * i * 37) % 4_001) as i16 - 1_500);
        let step = core::f64::consts::TAU * 431.0 / 8_000.0;
        let wave = Wave::new(Turn::by(0.3), Turn::by(step as f32));
        let amplitude = Turn { cos: 700.0, sin: -300.0 };
        for kernel in kernels() {
            for (third, block) in kernel.thirds(&run, &wave).iter().zip(run.chunks(BLOCK_SAMPLES)) {
                let sum = |of: fn(f64) -> f64| -> f64 {
                    let at = |i: usize| of(0.3 + step * i as f64);
                    block.iter().enumerate().map(|(i, &sample)| f64::from(sample) * at(i)).sum()
                };
                let (cos, sin) = (sum(f64::cos), sum(f64::sin));
                // Of a sum of 102 products of up to 2501.
                assert!((f64::from(third.cos) - cos).abs() < 0.5, "{kernel:?}: {third:?}, not {cos}");
                assert!((f64::from(third.sin) - sin).abs() < 0.5, "{kernel:?}: {third:?}, not {sin}");
            }
            let mut model = [[5.0; 8]; 13];
            kernel.add_wave(&mut model, &wave, amplitude);
            kernel.weigh(&run[..100], &mut model, 9.0);
            for (i, &score) in model.as_flattened().iter().take(100).enumerate() {
                let phase = 0.3 + step * i as f64;
                let error = f64::from(run[i]) - (5.0 + 700.0 * phase.cos() - 300.0 * phase.sin());
                let expected = 9.0 - error * error;
                assert!((f64::from(score) - expected).abs() < 1.0 + 1e-5 * expected.abs(), "{kernel:?}: {i}");
            }
        }
    }

    #[test]
    fn the_sine_is_right() {
        for i in -400..400 {
            let turns = f64::from(i) / 173.0;
            assert!((sine(turns) - (turns * core::f64::consts::TAU).sin()).abs() < 1e-13, "{turns}");
        }
    }
}
