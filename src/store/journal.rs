//! What a recorder could not write into the store yet, in a file of its own beside it. The file is locked while the
//! recorder lives, which is how others know that it does.

use super::{Applied, Change, MessageId, MessageStore, StoreError};
use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Changes written to the store in one transaction.
pub(super) const BATCH: usize = 512;

/// The extension of a journal that the store has not taken.
const REFUSED: &str = "refused";

/// Changes as lines of JSON.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    owner: String,
    /// Bytes of whole lines.
    length: u64,
    /// Bytes of lines that are in the store.
    done: u64,
}

impl Journal {
    /// A new one, locked.
    pub(super) fn create(directory: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let failed = |cause: io::Error| StoreError::io(directory, cause);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        loop {
            let owner = MessageId::fresh(now).to_string();
            let path = file_of(directory, &owner);
            let mut options = OpenOptions::new();
            let file =
                options.read(true).append(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                // Somebody looks whether it is a dead one's.
                Err(Errno::WOULDBLOCK) => continue,
                Err(error) => return Err(failed(error.into())),
            }
            // Somebody may have taken it for a dead one's, before it was locked, and removed it.
            if path.exists() {
                return Ok(Self { path, file, owner, length: 0, done: 0 });
            }
        }
    }

    /// One whose disk takes nothing.
    #[cfg(test)]
    pub(super) fn broken(directory: &Path) -> Self {
        let journal = Self::create(directory, Timestamp::now()).unwrap();
        Self { file: File::open(&journal.path).unwrap(), ..journal }
    }

    /// Whose it is.
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// Whether everything in it is in the store.
    pub(super) const fn is_empty(&self) -> bool {
        self.length == self.done
    }

    /// Adds changes; they are on the disk when this returns. Of those that a failure has cut off, some may be there.
    pub(super) fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        // Half a line of an earlier failure must not spoil this one.
        let mut lines = b"\n".to_vec();
        for change in changes {
            serde_json::to_writer(&mut lines, change)?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.length = self.file.metadata()?.len();
        Ok(())
    }

    /// Writes what it holds into the store.
    pub(super) fn replay(&mut self, store: &dyn MessageStore) -> Result<u64, StoreError> {
        let mut written = 0;
        while !self.is_empty() {
            let failed = |cause| StoreError::io(&self.path, cause);
            let (changes, end) = read(&mut self.file, self.done).map_err(failed)?;
            if end == self.done {
                break;
            }
            let mut refused = Vec::new();
            written += apply(store, &changes, &mut refused)?;
            keep(&self.path, &refused).map_err(failed)?;
            self.done = end;
        }
        self.file.set_len(0).map_err(|cause| StoreError::io(&self.path, cause))?;
        (self.length, self.done) = (0, 0);
        Ok(written)
    }

    /// Ends it; what is still in it waits for the next recorder.
    pub(super) fn close(self) {
        if self.is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes changes into the store: one that it cannot take spoils no other one. Says how many were written; messages that
/// the store does not take come back.
fn apply(store: &dyn MessageStore, changes: &[Change], refused: &mut Vec<Change>) -> Result<u64, StoreError> {
    let is_message = |change: &&Change| matches!(change, Change::Complete { .. });
    match store.apply(changes) {
        Ok(applied) => {
            let of_refused =
                changes.iter().zip(&applied).filter(|(_, applied)| **applied == Applied::Refused);
            refused.extend(of_refused.map(|(change, _)| change).filter(is_message).cloned());
            Ok(applied.len() as u64)
        }
        Err(error) if error.is_unavailable() => Err(error),
        Err(_) if changes.len() > 1 => changes.chunks(1).map(|change| apply(store, change, refused)).sum(),
        Err(_) => {
            refused.extend(changes.iter().filter(is_message).cloned());
            Ok(0)
        }
    }
}

/// Keeps what the store does not take, as of a tenant that it does not know, beside the journal: it is tried again with
/// each recovery.
fn keep(journal: &Path, refused: &[Change]) -> io::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::new();
    for change in refused {
        serde_json::to_writer(&mut lines, change)?;
        lines.push(b'\n');
    }
    let path = journal.with_extension(REFUSED);
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(&lines)?;
    file.sync_data()
}

fn file_of(directory: &Path, owner: &str) -> PathBuf {
    directory.join(format!("{owner}.jsonl"))
}

/// Reads whole lines from a place on, a batch at most, and says where the next one begins.
fn read(file: &mut File, from: u64) -> io::Result<(Vec<Change>, u64)> {
    file.seek(SeekFrom::Start(from))?;
    let mut lines = BufReader::new(file);
    let (mut changes, mut end) = (Vec::new(), from);
    let mut line = Vec::new();
    while changes.len() < BATCH {
        line.clear();
        let read = lines.read_until(b'\n', &mut line)?;
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        end += read as u64;
        // A line that a full disk has cut says nothing; its recording is adopted by `recover`.
        changes.extend(serde_json::from_slice::<Change>(&line));
    }
    Ok((changes, end))
}

/// Whether a recorder lives.
pub(super) fn is_alive(directory: &Path, owner: &str) -> bool {
    File::open(file_of(directory, owner)).is_ok_and(|file| {
        matches!(flock(&file, FlockOperation::NonBlockingLockShared), Err(Errno::WOULDBLOCK))
    })
}

/// Writes what dead recorders have left into the store, and removes their journals.
pub(super) fn replay_dead(store: &dyn MessageStore) -> Result<u64, StoreError> {
    let directory = store.journals();
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(|cause| StoreError::io(&directory, cause))?,
    };
    let mut written = 0;
    for entry in entries {
        let path = entry.map_err(|cause| StoreError::io(&directory, cause))?.path();
        let is_refused = path.extension().is_some_and(|extension| extension == REFUSED);
        if !is_refused && path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let failed = |cause| StoreError::io(&path, cause);
        let mut file = match OpenOptions::new().read(true).append(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.map_err(failed)?,
        };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        let (mut from, mut refused) = (0, Vec::new());
        loop {
            let (changes, end) = read(&mut file, from).map_err(failed)?;
            if end == from {
                break;
            }
            written += apply(store, &changes, &mut refused)?;
            from = end;
        }
        if is_refused && !refused.is_empty() {
            // What was taken is taken once, however often it is tried.
            continue;
        }
        keep(&path, &refused).map_err(failed)?;
        match fs::remove_file(&path) {
            // Somebody else was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(failed)?,
        }
    }
    Ok(written)
}
