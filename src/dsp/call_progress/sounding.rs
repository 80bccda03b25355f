use super::bank::{LOW, may_be_tones};
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
    pub(super) steadiness: Steadiness,
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
            steadiness: Steadiness::new(&voice, &reference),
            is_pair: matches!(voice, Voice::Steady([_, second, ..]) if second.hz > 0.0),
            missed: 0,
        }
    }

    /// Whether the newest block holds it, too.
    pub(super) fn goes_on(
        &mut self,
        before: &BlockSpectrum<8>,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
        follows_loss: bool,
    ) -> bool {
        let powers = spectrum.powers();
        match self.voice {
            Voice::Steady(_) => {
                let common: f32 = powers.iter().zip(self.reference).map(|(a, b)| a.min(b)).sum();
                let sum: f32 = self.reference.iter().sum();
                // A tone beside the bank shows in the total alone.
                let known = || sum < 0.2 * self.power || common >= 0.5 * sum;
                // Between two tones the bank's powers depend on how their phases meet.
                let still_pair = || self.is_pair && may_be_tones(before, earlier, spectrum);
                let level = (0.5 * self.power..=1.8 * self.power).contains(&spectrum.total);
                let holds = level && (known() || still_pair());
                if holds && !follows_loss {
                    self.steadiness.block(earlier, spectrum);
                }
                holds
            }
            Voice::Modulated(_) => {
                let low: f32 = powers.iter().take(LOW).sum();
                let level = 0.03 * self.power..=4.0 * self.power;
                let holds = low >= 0.6 * spectrum.total && level.contains(&spectrum.total);
                if holds && !follows_loss {
                    self.steadiness.block(earlier, spectrum);
                }
                self.missed = if holds { 0 } else { self.missed.saturating_add(1) };
                self.missed < 2
            }
        }
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
