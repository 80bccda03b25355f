use super::agents::Agent;
use super::{
    AgentDirectory, Applied, Change, Count, Cursor, HistoryEntry, MessageId, MessageRecord, Page, Query,
    Status, Tenant, Volume,
};
use jiff::Timestamp;
use std::io;
use std::path::PathBuf;

/// Why the store did not do something. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program holds the database.
    #[error("the database is locked by another program; end that one's transaction, or try again")]
    Locked,
    /// It cannot be written.
    #[error("the database is read-only; check the owner and mode of its directory, and the mount")]
    ReadOnly,
    /// No space is left.
    #[error("the database cannot grow; free disk space")]
    Full,
    /// It is damaged, or no database.
    #[error(
        "the database is damaged ({0}); move afterbeep.db away, with -wal and -shm, restore a backup, or start anew: the recordings are whole"
    )]
    Corrupt(String),
    /// A newer version wrote it.
    #[error("the database has schema {found}, this program knows {known}; use the newer program")]
    TooNew {
        /// What it has.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// There is none.
    #[error("{0} holds no store; name the directory of --store, or add a tenant to begin one")]
    NoStore(PathBuf),
    /// The tenant is not there.
    #[error("there is no tenant `{0}`; `tenants list` shows them, `tenants add` adds one")]
    UnknownTenant(String),
    /// The tenant is there already.
    #[error("there is a tenant `{0}` already")]
    TenantExists(String),
    /// Two tenants would share files.
    #[error(
        "the directory `{root}` belongs to tenant `{tenant}`, in whole or in part; choose another --root"
    )]
    RootTaken {
        /// The directory.
        root: String,
        /// Whose it is.
        tenant: String,
    },
    /// It is being deleted.
    #[error("tenant `{0}` is being deleted; `tenants delete` finishes that")]
    TenantBeingDeleted(String),
    /// It has calls.
    #[error(
        "{count} messages of tenant `{tenant}` are being recorded; end them and delete it again (no new ones are taken)"
    )]
    TenantRecording {
        /// The tenant.
        tenant: String,
        /// How many.
        count: u64,
    },
    /// It has messages that must stay.
    #[error("{count} messages of tenant `{tenant}` are on legal hold; release them first")]
    TenantHeld {
        /// The tenant.
        tenant: String,
        /// How many.
        count: u64,
    },
    /// The volume is not there.
    #[error("there is no volume `{0}`; `volumes list` shows them, `volumes add` adds one")]
    UnknownVolume(String),
    /// The volume is there already.
    #[error("there is a volume `{0}` already; `volumes move` gives it another path")]
    VolumeExists(String),
    /// The message is not there.
    #[error("there is no message {0}; `messages list` shows them")]
    UnknownMessage(MessageId),
    /// The agent is not there.
    #[error("tenant `{tenant}` has no agent `{agent}`; `agents list` shows them, `agents import` adds some")]
    UnknownAgent {
        /// The tenant.
        tenant: String,
        /// Who was named.
        agent: String,
    },
    /// A status does not follow another one.
    #[error("a message that is {from} cannot become {to}{}", hint(*.from))]
    Transition {
        /// What it is.
        from: Status,
        /// What it should become.
        to: Status,
    },
    /// It must stay.
    #[error("message {0} is on legal hold; release it with `messages hold --release` first")]
    Held(MessageId),
    /// A name that cannot be one.
    #[error(
        "`{name}` is no {what}; it takes 1 to 128 bytes without `/`, `\\`, control characters and a dot at the beginning; a path, no `..`"
    )]
    Name {
        /// What it should be.
        what: &'static str,
        /// What it is.
        name: String,
    },
    /// No such time zone.
    #[error("there is no time zone `{0}`; take an IANA name such as Europe/Madrid")]
    TimeZone(String),
    /// A record that this program cannot read.
    #[error(
        "the record of message {id} has {field} = {value}, which this program does not know; use the newer program"
    )]
    Record {
        /// Which one.
        id: MessageId,
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A file or directory.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The database fails for a reason outside it.
    #[error("the database cannot be used: {0}; check its disk")]
    Failing(String),
    /// What the database said of one statement.
    #[error("the database answered: {0}")]
    Database(rusqlite::Error),
}

fn hint(from: Status) -> String {
    match from.next() {
        [] => "; allocate it to an agent".to_owned(),
        next => format!(
            "; it can become {}",
            next.iter().map(|status| status.name()).collect::<Vec<_>>().join(", ")
        ),
    }
}

impl StoreError {
    pub(super) fn io(path: impl Into<PathBuf>, cause: impl Into<io::Error>) -> Self {
        Self::Io { path: path.into(), cause: cause.into() }
    }

    /// Whether the store cannot be written at present, whatever is written: what it did not take should be tried again.
    pub const fn is_unavailable(&self) -> bool {
        use StoreError::{Corrupt, Failing, Full, Io, Locked, ReadOnly};
        matches!(self, Locked | ReadOnly | Full | Corrupt(_) | Failing(_) | Io { .. })
    }
}

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
