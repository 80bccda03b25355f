use super::fit::{FIT_SAMPLES, ToneFit};
use super::{Digit, DtmfProfile, HIGH_HZ, LOW_HZ};
use crate::dsp::goertzel::{BlockPowers, ToneBank};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};
use crate::line::SampleRate;
use crate::line::level::{
    db_from_power_ratio, dbm0_from_mean_square, mean_square_from_dbm0, power_ratio_from_db,
};
use core::f32::consts::TAU;

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

impl Tone {
    fn with_powers(self, (low, high): (f32, f32)) -> Self {
        let level_dbm0 = dbm0_from_mean_square(low.max(high));
        Self { level_dbm0, twist_db: db_from_power_ratio(high / low), ..self }
    }
}

/// What a receiver reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DtmfEvent {
    /// A digit was recognised; its tone may still sound.
    Started(Tone),
    /// The tone ended; the sample after its last one comes with it.
    Ended(Tone, u64),
}

/// The bank that a detector wants its blocks measured with: the rows, then the columns.
pub static BANK: ToneBank<8> =
    ToneBank::new([697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0]);

/// Recognises digits in a stream of blocks that somebody else measured.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    limits: Limits,
    state: State,
    /// The digit that the block before the newest held, if it held one.
    previous: Option<Digit>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    /// The tones are right and not yet long enough.
    Candidate(Tone),
    /// The digit is reported; its tone sounds.
    Sounding(Tone),
    /// The tone stopped at a sample; the pause is not yet long enough.
    Pausing(Tone, u64),
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    max_deviation: f32,
    min_level: f32,
    max_twist: f32,
    max_reverse_twist: f32,
    min_purity: f32,
    min_tone_samples: u64,
    min_pause_samples: u64,
    radians_a_hz: f32,
}

impl DtmfDetector {
    /// A detector for a profile.
    pub fn new(profile: &DtmfProfile, rate: SampleRate) -> Self {
        let limits = Limits {
            max_deviation: profile.max_deviation,
            min_level: mean_square_from_dbm0(profile.min_level_dbm0),
            max_twist: power_ratio_from_db(profile.max_twist_db),
            max_reverse_twist: power_ratio_from_db(profile.max_reverse_twist_db),
            min_purity: profile.min_purity,
            min_tone_samples: rate.samples(profile.min_tone_ms.into()),
            min_pause_samples: rate.samples(profile.min_pause_ms.into()),
            radians_a_hz: TAU / rate.hz() as f32,
        };
        Self { limits, state: State::Idle, previous: None }
    }

    /// Takes the newest block: its powers, it and the blocks before it, and the position of the
    /// first sample after it. Reports at most one event a block.
    pub fn block(
        &mut self,
        powers: &BlockPowers<8>,
        history: &[i16; HISTORY_SAMPLES],
        end_sample: u64,
    ) -> Option<DtmfEvent> {
        let heard = self.limits.candidate(powers);
        let steady = heard.filter(|digit| self.previous == Some(*digit));
        self.previous = heard;
        let look = Look { limits: &self.limits, history, end_sample };
        let (state, event) = match self.state {
            State::Idle => match steady.and_then(|digit| look.confirm(digit)) {
                Some(tone) => look.admit(tone, end_sample),
                None => (State::Idle, None),
            },
            State::Candidate(tone) if heard == Some(tone.digit) => look.admit(tone, end_sample),
            State::Candidate(tone) => match look.admit(tone, look.tone_end(tone.digit)) {
                (State::Sounding(tone), event) => (State::Pausing(tone, look.tone_end(tone.digit)), event),
                _ => (State::Idle, None),
            },
            State::Sounding(tone) if heard == Some(tone.digit) => (State::Sounding(tone), None),
            State::Sounding(tone) => (State::Pausing(tone, look.tone_end(tone.digit)), None),
            State::Pausing(tone, end) => look.pausing(tone, end, steady),
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
            State::Sounding(tone) => Some(DtmfEvent::Ended(tone, end_sample)),
            State::Pausing(tone, end) => Some(DtmfEvent::Ended(tone, end)),
            State::Idle | State::Candidate(_) => None,
        }
    }
}

impl Limits {
    /// The digit that a block may hold: one row and one column stand out. Loose on purpose, as the
    /// tone may fill a part of the block only, and lie 25 Hz off.
    fn candidate(&self, powers: &BlockPowers<8>) -> Option<Digit> {
        const RELATIVE_PEAK: f32 = 4.0;
        const MAX_TWIST: f32 = 25.0;
        const MIN_PURITY: f32 = 0.5;
        let (low, high) = powers.tones.split_at(4);
        let (row, low_power) = peak(low, RELATIVE_PEAK)?;
        let (column, high_power) = peak(high, RELATIVE_PEAK)?;
        let strong = low_power.min(high_power) >= 0.25 * self.min_level;
        let even = low_power <= MAX_TWIST * high_power && high_power <= MAX_TWIST * low_power;
        let pure = low_power + high_power >= MIN_PURITY * powers.total;
        (strong && even && pure).then(|| Digit::at(row, column)).flatten()
    }
}

/// The strongest power and its index, where it exceeds every other by a factor.
fn peak(powers: &[f32], factor: f32) -> Option<(usize, f32)> {
    let (index, &strongest) = powers.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let stands_out =
        powers.iter().enumerate().all(|(other, &power)| other == index || strongest >= factor * power);
    stands_out.then_some((index, strongest))
}

/// The newest blocks and where they lie in the stream.
struct Look<'a> {
    limits: &'a Limits,
    history: &'a [i16; HISTORY_SAMPLES],
    end_sample: u64,
}

impl Look<'_> {
    fn fit(&self, digit: Digit, samples: Option<&[i16; FIT_SAMPLES]>) -> Option<ToneFit> {
        let (row, column) = digit.row_and_column();
        let radians =
            |table: &[f32; 4], index: usize| table.get(index).map_or(0.0, |hz| hz * self.limits.radians_a_hz);
        ToneFit::new(samples?, radians(&LOW_HZ, row), radians(&HIGH_HZ, column))
    }

    /// The tone, if a fit over the two newest blocks meets the profile.
    fn confirm(&self, digit: Digit) -> Option<Tone> {
        let fit = self.fit(digit, self.history.last_chunk())?;
        let (row, column) = digit.row_and_column();
        let (low, high) = fit.frequencies();
        let right = |radians: f32, nominal: Option<&f32>| {
            nominal.is_some_and(|hz| {
                let nominal = hz * self.limits.radians_a_hz;
                (radians - nominal).abs() <= self.limits.max_deviation * nominal
            })
        };
        let (low_power, high_power) = fit.powers();
        let confirmed = right(low, LOW_HZ.get(row))
            && right(high, HIGH_HZ.get(column))
            && low_power.min(high_power) >= self.limits.min_level
            && high_power <= self.limits.max_twist * low_power
            && low_power <= self.limits.max_reverse_twist * high_power
            && fit.purity() >= self.limits.min_purity;
        confirmed.then(|| {
            let run = fit.run_backward(self.history, FIT_SAMPLES - 1) as u64;
            let start_sample = self.end_sample.saturating_sub(run);
            let tone = Tone { digit, start_sample, level_dbm0: 0.0, twist_db: 0.0 };
            tone.with_powers((low_power, high_power))
        })
    }

    /// First sample after the tone, which sounded in the two blocks before the newest.
    fn tone_end(&self, digit: Digit) -> u64 {
        let before_newest = self.end_sample.saturating_sub(BLOCK_SAMPLES as u64);
        let Some(fit) = self.fit(digit, self.history.first_chunk()) else { return before_newest };
        // The tone may have stopped shortly before the newest block, too.
        let (_, tail) = self.history.split_at(HISTORY_SAMPLES - 2 * BLOCK_SAMPLES);
        let run = fit.run_forward(tail, HISTORY_SAMPLES - 2 * BLOCK_SAMPLES) as u64;
        before_newest.saturating_sub(BLOCK_SAMPLES as u64) + run
    }

    /// Reports a tone that has lasted until `end` if that is long enough.
    fn admit(&self, tone: Tone, end: u64) -> (State, Option<DtmfEvent>) {
        if end.saturating_sub(tone.start_sample) >= self.limits.min_tone_samples {
            let tone = self.measured_before(tone, end);
            (State::Sounding(tone), Some(DtmfEvent::Started(tone)))
        } else {
            (State::Candidate(tone), None)
        }
    }

    /// The tone with its levels where it is known to fill the fit: right before `end`.
    fn measured_before(&self, tone: Tone, end: u64) -> Tone {
        let until = HISTORY_SAMPLES.saturating_sub(self.end_sample.saturating_sub(end) as usize);
        let (before, _) = self.history.split_at(until.min(HISTORY_SAMPLES));
        match self.fit(tone.digit, before.last_chunk()) {
            Some(fit) => tone.with_powers(fit.powers()),
            None => tone,
        }
    }

    /// A reported tone that stopped at `end`: it goes on, another one begins, or it is over.
    fn pausing(&self, tone: Tone, end: u64, steady: Option<Digit>) -> (State, Option<DtmfEvent>) {
        let next = steady.and_then(|digit| self.confirm(digit));
        if let Some(next) = next {
            let pause = next.start_sample.saturating_sub(end);
            if next.digit == tone.digit && pause < self.limits.min_pause_samples {
                return (State::Sounding(tone), None);
            }
            return (State::Candidate(next), Some(DtmfEvent::Ended(tone, end.min(next.start_sample))));
        }
        // A tone that resumes in time is heard whole two blocks later at the most.
        let patience = self.limits.min_pause_samples + 3 * BLOCK_SAMPLES as u64;
        if self.end_sample.saturating_sub(end) >= patience {
            (State::Idle, Some(DtmfEvent::Ended(tone, end)))
        } else {
            (State::Pausing(tone, end), None)
        }
    }
}

/// A receiver on its own: takes frames, cuts them into blocks, measures them, recognises digits.
#[derive(Clone, Debug)]
pub struct DtmfReceiver {
    blocks: BlockBuffer,
    detector: DtmfDetector,
}

impl DtmfReceiver {
    /// A receiver for a profile at the line's rate.
    pub fn new(profile: &DtmfProfile, rate: SampleRate) -> Self {
        Self { blocks: BlockBuffer::new(), detector: DtmfDetector::new(profile, rate) }
    }

    /// Takes a frame of any length and hands out what it brought.
    pub fn push(&mut self, mut frame: &[i16], mut report: impl FnMut(DtmfEvent)) {
        while !frame.is_empty() {
            let (taken, complete) = self.blocks.take(frame);
            frame = frame.get(taken..).unwrap_or_default();
            if complete {
                let powers = BANK.measure(self.blocks.block());
                let event = self.detector.block(&powers, self.blocks.history(), self.blocks.position());
                event.into_iter().for_each(&mut report);
            }
        }
    }

    /// Hands out the end of a tone that still sounds when the stream ends.
    pub fn finish(&mut self) -> Option<DtmfEvent> {
        self.detector.finish(self.blocks.position())
    }
}
