use super::EndReason;
use core::ffi::CStr;

/// Whose words an end reason is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Vocabulary {
    /// `RECORD_STATUS` of Asterisk's `Record()`.
    Asterisk = 1,
    /// `termmode` of an IVR dialog (RFC 6231).
    Rfc6231 = 2,
    /// `Completion-Cause` of an MRCP recorder (RFC 6787).
    Mrcp = 3,
    /// What VoiceXML's `<record>` ends with: a shadow variable, or an event.
    VoiceXml = 4,
    /// Dialogic's termination mask.
    Dialogic = 5,
    /// The branch that a call flow takes, where it is not the next one.
    FlowBranch = 6,
}

impl Vocabulary {
    /// All of them, in the order of their numbers.
    ///
    /// cbindgen:ignore
    pub const ALL: [Self; 6] =
        [Self::Asterisk, Self::Rfc6231, Self::Mrcp, Self::VoiceXml, Self::Dialogic, Self::FlowBranch];

    /// The vocabulary of a number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&vocabulary| vocabulary as u32 == number)
    }
}

impl EndReason {
    /// The word that comes nearest in another vocabulary; empty where there is none. `docs/end-reasons.md` has the table.
    pub const fn name_in(self, vocabulary: Vocabulary) -> &'static CStr {
        let [asterisk, rfc6231, mrcp, voicexml, dialogic, branch] = match self {
            Self::Dtmf => [c"DTMF", c"dtmf", c"000 success-silence", c"termchar", c"TM_DIGIT", c""],
            Self::FinalSilence => {
                [c"SILENCE", c"finalsilence", c"000 success-silence", c"finalsilence", c"TM_MAXSIL", c""]
            }
            Self::InitialSilence => {
                [c"SILENCE", c"noinput", c"002 no-input-timeout", c"noinput", c"TM_MAXSIL", c""]
            }
            Self::MaxDuration => {
                [c"TIMEOUT", c"maxtime", c"001 success-maxtime", c"maxtime", c"TM_MAXTIME", c""]
            }
            Self::Hangup => [
                c"HANGUP",
                c"stopped",
                c"000 success-silence",
                c"connection.disconnect.hangup",
                c"TM_LCOFF",
                c"",
            ],
            Self::DisconnectTone => [
                c"HANGUP",
                c"stopped",
                c"000 success-silence",
                c"connection.disconnect.hangup",
                c"TM_TONE",
                c"",
            ],
            Self::Stopped => [c"", c"stopped", c"000 success-silence", c"", c"TM_USRSTOP", c""],
            Self::TooShort => [c"", c"", c"", c"", c"", c""],
            Self::MediaTimeout => [c"TIMEOUT", c"stopped", c"004 error", c"error", c"TM_ERROR", c""],
            Self::Cancelled => [c"", c"stopped", c"", c"", c"TM_USRSTOP", c""],
            Self::DiskFull | Self::WriteError | Self::Error => {
                [c"ERROR", c"", c"004 error", c"error", c"TM_ERROR", c"SYSERROR_INNER"]
            }
        };
        match vocabulary {
            Vocabulary::Asterisk => asterisk,
            Vocabulary::Rfc6231 => rfc6231,
            Vocabulary::Mrcp => mrcp,
            Vocabulary::VoiceXml => voicexml,
            Vocabulary::Dialogic => dialogic,
            Vocabulary::FlowBranch => branch,
        }
    }
}
