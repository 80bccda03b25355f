//! One message from the beep to its end: takes the line's audio and the host's signals, decides
//! what is recorded and when the message is over. It knows no file and no thread.

mod config;
mod end_reason;
mod event;
mod keys;
pub mod state;
mod telephone_event;
mod terminators;
mod vocabulary;

pub use config::{ConfigError, SessionConfig};
pub use end_reason::EndReason;
pub use event::{DigitEvent, DigitSource, SessionEvent};
pub use state::State;
pub use telephone_event::{NoTelephoneEvent, Signalled, TelephoneEvent, TelephoneEvents};
pub use terminators::{InvalidTerminators, Terminators};
pub use vocabulary::Vocabulary;

use crate::dsp::beep::Beep;
use crate::dsp::call_progress::{CallProgressDetector, ToneEvent};
use crate::dsp::dtmf::{Digit, DtmfDetector, DtmfEvent, Measured, Tone};
use crate::dsp::goertzel::{Kernel, mean_square};
use crate::dsp::silence::{Activity, SilenceDetector};
use crate::dsp::tone_plan::ToneKind;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer};
use crate::line::SampleRate;
use core::ops::Range;
use event::Events;
use keys::Keys;
use state::{Input, Transition, transition};

/// How far the receiver's estimate of a tone's first sample may be off: 5 ms at 8 kHz.
const ONSET_TOLERANCE_SAMPLES: u64 = 40;

/// How long before its first packet a signalled key may have begun: 400 ms at 8 kHz.
const SIGNALLED_AGE_MAX_SAMPLES: u64 = 3_200;

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// The terminator digit, where one ended it.
    pub digit: Option<Digit>,
    /// The disconnect tone, where one ended it.
    pub tone: Option<ToneKind>,
    /// Samples recorded until then, inserted silence included.
    pub recorded_samples: u64,
    /// How many of them the message keeps, from the first on; what was cut begins there.
    pub kept_samples: u64,
    /// What was cut off.
    pub cut: Cut,
    /// The message is not to be kept: it was cancelled, or is one that the configuration deletes.
    pub deleted: bool,
}

/// What was cut off a message's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Cut {
    /// Nothing.
    Nothing = 0,
    /// The terminating key and what followed it.
    Key = 1,
    /// The silence that ended it, less the tail that is kept.
    Silence = 2,
    /// The disconnect tone, from its first cycle on.
    Tone = 3,
}

/// What to record of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// This part of the frame.
    Audio(Range<usize>),
    /// So much silence: the line lost the audio, or a pause masks it.
    Silence(usize),
}

/// Where a key's tone lies among the recorded samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpan {
    /// Its first sample.
    pub start: u64,
    /// The first sample after it; `None` while it sounds.
    pub end: Option<u64>,
}

/// What a pause leaves in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PauseMode {
    /// Silence of the same length: limits of duration go on.
    Silence = 1,
    /// Nothing: limits stand still.
    Gap = 2,
}

impl PauseMode {
    /// The mode of a number.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Silence),
            2 => Some(Self::Gap),
            _ => None,
        }
    }
}

impl Cut {
    /// Its name in results; `None` where nothing was cut.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Key => Some("key"),
            Self::Silence => Some("silence"),
            Self::Tone => Some("tone"),
        }
    }
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
    tones: Option<CallProgressDetector>,
    signalling: TelephoneEvents,
    keys: Keys,
    events: Events,
    limits: Limits,
    /// Position of the first recorded sample, once it is known.
    record_start: Option<u64>,
    /// Samples since then that a pause left out.
    left_out: u64,
    /// Samples that were recorded before the recording started anew.
    dropped: u64,
    pause: Option<PauseMode>,
    /// Since when the line's own signals say that the caller is gone.
    line_dropped: Option<u64>,
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
    min_recorded: u64,
    max_recorded: u64,
    initial_silence: u64,
    final_silence: u64,
    /// How much of the final silence is kept; all of it where it is not cut.
    silence_tail: u64,
    /// How much is recorded from before the first sound, where that starts the recording.
    pre_roll: Option<u64>,
    line_drop_debounce: u64,
    terminators: Terminators,
    delete_too_short: bool,
    delete_initial_silence: bool,
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
        let silence = SilenceDetector::new(&config.silence)?;
        let tones = match &config.tone_plan {
            Some(plan) => Some(CallProgressDetector::with_kernel(plan, kernel)?),
            None => None,
        };
        let beep_end = beep.as_ref().map_or(0, |beep| beep.len_samples().into());
        let off_if_0 = |ms: u32| if ms == 0 { u64::MAX } else { rate.samples(ms.into()) };
        let limits = Limits {
            beep_end,
            guard_end: beep_end + rate.samples(config.echo_guard_ms.into()),
            min_recorded: rate.samples(config.min_duration_ms.into()),
            max_recorded: off_if_0(config.max_duration_ms),
            initial_silence: off_if_0(config.initial_silence_ms),
            final_silence: off_if_0(config.final_silence_ms),
            silence_tail: config.final_silence_tail_ms.map_or(u64::MAX, |ms| rate.samples(ms.into())),
            pre_roll: config.start_on_speech.then(|| rate.samples(config.pre_roll_ms.into())),
            line_drop_debounce: rate.samples(config.line_drop_debounce_ms.into()),
            terminators: config.terminators,
            delete_too_short: config.delete_too_short,
            delete_initial_silence: config.delete_initial_silence,
            rate,
        };
        let mut session = Self {
            state: State::Beep,
            beep,
            blocks: BlockBuffer::new(),
            dtmf: DtmfDetector::with_kernel(&config.dtmf, kernel)?,
            silence,
            tones,
            signalling: TelephoneEvents::default(),
            keys: Keys::default(),
            events: Events::default(),
            limits,
            record_start: None,
            left_out: 0,
            dropped: 0,
            pause: None,
            line_dropped: None,
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
        match (&self.end, self.record_start) {
            (Some(end), _) => end.recorded_samples,
            (None, Some(start)) => self.blocks.position().saturating_sub(start + self.left_out),
            (None, None) => 0,
        }
    }

    /// The same, and what was recorded before the recording started anew.
    pub const fn streamed_samples(&self) -> u64 {
        self.dropped + self.recorded_samples()
    }

    /// Samples that were recorded before the recording started anew, and are no part of the message.
    pub const fn dropped_samples(&self) -> u64 {
        self.dropped
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

    /// Takes the next frame and returns what of it to record. Takes nothing once ended.
    ///
    /// Where the recording starts by a sound, it may start before this frame: the samples to record are then the
    /// newest [`recorded_samples`](Self::recorded_samples) of all.
    pub fn push(&mut self, frame: &[i16]) -> Recorded {
        if self.pause.is_some() {
            return Recorded::Silence(self.pass_over(frame.len()));
        }
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
                let tone = match &mut self.tones {
                    Some(tones) => tones.block(block, &self.blocks, measured.total),
                    None => None,
                };
                self.step_block(&measured, tone);
            }
            self.step_limits();
        }
        let pushed = frame.len() - rest.len();
        let recorded = (self.recorded_samples() - recorded_before) as usize;
        Recorded::Audio(pushed.saturating_sub(recorded)..pushed)
    }

    /// Takes samples that the line lost and returns how much silence to record for them.
    pub fn push_lost(&mut self, samples: usize) -> usize {
        if self.pause.is_some() {
            return self.pass_over(samples);
        }
        let recorded_before = self.recorded_samples();
        let mut rest = samples;
        if rest > 0 && self.end.is_none() {
            self.step_partial();
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

    /// Takes samples that a pause masks, and returns how much silence to record for them. Detectors stand still.
    pub(crate) fn pass_over(&mut self, samples: usize) -> usize {
        let recorded_before = self.recorded_samples();
        let mut rest = samples;
        while rest > 0 && self.end.is_none() {
            let step = rest.min(self.until_next_decision());
            self.blocks.lose(step);
            self.silence.skip(step);
            if self.pause == Some(PauseMode::Gap) && self.state == State::Recording {
                self.left_out += step as u64;
            }
            rest -= step;
            self.step_limits();
        }
        (self.recorded_samples() - recorded_before) as usize
    }

    /// The block that a loss or a pause cuts short.
    fn step_partial(&mut self) {
        let partial = self.blocks.partial();
        self.silence.block(partial.len(), mean_square(partial));
        self.note_sound(self.blocks.position());
    }

    /// Masks what follows, in any state: it never reaches the recording, and no digit, tone or silence in it counts.
    /// Another mode takes the place of the present one.
    pub fn pause(&mut self, mode: PauseMode) {
        if self.pause.is_none() && self.end.is_none() {
            self.step_partial();
            self.dtmf.forget();
        }
        self.pause = Some(mode);
    }

    /// Goes on after a pause.
    pub fn resume(&mut self) {
        self.pause = None;
    }

    /// What a pause leaves in the recording, while one lasts.
    pub const fn paused(&self) -> Option<PauseMode> {
        self.pause
    }

    /// Drops what was recorded, and starts over: with the beep, if there is one and it is wanted, or at once. Before the
    /// recording has started, and after its end, this does nothing.
    pub fn restart(&mut self, beep: bool) {
        if !matches!(self.state, State::Recording | State::AwaitingSpeech) {
            return;
        }
        self.dropped += self.recorded_samples();
        (self.record_start, self.left_out) = (None, 0);
        (self.spoken, self.line_lost_samples) = (false, 0);
        self.silence.restart();
        self.dtmf.forget();
        let position = self.position();
        let beep_samples = self.beep.as_ref().filter(|_| beep).map_or(0, |beep| beep.len_samples().into());
        let guard_samples = if beep_samples > 0 { self.limits.guard_end - self.limits.beep_end } else { 0 };
        self.limits.beep_end = position + beep_samples;
        self.limits.guard_end = self.limits.beep_end + guard_samples;
        self.state = State::Beep;
        self.step_clock();
    }

    /// Position at which the beep that plays, or played last, began; for whoever plays it.
    pub fn beep_start(&self) -> u64 {
        let length = self.beep.as_ref().map_or(0, |beep| beep.len_samples().into());
        self.limits.beep_end.saturating_sub(length)
    }

    /// The key that sounds, or was the last to sound, in samples recorded as
    /// [`streamed_samples`](Self::streamed_samples) counts them.
    pub fn key_span(&self) -> Option<KeySpan> {
        let (start, end) = self.dtmf.tone_span()?;
        let since = self.record_start? + self.left_out;
        let recorded = |sample: u64| self.dropped + sample.saturating_sub(since);
        Some(KeySpan { start: recorded(start), end: end.map(recorded) })
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
        // The tones that the gateway let through may have begun earlier. What a first packet says is believed to a
        // degree only, as the cut is where the key began.
        let start = now.saturating_sub(duration_samples.min(SIGNALLED_AGE_MAX_SAMPLES));
        let start = self.dtmf.candidate_since(digit).map_or(start, |heard| heard.min(start));
        // Who pauses does not want to hear of what is keyed in, a card's number perhaps.
        if self.keys.signalled(digit, start, now) && self.pause.is_none() {
            self.pressed(DigitEvent { digit, source: DigitSource::Signalled, start_sample: start });
        }
    }

    /// First sample from which on a signalled terminator is sure to end the message: until then the key may be one
    /// that was heard before the recording started.
    pub const fn signalled_ends_from(&self) -> u64 {
        self.limits.guard_end + keys::RESIDUE_SAMPLES
    }

    /// Takes the oldest event that awaits. Forty are kept; see [`lost_events`](Self::lost_events).
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

    /// The line's own signals say that the caller is gone (loop-current drop, polarity reversal), or there after all. The
    /// message ends as by [`hangup`](Self::hangup) when that lasts for the configured time.
    pub fn line_drop(&mut self, dropped: bool) {
        self.line_dropped = dropped.then(|| self.line_dropped.unwrap_or(self.position()));
        self.step_limits();
    }

    /// No audio has come for too long, as the engine's supervision says; what was recorded is kept.
    pub fn media_timeout(&mut self) {
        self.input(Input::MediaTimeout, self.recorded_samples(), None);
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
        let decisions = [
            Some(self.limits.beep_end),
            Some(self.limits.guard_end),
            self.max_deadline(),
            self.silence_deadline().map(|(deadline, _)| deadline),
            self.line_drop_deadline(),
        ];
        let ahead = decisions.into_iter().flatten().filter(|&decision| decision > position).min();
        ahead.map_or(usize::MAX, |next| usize::try_from(next - position).unwrap_or(usize::MAX))
    }

    /// Where the recording reaches its maximum duration.
    fn max_deadline(&self) -> Option<u64> {
        let running = self.pause != Some(PauseMode::Gap);
        let start = self.record_start.filter(|_| running)?.checked_add(self.left_out)?;
        start.checked_add(self.limits.max_recorded)
    }

    fn line_drop_deadline(&self) -> Option<u64> {
        Some(self.line_dropped? + self.limits.line_drop_debounce)
    }

    fn step_block(&mut self, measured: &Measured, tone: Option<ToneEvent>) {
        self.step_clock();
        let end = self.blocks.position();
        if let Some(DtmfEvent::Started(Tone { digit, start_sample, .. })) = measured.event
            && self.keys.heard(digit, start_sample)
        {
            self.pressed(DigitEvent { digit, source: DigitSource::Heard, start_sample });
        }
        if let Some(DtmfEvent::Ended(tone, end)) = measured.event {
            self.keys.heard_until(tone.digit, end);
        }
        if let Some(ToneEvent::Started(tone)) = tone {
            self.heard_tone(tone.kind, tone.start_sample);
        }
        self.silence.block(BLOCK_SAMPLES, measured.total);
        self.note_sound(end);
    }

    /// A call-progress tone was heard: it ends the message, or is told.
    fn heard_tone(&mut self, kind: ToneKind, start_sample: u64) {
        if kind.is_disconnect() && self.end.is_none() {
            let since = start_sample.saturating_sub(self.record_start.unwrap_or(u64::MAX));
            self.input(Input::DisconnectTone, since.saturating_sub(self.left_out), None);
            if let Some(end) = &mut self.end {
                end.tone = Some(kind);
            }
        } else if self.end.is_none() {
            self.events.put(SessionEvent::Tone { kind, start_sample });
        }
    }

    /// Whether the caller has spoken. A block that began before the recording may hold the beep's echo.
    fn note_sound(&mut self, end: u64) {
        let began = end.saturating_sub(BLOCK_SAMPLES as u64) >= self.limits.guard_end;
        // The hangover may be that of the beep's echo.
        let sounded = self.silence.activity() == Activity::Sound && self.silence.sound_end() == end;
        let sound = began && sounded;
        if sound && let (State::AwaitingSpeech, Some(pre_roll)) = (self.state, self.limits.pre_roll) {
            let start = self.silence.since_sample().saturating_sub(pre_roll);
            self.record_start = Some(start.max(self.limits.guard_end));
            self.input(Input::Speech, 0, None);
        }
        self.spoken |= sound;
    }

    fn step_clock(&mut self) {
        let position = self.blocks.position();
        if position >= self.limits.beep_end {
            self.input(Input::BeepDone, 0, None);
        }
        if position >= self.limits.guard_end && self.state == State::EchoGuard {
            if self.limits.pre_roll.is_some() {
                self.input(Input::AwaitSpeech, 0, None);
            } else {
                self.record_start = Some(self.limits.guard_end);
                self.input(Input::GuardDone, 0, None);
            }
        }
    }

    fn step_limits(&mut self) {
        self.step_clock();
        let position = self.blocks.position();
        let reached = |deadline: Option<u64>| deadline.is_some_and(|deadline| position >= deadline);
        if reached(self.max_deadline()) {
            self.input(Input::MaxDuration, self.recorded_samples(), None);
        }
        // What came of the newest block may be the first sound after the silence.
        let quiet = || !self.silence.is_sound(mean_square(self.blocks.partial()));
        if let Some((deadline, input)) = self.silence_deadline()
            && position >= deadline
            && quiet()
        {
            let silent = position - self.silence.since_sample();
            let cut = silent.saturating_sub(self.limits.silence_tail);
            self.input(input, self.recorded_samples().saturating_sub(cut), None);
        }
        if reached(self.line_drop_deadline()) {
            self.input(Input::Hangup, self.recorded_samples(), None);
        }
    }

    /// Where the present silence, if it lasts, ends the message, and as what.
    fn silence_deadline(&self) -> Option<(u64, Input)> {
        if self.silence.activity() == Activity::Sound || self.pause.is_some() {
            return None;
        }
        let awaits_first_word = !self.spoken && self.limits.initial_silence != u64::MAX;
        let (limit, input) = if awaits_first_word {
            (self.limits.initial_silence, Input::InitialSilence)
        } else {
            (self.limits.final_silence, Input::FinalSilence)
        };
        let since = self.silence.since_sample().max(self.record_start.unwrap_or(self.limits.guard_end));
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
        let awaited = (self.state == State::AwaitingSpeech).then_some(self.limits.guard_end);
        let first = self.record_start.or(awaited)?;
        let since = (event.start_sample + ONSET_TOLERANCE_SAMPLES).checked_sub(first)?;
        Some(since.saturating_sub(ONSET_TOLERANCE_SAMPLES + self.left_out))
    }

    /// The terminator that was pressed long enough when the audio stopped, but too shortly before
    /// to be certain yet: the receiver is given the silence that would have followed.
    fn key_before_the_end(&mut self) -> Option<(Digit, u64)> {
        for _ in 0..2 {
            let silence = *self.blocks.complete_with_silence();
            let event = self.dtmf.block(&silence, &self.blocks).event;
            let Some(DtmfEvent::Started(Tone { digit, start_sample, .. })) = event else { continue };
            if !self.keys.heard(digit, start_sample) {
                continue;
            }
            let event = DigitEvent { digit, source: DigitSource::Heard, start_sample };
            match self.start_in_recording(&event) {
                Some(start) if self.terminators().contains(digit) => return Some((digit, start)),
                _ => self.events.put(SessionEvent::Digit(event)),
            }
        }
        None
    }

    fn input(&mut self, input: Input, kept_samples: u64, digit: Option<Digit>) {
        let recorded_samples = self.recorded_samples();
        // What a pause masks is none of a key.
        let was_recording = self.state == State::Recording && self.pause.is_none();
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
        let cut = match reason {
            _ if kept_samples == recorded_samples => Cut::Nothing,
            EndReason::Dtmf => Cut::Key,
            EndReason::DisconnectTone => Cut::Tone,
            _ => Cut::Silence,
        };
        let reason = self.unless_too_short(reason, recorded_samples);
        let deleted = match reason {
            EndReason::Cancelled => true,
            EndReason::TooShort => self.limits.delete_too_short,
            EndReason::InitialSilence => self.limits.delete_initial_silence,
            _ => false,
        };
        self.end = Some(End { reason, digit, tone: None, recorded_samples, kept_samples, cut, deleted });
    }

    /// The reason, or that the message is too short, where one was left at all and the reason says nothing worse.
    fn unless_too_short(&self, reason: EndReason, recorded_samples: u64) -> EndReason {
        let short = (1..self.limits.min_recorded).contains(&recorded_samples);
        match reason {
            EndReason::InitialSilence | EndReason::MediaTimeout | EndReason::Cancelled | EndReason::Error => {
                reason
            }
            _ if short => EndReason::TooShort,
            _ => reason,
        }
    }
}
