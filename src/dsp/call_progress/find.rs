use super::bank::{BANK, BANK_HZ, BIN_HZ, Band, LOW, bank_hz, frequency_hz, turns_alike};
use super::fit::{Fit, Fitting, SINES_MAX, Sine};
use crate::dsp::HISTORY_SAMPLES;
use crate::dsp::goertzel::{BlockSpectrum, Kernel};

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
    let checked = |fit: Fit| if sound(&fit) { Ok(fit) } else { Err(fit.purity) };
    match band {
        Band::High(place) => {
            let one = Fitting::new(kernel, history, [by_crossings(history)]).settled(3);
            if sound(&one) || place + 1 != BANK_HZ.len() {
                return checked(one);
            }
            let four = Fitting::new(kernel, history, HOWLER_HZ).settled(3);
            let least = 0.05 * four.sines.iter().map(Sine::power).sum::<f32>();
            if four.sines.iter().all(|sine| sine.power() >= least) { checked(four) } else { Err(four.purity) }
        }
        Band::Any => checked(Fitting::new(kernel, history, [by_crossings(history)]).settled(3)),
        Band::Low => {
            let (first, other) = low_hz(earlier, later);
            let mut fitting = Fitting::new(kernel, history, [first]);
            let one = fitting.settled(2);
            if sound(&one) {
                return Ok(one);
            }
            if let Some(other) = other.filter(|_| turns_alike(earlier, later)) {
                let one = fitting.with([other]).settled(2);
                if sound(&one) {
                    return Ok(one);
                }
            }
            let [earlier, later] = one.rest(kernel, history).map(|rest| BANK.measure(kernel, &rest));
            let (second, other) = low_hz(&earlier, &later);
            let [Sine { hz: first, .. }, ..] = one.sines;
            // Most of what is no pair shows early.
            let mut pair = fitting.with([first, second]);
            let mut two = pair.settled(2);
            if let Some(other) = other.filter(|_| two.purity < MIN_PURITY) {
                let mut other = fitting.with([first, other]);
                let fit = other.settled(2);
                if fit.purity > two.purity {
                    (pair, two) = (other, fit);
                }
            }
            if two.purity < MIN_PAIR_PURITY {
                return Err(two.purity);
            }
            if !two.is_settled() {
                two = pair.settled(3);
            }
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
