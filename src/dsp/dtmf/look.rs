use super::Digit;
use super::fit::ToneFit;
use super::limits::Limits;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// Samples of a first fit: two blocks.
const FIT_SAMPLES: usize = 2 * BLOCK_SAMPLES;
/// Least part of the power that the two tones make up together: white noise 8 dB below each of them, or dial tone
/// 10 dB below, leaves 0.88.
const MIN_PURITY: f32 = 0.875;
/// The same for the first fit, whose first samples may come before the tone.
const MIN_COARSE_PURITY: f32 = 0.75;
/// The most of the tones' power that may stand at twice a tone's frequency: voices have harmonics.
const MAX_HARMONIC: f32 = 0.006;
/// How much a third of the tone may be louder or softer than all of it: an echo 10 dB down adds 2.4 dB.
const MAX_UNSTEADINESS: f32 = 1.78;

/// A look at the newest block and the ones before it.
pub(super) struct Look<'a> {
    limits: &'a Limits,
    history: &'a [i16; HISTORY_SAMPLES],
    /// Index of the first sample after a loss; what lies before it comes earlier by `lost` samples. 0 and 0 where
    /// nothing was lost.
    seam: usize,
    lost: usize,
    usable_from: usize,
    end_sample: u64,
}

/// Tones that a fit found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) start_sample: u64,
    /// Radians a sample.
    pub(super) frequencies: (f32, f32),
}

impl<'a> Look<'a> {
    pub(super) fn new(limits: &'a Limits, blocks: &'a BlockBuffer) -> Self {
        let seam = blocks.seam();
        Self {
            limits,
            history: blocks.history(),
            seam: seam.map_or(0, |seam| seam.index),
            lost: seam.map_or(0, |seam| seam.lost_samples),
            usable_from: seam.map_or(0, |seam| seam.usable_from),
            end_sample: blocks.position(),
        }
    }

    pub(super) const fn limits(&self) -> &Limits {
        self.limits
    }

    /// Position of the sample at an index of the history, or of its end.
    fn sample_at(&self, index: usize) -> u64 {
        let lost = if index < self.seam { self.lost } else { 0 };
        self.end_sample.saturating_sub((HISTORY_SAMPLES - index + lost) as u64)
    }

    /// Index of a position in the history; what is older than that is at its beginning.
    fn index_of(&self, sample: u64) -> usize {
        let back = usize::try_from(self.end_sample.saturating_sub(sample)).unwrap_or(usize::MAX);
        let after_seam = HISTORY_SAMPLES - self.seam;
        if back <= after_seam {
            HISTORY_SAMPLES - back
        } else {
            (HISTORY_SAMPLES + self.lost).saturating_sub(back).max(self.usable_from).min(self.seam)
        }
    }

    /// Whether the newest block follows a loss, so that its phase says nothing against the one before.
    pub(super) const fn follows_loss(&self) -> bool {
        self.lost > 0 && self.seam == HISTORY_SAMPLES - BLOCK_SAMPLES
    }

    /// Fits the two newest blocks and finds where the tones began, if they may be a digit's.
    pub(super) fn confirm(&self, digit: Digit, near: (f32, f32)) -> Option<Found> {
        let first = HISTORY_SAMPLES - FIT_SAMPLES;
        if self.seam > first {
            return None;
        }
        let (before, newest) = self.history.split_at(first);
        let fit = ToneFit::new(newest, near, 1)?;
        if fit.purity() < MIN_COARSE_PURITY || !self.limits.has_frequencies(digit, fit.frequencies()) {
            return None;
        }
        let lost = self.history.get(self.usable_from..self.seam).unwrap_or_default();
        let since_loss = before.get(self.seam..).unwrap_or_default();
        let whole = FIT_SAMPLES + since_loss.len();
        let near = self.history.get(HISTORY_SAMPLES - whole..).unwrap_or_default();
        let run = fit.run_backward(near, self.lost, lost, (FIT_SAMPLES - 1) as f32);
        Some(Found {
            start_sample: self.sample_at(HISTORY_SAMPLES.saturating_sub(run)),
            frequencies: fit.frequencies(),
        })
    }

    /// Powers of the tones between two positions, if they are a digit's in every respect.
    pub(super) fn verify(&self, digit: Digit, found: &Found, end_sample: u64) -> Option<(f32, f32)> {
        let (start, end) = (self.index_of(found.start_sample), self.index_of(end_sample));
        // A loss leaves two parts: the longer one is looked at.
        let window = if start < self.seam && self.seam < end {
            if self.seam - start > end - self.seam { start..self.seam } else { self.seam..end }
        } else {
            start..end
        };
        let samples = self.history.get(window)?;
        let fit = ToneFit::new(samples, found.frequencies, 2)?;
        let right = self.limits.has_frequencies(digit, fit.frequencies())
            && self.limits.has_levels(fit.powers())
            && fit.purity() >= MIN_PURITY
            && is_steady(&fit, samples)
            && has_no_harmonics(&fit, samples);
        right.then(|| fit.powers())
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
        let Some(fit) = ToneFit::with_frequencies(fitted, found.frequencies) else {
            return self.sample_at(newest);
        };
        let turn = if self.follows_loss() { newest } else { HISTORY_SAMPLES };
        let near = self.history.get(start..turn).unwrap_or_default();
        let far = self.history.get(turn..).unwrap_or_default();
        let run = fit.run_forward(near, self.lost, far, 0.0);
        // Tones that held until a loss ended there, for all that is known.
        if start + run == turn { self.sample_at(turn - 1) + 1 } else { self.sample_at(start + run) }
    }
}

/// Whether each third of the tones is as loud as all of them.
fn is_steady(fit: &ToneFit, samples: &[i16]) -> bool {
    let (low, high) = fit.powers();
    let even = |part: f32, whole: f32| part <= MAX_UNSTEADINESS * whole && whole <= MAX_UNSTEADINESS * part;
    samples.chunks_exact(samples.len().max(3) / 3).take(3).all(|third| {
        let part = ToneFit::with_frequencies(third, fit.frequencies());
        part.is_some_and(|part| even(part.powers().0, low) && even(part.powers().1, high))
    })
}

fn has_no_harmonics(fit: &ToneFit, samples: &[i16]) -> bool {
    let (low, high) = fit.frequencies();
    fit.unexplained_at(samples, 2.0 * low) <= MAX_HARMONIC
        && fit.unexplained_at(samples, 2.0 * high) <= MAX_HARMONIC
}
