use crate::message::CreateError;
use crate::session::ConfigError;
use rustix::io::Errno;
use std::io;
use std::path::PathBuf;

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
    /// The process, or the system, has no file descriptor left: a session takes one, for moments two, an engine another.
    #[error("no file descriptor is left; close sessions, or raise the limit (`ulimit -n`)")]
    Descriptors,
    /// The file system has less than `min_free_kib` left.
    #[error("{directory} has {free_kib} KiB left, less than min_free_kib; delete or move files there")]
    DiskSpace {
        /// Where the file was to be.
        directory: PathBuf,
        /// What is left there.
        free_kib: u64,
    },
    /// The file system has no room for one more file: no block, no inode, or the quota is used up.
    #[error("{0} cannot be created: the disk is full, or a quota is; delete or move files there")]
    DiskFull(PathBuf),
    /// The engine has a callback already.
    #[error("the engine has an event callback already; an engine takes one")]
    CallbackSet,
    /// Writers are stalled in the file system.
    #[error("the file system of {0} does not answer; use another one, or wait until it does")]
    FileSystemStalled(PathBuf),
    /// The process is a fork of one that had used the library: none of its threads is here.
    #[error("the process is a fork of one that records; record in one of them, or run another program here")]
    Forked,
    /// A thread could not be started, or the descriptor that tells of events not be made.
    #[error("the engine could not be started: {0}")]
    Start(#[source] io::Error),
}

impl OpenError {
    /// Tells a shortage of descriptors from other refusals.
    pub(super) fn told_apart(self) -> Self {
        match &self {
            Self::File(CreateError::Io { cause, .. }) if is_short_of_descriptors(cause) => Self::Descriptors,
            Self::File(CreateError::Io { path, cause })
                if matches!(Errno::from_io_error(cause), Some(Errno::NOSPC | Errno::DQUOT)) =>
            {
                Self::DiskFull(path.clone())
            }
            Self::Start(cause) if is_short_of_descriptors(cause) => Self::Descriptors,
            _ => self,
        }
    }
}

/// Whether it was for a file descriptor that something was refused.
pub(super) fn is_short_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Why a call with a session's handle was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The message is over; nothing more is recorded.
    #[error("the message is over; ask for its result and close the session")]
    Ended,
    /// The ring was full: samples were lost, and are declared in the result.
    #[error("more came than could be kept, samples or events; feed slower, or poll more often")]
    Overrun,
    /// The same call is under way on another thread, or too many requests await the next frame.
    #[error("busy with another thread's call, or too many requests await the next frame; try again")]
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
    /// The process is a fork of the one that opened the session.
    #[error("the session belongs to the process that this one was forked from")]
    Forked,
    /// The message is not finished yet.
    #[error("the message is not finished yet; end it, or wait longer")]
    NotFinished,
}
