use super::bank::{LOW, spread};
use super::fit::{SINES_MAX, Sine};
use crate::dsp::tone_plan::TonePattern;

/// The frequencies of the special information tone, each ±50 Hz (ITU-T E.180 and the variants of North America).
const SPECIAL_INFORMATION_HZ: [f32; 3] = [950.0, 1_400.0, 1_800.0];
const SPECIAL_INFORMATION_DEVIATION_HZ: f32 = 50.0;
/// Tones closer than this cannot be told apart within the history: they are heard as one that swells.
const CLOSE_HZ: f32 = 70.0;
/// How far a modulated tone's spread over the bank may differ from the expected one.
const MAX_SPREAD_DIFFERENCE: f32 = 0.3;

/// What sounds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Voice {
    /// Steady sinusoids, the stronger ones first.
    Steady([Sine; SINES_MAX]),
    /// A tone that swells, by how its power spreads over the bank.
    Modulated([f32; LOW]),
}

/// What planned tones may deviate: exchanges keep ±1.5 %, and 10 Hz covers the variants that tables round.
fn deviation_hz(hz: f32) -> f32 {
    (0.02 * hz).max(10.0)
}

impl Voice {
    /// Frequencies from low to high; 0 are unused and come first.
    fn sorted(sines: &[Sine; SINES_MAX]) -> [f32; SINES_MAX] {
        let mut sorted = sines.map(|sine| sine.hz);
        sort(&mut sorted);
        sorted
    }

    /// The frequencies from low to high, in whole hertz, 0 where unused.
    pub(super) fn frequencies_hz(&self) -> [u16; SINES_MAX] {
        let mut frequencies = [0; SINES_MAX];
        if let Self::Steady(sines) = self {
            let heard = Self::sorted(sines).into_iter().filter(|&hz| hz > 0.0);
            frequencies.iter_mut().zip(heard).for_each(|(to, hz)| *to = libm::roundf(hz) as u16);
        }
        frequencies
    }

    /// Whether both are the same tone of one source: what an exchange sends does not move by half a per cent.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Steady(a), Self::Steady(b)) => {
                let close = |(a, b): (f32, f32)| (a - b).abs() <= (0.008 * a).max(3.0);
                Self::sorted(a).into_iter().zip(Self::sorted(b)).all(close)
            }
            (Self::Modulated(a), Self::Modulated(b)) => difference(a, b) <= MAX_SPREAD_DIFFERENCE,
            _ => false,
        }
    }

    /// How far this is from a pattern's frequencies: 0 where it meets them, 1 at the limit, nothing beyond.
    pub(super) fn deviation(&self, pattern: &TonePattern) -> Option<f32> {
        match self {
            Self::Steady(sines) => {
                // Nearly all patterns fail this.
                let [first, ..] = sines;
                let may_be =
                    |&wanted: &u16| (first.hz - f32::from(wanted)).abs() <= deviation_hz(f32::from(wanted));
                if !pattern.frequencies_hz.iter().any(may_be) {
                    return None;
                }
                let wanted = pattern.frequencies();
                let heard = Self::sorted(sines);
                let count = heard.iter().filter(|&&hz| hz > 0.0).count();
                if count != wanted.len() || (count > 1 && is_close(wanted)) {
                    return None;
                }
                let mut sorted = pattern.frequencies_hz;
                sort(&mut sorted);
                let worst = heard.iter().zip(sorted).fold(0.0f32, |worst, (&hz, wanted)| {
                    let wanted = f32::from(wanted);
                    worst.max((hz - wanted).abs() / deviation_hz(wanted))
                });
                (worst <= 1.0).then_some(worst)
            }
            Self::Modulated(heard) => {
                let wanted = pattern.frequencies();
                if !pattern.modulated && !is_close(wanted) {
                    return None;
                }
                let mut expected = [0.0; LOW];
                for &hz in wanted {
                    let parts = spread(f32::from(hz));
                    expected.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
                }
                let difference = difference(&normalised(expected), heard) / MAX_SPREAD_DIFFERENCE;
                (difference <= 1.0).then_some(difference)
            }
        }
    }

    /// Whether a plan without a country takes it: steady, one tone or two, 300 to 660 Hz.
    pub(super) fn is_generic(&self) -> bool {
        let Self::Steady(sines) = self else { return false };
        let heard = || sines.iter().filter(|sine| sine.hz > 0.0);
        heard().count() <= 2 && heard().all(|sine| (300.0..=660.0).contains(&sine.hz))
    }

    /// Which of the special information tone's three this is.
    pub(super) fn special_information(&self) -> Option<usize> {
        let Self::Steady([first, second, ..]) = self else { return None };
        let near = |hz: &f32| (first.hz - hz).abs() <= SPECIAL_INFORMATION_DEVIATION_HZ;
        SPECIAL_INFORMATION_HZ.iter().position(near).filter(|_| second.hz == 0.0)
    }
}

/// Sorts four values as a network of comparisons does.
fn sort<T: PartialOrd>([a, b, c, d]: &mut [T; SINES_MAX]) {
    let order = |low: &mut T, high: &mut T| {
        if *low > *high {
            core::mem::swap(low, high);
        }
    };
    order(a, b);
    order(c, d);
    order(a, c);
    order(b, d);
    order(b, c);
}

/// Whether frequencies are too close to be told apart.
fn is_close(wanted: &[u16]) -> bool {
    let low = wanted.iter().min().copied().unwrap_or(0);
    let high = wanted.iter().max().copied().unwrap_or(0);
    wanted.len() > 1 && f32::from(high - low) < CLOSE_HZ
}

/// Parts of a whole.
pub(super) fn normalised(powers: [f32; LOW]) -> [f32; LOW] {
    let sum: f32 = powers.iter().sum();
    powers.map(|power| if sum > 0.0 { power / sum } else { 0.0 })
}

pub(super) fn difference(a: &[f32; LOW], b: &[f32; LOW]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}
