use crate::dsp::BLOCK_SAMPLES;
use crate::dsp::goertzel::{BlockSpectrum, Component, ToneBank};

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
    turned_hz(later.component(place).turn_since(earlier.component(place)), near_hz, 1)
}

/// The frequency of a tone that turns so far in one block or more, where it lies near `near_hz`: half a bin at the most
/// if it is one block.
pub(super) fn turned_hz(turn: Component, near_hz: f32, blocks: u8) -> f32 {
    use core::f32::consts::{PI, TAU};
    let bin_hz = BIN_HZ as f32 / f32::from(blocks);
    let gained = turn.phase() - TAU * near_hz / bin_hz;
    let gained = gained - TAU * libm::floorf((gained + PI) / TAU);
    near_hz + gained / TAU * bin_hz
}

/// One of the bank's frequencies.
pub(super) fn bank_hz(place: usize) -> f32 {
    BANK_HZ.get(place).map_or(0.0, |&hz| hz as f32)
}

/// Least part of the power in the low frequencies, those at the ends counted more than once, of what
/// is a tone or a pair: 720 Hz lies beside them.
const MIN_TONES_LOW: f32 = 0.52;
/// What a tone may leave unexplained from block to block, as a part of the power: noise, harmonics, images.
const MAX_REST: f32 = 0.05;
/// How far a pair may seem to grow or to fade in a block, as a power.
const MAX_GROWTH: f32 = 2.5;

/// Whether three blocks on end may hold a tone or a pair in the low frequencies: a tone turns all of them alike from
/// block to block, and with a pair each block follows from the two before. This costs far less than to look.
pub(super) fn may_be_tones(
    first: &BlockSpectrum<8>,
    second: &BlockSpectrum<8>,
    third: &BlockSpectrum<8>,
) -> bool {
    let low = |[lowest, a, b, c, highest, ..]: [f32; 8]| 2.0 * lowest + a + b + c + 3.0 * highest;
    let low = low(first.powers()) + low(second.powers()) + low(third.powers());
    if low < MIN_TONES_LOW * (first.total + second.total + third.total) {
        return false;
    }
    let (a, b, c) = (power(first), power(second), power(third));
    let (ab, bc) = (turn(first, second), turn(second, third));
    if is_alike(ab, a * b) && is_alike(bc, b * c) {
        return true;
    }
    // What of the third block neither the first nor the part of the second that is new explains.
    let ac = turn(first, third);
    let new = b - square(ab) / a;
    let with_new = minus(bc, ac.turn_since(ab), 1.0 / a);
    let rest = c - square(ac) / a - square(with_new) / new;
    let by_second = scaled(with_new, 1.0 / new);
    let growth = square(scaled(minus(ac, times(ab, by_second), 1.0), 1.0 / a));
    // Tones a whole number of blocks' turns apart look like one, and what each does is not told.
    let told = new >= 0.3 * b;
    rest <= MAX_REST * c && (!told || (1.0 / MAX_GROWTH..=MAX_GROWTH).contains(&growth))
}

/// Whether the low frequencies turn from one block to the next as with one tone.
pub(super) fn turns_alike(earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> bool {
    is_alike(turn(earlier, later), power(earlier) * power(later))
}

fn is_alike(turn: Component, product: f32) -> bool {
    square(turn) >= (1.0 - MAX_REST) * product
}

fn low_components(spectrum: &BlockSpectrum<8>) -> impl Iterator<Item = Component> {
    let low = spectrum.even.iter().zip(&spectrum.odd).take(LOW);
    low.map(|(&even, &odd)| Component { even, odd })
}

fn power(spectrum: &BlockSpectrum<8>) -> f32 {
    low_components(spectrum).map(square).sum()
}

/// By how much the low frequencies turn, weighted by power.
fn turn(earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> Component {
    let none = Component { even: 0.0, odd: 0.0 };
    let turns =
        low_components(later).zip(low_components(earlier)).map(|(later, earlier)| later.turn_since(earlier));
    turns.fold(none, |sum, turn| Component { even: sum.even + turn.even, odd: sum.odd + turn.odd })
}

fn square(Component { even, odd }: Component) -> f32 {
    even * even + odd * odd
}

fn scaled(a: Component, factor: f32) -> Component {
    Component { even: a.even * factor, odd: a.odd * factor }
}

fn minus(a: Component, b: Component, factor: f32) -> Component {
    Component { even: a.even - factor * b.even, odd: a.odd - factor * b.odd }
}

fn times(a: Component, b: Component) -> Component {
    Component { even: a.even * b.even - a.odd * b.odd, odd: a.even * b.odd + a.odd * b.even }
}
