//! What a store needs once a day, and what it tells an engine.

use super::engine::afterbeep_engine;
use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{hand_over, is_sized, object, take_back, write_sized};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, invalid, optional, run, switch, time};
use crate::element::tell_engine;
use crate::store::{
    DailySweep, Housekeeping, HousekeepingReport, SweepOptions, SystemClock, adopt, keep_house, sweep,
};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use std::ffi::{CString, c_char, c_void};
use std::mem::size_of;
use std::ptr;
use std::sync::Arc;

/// What a sweep did. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct afterbeep_sweep_report {
    /// The size that the caller gave; in a callback, the library's.
    pub struct_size: u32,
    /// Tenants whose interrupted deletion was interrupted again, or refused.
    pub tenants_failed: u32,
    /// Messages that are gone, file and record; in a dry run, would be.
    pub deleted: u64,
    /// Messages that stay.
    pub kept: u64,
    /// Messages that could not be deleted; they are in no list any more, and each sweep tries again.
    pub failed: u64,
    /// Records that a crash had interrupted, completed from their files.
    pub adopted: u64,
    /// Files that have to be repaired first: afterbeep_repair().
    pub to_repair: u64,
    /// Records that a crash had interrupted and that could not be dealt with.
    pub unrecovered: u64,
}

const OLDEST: usize = size_of::<afterbeep_sweep_report>();

impl afterbeep_sweep_report {
    fn new(report: &HousekeepingReport) -> Self {
        Self {
            struct_size: OLDEST as u32,
            tenants_failed: report.tenants.iter().filter(|(_, deletion)| deletion.is_err()).count() as u32,
            deleted: report.swept.deletion.deleted,
            kept: report.swept.kept,
            failed: report.swept.deletion.failed,
            adopted: report.recovered.adopted,
            to_repair: report.recovered.to_repair.len() as u64,
            unrecovered: report.recovered.failures.len() as u64,
        }
    }
}

/// Recovers what crashes have left, goes on with interrupted deletions of tenants, and deletes messages whose time is over.
/// Messages on legal hold stay.
///
/// @param store        not NULL.
/// @param now_ms       the time that deadlines are compared with, in milliseconds since 1970 (UTC); 0 is now.
/// @param dry_run      1 only says what the sweep would delete; 0 does it.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_report   out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_sweep_report) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a size is wrong, or a value is out of range.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `out_report` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_sweep(
    store: *const afterbeep_store,
    now_ms: i64,
    dry_run: u32,
    error: *mut afterbeep_error,
    out_report: *mut afterbeep_sweep_report,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            // Before anything is deleted.
            if out_report.is_null() || !is_sized(struct_size, OLDEST) {
                return Err(afterbeep_status::INVALID_ARGUMENT.into());
            }
            let store = &**afterbeep_store::open(store)?;
            let now = if now_ms == 0 { Timestamp::now() } else { time("now_ms", now_ms)? };
            let report = if switch("dry_run", dry_run)? {
                let options = SweepOptions { dry_run: true, ..SweepOptions::new(now) };
                HousekeepingReport { swept: sweep(store, &options)?, ..HousekeepingReport::default() }
            } else {
                keep_house(store, now)?
            };
            let told = afterbeep_sweep_report {
                struct_size: struct_size as u32,
                ..afterbeep_sweep_report::new(&report)
            };
            Ok(write_sized(out_report, struct_size, OLDEST, &told)?)
        })
    }
}

/// Makes the record of a finished file that has none: for the tenant in whose directory it is, from what the file says.
/// Adopting a file twice makes one record.
///
/// @param store   not NULL.
/// @param volume  the volume's name; not NULL.
/// @param path    the file's path, relative to it; not NULL.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_UNKNOWN  there is no such volume, or the path is no tenant's.
/// @retval AFTERBEEP_STATUS_IO       the file cannot be read, or is no recording.
/// @retval otherwise as afterbeep_store_sweep().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_adopt(
    store: *const afterbeep_store,
    volume: *const c_char,
    path: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let store = afterbeep_store::open(store)?;
            adopt(&**store, given("volume", volume)?, given("path", path)?)?;
            Ok(())
        })
    }
}

/// Has an engine tell what is written through the store from now on: events of the types AFTERBEEP_ENGINE_EVENT_TYPE_MESSAGE_COMPLETED
/// to _ABSENT, with message_id. A store tells one engine, the last one asked for.
///
/// @param store   not NULL.
/// @param engine  not NULL; it may be closed before the store is.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   store or engine was closed, or the store is another process's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_tell_engine(
    store: *const afterbeep_store,
    engine: *const afterbeep_engine,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            tell_engine(afterbeep_store::open(store)?, afterbeep_engine::open(engine)?);
            Ok(())
        })
    }
}

/// A host's function that is told of each daily sweep, on a thread of the library's own. It must not destroy the sweep.
///
/// @param report  what was done; NULL where nothing was.
/// @param text    why nothing was done: the store cannot be used, and is tried again a minute later; or the clock has
///                jumped, and nothing is deleted before the hour has come again. NULL where something was.
pub type afterbeep_daily_sweep_callback = Option<
    unsafe extern "C" fn(report: *const afterbeep_sweep_report, text: *const c_char, user_data: *mut c_void),
>;

/// A sweep that comes each day at its hour, from a thread of its own.
///
/// Methods: afterbeep_daily_sweep_create(), _destroy().
#[derive(Debug)]
pub struct afterbeep_daily_sweep {
    /// Held until it is destroyed.
    _sweep: DailySweep,
}

/// What the host gave with its function.
struct Told(afterbeep_daily_sweep_callback, *mut c_void);

// SAFETY: the pointer is only handed back, to a function that the host declared fit for another thread.
unsafe impl Send for Told {}

impl Told {
    fn tell(&self, news: &Housekeeping) {
        let Some(callback) = self.0 else { return };
        let (report, text): (_, Option<CString>) = match news {
            Housekeeping::Swept(report) => (Some(afterbeep_sweep_report::new(report)), None),
            Housekeeping::Failed(error) => (None, Some(c_text(&error.to_string()))),
            Housekeeping::ClockJumped(by) => {
                (None, Some(c_text(&format!("the clock has jumped by {} s", by.as_secs()))))
            }
        };
        let report = report.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the host vouches for its function.
        unsafe { callback(report, text.as_ref().map_or(ptr::null(), |text| text.as_ptr()), self.1) };
    }
}

/// Starts a daily sweep: what afterbeep_store_sweep() does, each day at a time of day. Where that is past today, tomorrow is
/// the first day. It holds the store open.
///
/// @param store      not NULL.
/// @param hour       [0, 23].
/// @param minute     [0, 59].
/// @param time_zone  an IANA name; NULL is the machine's.
/// @param callback   told of each sweep; may be NULL.
/// @param user_data  given to each call; any value.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @param out_sweep  out, not NULL; NULL on failure. Destroy it with afterbeep_daily_sweep_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or a value is out of range.
/// @retval AFTERBEEP_STATUS_CONFIG            there is no such time zone.
/// @retval AFTERBEEP_STATUS_IO                the thread could not be started.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `callback` may be called from another thread, with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_daily_sweep_create(
    store: *const afterbeep_store,
    hour: u32,
    minute: u32,
    time_zone: *const c_char,
    callback: afterbeep_daily_sweep_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
    out_sweep: *mut *mut afterbeep_daily_sweep,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_sweep)? = ptr::null_mut();
            let store = afterbeep_store::open(store)?;
            let part = |number: u32| i8::try_from(number).unwrap_or(i8::MAX);
            let at = Time::new(part(hour), part(minute), 0, 0)
                .map_err(|_| invalid("hour", "0 to 23, and minute 0 to 59"))?;
            let zone = match optional("time_zone", time_zone)? {
                None => TimeZone::system(),
                Some(name) => TimeZone::get(name).map_err(|error| {
                    Failure::field(afterbeep_status::CONFIG, "time_zone", error.to_string())
                })?,
            };
            let told = Told(callback, user_data);
            let tell = move |news: Housekeeping| {
                let told = &told;
                told.tell(&news);
            };
            let started = DailySweep::start(Arc::clone(store) as _, at, SystemClock::new(zone), tell);
            let sweep = started.map_err(|_| Failure::from(afterbeep_status::IO))?;
            Ok(hand_over(out_sweep, afterbeep_daily_sweep { _sweep: sweep })?)
        })
    }
}

/// Ends a daily sweep; waits for one that is under way.
///
/// @param sweep  NULL does nothing.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// `sweep` is NULL, or came from afterbeep_daily_sweep_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_daily_sweep_destroy(sweep: *mut afterbeep_daily_sweep) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(sweep) };
        Ok(())
    });
}
