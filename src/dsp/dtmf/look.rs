use super::Digit;
use super::fit::ToneFit;
use super::limits::Limits;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};
use crate::line::level::db_from_power_ratio;

/// Samples of a first fit: two blocks.
const FIT_SAMPLES: usize = 2 * BLOCK_SAMPLES;
/// Fewest samples that a last look is worth.
const LEAST_SAMPLES: usize = 150;
/// Least part of the power that the two tones make up in a first fit, whose first samples may come before the tone.
const MIN_COARSE_PURITY: f32 = 0.75;
/// What the two tones may leave unexplained: white noise 8 dB below each of them leaves 0.07 to 0.10, dial tone 10 dB
/// below 0.09 to 0.11.
const MAX_IMPURITY: f32 = 0.125;
/// How much, in decibels, a third of the tone may be louder or softer than all of it: an echo 10 dB down is 2.
const MAX_UNSTEADINESS_DB: f32 = 2.5;
/// The part of the tones' power that may stand at twice a tone's frequency: voices have harmonics.
const MAX_HARMONIC: f32 = 0.02;
/// A loss that ends a tone for certain, 100 ms: what comes after it is another press.
const LOSS_MAX_SAMPLES: usize = 800;

/// A look at the newest block and the ones before it.
pub(super) struct Look<'a> {
    limits: &'a Limits,
    history: [i16; HISTORY_SAMPLES],
    /// Index of the first sample after a loss; what lies before it comes earlier by `lost` samples. 0 and 0 where
    /// nothing was lost.
    seam: usize,
    lost: usize,
    usable_from: usize,
    end_sample: u64,
}

/// Tones that are a digit's in every respect.
pub(super) struct Verified {
    /// Mean squares of the low and the high tone.
    pub(super) powers: (f32, f32),
    /// The first sample after them, as far as was looked.
    pub(super) end_sample: u64,
}

/// Tones that a fit found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) start_sample: u64,
    /// Radians a sample.
    pub(super) frequencies: (f32, f32),
    /// How far the limits may be used up.
    pub(super) max_strain: f32,
}

impl<'a> Look<'a> {
    pub(super) fn new(limits: &'a Limits, blocks: &'a BlockBuffer) -> Self {
        let seam = blocks.seam();
        Self {
            limits,
            history: blocks.history(),
            seam: seam.map_or(0, |seam| seam.index),
            lost: seam.map_or(0, |seam| seam.lost_samples),
            usable_from: seam.map_or(0, |seam| {
                if seam.lost_samples > LOSS_MAX_SAMPLES { seam.index } else { seam.usable_from }
            }),
            end_sample: blocks.position(),
        }
    }

    pub(super) const fn limits(&self) -> &Limits {
        self.limits
    }

    /// The block before the newest one.
    pub(super) fn block_before(&self) -> Option<&[i16; BLOCK_SAMPLES]> {
        self.history.as_chunks().0.get(1)
    }

    /// Position of the sample at an index of the history, or of its end.
    fn sample_at(&self, index: usize) -> u64 {
        let lost = if index < self.seam { self.lost } else { 0 };
        self.end_sample.saturating_sub((HISTORY_SAMPLES - index).saturating_add(lost) as u64)
    }

    /// Index of a position in the history; what is older than that is at its beginning.
    fn index_of(&self, sample: u64) -> usize {
        let back = usize::try_from(self.end_sample.saturating_sub(sample)).unwrap_or(usize::MAX);
        let after_seam = HISTORY_SAMPLES - self.seam;
        if back <= after_seam {
            HISTORY_SAMPLES - back
        } else {
            self.lost
                .saturating_add(HISTORY_SAMPLES)
                .saturating_sub(back)
                .max(self.usable_from)
                .min(self.seam)
        }
    }

    /// Whether the newest block follows a loss, so that its phase says nothing against the one before.
    pub(super) const fn follows_loss(&self) -> bool {
        self.lost > 0 && self.seam == HISTORY_SAMPLES - BLOCK_SAMPLES
    }

    /// Whether the newest block follows so long a loss that no tone before it goes on.
    pub(super) const fn lost_too_much(&self) -> bool {
        self.follows_loss() && self.lost > LOSS_MAX_SAMPLES
    }

    /// The first sample that was lost before the newest block.
    pub(super) fn loss_sample(&self) -> u64 {
        self.end_sample.saturating_sub((BLOCK_SAMPLES as u64).saturating_add(self.lost as u64))
    }

    /// Fits the two newest blocks and finds where the tones began, if they may be a digit's.
    pub(super) fn confirm(&self, digit: Digit, near: (f32, f32)) -> Option<Found> {
        let first = HISTORY_SAMPLES - FIT_SAMPLES;
        if self.seam > first {
            return None;
        }
        let (before, newest) = self.history.split_at(first);
        let fit = ToneFit::new(newest, near)?;
        if fit.purity() < MIN_COARSE_PURITY || !self.limits.has_frequencies(digit, fit.frequencies()) {
            return None;
        }
        let lost = self.history.get(self.usable_from..self.seam).unwrap_or_default();
        let since_loss = before.get(self.seam..).unwrap_or_default();
        let whole = FIT_SAMPLES + since_loss.len();
        let near = self.history.get(HISTORY_SAMPLES - whole..).unwrap_or_default();
        let run = fit.run_backward(near, self.lost, lost);
        Some(Found {
            start_sample: self.sample_at(HISTORY_SAMPLES.saturating_sub(run)),
            frequencies: fit.frequencies(),
            max_strain: 1.0,
        })
    }

    /// Looks at the tones between two positions as a whole.
    pub(super) fn verify(&self, digit: Digit, found: &Found, end_sample: u64) -> Option<Verified> {
        let (start, end) = (self.index_of(found.start_sample), self.index_of(end_sample));
        // A loss leaves two parts: the longer one is looked at.
        let window = if start < self.seam && self.seam < end {
            if self.seam - start > end - self.seam { start..self.seam } else { self.seam..end }
        } else {
            start..end
        };
        let first = window.start;
        let mut samples = self.history.get(window)?;
        let mut fit = ToneFit::new(samples, found.frequencies)?;
        // The tones may have ended within the newest block.
        let run = fit.run_forward(samples, 0, &[]);
        let mut end_sample = end_sample;
        if run < samples.len() {
            samples = samples.get(..run.max(LEAST_SAMPLES))?;
            fit = ToneFit::new(samples, fit.frequencies())?;
            // The part before a loss ends there because of the loss.
            if end != self.seam && first + run <= end {
                end_sample = self.sample_at(first + run);
            }
        }
        self.is_digit(digit, &fit, samples, found.max_strain)
            .then(|| Verified { powers: fit.powers(), end_sample })
    }

    /// Tones may lie in the corner of what has to be accepted (deviations and twist at once), or be impure, or unsteady:
    /// speech and music that pass for digits are a bit of everything.
    fn is_digit(&self, digit: Digit, fit: &ToneFit, samples: &[i16], max_strain: f32) -> bool {
        let corner = self.limits.corner(digit, fit.frequencies(), fit.powers());
        let impurity = (1.0 - fit.purity()) / MAX_IMPURITY;
        let strain = |unsteadiness: f32| corner + impurity * impurity + unsteadiness * unsteadiness;
        // What is cheap to ask goes first.
        self.limits.has_frequencies(digit, fit.frequencies())
            && self.limits.has_levels(fit.powers())
            && strain(0.0) <= max_strain
            && strain(libm::hypotf(
                unsteadiness_db(fit) / MAX_UNSTEADINESS_DB,
                fit.harmonic(samples) / MAX_HARMONIC,
            )) <= max_strain
    }

    /// First sample after tones that sounded until the newest block, where they are not heard any more.
    pub(super) fn tone_end(&self, found: &Found) -> u64 {
        let newest = HISTORY_SAMPLES - BLOCK_SAMPLES;
        let mut start = self.index_of(found.start_sample).min(newest - BLOCK_SAMPLES);
        if self.seam < newest {
            start = start.max(self.seam);
        }
        // Not up to the newest block: the tones may have ended shortly before it.
        let until = (start + 3 * BLOCK_SAMPLES / 2).min(newest);
        let fitted = self.history.get(start..until).unwrap_or_default();
        let Some(fit) = ToneFit::new(fitted, found.frequencies) else {
            return self.sample_at(newest);
        };
        let turn = if self.follows_loss() { newest } else { HISTORY_SAMPLES };
        let near = self.history.get(start..turn).unwrap_or_default();
        let far = self.history.get(turn..).unwrap_or_default();
        let run = fit.run_forward(near, self.lost, far);
        // Tones that held until a loss ended there, for all that is known.
        if start + run == turn { self.sample_at(turn - 1) + 1 } else { self.sample_at(start + run) }
    }
}

/// By how much, in decibels, a third of either tone differs most from all of it.
fn unsteadiness_db(fit: &ToneFit) -> f32 {
    let (low, high) = fit.powers();
    let differences = fit.thirds().iter().map(|(low_part, high_part)| {
        db_from_power_ratio(low_part / low).abs().max(db_from_power_ratio(high_part / high).abs())
    });
    differences.fold(0.0, f32::max)
}
