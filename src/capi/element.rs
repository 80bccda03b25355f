//! `afterbeep_element_runner` and `afterbeep_element_call`.

use super::engine::afterbeep_engine;
use super::error::{Failure, afterbeep_error};
use super::guard;
use super::leave_message::afterbeep_leave_message;
use super::memory::{hand_over, is_sized, object, read_sized, take_back, write_sized};
use super::message::afterbeep_message_status;
use super::session::afterbeep_session;
use super::session_config::{self, afterbeep_session_config};
use super::status::afterbeep_status;
use super::store::afterbeep_store;
use super::store_failure::{c_text, given, invalid, optional, run};
use super::variables::afterbeep_variables;
use crate::element::{Branch, Call, ElementRunner, Outcome, RunningElement};
use crate::engine::SessionHandle;
use crate::line::SampleRate;
use crate::store::{AgentDirectory, Recorder, RecorderOptions, StoreError};
use std::ffi::{CString, c_char, c_int, c_void};
use std::fmt;
use std::io;
use std::mem::size_of;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// A host's function that says whether a tenant has such an agent or skill queue: 1 it has, 0 it has not, less than 0 that
/// nobody can say now, which makes the message *allocation failed*. Called on the thread that calls
/// afterbeep_element_begin(), never on a media thread; it may block, and several threads may call it at the same time.
pub type afterbeep_directory_callback =
    Option<unsafe extern "C" fn(tenant: *const c_char, name: *const c_char, user_data: *mut c_void) -> c_int>;

/// How a runner works. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_element_runner_config {
    /// sizeof(afterbeep_element_runner_config), set by afterbeep_element_runner_config_init().
    pub struct_size: u32,
    /// Changes that may await the store's thread, [1, 1048576]; 16384 by default.
    pub queue: u32,
    /// Changes kept in memory while neither the store nor its journal can be written, [0, 1048576]; 4096 by default.
    pub memory: u32,
    /// How often a store that could not be written is tried again, in milliseconds, [1, 600000]; 250 by default.
    pub retry_ms: u32,
    /// 1 (default) computes the SHA-256 of messages on a thread of its own, 0 does not.
    pub digests: u32,
    /// Zero.
    pub reserved: u32,
    /// Says which agents are known; NULL (default) for the store's table.
    pub knows_agent: afterbeep_directory_callback,
    /// Says which skill queues are known; NULL (default): all of them.
    pub knows_queue: afterbeep_directory_callback,
    /// For both.
    pub user_data: *mut c_void,
}

/// What a recorder has done so far. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_recorder_statistics {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// 1: the store takes what comes.
    pub available: u32,
    /// Changes that are in the store.
    pub written: u64,
    /// Changes that went to the journal, as the store could not be written.
    pub deferred: u64,
    /// Changes that nothing could take; afterbeep_store_sweep() makes up for them.
    pub lost: u64,
}

/// What a host knows about a call when it comes to the element. The size of this struct is part of the ABI: fields are only
/// appended. All is borrowed for the call that takes the struct.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_element_call_config {
    /// sizeof(afterbeep_element_call_config), set by afterbeep_element_call_config_init().
    pub struct_size: u32,
    /// The line's sample rate in hertz; 8000 by default.
    pub sample_rate_hz: u32,
    /// The flow's variables; NULL (default) for none.
    pub variables: *const afterbeep_variables,
    /// The call's channel; NULL (default) for none.
    pub channel: *const c_char,
    /// How the file is written: of its fields those of the file count, from format on, but neither directory nor name. NULL
    /// (default) for a session's defaults.
    pub file: *const afterbeep_session_config,
    /// What the record is to hold beside that: data_count keys and as many values; NULL (default) for nothing.
    pub data_keys: *const *const c_char,
    /// Their values.
    pub data_values: *const *const c_char,
    /// How many, [0, 1000].
    pub data_count: usize,
}

/// Where the flow goes on.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_branch {
    /// The element has done its work; the caller is still there.
    NEXT = 1,
    /// The caller has gone: the flow ends.
    HANGUP = 2,
    /// An internal error: SYSERROR_INNER.
    ERROR = 3,
    /// The same, where the element has no branch for it: the flow's exception handling gets it.
    EXCEPTION = 4,
}

/// Room for a message's id, NUL included.
pub const AFTERBEEP_MESSAGE_ID_BYTES: usize = 37;

/// What the element leaves to the flow. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_outcome {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// Where it goes on: afterbeep_branch.
    pub branch: u32,
    /// Why the recording ended, the finer reason: afterbeep_end_reason.
    pub end_reason: u32,
    /// 1: the message has a record. 0: nothing was left, or it is to have none.
    pub has_record: u32,
    /// The record's status: afterbeep_message_status, where it has one.
    pub status: u32,
    /// Its id, or "".
    pub message_id: [c_char; AFTERBEEP_MESSAGE_ID_BYTES],
    /// Zero.
    pub reserved: [u8; 3],
    /// The file's volume, by name; NULL where there is no file. Valid until the call is destroyed.
    pub volume: *const c_char,
    /// The file's path, relative to the volume; NULL where there is no file. Valid until the call is destroyed.
    pub path: *const c_char,
}

const RUNNER_OLDEST: usize = size_of::<afterbeep_element_runner_config>();
const STATISTICS_OLDEST: usize = size_of::<afterbeep_recorder_statistics>();
const CALL_OLDEST: usize = size_of::<afterbeep_element_call_config>();
const OUTCOME_OLDEST: usize = size_of::<afterbeep_outcome>();

/// Runs elements on an engine and a store, and writes their records from a thread of its own. One serves any number of calls,
/// from any threads at the same time, but no media thread.
///
/// Methods: afterbeep_element_runner_create(), _flush(), _statistics(), _destroy(); afterbeep_element_begin().
#[derive(Debug)]
pub struct afterbeep_element_runner {
    runner: Arc<ElementRunner>,
}

/// An element whose message is being recorded, or was. For one thread at a time.
///
/// Methods: afterbeep_element_begin(), afterbeep_element_call_session(), _message_id(), _finish(), _destroy().
#[derive(Debug)]
pub struct afterbeep_element_call {
    runner: Arc<ElementRunner>,
    session: SessionHandle,
    message_id: String,
    /// `None` once it is finished.
    running: Option<RunningElement>,
    volume: Option<CString>,
    path: Option<CString>,
}

/// The host's own directory.
struct HostDirectory {
    knows_agent: afterbeep_directory_callback,
    knows_queue: afterbeep_directory_callback,
    user_data: *mut c_void,
    store: Arc<dyn AgentDirectory>,
}

// SAFETY: the host vouches that its functions may be called with its data from any thread, at the same time.
unsafe impl Send for HostDirectory {}
// SAFETY: as above.
unsafe impl Sync for HostDirectory {}

impl fmt::Debug for HostDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostDirectory").finish_non_exhaustive()
    }
}

impl HostDirectory {
    fn ask(
        &self,
        callback: afterbeep_directory_callback,
        tenant: &str,
        name: &str,
    ) -> Option<Result<bool, StoreError>> {
        let (tenant, name) = (c_text(tenant), c_text(name));
        // SAFETY: the host vouches for the function and its data.
        let answer = unsafe { callback?(tenant.as_ptr(), name.as_ptr(), self.user_data) };
        Some(match answer {
            0 => Ok(false),
            1.. => Ok(true),
            _ => Err(StoreError::Io {
                path: "the host's directory".into(),
                cause: io::Error::other("it does not answer"),
            }),
        })
    }
}

impl AgentDirectory for HostDirectory {
    fn knows_agent(&self, tenant: &str, agent: &str) -> Result<bool, StoreError> {
        self.ask(self.knows_agent, tenant, agent).unwrap_or_else(|| self.store.knows_agent(tenant, agent))
    }

    fn knows_queue(&self, tenant: &str, queue: &str) -> Result<bool, StoreError> {
        self.ask(self.knows_queue, tenant, queue).unwrap_or_else(|| self.store.knows_queue(tenant, queue))
    }
}

impl Default for afterbeep_element_runner_config {
    fn default() -> Self {
        let options = RecorderOptions::default();
        Self {
            struct_size: size_of::<Self>() as u32,
            queue: options.queue as u32,
            memory: options.memory as u32,
            retry_ms: options.retry.as_millis() as u32,
            digests: options.digests.into(),
            reserved: 0,
            knows_agent: None,
            knows_queue: None,
            user_data: ptr::null_mut(),
        }
    }
}

impl Default for afterbeep_element_call_config {
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            sample_rate_hz: SampleRate::NARROWBAND.hz(),
            variables: ptr::null(),
            channel: ptr::null(),
            file: ptr::null(),
            data_keys: ptr::null(),
            data_values: ptr::null(),
            data_count: 0,
        }
    }
}

/// Fills *config with the defaults.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_element_runner_config) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_runner_config_init(
    config: *mut afterbeep_element_runner_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults =
            afterbeep_element_runner_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, RUNNER_OLDEST, &defaults) }
    })
}

/// Starts what runs elements, and writes what a crash has left in the store's journals.
///
/// @param store       not NULL; it may be closed before the runner is destroyed.
/// @param config      in; NULL for the defaults. Copied.
/// @param error       out; why it failed; written on failure only. May be NULL.
/// @param out_runner  out, not NULL; NULL on failure. Destroy it with afterbeep_element_runner_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a size is wrong, or a field is out of range.
/// @retval AFTERBEEP_STATUS_STORE_UNUSABLE, _IO  the journal cannot be made, or a thread not be started.
/// @retval AFTERBEEP_STATUS_CLOSED, _FORKED   the store was closed, or is another process's.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; the callbacks may be called with `user_data` until the runner is destroyed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_runner_create(
    store: *const afterbeep_store,
    config: *const afterbeep_element_runner_config,
    error: *mut afterbeep_error,
    out_runner: *mut *mut afterbeep_element_runner,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_runner)? = ptr::null_mut();
            let store = afterbeep_store::open(store)?;
            let mut fields = afterbeep_element_runner_config::default();
            if !config.is_null() {
                fields = read_sized(config, RUNNER_OLDEST, fields)?;
            }
            const MOST: u32 = 1 << 20;
            if !(1..=MOST).contains(&fields.queue) || fields.memory > MOST {
                return Err(invalid("queue", "1 to 1048576, and memory 0 to 1048576"));
            }
            if !(1..=600_000).contains(&fields.retry_ms) || fields.digests > 1 || fields.reserved != 0 {
                return Err(invalid("retry_ms", "1 to 600000, digests 0 or 1, and reserved 0"));
            }
            let options = RecorderOptions {
                queue: fields.queue as usize,
                memory: fields.memory as usize,
                retry: Duration::from_millis(fields.retry_ms.into()),
                digests: fields.digests == 1,
                observer: None,
            };
            let recorder = Recorder::start(Arc::clone(store) as _, options)?;
            let mut runner = ElementRunner::new(Arc::clone(store) as _, recorder);
            if fields.knows_agent.is_some() || fields.knows_queue.is_some() {
                runner = runner.with_directory(Arc::new(HostDirectory {
                    knows_agent: fields.knows_agent,
                    knows_queue: fields.knows_queue,
                    user_data: fields.user_data,
                    store: Arc::clone(store) as _,
                }));
            }
            Ok(hand_over(out_runner, afterbeep_element_runner { runner: Arc::new(runner) })?)
        })
    }
}

/// Waits until the records of everything that came before are in the store, digests included.
///
/// @param runner      not NULL.
/// @param timeout_ms  how long to wait at most.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      they are not, in this time.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  runner is NULL.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// `runner` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_runner_flush(
    runner: *const afterbeep_element_runner,
    timeout_ms: u32,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let runner = unsafe { runner.as_ref() }.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        let flushed = runner.runner.recorder().flush(Duration::from_millis(timeout_ms.into()));
        if flushed { Ok(()) } else { Err(afterbeep_status::NOT_FINISHED) }
    })
}

/// What the runner's recorder has done so far.
///
/// @param runner          not NULL.
/// @param out_statistics  out, not NULL; written on success only.
/// @param struct_size     sizeof(afterbeep_recorder_statistics) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `runner` is NULL or valid; `out_statistics` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_runner_statistics(
    runner: *const afterbeep_element_runner,
    out_statistics: *mut afterbeep_recorder_statistics,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for both.
        unsafe {
            let runner = runner.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
            let statistics = runner.runner.recorder().statistics();
            let fields = afterbeep_recorder_statistics {
                struct_size: struct_size as u32,
                available: statistics.available.into(),
                written: statistics.written,
                deferred: statistics.deferred,
                lost: statistics.lost,
            };
            write_sized(out_statistics, struct_size, STATISTICS_OLDEST, &fields)
        }
    })
}

/// Frees the runner. Its recorder writes what is queued, into its journal where the store takes nothing; it does so once the
/// last of the runner's calls is destroyed, too.
///
/// @param runner  NULL does nothing.
/// Thread: [control]; blocks. No other call with this runner may be under way.  Since: 0.1.
///
/// # Safety
/// `runner` is NULL, or came from afterbeep_element_runner_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_element_runner_destroy(runner: *mut afterbeep_element_runner) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(runner) };
        Ok(())
    });
}

/// Fills *config with the defaults.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_element_call_config) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_call_config_init(
    config: *mut afterbeep_element_call_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults =
            afterbeep_element_call_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, CALL_OLDEST, &defaults) }
    })
}

/// Begins a message: its record, then its file. Blocks on both, for a second at most on the record. A failure has left nothing
/// behind; afterbeep_element_refused() says what the flow does then.
///
/// @param runner    not NULL.
/// @param engine    not NULL.
/// @param element   not NULL; it may go before the call is finished.
/// @param config    in; NULL for the defaults. Copied.
/// @param error     out; why it failed; written on failure only. May be NULL.
/// @param out_call  out, not NULL; NULL on failure. Destroy it with afterbeep_element_call_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a number names nothing.
/// @retval AFTERBEEP_STATUS_UNKNOWN           the store has no such tenant.
/// @retval AFTERBEEP_STATUS_TENANT_CLOSED     it takes nothing new.
/// @retval AFTERBEEP_STATUS_QUOTA_EXCEEDED    its quota is full.
/// @retval AFTERBEEP_STATUS_VARIABLE          a variable that is to receive a string holds none.
/// @retval AFTERBEEP_STATUS_STORE_UNAVAILABLE, _STORE_UNUSABLE  the tenant cannot be looked up, and was not seen before.
/// @retval otherwise as afterbeep_session_open().
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_begin(
    runner: *const afterbeep_element_runner,
    engine: *const afterbeep_engine,
    element: *const afterbeep_leave_message,
    config: *const afterbeep_element_call_config,
    error: *mut afterbeep_error,
    out_call: *mut *mut afterbeep_element_call,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_call)? = ptr::null_mut();
            let runner = &runner.as_ref().ok_or_else(|| invalid("runner", "a runner"))?.runner;
            let element = &element.as_ref().ok_or_else(|| invalid("element", "an element"))?.element;
            let engine = afterbeep_engine::open(engine)?;
            let running = runner.begin(engine, element, &read_call(config)?)?;
            let call = afterbeep_element_call {
                runner: Arc::clone(runner),
                session: running.session(),
                message_id: running.message_id().map_or_else(String::new, |id| id.to_string()),
                running: Some(running),
                volume: None,
                path: None,
            };
            Ok(hand_over(out_call, call)?)
        })
    }
}

/// # Safety
/// `config` is NULL or valid, and so are its pointers.
unsafe fn read_call(config: *const afterbeep_element_call_config) -> Result<Call, Failure> {
    let mut fields = afterbeep_element_call_config::default();
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        if !config.is_null() {
            fields = read_sized(config, CALL_OLDEST, fields)?;
        }
        let variables = fields.variables.as_ref().map(|variables| variables.variables.clone());
        let mut call = Call::new(variables.unwrap_or_default());
        call.channel = optional("channel", fields.channel)?.map(str::to_owned);
        call.sample_rate = SampleRate::new(fields.sample_rate_hz).map_err(|error| {
            Failure::field(afterbeep_status::SAMPLE_RATE, "sample_rate_hz", error.to_string())
        })?;
        call.file = session_config::read_file(fields.file)?;
        let none = fields.data_keys.is_null() || fields.data_values.is_null();
        if fields.data_count > 1_000 || (fields.data_count > 0 && none) {
            return Err(invalid("data_count", "0 to 1000, and as many keys and values"));
        }
        for place in 0..fields.data_count {
            let key = given("data_keys", *fields.data_keys.add(place))?;
            let value = given("data_values", *fields.data_values.add(place))?;
            call.data.insert(key.to_owned(), value.to_owned());
        }
        Ok(call)
    }
}

/// The session to feed, as any other; afterbeep_element_call_finish() does not close it.
///
/// @param call  NULL has none.
/// @return the session, or {0}.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `call` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_element_call_session(
    call: *const afterbeep_element_call,
) -> afterbeep_session {
    // SAFETY: the caller vouches for it.
    let call = unsafe { call.as_ref() };
    afterbeep_session { value: call.map_or(0, |call| call.session.to_bits()) }
}

/// The id of the message's record.
///
/// @param call    not NULL.
/// @param buffer  out; the id, NUL-terminated: "" where the message is to have no record.
/// @param size    room in the buffer; AFTERBEEP_MESSAGE_ID_BYTES is enough.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  it does not fit.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  call is NULL.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `call` is NULL or valid; `buffer` is NULL or has room for `size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_call_message_id(
    call: *const afterbeep_element_call,
    buffer: *mut c_char,
    size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    guard(|| unsafe {
        let call = call.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        super::memory::copy_text(call.message_id.as_bytes(), buffer, size, ptr::null_mut())
    })
}

/// Ends an element with the result of its session, and says what the flow does next. The record follows on the runner's
/// thread.
///
/// @param call         not NULL.
/// @param timeout_ms   how long to wait for the session's result; 0 only looks.
/// @param variables    out; receives the flow's variables, those that the element has set included, in place of what it held. May be NULL.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_outcome  out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_outcome) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NOT_FINISHED      the session is not finished yet; call again.
/// @retval AFTERBEEP_STATUS_STALE             the session was closed before: the record is completed by
///                                            afterbeep_store_sweep() when this process has ended.
/// @retval AFTERBEEP_STATUS_CLOSED            the call was finished before.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
/// Thread: [control]; blocks.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `out_outcome` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_call_finish(
    call: *mut afterbeep_element_call,
    timeout_ms: u32,
    variables: *mut afterbeep_variables,
    error: *mut afterbeep_error,
    out_outcome: *mut afterbeep_outcome,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            let call = object(call)?;
            // Before the wait, so that a mistake shows at once.
            if out_outcome.is_null() || !is_sized(struct_size, OUTCOME_OLDEST) {
                return Err(afterbeep_status::INVALID_ARGUMENT.into());
            }
            if call.running.is_none() {
                return Err(Failure::plain(afterbeep_status::CLOSED, "the call was finished before"));
            }
            let result = call.session.result(Duration::from_millis(timeout_ms.into()));
            let result = result.map_err(afterbeep_status::from)?;
            let running = call.running.take().ok_or(afterbeep_status::CLOSED)?;
            let outcome = call.runner.finish(running, &result);
            call.volume = outcome.volume.as_deref().map(c_text);
            call.path = outcome.path.as_deref().map(c_text);
            let fields = afterbeep_outcome {
                volume: call.volume.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
                path: call.path.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
                ..fields_of(&outcome, struct_size)
            };
            tell(outcome, fields, variables, out_outcome, struct_size)
        })
    }
}

/// What the flow does where afterbeep_element_begin() failed: its branch is AFTERBEEP_BRANCH_ERROR, or _EXCEPTION where the
/// element has no branch for errors, and the variables that were to receive something are empty.
///
/// @param element      not NULL.
/// @param variables    in and out; the flow's. May be NULL.
/// @param out_outcome  out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_outcome) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or struct_size is wrong.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; `out_outcome` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_element_refused(
    element: *const afterbeep_leave_message,
    variables: *mut afterbeep_variables,
    out_outcome: *mut afterbeep_outcome,
    struct_size: usize,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(ptr::null_mut(), || {
            let element = &element.as_ref().ok_or(afterbeep_status::INVALID_ARGUMENT)?.element;
            let now = variables.as_ref().map(|variables| variables.variables.clone());
            let outcome = element.refused(now.unwrap_or_default());
            let fields = fields_of(&outcome, struct_size);
            tell(outcome, fields, variables, out_outcome, struct_size)
        })
    }
}

/// # Safety
/// Each pointer is NULL or valid; `out_outcome` has room for `struct_size` bytes.
unsafe fn tell(
    outcome: Outcome,
    fields: afterbeep_outcome,
    variables: *mut afterbeep_variables,
    out_outcome: *mut afterbeep_outcome,
    struct_size: usize,
) -> Result<(), Failure> {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        write_sized(out_outcome, struct_size, OUTCOME_OLDEST, &fields)?;
        if let Some(variables) = variables.as_mut() {
            variables.variables = outcome.variables;
        }
    }
    Ok(())
}

/// All but the file.
fn fields_of(outcome: &Outcome, struct_size: usize) -> afterbeep_outcome {
    let mut message_id = [0; AFTERBEEP_MESSAGE_ID_BYTES];
    if let Some(id) = outcome.message_id {
        let places = message_id.iter_mut();
        places.zip(id.to_string().bytes()).for_each(|(place, byte)| *place = byte as c_char);
    }
    let branch = match outcome.branch {
        Branch::Next => afterbeep_branch::NEXT,
        Branch::Hangup => afterbeep_branch::HANGUP,
        Branch::Error => afterbeep_branch::ERROR,
        Branch::Exception => afterbeep_branch::EXCEPTION,
    };
    let status = outcome.status.map(afterbeep_message_status::from);
    afterbeep_outcome {
        struct_size: struct_size as u32,
        branch: branch as u32,
        end_reason: outcome.end_reason as u32,
        has_record: outcome.message_id.is_some().into(),
        status: status.map_or(0, |status| status as u32),
        message_id,
        reserved: [0; 3],
        volume: ptr::null(),
        path: ptr::null(),
    }
}

/// Frees the call. One that was not finished stays in the store as it is until this process has ended and
/// afterbeep_store_sweep() completes it; its session is not closed.
///
/// @param call  NULL does nothing.
/// Thread: [control]; no other call with it may be under way.  Since: 0.1.
///
/// # Safety
/// `call` is NULL, or came from afterbeep_element_begin() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_element_call_destroy(call: *mut afterbeep_element_call) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(call) };
        Ok(())
    });
}
