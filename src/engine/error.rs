use crate::message::CreateError;
use crate::session::ConfigError;
use std::io;

/// Why an engine or a session could not be opened. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A field of a configuration is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file cannot be created.
    #[error(transparent)]
    File(#[from] CreateError),
    /// No further session can be open.
    #[error("all {0} sessions are open; close one, or raise max_sessions")]
    Full(u32),
    /// A writer thread could not be started.
    #[error("a writer thread could not be started: {0}")]
    Thread(#[source] io::Error),
}

/// Why a call with a session's handle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The message is over; nothing more is recorded.
    #[error("the message is over; ask for its result and close the session")]
    Ended,
    /// The ring was full: samples were lost, and are declared in the result.
    #[error("the writer is behind and samples were lost; feed no faster than writable_samples allows")]
    Overrun,
    /// The same call is under way on another thread, or too many requests await the next frame.
    #[error("the session is busy with another thread's call; keep each session to one media thread")]
    Busy,
    /// The handle was closed.
    #[error("the session was closed; its handle is no longer valid")]
    Stale,
    /// The handle was never given out.
    #[error("this is no session's handle; use the one that open gave")]
    Foreign,
    /// The frame is longer than the limit.
    #[error("the frame is longer than 9600 samples; push it in parts")]
    FrameTooLong,
    /// The frame came too late, or again: it was dropped, and is counted.
    #[error("the frame came too late, or again; it was dropped")]
    Late,
    /// The frame's timestamp is minutes ahead, or long past: it was taken as what comes next, and the jump is counted.
    #[error("the timestamp jumped; the frame was taken as what comes next")]
    TimestampJump,
    /// The message is not finished yet.
    #[error("the message is not finished yet; end it, or wait longer")]
    NotFinished,
}
