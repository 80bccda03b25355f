//! Pointers and structs that come from C.

use super::status::afterbeep_status;
use core::ffi::{CStr, c_char};
use core::mem::size_of;

/// No version of a struct will be larger: a size beyond it was never set.
const STRUCT_MAX: usize = 4_096;

/// Reads a struct that begins with its size, over this library's defaults.
///
/// A caller compiled against an older header leaves out the fields that it does not know; one
/// compiled against a newer header may set no field that this library does not know.
///
/// # Safety
/// `from` is NULL, or points to a `T` or a longer or shorter version of it, as its first `u32` tells.
pub(super) unsafe fn read_sized<T: Copy>(
    from: *const T,
    oldest: usize,
    mut defaults: T,
) -> Result<T, afterbeep_status> {
    if from.is_null() {
        return Err(afterbeep_status::INVALID_ARGUMENT);
    }
    // SAFETY: every version of the struct begins with its size.
    let size = unsafe { from.cast::<u32>().read_unaligned() } as usize;
    if size < oldest || size > STRUCT_MAX {
        return Err(afterbeep_status::INVALID_ARGUMENT);
    }
    let known = size.min(size_of::<T>());
    // SAFETY: the caller vouches for `size` bytes.
    let tail = unsafe { core::slice::from_raw_parts(from.cast::<u8>().add(known), size - known) };
    if tail.iter().any(|&byte| byte != 0) {
        return Err(afterbeep_status::INVALID_ARGUMENT);
    }
    // SAFETY: both are `known` bytes long; any bytes make a valid field of our structs.
    unsafe { core::ptr::copy_nonoverlapping(from.cast::<u8>(), (&raw mut defaults).cast::<u8>(), known) };
    Ok(defaults)
}

/// Whether a struct of this size may be written: no older than the oldest, and no longer than any will be.
pub(super) const fn is_sized(size: usize, oldest: usize) -> bool {
    oldest <= size && size <= STRUCT_MAX
}

/// Writes as much of a struct as the caller has room for, and returns that length.
///
/// # Safety
/// `to` is NULL or has room for `size` bytes.
pub(super) unsafe fn write_sized<T: Copy>(
    to: *mut T,
    size: usize,
    oldest: usize,
    value: &T,
) -> Result<(), afterbeep_status> {
    if to.is_null() || !is_sized(size, oldest) {
        return Err(afterbeep_status::INVALID_ARGUMENT);
    }
    let known = size.min(size_of::<T>());
    let bytes = to.cast::<u8>();
    // SAFETY: the caller vouches for `size` bytes; what we do not know is zeroed.
    unsafe {
        core::ptr::copy_nonoverlapping((&raw const *value).cast::<u8>(), bytes, known);
        bytes.add(known).write_bytes(0, size - known);
    }
    Ok(())
}

/// A NUL-terminated text in UTF-8.
///
/// # Safety
/// `text` is NULL or NUL-terminated, and stays as it is for `'a`.
pub(super) unsafe fn text<'a>(text: *const c_char) -> Result<Option<&'a str>, afterbeep_status> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller vouches for it.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|_| afterbeep_status::INVALID_ARGUMENT)
}

/// The most samples that memory can hold, as Rust counts it.
const SAMPLES_MAX: usize = isize::MAX as usize / size_of::<i16>();

/// A run of samples; it may be NULL where it is empty.
///
/// # Safety
/// `pcm` points to `sample_count` samples that nobody writes to for `'a`.
#[inline]
pub(super) unsafe fn samples<'a>(
    pcm: *const i16,
    sample_count: usize,
) -> Result<&'a [i16], afterbeep_status> {
    match (pcm.is_null(), sample_count) {
        (_, 0) => Ok(&[]),
        (true, _) | (_, SAMPLES_MAX..) => Err(afterbeep_status::INVALID_ARGUMENT),
        // SAFETY: the caller vouches for it.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts(pcm, sample_count) }),
    }
}

/// Room for samples; it may be NULL where it is empty.
///
/// # Safety
/// `pcm` points to `sample_count` samples that nobody else touches for `'a`.
#[cfg(feature = "std")]
#[inline]
pub(super) unsafe fn samples_mut<'a>(
    pcm: *mut i16,
    sample_count: usize,
) -> Result<&'a mut [i16], afterbeep_status> {
    match (pcm.is_null(), sample_count) {
        (_, 0) => Ok(&mut []),
        (true, _) | (_, SAMPLES_MAX..) => Err(afterbeep_status::INVALID_ARGUMENT),
        // SAFETY: the caller vouches for it.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts_mut(pcm, sample_count) }),
    }
}

/// Copies a text into the caller's buffer, NUL-terminated, and tells its whole length without the NUL.
///
/// # Safety
/// `buffer` is NULL or has room for `size` bytes; `out_len` is NULL or valid.
#[cfg(feature = "std")]
pub(super) unsafe fn copy_text(
    text: &[u8],
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> Result<(), afterbeep_status> {
    if !out_len.is_null() {
        // SAFETY: the caller vouches for it.
        unsafe { out_len.write(text.len()) };
    }
    if buffer.is_null() || size <= text.len() {
        return Err(afterbeep_status::BUFFER_TOO_SMALL);
    }
    // SAFETY: the text and its NUL fit into the buffer.
    unsafe {
        core::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), text.len());
        buffer.add(text.len()).write(0);
    }
    Ok(())
}

/// The object behind a pointer that a `_create` function gave.
///
/// # Safety
/// `object` is NULL, or was given by `_create`, was not destroyed, and is used by nobody else for `'a`.
pub(super) unsafe fn object<'a, T>(object: *mut T) -> Result<&'a mut T, afterbeep_status> {
    // SAFETY: the caller vouches for it.
    unsafe { object.as_mut() }.ok_or(afterbeep_status::INVALID_ARGUMENT)
}

/// Hands an object over to C.
///
/// # Safety
/// `out` is NULL or valid.
#[cfg(feature = "std")]
pub(super) unsafe fn hand_over<T>(out: *mut *mut T, value: T) -> Result<(), afterbeep_status> {
    if out.is_null() {
        return Err(afterbeep_status::INVALID_ARGUMENT);
    }
    // SAFETY: the caller vouches for it.
    unsafe { out.write(Box::into_raw(Box::new(value))) };
    Ok(())
}

/// Takes an object back; NULL is none.
///
/// # Safety
/// As [`object`]; nobody uses it afterwards.
#[cfg(feature = "std")]
pub(super) unsafe fn take_back<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: it came from `hand_over`.
        drop(unsafe { Box::from_raw(object) });
    }
}
