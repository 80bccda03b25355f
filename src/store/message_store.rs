use super::agents::Agent;
use super::{
    AgentDirectory, Applied, Change, Count, Cursor, HistoryEntry, MessageId, MessageRecord, Page, Query,
    Status, StoreError, Tenant, Volume,
};
use jiff::Timestamp;
use std::path::PathBuf;

/// Why a message is deleted, as the deletion log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum DeletionReason {
    /// Somebody asked for it.
    Request = 1,
    /// Its time was over.
    Expired = 2,
    /// Its tenant is deleted.
    Tenant = 3,
    /// A crash left no file.
    NothingRecorded = 4,
}

impl DeletionReason {
    /// The name of a number, as notices have it.
    pub(super) const fn name_of(number: u8) -> &'static str {
        match number {
            1 => "request",
            2 => "expired",
            3 => "tenant",
            _ => "nothing_recorded",
        }
    }
}

/// A message on its way out, or one that a crash interrupted: where its file is.
#[derive(Clone, Debug)]
pub struct Remains {
    /// Whose record it is.
    pub id: MessageId,
    /// The tenant.
    pub tenant: String,
    /// The volume's name.
    pub volume: String,
    /// The file's relative path.
    pub path: String,
    /// The process that records it, where one does.
    pub owner: Option<String>,
}

/// Where records are. All calls block; none belongs on a media thread, and none on a writer's: that is what
/// [`Recorder`](super::Recorder) is for.
///
/// What happens to files is no part of it: [`delete`](super::delete), [`sweep`](super::sweep),
/// [`recover`](super::recover) and [`delete_tenant`](super::delete_tenant) do both in the right order.
pub trait MessageStore: AgentDirectory {
    /// Writes changes in one transaction and says what became of each. An error says that nothing was written.
    fn apply(&self, changes: &[Change]) -> Result<Vec<Applied>, StoreError>;

    /// A message, kept or being recorded.
    fn get(&self, id: MessageId) -> Result<MessageRecord, StoreError>;
    /// A part of a list: at most `limit` messages behind a place, or from the beginning.
    fn list(&self, query: &Query, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError>;
    /// How many messages a list has, exactly up to 10 000.
    fn count(&self, query: &Query) -> Result<Count, StoreError>;
    /// How a message's status came about, the oldest first.
    fn history(&self, id: MessageId) -> Result<Vec<HistoryEntry>, StoreError>;

    /// Gives a message to an agent who is known, from any status but `processed`.
    fn allocate(
        &self,
        id: MessageId,
        agent: &str,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Changes a status to one of those that [may follow](Status::next).
    fn set_status(
        &self,
        id: MessageId,
        to: Status,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Sets a value of the message's data, or takes it away.
    fn set_data(&self, id: MessageId, key: &str, value: Option<&str>) -> Result<(), StoreError>;
    /// Sets or releases the legal hold.
    fn set_hold(
        &self,
        id: MessageId,
        hold: bool,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Notes that somebody took the audio.
    fn log_access(&self, id: MessageId, actor: Option<&str>, now: Timestamp) -> Result<(), StoreError>;

    /// Makes tombstones of kept messages that are not on hold, and says what is to be removed. Those that are not
    /// there any more are left out.
    fn entomb(&self, ids: &[MessageId], reason: DeletionReason) -> Result<Vec<Remains>, StoreError>;
    /// Ids of messages whose time is over, at most `limit`, behind a place.
    fn expired(&self, now: Timestamp, after: Option<(i64, i64)>, limit: usize)
    -> Result<Expired, StoreError>;
    /// Tombstones, at most `limit`, of those with a greater id than `after`.
    fn tombstones(&self, after: Option<MessageId>, limit: usize) -> Result<Vec<Remains>, StoreError>;
    /// Removes records of tombstones whose files are gone, with an entry each in the deletion log.
    fn bury(&self, ids: &[MessageId], now: Timestamp) -> Result<(), StoreError>;
    /// How many messages are kept.
    fn kept(&self) -> Result<u64, StoreError>;
    /// Messages that are being recorded, or that a crash left so.
    fn recording(&self) -> Result<Vec<Remains>, StoreError>;
    /// The one of these whose file is there.
    fn recording_at(&self, volume: &str, path: &str) -> Result<Option<Remains>, StoreError>;
    /// Removes the record of a recording that left no file.
    fn forget(&self, id: MessageId, now: Timestamp) -> Result<(), StoreError>;
    /// Completes the record of a recording that a crash interrupted. An unknown one is made.
    fn adopt(&self, draft: &super::Draft, completion: &super::Completion) -> Result<Applied, StoreError>;
    /// Messages without a digest, at most `limit`.
    fn undigested(&self, limit: usize) -> Result<Vec<Remains>, StoreError>;

    /// Adds a tenant.
    fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError>;
    /// A tenant.
    fn tenant(&self, id: &str) -> Result<Tenant, StoreError>;
    /// All tenants, by id.
    fn tenants(&self) -> Result<Vec<Tenant>, StoreError>;
    /// A tenant and its volume as they were when the store could last be read, but for what the tenant uses. For recordings while it
    /// [cannot be](StoreError::is_unavailable).
    fn last_known(&self, tenant: &str) -> Result<(Tenant, Volume), StoreError>;
    /// Gives a tenant another time zone, retention, quota, template and other defaults; where it is, and what it uses, stays. The
    /// retention is that of messages completed from now on; `reschedule` says whether those that are kept get their
    /// deadlines anew, too. Repeat it where it fails half-way.
    fn update_tenant(&self, tenant: &Tenant, reschedule: bool) -> Result<(), StoreError>;
    /// Takes nothing new for a tenant, and says how many messages are being recorded by living processes' account.
    fn close_tenant(&self, id: &str) -> Result<(), StoreError>;
    /// Ids of the tenant's kept messages, at most `limit`.
    fn messages_of(&self, tenant: &str, limit: usize) -> Result<Vec<MessageId>, StoreError>;
    /// How many records of the tenant there are, of any state, and how many of them are on hold.
    fn census(&self, tenant: &str) -> Result<Census, StoreError>;
    /// Removes the tenant, who has to have no record, and notes that in the deletion log.
    fn remove_tenant(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Adds a volume.
    fn add_volume(&self, volume: &Volume) -> Result<(), StoreError>;
    /// Gives a volume another path.
    fn move_volume(&self, volume: &Volume) -> Result<(), StoreError>;
    /// A volume, with its path as it is opened.
    fn volume(&self, name: &str) -> Result<Volume, StoreError>;
    /// All volumes, by name.
    fn volumes(&self) -> Result<Vec<Volume>, StoreError>;

    /// Adds agents, or renames them.
    fn import_agents(&self, tenant: &str, agents: &[Agent]) -> Result<(), StoreError>;
    /// The tenant's agents, by id.
    fn agents(&self, tenant: &str) -> Result<Vec<Agent>, StoreError>;

    /// The directory of the recorders' journals.
    fn journals(&self) -> PathBuf;
}

/// Messages whose time is over.
#[derive(Clone, Debug)]
pub struct Expired {
    /// Which ones.
    pub ids: Vec<MessageId>,
    /// The place behind the last one.
    pub last: Option<(i64, i64)>,
}

/// How many records a tenant has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Of any state.
    pub records: u64,
    /// Those being recorded.
    pub recording: u64,
    /// Those on legal hold.
    pub held: u64,
}
