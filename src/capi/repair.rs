//! `afterbeep_repair`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{is_sized, read_sized, text, write_sized};
use super::status::afterbeep_status;
use crate::engine::OpenError;
use crate::message::{CreateError, RepairEntry, RepairOptions, Repaired, repair};
use std::ffi::{CString, c_char, c_void};
use std::mem::size_of;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What became of an interrupted recording. Numbers are never reused.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_repair_outcome {
    /// It is whole now, and has its name.
    REPAIRED = 1,
    /// It was whole; it has its name now.
    RENAMED = 2,
    /// It held no sample, and is gone.
    REMOVED = 3,
    /// It is whole now, but a file of its name exists: it keeps its ".part".
    NAME_TAKEN = 4,
    /// Somebody records it, or repairs it, at this moment.
    IN_USE = 5,
    /// It could not be repaired, nothing of it is lost.
    FAILED = 6,
}

/// How to repair. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_repair_options {
    /// sizeof(afterbeep_repair_options).
    pub struct_size: u32,
    /// 1 repairs NAME.part with a plain header, too, which does not tell whose file it is; 0 by default.
    pub plain: u32,
    /// 1 reports what there is to do, and changes nothing; 0 by default.
    pub dry_run: u32,
    /// Zero.
    pub reserved: u32,
}

/// An interrupted recording, and what became of it. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_repair_file {
    /// The library's sizeof(afterbeep_repair_file).
    pub struct_size: u32,
    /// What was done: afterbeep_repair_outcome.
    pub outcome: u32,
    /// Where it is now; where it was, if it is gone, and in a dry run. Borrowed for the call.
    pub path: *const c_char,
    /// Samples in it.
    pub samples: u64,
    /// How long it is, in milliseconds.
    pub duration_ms: u64,
    /// Bytes at its end that were no whole audio.
    pub cut_bytes: u64,
    /// Why it could not be repaired (errno), or 0.
    pub os_error: i32,
    /// Zero.
    pub reserved: u32,
}

/// How many files there were of each kind. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_repair_report {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Made whole.
    pub repaired: u64,
    /// Only given their names.
    pub renamed: u64,
    /// Without a sample, removed.
    pub removed: u64,
    /// Whole, but without their names, which other files have.
    pub name_taken: u64,
    /// Being recorded.
    pub in_use: u64,
    /// Files and directories that an error kept from being repaired, or looked at.
    pub failed: u64,
    /// Finished recordings, other people's files, and whatever else there is.
    pub others: u64,
}

/// A host's function that afterbeep_repair() tells each interrupted recording, in the order of their names, on the caller's thread.
/// The file is borrowed for the call.
pub type afterbeep_repair_callback =
    Option<unsafe extern "C" fn(file: *const afterbeep_repair_file, user_data: *mut c_void)>;

const OPTIONS_OLDEST: usize = size_of::<afterbeep_repair_options>();
const REPORT_OLDEST: usize = size_of::<afterbeep_repair_report>();

/// Makes whole files of the interrupted recordings in a directory and beneath it, and gives them their names. Links are not
/// followed; other people's files, and those that are being recorded, are left alone. A second run finds nothing to do.
///
/// @param directory    not NULL.
/// @param options      in; NULL for the defaults.
/// @param callback     called for each of them; NULL for none.
/// @param user_data    for the callback.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_report   out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_repair_report) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  directory or out_report is NULL, a size is wrong, a field is neither 0 nor 1,
///                                            or reserved is not 0.
/// @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION, _IO  the directory cannot be read. Files that cannot
///                                            be are counted, and stop nothing.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `out_report` has room for `struct_size` bytes; `callback` may be called with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_repair(
    directory: *const c_char,
    options: *const afterbeep_repair_options,
    callback: afterbeep_repair_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
    out_report: *mut afterbeep_repair_report,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let directory = unsafe { text(directory) }?.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        if out_report.is_null() || !is_sized(struct_size, REPORT_OLDEST) {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let mut fields = afterbeep_repair_options {
            struct_size: OPTIONS_OLDEST as u32,
            plain: 0,
            dry_run: 0,
            reserved: 0,
        };
        if !options.is_null() {
            // SAFETY: the caller vouches for it.
            fields = unsafe { read_sized(options, OPTIONS_OLDEST, fields) }?;
        }
        if fields.plain > 1 || fields.dry_run > 1 || fields.reserved != 0 {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let options = RepairOptions { plain: fields.plain == 1, dry_run: fields.dry_run == 1 };
        let tell = |entry: RepairEntry| {
            let Some(callback) = callback else { return };
            // No name has a NUL in it.
            let path = CString::new(entry.path.as_os_str().as_bytes()).unwrap_or_default();
            let (outcome, os_error) = match &entry.outcome {
                Repaired::Mended => (afterbeep_repair_outcome::REPAIRED, 0),
                Repaired::Renamed => (afterbeep_repair_outcome::RENAMED, 0),
                Repaired::Removed => (afterbeep_repair_outcome::REMOVED, 0),
                Repaired::NameTaken => (afterbeep_repair_outcome::NAME_TAKEN, 0),
                Repaired::InUse => (afterbeep_repair_outcome::IN_USE, 0),
                Repaired::Failed(error) => {
                    (afterbeep_repair_outcome::FAILED, error.raw_os_error().unwrap_or(libc::EIO))
                }
            };
            let file = afterbeep_repair_file {
                struct_size: size_of::<afterbeep_repair_file>() as u32,
                outcome: outcome as u32,
                path: path.as_ptr(),
                samples: entry.samples,
                duration_ms: entry.duration_ms(),
                cut_bytes: entry.cut_bytes,
                os_error,
                reserved: 0,
            };
            // SAFETY: the caller vouches for the function and its data.
            unsafe { callback(&file, user_data) };
        };
        let report = repair(Path::new(directory), &options, tell).map_err(|cause| {
            let failure = Failure::from(OpenError::File(CreateError::from_io(Path::new(directory), cause)));
            // SAFETY: the caller vouches for it.
            unsafe { failure.tell(error) }
        })?;
        let report = afterbeep_repair_report {
            struct_size: struct_size as u32,
            reserved: 0,
            repaired: report.repaired,
            renamed: report.renamed,
            removed: report.removed,
            name_taken: report.name_taken,
            in_use: report.in_use,
            failed: report.failed,
            others: report.others,
        };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(out_report, struct_size, REPORT_OLDEST, &report) }
    })
}
