//! Why something could not be opened, in detail.

use super::status::afterbeep_status;
#[cfg(feature = "std")]
use crate::engine::OpenError;
#[cfg(feature = "std")]
use crate::message::CreateError;
use core::ffi::c_char;

/// Room for a field's name in afterbeep_error.
pub const AFTERBEEP_ERROR_FIELD_BYTES: usize = 32;
/// Room for the text in afterbeep_error.
pub const AFTERBEEP_ERROR_TEXT_BYTES: usize = 320;

/// Why something could not be created or opened. The size of this struct is part of the ABI.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_error {
    /// The status that the call answered.
    pub status: i32,
    /// The operating system's number (errno), or 0.
    pub os_error: i32,
    /// The configuration's field that is out of range, or "".
    pub field: [c_char; AFTERBEEP_ERROR_FIELD_BYTES],
    /// What was wrong and what to do, in English, cut to the size. A path in it is as given.
    pub text: [c_char; AFTERBEEP_ERROR_TEXT_BYTES],
}

impl afterbeep_error {
    /// An error without the operating system's part; the text comes in parts.
    fn new(status: afterbeep_status, field: &str, text: &[&str]) -> Self {
        Self { status: status as i32, os_error: 0, field: fixed(&[field]), text: fixed(text) }
    }

    /// Tells the caller, if the caller wants to know, that a field contradicts the rest or is out of range.
    ///
    /// # Safety
    /// `error` is NULL or valid.
    pub(super) unsafe fn tell_field(
        error: *mut Self,
        status: afterbeep_status,
        field: &str,
        text: &[&str],
    ) -> afterbeep_status {
        if !error.is_null() {
            // SAFETY: the caller vouches for it.
            unsafe { error.write(Self::new(status, field, text)) };
        }
        status
    }
}

/// A failure on its way to C: its status, the operating system's number, the field, the text.
#[cfg(feature = "std")]
pub(super) struct Failure {
    pub(super) status: afterbeep_status,
    pub(super) os_error: i32,
    pub(super) field: &'static str,
    pub(super) text: String,
}

#[cfg(feature = "std")]
impl Failure {
    pub(super) fn plain(status: afterbeep_status, text: impl Into<String>) -> Self {
        Self { status, os_error: 0, field: "", text: text.into() }
    }

    pub(super) fn field(status: afterbeep_status, field: &'static str, text: impl Into<String>) -> Self {
        Self { status, os_error: 0, field, text: text.into() }
    }

    /// Tells the caller, if the caller wants to know, and gives the status.
    ///
    /// # Safety
    /// `error` is NULL or valid.
    pub(super) unsafe fn tell(self, error: *mut afterbeep_error) -> afterbeep_status {
        let detail = afterbeep_error {
            os_error: self.os_error,
            ..afterbeep_error::new(self.status, self.field, &[&self.text])
        };
        if !error.is_null() {
            // SAFETY: the caller vouches for it.
            unsafe { error.write(detail) };
        }
        self.status
    }
}

#[cfg(feature = "std")]
impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let text = error.to_string();
        let os = |error: &std::io::Error| error.raw_os_error().unwrap_or(0);
        let (status, os_error, field) = match &error {
            OpenError::Config(config) => (afterbeep_status::CONFIG, 0, config.field),
            OpenError::File(file) => match file {
                CreateError::DirectoryMissing(_) => (afterbeep_status::NOT_FOUND, 0, ""),
                CreateError::NotADirectory(_) | CreateError::NotBeneath(_) => {
                    (afterbeep_status::NOT_A_DIRECTORY, 0, "")
                }
                CreateError::Name(_) => (afterbeep_status::FILE_NAME, 0, "file_name"),
                CreateError::Exists(_) => (afterbeep_status::EXISTS, 0, ""),
                CreateError::Missing(_) => (afterbeep_status::MESSAGE_MISSING, 0, "file_name"),
                CreateError::InUse(_) => (afterbeep_status::MESSAGE_IN_USE, 0, "file_name"),
                CreateError::Foreign(_) => (afterbeep_status::MESSAGE_FOREIGN, 0, "file_name"),
                CreateError::Different { what, .. } => {
                    let field = match *what {
                        "format" => "format",
                        "header" => "header_style",
                        _ => "file_rate_hz",
                    };
                    (afterbeep_status::MESSAGE_DIFFERENT, 0, field)
                }
                CreateError::Permission(_) => (afterbeep_status::PERMISSION, 0, ""),
                CreateError::Io { cause, .. } => (afterbeep_status::IO, os(cause), ""),
            },
            OpenError::Full(_) => (afterbeep_status::FULL, 0, ""),
            OpenError::Descriptors => (afterbeep_status::DESCRIPTORS, 0, ""),
            OpenError::DiskSpace { .. } | OpenError::DiskFull(_) => (afterbeep_status::DISK_SPACE, 0, ""),
            OpenError::CallbackSet => (afterbeep_status::BUSY, 0, ""),
            OpenError::FileSystemStalled(_) => (afterbeep_status::FILE_SYSTEM_STALLED, 0, ""),
            OpenError::Forked => (afterbeep_status::FORKED, 0, ""),
            OpenError::Start(cause) => (afterbeep_status::IO, os(cause), ""),
        };
        Self { status, os_error, field, text }
    }
}

/// A text in a fixed field, cut where a character ends, NUL-terminated.
fn fixed<const N: usize>(parts: &[&str]) -> [c_char; N] {
    let mut field = [0; N];
    let mut places = field.iter_mut().take(N - 1);
    for character in parts.iter().flat_map(|part| part.chars()) {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        if bytes.len() > places.len() {
            break;
        }
        places.by_ref().zip(bytes).for_each(|(place, &byte)| *place = byte as c_char);
    }
    field
}
