use super::fit::Fit;
use crate::dsp::goertzel::Kernel;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// The first block of a run that may be a tone, and the one before it: by the time of a look they are no history any
/// more, and the two together are all that came before it.
#[derive(Clone, Debug)]
pub(super) struct Onset {
    samples: [i16; 2 * BLOCK_SAMPLES],
    /// What lies before this belongs before a loss.
    from: u8,
}

impl Onset {
    pub(super) const fn new() -> Self {
        Self { samples: [0; 2 * BLOCK_SAMPLES], from: 0 }
    }

    /// Keeps the block that is so many before the newest one, and the one before it.
    pub(super) fn keep(&mut self, blocks: &BlockBuffer, back: usize) {
        let end = HISTORY_SAMPLES - back.min(1) * BLOCK_SAMPLES;
        let start = end - self.samples.len();
        if let Some(kept) = blocks.history().get(start..end) {
            self.samples.iter_mut().zip(kept).for_each(|(to, from)| *to = *from);
        }
        let seam = blocks.seam().map_or(0, |seam| seam.index);
        self.from = seam.saturating_sub(start).min(BLOCK_SAMPLES) as u8;
    }

    /// The run is taken to begin a block later.
    pub(super) fn move_on(&mut self, history: &[i16; HISTORY_SAMPLES]) {
        self.from = 0;
        self.samples.copy_within(BLOCK_SAMPLES.., 0);
        let newer = self.samples.iter_mut().skip(BLOCK_SAMPLES);
        newer.zip(history).for_each(|(to, from)| *to = *from);
    }

    /// For how many samples, from the newest one of the history back, a model holds that fits the history, and whether
    /// that is all there are.
    pub(super) fn run(&self, kernel: Kernel, fit: &Fit, history: &[i16; HISTORY_SAMPLES]) -> (usize, bool) {
        let usable = self.samples.get(usize::from(self.from)..).unwrap_or_default();
        // It fits the history: the newer two thirds are not asked again.
        const ASKED: usize = BLOCK_SAMPLES;
        let mut samples = [0; HISTORY_SAMPLES];
        let (before, asked) = samples.split_at_mut(usable.len());
        before.iter_mut().zip(usable).for_each(|(to, from)| *to = *from);
        asked.iter_mut().zip(history).take(ASKED).for_each(|(to, from)| *to = *from);
        let count = usable.len() + ASKED;
        let at = -0.5 * (HISTORY_SAMPLES as f32 - 1.0) - usable.len() as f32;
        let scores = fit.scores(kernel, samples.get(..count).unwrap_or_default(), at).reversed();
        let held = scores.longest();
        (HISTORY_SAMPLES - ASKED + held, held == count)
    }
}
