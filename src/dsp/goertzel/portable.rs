use super::{BLOCK_SAMPLES, HALF, PADDED, Sums, ToneBank, mean};

/// Sums that do not wait for each other.
const LANES: usize = 8;

/// The kernel in plain Rust.
pub(super) fn sums<const N: usize>(bank: &ToneBank<N>, block: &[i16; BLOCK_SAMPLES]) -> Sums<N> {
    let mean = mean(block);
    let (mut even, mut odd) = ([0.0f32; PADDED], [0.0f32; PADDED]);
    let (before, after) = block.split_at(HALF);
    for ((even, odd), (&after, &before)) in
        even.iter_mut().zip(&mut odd).zip(after.iter().zip(before.iter().rev()))
    {
        let (after, before) = (f32::from(after) - mean, f32::from(before) - mean);
        (*even, *odd) = (after + before, after - before);
    }
    let mut sums =
        Sums { even: [0.0; N], odd: [0.0; N], energy: 0.5 * (dot(&even, &even) + dot(&odd, &odd)) };
    for (sum, cosines) in sums.even.iter_mut().zip(&bank.cosines) {
        *sum = dot(&even, cosines);
    }
    for (sum, sines) in sums.odd.iter_mut().zip(&bank.sines) {
        *sum = dot(&odd, sines);
    }
    sums
}

fn dot(a: &[f32; PADDED], b: &[f32; PADDED]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The sum of a block's samples, and of their squares.
pub(super) fn sum_and_energy(block: &[i16; BLOCK_SAMPLES]) -> (f32, f32) {
    let sum: i32 = block.iter().map(|&sample| i32::from(sample)).sum();
    let energy: i64 = block.iter().map(|&sample| i64::from(i32::from(sample) * i32::from(sample))).sum();
    (sum as f32, energy as f32)
}
