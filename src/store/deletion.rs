//! Messages and their files go: by request, and when their time is over.

use super::message_store::{DeletionReason, Remains};
use super::volume::Volume;
use super::{MessageId, MessageStore, StoreError};
use jiff::Timestamp;
use rustix::fs::fsync;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// Failures that a report lists; further ones are counted.
const FAILURES_MAX: usize = 1_000;

/// A message that could not be deleted. It is in no list any more; each sweep tries again.
#[derive(Debug)]
pub struct Failure {
    /// Which one.
    pub id: MessageId,
    /// Why.
    pub error: StoreError,
}

/// What was deleted.
#[derive(Debug, Default)]
pub struct Deletion {
    /// Messages that are gone, file and record.
    pub deleted: u64,
    /// How many are not.
    pub failed: u64,
    /// The first of those.
    pub failures: Vec<Failure>,
}

impl Deletion {
    fn add(&mut self, other: Self) {
        self.deleted += other.deleted;
        self.failed += other.failed;
        let room = FAILURES_MAX.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
    }
}

/// Deletes messages: tombstones, then files, then records with an entry each in the deletion log. Those that are not there
/// count for nothing. One that is on legal hold stops it before anything is deleted.
pub fn delete(store: &dyn MessageStore, ids: &[MessageId], now: Timestamp) -> Result<Deletion, StoreError> {
    delete_for(store, ids, DeletionReason::Request, now)
}

pub(super) fn delete_for(
    store: &dyn MessageStore,
    ids: &[MessageId],
    reason: DeletionReason,
    now: Timestamp,
) -> Result<Deletion, StoreError> {
    let entombed = store.entomb(ids, reason)?;
    super::checkpoint();
    finish(store, entombed, now)
}

/// Removes the files of tombstones, then the tombstones.
pub(super) fn finish(
    store: &dyn MessageStore,
    entombed: Vec<Remains>,
    now: Timestamp,
) -> Result<Deletion, StoreError> {
    let mut volumes = BTreeMap::new();
    let mut done = Deletion::default();
    let mut directories = BTreeMap::new();
    let mut removed = Vec::new();
    for Remains { id, volume, path, .. } in entombed {
        let gone = volume_of(store, &mut volumes, &volume).and_then(|volume| volume.remove(&path));
        super::checkpoint();
        match gone {
            Ok(directory) => {
                if let Some(directory) = directory {
                    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                    directories.insert((volume, parent.to_owned()), directory);
                }
                removed.push(id);
            }
            Err(error) => {
                done.add(Deletion { failed: 1, failures: vec![Failure { id, error }], ..Deletion::default() })
            }
        }
    }
    // A record must not go while a power cut could bring its file back.
    for ((_, path), directory) in &directories {
        fsync(directory).map_err(|error| StoreError::io(path, error))?;
    }
    super::checkpoint();
    store.bury(&removed, now)?;
    super::checkpoint();
    done.deleted = removed.len() as u64;
    Ok(done)
}

pub(super) fn volume_of<'a>(
    store: &dyn MessageStore,
    known: &'a mut BTreeMap<String, Volume>,
    name: &str,
) -> Result<&'a Volume, StoreError> {
    if !known.contains_key(name) {
        known.insert(name.to_owned(), store.volume(name)?);
    }
    Ok(&known[name])
}

/// How a sweep goes about it.
#[derive(Clone, Copy, Debug)]
pub struct SweepOptions {
    /// The time that deadlines are compared with.
    pub now: Timestamp,
    /// Only says what it would do.
    pub dry_run: bool,
    /// Messages deleted in one go.
    pub batch: usize,
    /// What it leaves to the recordings between two of them.
    pub pause: Duration,
}

impl SweepOptions {
    /// 200 messages, then 10 ms.
    pub const fn new(now: Timestamp) -> Self {
        Self { now, dry_run: false, batch: 200, pause: Duration::from_millis(10) }
    }
}

/// What a sweep did.
#[derive(Debug, Default)]
pub struct SweepReport {
    /// What was deleted, or would be.
    pub deletion: Deletion,
    /// Messages that stay.
    pub kept: u64,
    /// Of those deleted: tombstones that an earlier deletion had left.
    pub resumed: u64,
}

/// Deletes messages whose time is over, and finishes what earlier deletions had begun. Messages on legal hold stay.
pub fn sweep(store: &dyn MessageStore, options: &SweepOptions) -> Result<SweepReport, StoreError> {
    let SweepOptions { now, dry_run, batch, pause } = *options;
    let mut report = SweepReport::default();
    let mut last = None;
    loop {
        let tombstones = store.tombstones(last, batch)?;
        let Some(end) = tombstones.last() else { break };
        last = Some(end.id);
        report.resumed += tombstones.len() as u64;
        if dry_run {
            report.deletion.deleted += tombstones.len() as u64;
        } else {
            let done = finish(store, tombstones, now)?;
            report.resumed -= done.failed;
            report.deletion.add(done);
            thread::sleep(pause);
        }
    }
    let mut last = None;
    let mut would_go = 0;
    loop {
        let expired = store.expired(now, last, batch)?;
        if expired.ids.is_empty() {
            break;
        }
        last = expired.last;
        if dry_run {
            would_go += expired.ids.len() as u64;
        } else {
            report.deletion.add(delete_for(store, &expired.ids, DeletionReason::Expired, now)?);
            thread::sleep(pause);
        }
    }
    report.deletion.deleted += would_go;
    report.kept = store.kept()?.saturating_sub(would_go);
    Ok(report)
}
