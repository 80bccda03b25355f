//! Up to four sinusoids fitted to the history at once, by least squares: what they have in common is known in closed
//! form, so that each pass over the samples corrects all frequencies, and two passes settle most fits.

use super::scores::{CHUNKS, Scores};
use crate::dsp::HISTORY_SAMPLES;
use crate::dsp::goertzel::{BLOCK_SAMPLES, Kernel};
use crate::dsp::wave::{Frequency, LANES, Lanes, Turn, Wave};
use core::f32::consts::TAU;

pub(super) const SINES_MAX: usize = 4;
/// A fit's thirds are the history's blocks.
const THIRD: usize = BLOCK_SAMPLES;
/// Hertz by which a frequency is off that gains a radian from third to third.
const HZ_PER_RADIAN: f32 = 8_000.0 / TAU / THIRD as f32;
/// Frequencies that a pass corrects by less than this are right: the amplitudes are, to a thousandth.
const SETTLED_HZ: f32 = 0.5;
/// What is left of one sinusoid in another's amplitude shrinks to a tenth or less each time.
const SWEEPS: usize = 6;

/// A sinusoid; its phase counts from the history's middle.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sine {
    pub(super) hz: f32,
    amplitude: Turn,
}

impl Sine {
    pub(super) fn power(&self) -> f32 {
        0.5 * self.amplitude.square()
    }

    /// The wave from a sample on that lies so far from the middle.
    fn wave(&self, at: f32) -> Wave {
        Wave::new(Turn::by(at * radians(self.hz)), Turn::by(radians(self.hz)))
    }
}

/// Radians a sample.
fn radians(hz: f32) -> f32 {
    hz * (TAU / 8_000.0)
}

/// Sinusoids that explain the history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) sines: [Sine; SINES_MAX],
    /// The part of the power that they explain, 0 to 1.
    pub(super) purity: f32,
    /// By how much the frequency of the first changes within the history, in hertz.
    pub(super) bend_hz: f32,
    /// The power of the strongest third by that of the weakest, of the first.
    pub(super) swing: f32,
    /// Mean of the samples.
    mean: f32,
    /// The largest correction of a frequency in the last pass.
    corrected_hz: f32,
}

impl Fit {
    /// Another pass would change little.
    pub(super) fn is_settled(&self) -> bool {
        self.corrected_hz < SETTLED_HZ
    }

    /// The amplitudes of known sinusoids in one of the history's blocks; phases count from that block's middle.
    pub(super) fn known(
        kernel: Kernel,
        history: &[i16; HISTORY_SAMPLES],
        sines: &[Sine; SINES_MAX],
        block: usize,
    ) -> Self {
        match sines.map(|sine| sine.hz) {
            [a, 0.0, ..] => Fitting::new(kernel, history, [a]).of_block(block),
            [a, b, 0.0, _] => Fitting::new(kernel, history, [a, b]).of_block(block),
            all => Fitting::new(kernel, history, all).of_block(block),
        }
    }

    /// The sinusoids' samples, the first one so far from the middle.
    fn model(&self, kernel: Kernel, at: f32, count: usize) -> [[f32; LANES]; CHUNKS] {
        let mut model = [[self.mean; LANES]; CHUNKS];
        let chunks = model.get_mut(..count.div_ceil(LANES)).unwrap_or_default();
        for sine in self.sines.iter().filter(|sine| sine.hz > 0.0) {
            kernel.add_wave(chunks, &sine.wave(at), sine.amplitude);
        }
        model
    }

    /// By how much the sinusoids' presence explains each sample better than their absence does, the first one `at`
    /// samples from the middle.
    pub(super) fn scores(&self, kernel: Kernel, samples: &[i16], at: f32) -> Scores {
        let mut scores = self.model(kernel, at, samples.len());
        let granted = 0.5 * self.sines.iter().map(Sine::power).sum::<f32>();
        kernel.weigh(samples, &mut scores, granted);
        Scores::new(scores, samples.len(), granted)
    }

    /// What the sinusoids leave of the two newest blocks.
    pub(super) fn rest(&self, kernel: Kernel, history: &[i16; HISTORY_SAMPLES]) -> [[i16; THIRD]; 2] {
        let mut rest = [[0; THIRD]; 2];
        let model = self.model(kernel, -0.5 * (THIRD as f32 - 1.0), 2 * THIRD);
        let samples = history.iter().skip(THIRD).zip(model.as_flattened());
        let left = samples.map(|(&sample, model)| (f32::from(sample) - model) as i16);
        rest.as_flattened_mut().iter_mut().zip(left).for_each(|(to, left)| *to = left);
        rest
    }
}

/// A fit of N sinusoids at work.
#[derive(Clone, Copy)]
pub(super) struct Fitting<'a, const N: usize> {
    kernel: Kernel,
    history: &'a [i16; HISTORY_SAMPLES],
    hz: [f32; N],
    mean: f32,
    /// Energy of the samples, their mean left out.
    energy: f32,
}

impl<'a, const N: usize> Fitting<'a, N> {
    /// Sinusoids near these frequencies.
    pub(super) fn new(kernel: Kernel, history: &'a [i16; HISTORY_SAMPLES], near_hz: [f32; N]) -> Self {
        let (mut sum, mut energy) = (0.0, 0.0);
        for block in history.as_chunks().0 {
            let of_block = kernel.sum_and_energy(block);
            (sum, energy) = (sum + of_block.0, energy + of_block.1);
        }
        let mean = sum / HISTORY_SAMPLES as f32;
        Self { kernel, history, hz: near_hz, mean, energy: energy - mean * sum }
    }

    /// The same samples, other frequencies.
    pub(super) fn with<const M: usize>(&self, near_hz: [f32; M]) -> Fitting<'a, M> {
        let Self { kernel, history, mean, energy, .. } = *self;
        Fitting { kernel, history, hz: near_hz, mean, energy }
    }

    /// Passes over the samples until the frequencies are right, so many at the most.
    pub(super) fn settled(&mut self, passes: usize) -> Fit {
        let mut fit = self.pass();
        for _ in 1..passes {
            if fit.is_settled() {
                break;
            }
            fit = self.pass();
        }
        fit
    }

    /// Fits the amplitudes, and corrects each frequency by the phase that it gains from third to third.
    fn pass(&mut self) -> Fit {
        let equations = self.equations();
        let amplitudes = equations.solved();
        let mut fit = self.fit();
        fit.purity = if self.energy > 0.0 { equations.explained(&amplitudes) / self.energy } else { 0.0 };
        let fitted = self.hz.iter_mut().zip(&equations.tones).zip(&amplitudes);
        for (place, (sine, ((hz, tone), amplitudes))) in fit.sines.iter_mut().zip(fitted).enumerate() {
            let [a, b, c, whole] = turns(amplitudes);
            let early = b.phase_since(a, tone.whole()) * HZ_PER_RADIAN;
            let late = c.phase_since(b, tone.whole()) * HZ_PER_RADIAN;
            let correction_hz = 0.5 * (early + late);
            *hz += correction_hz;
            *sine = Sine { hz: *hz, amplitude: whole };
            fit.corrected_hz = fit.corrected_hz.max(correction_hz.abs());
            if place == 0 {
                let [a, b, c] = [a, b, c].map(Turn::square);
                let weakest = a.min(b).min(c);
                fit.swing = if weakest > 0.0 { a.max(b).max(c) / weakest } else { f32::MAX };
                fit.bend_hz = (late - early).abs();
            }
        }
        fit
    }

    /// Amplitudes in one of the blocks, the frequencies as they are.
    fn of_block(&self, block: usize) -> Fit {
        let mut fit = self.fit();
        for (sine, (&hz, amplitudes)) in
            fit.sines.iter_mut().zip(self.hz.iter().zip(&self.equations().solved()))
        {
            let amplitude = turns(amplitudes).get(block).copied();
            *sine = Sine { hz, amplitude: amplitude.unwrap_or_default() };
        }
        fit
    }

    fn fit(&self) -> Fit {
        let sines = [Sine::default(); SINES_MAX];
        Fit { sines, purity: 0.0, bend_hz: 0.0, swing: 1.0, mean: self.mean, corrected_hz: 0.0 }
    }

    fn equations(&self) -> Equations<N> {
        let tones = self.hz.map(|hz| Frequency::new(THIRD, radians(hz)));
        Equations {
            sums: tones.each_ref().map(|tone| project(tone, self.kernel, self.history, self.mean)),
            common: tones.each_ref().map(|a| tones.each_ref().map(|b| in_common(a, b))),
            tones,
        }
    }
}

/// Least squares for cosines and sines, which have nothing in common around the middle of a run: in the lanes
/// the cosines of the three thirds and of the whole history, then their sines.
struct Equations<const N: usize> {
    tones: [Frequency; N],
    /// What the samples have in common with each sinusoid.
    sums: [Lanes; N],
    /// What the sinusoids have in common.
    common: [[Lanes; N]; N],
}

impl<const N: usize> Equations<N> {
    /// Amplitudes one after the other, and over again.
    fn solved(&self) -> [Lanes; N] {
        let mut amplitudes = [Lanes::all(0.0); N];
        for _ in 0..if N == 1 { 1 } else { SWEEPS } {
            for (place, row) in self.common.iter().enumerate() {
                let left = self.left(place, &amplitudes);
                if let (Some(amplitude), Some(own)) = (amplitudes.get_mut(place), row.get(place)) {
                    *amplitude += left * own.map(|own| 1.0 / own.max(1.0));
                }
            }
        }
        amplitudes
    }

    /// What the samples have in common with a sinusoid, and no other one explains.
    fn left(&self, place: usize, amplitudes: &[Lanes; N]) -> Lanes {
        let none = [Lanes::all(0.0); N];
        let sum = self.sums.get(place).copied().unwrap_or(Lanes::all(0.0));
        let row = self.common.get(place).unwrap_or(&none);
        row.iter().zip(amplitudes).fold(sum, |left, (&common, &amplitude)| left - common * amplitude)
    }

    /// The energy that the sinusoids explain of the whole history.
    fn explained(&self, amplitudes: &[Lanes; N]) -> f32 {
        let parts = self.sums.iter().zip(amplitudes).enumerate().map(|(place, (&sum, &amplitude))| {
            let [.., whole] = turns(&(amplitude * (sum + self.left(place, amplitudes))));
            whole.cos + whole.sin
        });
        parts.sum()
    }
}

/// Cosine and sine of each third, and of the whole.
fn turns(lanes: &Lanes) -> [Turn; 4] {
    let Lanes([a, b, c, d, e, f, g, h]) = *lanes;
    [(a, e), (b, f), (c, g), (d, h)].map(|(cos, sin)| Turn { cos, sin })
}

fn lanes([a, b, c, d]: [Turn; 4]) -> Lanes {
    Lanes([a.cos, b.cos, c.cos, d.cos, a.sin, b.sin, c.sin, d.sin])
}

/// What the samples, their mean left out, have in common with cosine and sine of a frequency.
fn project(tone: &Frequency, kernel: Kernel, history: &[i16; HISTORY_SAMPLES], mean: f32) -> Lanes {
    let offset = mean * tone.cosines();
    let wave = tone.wave_from_first(Turn { cos: 1.0, sin: 0.0 });
    let thirds = kernel.thirds(history, &wave).map(|third| Turn { cos: third.cos - offset, ..third });
    // Seen from the middle of the whole, the first third is a third's turn behind, and the last one ahead.
    let [a, b, c] = thirds;
    let (first, last) = (a.then(tone.whole().back()), c.then(tone.whole()));
    let whole = Turn { cos: b.cos + first.cos + last.cos, sin: b.sin + first.sin + last.sin };
    lanes([a, b, c, whole])
}

/// What two sinusoids have in common over a third, and over the whole.
fn in_common(a: &Frequency, b: &Frequency) -> Lanes {
    let (sum, difference) = (a.plus(b), a.minus(b));
    let common = |sum: &Frequency, difference: &Frequency| {
        let (sum, difference) = (0.5 * sum.cosines(), 0.5 * difference.cosines());
        Turn { cos: difference + sum, sin: difference - sum }
    };
    let third = common(&sum, &difference);
    lanes([third, third, third, common(&sum.thrice_as_long(), &difference.thrice_as_long())])
}
