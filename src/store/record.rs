use super::{MessageId, Status};
use crate::session::EndReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of a message when its recording begins.
///
/// Times are kept to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Whose record it is.
    pub id: MessageId,
    /// The tenant, who has to be in the store.
    pub tenant: String,
    /// The flow's node.
    pub node_id: Option<String>,
    /// Its name for people.
    pub node_name: Option<String>,
    /// Which recording node holds the file.
    pub location: Option<String>,
    /// Who called.
    pub caller: Option<String>,
    /// The number that was called.
    pub called: Option<String>,
    /// The channel of the call.
    pub channel: Option<String>,
    /// The agent who was named, known or not.
    pub agent: Option<String>,
    /// The skill queue that was named.
    pub queue: Option<String>,
    /// What [`allocation`](super::allocation) made of these two.
    pub status: Status,
    /// When the recording began.
    #[serde(with = "ms")]
    pub started_at: Timestamp,
    /// The volume's name.
    pub volume: String,
    /// Where the file will be, relative to it.
    pub path: String,
    /// What the file may take at most, for the tenant's quota; 0 where that is not known.
    pub expected_bytes: u64,
    /// What the flow wants to find again.
    pub data: BTreeMap<String, String>,
}

impl Draft {
    /// A message of a tenant that begins now, on a volume at a relative path. It awaits an allocation.
    pub fn new(tenant: &str, started_at: Timestamp, volume: &str, path: &str) -> Self {
        Self {
            id: MessageId::fresh(started_at),
            tenant: tenant.to_owned(),
            node_id: None,
            node_name: None,
            location: None,
            caller: None,
            called: None,
            channel: None,
            agent: None,
            queue: None,
            status: Status::ToBeAllocated,
            started_at,
            volume: volume.to_owned(),
            path: path.to_owned(),
            expected_bytes: 0,
            data: BTreeMap::new(),
        }
    }
}

/// What became of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// When it ended.
    #[serde(with = "ms")]
    pub ended_at: Timestamp,
    /// What the file holds, in milliseconds.
    pub duration_ms: u64,
    /// How much of that was spoken, where it was measured.
    pub spoken_ms: Option<u64>,
    /// Why it ended.
    #[serde(with = "reason")]
    pub end_reason: EndReason,
    /// The digit that ended it.
    pub end_digit: Option<char>,
    /// The disconnect tone that ended it, by the name of its kind.
    pub tone: Option<String>,
    /// What is missing.
    pub loss: LossSummary,
    /// No sample was lost by us, and the file is whole.
    pub complete: bool,
    /// Size of the file.
    pub bytes: u64,
    /// The file's relative path, where it is not the draft's.
    pub path: Option<String>,
}

/// What a recording lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossSummary {
    /// Samples that we lost.
    pub lost_samples: u64,
    /// Samples that the line lost.
    pub line_lost_samples: u64,
    /// Gaps that we made.
    pub gap_count: u64,
}

/// How far the life of a message has come.
///
/// Numbers are part of the database's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LifeState {
    /// It is being recorded, or a crash left it so: [`recover`](super::recover) tells.
    Recording = 0,
    /// Record and file are there.
    Kept = 1,
    /// It is being deleted; nobody sees it any more.
    Tombstone = 2,
}

/// A message, as the store knows it.
#[derive(Clone, Debug)]
pub struct MessageRecord {
    /// What was known at the beginning, but for what an allocation has changed since.
    pub draft: Draft,
    /// What became of it; `None` while it is being recorded.
    pub completion: Option<Completion>,
    /// How far its life has come.
    pub state: LifeState,
    /// SHA-256 of the bytes in the file's `data` chunk. `None` for a moment after the end, and where the file could not be
    /// read.
    pub sha256: Option<[u8; 32]>,
    /// When the sweep deletes it; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Nothing deletes it.
    pub legal_hold: bool,
    /// A crash had interrupted it; the record was made from the file.
    pub adopted: bool,
}

/// A change of a message's status or agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
    /// The status since then.
    pub status: Status,
    /// The agent since then.
    pub agent: Option<String>,
    /// Who changed it, where that was said.
    pub actor: Option<String>,
}

/// A change that a [`Recorder`](super::Recorder) writes, alone or with many others in one transaction. Written
/// twice, it is as if it had been written once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The recording begins. The file is created afterwards.
    Begin {
        /// What is recorded.
        draft: Box<Draft>,
        /// The process that records it: while it lives nobody else touches the record.
        owner: String,
        /// It could not be written in time, and the call was let through: no quota is asked any more.
        #[serde(default)]
        deferred: bool,
    },
    /// The file is finished. Everything is said once more, as the beginning may not have reached the store.
    Complete {
        /// What was recorded.
        draft: Box<Draft>,
        /// What became of it.
        completion: Box<Completion>,
    },
    /// Nothing was left: no file, no record.
    Abandon {
        /// Whose record it was.
        id: MessageId,
    },
    /// The call is over and left nothing: no file, no record, but somebody may have to be told.
    Absent {
        /// What would have been recorded.
        draft: Box<Draft>,
        /// When it was over.
        #[serde(with = "ms")]
        ended_at: Timestamp,
        /// Why.
        #[serde(with = "reason")]
        end_reason: EndReason,
    },
    /// The digest of the file; `None` where it could not be read.
    Digest {
        /// Whose record it is.
        id: MessageId,
        /// SHA-256 of the audio data.
        sha256: Option<[u8; 32]>,
    },
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Applied {
    /// It is in the store.
    Done,
    /// The store cannot be written now; the change is in the recorder's journal, or in memory, and follows.
    Deferred,
    /// The tenant's recordings fill the quota. Nothing was written.
    QuotaExceeded,
    /// The tenant or volume is not in the store, or the tenant is being deleted. Nothing was written.
    Refused,
    /// The message was deleted meanwhile. Nothing was written.
    Gone,
}

pub(super) fn rfc3339<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// A time in milliseconds since 1970.
mod ms {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.as_millisecond())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Timestamp, D::Error> {
        Timestamp::from_millisecond(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An end reason by its name.
mod reason {
    use crate::session::EndReason;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(reason: &EndReason, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(reason.name())
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<EndReason, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = EndReason::all().find(|reason| reason.name() == name);
        known.ok_or_else(|| D::Error::custom(format!("`{name}` is no end reason")))
    }
}
