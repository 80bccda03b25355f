//! What happens to a message of an `afterbeep_store` after its recording.

use super::error::afterbeep_error;
use super::memory::object;
use super::message::{afterbeep_message_status, afterbeep_query, read_query, status_of};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, invalid, message_id, optional, run, switch};
use crate::store::{CsvExport, MessageRecord, MessageStore, StoreError, delete};
use jiff::Timestamp;
use rustix::io::fcntl_dupfd_cloexec;
use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::ptr;

/// A host's function that is told each entry of a message's history, on the caller's thread: the status and the agent since
/// that time, in milliseconds since 1970 (UTC), and who changed it. Agent and actor may be NULL; texts are borrowed for the call.
pub type afterbeep_history_callback = Option<
    unsafe extern "C" fn(
        at_ms: i64,
        status: u32,
        agent: *const c_char,
        actor: *const c_char,
        user_data: *mut c_void,
    ),
>;

/// Gives a message to an agent who is known, from any status but processed.
///
/// @param store  not NULL.
/// @param id     the message; not NULL.
/// @param agent  not NULL.
/// @param actor  who does so, for the history; may be NULL.
/// @param error  out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or id is no message's.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such message, or agent.
/// @retval AFTERBEEP_STATUS_TRANSITION        it is processed.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_allocate(
    store: *const afterbeep_store,
    id: *const c_char,
    agent: *const c_char,
    actor: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            Ok(store.allocate(id, given("agent", agent)?, optional("actor", actor)?, Timestamp::now())?)
        })
    }
}

/// Changes a message's status to one that may follow.
///
/// @param store   not NULL.
/// @param id      the message; not NULL.
/// @param status  afterbeep_message_status.
/// @param actor   who does so, for the history; may be NULL.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_TRANSITION  it cannot become that; the error says what it can.
/// @retval otherwise as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_set_status(
    store: *const afterbeep_store,
    id: *const c_char,
    status: u32,
    actor: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            Ok(store.set_status(id, status_of(status)?, optional("actor", actor)?, Timestamp::now())?)
        })
    }
}

/// Sets a value of a message's data, or takes it away.
///
/// @param store  not NULL.
/// @param id     the message; not NULL.
/// @param key    not NULL.
/// @param value  NULL takes it away.
/// @param error  out; why it failed; written on failure only. May be NULL.
/// @retval as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_set_data(
    store: *const afterbeep_store,
    id: *const c_char,
    key: *const c_char,
    value: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            Ok(store.set_data(id, given("key", key)?, optional("value", value)?)?)
        })
    }
}

/// Sets or releases the legal hold of a message: nothing deletes one that is on hold.
///
/// @param store  not NULL.
/// @param id     the message; not NULL.
/// @param hold   1 sets it, 0 releases it.
/// @param actor  who does so, for the access log; may be NULL.
/// @param error  out; why it failed; written on failure only. May be NULL.
/// @retval as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_set_hold(
    store: *const afterbeep_store,
    id: *const c_char,
    hold: u32,
    actor: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            Ok(store.set_hold(id, switch("hold", hold)?, optional("actor", actor)?, Timestamp::now())?)
        })
    }
}

/// Tells how a message's status came about, the oldest first.
///
/// @param store      not NULL.
/// @param id         the message; not NULL.
/// @param callback   called for each entry; not NULL.
/// @param user_data  for the callback.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @retval as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `callback` may be called with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_history(
    store: *const afterbeep_store,
    id: *const c_char,
    callback: afterbeep_history_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let callback = callback.ok_or_else(|| invalid("callback", "a function"))?;
            for entry in afterbeep_store::open(store)?.history(message_id(id)?)? {
                let (agent, actor) = (entry.agent.as_deref().map(c_text), entry.actor.as_deref().map(c_text));
                let status = afterbeep_message_status::from(entry.status) as u32;
                let pointer = |text: &Option<std::ffi::CString>| {
                    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
                };
                callback(entry.at.as_millisecond(), status, pointer(&agent), pointer(&actor), user_data);
            }
            Ok(())
        })
    }
}

/// Opens the recording of a message for reading, through its volume, and notes that in the access log.
///
/// @param store   not NULL.
/// @param id      the message; not NULL.
/// @param actor   who listens, for the access log; may be NULL.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @param out_fd  out, not NULL; a file descriptor, the caller's to close(); -1 on failure.
/// @retval AFTERBEEP_STATUS_IO  the file cannot be opened; the error has the number.
/// @retval otherwise as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_open_audio(
    store: *const afterbeep_store,
    id: *const c_char,
    actor: *const c_char,
    error: *mut afterbeep_error,
    out_fd: *mut c_int,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let out_fd = object(out_fd)?;
            *out_fd = -1;
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            let actor = optional("actor", actor)?;
            let draft = store.get(id)?.draft;
            let file = store.volume(&draft.volume)?.open(&draft.path)?;
            // Before the first byte: nobody hears what is not logged.
            store.log_access(id, actor, Timestamp::now())?;
            *out_fd = file.into_raw_fd();
            Ok(())
        })
    }
}

/// Writes the messages of a list, all of them, to a file descriptor: CSV with a head line, or a JSON object a line.
///
/// @param store      not NULL.
/// @param query      in, not NULL; its limit is what is read at once.
/// @param json       1 for JSON, 0 for CSV.
/// @param fd         open for writing; it stays the caller's, and open.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @param out_count  out; how many were written. May be NULL.
/// @retval AFTERBEEP_STATUS_IO  the file cannot be written; the error has the number.
/// @retval otherwise as afterbeep_store_list().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_export(
    store: *const afterbeep_store,
    query: *const afterbeep_query,
    json: u32,
    fd: c_int,
    error: *mut afterbeep_error,
    out_count: *mut u64,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let store = afterbeep_store::open(store)?;
            let (query, after, limit) = read_query(query)?;
            if fd < 0 {
                return Err(invalid("fd", "an open file descriptor"));
            }
            let own = fcntl_dupfd_cloexec(BorrowedFd::borrow_raw(fd), 0);
            let own = own.map_err(|error| failed(error.into()))?;
            let mut out = BufWriter::new(File::from(own));
            let each = |work: &mut dyn FnMut(&MessageRecord) -> io::Result<()>| {
                let (mut after, mut count) = (after, 0);
                loop {
                    let page = store.list(&query, after, limit)?;
                    page.messages.iter().try_for_each(&mut *work).map_err(failed)?;
                    count += page.messages.len() as u64;
                    after = page.next;
                    if after.is_none() {
                        return Ok::<_, StoreError>(count);
                    }
                }
            };
            let count = if switch("json", json)? {
                let count = each(&mut |message| {
                    serde_json::to_writer(&mut out, message)?;
                    out.write_all(b"\n")
                })?;
                out.flush().map_err(failed)?;
                count
            } else {
                let mut csv = CsvExport::new(out);
                let count = each(&mut |message| csv.write(message))?;
                csv.finish().map_err(failed)?;
                count
            };
            if let Some(out_count) = out_count.as_mut() {
                *out_count = count;
            }
            Ok(())
        })
    }
}

fn failed(cause: io::Error) -> StoreError {
    StoreError::Io { path: "the export".into(), cause }
}

/// Deletes a message, file and record, with an entry in the deletion log.
///
/// @param store  not NULL.
/// @param id     the message; not NULL.
/// @param error  out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_HELD  it is on legal hold.
/// @retval AFTERBEEP_STATUS_IO    its file cannot be removed: it is in no list any more, and each sweep tries again.
/// @retval otherwise as afterbeep_store_allocate().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_delete(
    store: *const afterbeep_store,
    id: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, id) = (afterbeep_store::open(store)?, message_id(id)?);
            let done = delete(&**store, &[id], Timestamp::now())?;
            match done.failures.into_iter().next() {
                Some(failure) => Err(failure.error.into()),
                None if done.deleted == 0 => Err(StoreError::UnknownMessage(id).into()),
                None => Ok(()),
            }
        })
    }
}
