//! `afterbeep_tenant`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{is_sized, read_sized, write_sized};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, invalid, optional, run};
use crate::store::{MessageStore, NameTemplate, Tenant, delete_tenant};
use jiff::Timestamp;
use std::ffi::{c_char, c_void};
use std::mem::size_of;
use std::ptr;

/// Whose messages they are. The size of this struct is part of the ABI: fields are only appended. Texts are borrowed for
/// the call that takes the struct, or that hands it out.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_tenant {
    /// sizeof(afterbeep_tenant), set by afterbeep_tenant_init().
    pub struct_size: u32,
    /// 1: it is being deleted, and takes nothing new. Ignored where a tenant is added.
    pub being_deleted: u32,
    /// Its id (VDN), not NULL: 1 to 128 bytes without '/', '\\', control characters and a dot at the beginning.
    pub id: *const c_char,
    /// The volume that new messages go to; NULL (default) for "default", which is the store's directory.
    pub volume: *const c_char,
    /// The tenant's own directory, relative to the volume; NULL (default) for one of its id.
    pub root: *const c_char,
    /// The time zone of file names, by its IANA name; NULL (default) for "UTC".
    pub time_zone: *const c_char,
    /// Where files go; NULL (default) for {volume}/{vdn}/record/{yyyymmdd}/{yyyymmddHHMMSS}-{random}-record.wav.
    pub name_template: *const c_char,
    /// Recording parameters for elements that do not say their own: a JSON object, as `recording` in docs/element.md; NULL (default)
    /// for none.
    pub defaults: *const c_char,
    /// How long messages stay, in seconds from their end; 0 (default) for ever.
    pub retention_s: u64,
    /// What recordings may take in bytes; 0 (default) for no limit.
    pub quota_bytes: u64,
    /// What recordings take. Ignored where a tenant is added.
    pub used_bytes: u64,
}

/// What a tenant's deletion did, this time. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_tenant_deletion {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// Whether the tenant's directory is left: 0.
    pub directory_remains: u32,
    /// Messages that were deleted, file and record.
    pub messages: u64,
    /// Files without a record that were deleted.
    pub other_files: u64,
    /// Records that are left, counted anew: 0.
    pub remaining_records: u64,
}

/// A host's function that is told each tenant, on the caller's thread; it is borrowed for the call.
pub type afterbeep_tenant_callback =
    Option<unsafe extern "C" fn(tenant: *const afterbeep_tenant, user_data: *mut c_void)>;

const OLDEST: usize = size_of::<afterbeep_tenant>();
const DELETION_OLDEST: usize = size_of::<afterbeep_tenant_deletion>();

impl Default for afterbeep_tenant {
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            being_deleted: 0,
            id: ptr::null(),
            volume: ptr::null(),
            root: ptr::null(),
            time_zone: ptr::null(),
            name_template: ptr::null(),
            defaults: ptr::null(),
            retention_s: 0,
            quota_bytes: 0,
            used_bytes: 0,
        }
    }
}

/// Fills *tenant with the defaults.
///
/// @param tenant       out, not NULL.
/// @param struct_size  sizeof(afterbeep_tenant) as the caller was compiled; no byte past it is written.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  tenant is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `tenant` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_tenant_init(
    tenant: *mut afterbeep_tenant,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults = afterbeep_tenant { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(tenant, struct_size, OLDEST, &defaults) }
    })
}

/// Adds a tenant.
///
/// @param store   not NULL.
/// @param tenant  in, not NULL; copied.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, or struct_size is wrong.
/// @retval AFTERBEEP_STATUS_CONFIG            a field cannot be used; the error says which.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such volume.
/// @retval AFTERBEEP_STATUS_TAKEN             there is such a tenant, or its directory is another one's.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_add_tenant(
    store: *const afterbeep_store,
    tenant: *const afterbeep_tenant,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let store = afterbeep_store::open(store)?;
            let fields = read_sized(tenant, OLDEST, afterbeep_tenant::default())?;
            let mut tenant = Tenant::new(given("id", fields.id)?);
            if let Some(volume) = optional("volume", fields.volume)? {
                tenant.volume = volume.to_owned();
            }
            if let Some(root) = optional("root", fields.root)? {
                tenant.root = root.to_owned();
            }
            if let Some(zone) = optional("time_zone", fields.time_zone)? {
                tenant.time_zone = zone.to_owned();
            }
            let template = optional("name_template", fields.name_template)?.map(NameTemplate::parse);
            tenant.template = template.transpose().map_err(|error| {
                Failure::field(afterbeep_status::CONFIG, "name_template", error.to_string())
            })?;
            tenant.defaults = optional("defaults", fields.defaults)?.map(str::to_owned);
            tenant.retention_s = (fields.retention_s > 0).then_some(fields.retention_s);
            tenant.quota_bytes = (fields.quota_bytes > 0).then_some(fields.quota_bytes);
            Ok(store.add_tenant(&tenant)?)
        })
    }
}

/// Tells all tenants, by id, or one.
///
/// @param store      not NULL.
/// @param id         the tenant; NULL for all.
/// @param callback   called for each of them; not NULL.
/// @param user_data  for the callback.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or id is not UTF-8.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
/// @retval otherwise as afterbeep_store_add_tenant().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `callback` may be called with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_tenants(
    store: *const afterbeep_store,
    id: *const c_char,
    callback: afterbeep_tenant_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let callback = callback.ok_or_else(|| invalid("callback", "a function"))?;
            let store = afterbeep_store::open(store)?;
            let tenants = match optional("id", id)? {
                Some(id) => vec![store.tenant(id)?],
                None => store.tenants()?,
            };
            for tenant in tenants {
                let text = |text: &str| c_text(text);
                let id = text(&tenant.id);
                let (volume, root) = (text(&tenant.volume), text(&tenant.root));
                let zone = text(&tenant.time_zone);
                let template = tenant.template.as_ref().map(|template| text(template.as_str()));
                let defaults = tenant.defaults.as_deref().map(text);
                callback(
                    &afterbeep_tenant {
                        being_deleted: tenant.being_deleted.into(),
                        id: id.as_ptr(),
                        volume: volume.as_ptr(),
                        root: root.as_ptr(),
                        time_zone: zone.as_ptr(),
                        name_template: template.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
                        defaults: defaults.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
                        retention_s: tenant.retention_s.unwrap_or(0),
                        quota_bytes: tenant.quota_bytes.unwrap_or(0),
                        used_bytes: tenant.used_bytes,
                        ..afterbeep_tenant::default()
                    },
                    user_data,
                );
            }
            Ok(())
        })
    }
}

/// Deletes a tenant: every message, every other file in its directory, its agents, the tenant. It takes nothing new from
/// the beginning on; after a failure or a crash, another call goes on.
///
/// @param store         not NULL.
/// @param id            not NULL.
/// @param error         out; why it failed; written on failure only. May be NULL.
/// @param out_deletion  out, not NULL; written on success only.
/// @param struct_size   sizeof(afterbeep_tenant_deletion) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, id is not UTF-8, or struct_size is wrong.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
/// @retval AFTERBEEP_STATUS_HELD              messages are on legal hold; nothing was deleted.
/// @retval AFTERBEEP_STATUS_RECORDING         messages are being recorded; nothing new is taken.
/// @retval otherwise as afterbeep_store_add_tenant().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `out_deletion` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_delete_tenant(
    store: *const afterbeep_store,
    id: *const c_char,
    error: *mut afterbeep_error,
    out_deletion: *mut afterbeep_tenant_deletion,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            // Before anything is deleted.
            if out_deletion.is_null() || !is_sized(struct_size, DELETION_OLDEST) {
                return Err(afterbeep_status::INVALID_ARGUMENT.into());
            }
            let store = afterbeep_store::open(store)?;
            let done = delete_tenant(&**store, given("id", id)?, Timestamp::now())?;
            let deletion = afterbeep_tenant_deletion {
                struct_size: struct_size as u32,
                directory_remains: done.directory_remains.into(),
                messages: done.messages,
                other_files: done.other_files,
                remaining_records: done.remaining_records,
            };
            Ok(write_sized(out_deletion, struct_size, DELETION_OLDEST, &deletion)?)
        })
    }
}
