use super::cadence::Chain;
use super::steadiness::Steadiness;
use super::tracker::{Edge, Tracker};
use super::voice::Voice;
use crate::dsp::BlockBuffer;
use crate::dsp::goertzel::Kernel;
use crate::dsp::tone_plan::{PAIRS_MAX, ToneKind, TonePattern};
use core::fmt;

/// A tone without pauses is learned after 3 s.
const CONTINUOUS_SAMPLES: u64 = 8 * 3_000;
/// A tone is forgotten in a pause of 7 s.
const PATIENCE_SAMPLES: u64 = 8 * 7_000;

/// Measures the loudest repeating tone of a line, at 8 kHz.
#[derive(Clone, Debug)]
pub struct ToneLearner {
    kernel: Kernel,
    blocks: BlockBuffer,
    tracker: Tracker,
    chain: Option<Chain>,
    best: Option<(TonePattern, f32)>,
    sounds: u32,
}

/// Why no tone was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnError {
    /// Nothing on the line is a steady tone.
    NoTone,
    /// There are tones, but none repeats: two cycles and the beginning of a third are needed, or 3 s without a pause.
    Irregular,
}

impl fmt::Display for LearnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTone => "no steady tone found",
            Self::Irregular => {
                "no tone repeats; two cycles and the beginning of a third are needed, or 3 s without a pause"
            }
        })
    }
}

impl core::error::Error for LearnError {}

impl ToneLearner {
    /// Has heard nothing yet.
    pub fn new(kernel: Kernel) -> Self {
        let tracker = Tracker::new(kernel, true);
        Self { kernel, blocks: BlockBuffer::new(), tracker, chain: None, best: None, sounds: 0 }
    }

    /// Takes a frame of any length.
    pub fn push(&mut self, mut frame: &[i16]) {
        while !frame.is_empty() {
            let (taken, rest) = self.blocks.take(frame);
            frame = rest;
            if let Some(block) = self.blocks.complete(taken) {
                let edge = self.tracker.block(block, &self.blocks, self.kernel.total(block));
                self.follow(edge);
            }
        }
    }

    fn follow(&mut self, edge: Option<Edge>) {
        let now = self.blocks.position();
        match edge {
            Some(Edge::Began(sound)) => {
                self.sounds += 1;
                if !self.chain.as_mut().is_some_and(|chain| chain.continue_with(&sound)) {
                    self.chain = Some(Chain::new(&sound));
                }
                self.note();
            }
            Some(Edge::Ended { end_sample, steadiness }) => {
                self.chain.iter_mut().for_each(|chain| chain.end(end_sample));
                if !steadiness.holds() {
                    self.chain = None;
                }
            }
            None => {
                let Some(chain) = self.chain else { return };
                let long = now.saturating_sub(chain.start_sample()) >= CONTINUOUS_SAMPLES;
                if chain.sounds && long && self.tracker.steadiness().is_some_and(Steadiness::holds) {
                    self.keep(&chain, &[]);
                } else if !chain.sounds && now.saturating_sub(chain.end_sample()) >= PATIENCE_SAMPLES {
                    self.chain = None;
                }
            }
        }
    }

    /// Keeps the cycle that repeats, if one does.
    fn note(&mut self) {
        let Some(chain) = self.chain else { return };
        let Some((period, _)) = chain.period(PAIRS_MAX) else { return };
        let spans = chain.spans();
        let first = spans.len().saturating_sub(2 * period + 1);
        let mut cadence = [[0u16; 2]; PAIRS_MAX];
        let Some(cadence) = cadence.get_mut(..period) else { return };
        for (index, pair) in cadence.iter_mut().enumerate() {
            // The mean of both cycles.
            let of = |cycle: usize| {
                let at = first + index + cycle * period;
                match (spans.get(at), spans.get(at + 1)) {
                    (Some((start, end)), Some((next, _))) => [end - start, next - end],
                    _ => [0; 2],
                }
            };
            let (a, b) = (of(0), of(1));
            pair.iter_mut().zip(a.iter().zip(b)).for_each(|(ms, (a, b))| *ms = ((a + b + 8) / 16) as u16);
        }
        // A cycle ends with its longest pause.
        let longest = cadence.iter().enumerate().max_by_key(|(_, pair)| pair[1]).map_or(0, |(at, _)| at);
        let (before, after) = cadence.split_at_checked(longest + 1).unwrap_or_default();
        let mut turned = [[0; 2]; PAIRS_MAX];
        turned.iter_mut().zip(after.iter().chain(before)).for_each(|(to, from)| *to = *from);
        self.keep(&chain, turned.get(..period).unwrap_or_default());
    }

    fn keep(&mut self, chain: &Chain, cadence: &[[u16; 2]]) {
        // The loudest one; the same one measured later is as good.
        if self.best.is_some_and(|(_, power)| power > 1.2 * chain.power) {
            return;
        }
        if let Voice::Steady(_) = chain.voice {
            let pattern = TonePattern::new(ToneKind::Busy, &chain.voice.frequencies_hz(), cadence);
            self.best = Some((pattern, chain.power));
        }
    }

    /// The loudest tone that repeated, as a busy tone: what it means is for whoever recorded it to say.
    pub fn finish(&self) -> Result<TonePattern, LearnError> {
        let none = if self.sounds == 0 { LearnError::NoTone } else { LearnError::Irregular };
        self.best.map(|(pattern, _)| pattern).ok_or(none)
    }
}
