//! `afterbeep_engine`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{hand_over, read_sized, take_back, write_sized};
use super::status::afterbeep_status;
use crate::engine::{Engine, EngineConfig};
use std::mem::size_of;
use std::ptr;

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
    /// How often a writer looks after its sessions, in milliseconds, [1, 1000]; 20 by default.
    pub poll_interval_ms: u32,
    /// Audio that may await a write, in milliseconds, [20, 60000], at most half of ring_ms; 900
    /// by default. What a killed process loses of each message is at most this and one poll interval.
    pub batch_ms: u32,
    /// Audio that a session's ring holds, in milliseconds, [100, 600000]; 2000 by default.
    pub ring_ms: u32,
    /// How long a host may deliver no audio, neither frames nor losses, before the session ends as
    /// AFTERBEEP_END_REASON_MEDIA_TIMEOUT, in milliseconds of wall time, 0 for ever, or [100, 3600000]; 60000 by
    /// default.
    pub media_timeout_ms: u32,
}

/// Opens sessions and writes their files.
///
/// Methods: afterbeep_engine_create(), afterbeep_engine_destroy(), afterbeep_session_open().
#[derive(Debug)]
pub struct afterbeep_engine {
    pub(super) engine: Engine,
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
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_engine is NULL, or struct_size is wrong.
/// @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
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
        let config = EngineConfig {
            writer_threads: fields.writer_threads,
            max_sessions: fields.max_sessions,
            poll_interval_ms: fields.poll_interval_ms,
            batch_ms: fields.batch_ms,
            ring_ms: fields.ring_ms,
            media_timeout_ms: fields.media_timeout_ms,
        };
        // SAFETY: the caller vouches for both pointers.
        unsafe {
            let engine = Engine::new(&config).map_err(|cause| Failure::from(cause).tell(error))?;
            hand_over(out_engine, afterbeep_engine { engine })
        }
    })
}

/// Stops every session, waits until all messages are finished, and frees the engine. Handles of its
/// sessions stay safe to use: they answer AFTERBEEP_STATUS_STALE once closed.
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
