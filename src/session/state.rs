//! The session's states as one pure function.
//!
//! | input ↓ \ state → | `Beep` | `EchoGuard` | `AwaitingSpeech` | `Recording` | `Ended` |
//! |---|---|---|---|---|---|
//! | `BeepDone` | → `EchoGuard` | – | – | – | – |
//! | `AwaitSpeech` | – | → `AwaitingSpeech` | – | – | – |
//! | `GuardDone` | – | → `Recording` | – | – | – |
//! | `Speech` | – | – | → `Recording` | – | – |
//! | `Terminator` | – | – | end `dtmf` | end `dtmf` | – |
//! | `DisconnectTone` | end `disconnect_tone` | end `disconnect_tone` | end `disconnect_tone` | end `disconnect_tone` | – |
//! | `OtherDigit` | – | – | – | – | – |
//! | `MaxDuration` | – | – | – | end `max_duration` | – |
//! | `FinalSilence` | – | – | – | end `final_silence` | – |
//! | `InitialSilence` | – | – | end `initial_silence` | end `initial_silence` | – |
//! | `Hangup` | end `hangup` | end `hangup` | end `hangup` | end `hangup` | – |
//! | `Stop` | end `stopped` | end `stopped` | end `stopped` | end `stopped` | – |
//! | `MediaTimeout` | end `media_timeout` | end `media_timeout` | end `media_timeout` | end `media_timeout` | – |
//! | `Cancel` | end `cancelled` | end `cancelled` | end `cancelled` | end `cancelled` | – |
//! | `Fail` | end `error` | end `error` | end `error` | end `error` | – |
//!
//! "–" leaves the state as it is and does nothing. A session without a beep or an echo guard
//! passes through those states before its first sample. Where several inputs fall on one sample,
//! the first in the table's order wins: a key beats the limit that it reached together with.

use super::EndReason;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum State {
    /// The beep plays; what the caller says is not recorded.
    Beep = 1,
    /// The beep's echo may still arrive; what arrives is dropped.
    EchoGuard = 2,
    /// The caller's audio is recorded.
    Recording = 3,
    /// The message is over; nothing changes any more.
    Ended = 4,
    /// The first sound starts the recording.
    AwaitingSpeech = 5,
}

impl State {
    /// The state of a number.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Beep),
            2 => Some(Self::EchoGuard),
            3 => Some(Self::Recording),
            4 => Some(Self::Ended),
            5 => Some(Self::AwaitingSpeech),
            _ => None,
        }
    }
}

/// What can happen to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// As many samples were pushed as the beep has.
    BeepDone,
    /// As many samples were pushed after the beep as the echo guard has; a sound is to start the recording.
    AwaitSpeech,
    /// As many samples were pushed after the beep as the echo guard has.
    GuardDone,
    /// The first sound.
    Speech,
    /// A digit that ends the message, heard or signalled.
    Terminator,
    /// A tone that says that the caller is gone.
    DisconnectTone,
    /// A digit that does not end the message.
    OtherDigit,
    /// The recording reached the maximum duration.
    MaxDuration,
    /// The caller spoke, and has been silent for as long as configured.
    FinalSilence,
    /// The caller has not spoken for as long as configured.
    InitialSilence,
    /// The host says that the caller hung up.
    Hangup,
    /// The host stops the recording.
    Stop,
    /// No audio has come for too long.
    MediaTimeout,
    /// The host cancels the recording.
    Cancel,
    /// The recording cannot go on.
    Fail,
}

/// What an input makes of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Nothing changes.
    Stay,
    /// The session goes on in another state.
    To(State),
    /// The session ends.
    End(EndReason),
}

/// The table above.
pub const fn transition(state: State, input: Input) -> Transition {
    use Transition::{End, Stay, To};
    match (state, input) {
        (State::Ended, _) => Stay,
        (_, Input::Hangup) => End(EndReason::Hangup),
        (_, Input::Stop) => End(EndReason::Stopped),
        (_, Input::DisconnectTone) => End(EndReason::DisconnectTone),
        (_, Input::MediaTimeout) => End(EndReason::MediaTimeout),
        (_, Input::Cancel) => End(EndReason::Cancelled),
        (_, Input::Fail) => End(EndReason::Error),
        (State::Beep, Input::BeepDone) => To(State::EchoGuard),
        (State::EchoGuard, Input::AwaitSpeech) => To(State::AwaitingSpeech),
        (State::EchoGuard, Input::GuardDone) => To(State::Recording),
        (State::AwaitingSpeech, Input::Speech) => To(State::Recording),
        (State::Recording | State::AwaitingSpeech, Input::Terminator) => End(EndReason::Dtmf),
        (State::Recording, Input::MaxDuration) => End(EndReason::MaxDuration),
        (State::Recording, Input::FinalSilence) => End(EndReason::FinalSilence),
        (State::Recording | State::AwaitingSpeech, Input::InitialSilence) => End(EndReason::InitialSilence),
        _ => Stay,
    }
}
