//! The store in SQLite: one file, `afterbeep.db`, in write-ahead mode.

mod admin;
mod change;
mod connection;
mod list;
mod outbox;
mod retention;
mod row;
mod schema;
mod status;
#[cfg(test)]
mod tests;

use super::agents::Agent;
use super::message_store::{Census, DeletionReason, Expired, Remains};
use super::snapshot::Snapshot;
use super::{
    AgentDirectory, Applied, Change, Completion, Count, Cursor, Draft, HistoryEntry, MessageId,
    MessageRecord, MessageStore, Notice, NoticeKind, Page, Query, Status, StoreError, Tenant, Volume,
};
pub use connection::StoreOptions;

use connection::Connections;
use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::fmt;
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whom the store tells.
struct Sink(Arc<dyn Fn(Notice) + Send + Sync>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

/// Records in an embedded SQLite database.
///
/// Any number of threads and programs may use one at the same time: one writes, all others read what was there before.
/// What a call has written is on the disk when it returns.
#[derive(Debug)]
pub struct SqliteStore {
    connections: Connections,
    sink: Mutex<Option<Sink>>,
}

impl SqliteStore {
    /// Opens the store of a directory, and brings its schema up to date.
    pub fn open(directory: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let store = Self { connections: Connections::new(directory, options)?, sink: Mutex::default() };
        drop(store.connections.writer()?);
        store.keep_snapshot();
        Ok(store)
    }

    /// The same for what records: where the database is there and cannot be used now, each call tries to open it, and
    /// fails until that works. [`MessageStore::last_known`] answers meanwhile.
    pub fn open_when_available(directory: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let store = Self { connections: Connections::new(directory, options)?, sink: Mutex::default() };
        match store.connections.writer() {
            Err(error) if !error.is_unavailable() => return Err(error),
            opened => drop(opened),
        }
        store.keep_snapshot();
        Ok(store)
    }

    /// The directory of the database.
    pub fn directory(&self) -> &Path {
        self.connections.directory()
    }

    /// Has somebody told of what is written through this object from now on: [`Engine::message_events`] puts it on an
    /// engine's queue. What other programs write is for webhooks.
    ///
    /// [`Engine::message_events`]: crate::engine::Engine::message_events
    pub fn on_notice(&self, sink: impl Fn(Notice) + Send + Sync + 'static) {
        *self.sink.lock() = Some(Sink(Arc::new(sink)));
    }

    fn tell(&self, notices: impl Iterator<Item = (NoticeKind, MessageId)>) {
        let sink = self.sink.lock().as_ref().map(|sink| Arc::clone(&sink.0));
        if let Some(sink) = sink {
            notices.for_each(|(kind, message)| sink(Notice { kind, message }));
        }
    }

    /// Does something in one transaction.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let in_transaction = || {
            let mut writer = self.connections.writer()?;
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        in_transaction().inspect_err(|error| self.connections.told(error))
    }

    /// The same for what a recording needs where the database cannot be read.
    fn configure<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = self.write(work)?;
        self.keep_snapshot();
        Ok(done)
    }

    /// Brings the snapshot up to date. Where that fails, an older one stands in for a database that cannot be read.
    fn keep_snapshot(&self) {
        let snapshot = self.read(|connection| {
            let volumes = admin::volumes(connection)?.into_iter();
            let volumes = volumes.map(|(name, path)| Volume { name, path: path.into() }).collect();
            let tenants = admin::tenants(connection)?.into_iter();
            Ok(Snapshot {
                volumes,
                tenants: tenants.map(|tenant| Tenant { used_bytes: 0, ..tenant }).collect(),
            })
        });
        if let Ok(snapshot) = snapshot {
            let _ = snapshot.save(self.directory());
        }
    }

    /// Looks at one state of the store, whatever is written meanwhile.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let in_transaction = || {
            let reader = self.connections.reader()?;
            let transaction = reader.unchecked_transaction()?;
            let done = work(&transaction);
            drop(transaction);
            self.connections.put_back(reader);
            done
        };
        in_transaction().inspect_err(|error| self.connections.told(error))
    }

    fn check_places(&self, connection: &Connection, added: &str) -> Result<(), StoreError> {
        admin::check_places(connection, self.directory(), |path| self.resolve(path), added)
    }

    /// The path that a volume is opened by.
    fn resolve(&self, path: &str) -> PathBuf {
        if path == "." { self.directory().to_owned() } else { self.directory().join(path) }
    }
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
        let applied: Vec<Applied> = self
            .write(|transaction| changes.iter().map(|change| change::apply(transaction, change)).collect())?;
        let done = changes.iter().zip(&applied).filter(|(_, applied)| **applied == Applied::Done);
        self.tell(done.filter_map(|(change, _)| match change {
            Change::Complete { draft, .. } => Some((NoticeKind::Completed, draft.id)),
            Change::Absent { draft, .. } => Some((NoticeKind::Absent, draft.id)),
            _ => None,
        }));
        Ok(applied)
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
        self.write(|transaction| status::allocate(transaction, id, agent, actor, now))?;
        self.tell(iter::once((NoticeKind::Allocated, id)));
        Ok(())
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
        self.write(|transaction| retention::bury(transaction, ids, now))?;
        self.tell(ids.iter().map(|&id| (NoticeKind::Deleted, id)));
        Ok(())
    }

    fn kept(&self) -> Result<u64, StoreError> {
        self.read(retention::kept)
    }

    fn recording(&self) -> Result<Vec<Remains>, StoreError> {
        self.read(retention::recording)
    }

    fn recording_at(&self, volume: &str, path: &str) -> Result<Option<Remains>, StoreError> {
        self.read(|connection| retention::recording_at(connection, volume, path))
    }

    fn forget(&self, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| retention::forget(transaction, id, now))
    }

    fn adopt(&self, draft: &Draft, completion: &Completion) -> Result<Applied, StoreError> {
        let applied = self.write(|transaction| change::complete(transaction, draft, completion, true))?;
        let done = (applied == Applied::Done).then_some((NoticeKind::Completed, draft.id));
        self.tell(done.into_iter());
        Ok(applied)
    }

    fn undigested(&self, limit: usize) -> Result<Vec<Remains>, StoreError> {
        self.read(|connection| retention::undigested(connection, limit))
    }

    fn add_tenant(&self, tenant: &Tenant) -> Result<(), StoreError> {
        tenant.validate()?;
        self.configure(|transaction| {
            admin::add_tenant(transaction, tenant)?;
            self.check_places(transaction, &tenant.id)
        })
    }

    fn tenant(&self, id: &str) -> Result<Tenant, StoreError> {
        self.read(|connection| admin::tenant(connection, id))
    }

    fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        self.read(admin::tenants)
    }

    fn last_known(&self, tenant: &str) -> Result<(Tenant, Volume), StoreError> {
        let snapshot = Snapshot::load(self.directory())?;
        let (tenant, volume) = snapshot.tenant(tenant)?;
        let path = self.resolve(&volume.path.to_string_lossy());
        Ok((tenant.clone(), Volume { path, ..volume.clone() }))
    }

    fn update_tenant(&self, tenant: &Tenant, reschedule: bool) -> Result<(), StoreError> {
        tenant.validate()?;
        self.configure(|transaction| admin::update_tenant(transaction, tenant))?;
        let mut next = reschedule.then_some(0);
        while let Some(from) = next {
            // Recordings complete between two batches.
            next = self.write(|transaction| retention::reschedule(transaction, &tenant.id, from))?;
        }
        Ok(())
    }

    fn close_tenant(&self, id: &str) -> Result<(), StoreError> {
        self.configure(|transaction| admin::close_tenant(transaction, id))
    }

    fn messages_of(&self, tenant: &str, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        self.read(|connection| retention::messages_of(connection, tenant, limit))
    }

    fn census(&self, tenant: &str) -> Result<Census, StoreError> {
        self.read(|connection| retention::census(connection, tenant))
    }

    fn remove_tenant(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.configure(|transaction| admin::remove_tenant(transaction, id, now))
    }

    fn add_volume(&self, volume: &Volume) -> Result<(), StoreError> {
        super::tenant::check_id("volume", &volume.name)?;
        self.configure(|transaction| admin::add_volume(transaction, volume))
    }

    fn move_volume(&self, volume: &Volume) -> Result<(), StoreError> {
        self.configure(|transaction| {
            admin::move_volume(transaction, volume)?;
            self.check_places(transaction, "")
        })
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
        self.directory().join("journal")
    }
}
