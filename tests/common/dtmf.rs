//! A receiver under test: what it makes of a line, and how many presses of many it takes for what they are.

use super::{Key, Line, Random};
use afterbeep::dsp::dtmf::{DtmfEvent, DtmfProfile, DtmfReceiver, Tone};

pub const DIGITS: &str = "0123456789*#ABCD";
/// Both tones of a key deviate at once, each way.
pub const SIGNS: [(f64, f64); 4] = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)];
const BLOCK_SAMPLES: u64 = 102;
const LONGEST_FRAME: u64 = 400;

/// A digit with its first sample and the one after its last, as the receiver has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Received {
    pub digit: char,
    pub start_sample: u64,
    pub end_sample: u64,
    pub tone: Tone,
}

pub fn receiver(profile: &DtmfProfile) -> DtmfReceiver {
    DtmfReceiver::new(profile).unwrap()
}

/// Pairs up what a receiver reports: every start is followed by its own end, and by nothing else.
pub fn paired(events: &[DtmfEvent]) -> Vec<Received> {
    let (pairs, rest) = events.as_chunks::<2>();
    assert!(rest.is_empty(), "a start without an end: {events:?}");
    let pair = |[first, second]: &[DtmfEvent; 2]| match (first, second) {
        (DtmfEvent::Started(started), DtmfEvent::Ended(ended, end_sample)) if started == ended => Received {
            digit: ended.digit.as_char(),
            start_sample: ended.start_sample,
            end_sample: *end_sample,
            tone: *ended,
        },
        _ => panic!("not a start and its end: {first:?}, {second:?}"),
    };
    pairs.iter().map(pair).collect()
}

/// Everything that a receiver reports about a line in frames of random length, the end of the stream included.
pub fn events(mut receiver: DtmfReceiver, pcm: &[i16], random: &mut Random) -> Vec<DtmfEvent> {
    let mut events = Vec::new();
    let mut rest = pcm;
    while !rest.is_empty() {
        let frame_samples = 1 + (random.next() % LONGEST_FRAME) as usize;
        let (frame, after) = rest.split_at(frame_samples.min(rest.len()));
        receiver.push(frame, |event| events.push(event));
        rest = after;
    }
    receiver.finish(|event| events.push(event));
    events
}

pub fn receive(profile: &DtmfProfile, pcm: &[i16], random: &mut Random) -> Vec<Received> {
    paired(&events(receiver(profile), pcm, random))
}

/// The digits of what was received.
pub fn digits(received: &[Received]) -> String {
    received.iter().map(|received| received.digit).collect()
}

/// What became of a number of presses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    pub pressed: usize,
    /// Received once and as themselves.
    pub right: usize,
    /// Received at all, as any digit.
    pub any: usize,
}

impl Score {
    pub fn of(received: &[Received], expected: &str) -> Self {
        Self {
            pressed: 1,
            right: usize::from(digits(received) == expected),
            any: usize::from(!received.is_empty()),
        }
    }

    pub fn all(&self) -> bool {
        self.pressed > 0 && self.right == self.pressed
    }

    pub fn none(&self) -> bool {
        self.pressed > 0 && self.any == 0
    }
}

impl std::iter::Sum for Score {
    fn sum<I: Iterator<Item = Self>>(scores: I) -> Self {
        scores.fold(Self::default(), |sum, score| Self {
            pressed: sum.pressed + score.pressed,
            right: sum.right + score.right,
            any: sum.any + score.any,
        })
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} right, {} heard", self.right, self.pressed, self.any)
    }
}

/// Presses that differ in phase against carrier, block and frame.
pub struct Presses {
    pub profile: DtmfProfile,
    /// Presses of each digit.
    pub rounds: usize,
    pub seed: u64,
}

impl Presses {
    pub fn new(profile: DtmfProfile, rounds: usize) -> Self {
        Self { profile, rounds, seed: 1 }
    }

    /// Presses every digit on a quiet line.
    pub fn on_a_quiet_line(&self, key: impl Fn(Key) -> Key) -> Score {
        self.on_a_line(key, |line, _| line.pcm())
    }

    /// Presses every digit, and lets a line deliver the press as it does.
    pub fn on_a_line(
        &self,
        key: impl Fn(Key) -> Key,
        deliver: impl Fn(Line, &mut Random) -> Vec<i16>,
    ) -> Score {
        let mut random = Random::new(self.seed);
        let presses = (0..self.rounds).flat_map(|_| DIGITS.chars());
        presses.map(|digit| self.press(key(Key::new(digit)), &mut random, &deliver)).sum()
    }

    fn press(
        &self,
        key: Key,
        random: &mut Random,
        deliver: &impl Fn(Line, &mut Random) -> Vec<i16>,
    ) -> Score {
        let offset = (random.next() % BLOCK_SAMPLES) as usize;
        let line = Line::new().silence(60).silence_samples(offset).key(key, random).silence(100);
        let pcm = deliver(line, random);
        Score::of(&receive(&self.profile, &pcm, random), &key.digit.to_string())
    }
}

/// From `first` towards `last` in steps, the last value that is still good; panics where the first one is not. Strides
/// of ten steps go first, as nothing is expected to become good again.
pub fn last_good(first: f64, step: f64, last: f64, good: impl Fn(f64) -> bool) -> f64 {
    let steps = ((last - first) / step).round() as usize;
    let value = |index: usize| first + step * index as f64;
    assert!(good(first), "{first} is not good");
    let stride = (10..=steps).step_by(10).take_while(|&index| good(value(index))).last().unwrap_or(0);
    let end = (stride + 9).min(steps);
    value((stride + 1..=end).take_while(|&index| good(value(index))).last().unwrap_or(stride))
}
