use super::limits::{Heard, Limits};
use super::look::{Found, Look, Verified};
use super::{Digit, DtmfProfile, DtmfProfileError};
use crate::dsp::goertzel::{BlockSpectrum, ToneBank};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};
use crate::line::level::{db_from_power_ratio, dbm0_from_mean_square};

/// The bank that a detector wants its blocks measured with: the rows, then the columns.
pub static BANK: ToneBank<8> =
    ToneBank::new([697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0]);

/// Looks at one run of blocks that hold the same digit: what is no digit by then will not become one.
const LOOKS_MAX: u8 = 3;
/// A tone 7 dB below itself is its echo, or its end.
const MIN_PART_OF_POWER: f32 = 0.2;

/// A digit's tone, as measured when it was recognised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// The digit.
    pub digit: Digit,
    /// Its first sample, 0-based, to within 5 ms.
    pub start_sample: u64,
    /// Level of the stronger of the two tones, in dBm0.
    pub level_dbm0: f32,
    /// Level of the high tone less that of the low one, in decibels.
    pub twist_db: f32,
}

/// What a receiver reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DtmfEvent {
    /// A digit was recognised; its tone may still sound.
    Started(Tone),
    /// The tone ended; the sample after its last one comes with it.
    Ended(Tone, u64),
}

/// Recognises digits in a stream of blocks that somebody else measured.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    limits: Limits,
    state: State,
    /// The digit that the newest block may hold.
    heard: Option<Heard>,
    /// Looks at the present run of blocks so far.
    looks: u8,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    /// The tones are right and not yet long enough.
    Candidate(Digit, Found),
    /// The digit is reported; its tone sounds.
    Sounding(Sounding),
    /// The tone stopped at a sample; the pause is not yet long enough.
    Pausing(Sounding, u64),
}

/// A digit that was reported.
#[derive(Clone, Copy, Debug)]
struct Sounding {
    tone: Tone,
    found: Found,
    /// Power below which a block does not hold the tone any more.
    least_power: f32,
}

impl DtmfDetector {
    /// A detector for a profile.
    pub fn new(profile: &DtmfProfile) -> Result<Self, DtmfProfileError> {
        profile.validate()?;
        Ok(Self { limits: Limits::new(profile), state: State::Idle, heard: None, looks: 0 })
    }

    /// Takes the newest block of `blocks`, as [`BANK`] measured it. Reports at most one event a block.
    #[inline]
    pub fn block(&mut self, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) -> Option<DtmfEvent> {
        let heard = self.limits.candidate(spectrum);
        match (&self.state, heard) {
            // Nearly every block ends here.
            (State::Idle, None) => {
                self.heard = None;
                self.looks = 0;
                None
            }
            _ => self.follow(heard, blocks),
        }
    }

    /// Goes after a candidate.
    fn follow(&mut self, heard: Option<Heard>, blocks: &BlockBuffer) -> Option<DtmfEvent> {
        let look = Look::new(&self.limits, blocks);
        let same = match (self.heard, heard) {
            (Some(earlier), Some(later)) if earlier.digit == later.digit => Some((earlier, later)),
            _ => None,
        };
        if same.is_none() {
            self.looks = 0;
        }
        self.heard = heard;
        let (state, event) = match self.state {
            State::Idle => match Self::found(&look, &self.limits, same, &mut self.looks) {
                Some((digit, found)) => look.admit(digit, found, blocks.position()),
                None => return None,
            },
            State::Candidate(digit, found) if heard.is_some_and(|heard| heard.digit == digit) => {
                look.admit(digit, found, blocks.position())
            }
            State::Candidate(digit, found) => {
                let end = look.tone_end(&found);
                match look.admit(digit, found, end) {
                    (State::Sounding(sounding), event) => (State::Pausing(sounding, end), event),
                    _ => (State::Idle, None),
                }
            }
            State::Sounding(sounding) if heard.is_some_and(|heard| sounding.goes_on(&heard)) => return None,
            State::Sounding(sounding) => (State::Pausing(sounding, look.tone_end(&sounding.found)), None),
            State::Pausing(sounding, end) => {
                let next = Self::found(&look, &self.limits, same, &mut self.looks);
                self.pausing(sounding, end, next, blocks.position())
            }
        };
        self.state = state;
        event
    }

    /// No digit to come ends before this sample, when `end_sample` is the first one after the newest block.
    pub const fn settled_sample(&self, end_sample: u64) -> u64 {
        match self.state {
            State::Pausing(_, end) => end,
            _ => end_sample.saturating_sub(HISTORY_SAMPLES as u64),
        }
    }

    /// Reports the end of a tone that still sounds, or pauses, when the stream ends.
    pub fn finish(&mut self, end_sample: u64) -> Option<DtmfEvent> {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Sounding(sounding) => Some(DtmfEvent::Ended(sounding.tone, end_sample)),
            State::Pausing(sounding, end) => Some(DtmfEvent::Ended(sounding.tone, end)),
            State::Idle | State::Candidate(..) => None,
        }
    }

    /// The tones that two blocks on end hold, if a look finds them right.
    fn found(
        look: &Look<'_>,
        limits: &Limits,
        same: Option<(Heard, Heard)>,
        looks: &mut u8,
    ) -> Option<(Digit, Found)> {
        let (earlier, later) = same.filter(|_| *looks < LOOKS_MAX && !look.follows_loss())?;
        let near = limits.coarse_frequencies(earlier, later, BLOCK_SAMPLES as f32)?;
        *looks += 1;
        Some((later.digit, look.confirm(later.digit, near)?))
    }

    /// A reported tone that stopped at `end`: it goes on, another one begins, or it is over.
    fn pausing(
        &self,
        sounding: Sounding,
        end: u64,
        next: Option<(Digit, Found)>,
        position: u64,
    ) -> (State, Option<DtmfEvent>) {
        let min_pause = u64::from(self.limits.min_pause_samples);
        if let Some((digit, found)) = next {
            let pause = found.start_sample.saturating_sub(end);
            if digit == sounding.tone.digit && pause < min_pause {
                return (State::Sounding(sounding), None);
            }
            let ended = DtmfEvent::Ended(sounding.tone, end.min(found.start_sample));
            return (State::Candidate(digit, found), Some(ended));
        }
        // A tone that resumes in time is heard whole two blocks later at the most.
        let patience = min_pause + 3 * BLOCK_SAMPLES as u64;
        if position.saturating_sub(end) >= patience {
            (State::Idle, Some(DtmfEvent::Ended(sounding.tone, end)))
        } else {
            (State::Pausing(sounding, end), None)
        }
    }
}

impl Look<'_> {
    /// Reports tones that have lasted until `end` if that is long enough, and they are right as a whole.
    fn admit(&self, digit: Digit, found: Found, end: u64) -> (State, Option<DtmfEvent>) {
        if end.saturating_sub(found.start_sample) < u64::from(self.limits().min_tone_samples) {
            return (State::Candidate(digit, found), None);
        }
        let Some(Verified { powers: (low, high), end_sample }) = self.verify(digit, &found, end) else {
            return (State::Idle, None);
        };
        if end_sample.saturating_sub(found.start_sample) < u64::from(self.limits().min_tone_samples) {
            return (State::Candidate(digit, found), None);
        }
        let tone = Tone {
            digit,
            start_sample: found.start_sample,
            level_dbm0: dbm0_from_mean_square(low.max(high)),
            twist_db: db_from_power_ratio(high / low),
        };
        let sounding = Sounding { tone, found, least_power: MIN_PART_OF_POWER * low.min(high) };
        (State::Sounding(sounding), Some(DtmfEvent::Started(tone)))
    }
}

impl Sounding {
    fn goes_on(&self, heard: &Heard) -> bool {
        heard.digit == self.tone.digit && heard.power >= self.least_power
    }
}
