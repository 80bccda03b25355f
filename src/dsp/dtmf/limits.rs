use super::fit::radians;
use super::{Digit, DtmfProfile, HIGH_HZ, LOW_HZ};
use crate::dsp::goertzel::{BlockSpectrum, Component};
use crate::line::level::{mean_square_from_dbm0, power_ratio_from_db};

/// How far beyond what has to be accepted the limits lie: the fit tells frequencies to 0.05 %, and the rest is kept
/// from speech.
const DEVIATION_MARGIN: f32 = 0.0025;
const TWIST_MARGIN_DB: f32 = 0.5;
/// A block's phase tells frequencies less well, above all where the tone fills a part of it only.
const COARSE_DEVIATION_MARGIN: f32 = 0.012;

/// A profile as what is compared while audio runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) accept_deviation: f32,
    pub(super) accept_deviation_radians: f32,
    pub(super) min_level: f32,
    pub(super) max_normal_twist: f32,
    pub(super) max_reverse_twist: f32,
    pub(super) min_tone_samples: u32,
    pub(super) min_pause_samples: u32,
}

/// A block that may hold a digit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) digit: Digit,
    pub(super) low: Component,
    pub(super) high: Component,
}

impl Limits {
    /// Levels and times lie halfway between what has to be accepted and what has to be rejected.
    pub(super) fn new(profile: &DtmfProfile) -> Self {
        let halfway = |accept_ms: u32, reject_ms: u32| 4 * (accept_ms + reject_ms);
        Self {
            accept_deviation: profile.accept_deviation_percent / 100.0,
            accept_deviation_radians: radians(profile.accept_deviation_hz),
            min_level: mean_square_from_dbm0(0.5 * (profile.accept_level_dbm0 + profile.reject_level_dbm0)),
            max_normal_twist: power_ratio_from_db(profile.normal_twist_db + TWIST_MARGIN_DB),
            max_reverse_twist: power_ratio_from_db(profile.reverse_twist_db + TWIST_MARGIN_DB),
            min_tone_samples: halfway(profile.accept_tone_ms, profile.reject_tone_ms),
            min_pause_samples: halfway(profile.accept_pause_ms, profile.interruption_ms),
        }
    }

    /// The digit that a block may hold: one row and one column stand out. Loose on purpose, as the tone may fill a
    /// part of the block only, and lie beside the bank's frequencies.
    pub(super) fn candidate(&self, spectrum: &BlockSpectrum<8>) -> Option<Heard> {
        const RELATIVE_PEAK: f32 = 4.0;
        const MAX_TWIST: f32 = 25.0;
        const MIN_PURITY: f32 = 0.5;
        let (low, high) = spectrum.tones.split_at(4);
        let (row, low, low_power) = peak(low, RELATIVE_PEAK)?;
        let (column, high, high_power) = peak(high, RELATIVE_PEAK)?;
        let strong = low_power.min(high_power) >= 0.25 * self.min_level;
        let even = low_power <= MAX_TWIST * high_power && high_power <= MAX_TWIST * low_power;
        let pure = low_power + high_power >= MIN_PURITY * spectrum.total;
        let digit = Digit::at(row, column).filter(|_| strong && even && pure)?;
        Some(Heard { digit, low, high })
    }

    /// The frequencies of two blocks on end that hold the same digit, by the phase that they gain, if these may be
    /// right. More than half a turn from the nominal phase cannot be told, but is beyond any profile.
    pub(super) fn coarse_frequencies(
        &self,
        earlier: Heard,
        later: Heard,
        block_samples: f32,
    ) -> Option<(f32, f32)> {
        let (low, high) = nominal(later.digit);
        let deviation = |nominal: f32, earlier: Component, later: Component| {
            use core::f32::consts::{PI, TAU};
            let turned = later.phase_since(earlier) - nominal * block_samples;
            let turned = turned - TAU * libm::floorf((turned + PI) / TAU);
            turned / block_samples
        };
        let low_deviation = deviation(low, earlier.low, later.low);
        let high_deviation = deviation(high, earlier.high, later.high);
        let right = |nominal: f32, deviation: f32| {
            deviation.abs() <= self.deviation(nominal) + COARSE_DEVIATION_MARGIN * nominal
        };
        (right(low, low_deviation) && right(high, high_deviation))
            .then_some((low + low_deviation, high + high_deviation))
    }

    /// Whether frequencies, in radians a sample, are a digit's.
    pub(super) fn has_frequencies(&self, digit: Digit, (low, high): (f32, f32)) -> bool {
        let (low_nominal, high_nominal) = nominal(digit);
        (low - low_nominal).abs() <= self.deviation(low_nominal)
            && (high - high_nominal).abs() <= self.deviation(high_nominal)
    }

    fn deviation(&self, nominal: f32) -> f32 {
        (self.accept_deviation + DEVIATION_MARGIN) * nominal + self.accept_deviation_radians
    }

    /// Whether powers of the low and the high tone are strong and even enough.
    pub(super) fn has_levels(&self, (low, high): (f32, f32)) -> bool {
        low.min(high) >= self.min_level
            && low <= self.max_normal_twist * high
            && high <= self.max_reverse_twist * low
    }
}

impl Heard {
    /// Power of the weaker of both tones.
    pub(super) fn power(&self) -> f32 {
        self.low.power().min(self.high.power())
    }
}

/// Frequencies of a digit in radians a sample.
fn nominal(digit: Digit) -> (f32, f32) {
    let (row, column) = digit.row_and_column();
    let at = |table: &[f32; 4], index: usize| table.get(index).map_or(0.0, |&hz| radians(hz));
    (at(&LOW_HZ, row), at(&HIGH_HZ, column))
}

/// The strongest component with its index and power, where it exceeds every other by a factor.
fn peak(components: &[Component], factor: f32) -> Option<(usize, Component, f32)> {
    let powers = components.iter().map(|component| component.power());
    let (index, strongest) = powers.clone().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let stands_out = powers.enumerate().all(|(other, power)| other == index || strongest >= factor * power);
    components.get(index).filter(|_| stands_out).map(|&component| (index, component, strongest))
}
