use super::bank::{BANK, BANK_HZ, BIN_HZ, Band, LOW, bank_hz, frequency_hz, turns_alike};
use super::fit::{Fit, Fitting, SINES_MAX, Sine};
use crate::dsp::goertzel::{BlockSpectrum, Kernel};
use crate::dsp::{BLOCK_SAMPLES, HISTORY_SAMPLES};

/// Least part of the power that the sinusoids make up. Real lines add harmonics at -13 and -17 dB, noise at -20.
const MIN_PURITY: f32 = 0.84;
/// What explains less than this after two rounds is no pair.
const MIN_PAIR_PURITY: f32 = 0.7;
/// The most that a tone's frequency may move in 38 ms.
const MAX_BEND_HZ: f32 = 4.0;
/// The most that a third of a tone may be stronger than another: 2 dB.
const MAX_SWING: f32 = 1.6;
/// The weaker tone of a pair is at most 10 dB below the stronger one.
const MIN_TWIST: f32 = 0.1;
/// Tones of a pair that the fit can tell apart.
const MIN_APART_HZ: f32 = 70.0;
const HOWLER_HZ: [f32; SINES_MAX] = [1_400.0, 2_060.0, 2_450.0, 2_600.0];

/// The sinusoids that the history consists of, or the part of its power that they make up.
pub(super) fn find(
    kernel: Kernel,
    band: Band,
    history: &[i16; HISTORY_SAMPLES],
    earlier: &BlockSpectrum<8>,
    later: &BlockSpectrum<8>,
) -> Result<Fit, f32> {
    let sound = |fit: &Fit| fit.purity >= MIN_PURITY && fit.bend_hz <= MAX_BEND_HZ && fit.swing <= MAX_SWING;
    match band {
        Band::High(place) => {
            let one = Fit::new(history, [by_crossings(history), 0.0, 0.0, 0.0], 2);
            if sound(&one) {
                return Ok(one);
            }
            if place + 1 != BANK_HZ.len() {
                return Err(one.purity);
            }
            let four = Fit::new(history, HOWLER_HZ, 2);
            let least = 0.05 * four.sines.iter().map(Sine::power).sum::<f32>();
            (sound(&four) && four.sines.iter().all(|sine| sine.power() >= least))
                .then_some(four)
                .ok_or(four.purity)
        }
        Band::Any => {
            let one = Fit::new(history, [by_crossings(history), 0.0, 0.0, 0.0], 2);
            if sound(&one) { Ok(one) } else { Err(one.purity) }
        }
        Band::Low => {
            let (first, other) = low_hz(earlier, later);
            let mut fitting = Fitting::new(history, [first, 0.0, 0.0, 0.0]);
            let one = fitting.refined(1);
            if sound(&one) {
                return Ok(one);
            }
            if let Some(other) = other.filter(|_| turns_alike(earlier, later)) {
                let one = Fit::new(history, [other, 0.0, 0.0, 0.0], 1);
                if sound(&one) {
                    return Ok(one);
                }
            }
            let rest = fitting.rest();
            let ([_, earlier, later], []) = rest.as_chunks::<BLOCK_SAMPLES>() else { return Err(0.0) };
            let (earlier, later) = (BANK.measure(kernel, earlier), BANK.measure(kernel, later));
            let (second, other) = low_hz(&earlier, &later);
            // Most of what is no pair shows early.
            let mut pair = fitting.and(second);
            let mut rough = pair.refined(2).purity;
            if let Some(mut other) = other.filter(|_| rough < MIN_PURITY).map(|other| fitting.and(other)) {
                let purity = other.refined(2).purity;
                if purity > rough {
                    (pair, rough) = (other, purity);
                }
            }
            if rough < MIN_PAIR_PURITY {
                return Err(rough);
            }
            let two = pair.settled(3);
            let [a, b, ..] = two.sines;
            let even = a.power() >= MIN_TWIST * b.power() && b.power() >= MIN_TWIST * a.power();
            let sound = two.purity >= MIN_PURITY && two.bend_hz <= 2.0 * MAX_BEND_HZ && two.swing <= 2.0;
            (sound && even && (a.hz - b.hz).abs() >= MIN_APART_HZ).then_some(two).ok_or(two.purity)
        }
    }
}

/// The place of the strongest low frequency.
fn strongest_low(spectrum: &BlockSpectrum<8>) -> usize {
    let mut strongest = (0, 0.0);
    for (place, power) in spectrum.powers().into_iter().take(LOW).enumerate() {
        if power > strongest.1 {
            strongest = (place, power);
        }
    }
    strongest.0
}

/// The frequency of the strongest low tone, and the other one that it may be: halfway between two of the bank's the
/// phase does not tell on which side it lies.
fn low_hz(earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> (f32, Option<f32>) {
    let place = strongest_low(later);
    let hz = frequency_hz(place, bank_hz(place), earlier, later);
    let away = hz - bank_hz(place);
    (hz, (away.abs() > 20.0).then(|| hz - BIN_HZ as f32 * away.signum()))
}

/// A frequency by the zero crossings, for a tone that lies anywhere.
fn by_crossings(history: &[i16; HISTORY_SAMPLES]) -> f32 {
    let crossings = history.windows(2).filter(|pair| matches!(pair, [a, b] if (*a < 0) != (*b < 0))).count();
    crossings as f32 * 4_000.0 / (HISTORY_SAMPLES - 1) as f32
}
