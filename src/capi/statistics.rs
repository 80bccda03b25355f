//! `afterbeep_statistics`.

use super::engine::afterbeep_engine;
use super::guard;
use super::memory::{copy_text, write_sized};
use super::status::afterbeep_status;
use crate::engine::LATENCY_BUCKETS;
use std::ffi::c_char;
use std::mem::size_of;

/// Buckets of write_latency_buckets.
pub const AFTERBEEP_LATENCY_BUCKETS: usize = 24;
const _: () = assert!(AFTERBEEP_LATENCY_BUCKETS == LATENCY_BUCKETS);

/// What an engine has counted since its start. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_statistics {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// Sessions that hold a slot now: until their message is finished and their handle closed.
    pub open_sessions: u32,
    /// Writers that are stalled in a file operation now.
    pub stalled_writers: u32,
    /// File systems that are declared stalled now.
    pub stalled_file_systems: u32,
    /// Sessions opened.
    pub opened_sessions: u64,
    /// Opens that were refused, for whatever reason.
    pub refused_sessions: u64,
    /// Messages finished, those without a file included.
    pub finished_messages: u64,
    /// Finished messages of which something was lost.
    pub incomplete_messages: u64,
    /// Samples that we lost (ring full, disk), in finished messages.
    pub lost_samples: u64,
    /// Samples that the line lost, in finished messages.
    pub line_lost_samples: u64,
    /// Bytes written to files, headers included.
    pub written_bytes: u64,
    /// The fullest that a writer has found a session's ring, in samples.
    pub ring_high_water_samples: u64,
    /// What a ring holds, in samples.
    pub ring_samples: u64,
    /// Writers that stalled in a file operation for longer than writer_stall_ms.
    pub stalls: u64,
    /// Sessions that ended because no audio came.
    pub media_timeouts: u64,
    /// Events that were lost because nobody took them.
    pub lost_events: u64,
    /// How long all batches and file endings took together, in microseconds.
    pub write_latency_sum_us: u64,
    /// The longest one, in microseconds.
    pub write_latency_max_us: u64,
    /// How many took how long: bucket 0 counts those below 1 us, bucket n those from 2^(n-1) to below 2^n us, the
    /// last one all longer ones.
    pub write_latency_buckets: [u64; AFTERBEEP_LATENCY_BUCKETS],
    /// Messages whose file could not be written, or not be given its name.
    pub write_errors: u64,
    /// File systems synced at intervals, so many times.
    pub syncs: u64,
    /// The longest of these, in microseconds.
    pub sync_max_us: u64,
    /// Files, and file systems, that could not be synced.
    pub sync_failures: u64,
    /// Interrupted recordings that were repaired, or only given their names, when the engine started.
    pub repaired_files: u64,
    /// Those that could not be, or not be given their names.
    pub unrepaired_files: u64,
    /// File systems on which some session finds no room now.
    pub full_file_systems: u32,
    /// Zero.
    pub reserved: u32,
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_statistics>();

/// What the engine has counted since its start: each number exact, read one after the other while work goes on.
///
/// @param engine          not NULL.
/// @param out_statistics  out, not NULL.
/// @param struct_size     sizeof(afterbeep_statistics) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is less than in 0.1.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// Thread: [any]; takes no lock.  Since: 0.1.
///
/// # Safety
/// `engine` is NULL or valid; `out_statistics` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_statistics(
    engine: *const afterbeep_engine,
    out_statistics: *mut afterbeep_statistics,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let counts = unsafe { afterbeep_engine::open(engine) }?.statistics();
        let statistics = afterbeep_statistics {
            struct_size: struct_size as u32,
            open_sessions: counts.open_sessions,
            stalled_writers: counts.stalled_writers,
            stalled_file_systems: counts.stalled_file_systems,
            opened_sessions: counts.opened_sessions,
            refused_sessions: counts.refused_sessions,
            finished_messages: counts.finished_messages,
            incomplete_messages: counts.incomplete_messages,
            lost_samples: counts.lost_samples,
            line_lost_samples: counts.line_lost_samples,
            written_bytes: counts.written_bytes,
            ring_high_water_samples: counts.ring_high_water_samples,
            ring_samples: counts.ring_samples,
            stalls: counts.stalls,
            media_timeouts: counts.media_timeouts,
            lost_events: counts.lost_events,
            write_latency_sum_us: counts.write_latency.sum_us,
            write_latency_max_us: counts.write_latency.max_us,
            write_latency_buckets: counts.write_latency.buckets,
            write_errors: counts.write_errors,
            syncs: counts.syncs,
            sync_max_us: counts.sync_max_us,
            sync_failures: counts.sync_failures,
            repaired_files: counts.repaired_files,
            unrepaired_files: counts.unrepaired_files,
            full_file_systems: counts.full_file_systems,
            reserved: 0,
        };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(out_statistics, struct_size, OLDEST, &statistics) }
    })
}

/// The same as text, in Prometheus's exposition format (version 0.0.4), for the host's metrics page.
///
/// @param engine   not NULL.
/// @param buffer   out; the text, NUL-terminated.
/// @param size     room in the buffer; 8192 is enough.
/// @param out_len  out; the text's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  engine is NULL.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the text and its NUL do not fit; *out_len is set.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `engine` is NULL or valid; `buffer` is NULL or has room for `size` bytes; `out_len` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_engine_prometheus(
    engine: *const afterbeep_engine,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for all of it.
        unsafe {
            let text = afterbeep_engine::open(engine)?.statistics().to_prometheus();
            copy_text(text.as_bytes(), buffer, size, out_len)
        }
    })
}
