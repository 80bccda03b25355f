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
        Self::with_rest(samples, near_hz, rounds).0
    }

    /// The same, and what they leave.
    pub(super) fn with_rest(
        samples: &[i16; HISTORY_SAMPLES],
        near_hz: [f32; SINES_MAX],
        rounds: usize,
    ) -> (Self, [i16; HISTORY_SAMPLES]) {
        let mut rest = samples.map(f32::from);
        let mean = rest.iter().sum::<f32>() / rest.len() as f32;
        rest.iter_mut().for_each(|sample| *sample -= mean);
        let total = energy(&rest);
        let mut fit = Self { sines: near_hz.map(Sine::at), purity: 0.0, bend_hz: 0.0, swing: 1.0, mean };
        for round in 0..rounds {
            let mut first = true;
            for sine in fit.sines.iter_mut().filter(|sine| sine.hz > 0.0) {
                if round > 0 {
                    add(&mut rest, sine, 1.0);
                }
                let (bend, swing) = refine(sine, &rest);
                if first {
                    (fit.bend_hz, fit.swing) = (bend, swing);
                    first = false;
                }
                project(sine, &rest);
                add(&mut rest, sine, -1.0);
            }
        }
        fit.purity = if total > 0.0 { 1.0 - energy(&rest) / total } else { 0.0 };
        (fit, rest.map(|sample| sample as i16))
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
        for _ in 0..3 {
            for sine in fit.sines.iter_mut().filter(|sine| sine.hz > 0.0) {
                add(rest, sine, 1.0);
                project(sine, rest);
                add(rest, sine, -1.0);
            }
        }
        fit
    }

    /// What the sinusoids come to `at` samples from the run's middle, and then every `direction` samples.
    fn model(&self, at: f32, direction: f32) -> impl FnMut() -> f32 {
        let mut turning =
            self.sines.map(|sine| (Phasor::new(sine.step() * at, sine.step() * direction), sine));
        let mean = self.mean;
        move || {
            let sum = |sum: f32, (phasor, sine): &mut (Phasor, Sine)| {
                if sine.hz == 0.0 {
                    return sum;
                }
                let (cos, sin) = phasor.next();
                sum + sine.cos * cos + sine.sin * sin
            };
            turning.iter_mut().fold(mean, sum)
        }
    }

    /// For how many samples the sinusoids hold, the first one `at` samples from the run's middle: until their absence
    /// explains the samples better than their presence does.
    pub(super) fn run(&self, samples: impl Iterator<Item = i16>, at: f32, direction: f32) -> usize {
        let granted = 0.5 * self.sines.iter().map(Sine::power).sum::<f32>();
        let mut model = self.model(at, direction);
        longest(samples.map(|sample| {
            let error = f32::from(sample) - model();
            granted - error * error
        }))
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
    samples.iter().map(|sample| sample * sample).sum()
}

fn middle(count: usize) -> f32 {
    0.5 * (count as f32 - 1.0)
}

/// Corrects a frequency by the phase gained from third to third. Returns its change, and the swing of its power.
fn refine(sine: &mut Sine, samples: &[f32; HISTORY_SAMPLES]) -> (f32, f32) {
    let mut thirds = [Sine::at(sine.hz); 3];
    for (third, samples) in thirds.iter_mut().zip(samples.chunks_exact(THIRD)) {
        project(third, samples);
    }
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
    let count = samples.len() as f32;
    let mut phasor = Phasor::new(-middle(samples.len()) * sine.step(), sine.step());
    let (mut cosines, mut sines) = (0.0, 0.0);
    for sample in samples {
        let (cos, sin) = phasor.next();
        cosines += sample * cos;
        sines += sample * sin;
    }
    // Around the middle cosine and sine have nothing in common; Dirichlet's kernel.
    let twice = libm::sinf(count * sine.step()) / libm::sinf(sine.step());
    sine.cos = cosines / (0.5 * (count + twice)).max(1.0);
    sine.sin = sines / (0.5 * (count - twice)).max(1.0);
}

fn add(samples: &mut [f32], sine: &Sine, factor: f32) {
    let mut phasor = Phasor::new(-middle(samples.len()) * sine.step(), sine.step());
    for sample in samples {
        let (cos, sin) = phasor.next();
        *sample += factor * (sine.cos * cos + sine.sin * sin);
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
