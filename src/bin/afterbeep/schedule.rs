//! What happens at which point of INPUT, as flags, and in its turn.

use crate::args::duration_ms;
use afterbeep::dsp::dtmf::Digit;
use afterbeep::engine::{SessionError, SessionHandle};
use afterbeep::line::SampleRate;
use afterbeep::session::PauseMode;
use clap::{Args, ValueEnum};

/// A part of INPUT in milliseconds.
type Span = (u32, u32);

/// Points of INPUT count from its first sample, the beep's share included.
#[derive(Args)]
#[command(next_help_heading = "What happens during INPUT")]
pub(crate) struct Happenings {
    /// Hang up at this point
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    hangup_at: Option<u32>,
    /// Stop the recording at this point; the message is kept
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    stop_at: Option<u32>,
    /// Give the message up at this point: it is deleted
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    cancel_at: Option<u32>,
    /// The line's own signals (loop-current drop, polarity reversal) say that the caller is gone, from this point on, or
    /// for a part such as 3s-3.1s only
    #[arg(long, value_name = "TIME[-TO]", value_parser = span_or_rest)]
    line_drop_at: Option<Span>,
    /// Drop what was recorded at this point, and start over with the beep; may be given again
    #[arg(long, value_name = "TIME", value_parser = duration_ms)]
    restart_at: Vec<u32>,
    /// Start over without the beep
    #[arg(long, requires = "restart_at")]
    no_restart_beep: bool,
    /// The line signals a key at this point, such as 3s=5; may be given again
    #[arg(long, value_name = "TIME=KEY", value_parser = key_at)]
    digit_at: Vec<(u32, Digit)>,
    /// Mask this part, such as 3s-5s; may be given again
    #[arg(long, value_name = "FROM-TO", value_parser = span)]
    pause: Vec<Span>,
    /// What such a part leaves in the file
    #[arg(long, value_enum, default_value_t = Pause::Silence)]
    pause_mode: Pause,
    /// The line does not deliver this part, such as 3s-3.5s; may be given again
    #[arg(long, value_name = "FROM-TO", value_parser = span)]
    lost: Vec<Span>,
    /// Frames come with RTP timestamps, of which this is the first: a lost part is then a gap that the next frame shows
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rtp_timestamp: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Pause {
    /// Silence of the same length
    Silence,
    /// Nothing
    Gap,
}

/// What the host tells the session.
#[derive(Clone, Copy)]
enum Action {
    Pause(PauseMode),
    Resume,
    LineDrop(bool),
    Digit(Digit),
    Restart { beep: bool },
    Cancel,
    Stop,
    Hangup,
}

/// All of it in the order of INPUT.
pub(crate) struct Schedule {
    /// Those to come, the next one last.
    actions: Vec<(u64, Action)>,
    /// What the line does not deliver, in order and apart from each other.
    lost: Vec<(u64, u64)>,
}

impl Happenings {
    pub(crate) fn schedule(&self, rate: SampleRate) -> Schedule {
        let samples = |ms: u32| rate.samples(ms.into());
        let mode = match self.pause_mode {
            Pause::Silence => PauseMode::Silence,
            Pause::Gap => PauseMode::Gap,
        };
        let mut actions = Vec::new();
        for (from, to) in union(&self.pause) {
            actions.extend([(samples(from), Action::Pause(mode)), (samples(to), Action::Resume)]);
        }
        if let Some((from, to)) = self.line_drop_at {
            actions.extend([(samples(from), Action::LineDrop(true)), (samples(to), Action::LineDrop(false))]);
        }
        actions.extend(self.digit_at.iter().map(|&(at, digit)| (samples(at), Action::Digit(digit))));
        let restart = Action::Restart { beep: !self.no_restart_beep };
        actions.extend(self.restart_at.iter().map(|&at| (samples(at), restart)));
        let ends = [
            (self.cancel_at, Action::Cancel),
            (self.stop_at, Action::Stop),
            (self.hangup_at, Action::Hangup),
        ];
        actions.extend(ends.into_iter().filter_map(|(at, end)| Some((samples(at?), end))));
        // What falls on one sample happens in the order above.
        actions.sort_by_key(|&(at, _)| at);
        actions.reverse();
        let lost = union(&self.lost).into_iter().map(|(from, to)| (samples(from), samples(to))).collect();
        Schedule { actions, lost }
    }
}

impl Schedule {
    /// Does what is due at a position, and says where something is due next.
    pub(crate) fn follow(&mut self, session: SessionHandle, position: u64) -> Result<u64, SessionError> {
        while let Some(&(at, action)) = self.actions.last()
            && at <= position
        {
            let done = match action {
                Action::Pause(mode) => session.pause(mode),
                Action::Resume => session.resume(),
                Action::LineDrop(dropped) => session.line_drop(dropped),
                Action::Digit(digit) => session.digit(digit),
                Action::Restart { beep } => session.restart(beep),
                Action::Cancel => session.cancel(),
                Action::Stop => session.stop(),
                Action::Hangup => session.hangup(),
            };
            match done {
                // Too many await the next frame: one without samples will do.
                Err(SessionError::Busy) => match session.push(&[]) {
                    Ok(()) | Err(SessionError::Busy | SessionError::Ended) => {}
                    Err(error) => return Err(error),
                },
                done => {
                    done?;
                    self.actions.pop();
                }
            }
        }
        let edges = self.lost.iter().flat_map(|&(from, to)| [from, to]).find(|&edge| edge > position);
        let next = self.actions.last().map(|&(at, _)| at);
        Ok(next.into_iter().chain(edges).min().unwrap_or(u64::MAX))
    }

    /// Whether the line delivers the sample at a position.
    pub(crate) fn delivers(&self, position: u64) -> bool {
        !self.lost.iter().any(|(from, to)| (*from..*to).contains(&position))
    }
}

/// Parts in their order, those that touch or overlap as one.
fn union(spans: &[Span]) -> Vec<Span> {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    let mut united: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match united.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => united.push((from, to)),
        }
    }
    united
}

/// Reads `3s-5s`.
fn span(text: &str) -> Result<Span, String> {
    let error = || format!("`{text}` is no part of INPUT; write it as 3s-5s");
    let (from, to) = text.split_once('-').ok_or_else(error)?;
    let span = (duration_ms(from)?, duration_ms(to)?);
    if span.0 < span.1 { Ok(span) } else { Err(error()) }
}

/// Reads `3s-5s`, or `3s` for all that follows.
fn span_or_rest(text: &str) -> Result<Span, String> {
    if text.contains('-') { span(text) } else { Ok((duration_ms(text)?, u32::MAX)) }
}

/// Reads `3s=5`.
fn key_at(text: &str) -> Result<(u32, Digit), String> {
    let error = || format!("`{text}` is no key at a time; write it as 3s=5");
    let (at, key) = text.split_once('=').ok_or_else(error)?;
    let mut keys = key.chars();
    let digit = keys.next().and_then(Digit::new).filter(|_| keys.next().is_none());
    Ok((duration_ms(at)?, digit.ok_or_else(error)?))
}
