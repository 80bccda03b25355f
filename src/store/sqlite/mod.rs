//! The store in SQLite: one file, `afterbeep.db`, in write-ahead mode.

mod admin;
mod change;
mod list;
mod retention;
mod row;
mod schema;
mod status;
#[cfg(test)]
mod tests;

use super::agents::Agent;
use super::message_store::{Census, DeletionReason, Expired, Remains};
use super::{
    AgentDirectory, Applied, Change, Completion, Count, Cursor, Draft, HistoryEntry, MessageId,
    MessageRecord, MessageStore, Page, Query, Status, StoreError, Tenant, Volume,
};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's name in the store's directory.
const FILE: &str = "afterbeep.db";
/// Readers that are kept open.
const READERS_MAX: usize = 8;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Makes the database where there is none.
    pub create: bool,
    /// How long a call waits for another program that holds the database.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    /// An existing one; 5 s.
    fn default() -> Self {
        Self { create: false, busy_timeout: Duration::from_secs(5) }
    }
}

/// Records in an embedded SQLite database.
///
/// Any number of threads and programs may use one at the same time: one writes, all others read what was there before.
/// What a call has written is on the disk when it returns.
#[derive(Debug)]
pub struct SqliteStore {
    directory: PathBuf,
    options: StoreOptions,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens the store of a directory, and brings its schema up to date.
    pub fn open(directory: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        if !directory.join(FILE).exists() {
            if !options.create {
                return Err(StoreError::NoStore(directory.to_owned()));
            }
            create_private(directory).map_err(|cause| StoreError::io(directory, cause))?;
        }
        let mut writer = connect(directory, options)?;
        schema::migrate(&mut writer)?;
        let (writer, readers) = (Mutex::new(writer), Mutex::default());
        Ok(Self { directory: directory.to_owned(), options: options.clone(), writer, readers })
    }

    /// The directory of the database.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Does something in one transaction.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock()
    }

    /// Looks at one state of the store, whatever is written meanwhile.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let pooled = self.readers.lock().pop();
        let reader = match pooled {
            Some(reader) => reader,
            None => connect(&self.directory, &self.options)?,
        };
        let transaction = reader.unchecked_transaction()?;
        let done = work(&transaction);
        drop(transaction);
        let mut readers = self.readers.lock();
        if readers.len() < READERS_MAX {
            readers.push(reader);
        }
        done
    }

    /// The path that a volume is opened by.
    fn resolve(&self, path: &str) -> PathBuf {
        if path == "." { self.directory.clone() } else { self.directory.join(path) }
    }
}

fn connect(directory: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What is committed survives a power cut: records and files are ordered by that.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    Ok(connection)
}

/// A directory that nobody else may look into: what it holds is personal.
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // SQLite gives its other files the mode of the first one.
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(directory.join(FILE)).map(drop)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Failing(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

impl AgentDirectory for SqliteStore {
    fn knows_agent(&self, tenant: &str, agent: &str) -> Result<bool, StoreError> {
        self.read(|connection| admin::knows_agent(connection, tenant, agent))
    }
}

impl MessageStore for SqliteStore {
    fn apply(&self, changes: &[Change]) -> Result<Vec<Applied>, StoreError> {
        self.write(|transaction| changes.iter().map(|change| change::apply(transaction, change)).collect())
    }

    fn get(&self, id: MessageId) -> Result<MessageRecord, StoreError> {
        self.read(|connection| list::get(connection, id))
    }

    fn list(&self, query: &Query, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.read(|connection| list::list(connection, query, after, limit))
    }

    fn count(&self, query: &Query) -> Result<Count, StoreError> {
        self.read(|connection| list::count(connection, query))
    }

    fn history(&self, id: MessageId) -> Result<Vec<HistoryEntry>, StoreError> {
        self.read(|connection| status::history(connection, id))
    }

    fn allocate(
        &self,
        id: MessageId,
        agent: &str,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| status::allocate(transaction, id, agent, actor, now))
    }

    fn set_status(
        &self,
        id: MessageId,
        to: Status,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| status::set(transaction, id, to, actor, now))
    }

    fn set_data(&self, id: MessageId, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.write(|transaction| status::set_data(transaction, id, key, value))
    }

    fn set_hold(
        &self,
        id: MessageId,
        hold: bool,
        actor: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| status::set_hold(transaction, id, hold, actor, now))
    }

    fn log_access(&self, id: MessageId, actor: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| status::log_access(transaction, id, "audio", actor, now))
    }

    fn entomb(&self, ids: &[MessageId], reason: DeletionReason) -> Result<Vec<Remains>, StoreError> {
        self.write(|transaction| retention::entomb(transaction, ids, reason))
    }

    fn expired(
        &self,
        now: Timestamp,
        after: Option<(i64, i64)>,
        limit: usize,
    ) -> Result<Expired, StoreError> {
        self.read(|connection| retention::expired(connection, now, after, limit))
    }

    fn tombstones(&self, after: Option<MessageId>, limit: usize) -> Result<Vec<Remains>, StoreError> {
        self.read(|connection| retention::tombstones(connection, after, limit))
    }

    fn bury(&self, ids: &[MessageId], now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| retention::bury(transaction, ids, now))
    }

    fn kept(&self) -> Result<u64, StoreError> {
        self.read(retention::kept)
    }

    fn recording(&self) -> Result<Vec<Remains>, StoreError> {
        self.read(retention::recording)
    }

    fn forget(&self, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| retention::forget(transaction, id, now))
    }

    fn adopt(&self, draft: &Draft, completion: &Completion) -> Result<Applied, StoreError> {
        self.write(|transaction| change::complete(transaction, draft, completion, true))
    }

    fn undigested(&self, limit: usize) -> Result<Vec<Remains>, StoreError> {
        self.read(|connection| retention::undigested(connection, limit))
    }

    fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        tenant.validate()?;
        self.write(|transaction| admin::add_tenant(transaction, tenant))
    }

    fn tenant(&self, id: &str) -> Result<Tenant, StoreError> {
        self.read(|connection| admin::tenant(connection, id))
    }

    fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.read(admin::tenants)
    }

    fn close_tenant(&self, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| admin::close_tenant(transaction, id))
    }

    fn messages_of(&self, tenant: &str, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        self.read(|connection| retention::messages_of(connection, tenant, limit))
    }

    fn census(&self, tenant: &str) -> Result<Census, StoreError> {
        self.read(|connection| retention::census(connection, tenant))
    }

    fn remove_tenant(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| admin::remove_tenant(transaction, id, now))
    }

    fn add_volume(&self, volume: &Volume) -> Result<(), StoreError> {
        super::tenant::check_id("volume", &volume.name)?;
        self.write(|transaction| admin::add_volume(transaction, volume))
    }

    fn move_volume(&self, volume: &Volume) -> Result<(), StoreError> {
        self.write(|transaction| admin::move_volume(transaction, volume))
    }

    fn volume(&self, name: &str) -> Result<Volume, StoreError> {
        let path = self.read(|connection| admin::volume_path(connection, name))?;
        Ok(Volume { name: name.to_owned(), path: self.resolve(&path) })
    }

    fn volumes(&self) -> Result<Vec<Volume>, StoreError> {
        let volumes = self.read(admin::volumes)?;
        Ok(volumes.into_iter().map(|(name, path)| Volume { name, path: self.resolve(&path) }).collect())
    }

    fn import_agents(&self, tenant: &str, agents: &[Agent]) -> Result<(), StoreError> {
        self.write(|transaction| admin::import_agents(transaction, tenant, agents))
    }

    fn agents(&self, tenant: &str) -> Result<Vec<Agent>, StoreError> {
        self.read(|connection| admin::agents(connection, tenant))
    }

    fn journals(&self) -> PathBuf {
        self.directory.join("journal")
    }
}
