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
                turning = turning.advanced();
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

    /// Fits them until another round explains little more, for so many rounds at the most.
    pub(super) fn settled(&mut self, rounds: usize) -> Fit {
        for _ in 0..rounds {
            let before = self.fit.purity;
            if self.refined(1).purity < before + 0.002 {
                break;
            }
        }
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
        of_a = of_a.with(&turning, a);
        of_b = of_b.with(&turning, b);
        of_c = of_c.with(&turning, c);
        turning = turning.advanced();
    }
    of_a = of_a.with_rest(&turning, rest_a);
    of_b = of_b.with_rest(&turning, rest_b);
    of_c = of_c.with_rest(&turning, rest_c);
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
        sums = sums.with(&turning, chunk);
        turning = turning.advanced();
    }
    sums = sums.with_rest(&turning, rest);
    *sine = sums.sine(sine.hz, count);
}

fn add(samples: &mut [f32], sine: &Sine, factor: f32) {
    let mut turning = Turning::new(-middle(samples.len()) * sine.step(), sine.step());
    let (chunks, rest) = samples.as_chunks_mut();
    for chunk in chunks {
        turning.add_to(chunk, factor * sine.cos, factor * sine.sin);
        turning = turning.advanced();
    }
    turning.add_rest(rest, factor * sine.cos, factor * sine.sin);
}

const LANES: usize = 4;

/// Values that are computed side by side.
#[derive(Clone, Copy, Default)]
struct Lanes([f32; LANES]);

impl Lanes {
    #[inline(always)]
    fn with(mut self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a = operation(*a, *b));
        self
    }

    #[inline(always)]
    fn by(mut self, factor: f32) -> Self {
        self.0.iter_mut().for_each(|value| *value *= factor);
        self
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
}

/// A turning unit vector, at as many samples on end as are computed side by side.
#[derive(Clone, Copy)]
struct Turning {
    cos: Lanes,
    sin: Lanes,
    /// How far it turns from one such group to the next.
    step_cos: f32,
    step_sin: f32,
}

impl Turning {
    fn new(phase: f32, step: f32) -> Self {
        let (step_cos, step_sin) = (libm::cosf(step), libm::sinf(step));
        let (mut cos, mut sin) = (Lanes::default(), Lanes::default());
        let mut turned = (libm::cosf(phase), libm::sinf(phase));
        for (cos, sin) in cos.0.iter_mut().zip(&mut sin.0) {
            (*cos, *sin) = turned;
            turned = (*cos * step_cos - *sin * step_sin, *sin * step_cos + *cos * step_sin);
        }
        // Doubled twice: four steps.
        let double = |(cos, sin): (f32, f32)| (cos * cos - sin * sin, 2.0 * cos * sin);
        let (step_cos, step_sin) = double(double((step_cos, step_sin)));
        Self { cos, sin, step_cos, step_sin }
    }

    #[inline(always)]
    fn advanced(self) -> Self {
        let cos = self.cos.by(self.step_cos).minus(self.sin.by(self.step_sin));
        let sin = self.sin.by(self.step_cos).plus(self.cos.by(self.step_sin));
        Self { cos, sin, ..self }
    }

    #[inline(always)]
    fn add_to(&self, samples: &mut [f32; LANES], cosine: f32, sine: f32) {
        *samples = Lanes(*samples).plus(self.cos.by(cosine)).plus(self.sin.by(sine)).0;
    }

    #[inline(always)]
    fn add_rest(&self, samples: &mut [f32], cosine: f32, sine: f32) {
        for (sample, (cos, sin)) in samples.iter_mut().zip(self.cos.0.iter().zip(&self.sin.0)) {
            *sample += cosine * cos + sine * sin;
        }
    }
}

/// A run's products with a turning vector, lane by lane.
#[derive(Clone, Copy, Default)]
struct Sums {
    cos: Lanes,
    sin: Lanes,
}

impl Sums {
    #[inline(always)]
    fn with(self, turning: &Turning, samples: &[f32; LANES]) -> Self {
        let samples = Lanes(*samples);
        Self {
            cos: self.cos.plus(samples.times(turning.cos)),
            sin: self.sin.plus(samples.times(turning.sin)),
        }
    }

    #[inline(always)]
    fn with_rest(self, turning: &Turning, samples: &[f32]) -> Self {
        let mut whole = [0.0; LANES];
        whole.iter_mut().zip(samples).for_each(|(to, from)| *to = *from);
        self.with(turning, &whole)
    }

    #[inline(always)]
    fn sine(&self, hz: f32, count: usize) -> Sine {
        let count = count as f32;
        let mut sine = Sine::at(hz);
        // Around the middle cosine and sine have nothing in common; Dirichlet's kernel.
        let twice = libm::sinf(count * sine.step()) / libm::sinf(sine.step());
        sine.cos = self.cos.0.iter().sum::<f32>() / (0.5 * (count + twice)).max(1.0);
        sine.sin = self.sin.0.iter().sum::<f32>() / (0.5 * (count - twice)).max(1.0);
        sine
    }
}
