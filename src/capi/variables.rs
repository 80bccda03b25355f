//! `afterbeep_variables`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{copy_text, hand_over, object, take_back};
use super::status::afterbeep_status;
use super::store_failure::{given, run};
use crate::element::{Value, Variables};
use std::ffi::c_char;
use std::ptr;

/// The variables of a call flow, by name: texts, numbers and booleans. For one thread at a time.
///
/// Methods: afterbeep_variables_create(), _set_text(), _set_number(), _set_boolean(), _get(), _name(), _destroy().
#[derive(Debug, Default)]
pub struct afterbeep_variables {
    pub(super) variables: Variables,
}

/// Makes variables; there are none yet.
///
/// @param out_variables  out, not NULL. Destroy it with afterbeep_variables_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_variables is NULL.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `out_variables` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_create(
    out_variables: *mut *mut afterbeep_variables,
) -> afterbeep_status {
    // SAFETY: the caller vouches for it.
    guard(|| unsafe { hand_over(out_variables, afterbeep_variables::default()) })
}

/// Gives a variable a text.
///
/// @param variables  not NULL.
/// @param name       not NULL.
/// @param text       not NULL; copied.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_set_text(
    variables: *mut afterbeep_variables,
    name: *const c_char,
    text: *const c_char,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe { set(variables, name, || Ok(Value::Text(given("text", text)?.to_owned()))) }
}

/// Gives a variable a number.
///
/// @param variables  not NULL.
/// @param name       not NULL.
/// @param number     any.
/// @retval as afterbeep_variables_set_text().
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_set_number(
    variables: *mut afterbeep_variables,
    name: *const c_char,
    number: i64,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe { set(variables, name, || Ok(Value::Number(number))) }
}

/// Makes a variable true or false.
///
/// @param variables  not NULL.
/// @param name       not NULL.
/// @param boolean    0 is false, any other number true.
/// @retval as afterbeep_variables_set_text().
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_set_boolean(
    variables: *mut afterbeep_variables,
    name: *const c_char,
    boolean: u32,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe { set(variables, name, || Ok(Value::Boolean(boolean != 0))) }
}

/// # Safety
/// Each pointer is NULL or valid.
unsafe fn set(
    variables: *mut afterbeep_variables,
    name: *const c_char,
    value: impl FnOnce() -> Result<Value, Failure>,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(ptr::null_mut::<afterbeep_error>(), || {
            let variables = object(variables)?;
            variables.variables.set(given("name", name)?, value()?);
            Ok(())
        })
    }
}

/// What a variable holds, as a text: a number in decimal, "true" or "false".
///
/// @param variables  not NULL.
/// @param name       not NULL.
/// @param buffer     out; the text, NUL-terminated.
/// @param size       room in the buffer.
/// @param out_len    out; the text's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_NONE              there is no such variable.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the text and its NUL do not fit; *out_len is set.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or name is not UTF-8.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `buffer` is NULL or has room for `size` bytes; each other pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_get(
    variables: *const afterbeep_variables,
    name: *const c_char,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(ptr::null_mut(), || {
            let variables = variables.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
            let value = variables.variables.get(given("name", name)?).ok_or(afterbeep_status::NONE)?;
            Ok(copy_text(value.to_string().as_bytes(), buffer, size, out_len)?)
        })
    }
}

/// The name of a variable, in the order of the names.
///
/// @param variables  not NULL.
/// @param index      from 0 on.
/// @param buffer     out; the name, NUL-terminated.
/// @param size       room in the buffer.
/// @param out_len    out; the name's length without the NUL. May be NULL.
/// @retval AFTERBEEP_STATUS_NONE  there are no more.
/// @retval otherwise as afterbeep_variables_get().
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// As for afterbeep_variables_get().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_variables_name(
    variables: *const afterbeep_variables,
    index: usize,
    buffer: *mut c_char,
    size: usize,
    out_len: *mut usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    guard(|| unsafe {
        let variables = variables.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        let (name, _) = variables.variables.iter().nth(index).ok_or(afterbeep_status::NONE)?;
        copy_text(name.as_bytes(), buffer, size, out_len)
    })
}

/// Frees the variables.
///
/// @param variables  NULL does nothing.
/// Thread: [any]; no other call with them may be under way.  Since: 0.1.
///
/// # Safety
/// `variables` is NULL, or came from afterbeep_variables_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_variables_destroy(variables: *mut afterbeep_variables) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(variables) };
        Ok(())
    });
}
