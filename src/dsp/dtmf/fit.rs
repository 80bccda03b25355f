//! A long look at a candidate: the two sinusoids that explain the samples best, and where they begin or end.

use core::f32::consts::TAU;

/// Cosine and sine of each tone, and a constant.
const AMPLITUDES: usize = 5;
/// The same, and what a step of each frequency would change.
const TERMS: usize = AMPLITUDES + 2;

/// Two sinusoids and a constant, fitted to a run of samples by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToneFit {
    /// Radians a sample of the low and the high tone.
    frequencies: (f32, f32),
    amplitudes: [f32; AMPLITUDES],
    /// Mean square of the samples about the constant.
    total: f32,
    /// Mean square that the fit leaves unexplained.
    residual: f32,
}

impl ToneFit {
    /// Fits two tones, whose frequencies in radians a sample are known roughly: each refinement takes them closer to
    /// where the fit is best (Gauss and Newton's step). `None` where there is nothing to fit.
    pub(super) fn new(samples: &[i16], near: (f32, f32), refinements: u32) -> Option<Self> {
        let mut fit = Self::with_frequencies(samples, near)?;
        for _ in 0..refinements {
            fit = Self::with_frequencies(samples, fit.better_frequencies(samples)?)?;
        }
        Some(fit)
    }

    /// Fits amplitudes and phases of tones whose frequencies are given.
    pub(super) fn with_frequencies(samples: &[i16], frequencies: (f32, f32)) -> Option<Self> {
        let mut model = Model::new(frequencies, 0.0, 1.0);
        let mut normal = NormalEquations::<AMPLITUDES>::new();
        samples.iter().for_each(|&sample| normal.add(model.next_terms(), f32::from(sample)));
        let amplitudes = normal.solve()?;
        let count = samples.len() as f32;
        let [.., constant] = amplitudes;
        Some(Self {
            frequencies,
            amplitudes,
            total: normal.energy / count - constant * constant,
            residual: ((normal.energy - normal.explained_by(&amplitudes)) / count).max(0.0),
        })
    }

    /// The frequencies at which the fit would be best, as far as its slope tells.
    fn better_frequencies(&self, samples: &[i16]) -> Option<(f32, f32)> {
        let (low_power, high_power) = self.powers();
        // Steps are measured by what they change at the run's ends, so that all terms are of one size.
        let half = 0.5 * samples.len() as f32;
        let scales = (1.0 / (half * libm::sqrtf(low_power)), 1.0 / (half * libm::sqrtf(high_power)));
        if !(scales.0.is_finite() && scales.1.is_finite()) {
            return None;
        }
        let [a, b, c, d, _] = self.amplitudes;
        let mut model = Model::new(self.frequencies, 0.0, 1.0);
        let mut normal = NormalEquations::<TERMS>::new();
        for (index, &sample) in samples.iter().enumerate() {
            let [low_cos, low_sin, high_cos, high_sin, one] = model.next_terms();
            let time = index as f32 - half;
            let low_step = time * (b * low_cos - a * low_sin) * scales.0;
            let high_step = time * (d * high_cos - c * high_sin) * scales.1;
            let terms = [low_cos, low_sin, high_cos, high_sin, one, low_step, high_step];
            normal.add(terms, f32::from(sample));
        }
        let [.., low, high] = normal.solve()?;
        // A step that turns a phase by more than a radian at the run's ends is beyond what the slope tells.
        let limit = 1.0 / half;
        Some((
            self.frequencies.0 + (low * scales.0).clamp(-limit, limit),
            self.frequencies.1 + (high * scales.1).clamp(-limit, limit),
        ))
    }

    /// Frequencies of the low and the high tone, in radians a sample.
    pub(super) const fn frequencies(&self) -> (f32, f32) {
        self.frequencies
    }

    /// Mean squares of the low and the high tone.
    pub(super) const fn powers(&self) -> (f32, f32) {
        let [low_cos, low_sin, high_cos, high_sin, _] = self.amplitudes;
        (0.5 * (low_cos * low_cos + low_sin * low_sin), 0.5 * (high_cos * high_cos + high_sin * high_sin))
    }

    /// The part of the power, 0 to 1, that the two tones explain.
    pub(super) fn purity(&self) -> f32 {
        if self.total > 0.0 { 1.0 - self.residual / self.total } else { 0.0 }
    }

    /// The power at a frequency in what the fit leaves unexplained, as a part of the tones' power.
    pub(super) fn unexplained_at(&self, samples: &[i16], radians: f32) -> f32 {
        let mut model = Model::new(self.frequencies, 0.0, 1.0);
        let mut turn = Phasor::new(0.0, radians);
        let (mut real, mut imaginary) = (0.0f32, 0.0f32);
        for &sample in samples {
            let error = f32::from(sample) - dot(&self.amplitudes, &model.next_terms());
            let (cos, sin) = turn.next();
            real += error * cos;
            imaginary += error * sin;
        }
        let count = samples.len() as f32;
        let (low, high) = self.powers();
        2.0 * (real * real + imaginary * imaginary) / (count * count * (low + high))
    }

    /// For how many samples the tones hold, from the first one of `near` on; `far` follows after a gap. The first
    /// sample comes `offset` samples after the fit's first.
    pub(super) fn run_forward(&self, near: &[i16], gap: usize, far: &[i16], offset: f32) -> usize {
        self.run(near.iter().copied(), gap, far.iter().copied(), offset, 1.0)
    }

    /// The same backwards, from the last sample of `near` on; `far` comes before it, and before a gap.
    pub(super) fn run_backward(&self, near: &[i16], gap: usize, far: &[i16], offset: f32) -> usize {
        self.run(near.iter().rev().copied(), gap, far.iter().rev().copied(), offset, -1.0)
    }

    /// The run after which the tones' presence explains the samples worse than their absence: the error against the
    /// model is charged, half the tones' power is granted, sample by sample.
    fn run(
        &self,
        near: impl ExactSizeIterator<Item = i16>,
        gap: usize,
        far: impl Iterator<Item = i16>,
        offset: f32,
        direction: f32,
    ) -> usize {
        let (low, high) = self.powers();
        let granted = 0.5 * (low + high);
        let beyond = offset + direction * (near.len() + gap) as f32;
        let (mut score, mut best, mut run, mut length) = (0.0f32, 0.0f32, 0, 0);
        let mut weigh = |model: &mut Model, sample: i16| {
            let error = f32::from(sample) - dot(&self.amplitudes, &model.next_terms());
            score += granted - error * error;
            length += 1;
            if score > best {
                best = score;
                run = length;
            }
        };
        let mut model = Model::new(self.frequencies, offset, direction);
        near.for_each(|sample| weigh(&mut model, sample));
        let mut model = Model::new(self.frequencies, beyond, direction);
        far.for_each(|sample| weigh(&mut model, sample));
        run
    }
}

/// Cosine and sine of both tones, and 1, sample after sample.
struct Model {
    low: Phasor,
    high: Phasor,
}

impl Model {
    /// Starts `at` samples from the fit's first and goes forward (1) or backward (-1).
    fn new((low, high): (f32, f32), at: f32, direction: f32) -> Self {
        Self { low: Phasor::new(low * at, low * direction), high: Phasor::new(high * at, high * direction) }
    }

    fn next_terms(&mut self) -> [f32; AMPLITUDES] {
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

/// The normal equations of a least-squares fit with N terms.
struct NormalEquations<const N: usize> {
    /// Products of terms; the lower triangle stays zero.
    matrix: [[f32; N]; N],
    right: [f32; N],
    energy: f32,
}

impl<const N: usize> NormalEquations<N> {
    const fn new() -> Self {
        Self { matrix: [[0.0; N]; N], right: [0.0; N], energy: 0.0 }
    }

    fn add(&mut self, terms: [f32; N], sample: f32) {
        for (row, (cells, right)) in self.matrix.iter_mut().zip(&mut self.right).enumerate() {
            let term = terms.get(row).copied().unwrap_or(0.0);
            for (cell, other) in cells.iter_mut().zip(terms).skip(row) {
                *cell += term * other;
            }
            *right += term * sample;
        }
        self.energy += sample * sample;
    }

    fn explained_by(&self, solution: &[f32; N]) -> f32 {
        dot(solution, &self.right)
    }

    /// Solves the symmetric system by elimination; `None` where terms cannot be told apart.
    #[allow(
        clippy::indexing_slicing,
        clippy::needless_range_loop,
        reason = "every index is below N, the length of all arrays"
    )]
    fn solve(&self) -> Option<[f32; N]> {
        let (mut matrix, mut right) = (self.matrix, self.right);
        for pivot in 0..N {
            if matrix[pivot][pivot] < 1e-3 {
                return None;
            }
            for row in pivot + 1..N {
                let factor = matrix[pivot][row] / matrix[pivot][pivot];
                for column in row..N {
                    matrix[row][column] -= factor * matrix[pivot][column];
                }
                right[row] -= factor * right[pivot];
            }
        }
        let mut solution = [0.0; N];
        for row in (0..N).rev() {
            let known: f32 = (row + 1..N).map(|column| matrix[row][column] * solution[column]).sum();
            solution[row] = (right[row] - known) / matrix[row][row];
        }
        Some(solution)
    }
}

fn dot<const N: usize>(a: &[f32; N], b: &[f32; N]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Radians a sample of a frequency in hertz, at 8 kHz.
pub(super) fn radians(hz: f32) -> f32 {
    hz * (TAU / 8_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(low_hz: f32, high_hz: f32, count: usize) -> Vec<i16> {
        let tone = |hz: f32, peak: f32, phase: f32, i: usize| peak * (radians(hz) * i as f32 + phase).sin();
        (0..count)
            .map(|i| (tone(low_hz, 5_000.0, 0.3, i) + tone(high_hz, 3_000.0, 1.7, i) + 700.0).round() as i16)
            .collect()
    }

    #[test]
    fn frequencies_powers_and_offset_are_found() {
        for (low, high) in
            [(941.0f32, 1_477.0f32), (697.0 * 0.985, 1_209.0 * 1.018), (941.0 * 1.02, 1_633.0 * 0.98)]
        {
            let near = (radians(low.clamp(697.0, 941.0)), radians(high.clamp(1_209.0, 1_633.0)));
            let fit = ToneFit::new(&pair(low, high, 204), near, 3).unwrap();
            let hz = |radians: f32| radians * 8_000.0 / TAU;
            let (found_low, found_high) = fit.frequencies();
            assert!((hz(found_low) - low).abs() < 0.1, "{} for {low}", hz(found_low));
            assert!((hz(found_high) - high).abs() < 0.1, "{} for {high}", hz(found_high));
            let (low_power, high_power) = fit.powers();
            assert!((low_power / 12.5e6 - 1.0).abs() < 0.001, "{low_power}");
            assert!((high_power / 4.5e6 - 1.0).abs() < 0.001, "{high_power}");
            assert!(fit.purity() > 0.9999, "{}", fit.purity());
        }
    }

    #[test]
    fn runs_end_where_the_tones_do() {
        let tones = pair(770.0, 1_336.0, 306);
        let mut line = vec![0; 50];
        line.extend(&tones);
        line.extend([0; 50]);
        let fit = ToneFit::new(&tones[50..254], (radians(770.0), radians(1_336.0)), 1).unwrap();
        assert!(fit.run_forward(&line[100..], 0, &[], 0.0).abs_diff(256) <= 4);
        // Ten samples of the line are lost, and nothing of the tone.
        assert!(fit.run_forward(&line[100..200], 10, &line[210..], 0.0).abs_diff(246) <= 4);
        assert!(fit.run_backward(&line[..304], 0, &[], 203.0).abs_diff(254) <= 4);
    }

    #[test]
    fn nothing_is_fitted_to_silence() {
        assert!(ToneFit::new(&[0; 204], (radians(941.0), radians(1_477.0)), 1).is_none());
    }
}
