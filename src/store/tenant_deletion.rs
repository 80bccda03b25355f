//! A tenant goes, with everything.

use super::deletion::{Failure, delete_for, finish};
use super::message_store::DeletionReason;
use super::{MessageStore, StoreError, journal, recover};
use jiff::Timestamp;

/// What a tenant's deletion did, this time.
#[derive(Debug, Default)]
pub struct TenantDeletion {
    /// Messages that were deleted, file and record.
    pub messages: u64,
    /// Files without a record that were deleted.
    pub other_files: u64,
    /// Records that are left: 0.
    pub remaining_records: u64,
    /// Whether the tenant's directory is left: no.
    pub directory_remains: bool,
}

/// Deletes a tenant: every message, every other file in the tenant's directory, the agents, the tenant. Takes nothing new
/// from its beginning on; after a crash, another call goes on. Refused while messages are being recorded or on legal hold.
pub fn delete_tenant(
    store: &dyn MessageStore,
    id: &str,
    now: Timestamp,
) -> Result<TenantDeletion, StoreError> {
    let held = store.census(id)?.held;
    if held > 0 {
        return Err(StoreError::TenantHeld { tenant: id.to_owned(), count: held });
    }
    store.close_tenant(id)?;
    super::checkpoint();
    let tenant = store.tenant(id)?;
    let volume = store.volume(&tenant.volume)?;
    recover(store, now)?;
    let mut report = TenantDeletion::default();
    let mut recording = 0;
    for remains in store.recording()?.into_iter().filter(|remains| remains.tenant == id) {
        if remains.owner.as_ref().is_some_and(|owner| journal::is_alive(&store.journals(), owner)) {
            recording += 1;
            continue;
        }
        // A part that nobody records any more.
        store.volume(&remains.volume)?.remove(&remains.path)?;
        store.forget(remains.id, now)?;
    }
    if recording > 0 {
        return Err(StoreError::TenantRecording { tenant: id.to_owned(), count: recording });
    }
    loop {
        let ids = store.messages_of(id, 500)?;
        if ids.is_empty() {
            break;
        }
        let done = delete_for(store, &ids, DeletionReason::Tenant, now)?;
        // Somebody has put those that are left on hold meanwhile.
        if done.deleted + done.failed == 0 {
            let held = store.census(id)?.held;
            return Err(StoreError::TenantHeld { tenant: id.to_owned(), count: held });
        }
        report.messages += done.deleted;
    }
    let mut last = None;
    loop {
        let tombstones = store.tombstones(last, 500)?;
        let Some(end) = tombstones.last() else { break };
        last = Some(end.id);
        let own = tombstones.into_iter().filter(|tombstone| tombstone.tenant == id).collect();
        let done = finish(store, own, now)?;
        report.messages += done.deleted;
        if let Some(Failure { error, .. }) = done.failures.into_iter().next() {
            return Err(error);
        }
    }
    report.other_files = volume.remove_tree(&tenant.root)?;
    super::checkpoint();
    report.remaining_records = store.census(id)?.records;
    report.directory_remains = volume.has(&tenant.root);
    store.remove_tenant(id, now)?;
    Ok(report)
}
