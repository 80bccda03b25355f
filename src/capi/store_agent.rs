//! Agents of an `afterbeep_store`.

use super::error::{Failure, afterbeep_error};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, run};
use crate::store::{Agent, MessageStore};
use std::ffi::{c_char, c_void};
use std::ptr;

/// A host's function that is told each agent, on the caller's thread; the texts are borrowed for the call. A name may be
/// NULL.
pub type afterbeep_agent_callback =
    Option<unsafe extern "C" fn(agent_id: *const c_char, name: *const c_char, user_data: *mut c_void)>;

/// Adds agents to a tenant's directory, or renames them: all, or none.
///
/// @param store   not NULL.
/// @param tenant  not NULL.
/// @param agents  not NULL; the text of a list: a JSON array of objects with "agent_id", and "name" if there is one, or of
///                ids; or CSV with a head line, the column agent_id, and name if there is one. JSON begins with '['.
/// @param error   out; why it failed; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or a text is not UTF-8.
/// @retval AFTERBEEP_STATUS_CONFIG            the list cannot be read, or an id cannot be one.
/// @retval AFTERBEEP_STATUS_UNKNOWN           there is no such tenant.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE, _IO  the store cannot be used.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_import_agents(
    store: *const afterbeep_store,
    tenant: *const c_char,
    agents: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let (store, tenant) = (afterbeep_store::open(store)?, given("tenant", tenant)?);
            let text = given("agents", agents)?;
            let is_json = text.trim_start().starts_with('[');
            let agents =
                if is_json { Agent::from_json(text.as_bytes()) } else { Agent::from_csv(text.as_bytes()) };
            let agents = agents
                .map_err(|error| Failure::field(afterbeep_status::CONFIG, "agents", error.to_string()))?;
            Ok(store.import_agents(tenant, &agents)?)
        })
    }
}

/// Tells a tenant's agents, by id.
///
/// @param store      not NULL.
/// @param tenant     not NULL.
/// @param callback   called for each of them; not NULL.
/// @param user_data  for the callback.
/// @param error      out; why it failed; written on failure only. May be NULL.
/// @retval as afterbeep_store_import_agents().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `callback` may be called with `user_data`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_store_agents(
    store: *const afterbeep_store,
    tenant: *const c_char,
    callback: afterbeep_agent_callback,
    user_data: *mut c_void,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let callback = callback.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
            for agent in afterbeep_store::open(store)?.agents(given("tenant", tenant)?)? {
                let (id, name) = (c_text(&agent.agent_id), agent.name.as_deref().map(c_text));
                callback(id.as_ptr(), name.as_ref().map_or(ptr::null(), |name| name.as_ptr()), user_data);
            }
            Ok(())
        })
    }
}
