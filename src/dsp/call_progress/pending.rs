use super::bank::{Band, LOW};
use super::onset::Onset;
use super::scores::Scores;
use super::tracker::follows_loss;
use crate::dsp::BlockBuffer;
use crate::dsp::goertzel::BlockSpectrum;

/// Blocks after which a tone that is not steady is taken for one that swells: 153 ms.
pub(super) const MODULATED_AT: u8 = 12;

/// Blocks that may be a tone's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) band: Band,
    pub(super) blocks: u8,
    /// Blocks like the one before, of late.
    pub(super) alike: u8,
    /// Looks at them, of late.
    pub(super) looks: u8,
    /// Sum of the powers in the low frequencies, and of the totals.
    pub(super) low: [f32; LOW],
    pub(super) total: f32,
    /// Where the run began, to a block.
    pub(super) start_sample: u64,
    /// It had begun when the line lost samples.
    pub(super) begun_before_loss: bool,
    /// The block before was too weak, as those of a tone that swells may be.
    pub(super) faded: bool,
}

impl Pending {
    /// A run of one block.
    pub(super) fn new(band: Band, spectrum: &BlockSpectrum<8>, start_sample: u64) -> Self {
        let mut pending = Self {
            band,
            blocks: 1,
            alike: 0,
            looks: 0,
            low: [0.0; LOW],
            total: 0.0,
            start_sample,
            begun_before_loss: false,
            faded: false,
        };
        pending.sum(spectrum);
        pending
    }

    /// One more block.
    pub(super) fn count(
        &mut self,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
        onset: &mut Onset,
        blocks: &BlockBuffer,
    ) {
        self.blocks = self.blocks.saturating_add(1);
        self.sum(spectrum);
        self.faded = false;
        if !follows_loss(blocks) && alike(self.band, earlier, spectrum) {
            self.alike = self.alike.saturating_add(1);
        } else {
            self.begun_before_loss |= follows_loss(blocks);
            (self.alike, self.looks) = (0, 0);
            onset.keep(blocks, 0);
        }
    }

    /// A block that is too weak.
    pub(super) fn fade(&mut self, onset: &mut Onset, blocks: &BlockBuffer) {
        self.faded = true;
        self.blocks = self.blocks.saturating_add(1);
        (self.alike, self.looks) = (0, 0);
        onset.keep(blocks, 0);
    }

    /// Whether a block as weak as this may be one of a tone that swells.
    pub(super) fn may_fade(&self, total: f32) -> bool {
        let weak = self.band == Band::Low && total < 0.2 * self.total / f32::from(self.blocks);
        weak && !self.faded && self.blocks < MODULATED_AT
    }

    /// Where the power begins in a run of three blocks that swells.
    pub(super) fn find_start(&mut self, blocks: &BlockBuffer) {
        let least = 0.25 * self.total / 3.0;
        let run = Scores::of_power(&blocks.history(), least).reversed().longest();
        self.start_sample = blocks.position().saturating_sub(run as u64);
    }

    fn sum(&mut self, spectrum: &BlockSpectrum<8>) {
        self.low.iter_mut().zip(spectrum.powers()).for_each(|(sum, power)| *sum += power);
        self.total += spectrum.total;
    }
}

/// Whether two blocks on end may hold the same steady tone.
fn alike(band: Band, earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> bool {
    if band == Band::Any {
        return (0.6..=1.6).contains(&(later.total / earlier.total));
    }
    let (a, b) = (earlier.powers(), later.powers());
    let common: f32 = a.iter().zip(b).map(|(a, b)| a.min(b)).sum();
    common >= 0.5 * a.iter().sum::<f32>().max(b.iter().sum())
}
