//! Up to four sinusoids fitted to a run of samples, one after the other and over again: cheap where they are far enough
//! apart for the run, which close pairs are not.

use crate::dsp::HISTORY_SAMPLES;
use core::f32::consts::TAU;

pub(super) const SINES_MAX: usize = 4;
const THIRD: usize = HISTORY_SAMPLES / 3;

/// A sinusoid; its phase counts from the run's middle.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sine {
    pub(super) hz: f32,
    cos: f32,
    sin: f32,
}

impl Sine {
    pub(super) fn at(hz: f32) -> Self {
        Self { hz, cos: 0.0, sin: 0.0 }
    }

    pub(super) fn power(&self) -> f32 {
        0.5 * (self.cos * self.cos + self.sin * self.sin)
    }

    fn step(&self) -> f32 {
        self.hz * (TAU / 8_000.0)
    }
}

/// Sinusoids that explain a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) sines: [Sine; SINES_MAX],
    /// The part of the power that they explain, 0 to 1.
    pub(super) purity: f32,
    /// By how much the frequency of the first changes within the run, in hertz.
    pub(super) bend_hz: f32,
    /// The power of the strongest third by that of the weakest, of the first.
    pub(super) swing: f32,
    /// Mean of the samples.
    mean: f32,
}

impl Fit {
    /// Fits sinusoids near these frequencies, 0 for none.
    pub(super) fn new(samples: &[i16; HISTORY_SAMPLES], near_hz: [f32; SINES_MAX], rounds: usize) -> Self {
        Fitting::new(samples, near_hz).refined(rounds)
    }

    /// Amplitudes of known sinusoids in a shorter run.
    pub(super) fn known(samples: &[i16], sines: &[Sine; SINES_MAX]) -> Self {
        let mut rest = [0.0; HISTORY_SAMPLES];
        let rest = rest.get_mut(..samples.len()).unwrap_or_default();
        rest.iter_mut().zip(samples).for_each(|(to, from)| *to = f32::from(*from));
        let mean = rest.iter().sum::<f32>() / rest.len().max(1) as f32;
        rest.iter_mut().for_each(|sample| *sample -= mean);
        let sines = sines.map(|sine| Sine::at(sine.hz));
        let mut fit = Self { sines, purity: 0.0, bend_hz: 0.0, swing: 1.0, mean };
        let rounds = if sines[1].hz > 0.0 { 3 } else { 1 };
        for _ in 0..rounds {
            for sine in fit.sines.iter_mut().filter(|sine| sine.hz > 0.0) {
                add(rest, sine, 1.0);
                project(sine, rest);
                add(rest, sine, -1.0);
            }
        }
        fit
    }

    /// For how many of the samples the sinusoids hold, the first one `at` samples from the run's middle, the others
    /// `direction` samples further each: until their absence explains the samples better than their presence does.
    /// What is longer than two histories is left out.
    pub(super) fn run(&self, samples: impl Iterator<Item = i16>, at: f32, direction: f32) -> usize {
        let mut errors = [-self.mean; 2 * HISTORY_SAMPLES];
        let mut count = 0;
        for (error, sample) in errors.iter_mut().zip(samples) {
            *error += f32::from(sample);
            count += 1;
        }
        let errors = errors.get_mut(..count).unwrap_or_default();
        for sine in self.sines.iter().filter(|sine| sine.hz > 0.0) {
            let mut turning = Turning::new(sine.step() * at, sine.step() * direction);
            let (chunks, rest) = errors.as_chunks_mut();
            for chunk in chunks {
                turning.add_to(chunk, -sine.cos, -sine.sin);
                turning.advance();
            }
            turning.add_rest(rest, -sine.cos, -sine.sin);
        }
        let granted = 0.5 * self.sines.iter().map(Sine::power).sum::<f32>();
        longest(errors.iter().map(|error| granted - error * error))
    }
}

/// A fit at work.
pub(super) struct Fitting {
    fit: Fit,
    /// What the sinusoids leave.
    rest: [f32; HISTORY_SAMPLES],
    total: f32,
    begun: bool,
}

impl Fitting {
    pub(super) fn new(samples: &[i16; HISTORY_SAMPLES], near_hz: [f32; SINES_MAX]) -> Self {
        let mut rest = samples.map(f32::from);
        let sum: i32 = samples.iter().map(|&sample| i32::from(sample)).sum();
        let mean = sum as f32 / rest.len() as f32;
        rest.iter_mut().for_each(|sample| *sample -= mean);
        let total = energy(&rest);
        let fit = Fit { sines: near_hz.map(Sine::at), purity: 0.0, bend_hz: 0.0, swing: 1.0, mean };
        Self { fit, rest, total, begun: false }
    }

    /// Fits the sinusoids one after the other, so many times.
    pub(super) fn refined(&mut self, rounds: usize) -> Fit {
        for _ in 0..rounds {
            let mut first = true;
            for sine in self.fit.sines.iter_mut().filter(|sine| sine.hz > 0.0) {
                if self.begun {
                    add(&mut self.rest, sine, 1.0);
                }
                let (bend, swing) = refine(sine, &self.rest);
                if first {
                    (self.fit.bend_hz, self.fit.swing) = (bend, swing);
                    first = false;
                }
                project(sine, &self.rest);
                add(&mut self.rest, sine, -1.0);
            }
            self.begun = true;
        }
        self.fit.purity = if self.total > 0.0 { 1.0 - energy(&self.rest) / self.total } else { 0.0 };
        self.fit
    }

    /// Adds a second sinusoid.
    pub(super) fn and(&self, near_hz: f32) -> Self {
        let mut fit = self.fit;
        fit.sines[1] = Sine::at(near_hz);
        Self { fit, rest: self.rest, total: self.total, begun: self.begun }
    }

    /// What the sinusoids leave.
    pub(super) fn rest(&self) -> [i16; HISTORY_SAMPLES] {
        self.rest.map(|sample| sample as i16)
    }
}

/// How many scores make the greatest sum.
pub(super) fn longest(scores: impl Iterator<Item = f32>) -> usize {
    let (mut sum, mut best, mut run) = (0.0f32, 0.0f32, 0);
    for (index, score) in scores.enumerate() {
        sum += score;
        if sum > best {
            (best, run) = (sum, index + 1);
        }
    }
    run
}

fn energy(samples: &[f32]) -> f32 {
    let (chunks, rest) = samples.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, sample)| *sum += sample * sample);
    }
    sums.iter().sum::<f32>() + rest.iter().map(|sample| sample * sample).sum::<f32>()
}

fn middle(count: usize) -> f32 {
    0.5 * (count as f32 - 1.0)
}

/// Corrects a frequency by the phase gained from third to third. Returns its change, and the swing of its power.
fn refine(sine: &mut Sine, samples: &[f32; HISTORY_SAMPLES]) -> (f32, f32) {
    let ([a, b, c], []) = samples.as_chunks::<THIRD>() else { return (0.0, 1.0) };
    let ((chunks_a, rest_a), (chunks_b, rest_b), (chunks_c, rest_c)) =
        (a.as_chunks(), b.as_chunks(), c.as_chunks());
    let mut turning = Turning::new(-middle(THIRD) * sine.step(), sine.step());
    let (mut of_a, mut of_b, mut of_c) = (Sums::default(), Sums::default(), Sums::default());
    for ((a, b), c) in chunks_a.iter().zip(chunks_b).zip(chunks_c) {
        of_a.take(&turning, a);
        of_b.take(&turning, b);
        of_c.take(&turning, c);
        turning.advance();
    }
    of_a.take_rest(&turning, rest_a);
    of_b.take_rest(&turning, rest_b);
    of_c.take_rest(&turning, rest_c);
    let thirds = [of_a, of_b, of_c].map(|sums| sums.sine(sine.hz, THIRD));
    let [a, b, c] = thirds;
    let gained = |later: Sine, earlier: Sine| {
        let real = later.cos * earlier.cos + later.sin * earlier.sin;
        let imaginary = later.cos * earlier.sin - later.sin * earlier.cos;
        let phase = libm::atan2f(imaginary, real) - sine.step() * THIRD as f32;
        phase - TAU * libm::roundf(phase / TAU)
    };
    let (early, late) = (gained(b, a), gained(c, b));
    let per_radian = 8_000.0 / TAU / THIRD as f32;
    sine.hz += 0.5 * (early + late) * per_radian;
    let (strong, weak) = thirds.iter().fold((0.0f32, f32::MAX), |(strong, weak), third| {
        (strong.max(third.power()), weak.min(third.power()))
    });
    ((late - early).abs() * per_radian, if weak > 0.0 { strong / weak } else { f32::MAX })
}

/// The amplitudes of a sinusoid in a run.
fn project(sine: &mut Sine, samples: &[f32]) {
    let count = samples.len();
    let mut turning = Turning::new(-middle(count) * sine.step(), sine.step());
    let mut sums = Sums::default();
    let (chunks, rest) = samples.as_chunks();
    for chunk in chunks {
        sums.take(&turning, chunk);
        turning.advance();
    }
    sums.take_rest(&turning, rest);
    *sine = sums.sine(sine.hz, count);
}

fn add(samples: &mut [f32], sine: &Sine, factor: f32) {
    let mut turning = Turning::new(-middle(samples.len()) * sine.step(), sine.step());
    let (chunks, rest) = samples.as_chunks_mut();
    for chunk in chunks {
        turning.add_to(chunk, factor * sine.cos, factor * sine.sin);
        turning.advance();
    }
    turning.add_rest(rest, factor * sine.cos, factor * sine.sin);
}

const LANES: usize = 8;

/// A turning unit vector, at as many samples on end as are computed side by side.
struct Turning {
    cos: [f32; LANES],
    sin: [f32; LANES],
    /// How far it turns from one such group to the next.
    step_cos: f32,
    step_sin: f32,
}

impl Turning {
    fn new(phase: f32, step: f32) -> Self {
        let (step_cos, step_sin) = (libm::cosf(step), libm::sinf(step));
        let (mut cos, mut sin) = ([0.0; LANES], [0.0; LANES]);
        let mut turned = (libm::cosf(phase), libm::sinf(phase));
        for (cos, sin) in cos.iter_mut().zip(&mut sin) {
            (*cos, *sin) = turned;
            turned = (*cos * step_cos - *sin * step_sin, *sin * step_cos + *cos * step_sin);
        }
        // Doubled thrice: eight steps.
        let double = |(cos, sin): (f32, f32)| (cos * cos - sin * sin, 2.0 * cos * sin);
        let (step_cos, step_sin) = double(double(double((step_cos, step_sin))));
        Self { cos, sin, step_cos, step_sin }
    }

    #[inline]
    fn advance(&mut self) {
        for (cos, sin) in self.cos.iter_mut().zip(&mut self.sin) {
            (*cos, *sin) =
                (*cos * self.step_cos - *sin * self.step_sin, *sin * self.step_cos + *cos * self.step_sin);
        }
    }

    #[inline]
    fn add_to(&self, samples: &mut [f32; LANES], cosine: f32, sine: f32) {
        for (sample, (cos, sin)) in samples.iter_mut().zip(self.cos.iter().zip(&self.sin)) {
            *sample += cosine * cos + sine * sin;
        }
    }

    fn add_rest(&self, samples: &mut [f32], cosine: f32, sine: f32) {
        for (sample, (cos, sin)) in samples.iter_mut().zip(self.cos.iter().zip(&self.sin)) {
            *sample += cosine * cos + sine * sin;
        }
    }
}

/// A run's products with a turning vector, lane by lane.
#[derive(Clone, Copy, Default)]
struct Sums {
    cos: [f32; LANES],
    sin: [f32; LANES],
}

impl Sums {
    #[inline]
    fn take(&mut self, turning: &Turning, samples: &[f32; LANES]) {
        for (sum, (sample, cos)) in self.cos.iter_mut().zip(samples.iter().zip(&turning.cos)) {
            *sum += sample * cos;
        }
        for (sum, (sample, sin)) in self.sin.iter_mut().zip(samples.iter().zip(&turning.sin)) {
            *sum += sample * sin;
        }
    }

    #[inline]
    fn take_rest(&mut self, turning: &Turning, samples: &[f32]) {
        let mut whole = [0.0; LANES];
        whole.iter_mut().zip(samples).for_each(|(to, from)| *to = *from);
        self.take(turning, &whole);
    }

    fn sine(&self, hz: f32, count: usize) -> Sine {
        let count = count as f32;
        let mut sine = Sine::at(hz);
        // Around the middle cosine and sine have nothing in common; Dirichlet's kernel.
        let twice = libm::sinf(count * sine.step()) / libm::sinf(sine.step());
        sine.cos = self.cos.iter().sum::<f32>() / (0.5 * (count + twice)).max(1.0);
        sine.sin = self.sin.iter().sum::<f32>() / (0.5 * (count - twice)).max(1.0);
        sine
    }
}
