//! The bank's kernel for 64-bit Arm: four samples of the folded half block side by side.

use super::{BLOCK_SAMPLES, HALF, PADDED, Sums, ToneBank, mean};
use core::arch::aarch64::*;

/// # Safety
/// The processor has NEON, as every 64-bit Arm does.
#[target_feature(enable = "neon")]
pub(super) unsafe fn sums<const N: usize>(
    bank: &ToneBank<N>,
    block: &[i16; BLOCK_SAMPLES],
    least_energy: f32,
) -> Sums<N> {
    let mean = mean(block);
    let (mut even, mut odd) = ([0.0f32; PADDED], [0.0f32; PADDED]);
    let (before, after) = block.split_at(HALF);
    let places = even.iter_mut().zip(&mut odd);
    for ((even, odd), (&after, &before)) in places.zip(after.iter().zip(before.iter().rev())) {
        let (after, before) = (f32::from(after) - mean, f32::from(before) - mean);
        (*even, *odd) = (after + before, after - before);
    }
    let energy = 0.5 * (dot(&even, &even) + dot(&odd, &odd));
    let mut sums = Sums { even: [0.0; N], odd: [0.0; N], energy };
    if energy < least_energy {
        return sums;
    }
    for (sum, cosines) in sums.even.iter_mut().zip(&bank.cosines) {
        *sum = dot(&even, cosines);
    }
    for (sum, sines) in sums.odd.iter_mut().zip(&bank.sines) {
        *sum = dot(&odd, sines);
    }
    sums
}

#[target_feature(enable = "neon")]
fn dot(a: &[f32; PADDED], b: &[f32; PADDED]) -> f32 {
    // Two sums in turn, so that fewer additions wait for the one before.
    let (mut first, mut second) = (vdupq_n_f32(0.0), vdupq_n_f32(0.0));
    for place in (0..PADDED).step_by(8) {
        // SAFETY: PADDED is a multiple of eight.
        unsafe {
            let (a, b) = (a.as_ptr().add(place), b.as_ptr().add(place));
            first = vfmaq_f32(first, vld1q_f32(a), vld1q_f32(b));
            second = vfmaq_f32(second, vld1q_f32(a.add(4)), vld1q_f32(b.add(4)));
        }
    }
    vaddvq_f32(vaddq_f32(first, second))
}
