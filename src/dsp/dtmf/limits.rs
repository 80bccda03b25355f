use super::fit::radians;
use super::{Digit, DtmfProfile, HIGH_HZ, LOW_HZ};
use crate::dsp::goertzel::{BlockSpectrum, Component};
use crate::line::level::{db_from_power_ratio, mean_square_from_dbm0};

/// How far beyond what has to be accepted the limits lie: the fit tells frequencies to 0.05 %, and the rest is kept
/// from speech.
const DEVIATION_MARGIN: f32 = 0.002;
const TWIST_MARGIN_DB: f32 = 2.0;
/// The tone may fill a part of a block only.
const PART_OF_MIN_LEVEL: f32 = 0.25;
/// A block's phase tells frequencies less well, above all where the tone fills a part of it only.
const COARSE_DEVIATION_MARGIN: f32 = 0.012;

/// The sum of squares of both deviations and of the twist, each as a part of what is accepted, that tones may have. The
/// standards' corners have 3.
const CORNER: f32 = 2.7;
/// The same where the corners are wanted whole, and a little more for what noise adds.
const WHOLE_CORNER: f32 = 3.5;

/// A profile as what is compared while audio runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) accept_deviation: f32,
    pub(super) accept_deviation_radians: f32,
    pub(super) min_level: f32,
    pub(super) normal_twist_db: f32,
    pub(super) reverse_twist_db: f32,
    pub(super) min_tone_samples: u32,
    pub(super) min_pause_samples: u32,
    max_corner: f32,
}

/// A block that may hold a digit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) digit: Digit,
    pub(super) low: Component,
    pub(super) high: Component,
    /// Power of the weaker of both tones.
    pub(super) power: f32,
}

impl Limits {
    /// Levels and times lie halfway between what has to be accepted and what has to be rejected.
    pub(super) fn new(profile: &DtmfProfile) -> Self {
        let halfway = |accept_ms: u32, reject_ms: u32| 4 * (accept_ms + reject_ms);
        Self {
            accept_deviation: profile.accept_deviation_percent / 100.0,
            accept_deviation_radians: radians(profile.accept_deviation_hz),
            min_level: mean_square_from_dbm0(
                0.6 * profile.accept_level_dbm0 + 0.4 * profile.reject_level_dbm0,
            ),
            normal_twist_db: profile.normal_twist_db,
            reverse_twist_db: profile.reverse_twist_db,
            min_tone_samples: halfway(profile.accept_tone_ms, profile.reject_tone_ms),
            min_pause_samples: halfway(profile.accept_pause_ms, profile.interruption_ms),
            max_corner: if profile.whole_corners { WHOLE_CORNER } else { CORNER },
        }
    }

    /// Mean square below which a block holds no digit: both tones are in it, and a block's power at two of the bank's
    /// frequencies is 1.15 times its mean square at most.
    #[inline]
    pub(super) fn least_total(&self) -> f32 {
        PART_OF_MIN_LEVEL * self.min_level * (2.0 / 1.15)
    }

    /// The digit that a block may hold: one row and one column stand out. Loose on purpose, as the tone may fill a
    /// part of the block only, and lie beside the bank's frequencies.
    #[inline]
    pub(super) fn candidate(&self, spectrum: &BlockSpectrum<8>) -> Option<Heard> {
        const RELATIVE_PEAK: f32 = 2.5;
        const MAX_TWIST: f32 = 25.0;
        const MIN_PURITY: f32 = 0.5;
        if spectrum.total < self.least_total() {
            return None;
        }
        let [a, b, c, d, e, f, g, h] = spectrum.powers();
        let low = Peak::of([a, b, c, d]);
        let high = Peak::of([e, f, g, h]);
        let pure = low.strongest + high.strongest >= MIN_PURITY * spectrum.total;
        let least = PART_OF_MIN_LEVEL * self.min_level;
        let strong = low.strongest >= least && high.strongest >= least;
        // Nearly every block ends here.
        if !(pure && strong) {
            return None;
        }
        let even = low.strongest <= MAX_TWIST * high.strongest && high.strongest <= MAX_TWIST * low.strongest;
        if !(even && low.stands_out(RELATIVE_PEAK) && high.stands_out(RELATIVE_PEAK)) {
            return None;
        }
        let (row, column) = (low.place([a, b, c, d]), high.place([e, f, g, h]));
        Some(Heard {
            digit: Digit::at(row, column)?,
            low: spectrum.component(row),
            high: spectrum.component(4 + column),
            power: low.strongest.min(high.strongest),
        })
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
    pub(super) fn has_levels(&self, powers: (f32, f32)) -> bool {
        let (normal, reverse) = twist_db(powers);
        powers.0.min(powers.1) >= self.min_level
            && normal <= self.normal_twist_db + TWIST_MARGIN_DB
            && reverse <= self.reverse_twist_db + TWIST_MARGIN_DB
    }

    /// How close tones come to the corners of what is accepted: 1 there.
    pub(super) fn corner(&self, digit: Digit, frequencies: (f32, f32), powers: (f32, f32)) -> f32 {
        let (low, high) = nominal(digit);
        let accepted = |nominal: f32| self.accept_deviation * nominal + self.accept_deviation_radians;
        let (normal, reverse) = twist_db(powers);
        // A profile may accept no twist at all; half a decibel is measured all the same.
        let twist = (normal / self.normal_twist_db.max(1.0)).max(reverse / self.reverse_twist_db.max(1.0));
        let low_deviation = (frequencies.0 - low) / accepted(low);
        let high_deviation = (frequencies.1 - high) / accepted(high);
        let corner = low_deviation * low_deviation + high_deviation * high_deviation + twist * twist;
        corner / self.max_corner
    }
}

/// How far, in decibels, the low tone is above the high one, and the other way round.
fn twist_db((low, high): (f32, f32)) -> (f32, f32) {
    let normal = db_from_power_ratio(low / high);
    (normal, -normal)
}

/// Frequencies of a digit in radians a sample.
fn nominal(digit: Digit) -> (f32, f32) {
    let (row, column) = digit.row_and_column();
    let at = |table: &[f32; 4], index: usize| table.get(index).map_or(0.0, |&hz| radians(hz));
    (at(&LOW_HZ, row), at(&HIGH_HZ, column))
}

/// The strongest of four powers, and the strongest of the others.
struct Peak {
    strongest: f32,
    second: f32,
}

impl Peak {
    #[inline]
    fn of([a, b, c, d]: [f32; 4]) -> Self {
        // Powers are numbers: comparisons are all that is needed, and cheaper than `max`.
        let order = |a: f32, b: f32| if a > b { (a, b) } else { (b, a) };
        let (first, first_loser) = order(a, b);
        let (second, second_loser) = order(c, d);
        let loser = if first > second { first_loser } else { second_loser };
        let (strongest, finalist) = order(first, second);
        Self { strongest, second: order(finalist, loser).0 }
    }

    fn stands_out(&self, factor: f32) -> bool {
        self.strongest >= factor * self.second
    }

    fn place(&self, powers: [f32; 4]) -> usize {
        powers.iter().position(|&power| power == self.strongest).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::dsp::BLOCK_SAMPLES;
    use crate::dsp::dtmf::{HIGH_HZ, LOW_HZ};

    /// The block that has most of its energy at two frequencies, by power iteration: how much that is.
    fn most_at(low_hz: f32, high_hz: f32) -> f64 {
        const SAMPLES: f64 = BLOCK_SAMPLES as f64;
        let waves: Vec<Vec<f64>> = [low_hz, high_hz]
            .iter()
            .flat_map(|&hz| [f64::sin, f64::cos].map(|of| (hz, of)))
            .map(|(hz, of)| {
                let at = |i: usize| of(core::f64::consts::TAU * f64::from(hz) / 8_000.0 * i as f64);
                let wave: Vec<f64> = (0..BLOCK_SAMPLES).map(at).collect();
                let mean = wave.iter().sum::<f64>() / SAMPLES;
                wave.into_iter().map(|value| value - mean).collect()
            })
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mut block: Vec<f64> = (0..BLOCK_SAMPLES).map(|i| ((i * i) % 17) as f64 - 8.0).collect();
        let mut power = 0.0;
        for _ in 0..200 {
            let length = dot(&block, &block).sqrt();
            block.iter_mut().for_each(|value| *value /= length);
            let parts: Vec<f64> = waves.iter().map(|wave| dot(wave, &block)).collect();
            power = 2.0 / SAMPLES * dot(&parts, &parts);
            block = (0..BLOCK_SAMPLES)
                .map(|i| dot(&parts, &waves.iter().map(|w| w[i]).collect::<Vec<_>>()))
                .collect();
        }
        power
    }

    #[test]
    fn a_quiet_block_holds_no_digit() {
        let pairs = LOW_HZ.iter().flat_map(|&low| HIGH_HZ.map(|high| most_at(low, high)));
        let most = pairs.fold(0.0, f64::max);
        assert!((1.0..1.15).contains(&most), "{most}");
    }
}
