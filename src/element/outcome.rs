use super::Variables;
use crate::session::{EndReason, Vocabulary};
use crate::store::{MessageId, Status};

/// Where the flow goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// The element has done its work; the caller is still there.
    Next,
    /// The caller has gone: the flow ends.
    Hangup,
    /// An internal error: `SYSERROR_INNER`.
    Error,
    /// The same, where the element has no branch for it: the flow's exception handling gets it.
    Exception,
}

impl Branch {
    /// The branch of an end reason. Each reason has one; the reason itself is the finer one.
    pub const fn of(reason: EndReason, error_branch: bool) -> Self {
        if !reason.name_in(Vocabulary::FlowBranch).is_empty() {
            return if error_branch { Self::Error } else { Self::Exception };
        }
        match reason {
            // Whose audio does not come any more has gone, too.
            EndReason::Hangup | EndReason::DisconnectTone | EndReason::MediaTimeout => Self::Hangup,
            _ => Self::Next,
        }
    }

    /// Its name: `next`, `hangup`, `SYSERROR_INNER`, `exception`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Hangup => "hangup",
            Self::Error => "SYSERROR_INNER",
            Self::Exception => "exception",
        }
    }
}

/// What the element leaves to the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where it goes on.
    pub branch: Branch,
    /// Why the recording ended.
    pub end_reason: EndReason,
    /// The flow's variables, those set by the element included.
    pub variables: Variables,
    /// The message's record; `None` where none is kept: nothing was left, or it is to have none.
    pub message_id: Option<MessageId>,
    /// The record's status.
    pub status: Option<Status>,
    /// The volume of the file, by name; `None` where there is no file.
    pub volume: Option<String>,
    /// The file's path, relative to the volume.
    pub path: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_branch() {
        use EndReason::{
            Cancelled, DisconnectTone, DiskFull, Dtmf, Error, FinalSilence, Hangup, InitialSilence,
            MaxDuration, MediaTimeout, Stopped, TooShort, WriteError,
        };
        let of = |branch| -> Vec<EndReason> {
            EndReason::all().filter(|&reason| Branch::of(reason, true) == branch).collect()
        };
        assert_eq!(
            of(Branch::Next),
            [Dtmf, FinalSilence, InitialSilence, MaxDuration, Stopped, TooShort, Cancelled]
        );
        assert_eq!(of(Branch::Hangup), [Hangup, DisconnectTone, MediaTimeout]);
        assert_eq!(of(Branch::Error), [DiskFull, WriteError, Error]);
        for reason in EndReason::all() {
            let (with, without) = (Branch::of(reason, true), Branch::of(reason, false));
            let expected = if with == Branch::Error { Branch::Exception } else { with };
            assert_eq!(without, expected, "{reason}");
        }
        assert_eq!(Branch::Error.name(), "SYSERROR_INNER");
    }
}
