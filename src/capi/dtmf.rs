//! `afterbeep_dtmf`: the DTMF receiver on its own.

use super::guard;
use super::memory::{hand_over, object, samples, take_back};
use super::status::afterbeep_status;
use crate::dsp::dtmf::{DtmfEvent, DtmfProfile, DtmfReceiver};
use crate::line::SampleRate;
use std::collections::VecDeque;
use std::ffi::c_char;
use std::ptr;

/// What a DTMF receiver reports. The size of this struct is part of the ABI.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct afterbeep_dtmf_event {
    /// First sample of the tone, 0-based, counted from the first one pushed.
    pub start_sample: u64,
    /// First sample after the tone; 0 while it still sounds.
    pub end_sample: u64,
    /// Level of the stronger of the two tones, in dBm0.
    pub level_dbm0: f32,
    /// Level of the high tone less that of the low one, in decibels.
    pub twist_db: f32,
    /// '0' to '9', '*', '#', 'A' to 'D'.
    pub digit: c_char,
    /// 1 when the tone has ended, 0 when it was recognised and may still sound. Each digit gives both.
    pub ended: u8,
}

/// A DTMF receiver (ITU-T Q.23, Q.24) for 8000 Hz.
///
/// Methods: afterbeep_dtmf_create(), _push(), _poll(), _destroy().
#[derive(Debug)]
pub struct afterbeep_dtmf {
    receiver: DtmfReceiver,
    events: VecDeque<afterbeep_dtmf_event>,
}

/// Events kept for a host that does not poll; the oldest go first.
const EVENTS_MAX: usize = 64;

/// Creates a receiver.
///
/// @param sample_rate_hz  8000.
/// @param out_dtmf        out, not NULL; NULL on failure.
/// @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_dtmf is NULL.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `out_dtmf` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_create(
    sample_rate_hz: u32,
    out_dtmf: *mut *mut afterbeep_dtmf,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe {
            *object(out_dtmf)? = ptr::null_mut();
            SampleRate::new(sample_rate_hz).map_err(|_| afterbeep_status::SAMPLE_RATE)?;
            let receiver = DtmfReceiver::with_kernel(&DtmfProfile::default(), crate::cpu::kernel())
                .map_err(|_| afterbeep_status::CONFIG)?;
            hand_over(out_dtmf, afterbeep_dtmf { receiver, events: VecDeque::with_capacity(EVENTS_MAX) })
        }
    })
}

/// Takes a frame; poll afterwards for what it brought.
///
/// @param dtmf          not NULL.
/// @param pcm           in; sample_count samples. Not NULL, unless that is 0.
/// @param sample_count  any number.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// Thread: [media], one at a time per receiver; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `dtmf` came from afterbeep_dtmf_create(); `pcm` is NULL or as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_push(
    dtmf: *mut afterbeep_dtmf,
    pcm: *const i16,
    sample_count: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let (dtmf, frame) = unsafe { (object(dtmf)?, samples(pcm, sample_count)?) };
        let events = &mut dtmf.events;
        dtmf.receiver.push(frame, |event| {
            if events.len() == EVENTS_MAX {
                events.pop_front();
            }
            events.push_back(event.into());
        });
        Ok(())
    })
}

/// Takes the oldest event that awaits.
///
/// @param dtmf       not NULL.
/// @param out_event  out, not NULL; written on success only.
/// @retval AFTERBEEP_STATUS_NONE              none awaits.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// Thread: the one that pushes; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `dtmf` came from afterbeep_dtmf_create(); `out_event` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_poll(
    dtmf: *mut afterbeep_dtmf,
    out_event: *mut afterbeep_dtmf_event,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let (dtmf, out) = unsafe { (object(dtmf)?, object(out_event)?) };
        *out = dtmf.events.pop_front().ok_or(afterbeep_status::NONE)?;
        Ok(())
    })
}

/// Frees a receiver.
///
/// @param dtmf  NULL does nothing.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `dtmf` is NULL, or came from afterbeep_dtmf_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_dtmf_destroy(dtmf: *mut afterbeep_dtmf) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(dtmf) };
        Ok(())
    });
}

impl From<DtmfEvent> for afterbeep_dtmf_event {
    fn from(event: DtmfEvent) -> Self {
        let (tone, end_sample, ended) = match event {
            DtmfEvent::Started(tone) => (tone, 0, 0),
            DtmfEvent::Ended(tone, end_sample) => (tone, end_sample, 1),
        };
        Self {
            start_sample: tone.start_sample,
            end_sample,
            level_dbm0: tone.level_dbm0,
            twist_db: tone.twist_db,
            digit: tone.digit.as_char() as c_char,
            ended,
        }
    }
}
