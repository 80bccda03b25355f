//! What the calls of store and element share: their arguments and failures.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::text;
use super::status::afterbeep_status;
use crate::element::ElementError;
use crate::store::{MessageId, StoreError};
use jiff::Timestamp;
use std::ffi::{CStr, CString, c_char};

/// Runs the body of an exported function, and tells why it failed.
///
/// # Safety
/// `error` is NULL or valid.
pub(super) unsafe fn run(
    error: *mut afterbeep_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> afterbeep_status {
    // SAFETY: the caller vouches for it.
    guard(|| body().map_err(|failure| unsafe { failure.tell(error) }))
}

/// A text that may be NULL.
///
/// # Safety
/// `pointer` is NULL or NUL-terminated, and stays as it is for `'a`.
pub(super) unsafe fn optional<'a>(
    field: &'static str,
    pointer: *const c_char,
) -> Result<Option<&'a str>, Failure> {
    // SAFETY: the caller vouches for it.
    unsafe { text(pointer) }.map_err(|status| Failure::field(status, field, format!("{field} is not UTF-8")))
}

/// A text that may not.
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn given<'a>(field: &'static str, pointer: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: the caller vouches for it.
    let text = unsafe { optional(field, pointer) }?;
    text.ok_or_else(|| {
        Failure::field(afterbeep_status::INVALID_ARGUMENT, field, format!("{field} is NULL; name one"))
    })
}

/// The id of a message.
///
/// # Safety
/// As [`optional`].
pub(super) unsafe fn message_id(pointer: *const c_char) -> Result<MessageId, Failure> {
    // SAFETY: the caller vouches for it.
    let text = unsafe { given("id", pointer) }?;
    text.parse().map_err(|error: crate::store::InvalidMessageId| {
        Failure::field(afterbeep_status::INVALID_ARGUMENT, "id", error.to_string())
    })
}

/// A switch.
pub(super) fn switch(field: &'static str, value: u32) -> Result<bool, Failure> {
    match value {
        0 | 1 => Ok(value == 1),
        _ => Err(invalid(field, "0 or 1")),
    }
}

/// An argument that names nothing.
pub(super) fn invalid(field: &'static str, takes: &str) -> Failure {
    Failure::field(afterbeep_status::INVALID_ARGUMENT, field, format!("{field} takes {takes}"))
}

/// A time in milliseconds since 1970.
pub(super) fn time(field: &'static str, ms: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_millisecond(ms).map_err(|_| invalid(field, "milliseconds since 1970 (UTC)"))
}

/// A text for C. What C cannot hold is left out.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

impl From<afterbeep_status> for Failure {
    fn from(status: afterbeep_status) -> Self {
        // SAFETY: a static text.
        let text = unsafe { CStr::from_ptr(super::status::afterbeep_status_str(status as i32)) };
        Self::plain(status, text.to_string_lossy())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        use afterbeep_status as status;
        let (status, field) = match &error {
            StoreError::Locked | StoreError::ReadOnly | StoreError::Full | StoreError::Failing(_) => {
                (status::STORE_UNAVAILABLE, "")
            }
            StoreError::Corrupt(_) | StoreError::TooNew { .. } | StoreError::Record { .. } => {
                (status::STORE_UNUSABLE, "")
            }
            StoreError::NoStore(_) => (status::STORE_MISSING, "directory"),
            StoreError::UnknownTenant(_) => (status::UNKNOWN, "tenant"),
            StoreError::UnknownVolume(_) => (status::UNKNOWN, "volume"),
            StoreError::UnknownMessage(_) => (status::UNKNOWN, "id"),
            StoreError::UnknownWebhook(_) => (status::UNKNOWN, "webhook"),
            StoreError::Retention => (status::CONFIG, "retention_s"),
            StoreError::Url(_) => (status::CONFIG, "url"),
            StoreError::Secret => (status::CONFIG, "secret"),
            StoreError::UnknownAgent { .. } => (status::UNKNOWN, "agent"),
            StoreError::TenantExists(_) => (status::TAKEN, "tenant"),
            StoreError::RootIsTheStores(_) | StoreError::RootTaken { .. } => (status::TAKEN, "root"),
            StoreError::VolumeExists(_) => (status::TAKEN, "volume"),
            StoreError::TenantStays(_) => (status::CONFIG, "tenant"),
            StoreError::TenantBeingDeleted(_) => (status::TENANT_CLOSED, "tenant"),
            StoreError::TenantRecording { .. } => (status::RECORDING, "tenant"),
            StoreError::TenantHeld { .. } | StoreError::Held(_) => (status::HELD, ""),
            StoreError::Transition { .. } => (status::TRANSITION, "status"),
            StoreError::Name { what, .. } => (status::CONFIG, *what),
            StoreError::TimeZone(_) => (status::CONFIG, "time_zone"),
            StoreError::Io { .. } | StoreError::Database(_) => (status::IO, ""),
        };
        let os_error = match &error {
            StoreError::Io { cause, .. } => cause.raw_os_error().unwrap_or(0),
            _ => 0,
        };
        Self { status, os_error, field, text: error.to_string() }
    }
}

impl From<ElementError> for Failure {
    fn from(error: ElementError) -> Self {
        let text = error.to_string();
        let (status, field) = match error {
            ElementError::Store(error) => return error.into(),
            ElementError::Open(error) => return error.into(),
            ElementError::Defaults(..) => (afterbeep_status::CONFIG, "defaults"),
            ElementError::Json(_) => (afterbeep_status::CONFIG, "json"),
            ElementError::Recording(config) => (afterbeep_status::CONFIG, config.field),
            ElementError::VariableName(field) => (afterbeep_status::CONFIG, field),
            ElementError::SameVariable(_) => (afterbeep_status::CONFIG, "location_variable"),
            ElementError::NotText(_) => (afterbeep_status::VARIABLE, ""),
            ElementError::File => (afterbeep_status::CONFIG, "file"),
            ElementError::QuotaExceeded(_) => (afterbeep_status::QUOTA_EXCEEDED, "tenant"),
            ElementError::Closed(_) => (afterbeep_status::TENANT_CLOSED, "tenant"),
        };
        Self { status, os_error: 0, field, text }
    }
}
