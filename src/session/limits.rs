//! What ends a message by time: its limits, and when they are reached.

use super::state::Input;
use super::{PauseMode, Session, SessionConfig, Terminators};
use crate::dsp::goertzel::mean_square;
use crate::dsp::silence::Activity;
use crate::line::SampleRate;

/// The configuration in samples since the session's start, or of recorded audio.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) beep_end: u64,
    pub(super) guard_end: u64,
    pub(super) min_recorded: u64,
    pub(super) max_recorded: u64,
    pub(super) initial_silence: u64,
    pub(super) final_silence: u64,
    /// How much of the final silence is kept; all of it where it is not cut.
    pub(super) silence_tail: u64,
    /// How much is recorded from before the first sound, where that starts the recording.
    pub(super) pre_roll: Option<u64>,
    pub(super) line_drop_debounce: u64,
    pub(super) terminators: Terminators,
    pub(super) delete_too_short: bool,
    pub(super) delete_initial_silence: bool,
    pub(super) rate: SampleRate,
}

impl Limits {
    /// The limits of a configuration whose beep ends at a sample.
    pub(super) fn new(config: &SessionConfig, beep_end: u64) -> Self {
        let rate = config.sample_rate;
        let off_if_0 = |ms: u32| if ms == 0 { u64::MAX } else { rate.samples(ms.into()) };
        Self {
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
        }
    }
}

impl<P> Session<P> {
    /// Samples until the next position at which the clock, a limit or lasting silence decides.
    pub(super) fn until_next_decision(&self) -> usize {
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

    pub(super) fn step_limits(&mut self) {
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
}
