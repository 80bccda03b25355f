//! `afterbeep_engine_event`.

use super::engine::afterbeep_engine;
use super::guard;
use super::memory::{is_sized, write_sized};
use super::session::afterbeep_session;
use super::status::afterbeep_status;
use crate::engine::{EngineEvent, MessageEventKind, OpenError, SessionHandle};
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// What an engine's event tells. Numbers are never reused; skip those that you do not know.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_engine_event_type {
    /// The message is finished: ask for its result by afterbeep_session_result().
    FINISHED = 1,
    /// The session told something: take it by afterbeep_session_poll_event() until there is none.
    SESSION_EVENTS = 2,
    /// An operation on the session's file has not returned for writer_stall_ms. Other sessions go on with a spare
    /// writer; those of the same file system with one of their own.
    WRITER_STALLED = 3,
    /// As many writers as may be are stalled in the file system of this session: its sessions wait, and no more are
    /// opened there.
    FILE_SYSTEM_STALLED = 4,
    /// The operation on the session's file that had stalled has returned.
    WRITER_RETURNED = 5,
    /// The file system of this session has no room for what its sessions are about to write, or the quota is used up.
    /// They hold what they have for full_hold_ms, and go on when there is room again.
    DISK_FULL = 6,
    /// There is room again on the file system of this session.
    DISK_RESUMED = 7,
    /// The session's file cannot be written, or not be given its name: the message ends with what was written.
    WRITE_FAILED = 8,
    /// The session's file, or the file system that it is on, could not be synced. What was written since the last sync
    /// that succeeded may be lost though no power fails; the results of the messages concerned say so.
    SYNC_FAILED = 9,
    /// A message was left: its record is kept in the store, its file finished.
    MESSAGE_COMPLETED = 10,
    /// A message was allocated to an agent after that.
    MESSAGE_ALLOCATED = 11,
    /// A message is gone, file and record.
    MESSAGE_DELETED = 12,
    /// A call left nothing: message_id is the one that its message would have had.
    MESSAGE_ABSENT = 13,
}

/// What an engine tells: it names a session, whose own calls say what happened, or a message. The size of this struct is
/// part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_engine_event {
    /// The size that the caller gave; in a callback, the library's.
    pub struct_size: u32,
    /// What it tells: afterbeep_engine_event_type.
    pub event_type: u32,
    /// The session that it is about; {0} where it is about a message.
    pub session: afterbeep_session,
    /// The message that it is about, the 16 bytes of its UUID in their written order; 0 where it is about a session.
    pub message_id: [u8; 16],
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_engine_event>();

impl afterbeep_engine_event {
    fn new(event: EngineEvent, struct_size: usize) -> Self {
        use afterbeep_engine_event_type as Type;
        let (event_type, session, message_id) = match event {
            EngineEvent::Finished(session) => (Type::FINISHED, Some(session), [0; 16]),
            EngineEvent::SessionEvents(session) => (Type::SESSION_EVENTS, Some(session), [0; 16]),
            EngineEvent::WriterStalled(session) => (Type::WRITER_STALLED, Some(session), [0; 16]),
            EngineEvent::FileSystemStalled(session) => (Type::FILE_SYSTEM_STALLED, Some(session), [0; 16]),
            EngineEvent::WriterReturned(session) => (Type::WRITER_RETURNED, Some(session), [0; 16]),
            EngineEvent::DiskFull(session) => (Type::DISK_FULL, Some(session), [0; 16]),
            EngineEvent::DiskResumed(session) => (Type::DISK_RESUMED, Some(session), [0; 16]),
            EngineEvent::WriteFailed(session) => (Type::WRITE_FAILED, Some(session), [0; 16]),
            EngineEvent::SyncFailed(session) => (Type::SYNC_FAILED, Some(session), [0; 16]),
            EngineEvent::Message { kind, id } => (message_type(kind), None, id),
        };
        Self {
            struct_size: struct_size as u32,
            event_type: event_type as u32,
            session: afterbeep_session { value: session.map_or(0, SessionHandle::to_bits) },
            message_id,
        }
    }
}

const fn message_type(kind: MessageEventKind) -> afterbeep_engine_event_type {
    match kind {
        MessageEventKind::Completed => afterbeep_engine_event_type::MESSAGE_COMPLETED,
        MessageEventKind::Allocated => afterbeep_engine_event_type::MESSAGE_ALLOCATED,
        MessageEventKind::Deleted => afterbeep_engine_event_type::MESSAGE_DELETED,
        MessageEventKind::Absent => afterbeep_engine_event_type::MESSAGE_ABSENT,
    }
}

/// Takes the oldest event that awaits, sessions before messages. Polling is for one's own loop; see also afterbeep_engine_event_fd().
///
/// @param engine       not NULL.
/// @param out_event    out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_engine_event) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NONE              none awaits.
/// @retval AFTERBEEP_STATUS_OVERRUN           told once: later events were lost, because more than two a session of
///                                            max_sessions awaited, or one of messages. What they told can be asked
///                                            of the sessions, or of the store.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is less than in 0.1.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
/// Thread: [any]; takes no lock.  Since: 0.1.
///
/// # Safety
/// `engine` is NULL or valid; `out_event` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_poll_event(
    engine: *const afterbeep_engine,
    out_event: *mut afterbeep_engine_event,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all of it.
    unsafe { take(engine, Duration::ZERO, out_event, struct_size) }
}

/// Takes the oldest event, or waits for one. Several threads may wait.
///
/// @param engine       not NULL.
/// @param timeout_ms   how long to wait at most.
/// @param out_event    out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_engine_event) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NONE  none came in time.
/// @retval otherwise as afterbeep_engine_poll_event().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// As for afterbeep_engine_poll_event().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_wait_event(
    engine: *const afterbeep_engine,
    timeout_ms: u32,
    out_event: *mut afterbeep_engine_event,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all of it.
    unsafe { take(engine, Duration::from_millis(timeout_ms.into()), out_event, struct_size) }
}

/// # Safety
/// As for [`afterbeep_engine_poll_event`].
unsafe fn take(
    engine: *const afterbeep_engine,
    timeout: Duration,
    out_event: *mut afterbeep_engine_event,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // Before an event is taken, so that none is lost by mistake.
        if out_event.is_null() || !is_sized(struct_size, OLDEST) {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        // SAFETY: the caller vouches for it.
        let engine = unsafe { afterbeep_engine::open(engine) }?;
        let event = if timeout.is_zero() { engine.poll_event() } else { engine.wait_event(timeout) }?;
        let event = afterbeep_engine_event::new(event.ok_or(afterbeep_status::NONE)?, struct_size);
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(out_event, struct_size, OLDEST, &event) }
    })
}

/// A descriptor that is readable while events await, for the host's own poll loop (POLLIN): then
/// afterbeep_engine_poll_event() until there is none. Do not read or close it; it is closed with the engine.
///
/// @param engine  not NULL.
/// @param out_fd  out, not NULL; -1 on failure.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_event_fd(
    engine: *const afterbeep_engine,
    out_fd: *mut c_int,
) -> afterbeep_status {
    guard(|| {
        if out_fd.is_null() {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        // SAFETY: the caller vouches for both.
        unsafe {
            out_fd.write(-1);
            out_fd.write(afterbeep_engine::open(engine)?.event_descriptor().as_raw_fd());
        }
        Ok(())
    })
}

/// A host's function that events are told by, on a thread of the library's own: it may block and use sessions; it must
/// not close or destroy the engine. The event is borrowed for the call.
pub type afterbeep_event_callback =
    Option<unsafe extern "C" fn(event: *const afterbeep_engine_event, user_data: *mut c_void)>;

/// What the host gave with its function.
struct UserData(*mut c_void);

// SAFETY: the pointer is only handed back, to a function that the host declared fit for another thread.
unsafe impl Send for UserData {}

impl UserData {
    const fn pointer(&self) -> *mut c_void {
        self.0
    }
}

/// Has events told by calls from a library thread, from now on until the engine is closed. An engine takes one callback.
///
/// @param engine     not NULL.
/// @param callback   not NULL.
/// @param user_data  given to each call; any value.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine or callback is NULL.
/// @retval AFTERBEEP_STATUS_BUSY              the engine has a callback already.
/// @retval AFTERBEEP_STATUS_IO                the thread could not be started.
/// @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `engine` is NULL or valid; `callback` may be called from another thread, with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_set_event_callback(
    engine: *const afterbeep_engine,
    callback: afterbeep_event_callback,
    user_data: *mut c_void,
) -> afterbeep_status {
    guard(|| {
        let callback = callback.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        let user_data = UserData(user_data);
        // SAFETY: the caller vouches for it.
        let engine = unsafe { afterbeep_engine::open(engine) }?;
        let tell = move |event| {
            let event = afterbeep_engine_event::new(event, size_of::<afterbeep_engine_event>());
            // SAFETY: the host vouches for its function.
            unsafe { callback(&raw const event, user_data.pointer()) };
        };
        engine.on_event(tell).map_err(|error| match error {
            OpenError::Forked => afterbeep_status::FORKED,
            OpenError::CallbackSet => afterbeep_status::BUSY,
            _ => afterbeep_status::IO,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_named_by_its_id() {
        let id = std::array::from_fn(|index| index as u8 + 1);
        let kinds = [
            (MessageEventKind::Completed, 10),
            (MessageEventKind::Allocated, 11),
            (MessageEventKind::Deleted, 12),
            (MessageEventKind::Absent, 13),
        ];
        for (kind, number) in kinds {
            let told = afterbeep_engine_event::new(EngineEvent::Message { kind, id }, OLDEST);
            assert_eq!((told.event_type, told.session.value, told.message_id), (number, 0, id));
        }
        let session = SessionHandle::from_bits(9);
        let told = afterbeep_engine_event::new(EngineEvent::SyncFailed(session), OLDEST);
        assert_eq!((told.event_type, told.session.value, told.message_id), (9, 9, [0; 16]));
    }
}
