//! One message from the beep to its end: takes the line's audio and the host's signals, decides
//! what is recorded and when the message is over. It knows no file and no thread.

mod config;
mod end;
mod end_reason;
mod event;
mod keys;
mod limits;
mod pause;
mod presses;
mod sound;
pub mod state;
mod telephone_event;
mod terminators;
mod vocabulary;

pub use config::{ConfigError, SessionConfig};
pub use end::{Cut, End};
pub use end_reason::EndReason;
#[cfg(feature = "std")]
pub(crate) use event::PackedEvent;
pub use event::{DigitEvent, DigitSource, SessionEvent};
pub use pause::PauseMode;
pub use state::State;
pub use telephone_event::{NoTelephoneEvent, Signalled, TelephoneEvent, TelephoneEvents};
pub use terminators::{InvalidTerminators, Terminators};
pub use vocabulary::Vocabulary;

use crate::dsp::beep::Beep;
use crate::dsp::call_progress::{CallProgressDetector, ToneEvent};
use crate::dsp::dtmf::{Digit, DtmfDetector, DtmfEvent, Measured, Tone};
use crate::dsp::goertzel::{Kernel, mean_square};
use crate::dsp::silence::{Activity, SilenceDetector, Span};
use crate::dsp::tone_plan::ToneKind;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, Decimator};
use crate::line::SampleRate;
use core::borrow::BorrowMut;
use core::ops::Range;
use event::Events;
use keys::Keys;
use limits::Limits;
use sound::SoundLog;
use state::{Input, Transition, transition};

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

/// A session: feed it every sample that the line delivers, or has lost.
///
/// Nothing here allocates, blocks or panics; the work of a call is bounded by its frame.
///
/// `P` is where a detector of call-progress tones lives: in place, or, where most sessions listen for none and memory
/// counts, behind a pointer such as `Box<CallProgressDetector>`. `D` is the same for what makes the detectors' 8 kHz of a
/// line at another rate. All positions that a session tells, and all limits, are in samples of the line.
#[derive(Clone, Debug)]
// What a push touches lies together behind the audio: each cache line that it does not need is one that it need not
// wait for.
#[repr(C)]
pub struct Session<P = CallProgressDetector, D = Decimator> {
    beep: Option<Beep>,
    signalling: TelephoneEvents,
    keys: Keys,
    events: Events,
    blocks: BlockBuffer,
    dtmf: DtmfDetector,
    silence: SilenceDetector,
    tones: Option<P>,
    /// Looked at where the line's rate is another than the detectors'.
    decimator: Option<D>,
    /// Samples pushed, or told as lost, since the start. Those of the detectors are others at another rate.
    position: u64,
    limits: Limits,
    state: State,
    /// Position of the first recorded sample, once it is known.
    record_start: Option<u64>,
    /// Samples since then that a pause left out.
    left_out: u64,
    /// Samples that were recorded before the recording started anew.
    dropped: u64,
    pause: Option<PauseMode>,
    /// Since when the line's own signals say that the caller is gone; the last position of all while they do not.
    line_dropped: u64,
    /// The caller made a sound since the recording started.
    spoken: bool,
    sound: SoundLog,
    line_lost_samples: u64,
    end: Option<End>,
}

impl Session {
    /// A session about to play its beep, or to record, with the kernel that the target has for certain.
    pub fn new(config: &SessionConfig) -> Result<Self, ConfigError> {
        Self::with_kernel(config, Kernel::COMPILED)
    }
}

impl<P, D> Session<P, D>
where
    P: BorrowMut<CallProgressDetector> + From<CallProgressDetector>,
    D: BorrowMut<Decimator> + From<Decimator>,
{
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
            Some(plan) => Some(CallProgressDetector::with_kernel(plan, kernel)?.into()),
            None => None,
        };
        let beep_end = beep.as_ref().map_or(0, |beep| beep.len_samples().into());
        let limits = Limits::new(config, beep_end);
        let mut session = Self {
            state: State::Beep,
            beep,
            position: 0,
            decimator: Decimator::new(rate).map(D::from),
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
            line_dropped: u64::MAX,
            spoken: false,
            sound: SoundLog::default(),
            line_lost_samples: 0,
            end: None,
        };
        session.step_clock();
        Ok(session)
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
        let mut decision = self.next_decision();
        while !rest.is_empty() && self.end.is_none() {
            let step = rest.len().min(self.until_block()).min(self.until(decision));
            let (step, later) = rest.split_at(step);
            // A step never exceeds the block.
            let heard = if self.decimator.is_none() {
                self.blocks.take(step);
                step
            } else {
                self.hear(step);
                &[]
            };
            self.position += step.len() as u64;
            rest = later;
            let mut changed = false;
            if let Some(block) = self.blocks.complete(heard) {
                let beside = self.tones.as_mut().map(|tones| tones.borrow_mut().beside());
                let measured = self.dtmf.block_beside(block, &self.blocks, beside);
                let tone = match &mut self.tones {
                    Some(tones) => tones.borrow_mut().block(block, &self.blocks, measured.total),
                    None => None,
                };
                let before = (self.state, self.spoken, self.silence.activity());
                self.step_block(&measured, tone);
                changed = before != (self.state, self.spoken, self.silence.activity());
            }
            if changed || self.position >= decision {
                self.step_limits();
                decision = self.next_decision();
            }
        }
        let pushed = frame.len() - rest.len();
        let recorded = (self.recorded_samples() - recorded_before) as usize;
        Recorded::Audio(pushed.saturating_sub(recorded)..pushed)
    }
}

impl<P, D: BorrowMut<Decimator>> Session<P, D> {
    /// From this byte on every push touches the session.
    #[cfg(feature = "std")]
    pub(crate) const TOUCHED_FROM: usize = core::mem::offset_of!(Self, blocks) + BlockBuffer::TOUCHED_FROM;

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
        self.position
    }

    /// Samples recorded so far, inserted silence included.
    pub const fn recorded_samples(&self) -> u64 {
        match (&self.end, self.record_start) {
            (Some(end), _) => end.recorded_samples,
            (None, Some(start)) => self.position.saturating_sub(start + self.left_out),
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

    /// Recorded samples that the line had lost: something else stands in their place.
    pub const fn line_lost_samples(&self) -> u64 {
        self.line_lost_samples
    }

    /// Samples of the message, as far as it is known, that the silence detector took for sound; what the line lost or a
    /// pause left out is none.
    pub fn sound_samples(&self) -> u64 {
        let present = self.silence.activity();
        let samples =
            self.recorded_samples().saturating_sub(self.recorded_until(self.silence.since_sample()));
        let cut = self.end.map_or(0, |end| end.recorded_samples - end.kept_samples);
        self.sound.sound_before(present, samples, cut)
    }

    /// Samples dropped after the beep so far, where its echo may have been.
    pub fn echo_guard_samples(&self) -> u64 {
        self.position().clamp(self.limits.beep_end, self.limits.guard_end) - self.limits.beep_end
    }

    /// Takes samples that the line lost and returns how much silence to record for them.
    pub fn push_lost(&mut self, samples: usize) -> usize {
        if self.pause.is_some() {
            return self.pass_over(samples);
        }
        if samples > 0 && self.end.is_none() {
            self.step_partial();
        }
        // The block that is cut short may have started the recording, with what came before: none of that was lost.
        let recorded_before = self.recorded_samples();
        let mut rest = samples;
        while rest > 0 && self.end.is_none() {
            let step = rest.min(self.until(self.next_decision()));
            let unheard = self.lose(step);
            let run = self.silence.block(unheard, 0.0);
            self.note_run(run);
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
            let step = rest.min(self.until(self.next_decision()));
            let unheard = self.lose(step);
            self.silence.skip(unheard);
            if self.pause == Some(PauseMode::Gap) && self.state == State::Recording {
                self.left_out += step as u64;
            }
            rest -= step;
            self.step_limits();
        }
        (self.recorded_samples() - recorded_before) as usize
    }

    /// Makes the detectors' samples of the line's; of no more than complete a block.
    #[inline(never)]
    fn hear(&mut self, line: &[i16]) {
        let mut heard = [0; BLOCK_SAMPLES];
        if let Some(decimator) = &mut self.decimator {
            let (made, _) = decimator.borrow_mut().push(line, &mut heard);
            self.blocks.take(heard.get(..made).unwrap_or_default());
        }
    }

    /// Line samples that complete the block which the next one falls into.
    #[inline]
    fn until_block(&self) -> usize {
        let missing = self.blocks.missing();
        self.decimator.as_ref().map_or(missing, |decimator| decimator.borrow().until(missing))
    }

    /// Passes over line samples, and says how many the detectors miss.
    fn lose(&mut self, samples: usize) -> usize {
        self.position = self.position.saturating_add(samples as u64);
        let unheard = match &mut self.decimator {
            Some(decimator) => decimator.borrow_mut().lose(samples),
            None => samples,
        };
        self.blocks.lose(unheard);
        unheard
    }

    /// The line sample that one of the detectors' stands for.
    const fn on_line(&self, detector_sample: u64) -> u64 {
        self.limits.rate.of_narrowband(detector_sample)
    }

    /// The block that a loss or a pause cuts short.
    fn step_partial(&mut self) {
        let partial = self.blocks.partial();
        let run = self.silence.block(partial.len(), mean_square(partial));
        self.note_run(run);
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
        self.sound = SoundLog::default();
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
        let recorded = |sample: u64| self.dropped + self.on_line(sample).saturating_sub(since);
        Some(KeySpan { start: recorded(start), end: end.map(recorded) })
    }

    /// Takes the oldest event that awaits. Sixteen are kept, which is more than a frame of 1600 samples can bring; see
    /// [`lost_events`](Self::lost_events).
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
        self.line_dropped = if dropped { self.line_dropped.min(self.position) } else { u64::MAX };
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

    fn step_block(&mut self, measured: &Measured, tone: Option<ToneEvent>) {
        self.step_clock();
        let end = self.blocks.position();
        if let Some(DtmfEvent::Started(Tone { digit, start_sample, .. })) = measured.event
            && self.keys.heard(digit, start_sample)
        {
            let start_sample = self.on_line(start_sample);
            self.pressed(DigitEvent { digit, source: DigitSource::Heard, start_sample });
        }
        if let Some(DtmfEvent::Ended(tone, end)) = measured.event {
            self.keys.heard_until(tone.digit, end);
        }
        if let Some(ToneEvent::Started(tone)) = tone {
            self.heard_tone(tone.kind, self.on_line(tone.start_sample));
        }
        let run = self.silence.block(BLOCK_SAMPLES, measured.total);
        self.note_run(run);
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

    /// Counts a run of sound or silence that has ended, as far as it is recorded.
    fn note_run(&mut self, ended: Option<Span>) {
        let Some(Span { activity, start_sample, end_sample }) = ended else { return };
        let (start, end) = (self.recorded_until(start_sample), self.recorded_until(end_sample));
        if end > start {
            self.sound.ended(activity, end - start);
        }
    }

    /// How much of the recording precedes a sample of the detectors'.
    fn recorded_until(&self, detector_sample: u64) -> u64 {
        let start = self.record_start.map_or(u64::MAX, |start| start + self.left_out);
        self.on_line(detector_sample).saturating_sub(start)
    }

    /// Whether the caller has spoken. A block that began before the recording may hold the beep's echo.
    fn note_sound(&mut self, end: u64) {
        let began = self.on_line(end.saturating_sub(BLOCK_SAMPLES as u64)) >= self.limits.guard_end;
        // The hangover may be that of the beep's echo.
        let sounded = self.silence.activity() == Activity::Sound && self.silence.sound_end() == end;
        let sound = began && sounded;
        if sound && let (State::AwaitingSpeech, Some(pre_roll)) = (self.state, self.limits.pre_roll) {
            let start = self.on_line(self.silence.since_sample()).saturating_sub(pre_roll.into());
            self.record_start = Some(start.max(self.limits.guard_end));
            self.input(Input::Speech, 0, None);
        }
        self.spoken |= sound;
    }

    fn step_clock(&mut self) {
        if !matches!(self.state, State::Beep | State::EchoGuard) {
            return;
        }
        let position = self.position;
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
            EndReason::InitialSilence
            | EndReason::MediaTimeout
            | EndReason::Cancelled
            | EndReason::DiskFull
            | EndReason::WriteError
            | EndReason::Error => reason,
            _ if short => EndReason::TooShort,
            _ => reason,
        }
    }
}
