//! `afterbeep_result`.

use super::guard;
use super::memory::{copy_text, write_sized};
use super::session::afterbeep_session;
use super::status::afterbeep_status;
use crate::engine::{Gap, SessionHandle};
use crate::session::{EndReason, Vocabulary};
use rustix::io::Errno;
use std::ffi::c_char;
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// What became of a message. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_result {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// Why the message ended: afterbeep_end_reason.
    pub end_reason: u32,
    /// The digit that ended it, as its character, or 0.
    pub end_digit: u32,
    /// 1: no sample was lost by us, and the file is whole. 0: see lost_samples, os_error and sync_error.
    pub complete: u32,
    /// 1: there is a file, and afterbeep_session_path() tells where. 0: nothing was recorded, or the
    /// message was cancelled.
    pub has_file: u32,
    /// The operating system's number (errno) where the file failed, or 0.
    pub os_error: i32,
    /// Samples in the file, or in all of them, inserted silence included, and what an earlier message left.
    pub samples: u64,
    /// The same in whole milliseconds.
    pub duration_ms: u64,
    /// Samples that were recorded and then cut off; `cut` says what they held.
    pub trimmed_samples: u64,
    /// Samples that we lost (ring full, disk).
    pub lost_samples: u64,
    /// Samples that the line lost; silence stands in their place, or comfort noise.
    pub line_lost_samples: u64,
    /// Samples that were dropped after the beep, where its echo may have been.
    pub echo_guard_samples: u64,
    /// Samples of frames that came too late, or again, by their timestamps: they were dropped.
    pub late_samples: u64,
    /// How often a frame's timestamp was far from what was due.
    pub timestamp_jumps: u64,
    /// Samples that were recorded before the recording started over.
    pub dropped_samples: u64,
    /// What was cut off the end: afterbeep_cut.
    pub cut: u32,
    /// The disconnect tone that ended the message: afterbeep_tone_kind, or 0.
    pub tone: u32,
    /// How many gaps lost_samples fall into; afterbeep_session_gaps() lists the first ones.
    pub gap_count: u64,
    /// What the file survives now: afterbeep_durability. The level that was asked for, or AFTERBEEP_DURABILITY_CACHE where a
    /// sync failed. With AFTERBEEP_DURABILITY_INTERVAL the last sync follows within sync_interval_ms, and
    /// AFTERBEEP_ENGINE_EVENT_TYPE_SYNC_FAILED tells if it fails.
    pub durability: u32,
    /// The operating system's number (errno) where a sync failed, or 0.
    pub sync_error: i32,
    /// How many files the message has: 0, 1, or more where it was split. afterbeep_session_path_at() tells where.
    pub file_count: u64,
    /// How many of `samples` an earlier message left, where one was continued; else 0.
    pub appended_to_samples: u64,
    /// Milliseconds of this recording, as far as its files hold it, that the silence detector took for sound. It hears the line: a key
    /// counts also where it is masked, and so does what we lost.
    pub spoken_ms: u64,
}

/// Recorded samples that we lost. This struct will not change.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_gap {
    /// The first one, in samples of the recording.
    pub start_sample: u64,
    /// How many there are.
    pub samples: u64,
    /// Why: afterbeep_gap_cause.
    pub cause: u32,
    /// Zero.
    pub reserved: u32,
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_result>();

/// The name of an end reason, as results everywhere have it: "dtmf", "hangup", and so on.
///
/// @param end_reason  any number.
/// @return a static text, never NULL; "unknown" for a number that is no afterbeep_end_reason.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_end_reason_str(end_reason: u32) -> *const c_char {
    EndReason::from_number(end_reason).map_or(c"unknown", EndReason::c_name).as_ptr()
}

/// The word for an end reason that comes nearest in another vocabulary, such as "TIMEOUT" for Asterisk's RECORD_STATUS.
///
/// @param end_reason  any number.
/// @param vocabulary  afterbeep_vocabulary.
/// @return a static text, never NULL; "" where there is no such word, reason or vocabulary.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_end_reason_str_in(end_reason: u32, vocabulary: u32) -> *const c_char {
    match (EndReason::from_number(end_reason), Vocabulary::from_number(vocabulary)) {
        (Some(reason), Some(vocabulary)) => reason.name_in(vocabulary).as_ptr(),
        _ => c"".as_ptr(),
    }
}

/// Waits until the message is finished (ended, written and renamed) and tells what became of it.
///
/// @param session      any value.
/// @param timeout_ms   how long to wait at most; 0 only looks.
/// @param out_result   out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_result) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      not yet.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_result is NULL, or struct_size is less than in 0.1.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// `out_result` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_result(
    session: afterbeep_session,
    timeout_ms: u32,
    out_result: *mut afterbeep_result,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // Before the wait, so that a mistake shows at once.
        if out_result.is_null() || struct_size < OLDEST {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let timeout = Duration::from_millis(timeout_ms.into());
        let result = SessionHandle::from(session).result(timeout)?;
        // A failure that has no number of its own is an input/output error.
        let number = |error: &std::io::Error| error.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
        let fields = afterbeep_result {
            struct_size: struct_size as u32,
            end_reason: result.end_reason as u32,
            end_digit: result.end_digit.map_or(0, |digit| digit.as_char() as u32),
            complete: result.complete.into(),
            has_file: result.path.is_some().into(),
            os_error: result.error.as_deref().map_or(0, number),
            samples: result.samples,
            duration_ms: result.duration_ms,
            trimmed_samples: result.trimmed_samples,
            lost_samples: result.lost_samples,
            line_lost_samples: result.line_lost_samples,
            echo_guard_samples: result.echo_guard_samples,
            late_samples: result.late_samples,
            timestamp_jumps: result.timestamp_jumps,
            dropped_samples: result.dropped_samples,
            cut: result.cut as u32,
            tone: result.tone.map_or(0, |tone| tone as u32),
            gap_count: result.gap_count,
            durability: result.durability as u32,
            sync_error: result.sync_error.as_deref().map_or(0, number),
            file_count: result.path.iter().chain(&result.more_paths).count() as u64,
            appended_to_samples: result.appended_to_samples,
            spoken_ms: result.spoken_ms,
        };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(out_result, struct_size, OLDEST, &fields) }
    })
}

/// Where the finished message's file is, the first one where it was split.
///
/// @param session  any value.
/// @param buffer   out; the path, NUL-terminated.
/// @param size     room in the buffer.
/// @param out_len  out; the path's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      the message is not finished.
/// @retval AFTERBEEP_STATUS_NONE              the message has no file.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the path and its NUL do not fit; *out_len is set.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `buffer` is NULL or has room for `size` bytes; `out_len` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_path(
    session: afterbeep_session,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all of it.
    unsafe { afterbeep_session_path_at(session, 0, buffer, size, out_len) }
}

/// Where one of the finished message's files is, in the order of the audio.
///
/// @param session  any value.
/// @param index    which, from 0 on; there are afterbeep_result's file_count.
/// @param buffer   out; the path, NUL-terminated.
/// @param size     room in the buffer.
/// @param out_len  out; the path's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_NONE  the message has no file of this index.
/// @retval otherwise as afterbeep_session_path().
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// As for afterbeep_session_path().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_path_at(
    session: afterbeep_session,
    index: usize,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    guard(|| {
        let result = SessionHandle::from(session).result(Duration::ZERO)?;
        let path = result.path.iter().chain(&result.more_paths).nth(index).ok_or(afterbeep_status::NONE)?;
        // SAFETY: the caller vouches for it.
        unsafe { copy_text(path.as_os_str().as_bytes(), buffer, size, out_len) }
    })
}

/// Lists the gaps of a finished message, in their order: where samples were lost by us, and why. 16 are kept.
///
/// @param session    any value.
/// @param gaps       out; room for `capacity` gaps. May be NULL where that is 0.
/// @param capacity   how many fit.
/// @param out_count  out, not NULL; how many were written.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      the message is not finished.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `gaps` is NULL or has room for `capacity` gaps; `out_count` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_gaps(
    session: afterbeep_session,
    gaps: *mut afterbeep_gap,
    capacity: usize,
    out_count: *mut usize,
) -> afterbeep_status {
    guard(|| {
        if out_count.is_null() || (gaps.is_null() && capacity > 0) {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let result = SessionHandle::from(session).result(Duration::ZERO)?;
        let listed = result.gaps.iter().take(capacity);
        // SAFETY: the caller vouches for `capacity` gaps, and for the count.
        unsafe {
            out_count.write(listed.len());
            for (place, gap) in listed.enumerate() {
                let Gap { start_sample, samples, cause } = *gap;
                gaps.add(place).write(afterbeep_gap {
                    start_sample,
                    samples,
                    cause: cause as u32,
                    reserved: 0,
                });
            }
        }
        Ok(())
    })
}
