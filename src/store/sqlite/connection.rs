//! How the database is opened, and opened again where it could not be used.

use super::schema;
use crate::store::StoreError;
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The database's name in the store's directory.
pub(super) const FILE: &str = "afterbeep.db";
/// Readers that are kept open.
const READERS_MAX: usize = 8;
/// How long a database that could not be opened is left alone, so that not every call waits for it.
const RETRY_MAX: Duration = Duration::from_secs(1);

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

/// One connection that writes and some that read. One whose database turned out to be damaged, or not to be there, is
/// dropped: the next call opens what is there then, such as a backup that was restored.
#[derive(Debug)]
pub(super) struct Connections {
    directory: PathBuf,
    options: StoreOptions,
    writer: Mutex<Option<Connection>>,
    /// The database was opened, and its schema is known to be ours.
    is_open: AtomicBool,
    readers: Mutex<Vec<Connection>>,
    /// When it could last not be opened, and why.
    failed: Mutex<Option<(Instant, StoreError)>>,
}

impl Connections {
    /// None yet. Makes the database, where that is asked for.
    pub(super) fn new(directory: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        if !directory.join(FILE).exists() {
            if !options.create {
                return Err(StoreError::NoStore(directory.to_owned()));
            }
            create_private(directory).map_err(|cause| StoreError::io(directory, cause))?;
        }
        Ok(Self {
            directory: directory.to_owned(),
            options: options.clone(),
            writer: Mutex::default(),
            is_open: AtomicBool::new(false),
            readers: Mutex::default(),
            failed: Mutex::default(),
        })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The one that writes.
    pub(super) fn writer(&self) -> Result<MappedMutexGuard<'_, Connection>, StoreError> {
        let mut writer = self.writer.lock();
        if writer.is_none() {
            *writer = Some(self.open()?);
            self.is_open.store(true, Ordering::Release);
        }
        Ok(MutexGuard::map(writer, |writer| writer.as_mut().expect("it was opened above")))
    }

    /// One that reads; [`put_back`](Self::put_back) takes it.
    pub(super) fn reader(&self) -> Result<Connection, StoreError> {
        if !self.is_open.load(Ordering::Acquire) {
            drop(self.writer()?);
        }
        let pooled = self.readers.lock().pop();
        pooled.map_or_else(|| connect(&self.directory, &self.options), Ok)
    }

    pub(super) fn put_back(&self, reader: Connection) {
        let mut readers = self.readers.lock();
        if readers.len() < READERS_MAX {
            readers.push(reader);
        }
    }

    /// What a call was told: a database that cannot be used is opened anew by the next one.
    pub(super) fn told(&self, error: &StoreError) {
        use StoreError::{Corrupt, Failing, ReadOnly};
        if matches!(error, Corrupt(_) | Failing(_) | ReadOnly) {
            self.is_open.store(false, Ordering::Release);
            *self.writer.lock() = None;
            self.readers.lock().clear();
        }
    }

    fn open(&self) -> Result<Connection, StoreError> {
        let mut failed = self.failed.lock();
        let pause = self.options.busy_timeout.min(RETRY_MAX);
        if let Some((at, error)) = &*failed
            && at.elapsed() < pause
        {
            return Err(error.again());
        }
        let opened = self.try_open();
        let error = opened.as_ref().err().filter(|error| error.is_unavailable());
        *failed = error.map(|error| (Instant::now(), error.again()));
        opened
    }

    fn try_open(&self) -> Result<Connection, StoreError> {
        let path = self.directory.join(FILE);
        if !self.options.create && fs::metadata(&path).is_ok_and(|facts| facts.len() == 0) {
            return Err(StoreError::Corrupt("the file is empty".to_owned()));
        }
        let mut connection = connect(&self.directory, &self.options)?;
        schema::migrate(&mut connection)?;
        Ok(connection)
    }
}

/// Never makes a database: where a damaged one was moved away, a new one would stand in the backup's place.
fn connect(directory: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
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
