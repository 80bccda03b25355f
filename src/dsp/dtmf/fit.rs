//! A long look at a candidate: the two sinusoids that explain the samples best, and where they begin or end.

use crate::dsp::wave::{Frequency, LANES, Lanes, Turn, Wave};
use core::f32::consts::TAU;

/// Two sinusoids and a constant, fitted to a run of samples by least squares.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToneFit {
    /// Radians a sample of the low and the high tone.
    frequencies: (f32, f32),
    pair: Pair,
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
struct Amplitudes {
    low: Turn,
    high: Turn,
    constant: f32,
}

impl ToneFit {
    /// Fits two tones, whose frequencies in radians a sample are known to about a per cent: the phase that they gain
    /// from third to third of the run gives them to a few hundredths. `None` where there is nothing to fit.
    pub(super) fn new(samples: &[i16], near: (f32, f32)) -> Option<Self> {
        let third = samples.len() / 3;
        let pair = Pair::new(third, near);
        let (gram, folds) = (Gram::new(&pair), Folds::new(&pair));
        let mut parts = samples.chunks_exact(third.max(1));
        let mut next = || gram.solve(&folds.project(parts.next()?));
        let (first, second, last) = (next()?, next()?, next()?);
        let gained = |tone: fn(&Amplitudes) -> Turn, expected: Turn| {
            let (first, second, last) = (tone(&first), tone(&second), tone(&last));
            let phase = second.phase_since(first, expected) + last.phase_since(second, expected);
            0.5 * phase / third as f32
        };
        let frequencies = (
            near.0 + gained(|amplitudes| amplitudes.low, pair.low.whole()),
            near.1 + gained(|amplitudes| amplitudes.high, pair.high.whole()),
        );
        let pair = Pair::new(samples.len(), frequencies);
        let sums = Folds::new(&pair).project(samples);
        let amplitudes = Gram::new(&pair).solve(&sums)?;
        let count = samples.len() as f32;
        Some(Self {
            frequencies,
            pair,
            amplitudes,
            total: sums.energy / count - amplitudes.constant * amplitudes.constant,
            residual: ((sums.energy - amplitudes.explained(&sums)) / count).max(0.0),
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

    /// The larger of the powers at twice either tone's frequency, in what the fit leaves unexplained of its samples,
    /// as a part of the tones' power.
    pub(super) fn harmonic(&self, samples: &[i16]) -> f32 {
        let pair = Pair { low: self.pair.low.twice(), high: self.pair.high.twice() };
        let sums = Folds::new(&pair).project(samples);
        let low = self.unexplained(&pair.low, sums.low).square();
        let high = self.unexplained(&pair.high, sums.high).square();
        let (low_power, high_power) = self.powers();
        let count = samples.len() as f32;
        2.0 * low.max(high) / (count * count * (low_power + high_power))
    }

    /// What the fit leaves of its samples' projection on another frequency.
    fn unexplained(&self, frequency: &Frequency, projection: Turn) -> Turn {
        let Amplitudes { low, high, constant } = self.amplitudes;
        let mut left = projection;
        left.cos -= constant * frequency.cosines();
        for (tone, amplitude) in [(&self.pair.low, low), (&self.pair.high, high)] {
            let (sum, difference) = (frequency.plus(tone).cosines(), frequency.minus(tone).cosines());
            left.cos -= 0.5 * amplitude.cos * (difference + sum);
            left.sin -= 0.5 * amplitude.sin * (difference - sum);
        }
        left
    }

    /// For how many samples the tones hold, from the fit's first one on, with which `near` begins; `far` follows after
    /// a gap.
    pub(super) fn run_forward(&self, near: &[i16], gap: usize, far: &[i16]) -> usize {
        let mut presence = Presence::new(&self.amplitudes);
        presence.weigh_forward(near, self.pair.waves());
        if !far.is_empty() {
            presence.weigh_forward(far, self.waves_after(near.len() + gap));
        }
        presence.run
    }

    /// The same backwards, from the fit's last sample on, with which `near` ends; `far` comes before it, and before a
    /// gap.
    pub(super) fn run_backward(&self, near: &[i16], gap: usize, far: &[i16]) -> usize {
        let mut presence = Presence::new(&self.amplitudes.mirrored());
        presence.weigh_backward(near, self.pair.waves());
        if !far.is_empty() {
            presence.weigh_backward(far, self.waves_after(near.len() + gap));
        }
        presence.run
    }

    /// Waves from so many samples after the fit's first one on.
    fn waves_after(&self, samples: usize) -> Waves {
        let turn = |radians: f32| Turn::by(samples as f32 * radians);
        let (low, high) = self.frequencies;
        Waves {
            low: self.pair.low.wave_from_first(turn(low)),
            high: self.pair.high.wave_from_first(turn(high)),
        }
    }
}

/// The run after which the tones' presence explains the samples worse than their absence: the error against the model
/// is charged, half the tones' power is granted, sample by sample.
struct Presence {
    amplitudes: Amplitudes,
    granted: f32,
    score: f32,
    best: f32,
    length: usize,
    run: usize,
}

impl Presence {
    fn new(amplitudes: &Amplitudes) -> Self {
        let (low, high) = amplitudes.powers();
        let granted = 0.5 * (low + high);
        Self { amplitudes: *amplitudes, granted, score: 0.0, best: 0.0, length: 0, run: 0 }
    }

    fn weigh_forward(&mut self, samples: &[i16], mut waves: Waves) {
        let (chunks, rest) = samples.as_chunks();
        for chunk in chunks {
            self.weigh(chunk, LANES, &mut waves);
        }
        self.weigh(&padded(rest), rest.len(), &mut waves);
    }

    fn weigh_backward(&mut self, samples: &[i16], mut waves: Waves) {
        let (rest, chunks) = samples.as_rchunks();
        for chunk in chunks.iter().rev() {
            self.weigh(&reversed(chunk), LANES, &mut waves);
        }
        self.weigh(&reversed(&padded_before(rest)), rest.len(), &mut waves);
    }

    #[inline]
    fn weigh(&mut self, samples: &[i16; LANES], count: usize, waves: &mut Waves) {
        let mut gains = Lanes::all(self.granted);
        waves.charge(&mut gains, samples, &self.amplitudes);
        // Nearly always either no sample is a loss, or all that can be gained is too little.
        let hopeless = self.score + LANES as f32 * self.granted <= self.best;
        if count == LANES && (hopeless || !gains.has_negative()) {
            self.gain(gains.sum(), LANES);
        } else {
            gains.0.into_iter().take(count).for_each(|gain| self.gain(gain, 1));
        }
    }

    #[inline]
    fn gain(&mut self, gain: f32, samples: usize) {
        self.score += gain;
        self.length += samples;
        if self.score > self.best {
            (self.best, self.run) = (self.score, self.length);
        }
    }
}

/// Both tones' waves.
#[derive(Clone, Copy)]
struct Waves {
    low: Wave,
    high: Wave,
}

impl Waves {
    /// Charges the error of some samples, and goes on to the next ones. A step from memory to memory is what compilers
    /// make vectors of: inlined, they do not.
    #[inline(never)]
    fn charge(&mut self, gains: &mut Lanes, samples: &[i16; LANES], amplitudes: &Amplitudes) {
        let model = self.low.times(amplitudes.low) + self.high.times(amplitudes.high);
        let error = Lanes::of(samples) - model - Lanes::all(amplitudes.constant);
        *gains = *gains - error * error;
        self.low.advance();
        self.high.advance();
    }
}

/// The samples, and zeros after them.
fn padded(samples: &[i16]) -> [i16; LANES] {
    let mut padded = [0; LANES];
    padded.iter_mut().zip(samples).for_each(|(place, &sample)| *place = sample);
    padded
}

/// The samples, and zeros before them.
fn padded_before(samples: &[i16]) -> [i16; LANES] {
    let mut padded = [0; LANES];
    padded.iter_mut().rev().zip(samples.iter().rev()).for_each(|(place, &sample)| *place = sample);
    padded
}

fn reversed(samples: &[i16; LANES]) -> [i16; LANES] {
    let mut reversed = *samples;
    reversed.reverse();
    reversed
}

/// What a run has in common with cosine and sine of each tone, with 1, and with itself.
struct Projections {
    low: Turn,
    high: Turn,
    sum: f32,
    energy: f32,
}

/// Two tones over a run.
#[derive(Clone, Copy, Debug)]
struct Pair {
    low: Frequency,
    high: Frequency,
}

impl Pair {
    fn new(count: usize, (low, high): (f32, f32)) -> Self {
        Self { low: Frequency::new(count, low), high: Frequency::new(count, high) }
    }

    /// Waves from the run's first sample on.
    fn waves(&self) -> Waves {
        let none = Turn { cos: 1.0, sin: 0.0 };
        Waves { low: self.low.wave_from_first(none), high: self.high.wave_from_first(none) }
    }
}

/// Sums over a run that is folded around its middle.
#[derive(Clone, Copy)]
struct Folds {
    waves: Waves,
    low_cos: Lanes,
    low_sin: Lanes,
    high_cos: Lanes,
    high_sin: Lanes,
    sum: Lanes,
    energy: Lanes,
}

impl Folds {
    /// No sums yet, over a run of the pair's length.
    fn new(Pair { low, high }: &Pair) -> Self {
        let zero = Lanes::all(0.0);
        Self {
            waves: Waves { low: low.wave_from_middle(), high: high.wave_from_middle() },
            low_cos: zero,
            low_sin: zero,
            high_cos: zero,
            high_sin: zero,
            sum: zero,
            energy: zero,
        }
    }

    /// Both halves of the run meet the same cosines, seen from its middle, and opposite sines: they are added for the
    /// ones and subtracted for the others.
    fn project(mut self, samples: &[i16]) -> Projections {
        let (before, after) = samples.split_at(samples.len() / 2);
        // What stands alone in the middle of an odd run has cosines of 1.
        let (middle, after) = match after {
            [middle, after @ ..] if after.len() == before.len() => (f32::from(*middle), after),
            _ => (0.0, after),
        };
        let (after, after_rest) = after.as_chunks();
        let (before_rest, before) = before.as_rchunks();
        for (after, before) in after.iter().zip(before.iter().rev()) {
            self.add(after, before);
        }
        self.add(&padded(after_rest), &padded_before(before_rest));
        self.finish(middle)
    }

    /// Adds some samples and what lies as far before the middle. Not inlined for the reason that
    /// [`charge`](Waves::charge) is not.
    #[inline(never)]
    fn add(&mut self, after: &[i16; LANES], before: &[i16; LANES]) {
        let (after, before) = (Lanes::of(after), Lanes::of(&reversed(before)));
        let (even, odd) = (after + before, after - before);
        let Waves { low, high } = &mut self.waves;
        self.low_cos += even * low.cos;
        self.low_sin += odd * low.sin;
        self.high_cos += even * high.cos;
        self.high_sin += odd * high.sin;
        self.sum += even;
        self.energy += after * after + before * before;
        low.advance();
        high.advance();
    }

    fn finish(&self, middle: f32) -> Projections {
        Projections {
            low: Turn { cos: self.low_cos.sum() + middle, sin: self.low_sin.sum() },
            high: Turn { cos: self.high_cos.sum() + middle, sin: self.high_sin.sum() },
            sum: self.sum.sum() + middle,
            energy: self.energy.sum() + middle * middle,
        }
    }
}

impl Amplitudes {
    fn powers(&self) -> (f32, f32) {
        (0.5 * self.low.square(), 0.5 * self.high.square())
    }

    /// The same run, taken backwards.
    fn mirrored(&self) -> Self {
        Self { low: self.low.back(), high: self.high.back(), ..*self }
    }

    /// The part of the energy that the tones and the constant explain.
    fn explained(&self, sums: &Projections) -> f32 {
        let dot = |a: Turn, b: Turn| a.cos * b.cos + a.sin * b.sin;
        dot(self.low, sums.low) + dot(self.high, sums.high) + self.constant * sums.sum
    }
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
    fn new(Pair { low, high }: &Pair) -> Self {
        Self {
            count: low.count(),
            low: low.cosines(),
            high: high.cosines(),
            twice_low: low.twice().cosines(),
            twice_high: high.twice().cosines(),
            sum: high.plus(low).cosines(),
            difference: high.minus(low).cosines(),
        }
    }

    fn solve(&self, sums: &Projections) -> Option<Amplitudes> {
        // Around the middle of the run cosines and sines have nothing in common, so that each kind is solved alone.
        let [low_sin, high_sin] = self.solve_sines([sums.low.sin, sums.high.sin])?;
        let [low_cos, high_cos, constant] = self.solve_cosines([sums.low.cos, sums.high.cos, sums.sum])?;
        let low = Turn { cos: low_cos, sin: low_sin };
        Some(Amplitudes { low, high: Turn { cos: high_cos, sin: high_sin }, constant })
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
        assert!(fit.run_forward(&line[100..], 0, &[]).abs_diff(256) <= 4);
        // Ten samples of the line are lost, and nothing of the tone.
        assert!(fit.run_forward(&line[100..200], 10, &line[210..]).abs_diff(246) <= 4);
        assert!(fit.run_backward(&line[..304], 0, &[]).abs_diff(254) <= 4);
    }

    #[test]
    fn nothing_is_fitted_to_too_little() {
        assert!(ToneFit::new(&[], (radians(941.0), radians(1_477.0))).is_none());
        assert!(ToneFit::new(&[1, 2, 3], (radians(941.0), radians(1_477.0))).is_none());
    }
}
