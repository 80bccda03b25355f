//! What is told of messages.

use super::MessageId;
use std::fmt;
use std::str::FromStr;

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum NoticeKind {
    /// It was left: the record and its file are there.
    Completed = 1,
    /// It was allocated to an agent after that.
    Allocated = 2,
    /// It is gone, file and record.
    Deleted = 3,
    /// A call left nothing.
    Absent = 4,
}

impl NoticeKind {
    /// All of them.
    pub const fn all() -> [Self; 4] {
        [Self::Completed, Self::Allocated, Self::Deleted, Self::Absent]
    }

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Allocated => "allocated",
            Self::Deleted => "deleted",
            Self::Absent => "absent",
        }
    }

    /// Its place in a set of bits.
    pub(super) const fn bit(self) -> i64 {
        1 << self as u8
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no kind of notice.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no event; take completed, allocated, deleted or absent")]
pub struct InvalidNoticeKind(String);

impl FromStr for NoticeKind {
    type Err = InvalidNoticeKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::all().into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| InvalidNoticeKind(text.to_owned()))
    }
}

/// Something that happened to a message, through a store of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub kind: NoticeKind,
    /// To which one. Of a call that left nothing, the id that its message would have had.
    pub message: MessageId,
}
