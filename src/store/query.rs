use super::{MessageRecord, Status};
use crate::session::EndReason;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Which messages a list has. Only kept ones are in it; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Of this tenant alone.
    pub tenant: Option<String>,
    /// That began at this time or later.
    pub from: Option<Timestamp>,
    /// That began before this time.
    pub until: Option<Timestamp>,
    /// From this caller.
    pub caller: Option<String>,
    /// Of this agent.
    pub agent: Option<String>,
    /// Of this skill queue.
    pub queue: Option<String>,
    /// From this channel.
    pub channel: Option<String>,
    /// With this status.
    pub status: Option<Status>,
    /// That ended for this reason.
    pub end_reason: Option<EndReason>,
    /// This long at least.
    pub min_duration_ms: Option<u64>,
    /// This long at most.
    pub max_duration_ms: Option<u64>,
    /// The oldest first, instead of the newest.
    pub oldest_first: bool,
}

impl Query {
    /// All messages of a tenant.
    pub fn of(tenant: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), ..Self::default() }
    }

    /// Those of the last days: 1, 3 and 7 are usual.
    #[must_use]
    pub fn last_days(self, days: u16, now: Timestamp) -> Self {
        let from = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days))).ok();
        Self { from, ..self }
    }
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its messages, in the order that was asked for.
    pub messages: Vec<MessageRecord>,
    /// Where the next page begins; `None` where this is the last one.
    pub next: Option<Cursor>,
}

/// A place in a list: behind one message. It holds even if that one is deleted, and whatever comes in meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) started_ms: i64,
    pub(super) sequence: i64,
}

/// A text that is no cursor.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no place in a list; take the one that the page before ended with")]
pub struct InvalidCursor(String);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.started_ms, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let parts =
            text.split_once('.').and_then(|(ms, sequence)| Some((ms.parse().ok()?, sequence.parse().ok()?)));
        let (started_ms, sequence) = parts.ok_or_else(|| InvalidCursor(text.to_owned()))?;
        Ok(Self { started_ms, sequence })
    }
}

/// How many messages a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// How many; 10 000 at most.
    pub count: u64,
    /// There are more than that.
    pub more: bool,
}
