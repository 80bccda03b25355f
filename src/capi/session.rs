//! `afterbeep_session`.

use super::engine::afterbeep_engine;
use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{object, samples, samples_mut};
use super::session_config::{self, afterbeep_session_config};
use super::status::afterbeep_status;
use super::telephone_event::afterbeep_telephone_event;
use crate::dsp::dtmf::Digit;
use crate::engine::{Push, SessionError, SessionHandle, push_many};
use crate::session::PauseMode;
use std::ffi::c_char;

/// Longest frame that one call takes: a fifth of a second at 48 kHz.
pub const AFTERBEEP_FRAME_MAX_SAMPLES: usize = 9_600;
const _: () = assert!(AFTERBEEP_FRAME_MAX_SAMPLES == crate::line::FRAME_MAX_SAMPLES);

/// A session: a value to copy, not a pointer. 0 is none. Once it is closed, every call with it
/// answers AFTERBEEP_STATUS_STALE; a value that was never given out, AFTERBEEP_STATUS_FOREIGN.
///
/// Methods: afterbeep_session_open(), _push() (and afterbeep_push_many()), _push_at(), _push_lost(), _pull(), _writable_samples(),
/// _state(), _digit(), _telephone_event(), _poll_event(), _line_drop(), _pause(), _resume(), _restart(), _hangup(), _stop(), _cancel(), _result(), _path(), _gaps(), _close().
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct afterbeep_session {
    /// The handle's bits.
    pub value: u64,
}

impl From<afterbeep_session> for SessionHandle {
    fn from(session: afterbeep_session) -> Self {
        Self::from_bits(session.value)
    }
}

/// Opens a session: creates its file, reserves its ring and slot. The beep may start at once.
///
/// @param engine       not NULL.
/// @param config       in, not NULL; copied.
/// @param error        out; why it failed; written on failure only. May be NULL.
/// @param out_session  out, not NULL; {0} on failure. Close it with afterbeep_session_close().
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a text is not UTF-8, a number names nothing.
/// @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
/// @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
/// @retval AFTERBEEP_STATUS_NOT_FOUND, _NOT_A_DIRECTORY, _PERMISSION  the directory is not usable.
/// @retval AFTERBEEP_STATUS_FILE_NAME, _EXISTS  the name is not usable.
/// @retval AFTERBEEP_STATUS_FULL              max_sessions are open.
/// @retval AFTERBEEP_STATUS_DESCRIPTORS       no file descriptor is left.
/// @retval AFTERBEEP_STATUS_DISK_SPACE        the file system has less than min_free_kib left.
/// @retval AFTERBEEP_STATUS_FILE_SYSTEM_STALLED  writers are stalled there.
/// @retval AFTERBEEP_STATUS_CLOSED            the engine was closed.
/// @retval AFTERBEEP_STATUS_FORKED            the process is a fork of the engine's.
/// @retval AFTERBEEP_STATUS_IO                the operating system refused.
/// Thread: [control]; blocks on the file system.  Since: 0.1.
///
/// # Safety
/// Each pointer is NULL or valid; the configuration's texts are NULL or NUL-terminated.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_open(
    engine: *mut afterbeep_engine,
    config: *const afterbeep_session_config,
    error: *mut afterbeep_error,
    out_session: *mut afterbeep_session,
) -> afterbeep_status {
    guard(|| {
        if out_session.is_null() {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        // SAFETY: it is not NULL, so it is valid.
        unsafe { out_session.write(afterbeep_session { value: 0 }) };
        // SAFETY: the caller vouches for the pointers. The engine is only read.
        unsafe {
            let engine = afterbeep_engine::open(engine).map_err(|status| {
                let text = if engine.is_null() {
                    "engine is NULL; create one first"
                } else {
                    "the engine was closed"
                };
                Failure::field(status, "engine", text).tell(error)
            })?;
            let (session, file) = session_config::read(config, error)?;
            let opened = engine.open(&session, &file);
            let session = opened.map_err(|cause| Failure::from(cause).tell(error))?;
            out_session.write(afterbeep_session { value: session.to_bits() });
        }
        Ok(())
    })
}

/// Takes the next frame of the caller's audio.
///
/// @param session       any value; one that is no open session is answered as such.
/// @param pcm           in; sample_count samples, borrowed for the call. Not NULL, unless that is 0.
/// @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES]; may differ from call to call.
/// @retval AFTERBEEP_STATUS_ENDED           the message is over; the frame was ignored.
/// @retval AFTERBEEP_STATUS_OVERRUN         the writer is behind; what did not fit is lost and declared
///                                          in the result; recording goes on.
/// @retval AFTERBEEP_STATUS_BUSY            another thread is pushing, or the writer is just looking whether a signalled
///                                          key has ended the session (rare): the frame was ignored, push it again.
/// @retval AFTERBEEP_STATUS_FRAME_TOO_LONG  push it in parts.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  pcm is NULL.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
/// Thread: [media]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `pcm` is NULL or as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_push(
    session: afterbeep_session,
    pcm: *const i16,
    sample_count: usize,
) -> afterbeep_status {
    media_call(session, |session| {
        if sample_count > AFTERBEEP_FRAME_MAX_SAMPLES {
            return Err(afterbeep_status::FRAME_TOO_LONG);
        }
        // SAFETY: the caller vouches for it.
        let frame = unsafe { samples(pcm, sample_count) }?;
        Ok(session.push(frame)?)
    })
}

/// Takes a frame for each of many sessions, for hosts that tick all their channels at once: what afterbeep_session_push()
/// does for each of them, and the next ones' memory is fetched meanwhile.
///
/// @param sessions       in; count of them, any values.
/// @param frames         in; count of them, as for push.
/// @param sample_counts  in; count of them, each [0, AFTERBEEP_FRAME_MAX_SAMPLES].
/// @param count          sessions; may be 0.
/// @param out_statuses   out, not NULL unless count is 0; what push would have answered for each.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  an array is NULL; nothing was pushed.
/// Thread: [media]; real-time safe. Each session's rules are those of push.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Each array is NULL or as long as told, and each frame as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_push_many(
    sessions: *const afterbeep_session,
    frames: *const *const i16,
    sample_counts: *const usize,
    count: usize,
    out_statuses: *mut afterbeep_status,
) -> afterbeep_status {
    /// Pushes that are prepared at once.
    const PART: usize = 32;
    if count == 0 {
        return afterbeep_status::OK;
    }
    if sessions.is_null() || frames.is_null() || sample_counts.is_null() || out_statuses.is_null() {
        return afterbeep_status::INVALID_ARGUMENT;
    }
    guard(|| {
        let none = Push { session: SessionHandle::from_bits(0), frame: &[], outcome: Ok(()) };
        let mut part = [none; PART];
        for start in (0..count).step_by(PART) {
            let pushes = &mut part[..PART.min(count - start)];
            let mut refused = [None; PART];
            for (place, push) in pushes.iter_mut().enumerate() {
                // SAFETY: the caller vouches for `count` of each, and for the frame.
                let (session, frame) = unsafe {
                    let samples_count = *sample_counts.add(start + place);
                    let too_long = samples_count > AFTERBEEP_FRAME_MAX_SAMPLES;
                    let frame = if too_long {
                        Err(afterbeep_status::FRAME_TOO_LONG)
                    } else {
                        samples(*frames.add(start + place), samples_count)
                    };
                    (*sessions.add(start + place), frame)
                };
                *push = Push { session: session.into(), frame: frame.unwrap_or_default(), outcome: Ok(()) };
                refused[place] = frame.err();
                if refused[place].is_some() {
                    push.session = SessionHandle::from_bits(0);
                }
            }
            push_many(pushes);
            for (place, push) in pushes.iter().enumerate() {
                let pushed = push.outcome.err().map_or(afterbeep_status::OK, afterbeep_status::from);
                // SAFETY: the caller vouches for `count` places.
                unsafe { out_statuses.add(start + place).write(refused[place].unwrap_or(pushed)) };
            }
        }
        Ok(())
    })
}

/// Takes samples that the line lost; silence is recorded in their place, or comfort noise.
///
/// @param session       any value.
/// @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES]; a longer loss takes several calls.
/// @retval as afterbeep_session_push().
/// Thread: [media]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_push_lost(
    session: afterbeep_session,
    sample_count: usize,
) -> afterbeep_status {
    media_call(session, |session| Ok(session.push_lost(sample_count)?))
}

/// Takes the next frame with its RTP timestamp, in units of a sample: a gap before it, up to five minutes, is filled with
/// silence, as afterbeep_session_push_lost() does. The first frame begins the stream. Late and repeated frames are
/// dropped; who wants late ones puts them in order first. A frame of no samples says that the line has come so far.
///
/// @param session        any value.
/// @param rtp_timestamp  of the frame's first sample; it wraps around.
/// @param pcm            in; as for push.
/// @param sample_count   [0, AFTERBEEP_FRAME_MAX_SAMPLES].
/// @retval AFTERBEEP_STATUS_LATE            it came too late, or again: it was dropped, and is counted.
/// @retval AFTERBEEP_STATUS_TIMESTAMP_JUMP  its timestamp is minutes ahead, or long past: it was taken as what comes
///                                          next, and the jump is counted.
/// @retval AFTERBEEP_STATUS_ENDED, _OVERRUN, _BUSY, _FRAME_TOO_LONG, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
/// Thread: [media]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `pcm` is NULL or as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_push_at(
    session: afterbeep_session,
    rtp_timestamp: u32,
    pcm: *const i16,
    sample_count: usize,
) -> afterbeep_status {
    media_call(session, |session| {
        if sample_count > AFTERBEEP_FRAME_MAX_SAMPLES {
            return Err(afterbeep_status::FRAME_TOO_LONG);
        }
        // SAFETY: the caller vouches for it.
        let frame = unsafe { samples(pcm, sample_count) }?;
        Ok(session.push_at(rtp_timestamp, frame)?)
    })
}

/// Fills a frame with what the caller shall hear: the beep's samples that are due, silence
/// afterwards. The beep runs on the push clock: it begins with the first push, and is over when as many samples were
/// pushed as it has, whether or not they are pulled.
///
/// @param session       any value.
/// @param pcm           out; room for sample_count samples; silence on failure, unless it is refused as
///                      too long. Not NULL, unless sample_count is 0.
/// @param sample_count  [0, AFTERBEEP_FRAME_MAX_SAMPLES].
/// @retval AFTERBEEP_STATUS_ENDED           the message is over.
/// @retval AFTERBEEP_STATUS_BUSY            another thread is pulling.
/// @retval AFTERBEEP_STATUS_FRAME_TOO_LONG, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
/// Thread: [media], and it may be another one than the one that pushes; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `pcm` is NULL or as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_pull(
    session: afterbeep_session,
    pcm: *mut i16,
    sample_count: usize,
) -> afterbeep_status {
    media_call(session, |session| {
        if sample_count > AFTERBEEP_FRAME_MAX_SAMPLES {
            return Err(afterbeep_status::FRAME_TOO_LONG);
        }
        // SAFETY: the caller vouches for it.
        let frame = unsafe { samples_mut(pcm, sample_count) }?;
        Ok(session.pull(frame)?)
    })
}

/// How many samples afterbeep_session_push() takes now without losing any: for feeders that are
/// faster than real time.
///
/// @param session      any value.
/// @param out_samples  out, not NULL; written on success only.
/// @retval AFTERBEEP_STATUS_ENDED, _BUSY, _INVALID_ARGUMENT, _STALE, _FOREIGN  as for push.
/// Thread: [media]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `out_samples` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_writable_samples(
    session: afterbeep_session,
    out_samples: *mut usize,
) -> afterbeep_status {
    media_call(session, |session| {
        let room = session.writable_samples()?;
        // SAFETY: the caller vouches for it.
        *unsafe { object(out_samples) }? = room;
        Ok(())
    })
}

/// Where the session stands: afterbeep_state.
///
/// @param session    any value.
/// @param out_state  out, not NULL; written on success only.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_state is NULL.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `out_state` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_state(
    session: afterbeep_session,
    out_state: *mut u32,
) -> afterbeep_status {
    guard(|| {
        let state = SessionHandle::from(session).state()?;
        // SAFETY: the caller vouches for it.
        *unsafe { object(out_state) }? = state as u32;
        Ok(())
    })
}

/// Takes a digit that came by signalling other than RTP (SIP INFO); it counts from the next sample on. A press that is
/// signalled both ways is given one way: this call and afterbeep_session_telephone_event() do not know of each other.
///
/// @param session  any value.
/// @param digit    '0' to '9', '*', '#', 'A' to 'D'.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  it is no digit.
/// @retval AFTERBEEP_STATUS_BUSY              too many requests await the next frame.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_digit(session: afterbeep_session, digit: c_char) -> afterbeep_status {
    guard(|| {
        let digit = Digit::new(char::from(digit as u8)).ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        Ok(SessionHandle::from(session).digit(digit)?)
    })
}

/// Takes a packet of an RTP telephone event (RFC 4733) as it arrives: each one, repetitions included. The digit counts
/// once, whichever of its packets arrive and whether or not its tones are heard, too. It began where its timestamp says
/// where frames come by afterbeep_session_push_at(), else as long ago as its duration says, 400 ms at most.
///
/// @param session  any value.
/// @param event    in, not NULL; from afterbeep_telephone_event_parse(), or filled in by hand.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  event is NULL.
/// @retval AFTERBEEP_STATUS_BUSY              too many requests await the next frame; give it again after that.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN   the handle is no open session's.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `event` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_telephone_event(
    session: afterbeep_session,
    event: *const afterbeep_telephone_event,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let event = unsafe { event.as_ref() }.ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        Ok(SessionHandle::from(session).telephone_event(&(*event).into())?)
    })
}

/// The caller hung up: the message ends, and is kept. A message that ended already stays as it is.
///
/// @param session  any value.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_hangup(session: afterbeep_session) -> afterbeep_status {
    guard(|| Ok(SessionHandle::from(session).hangup()?))
}

/// The line's own signals say that the caller is gone (loop-current drop, polarity reversal), or there after all. A drop
/// that lasts for line_drop_debounce_ms of audio ends the message as afterbeep_session_hangup() does.
///
/// @param session  any value.
/// @param dropped  1 when the line dropped, 0 when it is back.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  dropped is neither.
/// @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_line_drop(session: afterbeep_session, dropped: u32) -> afterbeep_status {
    guard(|| match dropped {
        0 | 1 => Ok(SessionHandle::from(session).line_drop(dropped == 1)?),
        _ => Err(afterbeep_status::INVALID_ARGUMENT),
    })
}

/// Masks what follows, in any state: it never reaches the file, and no digit, tone or silence in it counts. Another mode
/// takes the place of the present one.
///
/// @param session  any value.
/// @param mode     afterbeep_pause_mode.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  there is no such mode.
/// @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
/// Thread: [control]; takes effect with the next frame.  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_pause(session: afterbeep_session, mode: u32) -> afterbeep_status {
    guard(|| {
        let mode = PauseMode::from_number(mode).ok_or(afterbeep_status::INVALID_ARGUMENT)?;
        Ok(SessionHandle::from(session).pause(mode)?)
    })
}

/// Goes on after a pause. Otherwise as afterbeep_session_pause().
///
/// Thread: [control]; takes effect with the next frame.  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_resume(session: afterbeep_session) -> afterbeep_status {
    guard(|| Ok(SessionHandle::from(session).resume()?))
}

/// Drops what was recorded and starts over in the same file, as for "press 3 to record again". Before the recording has
/// started, and after its end, this does nothing.
///
/// @param session  any value.
/// @param beep     1 plays the beep again, if there is one; 0 records at once.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  beep is neither.
/// @retval AFTERBEEP_STATUS_BUSY, _STALE, _FOREIGN  as for afterbeep_session_digit().
/// Thread: [control]; takes effect with the next frame.  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_restart(session: afterbeep_session, beep: u32) -> afterbeep_status {
    guard(|| match beep {
        0 | 1 => Ok(SessionHandle::from(session).restart(beep == 1)?),
        _ => Err(afterbeep_status::INVALID_ARGUMENT),
    })
}

/// Ends the message, which is kept. Otherwise as afterbeep_session_hangup().
///
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_stop(session: afterbeep_session) -> afterbeep_status {
    guard(|| Ok(SessionHandle::from(session).stop()?))
}

/// Gives the message up: its file is deleted. Otherwise as afterbeep_session_hangup().
///
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn afterbeep_session_cancel(session: afterbeep_session) -> afterbeep_status {
    guard(|| Ok(SessionHandle::from(session).cancel()?))
}

/// Gives the handle back. A message that has not ended is stopped, and finished by the writer.
///
/// @param session  any value.
/// @retval AFTERBEEP_STATUS_STALE, _FOREIGN  the handle is no open session's.
/// Thread: [control].  Since: 0.1.
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_session_close(session: afterbeep_session) -> afterbeep_status {
    guard(|| Ok(SessionHandle::from(session).close()?))
}

/// A media call. Were one to panic, its session would be ended rather than left half changed.
fn media_call(
    session: afterbeep_session,
    body: impl FnOnce(SessionHandle) -> Result<(), afterbeep_status>,
) -> afterbeep_status {
    let session = SessionHandle::from(session);
    let status = guard(|| body(session));
    if status == afterbeep_status::INTERNAL {
        let _: Result<(), SessionError> = session.fail();
    }
    status
}
