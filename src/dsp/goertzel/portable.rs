use super::{BLOCK_SAMPLES, HALF, PADDED, RUN_SAMPLES, Sums, ToneBank, mean};
use crate::dsp::wave::{LANES, Lanes, Turn, Wave};

/// The kernel in plain Rust.
pub(super) fn sums<const N: usize>(
    bank: &ToneBank<N>,
    block: &[i16; BLOCK_SAMPLES],
    least_energy: f32,
) -> Sums<N> {
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
    if sums.energy < least_energy {
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

/// What each third of a run has in common with a wave's cosine and sine that begin with the third.
pub(super) fn thirds(run: &[i16; RUN_SAMPLES], wave: &Wave) -> [Turn; 3] {
    let mut wave = *wave;
    let mut sums = [[Lanes::all(0.0); 2]; 3];
    for from in (0..BLOCK_SAMPLES).step_by(LANES) {
        for (third, [cos, sin]) in run.chunks_exact(BLOCK_SAMPLES).zip(&mut sums) {
            let mut samples = [0; LANES];
            samples.iter_mut().zip(third.iter().skip(from)).for_each(|(to, &sample)| *to = sample);
            *cos += Lanes::of(&samples) * wave.cos;
            *sin += Lanes::of(&samples) * wave.sin;
        }
        wave.advance();
    }
    sums.map(|[cos, sin]| Turn { cos: cos.sum(), sin: sin.sum() })
}

/// Turns what a model says into by how much it explains each sample: what is granted for each, less the error.
#[inline(always)]
pub(super) fn weigh(samples: &[i16], model: &mut [[f32; LANES]], granted: f32) {
    for (score, &sample) in model.as_flattened_mut().iter_mut().zip(samples) {
        let error = f32::from(sample) - *score;
        *score = granted - error * error;
    }
}

/// Adds a sinusoid that has so much of a wave's cosine and sine.
pub(super) fn add_wave(samples: &mut [[f32; LANES]], wave: &Wave, amplitude: Turn) {
    let mut wave = *wave;
    for samples in samples {
        *samples = (Lanes(*samples) + wave.times(amplitude)).0;
        wave.advance();
    }
}
