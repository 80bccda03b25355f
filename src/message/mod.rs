//! Messages as files: their names, and the `.part` file that becomes a message when it is finished. With the feature
//! `store`, messages as records, too: whose they are, who handles them, how long they stay.
//!
//! A record and its file are made and removed in an order that leaves nothing behind, wherever a crash comes:
//! [`Recorder::begin`] writes the record, then the file is created; [`Recorder::complete`] follows when the file is
//! finished. [`delete`] makes a tombstone of the record, removes the file, then the tombstone. [`recover`]
//! and [`sweep`] finish what was interrupted.

#[cfg(feature = "store")]
mod agents;
mod beneath;
#[cfg(feature = "store")]
mod deletion;
#[cfg(feature = "store")]
mod digest;
#[cfg(feature = "store")]
mod export;
#[cfg(feature = "store")]
mod id;
#[cfg(feature = "store")]
mod journal;
mod name;
mod part_file;
#[cfg(feature = "store")]
mod query;
#[cfg(feature = "store")]
mod record;
#[cfg(feature = "store")]
mod recorder;
#[cfg(feature = "store")]
mod recovery;
mod repair;
#[cfg(feature = "store")]
mod sqlite;
#[cfg(feature = "store")]
mod status;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod template;
#[cfg(feature = "store")]
mod tenant;
#[cfg(feature = "store")]
mod tenant_deletion;
#[cfg(all(test, feature = "store"))]
mod tests;
#[cfg(feature = "store")]
mod volume;

pub use name::fresh_name;
pub use part_file::CreateError;
pub(crate) use part_file::PartFile;
pub use repair::{RepairEntry, RepairOptions, RepairReport, Repaired, repair};

#[cfg(feature = "store")]
pub use self::{
    agents::{Agent, AgentDirectory, AgentListError, allocation},
    deletion::{Deletion, Failure, SweepOptions, SweepReport, delete, sweep},
    digest::audio_digest,
    export::CsvExport,
    id::{InvalidMessageId, MessageId},
    query::{Count, Cursor, InvalidCursor, Page, Query},
    record::{Applied, Change, Completion, Draft, HistoryEntry, LifeState, LossSummary, MessageRecord},
    recorder::{Observer, Recorder, RecorderOptions, RecorderStatistics},
    recovery::{RecoverReport, adopt, recover},
    sqlite::{SqliteStore, StoreOptions},
    status::Status,
    store::{Census, DeletionReason, Expired, MessageStore, Remains, StoreError},
    template::{NameContext, NameTemplate, TemplateError},
    tenant::Tenant,
    tenant_deletion::{TenantDeletion, delete_tenant},
    volume::Volume,
};

/// A place where tests kill the process.
#[cfg(all(feature = "store", not(test)))]
const fn checkpoint() {}
#[cfg(all(test, feature = "store"))]
use tests::checkpoint;
