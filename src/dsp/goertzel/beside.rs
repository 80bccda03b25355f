use super::{BlockSpectrum, ToneBank};

/// A second bank that is measured in the pass over a block that another one needs anyway.
#[derive(Clone, Debug)]
pub struct Beside {
    pub(super) bank: &'static ToneBank<8>,
    pub(super) least_power: f32,
    pub(super) spectrum: BlockSpectrum<8>,
    pub(super) is_measured: bool,
}

impl Beside {
    /// Nothing is wanted yet.
    pub(in crate::dsp) const fn new(bank: &'static ToneBank<8>) -> Self {
        let spectrum = BlockSpectrum { even: [0.0; 8], odd: [0.0; 8], total: 0.0 };
        Self { bank, least_power: f32::INFINITY, spectrum, is_measured: false }
    }

    /// From which mean square on the next block is wanted; infinity for none.
    #[inline]
    pub(in crate::dsp) const fn want(&mut self, least_power: f32) {
        self.least_power = least_power;
        self.is_measured = false;
    }

    /// Whether the block was measured since it was asked for. Says so once.
    #[inline]
    pub(in crate::dsp) const fn take(&mut self) -> bool {
        core::mem::replace(&mut self.is_measured, false)
    }

    /// What was measured.
    #[inline]
    pub(in crate::dsp) const fn spectrum(&self) -> &BlockSpectrum<8> {
        &self.spectrum
    }
}
