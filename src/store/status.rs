use serde::{Deserialize, Serialize};
use std::fmt;

/// Who handles a message, and how far that has come.
///
/// Numbers are part of the database's schema: never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// No agent was named: an administrator allocates it.
    ToBeAllocated = 0,
    /// It is an agent's or a queue's, who has not begun with it.
    Unprocessed = 1,
    /// An agent is at it.
    Processing = 2,
    /// Done.
    Processed = 3,
    /// The agent who was named is not known: an administrator allocates it.
    AllocationFailed = 4,
}

impl Status {
    /// All of them, in the order of their numbers.
    pub fn all() -> [Self; 5] {
        use Status::{AllocationFailed, Processed, Processing, ToBeAllocated, Unprocessed};
        [ToBeAllocated, Unprocessed, Processing, Processed, AllocationFailed]
    }

    /// The status of a number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::all().into_iter().find(|&status| status as u8 == number)
    }

    /// The status of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|status| status.name() == name)
    }

    /// Its name in JSON: `to_be_allocated`, `unprocessed`, `processing`, `processed`, `allocation_failed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ToBeAllocated => "to_be_allocated",
            Self::Unprocessed => "unprocessed",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::AllocationFailed => "allocation_failed",
        }
    }

    /// What it may become by [`set_status`](super::MessageStore::set_status). An allocation makes it `unprocessed` from
    /// anything but `processed`.
    pub const fn next(self) -> &'static [Self] {
        match self {
            // These await an allocation, which names an agent.
            Self::ToBeAllocated | Self::AllocationFailed => &[],
            Self::Unprocessed => &[Self::Processing, Self::Processed, Self::ToBeAllocated],
            Self::Processing => &[Self::Processed, Self::Unprocessed],
            Self::Processed => &[Self::Processing],
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
