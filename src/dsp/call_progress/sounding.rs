use super::bank::LOW;
use super::fit::Fit;
use super::scores::Scores;
use super::steadiness::Steadiness;
use super::voice::Voice;
use crate::dsp::goertzel::{BlockSpectrum, Kernel};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// A tone that was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sounding {
    voice: Voice,
    power: f32,
    /// Powers at the bank's frequencies while it sounds.
    reference: [f32; 8],
    reference_sum: f32,
    steadiness: Steadiness,
    is_pair: bool,
    /// Blocks that did not hold it, of late.
    missed: u8,
}

impl Sounding {
    /// By the two newest blocks.
    pub(super) fn new(
        voice: Voice,
        power: f32,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
    ) -> Self {
        let mut reference = spectrum.powers();
        reference.iter_mut().zip(earlier.powers()).for_each(|(power, other)| *power = 0.5 * (*power + other));
        Self {
            voice,
            power,
            reference,
            reference_sum: reference.iter().sum(),
            steadiness: Steadiness::new(&voice, &reference),
            is_pair: matches!(voice, Voice::Steady([_, second, ..]) if second.hz > 0.0),
            missed: 0,
        }
    }

    /// Whether a block this strong holds it for certain, so that the next one is soon enough to look closer.
    pub(super) fn may_pass_over(&self, total: f32) -> bool {
        matches!(self.voice, Voice::Steady(_)) && (0.75 * self.power..=1.3 * self.power).contains(&total)
    }

    /// Whether a block is as strong as the tone, and spreads over the bank as it does.
    pub(super) fn is_in(&self, spectrum: &BlockSpectrum<8>) -> bool {
        let powers = spectrum.powers();
        match &self.voice {
            Voice::Steady(_) => {
                let common = powers.iter().zip(&self.reference).fold(0.0, |sum, (&a, &b)| sum + a.min(b));
                // A tone beside the bank shows in the total alone.
                let known = common >= 0.5 * self.reference_sum || self.reference_sum < 0.2 * self.power;
                known && self.has_level_of(spectrum)
            }
            Voice::Modulated(_) => {
                let low: f32 = powers.iter().take(LOW).sum();
                let level = 0.03 * self.power..=4.0 * self.power;
                low >= 0.6 * spectrum.total && level.contains(&spectrum.total)
            }
        }
    }

    /// Whether a block may be a pair's all the same: between two tones the bank's powers depend on how their phases meet.
    pub(super) fn may_be_pair_in(&self, spectrum: &BlockSpectrum<8>) -> bool {
        self.is_pair && self.has_level_of(spectrum)
    }

    fn has_level_of(&self, spectrum: &BlockSpectrum<8>) -> bool {
        (0.5 * self.power..=1.8 * self.power).contains(&spectrum.total)
    }

    /// The newest block holds it, and so did one so many blocks earlier.
    pub(super) fn held(&mut self, earlier: &BlockSpectrum<8>, spectrum: &BlockSpectrum<8>, apart: u8) {
        self.steadiness.block(earlier, spectrum, apart);
        self.missed = 0;
    }

    /// The newest block does not hold it. Whether one may be missing: what swells is weak at times.
    pub(super) fn misses(&mut self) -> bool {
        self.missed = self.missed.saturating_add(1);
        matches!(self.voice, Voice::Modulated(_)) && self.missed < 2
    }

    /// One more block that is part of it, whether it is looked at or not.
    pub(super) fn follow(&mut self) {
        self.steadiness.follow();
    }

    /// It goes on with what sounded before an interruption.
    pub(super) fn resume(&mut self, earlier: &Steadiness) {
        self.steadiness.resume(earlier);
    }

    pub(super) const fn steadiness(&self) -> &Steadiness {
        &self.steadiness
    }

    /// The sample after the tone's last one, where the newest block does not hold it any more.
    pub(super) fn end(&self, kernel: Kernel, blocks: &BlockBuffer) -> u64 {
        let newest = HISTORY_SAMPLES - BLOCK_SAMPLES;
        let history = blocks.history();
        let seam = blocks.seam();
        let from = seam.map_or(0, |seam| seam.index);
        if from >= newest {
            // It held until the loss, for all that is known.
            let lost = seam.map_or(0, |seam| seam.lost_samples);
            return blocks.position().saturating_sub((BLOCK_SAMPLES + lost) as u64);
        }
        let (from, scores) = match &self.voice {
            Voice::Steady(sines) => {
                let fit = Fit::known(kernel, &history, sines, from / BLOCK_SAMPLES);
                // The oldest block held it.
                let middle = from + BLOCK_SAMPLES / 2;
                (middle, fit.scores(kernel, history.get(middle..).unwrap_or_default(), 0.5))
            }
            Voice::Modulated(_) => {
                let samples = history.get(from..).unwrap_or_default();
                (from, Scores::of_power(samples, 0.25 * self.power))
            }
        };
        blocks.position().saturating_sub((HISTORY_SAMPLES - from - scores.longest()) as u64)
    }
}
