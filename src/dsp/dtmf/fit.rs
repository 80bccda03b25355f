//! A long look at a candidate: the two sinusoids that explain the samples best, and where they
//! begin or end.

use core::f32::consts::TAU;

/// Samples that one frequency estimate integrates, and the hop between its two windows. The hop
/// of 8.5 ms tells frequencies apart up to ±58 Hz, more than any deviation that matters.
const WINDOW_SAMPLES: usize = 136;
const HOP_SAMPLES: usize = 68;
/// Samples that a fit needs.
pub(super) const FIT_SAMPLES: usize = WINDOW_SAMPLES + HOP_SAMPLES;

/// Regressors: cosine and sine of each tone, and a constant.
const TERMS: usize = 5;

/// Two sinusoids and a constant, fitted to a run of samples by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToneFit {
    /// Radians a sample of the low and the high tone.
    low: f32,
    high: f32,
    coefficients: [f32; TERMS],
    /// Mean square of the samples about the constant.
    total: f32,
    /// Mean square that the fit leaves unexplained.
    residual: f32,
}

impl ToneFit {
    /// Fits tones near two frequencies, in radians a sample. `None` where there is nothing to fit.
    pub(super) fn new(samples: &[i16; FIT_SAMPLES], low: f32, high: f32) -> Option<Self> {
        let low = refine(samples, low)?;
        let high = refine(samples, high)?;
        let mut model = Model::new(low, high, 0.0, 1.0);
        let mut gram = [[0.0f32; TERMS]; TERMS];
        let mut projections = [0.0f32; TERMS];
        let mut energy = 0.0f32;
        for &sample in samples {
            let sample = f32::from(sample);
            let terms = model.next_terms();
            for ((row, projection), term) in gram.iter_mut().zip(&mut projections).zip(terms) {
                for (cell, other) in row.iter_mut().zip(terms) {
                    *cell += term * other;
                }
                *projection += term * sample;
            }
            energy += sample * sample;
        }
        let coefficients = solve(gram, projections)?;
        let count = FIT_SAMPLES as f32;
        let [.., constant] = coefficients;
        Some(Self {
            low,
            high,
            coefficients,
            total: energy / count - constant * constant,
            residual: ((energy - dot(&coefficients, &projections)) / count).max(0.0),
        })
    }

    /// Frequencies of the low and the high tone, in radians a sample.
    pub(super) const fn frequencies(&self) -> (f32, f32) {
        (self.low, self.high)
    }

    /// Mean squares of the low and the high tone.
    pub(super) const fn powers(&self) -> (f32, f32) {
        let [low_cos, low_sin, high_cos, high_sin, _] = self.coefficients;
        (0.5 * (low_cos * low_cos + low_sin * low_sin), 0.5 * (high_cos * high_cos + high_sin * high_sin))
    }

    /// The part of the power, 0 to 1, that the two tones explain.
    pub(super) fn purity(&self) -> f32 {
        if self.total > 0.0 { 1.0 - self.residual / self.total } else { 0.0 }
    }

    /// For how many of `samples`, from the first on, the tones hold. The first sample comes
    /// `offset` samples after the fit's first.
    pub(super) fn run_forward(&self, samples: &[i16], offset: usize) -> usize {
        self.run(samples.iter(), offset, 1.0)
    }

    /// For how many of `samples`, from the last one backwards, the tones hold. The last sample
    /// comes `offset` samples after the fit's first.
    pub(super) fn run_backward(&self, samples: &[i16], offset: usize) -> usize {
        self.run(samples.iter().rev(), offset, -1.0)
    }

    /// The run after which the tones' presence explains the samples worse than their absence: the
    /// error against the model is charged, half the tones' power is granted, sample by sample.
    fn run<'a>(&self, samples: impl Iterator<Item = &'a i16>, offset: usize, direction: f32) -> usize {
        let (low, high) = self.powers();
        let granted = 0.5 * (low + high);
        let mut model = Model::new(self.low, self.high, offset as f32, direction);
        let (mut score, mut best, mut run) = (0.0f32, 0.0f32, 0);
        for (index, &sample) in samples.enumerate() {
            let error = f32::from(sample) - dot(&self.coefficients, &model.next_terms());
            score += granted - error * error;
            if score > best {
                best = score;
                run = index + 1;
            }
        }
        run
    }
}

/// The regressors, sample after sample.
struct Model {
    low: Phasor,
    high: Phasor,
}

impl Model {
    /// Starts `at` samples from the fit's first and goes forward (1) or backward (-1).
    fn new(low: f32, high: f32, at: f32, direction: f32) -> Self {
        Self { low: Phasor::new(low * at, low * direction), high: Phasor::new(high * at, high * direction) }
    }

    fn next_terms(&mut self) -> [f32; TERMS] {
        let (low_cos, low_sin) = self.low.next();
        let (high_cos, high_sin) = self.high.next();
        [low_cos, low_sin, high_cos, high_sin, 1.0]
    }
}

/// A turning unit vector.
struct Phasor {
    cos: f32,
    sin: f32,
    step_cos: f32,
    step_sin: f32,
}

impl Phasor {
    fn new(phase: f32, step: f32) -> Self {
        Self {
            cos: libm::cosf(phase),
            sin: libm::sinf(phase),
            step_cos: libm::cosf(step),
            step_sin: libm::sinf(step),
        }
    }

    fn next(&mut self) -> (f32, f32) {
        let (cos, sin) = (self.cos, self.sin);
        self.cos = cos * self.step_cos - sin * self.step_sin;
        self.sin = sin * self.step_cos + cos * self.step_sin;
        (cos, sin)
    }
}

/// The frequency near `radians` by the phase that it gains from one Hann-windowed look to the next.
fn refine(samples: &[i16; FIT_SAMPLES], radians: f32) -> Option<f32> {
    let look = |start: usize| {
        let mut window = Phasor::new(TAU * 0.5 / WINDOW_SAMPLES as f32, TAU / WINDOW_SAMPLES as f32);
        let mut turn = Phasor::new(radians * start as f32, radians);
        let (mut real, mut imaginary) = (0.0f32, 0.0f32);
        for &sample in samples.iter().skip(start).take(WINDOW_SAMPLES) {
            let weighted = f32::from(sample) * (1.0 - window.next().0);
            let (cos, sin) = turn.next();
            real += weighted * cos;
            imaginary -= weighted * sin;
        }
        (real, imaginary)
    };
    let (before, after) = (look(0), look(HOP_SAMPLES));
    let real = after.0 * before.0 + after.1 * before.1;
    let imaginary = after.1 * before.0 - after.0 * before.1;
    if real == 0.0 && imaginary == 0.0 {
        return None;
    }
    Some(radians + libm::atan2f(imaginary, real) / HOP_SAMPLES as f32)
}

/// Solves a symmetric positive definite system by elimination.
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "every index is below TERMS, the length of all arrays"
)]
fn solve(mut matrix: [[f32; TERMS]; TERMS], mut right: [f32; TERMS]) -> Option<[f32; TERMS]> {
    for pivot in 0..TERMS {
        // Terms that cannot be told apart leave nothing of the pivot.
        if matrix[pivot][pivot] < 1e-3 {
            return None;
        }
        for row in pivot + 1..TERMS {
            let factor = matrix[row][pivot] / matrix[pivot][pivot];
            for column in pivot..TERMS {
                matrix[row][column] -= factor * matrix[pivot][column];
            }
            right[row] -= factor * right[pivot];
        }
    }
    let mut solution = [0.0; TERMS];
    for row in (0..TERMS).rev() {
        let known: f32 = (row + 1..TERMS).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    Some(solution)
}

fn dot(a: &[f32; TERMS], b: &[f32; TERMS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn radians(hz: f32) -> f32 {
        TAU * hz / 8_000.0
    }

    fn pair(low_hz: f32, high_hz: f32) -> [i16; FIT_SAMPLES] {
        core::array::from_fn(|i| {
            let tone = |hz: f32, peak: f32, phase: f32| peak * (radians(hz) * i as f32 + phase).sin();
            (tone(low_hz, 5_000.0, 0.3) + tone(high_hz, 3_000.0, 1.7) + 700.0).round() as i16
        })
    }

    #[test]
    fn frequencies_powers_and_offset_are_found() {
        for (low, high) in
            [(941.0f32, 1_477.0f32), (697.0 * 0.985, 1_209.0 * 1.015), (941.0 * 1.035, 1_633.0 * 0.965)]
        {
            let (low_nominal, high_nominal) = (low.clamp(697.0, 941.0), high.clamp(1_209.0, 1_633.0));
            let fit = ToneFit::new(&pair(low, high), radians(low_nominal), radians(high_nominal)).unwrap();
            let hz = |radians: f32| radians * 8_000.0 / TAU;
            let (found_low, found_high) = fit.frequencies();
            assert!((hz(found_low) - low).abs() < 1.5, "{} for {low}", hz(found_low));
            assert!((hz(found_high) - high).abs() < 1.5, "{} for {high}", hz(found_high));
            let (low_power, high_power) = fit.powers();
            assert!((low_power / 12.5e6 - 1.0).abs() < 0.05, "{low_power}");
            assert!((high_power / 4.5e6 - 1.0).abs() < 0.05, "{high_power}");
            assert!(fit.purity() > 0.995, "{}", fit.purity());
        }
    }

    #[test]
    fn nothing_is_fitted_to_silence() {
        assert!(ToneFit::new(&[0; FIT_SAMPLES], radians(941.0), radians(1_477.0)).is_none());
    }
}
