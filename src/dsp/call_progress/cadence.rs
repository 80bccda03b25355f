use super::tracker::Sound;
use super::voice::Voice;
use crate::dsp::tone_plan::{PAIRS_MAX, TonePattern};

/// Sounds that are remembered: two cycles of the longest pattern, and the next one.
pub(super) const SOUNDS_MAX: usize = 2 * PAIRS_MAX + 1;
/// The most that a repeated sound may differ in level: 3 dB either way.
const MAX_LEVEL_RATIO: f32 = 2.0;
/// Pauses up to this are interruptions of one sound.
pub(super) const INTERRUPTION_SAMPLES: u64 = 8 * 25;
/// Longest cycle without a country, in sounds.
const GENERIC_PAIRS_MAX: usize = 4;

/// From the first sample to the one after the last.
pub(super) type Span = (u64, u64);

/// One tone that sounds over and over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) voice: Voice,
    pub(super) power: f32,
    spans: [Span; SOUNDS_MAX],
    count: usize,
    /// The last sound has not ended.
    pub(super) sounds: bool,
}

/// How well a pattern explains the sounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    /// Sounds that ended and fit, up to the last one.
    pub(super) ended: usize,
    /// Every sound there is fits.
    pub(super) all: bool,
    /// First sample of the first that fits.
    pub(super) start_sample: u64,
    /// Mean deviation, 0 to 1.
    pub(super) deviation: f32,
    /// The pause that has to follow the last sound.
    pub(super) pause_samples: u64,
}

/// What a nominal time may deviate: exchanges and their tables round, and edges are found to a few milliseconds.
pub(super) fn tolerance(samples: u64) -> u64 {
    (samples / 10).max(8 * 30)
}

impl Chain {
    pub(super) fn new(sound: &Sound) -> Self {
        let mut chain = Self {
            voice: sound.voice,
            power: sound.power,
            spans: [(0, 0); SOUNDS_MAX],
            count: 0,
            sounds: false,
        };
        chain.push(sound.start_sample);
        chain
    }

    fn push(&mut self, start_sample: u64) {
        if self.count == SOUNDS_MAX {
            self.spans.copy_within(1.., 0);
            self.count -= 1;
        }
        if let Some(span) = self.spans.get_mut(self.count) {
            *span = (start_sample, start_sample);
            self.count += 1;
            self.sounds = true;
        }
    }

    /// Takes a sound that is the same tone again.
    pub(super) fn continue_with(&mut self, sound: &Sound) -> bool {
        let ratio = sound.power / self.power;
        let level = (1.0 / MAX_LEVEL_RATIO..=MAX_LEVEL_RATIO).contains(&ratio);
        if self.sounds || !level || !self.voice.is_same(&sound.voice) {
            return false;
        }
        if sound.start_sample.saturating_sub(self.end_sample()) <= INTERRUPTION_SAMPLES {
            self.sounds = true;
        } else {
            self.push(sound.start_sample);
        }
        true
    }

    /// The last sound ended.
    pub(super) fn end(&mut self, end_sample: u64) {
        self.sounds = false;
        if let Some((start, end)) = self.spans.get_mut(..self.count).and_then(<[Span]>::last_mut) {
            *end = end_sample.max(*start + 1);
        }
    }

    pub(super) fn spans(&self) -> &[Span] {
        self.spans.get(..self.count).unwrap_or_default()
    }

    fn last(&self) -> Span {
        self.spans().last().copied().unwrap_or_default()
    }

    /// First sample of the last sound.
    pub(super) fn start_sample(&self) -> u64 {
        self.last().0
    }

    /// The sample after the last sound, where that ended.
    pub(super) fn end_sample(&self) -> u64 {
        self.last().1
    }

    /// Holds a pattern against the sounds, from the last one back: the best of its rotations, as the line may have
    /// been joined in the middle of a cycle.
    pub(super) fn explain(&self, pattern: &TonePattern, now: u64) -> Option<Match> {
        let cadence = pattern.cadence();
        let rotations = (0..cadence.len()).filter_map(|last| self.explain_rotated(cadence, last, now));
        rotations.max_by(|a, b| a.ended.cmp(&b.ended).then(b.deviation.total_cmp(&a.deviation)))
    }

    /// The same where the last sound is that of pair `last`.
    fn explain_rotated(&self, cadence: &[[u16; 2]], last: usize, now: u64) -> Option<Match> {
        let pair = |back: usize| {
            let count = cadence.len().max(1);
            cadence.get((last + count - back % count) % count).map(|pair| pair.map(|ms| 8 * u64::from(ms)))
        };
        let (mut ended, mut deviation, mut start_sample, mut next) = (0, 0.0, 0, None);
        let mut all = true;
        for (back, &(start, end)) in self.spans().iter().rev().enumerate() {
            let [on, off] = pair(back)?;
            if let Some(next) = next {
                let Some(part) = near(next - end, off) else {
                    all = false;
                    break;
                };
                deviation += part;
            }
            if back == 0 && self.sounds {
                // It may go on.
                if now.saturating_sub(start) > on + tolerance(on) {
                    return None;
                }
            } else if let Some(part) = near(end - start, on) {
                ended += 1;
                deviation += part;
            } else {
                // The line may have been joined within the first sound.
                let joined = back + 1 == self.count && back > 0 && end - start < on;
                if joined {
                    start_sample = start;
                } else {
                    all = false;
                }
                break;
            }
            (start_sample, next) = (start, Some(start));
        }
        let pause_samples = pair(0)?[1];
        let deviation = deviation / (2 * ended).max(1) as f32;
        Some(Match { ended, all, start_sample, deviation, pause_samples })
    }

    /// The cycle that repeats, as sounds and where its first one began: the shortest one that has come twice.
    pub(super) fn period(&self, pairs_max: usize) -> Option<(usize, u64)> {
        // Each sound with the pause up to the next one.
        let spans = self.spans();
        let next = spans.get(1..).unwrap_or_default();
        let mut pairs = [[0; 2]; SOUNDS_MAX];
        for (pair, (&(start, end), &(next, _))) in pairs.iter_mut().zip(spans.iter().zip(next)) {
            *pair = [end - start, next - end];
        }
        let pairs = pairs.get(..next.len()).unwrap_or_default();
        // A source repeats itself more exactly than a table describes it.
        let close = |a: u64, b: u64| a.abs_diff(b) <= (b / 16).max(8 * 15);
        let same = |a: &[u64; 2], b: &[u64; 2]| a.iter().zip(b).all(|(&a, &b)| close(a, b));
        (1..=pairs_max.min(pairs.len() / 2)).find_map(|period| {
            let earlier = pairs.get(..pairs.len() - period)?.iter().rev();
            let repeated = pairs.iter().rev().zip(earlier).take_while(|(a, b)| same(a, b)).count();
            let first = pairs.len() - repeated.min(pairs.len() - period) - period;
            (repeated >= period).then(|| (period, spans.get(first).map_or(0, |span| span.0)))
        })
    }

    /// The cycle of a tone of no country: sounds and pauses of 100 to 1100 ms. Gives its length in samples, and
    /// where it began.
    pub(super) fn generic(&self) -> Option<(u64, u64)> {
        let (period, start_sample) = self.period(GENERIC_PAIRS_MAX)?;
        let mut spans = self.spans().iter().rev();
        let mut next = spans.next()?.0;
        let mut cycle = 0;
        // The halves may be off by what is measured, and by what lines add.
        let halves = 8 * 85..=8 * 1_130;
        for (start, end) in spans.take(2 * period) {
            if !halves.contains(&(end - start)) || !halves.contains(&(next - end)) {
                return None;
            }
            cycle += (next - start) / 2;
            next = *start;
        }
        Some((cycle, start_sample))
    }
}

/// How far a time is from the nominal one, 1 at the limit; nothing beyond.
fn near(samples: u64, nominal: u64) -> Option<f32> {
    let (off, limit) = (samples.abs_diff(nominal), tolerance(nominal));
    (off <= limit).then(|| off as f32 / limit as f32)
}
