//! `afterbeep_session_event`.

use super::guard;
use super::memory::{is_sized, write_sized};
use super::session::afterbeep_session;
use super::status::afterbeep_status;
use crate::engine::SessionHandle;
use crate::session::{DigitEvent, SessionEvent};
use std::mem::size_of;

/// What an event tells. Numbers are never reused; skip those that you do not know.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "these are the names that C sees")]
pub enum afterbeep_session_event_type {
    /// A digit that did not end the message.
    DIGIT = 1,
    /// A call-progress tone that does not end one: ringback, call waiting, a fax that calls.
    TONE = 2,
}

/// What a session tells as it happens. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_session_event {
    /// The size that the caller gave.
    pub struct_size: u32,
    /// What it tells: afterbeep_session_event_type.
    pub event_type: u32,
    /// The digit, as its character, or 0.
    pub digit: u32,
    /// Where the digit came from: afterbeep_digit_source, or 0.
    pub digit_source: u32,
    /// Where it began, in samples pushed since the session was opened, the beep's included.
    pub start_sample: u64,
    /// The tone: afterbeep_tone_kind, or 0.
    pub tone: u32,
    /// Zero.
    pub reserved: u32,
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_session_event>();

const NOTHING: afterbeep_session_event = afterbeep_session_event {
    struct_size: 0,
    event_type: 0,
    digit: 0,
    digit_source: 0,
    start_sample: 0,
    tone: 0,
    reserved: 0,
};

/// Takes the oldest event that awaits, also after the message's end. 64 are kept. Digits stand in no log.
///
/// @param session      any value.
/// @param out_event    out, not NULL; written on success only.
/// @param struct_size  sizeof(afterbeep_session_event) as the caller was compiled.
/// @retval AFTERBEEP_STATUS_NONE              none awaits.
/// @retval AFTERBEEP_STATUS_OVERRUN           told once: later events were lost, because too many awaited.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_event is NULL, or struct_size is less than in 0.1.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `out_event` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_poll_event(
    session: afterbeep_session,
    out_event: *mut afterbeep_session_event,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        // Before an event is taken, so that none is lost by mistake.
        if out_event.is_null() || !is_sized(struct_size, OLDEST) {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        let event = SessionHandle::from(session).poll_event()?.ok_or(afterbeep_status::NONE)?;
        let fields = match event {
            SessionEvent::Digit(DigitEvent { digit, source, start_sample }) => afterbeep_session_event {
                event_type: afterbeep_session_event_type::DIGIT as u32,
                digit: digit.as_char().into(),
                digit_source: source as u32,
                start_sample,
                ..NOTHING
            },
            SessionEvent::Tone { kind, start_sample } => afterbeep_session_event {
                event_type: afterbeep_session_event_type::TONE as u32,
                tone: kind as u32,
                start_sample,
                ..NOTHING
            },
        };
        let event = afterbeep_session_event { struct_size: struct_size as u32, ..fields };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(out_event, struct_size, OLDEST, &event) }
    })
}
