//! A long look at a candidate: the two sinusoids that explain the samples best, and where they begin or end.

use core::f32::consts::TAU;

/// Cosine and sine of each tone, and a constant.
const TERMS: usize = 5;

/// Two sinusoids and a constant, fitted to a run of samples by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToneFit {
    /// Radians a sample of the low and the high tone.
    frequencies: (f32, f32),
    amplitudes: Amplitudes,
    /// Mean square of the samples about the constant.
    total: f32,
    /// Mean square that the fit leaves unexplained.
    residual: f32,
    /// Powers of both tones in each third of the run.
    thirds: [(f32, f32); 3],
}

/// What multiplies cosine and sine of each tone, and 1. Phases count from the run's middle.
#[derive(Clone, Copy, Debug)]
struct Amplitudes([f32; TERMS]);

impl ToneFit {
    /// Fits two tones, whose frequencies in radians a sample are known to about a per cent: the phase that they gain
    /// from third to third of the run gives them to a few hundredths. `None` where there is nothing to fit.
    pub(super) fn new(samples: &[i16], near: (f32, f32)) -> Option<Self> {
        let third = samples.len() / 3;
        let mut parts = samples.chunks_exact(third.max(1));
        let mut next = || Amplitudes::fit(parts.next()?, near);
        let (first, second, last) = (next()?.0, next()?.0, next()?.0);
        let gained = |tone: fn(&Amplitudes) -> (f32, f32), near: f32| {
            let (first, second, last) = (tone(&first), tone(&second), tone(&last));
            let expected = near * third as f32;
            let phase = phase_since(second, first, expected) + phase_since(last, second, expected);
            near + 0.5 * phase / third as f32
        };
        let frequencies = (gained(Amplitudes::low, near.0), gained(Amplitudes::high, near.1));
        let (amplitudes, sums) = Amplitudes::fit(samples, frequencies)?;
        let count = samples.len() as f32;
        let Amplitudes([.., constant]) = amplitudes;
        Some(Self {
            frequencies,
            amplitudes,
            total: sums.energy / count - constant * constant,
            residual: ((sums.energy - dot(&amplitudes.0, &sums.projections)) / count).max(0.0),
            thirds: [first.powers(), second.powers(), last.powers()],
        })
    }

    /// Frequencies of the low and the high tone, in radians a sample.
    pub(super) const fn frequencies(&self) -> (f32, f32) {
        self.frequencies
    }

    /// Mean squares of the low and the high tone.
    pub(super) fn powers(&self) -> (f32, f32) {
        self.amplitudes.powers()
    }

    /// The same for each third of the run.
    pub(super) const fn thirds(&self) -> &[(f32, f32); 3] {
        &self.thirds
    }

    /// The part of the power, 0 to 1, that the two tones explain.
    pub(super) fn purity(&self) -> f32 {
        if self.total > 0.0 { 1.0 - self.residual / self.total } else { 0.0 }
    }

    /// The power at a frequency in what the fit leaves unexplained, as a part of the tones' power.
    pub(super) fn unexplained_at(&self, samples: &[i16], radians: f32) -> f32 {
        let start = -middle(samples.len());
        let mut model = Model::new(self.frequencies, start, 1.0);
        let mut turn = Phasor::new(0.0, radians);
        let (mut real, mut imaginary) = (0.0f32, 0.0f32);
        for &sample in samples {
            let error = f32::from(sample) - dot(&self.amplitudes.0, &model.next_terms());
            let (cos, sin) = turn.next();
            real += error * cos;
            imaginary += error * sin;
        }
        let count = samples.len() as f32;
        let (low, high) = self.powers();
        2.0 * (real * real + imaginary * imaginary) / (count * count * (low + high))
    }

    /// For how many samples the tones hold, from the first one of `near` on; `far` follows after a gap. The first
    /// sample comes `offset` samples after the fit's middle.
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
            let error = f32::from(sample) - dot(&self.amplitudes.0, &model.next_terms());
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

/// The middle of a run, in samples from its first one.
pub(super) fn middle(count: usize) -> f32 {
    0.5 * (count as f32 - 1.0)
}

/// What a run has in common with the terms, and with itself.
struct Sums {
    projections: [f32; TERMS],
    energy: f32,
}

impl Amplitudes {
    fn fit(samples: &[i16], frequencies: (f32, f32)) -> Option<(Self, Sums)> {
        let mut model = Model::new(frequencies, -middle(samples.len()), 1.0);
        let mut sums = Sums { projections: [0.0; TERMS], energy: 0.0 };
        for &sample in samples {
            let sample = f32::from(sample);
            for (sum, term) in sums.projections.iter_mut().zip(model.next_terms()) {
                *sum += term * sample;
            }
            sums.energy += sample * sample;
        }
        let [low_cos, low_sin, high_cos, high_sin, constant] = sums.projections;
        let gram = Gram::new(samples.len() as f32, frequencies);
        // Around the middle of the run cosines and sines have nothing in common, so that each kind is solved alone.
        let [low_sin, high_sin] = gram.solve_sines([low_sin, high_sin])?;
        let [low_cos, high_cos, constant] = gram.solve_cosines([low_cos, high_cos, constant])?;
        Some((Self([low_cos, low_sin, high_cos, high_sin, constant]), sums))
    }

    fn low(&self) -> (f32, f32) {
        (self.0[0], self.0[1])
    }

    fn high(&self) -> (f32, f32) {
        (self.0[2], self.0[3])
    }

    fn powers(&self) -> (f32, f32) {
        let [low_cos, low_sin, high_cos, high_sin, _] = self.0;
        (0.5 * (low_cos * low_cos + low_sin * low_sin), 0.5 * (high_cos * high_cos + high_sin * high_sin))
    }
}

/// The phase that `a cos + b sin` is ahead of an earlier one, less the expected one, within half a turn.
fn phase_since((cos, sin): (f32, f32), (earlier_cos, earlier_sin): (f32, f32), expected: f32) -> f32 {
    // a cos x + b sin x leads by the angle of (a, -b).
    let real = cos * earlier_cos + sin * earlier_sin;
    let imaginary = cos * earlier_sin - sin * earlier_cos;
    let phase = libm::atan2f(imaginary, real) - expected;
    phase - TAU * libm::roundf(phase / TAU)
}

/// What the terms have in common with each other over a run around 0, in closed form: sums of cosines.
struct Gram {
    count: f32,
    /// Sums of cos(low), cos(high), cos(2 low), cos(2 high), cos(high + low), cos(high - low).
    low: f32,
    high: f32,
    twice_low: f32,
    twice_high: f32,
    sum: f32,
    difference: f32,
}

impl Gram {
    fn new(count: f32, (low, high): (f32, f32)) -> Self {
        // Dirichlet's kernel.
        let cosines = |radians: f32| libm::sinf(0.5 * count * radians) / libm::sinf(0.5 * radians);
        Self {
            count,
            low: cosines(low),
            high: cosines(high),
            twice_low: cosines(2.0 * low),
            twice_high: cosines(2.0 * high),
            sum: cosines(high + low),
            difference: cosines(high - low),
        }
    }

    fn solve_sines(&self, [low, high]: [f32; 2]) -> Option<[f32; 2]> {
        let low_low = 0.5 * (self.count - self.twice_low);
        let high_high = 0.5 * (self.count - self.twice_high);
        let low_high = 0.5 * (self.difference - self.sum);
        let determinant = low_low * high_high - low_high * low_high;
        (determinant > 1.0).then(|| {
            [
                (low * high_high - high * low_high) / determinant,
                (high * low_low - low * low_high) / determinant,
            ]
        })
    }

    fn solve_cosines(&self, [low, high, constant]: [f32; 3]) -> Option<[f32; 3]> {
        // The constant is taken out first: what is left of each cosine has no mean.
        let mean = constant / self.count;
        let low_low = 0.5 * (self.count + self.twice_low) - self.low * self.low / self.count;
        let high_high = 0.5 * (self.count + self.twice_high) - self.high * self.high / self.count;
        let low_high = 0.5 * (self.difference + self.sum) - self.low * self.high / self.count;
        let (low, high) = (low - mean * self.low, high - mean * self.high);
        let determinant = low_low * high_high - low_high * low_high;
        (determinant > 1.0).then(|| {
            let low_cos = (low * high_high - high * low_high) / determinant;
            let high_cos = (high * low_low - low * low_high) / determinant;
            [low_cos, high_cos, mean - (low_cos * self.low + high_cos * self.high) / self.count]
        })
    }
}

/// Cosine and sine of both tones, and 1, sample after sample.
struct Model {
    low: Phasor,
    high: Phasor,
}

impl Model {
    /// Starts `at` samples from the fit's middle and goes forward (1) or backward (-1).
    fn new((low, high): (f32, f32), at: f32, direction: f32) -> Self {
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

fn dot(a: &[f32; TERMS], b: &[f32; TERMS]) -> f32 {
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
            for count in [204, 305] {
                let near = (radians(low * 0.995), radians(high * 1.005));
                let fit = ToneFit::new(&pair(low, high, count), near).unwrap();
                let hz = |radians: f32| radians * 8_000.0 / TAU;
                let (found_low, found_high) = fit.frequencies();
                assert!((hz(found_low) - low).abs() < 0.3, "{} for {low}", hz(found_low));
                assert!((hz(found_high) - high).abs() < 0.3, "{} for {high}", hz(found_high));
                let (low_power, high_power) = fit.powers();
                assert!((low_power / 12.5e6 - 1.0).abs() < 0.002, "{low_power}");
                assert!((high_power / 4.5e6 - 1.0).abs() < 0.002, "{high_power}");
                assert!(fit.purity() > 0.999, "{}", fit.purity());
            }
        }
    }

    #[test]
    fn runs_end_where_the_tones_do() {
        let tones = pair(770.0, 1_336.0, 306);
        let mut line = vec![700; 50];
        line.extend(&tones);
        line.extend([700; 50]);
        let fit = ToneFit::new(&tones[50..254], (radians(770.0), radians(1_336.0))).unwrap();
        assert!(fit.run_forward(&line[100..], 0, &[], -middle(204)).abs_diff(256) <= 4);
        // Ten samples of the line are lost, and nothing of the tone.
        assert!(fit.run_forward(&line[100..200], 10, &line[210..], -middle(204)).abs_diff(246) <= 4);
        assert!(fit.run_backward(&line[..304], 0, &[], middle(204)).abs_diff(254) <= 4);
    }

    #[test]
    fn nothing_is_fitted_to_too_little() {
        assert!(ToneFit::new(&[], (radians(941.0), radians(1_477.0))).is_none());
        assert!(ToneFit::new(&[1, 2, 3], (radians(941.0), radians(1_477.0))).is_none());
    }
}
