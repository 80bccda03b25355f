//! The bank's kernel for x86-64: eight samples of the folded half block side by side.

use super::{BLOCK_SAMPLES, Beside, HALF, PADDED, RUN_SAMPLES, Sums, ToneBank};
use crate::dsp::wave::{LANES, Turn, Wave};
use core::arch::x86_64::*;

const VECTORS: usize = PADDED / 8;

/// A block, folded around its middle.
struct Folded {
    even: [__m256; VECTORS],
    odd: [__m256; VECTORS],
    /// The squares of all samples, in eight sums.
    energy: __m256,
}

/// # Safety
/// The processor has AVX2 and FMA; N is a multiple of eight.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn avx2<const N: usize>(
    bank: &ToneBank<N>,
    block: &[i16; BLOCK_SAMPLES],
    least_energy: f32,
) -> Sums<N> {
    let folded = fold(block);
    let totals = Totals::new(&folded);
    let mut sums = Sums { even: [0.0; N], odd: [0.0; N], energy: totals.energy };
    if totals.energy < least_energy {
        return sums;
    }
    // SAFETY: as the caller's.
    unsafe {
        even_sums(bank, &folded, totals.mean, &mut sums.even);
        odd_sums(bank, &folded, &mut sums.odd);
    }
    sums
}

/// The same, and in the same pass another bank as far as it is wanted.
///
/// # Safety
/// The processor has AVX2 and FMA; N is a multiple of eight.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn avx2_beside<const N: usize>(
    bank: &ToneBank<N>,
    beside: &mut Beside,
    block: &[i16; BLOCK_SAMPLES],
    least_energy: f32,
) -> Sums<N> {
    const SAMPLES: f32 = BLOCK_SAMPLES as f32;
    let folded = fold(block);
    let totals = Totals::new(&folded);
    let mut sums = Sums { even: [0.0; N], odd: [0.0; N], energy: totals.energy };
    beside.is_measured = totals.energy >= beside.least_power * SAMPLES;
    let is_loud = totals.energy >= least_energy;
    // SAFETY: as the caller's. Each half is done with before the other one, so that it stays in registers.
    unsafe {
        if is_loud {
            even_sums(bank, &folded, totals.mean, &mut sums.even);
        }
        if beside.is_measured {
            even_sums(beside.bank, &folded, totals.mean, &mut beside.spectrum.even);
        }
        if is_loud {
            odd_sums(bank, &folded, &mut sums.odd);
        }
        if beside.is_measured {
            odd_sums(beside.bank, &folded, &mut beside.spectrum.odd);
            beside.spectrum.total = (totals.energy * (1.0 / SAMPLES)).max(0.0);
        }
    }
    sums
}

/// A block's mean, and its energy without it.
#[derive(Clone, Copy)]
struct Totals {
    mean: f32,
    energy: f32,
}

impl Totals {
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn new(folded: &Folded) -> Self {
        // The even part adds up to the block; sums of whole numbers below 2^24 are exact.
        let offset = total(folded.even.into_iter().fold(_mm256_setzero_ps(), |a, b| _mm256_add_ps(a, b)));
        let mean = offset / BLOCK_SAMPLES as f32;
        Self { mean, energy: total(folded.energy) - mean * offset }
    }
}

/// # Safety
/// N is a multiple of eight.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn even_sums<const N: usize>(bank: &ToneBank<N>, folded: &Folded, mean: f32, sums: &mut [f32; N]) {
    for tone in (0..N).step_by(8) {
        // SAFETY: eight tones from `tone` on lie within the bank, and its rows have PADDED places.
        unsafe {
            let even = dots(&folded.even, bank.cosines.as_ptr().add(tone));
            let of_ones = _mm256_loadu_ps(bank.of_ones.as_ptr().add(tone));
            let even = _mm256_fnmadd_ps(_mm256_set1_ps(mean), of_ones, even);
            _mm256_storeu_ps(sums.as_mut_ptr().add(tone), even);
        }
    }
}

/// # Safety
/// N is a multiple of eight.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn odd_sums<const N: usize>(bank: &ToneBank<N>, folded: &Folded, sums: &mut [f32; N]) {
    for tone in (0..N).step_by(8) {
        // SAFETY: eight tones from `tone` on lie within the bank, and its rows have PADDED places.
        unsafe {
            let odd = dots(&folded.odd, bank.sines.as_ptr().add(tone));
            _mm256_storeu_ps(sums.as_mut_ptr().add(tone), odd);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn fold(block: &[i16; BLOCK_SAMPLES]) -> Folded {
    let zero = _mm256_setzero_ps();
    let mut folded = Folded { even: [zero; VECTORS], odd: [zero; VECTORS], energy: zero };
    let mut energies = [zero; 2];
    let backwards = _mm_set_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    // The last three samples of each half; what else is loaded becomes zero.
    let last_backwards = _mm_set_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 3, 2, 5, 4);
    for (vector, (even, odd)) in folded.even.iter_mut().zip(&mut folded.odd).enumerate() {
        // SAFETY: eight samples from HALF + k on, and eight that end before HALF - k, lie within the block for k up to
        // 40; the last three of each half lie in its last and first eight samples.
        let (after, before) = unsafe {
            let start = block.as_ptr();
            let middle = start.add(HALF);
            if vector == VECTORS - 1 {
                let after = _mm_srli_si128::<10>(_mm_loadu_si128(start.add(BLOCK_SAMPLES - 8).cast()));
                (after, _mm_shuffle_epi8(_mm_loadu_si128(start.cast()), last_backwards))
            } else {
                let before = _mm_loadu_si128(middle.sub(8 * vector + 8).cast());
                (_mm_loadu_si128(middle.add(8 * vector).cast()), _mm_shuffle_epi8(before, backwards))
            }
        };
        let after = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(after));
        let before = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(before));
        energies[0] = _mm256_fmadd_ps(after, after, energies[0]);
        energies[1] = _mm256_fmadd_ps(before, before, energies[1]);
        *even = _mm256_add_ps(after, before);
        *odd = _mm256_sub_ps(after, before);
    }
    folded.energy = _mm256_add_ps(energies[0], energies[1]);
    folded
}

/// The sum of a block's samples, and of their squares.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn sum_and_energy(block: &[i16; BLOCK_SAMPLES]) -> (f32, f32) {
    let ones = _mm256_set1_epi16(1);
    let mut sums = _mm256_setzero_si256();
    let mut energies = _mm256_setzero_ps();
    let start = block.as_ptr();
    for vector in 0..BLOCK_SAMPLES.div_ceil(16) {
        // SAFETY: sixteen samples from 16 k on lie within the block for k up to 5; the last six lie in its last eight.
        let samples = unsafe {
            if vector == BLOCK_SAMPLES / 16 {
                let last = _mm_loadu_si128(start.add(BLOCK_SAMPLES - 8).cast());
                _mm256_zextsi128_si256(_mm_srli_si128::<4>(last))
            } else {
                _mm256_loadu_si256(start.add(16 * vector).cast())
            }
        };
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(samples, ones));
        // Two squares of -32768 are one more than a signed word holds: halves always fit.
        let halves = _mm256_srli_epi32::<1>(_mm256_madd_epi16(samples, samples));
        energies = _mm256_add_ps(energies, _mm256_cvtepi32_ps(halves));
    }
    (total(_mm256_cvtepi32_ps(sums)), 2.0 * total(energies))
}

/// Sum of eight lanes.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn total(lanes: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

/// Products of a folded half block with eight rows of a table.
///
/// # Safety
/// Eight rows follow from `rows` on.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn dots(folded: &[__m256; VECTORS], rows: *const [f32; PADDED]) -> __m256 {
    let dot = |row: usize| {
        let mut sum = _mm256_setzero_ps();
        for (vector, &samples) in folded.iter().enumerate() {
            // SAFETY: the caller vouches for the rows; each has PADDED places.
            let table = unsafe { _mm256_loadu_ps(rows.add(row).cast::<f32>().add(8 * vector)) };
            sum = _mm256_fmadd_ps(samples, table, sum);
        }
        sum
    };
    let four = |row: usize| {
        let (a, b) = (_mm256_hadd_ps(dot(row), dot(row + 1)), _mm256_hadd_ps(dot(row + 2), dot(row + 3)));
        _mm256_hadd_ps(a, b)
    };
    let (first, second) = (four(0), four(4));
    _mm256_add_ps(
        _mm256_permute2f128_ps::<0x20>(first, second),
        _mm256_permute2f128_ps::<0x31>(first, second),
    )
}

/// A wave at eight samples.
struct Turning {
    cos: __m256,
    sin: __m256,
    step_cos: __m256,
    step_sin: __m256,
}

impl Turning {
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn new(wave: &Wave) -> Self {
        // SAFETY: both are eight numbers.
        let (cos, sin) =
            unsafe { (_mm256_loadu_ps(wave.cos.0.as_ptr()), _mm256_loadu_ps(wave.sin.0.as_ptr())) };
        Self { cos, sin, step_cos: _mm256_set1_ps(wave.step.cos), step_sin: _mm256_set1_ps(wave.step.sin) }
    }

    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn advance(&mut self) {
        let cos = _mm256_fmsub_ps(self.cos, self.step_cos, _mm256_mul_ps(self.sin, self.step_sin));
        self.sin = _mm256_fmadd_ps(self.sin, self.step_cos, _mm256_mul_ps(self.cos, self.step_sin));
        self.cos = cos;
    }
}

/// What each third of a run has in common with a wave's cosine and sine that begin with the third.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn thirds(run: &[i16; RUN_SAMPLES], wave: &Wave) -> [Turn; 3] {
    const WHOLE: usize = BLOCK_SAMPLES / 8;
    let mut wave = Turning::new(wave);
    let mut sums = [[_mm256_setzero_ps(); 2]; 3];
    for vector in 0..=WHOLE {
        for (third, [cos, sin]) in sums.iter_mut().enumerate() {
            // SAFETY: eight samples from 8 k on lie within a third for k below WHOLE, and its last six within its last
            // eight.
            let samples = unsafe {
                let start = run.as_ptr().add(third * BLOCK_SAMPLES);
                if vector == WHOLE {
                    _mm_srli_si128::<4>(_mm_loadu_si128(start.add(BLOCK_SAMPLES - 8).cast()))
                } else {
                    _mm_loadu_si128(start.add(8 * vector).cast())
                }
            };
            let samples = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(samples));
            *cos = _mm256_fmadd_ps(samples, wave.cos, *cos);
            *sin = _mm256_fmadd_ps(samples, wave.sin, *sin);
        }
        wave.advance();
    }
    sums.map(|[cos, sin]| Turn { cos: total(cos), sin: total(sin) })
}

/// Adds a sinusoid that has so much of a wave's cosine and sine.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn add_wave(samples: &mut [[f32; LANES]], wave: &Wave, amplitude: Turn) {
    let mut wave = Turning::new(wave);
    let (of_cos, of_sin) = (_mm256_set1_ps(amplitude.cos), _mm256_set1_ps(amplitude.sin));
    for samples in samples {
        // SAFETY: these are eight numbers.
        unsafe {
            let sum = _mm256_fmadd_ps(wave.cos, of_cos, _mm256_loadu_ps(samples.as_ptr()));
            _mm256_storeu_ps(samples.as_mut_ptr(), _mm256_fmadd_ps(wave.sin, of_sin, sum));
        }
        wave.advance();
    }
}

/// As the [portable](super::portable::weigh) kernel, of which the compiler makes vectors.
///
/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn weigh(samples: &[i16], model: &mut [[f32; LANES]], granted: f32) {
    super::portable::weigh(samples, model, granted);
}
