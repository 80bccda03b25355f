//! Messages as records: whose they are, who handles them, how long they stay.
//!
//! A record and its file are made and removed in an order that leaves nothing behind, wherever a crash comes:
//! [`Recorder::begin`] writes the record, then the file is created; [`Recorder::complete`] follows when the file is
//! finished. [`delete`] makes a tombstone of the record, removes the file, then the tombstone. [`recover`]
//! and [`sweep`] finish what was interrupted.

mod agents;
mod deletion;
mod digest;
mod digester;
mod error;
mod export;
mod housekeeping;
mod id;
mod journal;
mod message_store;
mod notice;
mod query;
mod record;
mod recorder;
mod recovery;
#[cfg(feature = "webhook")]
mod sender;
mod snapshot;
mod sqlite;
mod status;
mod template;
mod tenant;
mod tenant_deletion;
#[cfg(test)]
mod tests;
mod volume;
mod webhook;

#[cfg(feature = "webhook")]
pub use self::sender::{SenderOptions, WebhookSender, ping};
pub use self::{
    agents::{Agent, AgentDirectory, AgentListError, allocation},
    deletion::{Deletion, Failure, SweepOptions, SweepReport, delete, sweep},
    digest::audio_digest,
    error::StoreError,
    export::CsvExport,
    housekeeping::{Clock, DailySweep, Housekeeping, HousekeepingReport, SystemClock, keep_house},
    id::{InvalidMessageId, MessageId},
    message_store::{Census, DeletionReason, Expired, MessageStore, Remains},
    notice::{InvalidNoticeKind, Notice, NoticeKind},
    query::{Count, Cursor, InvalidCursor, Page, Query},
    record::{Applied, Change, Completion, Draft, HistoryEntry, LifeState, LossSummary, MessageRecord},
    recorder::{Observer, Recorder, RecorderOptions, RecorderStatistics},
    recovery::{RecoverReport, adopt, recover},
    sqlite::{SqliteStore, StoreOptions},
    status::Status,
    template::{NameContext, NameTemplate, TemplateError},
    tenant::Tenant,
    tenant_deletion::{TenantDeletion, delete_tenant},
    volume::Volume,
    webhook::{Delivery, Due, Settled, Webhook, WebhookSecret, WebhookState},
};

/// A place where tests kill the process.
#[cfg(not(test))]
const fn checkpoint() {}
#[cfg(test)]
use tests::checkpoint;
