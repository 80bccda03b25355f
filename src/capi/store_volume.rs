//! Volumes of an `afterbeep_store`.

use super::error::{Failure, afterbeep_error};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, run};
use crate::store::{MessageStore, Volume};
use std::ffi::{CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A host's function that is told each volume, on the caller's thread; the texts are borrowed for the call. The path is
/// absolute, or relative to the process's directory as the store's own is.
pub type afterbeep_volume_callback =
    Option<unsafe extern "C" fn(name: *const c_char, path: *const c_char, user_data: *mut c_void)>;

/// Gives a directory a name that records know it by.
///
/// @param store  not NULL.
/// @param name   not NULL; 1 to 128 bytes without '/', '\\', control characters and a dot at the beginning.
/// @param path   not NULL; an existing directory. A relative one is relative to the store's directory.
/// @param error  out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
/// @retval AFTERBEEP_STATUS_CONFIG            the name cannot be one.
/// @retval AFTERBEEP_STATUS_NOT_FOUND         there is no such directory.
/// @retval AFTERBEEP_STATUS_TAKEN             there is such a volume already.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_add_volume(
    store: *const afterbeep_store,
    name: *const c_char,
    path: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe { run(error, || Ok(afterbeep_store::open(store)?.add_volume(&volume(store, name, path)?)?)) }
}

/// Says that a volume is in another directory now. The files are the caller's to move.
///
/// @param store, name, path, error  as for afterbeep_store_add_volume().
/// @retval AFTERBEEP_STATUS_UNKNOWN  there is no such volume.
/// @retval otherwise as afterbeep_store_add_volume().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_move_volume(
    store: *const afterbeep_store,
    name: *const c_char,
    path: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe { run(error, || Ok(afterbeep_store::open(store)?.move_volume(&volume(store, name, path)?)?)) }
}

/// # Safety
/// Each pointer is NULL or valid.
unsafe fn volume(
    store: *const afterbeep_store,
    name: *const c_char,
    path: *const c_char,
) -> Result<Volume, Failure> {
    // SAFETY: the caller vouches for all pointers.
    let (store, name, path) =
        unsafe { (afterbeep_store::open(store)?, given("name", name)?, given("path", path)?) };
    if !store.directory().join(path).is_dir() {
        let text = format!("{path} is no directory; create it first");
        return Err(Failure::field(afterbeep_status::NOT_FOUND, "path", text));
    }
    Ok(Volume { name: name.to_owned(), path: PathBuf::from(path) })
}

/// Tells all volumes, by name.
///
/// @param store      not NULL.
/// @param callback   called for each of them; not NULL.
/// @param user_data  for the callback.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// @retval otherwise as afterbeep_store_add_volume().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `callback` may be called with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_volumes(
    store: *const afterbeep_store,
    callback: afterbeep_volume_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let callback = callback.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
            for volume in afterbeep_store::open(store)?.volumes()? {
                let name = c_text(&volume.name);
                // No path has a NUL in it.
                let path = CString::new(volume.path.as_os_str().as_bytes()).unwrap_or_default();
                callback(name.as_ptr(), path.as_ptr(), user_data);
            }
            Ok(())
        })
    }
}
