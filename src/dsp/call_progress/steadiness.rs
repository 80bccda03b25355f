use super::bank::{LOW, bank_hz, turned_hz};
use super::voice::{Voice, difference, normalised};
use crate::dsp::BLOCK_SAMPLES;
use crate::dsp::goertzel::{BlockSpectrum, Component};

/// Blocks over which frequency and level are averaged: 102 ms.
const GROUP: u8 = 8;
/// How far the averages of a tone may lie apart: exchanges do not move at all, voices and instruments do.
const MAX_APART_HZ: f32 = 1.5;
/// The same where a second tone reaches into the measurement.
const MAX_PAIR_APART_HZ: f32 = 3.5;
/// The same for the level, as a ratio of powers: 1.5 dB.
const MAX_LEVEL_RATIO: f32 = 1.41;

/// Blocks over which a tone that swells is averaged, 204 ms, how far its spread over the bank may change, and its level.
const SWELL_GROUP: u8 = 16;
const MAX_SPREAD_APART: f32 = 0.15;
const MAX_SWELL_RATIO: f32 = 1.5;
/// How far from the bank's frequency a tone may be for its phase to be measured there.
const WITHIN_REACH_HZ: f32 = 45.0;

/// Whether a tone keeps its frequency and its level, however long it sounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steadiness {
    /// The bank's frequency that it is strongest at, by its place.
    place: u8,
    /// Blocks of the present group, and how far apart those that are measured lie.
    blocks: u8,
    apart: u8,
    /// Blocks since the tone was recognised.
    followed_blocks: u16,
    /// Sum of the turns from one to the next at that frequency, weighted by power.
    turn: Component,
    power: f32,
    /// Least and greatest averages so far.
    least: (f32, f32),
    greatest: (f32, f32),
    near_hz: f32,
    /// How a tone that swells spreads over the bank, and how it does in the present group.
    spread: Option<[f32; LOW]>,
    low: [f32; LOW],
    spread_differs: bool,
    max_apart_hz: f32,
    max_level_ratio: f32,
}

impl Steadiness {
    pub(super) fn new(voice: &Voice, reference: &[f32; 8]) -> Self {
        let mut strongest = (0, 0.0);
        for (place, &power) in reference.iter().enumerate() {
            if power > strongest.1 {
                strongest = (place, power);
            }
        }
        let place_hz = bank_hz(strongest.0);
        let (near_hz, max_apart_hz, max_level_ratio) = match voice {
            Voice::Steady(sines) => {
                let heard = || sines.iter().map(|sine| sine.hz).filter(|&hz| hz > 0.0);
                let away = |hz: f32| (hz - place_hz).abs();
                let near_hz = heard().fold(0.0, |near, hz| if away(hz) < away(near) { hz } else { near });
                let apart = if heard().count() > 1 { MAX_PAIR_APART_HZ } else { MAX_APART_HZ };
                // Beside the bank a tone's phase says little.
                (near_hz, if away(near_hz) <= WITHIN_REACH_HZ { apart } else { f32::MAX }, MAX_LEVEL_RATIO)
            }
            Voice::Modulated(_) => (place_hz, f32::MAX, MAX_SWELL_RATIO),
        };
        Self {
            place: strongest.0 as u8,
            near_hz,
            spread: if let Voice::Modulated(spread) = voice { Some(*spread) } else { None },
            low: [0.0; LOW],
            spread_differs: false,
            blocks: 0,
            apart: 1,
            followed_blocks: 0,
            turn: Component { even: 0.0, odd: 0.0 },
            power: 0.0,
            least: (f32::MAX, f32::MAX),
            greatest: (0.0, 0.0),
            max_apart_hz,
            max_level_ratio,
        }
    }

    /// Takes a block, and the one that was measured before it, so many blocks earlier.
    pub(super) fn block(&mut self, earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>, apart: u8) {
        if apart != self.apart {
            self.apart = apart;
            self.begin();
        }
        let mut group = GROUP;
        if let Some(spread) = &self.spread {
            group = SWELL_GROUP;
            self.low.iter_mut().zip(later.powers()).for_each(|(sum, power)| *sum += power);
            if self.blocks + 1 == group {
                self.spread_differs |= difference(&normalised(self.low), spread) > MAX_SPREAD_APART;
                self.low = [0.0; LOW];
            }
        } else {
            let turn = later.component(self.place.into()).turn_since(earlier.component(self.place.into()));
            self.turn.even += turn.even;
            self.turn.odd += turn.odd;
        }
        self.power += later.total;
        self.blocks += apart;
        if self.blocks < group {
            return;
        }
        let hz = turned_hz(self.turn, self.near_hz, apart);
        let power = self.power / f32::from(group / apart);
        self.least = (self.least.0.min(hz), self.least.1.min(power));
        self.greatest = (self.greatest.0.max(hz), self.greatest.1.max(power));
        self.begin();
    }

    /// Another group begins.
    fn begin(&mut self) {
        (self.blocks, self.turn, self.power) = (0, Component { even: 0.0, odd: 0.0 }, 0.0);
    }

    /// One more block that is part of the tone, whether it can be measured or not.
    pub(super) fn follow(&mut self) {
        self.followed_blocks = self.followed_blocks.saturating_add(1);
    }

    /// The tone is one that was followed before an interruption.
    pub(super) fn resume(&mut self, earlier: &Self) {
        // What was not measured to the end of a group is not known to have been the same.
        let measured = earlier.followed_blocks.saturating_sub(earlier.blocks.into());
        self.followed_blocks = self.followed_blocks.saturating_add(measured);
        self.spread_differs |= earlier.spread_differs;
        self.least.1 = self.least.1.min(earlier.least.1);
        self.greatest.1 = self.greatest.1.max(earlier.greatest.1);
        // What another frequency of the bank tells is not the same to the hertz.
        if self.place == earlier.place {
            self.least.0 = self.least.0.min(earlier.least.0);
            self.greatest.0 = self.greatest.0.max(earlier.greatest.0);
        }
    }

    /// For how long the tone has been followed.
    pub(super) fn followed_samples(&self) -> u64 {
        u64::from(self.followed_blocks) * BLOCK_SAMPLES as u64
    }

    pub(super) fn holds(&self) -> bool {
        self.greatest.0 - self.least.0 <= self.max_apart_hz
            && !self.spread_differs
            && self.greatest.1 <= self.max_level_ratio * self.least.1
    }
}
