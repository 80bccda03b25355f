//! What a crash has left.

use super::deletion::{Failure, volume_of};
use super::journal;
use super::message_store::Remains;
use super::volume::{Found, Volume};
use super::{Applied, Completion, Draft, LossSummary, MessageId, MessageStore, StoreError};
use crate::session::EndReason;
use crate::wav::{Metadata, WavReader};
use jiff::{SignedDuration, Timestamp};
use rustix::fs::fsync;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;

/// What a crash had left, and what became of it.
#[derive(Debug, Default)]
pub struct RecoverReport {
    /// Records that were completed from their files.
    pub adopted: u64,
    /// Records without a file, which were removed.
    pub forgotten: u64,
    /// Records whose process lives: they were left alone.
    pub alive: u64,
    /// Files that have to be repaired first, by volume and relative path: `NAME.part`.
    pub to_repair: Vec<(String, String)>,
    /// Those that could not be dealt with.
    pub failures: Vec<Failure>,
}

/// Puts records and files in order after a crash: writes what a dead recorder's journal holds, completes records whose
/// files are whole, and removes those that have none. Repair files first; run it as often as you like.
pub fn recover(store: &dyn MessageStore, now: Timestamp) -> Result<RecoverReport, StoreError> {
    journal::replay_dead(store)?;
    let mut report = RecoverReport::default();
    let mut volumes = BTreeMap::new();
    let mut alive = BTreeMap::new();
    for remains in store.recording()? {
        let lives = remains.owner.clone().is_some_and(|owner| {
            *alive.entry(owner).or_insert_with_key(|owner| journal::is_alive(&store.journals(), owner))
        });
        if lives {
            report.alive += 1;
            continue;
        }
        let found =
            volume_of(store, &mut volumes, &remains.volume).and_then(|volume| volume.find(&remains.path));
        let done = match found {
            Ok(Found::Nothing) => store.forget(remains.id, now).map(|()| report.forgotten += 1),
            // A crash between the file's creation and its header: there is nothing to repair.
            Ok(Found::Part) if is_empty_part(store, &mut volumes, &remains) => {
                volume_of(store, &mut volumes, &remains.volume)
                    .and_then(|volume| volume.remove(&remains.path))
                    // The record must not go while a power cut could bring the part back.
                    .and_then(|directory| match directory {
                        Some(directory) => {
                            fsync(directory).map_err(|error| StoreError::io(&remains.path, error))
                        }
                        None => Ok(()),
                    })
                    .and_then(|()| store.forget(remains.id, now))
                    .map(|()| report.forgotten += 1)
            }
            Ok(Found::Part) => {
                report.to_repair.push((remains.volume, format!("{}.part", remains.path)));
                Ok(())
            }
            Ok(Found::Finished(file)) => {
                complete_from(store, remains.id, &remains.path, file).map(|()| report.adopted += 1)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            if error.is_unavailable() && !matches!(error, StoreError::Io { .. }) {
                return Err(error);
            }
            report.failures.push(Failure { id: remains.id, error });
        }
    }
    Ok(report)
}

fn is_empty_part(
    store: &dyn MessageStore,
    volumes: &mut BTreeMap<String, Volume>,
    remains: &Remains,
) -> bool {
    let part = volume_of(store, volumes, &remains.volume)
        .and_then(|volume| volume.open(&format!("{}.part", remains.path)));
    part.is_ok_and(|file| file.metadata().is_ok_and(|facts| facts.len() == 0))
}

fn complete_from(store: &dyn MessageStore, id: MessageId, path: &str, file: File) -> Result<(), StoreError> {
    let record = store.get(id)?;
    let (completion, _) = measure(path, file)?;
    store.adopt(&record.draft, &completion).map(drop)
}

/// What a finished file says about itself. Why it ended is not known: that is `error`, and not `complete`.
fn measure(path: &str, file: File) -> Result<(Completion, Metadata), StoreError> {
    let failed = |cause| StoreError::io(path, cause);
    let facts = file.metadata().map_err(failed)?;
    let modified = facts.modified().map_err(failed)?;
    let mut reader = WavReader::new(file).map_err(|error| failed(io::Error::other(error)))?;
    let mut samples = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer).map_err(failed)? {
            0 => break,
            read => samples += read as u64,
        }
    }
    let completion = Completion {
        ended_at: Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH),
        duration_ms: samples * 1_000 / u64::from(reader.sample_rate().hz()),
        spoken_ms: None,
        end_reason: EndReason::Error,
        end_digit: None,
        tone: None,
        loss: LossSummary::default(),
        complete: false,
        bytes: facts.len(),
        path: None,
    };
    Ok((completion, reader.metadata().clone()))
}

/// Makes the record of a finished file: completes the one that its recording had begun, or makes one from what the
/// file says about itself, for the tenant in whose directory it is. Adopting a file twice makes one record.
///
/// Not for files that have a record, or are to have none: [`recover`] knows which those are.
pub fn adopt(store: &dyn MessageStore, volume: &str, path: &str) -> Result<MessageId, StoreError> {
    let file = store.volume(volume)?.open(path)?;
    if let Some(begun) = store.recording_at(volume, path)? {
        complete_from(store, begun.id, path, file)?;
        return Ok(begun.id);
    }
    let tenants = store.tenants()?;
    let mut within = tenants.iter().filter(|tenant| {
        tenant.volume == volume && path.strip_prefix(&*tenant.root).is_some_and(|rest| rest.starts_with('/'))
    });
    let tenant = within.next().ok_or_else(|| StoreError::UnknownTenant(path.to_owned()))?;
    let (completion, metadata) = measure(path, file)?;
    let said = metadata.start_time.and_then(|time| time.parse().ok());
    let started_at = said.unwrap_or_else(|| {
        let duration = SignedDuration::from_millis(completion.duration_ms.cast_signed());
        completion.ended_at.checked_sub(duration).unwrap_or(completion.ended_at)
    });
    let draft = Draft {
        id: id_of(volume, path),
        node_name: metadata.node_name,
        caller: metadata.caller,
        ..Draft::new(&tenant.id, started_at, volume, path)
    };
    match store.adopt(&draft, &completion)? {
        Applied::Refused => Err(StoreError::UnknownTenant(tenant.id.clone())),
        _ => Ok(draft.id),
    }
}

/// An id that a file has for ever: a UUID of version 8.
fn id_of(volume: &str, path: &str) -> MessageId {
    let digest: [u8; 32] = Sha256::digest(format!("{volume}\0{path}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    MessageId::from_bytes(bytes)
}
