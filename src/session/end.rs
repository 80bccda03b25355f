use super::EndReason;
use crate::dsp::dtmf::Digit;
use crate::dsp::tone_plan::ToneKind;

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
