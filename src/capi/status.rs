//! `afterbeep_status` and its texts.

use core::ffi::{CStr, c_char};

/// What a call answers. 0 is success; failures are negative; numbers are never reused.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_status {
    /// Done.
    OK = 0,
    /// A pointer is NULL, a number names nothing, a text is not UTF-8, or a struct's size is wrong.
    INVALID_ARGUMENT = -1,
    /// A field of a configuration is out of range; the error says which, and what it takes.
    CONFIG = -2,
    /// The directory does not exist: create it first.
    NOT_FOUND = -3,
    /// What should be the directory, or one on the way to the file, is something else: a symbolic link, for example.
    NOT_A_DIRECTORY = -4,
    /// A file of that name exists already: choose another name.
    EXISTS = -5,
    /// The file name is empty, too long, would leave the directory, or has what no name should have.
    FILE_NAME = -6,
    /// The process may not write there.
    PERMISSION = -7,
    /// The operating system refused; the error has its number.
    IO = -8,
    /// No further session can be open: close one, or raise max_sessions.
    FULL = -9,
    /// The message is over; the frame was ignored. Ask for the result and close the session.
    ENDED = -10,
    /// More came than could be kept: samples of the recording (the writer is behind; they are declared in the result), or
    /// events that nobody polled. Everything goes on.
    OVERRUN = -11,
    /// The same call is under way on another thread, or too many requests await the next frame.
    BUSY = -12,
    /// The session was closed; its handle is no longer valid.
    STALE = -13,
    /// This is no session's handle.
    FOREIGN = -14,
    /// The frame is longer than AFTERBEEP_FRAME_MAX_SAMPLES: push it in parts.
    FRAME_TOO_LONG = -15,
    /// The message is not finished yet: end it, or wait longer.
    NOT_FINISHED = -16,
    /// There is none: no event awaits, or the message has no file.
    NONE = -17,
    /// The buffer, or memory, is too small; its call says how to learn what is needed.
    BUFFER_TOO_SMALL = -18,
    /// The sample rate is not supported: convert the audio to one that is.
    SAMPLE_RATE = -19,
    /// A fault of this library, caught at its boundary. Please report it.
    INTERNAL = -20,
    /// The frame came too late, or again: it was dropped, and is counted in the result.
    LATE = -21,
    /// The timestamp is minutes ahead, or long past: the frame was taken as what comes next, and the jump is counted.
    TIMESTAMP_JUMP = -22,
    /// No file descriptor is left: close sessions, or raise the limit (ulimit -n).
    DESCRIPTORS = -23,
    /// The file system has less than min_free_kib left, or no room for one more file.
    DISK_SPACE = -24,
    /// The file system does not answer: use another one, or wait until it does.
    FILE_SYSTEM_STALLED = -25,
    /// The engine was closed: destroy it.
    CLOSED = -26,
    /// The process is a fork of one that had used the library: record in one of them, or run another program here.
    FORKED = -27,
    /// The message that was to be continued does not exist.
    MESSAGE_MISSING = -28,
    /// The message that was to be continued is being recorded, or its recording was interrupted.
    MESSAGE_IN_USE = -29,
    /// The file that was to be continued is no message that this library has finished. It stays as it is.
    MESSAGE_FOREIGN = -30,
    /// The message that was to be continued has another format, sample rate or header: it goes on as it began.
    MESSAGE_DIFFERENT = -31,
    /// The store cannot be used at present: it is locked, read-only, or its disk is full or fails. Try again.
    STORE_UNAVAILABLE = -32,
    /// The store's database is damaged, or a newer version wrote it.
    STORE_UNUSABLE = -33,
    /// The directory holds no store: create one.
    STORE_MISSING = -34,
    /// The store has no such tenant, volume, message or agent.
    UNKNOWN = -35,
    /// The store has such a tenant or volume already, or the tenant's directory is another one's.
    TAKEN = -36,
    /// The tenant takes no new messages: it is being deleted, or its volume is gone.
    TENANT_CLOSED = -37,
    /// The tenant's recordings fill its quota.
    QUOTA_EXCEEDED = -38,
    /// The message's status cannot become that one.
    TRANSITION = -39,
    /// A legal hold keeps the message, or messages of the tenant.
    HELD = -40,
    /// Messages of the tenant are being recorded: end them first.
    RECORDING = -41,
    /// The flow variable holds no string, and is to receive one.
    VARIABLE = -42,
}

impl afterbeep_status {
    const ALL: [(Self, &'static CStr); 43] = [
        (Self::OK, c"ok"),
        (
            Self::INVALID_ARGUMENT,
            c"an argument is invalid: NULL, no known number, not UTF-8, or a wrong struct_size",
        ),
        (Self::CONFIG, c"a field of the configuration is out of range; the error says which"),
        (Self::NOT_FOUND, c"the directory does not exist; create it first"),
        (Self::NOT_A_DIRECTORY, c"what should be the directory is something else"),
        (Self::EXISTS, c"a file of that name exists already; choose another name or move it away"),
        (Self::FILE_NAME, c"the file name is empty, too long, or would leave the directory"),
        (Self::PERMISSION, c"no permission to write there"),
        (Self::IO, c"the operating system refused; the error has its number"),
        (Self::FULL, c"no further session can be open; close one, or raise max_sessions"),
        (Self::ENDED, c"the message is over; ask for its result and close the session"),
        (Self::OVERRUN, c"more came than could be kept, samples or events; feed slower, or poll more often"),
        (Self::BUSY, c"busy with another thread's call, or too many requests await the next frame"),
        (Self::STALE, c"the session was closed; its handle is no longer valid"),
        (Self::FOREIGN, c"this is no session's handle; use the one that open gave"),
        (Self::FRAME_TOO_LONG, c"the frame is longer than AFTERBEEP_FRAME_MAX_SAMPLES; push it in parts"),
        (Self::NOT_FINISHED, c"the message is not finished yet; end it, or wait longer"),
        (Self::NONE, c"there is none"),
        (Self::BUFFER_TOO_SMALL, c"the buffer or memory is too small; ask for the size that is needed"),
        (Self::SAMPLE_RATE, c"the sample rate is not supported; convert the audio to one that is"),
        (Self::INTERNAL, c"a fault of this library; please report it"),
        (Self::LATE, c"the frame came too late, or again; it was dropped"),
        (Self::TIMESTAMP_JUMP, c"the timestamp jumped; the frame was taken as what comes next"),
        (Self::DESCRIPTORS, c"no file descriptor is left; close sessions, or raise the limit (ulimit -n)"),
        (Self::DISK_SPACE, c"the file system is about full; delete or move files there"),
        (
            Self::FILE_SYSTEM_STALLED,
            c"the file system does not answer; use another one, or wait until it does",
        ),
        (Self::CLOSED, c"the engine was closed; destroy it"),
        (Self::FORKED, c"the process is a fork of one that records; run another program here"),
        (Self::MESSAGE_MISSING, c"the message to be continued does not exist"),
        (
            Self::MESSAGE_IN_USE,
            c"the message to be continued is being recorded, or was interrupted; repair it",
        ),
        (Self::MESSAGE_FOREIGN, c"the file to be continued is no message that this library has finished"),
        (
            Self::MESSAGE_DIFFERENT,
            c"the message to be continued has another format, rate or header; continue it as it began",
        ),
        (
            Self::STORE_UNAVAILABLE,
            c"the store cannot be used at present: locked, read-only, or a full disk; try again",
        ),
        (Self::STORE_UNUSABLE, c"the store's database is damaged, or a newer version wrote it"),
        (Self::STORE_MISSING, c"the directory holds no store; create one"),
        (Self::UNKNOWN, c"the store has no such tenant, volume, message or agent"),
        (Self::TAKEN, c"the store has such a tenant or volume already, or its directory is another one's"),
        (
            Self::TENANT_CLOSED,
            c"the tenant takes no new messages; it is being deleted, or its volume is gone",
        ),
        (Self::QUOTA_EXCEEDED, c"the tenant's recordings fill its quota; delete some, or raise it"),
        (Self::TRANSITION, c"the message's status cannot become that one"),
        (Self::HELD, c"a legal hold keeps it; release that first"),
        (Self::RECORDING, c"messages of the tenant are being recorded; end them first"),
        (Self::VARIABLE, c"the flow variable holds no string, and is to receive one"),
    ];
}

/// The text of a status, in English: what was wrong and what to do.
///
/// @param status  any number, as `afterbeep_status` or not.
/// @return a static text, never NULL.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_status_str(status: i32) -> *const c_char {
    let known = afterbeep_status::ALL.iter().find(|(known, _)| *known as i32 == status);
    known.map_or(c"unknown status", |(_, text)| *text).as_ptr()
}

#[cfg(feature = "std")]
impl From<crate::engine::SessionError> for afterbeep_status {
    fn from(error: crate::engine::SessionError) -> Self {
        use crate::engine::SessionError;
        match error {
            SessionError::Ended => Self::ENDED,
            SessionError::Overrun => Self::OVERRUN,
            SessionError::Busy => Self::BUSY,
            SessionError::Stale => Self::STALE,
            SessionError::Foreign => Self::FOREIGN,
            SessionError::FrameTooLong => Self::FRAME_TOO_LONG,
            SessionError::NotFinished => Self::NOT_FINISHED,
            SessionError::Forked => Self::FORKED,
            SessionError::Late => Self::LATE,
            SessionError::TimestampJump => Self::TIMESTAMP_JUMP,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_text_of_its_own() {
        for (place, (status, text)) in afterbeep_status::ALL.into_iter().enumerate() {
            assert_eq!(status as i32, -(place as i32));
            assert_eq!(afterbeep_status_str(status as i32), text.as_ptr());
        }
        let unknown = afterbeep_status_str(1);
        assert!(afterbeep_status::ALL.iter().all(|(_, text)| text.as_ptr() != unknown));
    }
}
