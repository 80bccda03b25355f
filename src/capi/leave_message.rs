//! `afterbeep_leave_message`.

use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{hand_over, object, read_sized, take_back, write_sized};
use super::silence::afterbeep_silence_mode;
use super::status::afterbeep_status;
use super::store_failure::{given, invalid, optional, run, switch};
use crate::element::{LeaveMessage, RecordingParameters, SilenceThreshold, Source};
use std::ffi::c_char;
use std::mem::size_of;
use std::ptr;

/// What a Leave Message element of a flow says; docs/element.md has each. The size of this struct is part of the ABI:
/// fields are only appended. Texts are UTF-8, borrowed for the call; NULL (default) is none.
///
/// Of each pair of a constant and a variable at most one is set.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_leave_message_config {
    /// sizeof(afterbeep_leave_message_config), set by afterbeep_leave_message_config_init().
    pub struct_size: u32,
    /// 1 (default) keeps a record of the message; 0: there is a file and nothing else.
    pub record_message: u32,
    /// Whose messages they are; not NULL.
    pub tenant: *const c_char,
    /// The node's name for people.
    pub node_name: *const c_char,
    /// The node, as the flow's host knows it.
    pub node_id: *const c_char,
    /// The agent who handles the message.
    pub agent: *const c_char,
    /// The variable that names the agent.
    pub agent_variable: *const c_char,
    /// The skill queue that handles it, where no agent is named.
    pub queue: *const c_char,
    /// The variable that names the queue.
    pub queue_variable: *const c_char,
    /// Who calls.
    pub caller: *const c_char,
    /// The variable that holds the caller.
    pub caller_variable: *const c_char,
    /// The number that was called.
    pub called: *const c_char,
    /// The variable that holds that number.
    pub called_variable: *const c_char,
    /// The string variable that receives the file's path, relative to the volume.
    pub file_name_variable: *const c_char,
    /// The recording node that holds the file.
    pub location_id: *const c_char,
    /// The string variable that receives the location.
    pub location_variable: *const c_char,
    /// The keys that end the message: "any", "none", or a set such as "#*"; "#" by default.
    pub terminators: *const c_char,
    /// What counts as a digit, by the profile's name; NULL (default) for the default.
    pub dtmf_profile: *const c_char,
    /// Countries, and generic, with commas between them; NULL (default) for none.
    pub tone_plan: *const c_char,
    /// 1: the flow has a branch for errors; 0 (default): its exception handling gets them.
    pub error_branch: u32,
    /// As in afterbeep_session_config, and so are the following.
    pub max_duration_ms: u32,
    /// 1 (default) or 0.
    pub beep: u32,
    /// 0 by default.
    pub echo_guard_ms: u32,
    /// 1 or 0 (default).
    pub mask_digits: u32,
    /// 0 (default) for off.
    pub initial_silence_ms: u32,
    /// 0 (default) for off.
    pub final_silence_ms: u32,
    /// 1 or 0 (default).
    pub trim_final_silence: u32,
    /// Counts where trim_final_silence is 1.
    pub final_silence_tail_ms: u32,
    /// afterbeep_silence_mode.
    pub silence_mode: u32,
    /// Where the mode is fixed; ignored otherwise.
    pub silence_threshold_dbm0: f32,
    /// 1 or 0 (default).
    pub start_on_speech: u32,
    /// 300 by default.
    pub pre_roll_ms: u32,
    /// 0 by default.
    pub min_duration_ms: u32,
    /// 1 or 0 (default).
    pub delete_too_short: u32,
    /// 1 or 0 (default).
    pub delete_initial_silence: u32,
    /// 0 (default) for silence.
    pub comfort_noise_dbm0: f32,
    /// 250 by default.
    pub line_drop_debounce_ms: u32,
    /// 0 (default) for the plan's own; needs a tone plan.
    pub continuous_tone_ms: u32,
    /// Zero.
    pub reserved: u32,
}

const OLDEST: usize = size_of::<afterbeep_leave_message_config>();

/// A Leave Message element of a flow. It does not change: any number of threads may use it at the same time.
///
/// Methods: afterbeep_leave_message_create(), _create_from_json(), _destroy(); afterbeep_element_begin().
#[derive(Debug)]
pub struct afterbeep_leave_message {
    pub(super) element: LeaveMessage,
}

impl Default for afterbeep_leave_message_config {
    fn default() -> Self {
        let session = super::session_config::afterbeep_session_config::default();
        let none = ptr::null();
        Self {
            struct_size: size_of::<Self>() as u32,
            record_message: 1,
            tenant: none,
            node_name: none,
            node_id: none,
            agent: none,
            agent_variable: none,
            queue: none,
            queue_variable: none,
            caller: none,
            caller_variable: none,
            called: none,
            called_variable: none,
            file_name_variable: none,
            location_id: none,
            location_variable: none,
            terminators: c"#".as_ptr(),
            dtmf_profile: none,
            tone_plan: none,
            error_branch: 0,
            max_duration_ms: session.max_duration_ms,
            beep: 1,
            echo_guard_ms: 0,
            mask_digits: 0,
            initial_silence_ms: 0,
            final_silence_ms: 0,
            trim_final_silence: 0,
            final_silence_tail_ms: session.final_silence_tail_ms,
            silence_mode: session.silence_mode,
            silence_threshold_dbm0: session.silence_threshold_dbm0,
            start_on_speech: 0,
            pre_roll_ms: session.pre_roll_ms,
            min_duration_ms: 0,
            delete_too_short: 0,
            delete_initial_silence: 0,
            comfort_noise_dbm0: 0.0,
            line_drop_debounce_ms: session.line_drop_debounce_ms,
            continuous_tone_ms: 0,
            reserved: 0,
        }
    }
}

/// Fills *config with the defaults.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_leave_message_config) as the caller was compiled; no byte past it is written.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_leave_message_config_init(
    config: *mut afterbeep_leave_message_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults =
            afterbeep_leave_message_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, OLDEST, &defaults) }
    })
}

/// Makes an element of a struct.
///
/// @param config       in, not NULL; copied.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_element  out, not NULL; NULL on failure. Destroy it with afterbeep_leave_message_destroy().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a size is wrong, or a number names nothing.
/// @retval AFTERBEEP_STATUS_CONFIG            a field is out of range; the error says which.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_leave_message_create(
    config: *const afterbeep_leave_message_config,
    error: *mut afterbeep_error,
    out_element: *mut *mut afterbeep_leave_message,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_element)? = ptr::null_mut();
            let fields = read_sized(config, OLDEST, afterbeep_leave_message_config::default())?;
            let element = translate(&fields)?;
            element.validate()?;
            Ok(hand_over(out_element, afterbeep_leave_message { element })?)
        })
    }
}

/// Makes an element of JSON, as the command line has it.
///
/// @param json         not NULL. An unknown key is an error that names it.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_element  out, not NULL; NULL on failure. Destroy it with afterbeep_leave_message_destroy().
/// @retval as afterbeep_leave_message_create().
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_leave_message_create_from_json(
    json: *const c_char,
    error: *mut afterbeep_error,
    out_element: *mut *mut afterbeep_leave_message,
) -> afterbeep_status {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        run(error, || {
            *object(out_element)? = ptr::null_mut();
            let element = LeaveMessage::from_json(given("json", json)?)?;
            Ok(hand_over(out_element, afterbeep_leave_message { element })?)
        })
    }
}

/// Frees the element. Messages that it began go on.
///
/// @param element  NULL does nothing.
/// Thread: [any]; no other call with it may be under way.  Since: 0.1.
///
/// # Safety
/// `element` is NULL, or came from afterbeep_leave_message_create() or _create_from_json() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_leave_message_destroy(element: *mut afterbeep_leave_message) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(element) };
        Ok(())
    });
}

/// # Safety
/// Texts are NULL or NUL-terminated.
unsafe fn translate(fields: &afterbeep_leave_message_config) -> Result<LeaveMessage, Failure> {
    // SAFETY: the caller vouches for the texts.
    let text = |field, pointer| unsafe { optional(field, pointer) }.map(|text| text.map(str::to_owned));
    let source = |field, constant, variable| match (text(field, constant)?, text(field, variable)?) {
        (Some(_), Some(_)) => {
            let says = format!("{field} is a constant and a variable; set one of them");
            Err(Failure::field(afterbeep_status::CONFIG, field, says))
        }
        (Some(constant), None) => Ok(Some(Source::Constant(constant))),
        (None, variable) => Ok(variable.map(Source::Variable)),
    };
    let some = |ms: u32| (ms > 0).then_some(ms);
    if fields.reserved != 0 {
        return Err(invalid("reserved", "0"));
    }
    const FIXED: u32 = afterbeep_silence_mode::FIXED as u32;
    const ADAPTIVE: u32 = afterbeep_silence_mode::ADAPTIVE as u32;
    let (silence, threshold) = match fields.silence_mode {
        FIXED => (SilenceThreshold::Fixed, Some(fields.silence_threshold_dbm0)),
        ADAPTIVE => (SilenceThreshold::Adaptive, None),
        _ => return Err(invalid("silence_mode", "an afterbeep_silence_mode")),
    };
    let recording = RecordingParameters {
        max_duration_ms: fields.max_duration_ms,
        beep: switch("beep", fields.beep)?,
        echo_guard_ms: fields.echo_guard_ms,
        terminators: text("terminators", fields.terminators)?.unwrap_or_else(|| "none".to_owned()),
        dtmf_profile: text("dtmf_profile", fields.dtmf_profile)?,
        mask_digits: switch("mask_digits", fields.mask_digits)?,
        initial_silence_ms: some(fields.initial_silence_ms),
        final_silence_ms: some(fields.final_silence_ms),
        final_silence_tail_ms: switch("trim_final_silence", fields.trim_final_silence)?
            .then_some(fields.final_silence_tail_ms),
        silence,
        silence_threshold_dbm0: threshold,
        start_on_speech: switch("start_on_speech", fields.start_on_speech)?,
        pre_roll_ms: fields.pre_roll_ms,
        min_duration_ms: some(fields.min_duration_ms),
        delete_too_short: switch("delete_too_short", fields.delete_too_short)?,
        delete_initial_silence: switch("delete_initial_silence", fields.delete_initial_silence)?,
        comfort_noise_dbm0: (fields.comfort_noise_dbm0 != 0.0).then_some(fields.comfort_noise_dbm0),
        line_drop_debounce_ms: fields.line_drop_debounce_ms,
        tone_plan: text("tone_plan", fields.tone_plan)?,
        continuous_tone_ms: some(fields.continuous_tone_ms),
    };
    // SAFETY: the caller vouches for the text.
    let tenant = unsafe { given("tenant", fields.tenant) }?;
    Ok(LeaveMessage {
        node_name: text("node_name", fields.node_name)?,
        node_id: text("node_id", fields.node_id)?,
        agent: source("agent", fields.agent, fields.agent_variable)?,
        queue: source("queue", fields.queue, fields.queue_variable)?,
        file_name_variable: text("file_name_variable", fields.file_name_variable)?,
        location_id: text("location_id", fields.location_id)?,
        location_variable: text("location_variable", fields.location_variable)?,
        recording,
        record_message: switch("record_message", fields.record_message)?,
        caller: source("caller", fields.caller, fields.caller_variable)?,
        called: source("called", fields.called, fields.called_variable)?,
        error_branch: switch("error_branch", fields.error_branch)?,
        ..LeaveMessage::new(tenant)
    })
}
