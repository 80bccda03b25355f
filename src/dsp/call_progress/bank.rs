use crate::dsp::BLOCK_SAMPLES;
use crate::dsp::goertzel::{BlockSpectrum, ToneBank};

/// Frequencies of the bank that share the supervisory range.
pub(super) const LOW: usize = 5;
/// A bin's width: the low frequencies are this far apart, so that together they catch a tone wherever it lies.
pub(super) const BIN_HZ: f64 = 8_000.0 / BLOCK_SAMPLES as f64;
pub(super) const BANK_HZ: [f64; 8] = [
    355.0,
    355.0 + BIN_HZ,
    355.0 + 2.0 * BIN_HZ,
    355.0 + 3.0 * BIN_HZ,
    355.0 + 4.0 * BIN_HZ,
    945.0,
    1_100.0,
    1_400.0,
];
/// The bank of call progress: supervisory tones, the special information tone's first two, the fax calling tone, one of
/// the howler's.
pub(super) static BANK: ToneBank<8> = ToneBank::new(BANK_HZ);

/// Least part of a block's power in the low frequencies; 480+720 Hz has little more.
const MIN_LOW: f32 = 0.42;
/// Least part at one of the others, which a tone may lie beside; the howler has a quarter at 1400 Hz.
const MIN_HIGH: f32 = 0.2;

/// Where a block's power lies, if it may be a tone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Band {
    Low,
    /// At one of the bank's other frequencies, by its place.
    High(usize),
    /// Anywhere: a tone that lies beside the bank is expected.
    Any,
}

/// Mean square below which nothing is a tone: -43 dBm0, below the -35 that lines deliver, whose tones may swell.
pub(super) const LEAST_POWER: f32 = 13058.0;

/// Where a block's power lies.
#[inline]
pub(super) fn band(spectrum: &BlockSpectrum<8>, any: bool) -> Option<Band> {
    let [a, b, c, d, e, f, g, h] = spectrum.powers();
    if a + b + c + d + e >= MIN_LOW * spectrum.total {
        return Some(Band::Low);
    }
    let least = MIN_HIGH * spectrum.total;
    if f >= least {
        Some(Band::High(LOW))
    } else if g >= least {
        Some(Band::High(LOW + 1))
    } else if h >= least {
        Some(Band::High(LOW + 2))
    } else {
        any.then_some(Band::Any)
    }
}

/// How power at `hz` spreads over the low frequencies.
pub(super) fn spread(hz: f32) -> [f32; LOW] {
    let mut spread = [0.0; LOW];
    for (part, bank_hz) in spread.iter_mut().zip(BANK_HZ) {
        let bins = (hz - bank_hz as f32) / BIN_HZ as f32;
        let angle = core::f32::consts::PI * bins;
        let amplitude = if angle.abs() < 0.01 { 1.0 } else { libm::sinf(angle) / angle };
        *part = amplitude * amplitude;
    }
    spread
}

/// The frequency of a tone by the phase that it gains at one of the bank's frequencies from block to block, where it
/// lies within half a bin of `near_hz`.
pub(super) fn frequency_hz(
    place: usize,
    near_hz: f32,
    earlier: &BlockSpectrum<8>,
    later: &BlockSpectrum<8>,
) -> f32 {
    use core::f32::consts::{PI, TAU};
    let gained = later.component(place).phase_since(earlier.component(place)) - TAU * near_hz / BIN_HZ as f32;
    let gained = gained - TAU * libm::floorf((gained + PI) / TAU);
    near_hz + gained / TAU * BIN_HZ as f32
}

/// One of the bank's frequencies.
pub(super) fn bank_hz(place: usize) -> f32 {
    BANK_HZ.get(place).map_or(0.0, |&hz| hz as f32)
}
