//! `afterbeep_engine`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{copy_text, hand_over, object, read_sized, take_back, text, write_sized};
use super::status::afterbeep_status;
use crate::engine::{Durability, Engine, EngineConfig};
use std::ffi::c_char;
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::ptr;
use std::time::Duration;

/// How an engine works. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_engine_config {
    /// sizeof(afterbeep_engine_config), set by afterbeep_engine_config_init().
    pub struct_size: u32,
    /// Threads that write files, [1, 64]; 1 by default.
    pub writer_threads: u32,
    /// Sessions open at once, [1, 65536]; 10000 by default.
    pub max_sessions: u32,
    /// How often a writer looks after its sessions, in milliseconds, [1, 1000], at most half of ring_ms; 20 by
    /// default.
    pub poll_interval_ms: u32,
    /// Audio that is worth a write, in milliseconds, [20, 60000], at most half of ring_ms; 900 by default.
    pub batch_ms: u32,
    /// Audio that a session's ring holds, in milliseconds, [100, 600000]; 2000 by default.
    pub ring_ms: u32,
    /// How long a host may deliver no audio, neither frames nor losses, before the session ends as
    /// AFTERBEEP_END_REASON_MEDIA_TIMEOUT, in milliseconds of wall time, 0 for ever, or [100, 3600000]; 60000 by
    /// default.
    pub media_timeout_ms: u32,
    /// How long audio may await a write, in milliseconds of wall time, [20, 60000]; 900 by default. What a killed
    /// process loses of each message is at most this and one poll interval.
    pub batch_age_ms: u32,
    /// How long a writer may take for one file before a spare one takes its place, in milliseconds, [100, 60000];
    /// 750 by default: with the default ring and batch the other sessions then lose nothing.
    pub writer_stall_ms: u32,
    /// How many writers may be stalled in one file system, each in a file of its own, before it is declared
    /// stalled, [1, 64]; 4 by default. Its sessions then wait, and no more are opened there.
    pub spare_writers: u32,
    /// Free space below which no session is opened on a file system, in KiB; 16 by default.
    pub min_free_kib: u32,
    /// What messages survive, where their session does not say: afterbeep_durability; AFTERBEEP_DURABILITY_INTERVAL by
    /// default.
    pub durability: u32,
    /// How often a file system is synced, in milliseconds, [100, 60000]; 1000 by default. What a power cut costs of a
    /// message that is being recorded is at most this, batch_age_ms, a poll interval and the time that the sync takes.
    pub sync_interval_ms: u32,
    /// Room that a file reserves ahead of its audio, in KiB, [0, 65536]; 256 by default, 16 s of 16-bit PCM at 8 kHz. Never
    /// beyond the message's maximum duration, nor more at once than a 64th of what is free; what is not used is given
    /// back.
    pub preallocate_kib: u32,
    /// How long a session waits for room where the disk is full, in milliseconds, [0, 3600000]; 5000 by default. Then it
    /// ends as AFTERBEEP_END_REASON_DISK_FULL.
    pub full_hold_ms: u32,
    /// Zero.
    pub reserved: u32,
    /// A directory whose interrupted recordings are repaired before the engine starts, and those beneath it, as by
    /// afterbeep_repair(); afterbeep_engine_statistics() counts them. NULL (default) for none. Borrowed for the call.
    pub repair_directory: *const c_char,
}

/// Opens sessions and writes their files.
///
/// Methods: afterbeep_engine_create(), _poll_event(), _wait_event(), _event_fd(), _set_event_callback(), _statistics(),
/// _prometheus(), _close(), _unfinished_path(), _destroy(); afterbeep_session_open().
#[derive(Debug)]
pub struct afterbeep_engine {
    /// `None` once it is closed.
    engine: Option<Engine>,
    /// Files of messages that closing left unfinished.
    unfinished: Vec<PathBuf>,
}

impl afterbeep_engine {
    /// The engine behind a pointer, unless it was closed.
    ///
    /// # Safety
    /// `engine` is NULL, or came from afterbeep_engine_create(), and neither closes nor goes away during `'a`.
    pub(super) unsafe fn open<'a>(engine: *const Self) -> Result<&'a Engine, afterbeep_status> {
        // SAFETY: the caller vouches for it.
        let engine = unsafe { engine.as_ref() }.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        engine.engine.as_ref().ok_or(afterbeep_status::CLOSED)
    }
}

/// The struct of 0.1, which the oldest caller may have.
const CONFIG_OLDEST: usize = size_of::<afterbeep_engine_config>();

impl Default for afterbeep_engine_config {
    fn default() -> Self {
        let config = EngineConfig::default();
        Self {
            struct_size: size_of::<Self>() as u32,
            writer_threads: config.writer_threads,
            max_sessions: config.max_sessions,
            poll_interval_ms: config.poll_interval_ms,
            batch_ms: config.batch_ms,
            ring_ms: config.ring_ms,
            media_timeout_ms: config.media_timeout_ms,
            batch_age_ms: config.batch_age_ms,
            writer_stall_ms: config.writer_stall_ms,
            spare_writers: config.spare_writers,
            min_free_kib: config.min_free_kib,
            durability: config.durability as u32,
            sync_interval_ms: config.sync_interval_ms,
            preallocate_kib: config.preallocate_kib,
            full_hold_ms: config.full_hold_ms,
            reserved: 0,
            repair_directory: ptr::null(),
        }
    }
}

/// Fills *config with the defaults.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_engine_config) as the caller was compiled; no byte past it is
///                     written.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_config_init(
    config: *mut afterbeep_engine_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults = afterbeep_engine_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, CONFIG_OLDEST, &defaults) }
    })
}

/// Starts an engine and its writer threads.
///
/// @param config      in; NULL for the defaults. Copied.
/// @param error       out; why it failed; written on failure only. May be NULL.
/// @param out_engine  out, not NULL; NULL on failure. Destroy it with afterbeep_engine_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_engine is NULL, struct_size is wrong, durability is no level, or
///                                            reserved is not 0.
/// @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
/// @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION  repair_directory cannot be repaired.
/// @retval AFTERBEEP_STATUS_DESCRIPTORS       no file descriptor is left.
/// @retval AFTERBEEP_STATUS_FORKED            the process is a fork of one that had used the library.
/// @retval AFTERBEEP_STATUS_IO                a thread could not be started.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_create(
    config: *const afterbeep_engine_config,
    error: *mut afterbeep_error,
    out_engine: *mut *mut afterbeep_engine,
) -> afterbeep_status {
    guard(|| {
        if out_engine.is_null() {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        // SAFETY: it is not NULL, so it is valid.
        unsafe { out_engine.write(ptr::null_mut()) };
        let mut fields = afterbeep_engine_config::default();
        if !config.is_null() {
            // SAFETY: the caller vouches for it.
            fields = unsafe { read_sized(config, CONFIG_OLDEST, fields) }?;
        }
        if fields.reserved != 0 {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let durability = Durability::from_number(fields.durability).ok_or_else(|| {
            let takes = "durability takes an afterbeep_durability";
            // SAFETY: the caller vouches for it.
            unsafe { Failure::field(afterbeep_status::INVALID_ARGUMENT, "durability", takes).tell(error) }
        })?;
        // SAFETY: the caller vouches for the text.
        let repair_directory = unsafe { text(fields.repair_directory) }?.map(PathBuf::from);
        let config = EngineConfig {
            writer_threads: fields.writer_threads,
            max_sessions: fields.max_sessions,
            poll_interval_ms: fields.poll_interval_ms,
            batch_ms: fields.batch_ms,
            ring_ms: fields.ring_ms,
            media_timeout_ms: fields.media_timeout_ms,
            batch_age_ms: fields.batch_age_ms,
            writer_stall_ms: fields.writer_stall_ms,
            spare_writers: fields.spare_writers,
            min_free_kib: fields.min_free_kib,
            durability,
            sync_interval_ms: fields.sync_interval_ms,
            preallocate_kib: fields.preallocate_kib,
            full_hold_ms: fields.full_hold_ms,
            repair_directory,
        };
        // SAFETY: the caller vouches for both pointers.
        unsafe {
            let engine = Engine::new(&config).map_err(|cause| Failure::from(cause).tell(error))?;
            hand_over(out_engine, afterbeep_engine { engine: Some(engine), unfinished: Vec::new() })
        }
    })
}

/// Stops every session and waits until all messages are finished, and those synced that are to be. Handles of its sessions stay safe to use: they answer
/// AFTERBEEP_STATUS_STALE. Afterwards the engine can only be destroyed.
///
/// What is not finished in time, the library's threads finish when the disk lets them, as long as the process lives; each
/// file is valid up to its last batch in any case.
///
/// @param engine          not NULL.
/// @param timeout_ms      how long to wait at most.
/// @param out_unfinished  out; how many messages are not finished; afterbeep_engine_unfinished_path() tells where they
///                        are. May be NULL.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      some are not finished, or none, but a file system is not synced. The engine
///                                            is closed all the same.
/// @retval AFTERBEEP_STATUS_BUSY              a call of the event callback has not returned. The engine is closed all the
///                                            same; what the callback uses has to stay. *out_unfinished tells the rest.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
/// @retval AFTERBEEP_STATUS_CLOSED            it was closed before.
/// Thread: [control]; blocks. No other call with this engine may be under way.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_close(
    engine: *mut afterbeep_engine,
    timeout_ms: u32,
    out_unfinished: *mut usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let closed = unsafe { object(engine) }?;
        let engine = closed.engine.take().ok_or(afterbeep_status::CLOSED)?;
        let report = engine.close(Duration::from_millis(timeout_ms.into()));
        closed.unfinished = report.unfinished.into_iter().map(|message| message.part).collect();
        if !out_unfinished.is_null() {
            // SAFETY: the caller vouches for it.
            unsafe { out_unfinished.write(closed.unfinished.len()) };
        }
        match report.callback_returned {
            false => Err(afterbeep_status::BUSY),
            true if !closed.unfinished.is_empty() || !report.synced => Err(afterbeep_status::NOT_FINISHED),
            true => Ok(()),
        }
    })
}

/// Where a message is that closing left unfinished.
///
/// @param engine   not NULL; closed.
/// @param index    below what afterbeep_engine_close() told.
/// @param buffer   out; the path, NUL-terminated.
/// @param size     room in the buffer.
/// @param out_len  out; the path's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_NONE              there is no such message.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the path and its NUL do not fit; *out_len is set.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `engine` is NULL or valid; `buffer` is NULL or has room for `size` bytes; `out_len` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_unfinished_path(
    engine: *const afterbeep_engine,
    index: usize,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for all of it.
        unsafe {
            let engine = engine.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
            let path = engine.unfinished.get(index).ok_or(afterbeep_status::NONE)?;
            copy_text(path.as_os_str().as_bytes(), buffer, size, out_len)
        }
    })
}

/// Frees the engine. One that was not closed is closed first, with 10 s for its messages and for a call of the event
/// callback that is under way; a host whose callback may take longer closes first, and learns of it.
///
/// @param engine  NULL does nothing.
/// Thread: [control]; blocks. No other call with this engine may be under way.  Since: 0.1.
///
/// # Safety
/// `engine` is NULL, or came from afterbeep_engine_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_engine_destroy(engine: *mut afterbeep_engine) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(engine) };
        Ok(())
    });
}
