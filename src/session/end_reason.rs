use core::ffi::CStr;
use core::fmt;

/// Why a message ended. Numbers are part of the C ABI: never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EndReason {
    /// A terminator digit, heard or signalled.
    Dtmf = 1,
    /// Silence for as long as configured after the caller spoke.
    FinalSilence = 2,
    /// The caller did not speak for as long as configured.
    InitialSilence = 3,
    /// The message reached its maximum duration.
    MaxDuration = 4,
    /// The caller hung up; the message is kept.
    Hangup = 5,
    /// The host stopped the recording; the message is kept.
    Stopped = 6,
    /// A tone on the line said that the caller had gone: busy, congestion, dial tone and so on.
    DisconnectTone = 7,
    /// The message is shorter than the configured minimum.
    TooShort = 8,
    /// The host stopped delivering audio; what came is kept.
    MediaTimeout = 9,
    /// The host cancelled the recording; the message is deleted.
    Cancelled = 10,
    /// The disk was full, and stayed full for too long; what was written is kept.
    DiskFull = 11,
    /// The file could not be written, or not be given its name; what was written is kept.
    WriteError = 12,
    /// A fault of the host's, or an internal one; what was written is kept.
    Error = 13,
}

impl EndReason {
    const ALL: [(Self, &'static CStr); 13] = [
        (Self::Dtmf, c"dtmf"),
        (Self::FinalSilence, c"final_silence"),
        (Self::InitialSilence, c"initial_silence"),
        (Self::MaxDuration, c"max_duration"),
        (Self::Hangup, c"hangup"),
        (Self::Stopped, c"stopped"),
        (Self::DisconnectTone, c"disconnect_tone"),
        (Self::TooShort, c"too_short"),
        (Self::MediaTimeout, c"media_timeout"),
        (Self::Cancelled, c"cancelled"),
        (Self::DiskFull, c"disk_full"),
        (Self::WriteError, c"write_error"),
        (Self::Error, c"error"),
    ];

    /// All of them, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(reason, _)| reason)
    }

    /// The reason of a number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().map(|(reason, _)| *reason).find(|reason| *reason as u32 == number)
    }

    /// Its name in results: `dtmf`, `hangup`, and so on.
    pub fn name(self) -> &'static str {
        // The names are ASCII.
        self.c_name().to_str().unwrap_or_default()
    }

    /// Its name for C.
    pub fn c_name(self) -> &'static CStr {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or(c"", |(_, name)| name)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
