use super::{BlockSpectrum, ToneBank};

/// A second bank that is measured in the pass over a block that another one needs anyway.
#[derive(Clone, Debug)]
pub struct Beside {
    pub(super) bank: &'static ToneBank<8>,
    pub(super) least_power: f32,
    pub(super) spectrum: Option<BlockSpectrum<8>>,
}

impl Beside {
    /// Nothing is wanted yet.
    pub(in crate::dsp) const fn new(bank: &'static ToneBank<8>) -> Self {
        Self { bank, least_power: f32::INFINITY, spectrum: None }
    }

    /// From which mean square on the next block is wanted; infinity for none.
    pub(in crate::dsp) const fn want(&mut self, least_power: f32) {
        self.least_power = least_power;
        self.spectrum = None;
    }

    /// What was measured of the block since it was asked for.
    pub(in crate::dsp) const fn take(&mut self) -> Option<BlockSpectrum<8>> {
        self.spectrum.take()
    }
}
