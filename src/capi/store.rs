//! `afterbeep_store`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{hand_over, object, read_sized, take_back, write_sized};
use super::status::afterbeep_status;
use super::store_failure::{given, invalid, run, switch};
use crate::store::{SqliteStore, StoreOptions};
use std::ffi::c_char;
use std::mem::size_of;
use std::path::Path;
use std::process;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// How a store is opened. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_store_config {
    /// sizeof(afterbeep_store_config), set by afterbeep_store_config_init().
    pub struct_size: u32,
    /// 1 makes the store where there is none, and its directory (mode 0700); 0 (default) does not.
    pub create: u32,
    /// How long a call waits for another program that holds the database, in milliseconds, [0, 600000]; 5000 by default.
    pub busy_timeout_ms: u32,
    /// Zero.
    pub reserved: u32,
    /// The store's directory; not NULL. Borrowed for the call.
    pub directory: *const c_char,
}

const CONFIG_OLDEST: usize = size_of::<afterbeep_store_config>();

/// Records of messages, tenants, volumes and agents: one SQLite database. Any number of threads and programs may use one
/// at the same time. All calls block on the disk; none belongs on a media thread.
///
/// Methods: afterbeep_store_create(), _close(), _destroy(); _add_tenant(), _tenants(), _delete_tenant(); _add_volume(),
/// _move_volume(), _volumes(); _import_agents(), _agents(); _list(), _count(), _get(), _history(), _open_audio(), _export();
/// _allocate(), _set_status(), _set_data(), _set_hold(), _delete(); _sweep(), _adopt(), _tell_engine().
#[derive(Debug)]
pub struct afterbeep_store {
    /// `None` once it is closed.
    store: Option<Arc<SqliteStore>>,
    /// SQLite's connections must not be used by a fork.
    process: u32,
}

impl afterbeep_store {
    /// The store behind a pointer, unless it was closed.
    ///
    /// # Safety
    /// `store` is NULL, or came from afterbeep_store_create(), and neither closes nor goes away during `'a`.
    pub(super) unsafe fn open<'a>(store: *const Self) -> Result<&'a Arc<SqliteStore>, Failure> {
        // SAFETY: the caller vouches for it.
        let store = unsafe { store.as_ref() };
        let store = store.ok_or_else(|| invalid("store", "a store; create one first"))?;
        if store.process != process::id() {
            return Err(afterbeep_status::FORKED.into());
        }
        let open = store.store.as_ref();
        open.ok_or_else(|| {
            Failure::field(afterbeep_status::CLOSED, "store", "the store was closed; destroy it")
        })
    }
}

impl Default for afterbeep_store_config {
    fn default() -> Self {
        let options = StoreOptions::default();
        Self {
            struct_size: size_of::<Self>() as u32,
            create: options.create.into(),
            busy_timeout_ms: options.busy_timeout.as_millis() as u32,
            reserved: 0,
            directory: ptr::null(),
        }
    }
}

/// Fills *config with the defaults.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_store_config) as the caller was compiled; no byte past it is written.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_config_init(
    config: *mut afterbeep_store_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults = afterbeep_store_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, CONFIG_OLDEST, &defaults) }
    })
}

/// Opens a store, and brings its schema up to date. Where the database is there and cannot be used now, each call tries again,
/// and is answered AFTERBEEP_STATUS_STORE_UNAVAILABLE until that works; recordings go on, and their records follow.
///
/// @param config     in, not NULL; copied.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @param out_store  out, not NULL; NULL on failure. Destroy it with afterbeep_store_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a field is out of range.
/// @retval AFTERBEEP_STATUS_STORE_MISSING     there is none, and create is 0.
/// @retval AFTERBEEP_STATUS_STORE_UNUSABLE    a newer version wrote it.
/// @retval AFTERBEEP_STATUS_IO                the directory cannot be made.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_create(
    config: *const afterbeep_store_config,
    error: *mut afterbeep_error,
    out_store: *mut *mut afterbeep_store,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_store)? = ptr::null_mut();
            let fields = read_sized(config, CONFIG_OLDEST, afterbeep_store_config::default())?;
            if fields.reserved != 0 || fields.busy_timeout_ms > 600_000 {
                return Err(invalid("busy_timeout_ms", "0 to 600000, and reserved 0"));
            }
            let options = StoreOptions {
                create: switch("create", fields.create)?,
                busy_timeout: Duration::from_millis(fields.busy_timeout_ms.into()),
            };
            let directory = given("directory", fields.directory)?;
            let store = SqliteStore::open_when_available(Path::new(directory), &options)?;
            Ok(hand_over(
                out_store,
                afterbeep_store { store: Some(Arc::new(store)), process: process::id() },
            )?)
        })
    }
}

/// Closes the store. Runners and sweeps that were made on it go on until they are destroyed. Every later call with it
/// answers AFTERBEEP_STATUS_CLOSED; it can only be destroyed.
///
/// @param store  not NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  store is NULL.
/// @retval AFTERBEEP_STATUS_CLOSED            it was closed before.
/// Thread: [control]; blocks. No other call with this store may be under way.  Since: 0.1.
///
/// # Safety
/// `store` is NULL, or came from afterbeep_store_create() and was not destroyed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_close(store: *mut afterbeep_store) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { object(store) }?.store.take().map(drop).ok_or(afterbeep_status::CLOSED)
    })
}

/// Frees the store, and closes it before that.
///
/// @param store  NULL does nothing.
/// Thread: [control]; blocks. No other call with this store may be under way.  Since: 0.1.
///
/// # Safety
/// As for afterbeep_store_close().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_store_destroy(store: *mut afterbeep_store) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(store) };
        Ok(())
    });
}
