//! One message from the beep to its end: takes the line's audio and the host's signals, decides
//! what is recorded and when the message is over. It knows no file and no thread.

mod config;
mod end_reason;
mod event;
mod keys;
pub mod state;
mod telephone_event;
mod terminators;

pub use config::{ConfigError, SessionConfig};
pub use end_reason::EndReason;
pub use event::{DigitEvent, DigitSource, SessionEvent};
pub use state::State;
pub use telephone_event::{NoTelephoneEvent, Signalled, TelephoneEvent, TelephoneEvents};
pub use terminators::{InvalidTerminators, Terminators};

use crate::dsp::beep::Beep;
use crate::dsp::dtmf::{Digit, DtmfDetector, DtmfEvent, Measured, Tone};
use crate::dsp::goertzel::{Kernel, mean_square};
use crate::dsp::silence::{Activity, SilenceDetector};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer};
use crate::line::SampleRate;
use core::ops::Range;
use event::Events;
use keys::Keys;
use state::{Input, Transition, transition};

/// How far the receiver's estimate of a tone's first sample may be off: 5 ms at 8 kHz.
const ONSET_TOLERANCE_SAMPLES: u64 = 40;

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// The terminator digit, where one ended it.
    pub digit: Option<Digit>,
    /// Samples recorded until then, inserted silence included.
    pub recorded_samples: u64,
    /// How many of them the message keeps, from the first on; the terminating tone begins there.
    pub kept_samples: u64,
}

/// A session: feed it every sample that the line delivers, or has lost.
///
/// Nothing here allocates, blocks or panics; the work of a call is bounded by its frame.
#[derive(Clone, Debug)]
pub struct Session {
    state: State,
    beep: Option<Beep>,
    blocks: BlockBuffer,
    dtmf: DtmfDetector,
    silence: SilenceDetector,
    signalling: TelephoneEvents,
    keys: Keys,
    events: Events,
    limits: Limits,
    /// The caller made a sound since the recording started.
    spoken: bool,
    line_lost_samples: u64,
    end: Option<End>,
}

/// The configuration in samples since the session's start, or of recorded audio.
#[derive(Clone, Copy, Debug)]
struct Limits {
    beep_end: u64,
    guard_end: u64,
    max_recorded: u64,
    initial_silence: u64,
    final_silence: u64,
    terminators: Terminators,
    rate: SampleRate,
}

impl Session {
    /// A session about to play its beep, or to record, with the kernel that the target has for certain.
    pub fn new(config: &SessionConfig) -> Result<Self, ConfigError> {
        Self::with_kernel(config, Kernel::COMPILED)
    }

    /// A session about to play its beep, or to record.
    pub fn with_kernel(config: &SessionConfig, kernel: Kernel) -> Result<Self, ConfigError> {
        config.validate()?;
        let rate = config.sample_rate;
        let beep = match &config.beep {
            Some(beep) => Some(Beep::new(beep, rate)?),
            None => None,
        };
        let silence = SilenceDetector::new(config.silence_threshold_dbm0)?;
        let beep_end = beep.as_ref().map_or(0, |beep| beep.len_samples().into());
        let off_if_0 = |ms: u32| if ms == 0 { u64::MAX } else { rate.samples(ms.into()) };
        let limits = Limits {
            beep_end,
            guard_end: beep_end + rate.samples(config.echo_guard_ms.into()),
            max_recorded: off_if_0(config.max_duration_ms),
            initial_silence: off_if_0(config.initial_silence_ms),
            final_silence: off_if_0(config.final_silence_ms),
            terminators: config.terminators,
            rate,
        };
        let mut session = Self {
            state: State::Beep,
            beep,
            blocks: BlockBuffer::new(),
            dtmf: DtmfDetector::with_kernel(&config.dtmf, kernel)?,
            silence,
            signalling: TelephoneEvents::default(),
            keys: Keys::default(),
            events: Events::default(),
            limits,
            spoken: false,
            line_lost_samples: 0,
            end: None,
        };
        session.step_clock();
        Ok(session)
    }

    /// Where the session stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// How the message ended, once it has.
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The beep, for whoever plays it to the caller.
    pub const fn beep(&self) -> Option<&Beep> {
        self.beep.as_ref()
    }

    /// The line's sample rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.limits.rate
    }

    /// Samples pushed, or told as lost, since the start.
    pub const fn position(&self) -> u64 {
        self.blocks.position()
    }

    /// Samples recorded so far, inserted silence included.
    pub const fn recorded_samples(&self) -> u64 {
        match &self.end {
            Some(end) => end.recorded_samples,
            None => self.blocks.position().saturating_sub(self.limits.guard_end),
        }
    }

    /// The digits that end the message.
    pub const fn terminators(&self) -> Terminators {
        self.limits.terminators
    }

    /// Recorded samples that the line had lost: silence stands in their place.
    pub const fn line_lost_samples(&self) -> u64 {
        self.line_lost_samples
    }

    /// Samples dropped after the beep so far, where its echo may have been.
    pub fn echo_guard_samples(&self) -> u64 {
        self.position().clamp(self.limits.beep_end, self.limits.guard_end) - self.limits.beep_end
    }

    /// Takes the next frame and returns the part of it to record. Takes nothing once ended.
    pub fn push(&mut self, frame: &[i16]) -> Range<usize> {
        let recorded_before = self.recorded_samples();
        let mut rest = frame;
        while !rest.is_empty() && self.end.is_none() {
            let step = rest.len().min(self.blocks.missing()).min(self.until_next_decision());
            let (step, later) = rest.split_at(step);
            // A step never exceeds the block.
            self.blocks.take(step);
            rest = later;
            if let Some(block) = self.blocks.complete(step) {
                let measured = self.dtmf.block(block, &self.blocks);
                self.step_block(&measured);
            }
            self.step_limits();
        }
        let pushed = frame.len() - rest.len();
        let recorded = (self.recorded_samples() - recorded_before) as usize;
        pushed.saturating_sub(recorded)..pushed
    }

    /// Takes samples that the line lost and returns how much silence to record for them.
    pub fn push_lost(&mut self, samples: usize) -> usize {
        let recorded_before = self.recorded_samples();
        let mut rest = samples;
        if rest > 0 && self.end.is_none() {
            // The block that the loss cuts short.
            let partial = self.blocks.partial();
            self.silence.block(partial.len(), mean_square(partial));
            self.note_sound(self.blocks.position());
        }
        while rest > 0 && self.end.is_none() {
            let step = rest.min(self.until_next_decision());
            self.blocks.lose(step);
            self.silence.block(step, 0.0);
            rest -= step;
            self.step_limits();
        }
        let silence = self.recorded_samples() - recorded_before;
        self.line_lost_samples += silence;
        silence as usize
    }

    /// Takes a digit that the host received by other signalling than RTP (SIP INFO).
    pub fn digit(&mut self, digit: Digit) {
        self.signalled(digit, 0);
    }

    /// Takes a packet of a telephone event (RFC 4733) as it arrives. The digit counts once, however many of its packets
    /// arrive and whether or not its tones are heard, too; it began as long ago as the packet says.
    pub fn telephone_event(&mut self, packet: &TelephoneEvent) {
        match self.signalling.receive(packet) {
            Signalled::Began(digit) => self.signalled(digit, packet.duration.into()),
            Signalled::GoesOn(digit) => self.keys.still_signalled(digit, self.position()),
            Signalled::Other => {}
        }
    }

    fn signalled(&mut self, digit: Digit, duration_samples: u64) {
        let now = self.position();
        // The tones that the gateway let through may have begun earlier.
        let start = now.saturating_sub(duration_samples);
        let start = self.dtmf.candidate_since(digit).map_or(start, |heard| heard.min(start));
        if self.keys.signalled(digit, start, now) {
            self.pressed(DigitEvent { digit, source: DigitSource::Signalled, start_sample: start });
        }
    }

    /// First sample from which on a signalled terminator is sure to end the message: until then the key may be one
    /// that was heard before the recording started.
    pub const fn signalled_ends_from(&self) -> u64 {
        self.limits.guard_end + keys::RESIDUE_SAMPLES
    }

    /// Takes the oldest event that awaits. Sixteen are kept; see [`lost_events`](Self::lost_events).
    #[inline]
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.events.take()
    }

    /// Events that were lost since the start, because too many awaited.
    pub const fn lost_events(&self) -> u64 {
        self.events.lost()
    }

    /// The caller hung up; the message is kept.
    pub fn hangup(&mut self) {
        self.input(Input::Hangup, self.recorded_samples(), None);
    }

    /// The host ends the recording; the message is kept.
    pub fn stop(&mut self) {
        self.input(Input::Stop, self.recorded_samples(), None);
    }

    /// The host gives the recording up; the message is to be deleted.
    pub fn cancel(&mut self) {
        self.input(Input::Cancel, self.recorded_samples(), None);
    }

    /// The recording cannot go on; what was recorded is kept.
    pub fn fail(&mut self) {
        self.input(Input::Fail, self.recorded_samples(), None);
    }

    /// Samples until the next position at which the clock, a limit or lasting silence decides.
    fn until_next_decision(&self) -> usize {
        let position = self.blocks.position();
        let limit = self.limits.guard_end.saturating_add(self.limits.max_recorded);
        let silence = self.silence_deadline().map_or(u64::MAX, |(deadline, _)| deadline);
        let decisions = [self.limits.beep_end, self.limits.guard_end, limit, silence];
        let ahead = decisions.into_iter().filter(|&decision| decision > position).min();
        ahead.map_or(usize::MAX, |next| usize::try_from(next - position).unwrap_or(usize::MAX))
    }

    fn step_block(&mut self, measured: &Measured) {
        self.step_clock();
        let end = self.blocks.position();
        if let Some(DtmfEvent::Started(tone)) = measured.event
            && self.keys.heard(tone.digit, tone.start_sample)
        {
            let (digit, start_sample) = (tone.digit, tone.start_sample);
            self.pressed(DigitEvent { digit, source: DigitSource::Heard, start_sample });
        }
        self.silence.block(BLOCK_SAMPLES, measured.total);
        self.note_sound(end);
    }

    /// Whether the caller has spoken. A block that began before the recording may hold the beep's echo.
    fn note_sound(&mut self, end: u64) {
        let began = end.saturating_sub(BLOCK_SAMPLES as u64) >= self.limits.guard_end;
        self.spoken |= began && self.silence.activity() == Activity::Sound;
    }

    fn step_clock(&mut self) {
        let position = self.blocks.position();
        if position >= self.limits.beep_end {
            self.input(Input::BeepDone, 0, None);
        }
        if position >= self.limits.guard_end {
            self.input(Input::GuardDone, 0, None);
        }
    }

    fn step_limits(&mut self) {
        self.step_clock();
        if self.recorded_samples() >= self.limits.max_recorded {
            self.input(Input::MaxDuration, self.recorded_samples(), None);
        }
        // What came of the newest block may be the first sound after the silence.
        let quiet = || !self.silence.is_sound(mean_square(self.blocks.partial()));
        if let Some((deadline, input)) = self.silence_deadline()
            && self.blocks.position() >= deadline
            && quiet()
        {
            self.input(input, self.recorded_samples(), None);
        }
    }

    /// Where the present silence, if it lasts, ends the message, and as what.
    fn silence_deadline(&self) -> Option<(u64, Input)> {
        if self.silence.activity() == Activity::Sound {
            return None;
        }
        let awaits_first_word = !self.spoken && self.limits.initial_silence != u64::MAX;
        let (limit, input) = if awaits_first_word {
            (self.limits.initial_silence, Input::InitialSilence)
        } else {
            (self.limits.final_silence, Input::FinalSilence)
        };
        let since = self.silence.since_sample().max(self.limits.guard_end);
        Some((since.checked_add(limit)?, input))
    }

    /// A digit was pressed. It is told, unless it ends the message.
    fn pressed(&mut self, event: DigitEvent) {
        if self.end.is_some() {
            return;
        }
        if let Some(start) = self.start_in_recording(&event) {
            let terminator = self.terminators().contains(event.digit);
            let input = if terminator { Input::Terminator } else { Input::OtherDigit };
            self.input(input, start, Some(event.digit));
        }
        if self.end.is_none() {
            self.events.put(SessionEvent::Digit(event));
        }
    }

    /// Where in the recording a key was pressed. One pressed before the recording started is none.
    fn start_in_recording(&self, event: &DigitEvent) -> Option<u64> {
        let since = (event.start_sample + ONSET_TOLERANCE_SAMPLES).checked_sub(self.limits.guard_end)?;
        Some(since.saturating_sub(ONSET_TOLERANCE_SAMPLES))
    }

    /// The terminator that was pressed long enough when the audio stopped, but too shortly before
    /// to be certain yet: the receiver is given the silence that would have followed.
    fn key_before_the_end(&mut self) -> Option<(Digit, u64)> {
        const SILENCE: [i16; BLOCK_SAMPLES] = [0; BLOCK_SAMPLES];
        for _ in 0..2 {
            let silence = SILENCE.get(..self.blocks.missing()).unwrap_or_default();
            self.blocks.take(silence);
            let event = self.dtmf.block(self.blocks.complete(silence)?, &self.blocks).event;
            let Some(DtmfEvent::Started(Tone { digit, start_sample, .. })) = event else { continue };
            let event = DigitEvent { digit, source: DigitSource::Heard, start_sample };
            let start = self.start_in_recording(&event);
            if start.is_some() && self.terminators().contains(digit) && self.keys.heard(digit, start_sample) {
                return Some((digit, start?));
            }
        }
        None
    }

    fn input(&mut self, input: Input, kept_samples: u64, digit: Option<Digit>) {
        let recorded_samples = self.recorded_samples();
        let was_recording = self.state == State::Recording;
        let (reason, digit, kept_samples) =
            match transition(self.state, input) {
                Transition::Stay => return,
                Transition::To(state) => {
                    self.state = state;
                    return;
                }
                Transition::End(
                    reason @ (EndReason::Hangup | EndReason::Stopped | EndReason::MaxDuration),
                ) if was_recording => match self.key_before_the_end() {
                    Some((digit, start)) => (EndReason::Dtmf, Some(digit), start),
                    None => (reason, None, kept_samples),
                },
                Transition::End(EndReason::Dtmf) => (EndReason::Dtmf, digit, kept_samples),
                Transition::End(reason) => (reason, None, kept_samples),
            };
        self.state = State::Ended;
        let kept_samples = kept_samples.min(recorded_samples);
        self.end = Some(End { reason, digit, recorded_samples, kept_samples });
    }
}
