//! What ends a message by time: its limits, and when they are reached.

use super::state::Input;
use super::{PauseMode, Session, SessionConfig, Terminators};
use crate::dsp::Decimator;
use crate::dsp::goertzel::mean_square;
use crate::dsp::silence::Activity;
use crate::line::SampleRate;
use core::borrow::BorrowMut;

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
    pub(super) pre_roll: Option<u32>,
    pub(super) line_drop_debounce: u32,
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
            pre_roll: config.start_on_speech.then(|| rate.samples(config.pre_roll_ms.into()) as u32),
            line_drop_debounce: rate.samples(config.line_drop_debounce_ms.into()) as u32,
            terminators: config.terminators,
            delete_too_short: config.delete_too_short,
            delete_initial_silence: config.delete_initial_silence,
            rate,
        }
    }
}

impl<P, D: BorrowMut<Decimator>> Session<P, D> {
    /// The next position at which the clock, a limit or lasting silence decides, unless a block changes that.
    #[inline]
    pub(super) fn next_decision(&self) -> u64 {
        let position = self.position;
        let ahead = |decision: u64| if decision > position { decision } else { u64::MAX };
        let (mut silence, _) = self.silence_deadline();
        if silence <= position {
            // It has lasted long enough, but for a part of a block that may be sound: the whole block tells.
            silence = position + self.until_block().max(1) as u64;
        }
        ahead(self.limits.beep_end)
            .min(ahead(self.limits.guard_end))
            .min(ahead(self.max_deadline()))
            .min(silence)
            .min(ahead(self.line_drop_deadline()))
    }

    /// Samples until a position.
    pub(super) fn until(&self, position: u64) -> usize {
        usize::try_from(position.saturating_sub(self.position)).unwrap_or(usize::MAX)
    }

    /// Where the recording reaches its maximum duration; the last position of all where it does not.
    fn max_deadline(&self) -> u64 {
        match self.record_start {
            Some(start) if self.pause != Some(PauseMode::Gap) => {
                start.saturating_add(self.left_out).saturating_add(self.limits.max_recorded)
            }
            _ => u64::MAX,
        }
    }

    fn line_drop_deadline(&self) -> u64 {
        self.line_dropped.saturating_add(self.limits.line_drop_debounce.into())
    }

    pub(super) fn step_limits(&mut self) {
        self.step_clock();
        let position = self.position;
        if position >= self.max_deadline() {
            self.input(Input::MaxDuration, self.recorded_samples(), None);
        }
        // What came of the newest block may be the first sound after the silence.
        let quiet = || !self.silence.is_sound(mean_square(self.blocks.partial()));
        let (deadline, input) = self.silence_deadline();
        if position >= deadline && quiet() {
            let silent = position.saturating_sub(self.on_line(self.silence.since_sample()));
            let cut = silent.saturating_sub(self.limits.silence_tail);
            self.input(input, self.recorded_samples().saturating_sub(cut), None);
        }
        if position >= self.line_drop_deadline() {
            self.input(Input::Hangup, self.recorded_samples(), None);
        }
    }

    /// Where the present silence, if it lasts, ends the message, and as what.
    fn silence_deadline(&self) -> (u64, Input) {
        let awaits_first_word = !self.spoken && self.limits.initial_silence != u64::MAX;
        let (limit, input) = if awaits_first_word {
            (self.limits.initial_silence, Input::InitialSilence)
        } else {
            (self.limits.final_silence, Input::FinalSilence)
        };
        if self.silence.activity() == Activity::Sound || self.pause.is_some() {
            return (u64::MAX, input);
        }
        let since =
            self.on_line(self.silence.since_sample()).max(self.record_start.unwrap_or(self.limits.guard_end));
        (since.saturating_add(limit), input)
    }
}
