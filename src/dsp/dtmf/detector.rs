use super::limits::{Heard, Limits};
use super::look::{Found, Look, Verified};
use super::{Digit, DtmfProfile, DtmfProfileError};
use crate::dsp::goertzel::{Beside, Kernel, ToneBank};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};
use crate::line::level::{db_from_power_ratio, dbm0_from_mean_square};

/// The bank that blocks are measured with: the rows, then the columns.
pub static BANK: ToneBank<8> =
    ToneBank::new([697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0]);

/// Looks on end at one run of blocks that hold the same digit: what is no digit by then is mostly speech.
const LOOKS_MAX: u8 = 3;
/// Later blocks of the run that are looked at: every fourth, as somebody may have talked over the first part of a key.
const LOOK_AGAIN: u8 = 4;
/// How far limits may be used up by then: music has notes that stay near a key's tones.
const LATE_STRAIN: f32 = 0.4;
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

/// What a detector makes of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Mean square of the block, direct current left out.
    pub total: f32,
    /// What the block brought.
    pub event: Option<DtmfEvent>,
}

/// Recognises digits in a stream of blocks.
///
/// As long as nothing is heard every second block is enough: the shortest tone to accept fills one of those whole,
/// wherever it begins. Where one is heard the block before it is measured, too, and every one that follows.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    kernel: Kernel,
    limits: Limits,
    state: State,
    /// The newest block was passed over.
    passed_over: bool,
    /// The digit that the newest block may hold, unless it was passed over.
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
    /// A detector for a profile, with the kernel that the target has for certain.
    pub fn new(profile: &DtmfProfile) -> Result<Self, DtmfProfileError> {
        Self::with_kernel(profile, Kernel::COMPILED)
    }

    /// A detector for a profile.
    pub fn with_kernel(profile: &DtmfProfile, kernel: Kernel) -> Result<Self, DtmfProfileError> {
        profile.validate()?;
        let limits = Limits::new(profile);
        Ok(Self { kernel, limits, state: State::Idle, passed_over: false, heard: None, looks: 0 })
    }

    /// Takes the newest block, which is also the last one of `blocks`. Reports at most one event a block.
    #[inline]
    pub fn block(&mut self, block: &[i16; BLOCK_SAMPLES], blocks: &BlockBuffer) -> Measured {
        self.block_beside(block, blocks, None)
    }

    /// The same; where the block is measured at all, what is wanted beside is measured in the same pass.
    #[inline]
    pub fn block_beside(
        &mut self,
        block: &[i16; BLOCK_SAMPLES],
        blocks: &BlockBuffer,
        beside: Option<&mut Beside>,
    ) -> Measured {
        let idle = matches!((&self.state, self.heard), (State::Idle, None));
        // A tone may have been cut by a loss, so that what follows may be short.
        if idle && !self.passed_over && !follows_loss(blocks) {
            self.passed_over = true;
            return Measured { total: self.kernel.total(block), event: None };
        }
        let spectrum = match beside {
            Some(beside) => BANK.measure_loud_beside(self.kernel, block, self.limits.least_total(), beside),
            None => BANK.measure_loud(self.kernel, block, self.limits.least_total()),
        };
        let heard = self.limits.candidate(&spectrum);
        let event = if idle && heard.is_none() {
            self.looks = 0;
            None
        } else {
            self.follow(heard, blocks)
        };
        self.passed_over = false;
        Measured { total: spectrum.total, event }
    }

    /// Goes after a candidate.
    fn follow(&mut self, heard: Option<Heard>, blocks: &BlockBuffer) -> Option<DtmfEvent> {
        let look = Look::new(&self.limits, blocks);
        if self.passed_over
            && let Some(before) = look.block_before()
        {
            self.heard = self.limits.candidate(&BANK.measure(self.kernel, before));
        }
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
            State::Sounding(sounding) if look.lost_too_much() => {
                (State::Pausing(sounding, look.loss_sample()), None)
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

    /// Forgets what sounds, as if the line had been silent.
    pub fn forget(&mut self) {
        (self.state, self.heard, self.looks, self.passed_over) = (State::Idle, None, 0, false);
    }

    /// Where the tones of a digit began that are right and not yet long enough, if there are any.
    pub fn candidate_since(&self, digit: Digit) -> Option<u64> {
        match self.state {
            State::Candidate(other, found) if other == digit => Some(found.start_sample),
            _ => None,
        }
    }

    /// First sample of the digit that was reported last and the first one after it, if that is known, as long as it
    /// sounds or another part of it may follow.
    pub const fn tone_span(&self) -> Option<(u64, Option<u64>)> {
        match self.state {
            State::Sounding(sounding) => Some((sounding.tone.start_sample, None)),
            State::Pausing(sounding, end) => Some((sounding.tone.start_sample, Some(end))),
            _ => None,
        }
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
        let (earlier, later) = same.filter(|_| !look.follows_loss())?;
        let near = limits.coarse_frequencies(earlier, later, BLOCK_SAMPLES as f32)?;
        *looks = looks.checked_add(1).unwrap_or(LOOKS_MAX + 1);
        if *looks > LOOKS_MAX && !looks.is_multiple_of(LOOK_AGAIN) {
            return None;
        }
        let found = look.confirm(later.digit, near)?;
        let max_strain = if *looks > LOOKS_MAX { LATE_STRAIN } else { found.max_strain };
        Some((later.digit, Found { max_strain, ..found }))
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

/// Whether the newest block is the first one after a loss.
fn follows_loss(blocks: &BlockBuffer) -> bool {
    blocks.seam().is_some_and(|seam| seam.index == HISTORY_SAMPLES - BLOCK_SAMPLES)
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
