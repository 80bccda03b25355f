//! `afterbeep_dtmf`: the DTMF receiver on its own, in the caller's memory.

use super::dtmf_profile::{self, afterbeep_dtmf_profile};
use super::error::afterbeep_error;
use super::guard;
use super::memory::{object, samples};
use super::status::afterbeep_status;
use crate::dsp::dtmf::{DtmfEvent, DtmfReceiver};
use crate::dsp::goertzel::Kernel;
use crate::line::SampleRate;
use core::ffi::{c_char, c_void};
use core::mem::{align_of, size_of};
use core::ptr;

/// Memory that is enough for a receiver, of every version with the same SONAME.
pub const AFTERBEEP_DTMF_BYTES: usize = 1_024;
/// Digits back to back, as fast as they are recognised, give no more in 400 samples.
const EVENTS: usize = 6;

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

/// A DTMF receiver (ITU-T Q.23, Q.24) for 8000 Hz. It lives in the caller's memory, owns nothing else, and needs no
/// operating system: it is gone when the memory is.
///
/// Methods: afterbeep_dtmf_size(), _init(), _push(), _push_lost(), _finish(), _poll().
#[derive(Debug)]
pub struct afterbeep_dtmf {
    receiver: DtmfReceiver,
    events: Events,
}

const _: () = assert!(size_of::<afterbeep_dtmf>() < AFTERBEEP_DTMF_BYTES);

/// The events that await, oldest first.
#[derive(Debug)]
struct Events {
    queue: [afterbeep_dtmf_event; EVENTS],
    count: u8,
    lost: bool,
}

impl Events {
    const fn new() -> Self {
        const NONE: afterbeep_dtmf_event = afterbeep_dtmf_event {
            start_sample: 0,
            end_sample: 0,
            level_dbm0: 0.0,
            twist_db: 0.0,
            digit: 0,
            ended: 0,
        };
        Self { queue: [NONE; EVENTS], count: 0, lost: false }
    }

    /// Keeps an event; the oldest one makes room.
    fn put(&mut self, event: DtmfEvent) {
        if usize::from(self.count) == EVENTS {
            self.take();
            self.lost = true;
        }
        if let Some(place) = self.queue.get_mut(usize::from(self.count)) {
            *place = event.into();
            self.count += 1;
        }
    }

    fn take(&mut self) -> Option<afterbeep_dtmf_event> {
        self.count = self.count.checked_sub(1)?;
        let [oldest, ..] = self.queue;
        self.queue.rotate_left(1);
        Some(oldest)
    }

    /// Tells once that events were lost.
    fn overrun(&mut self) -> Result<(), afterbeep_status> {
        if core::mem::take(&mut self.lost) { Err(afterbeep_status::OVERRUN) } else { Ok(()) }
    }
}

/// Bytes that a receiver needs: AFTERBEEP_DTMF_BYTES is always enough.
///
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_dtmf_size() -> usize {
    size_of::<afterbeep_dtmf>()
}

/// Makes a receiver in memory of the caller's, which may hold anything, an older receiver included.
///
/// @param memory          not NULL, aligned for uint64_t; it stays the receiver's until it is not used any more.
/// @param memory_size     afterbeep_dtmf_size() or more.
/// @param sample_rate_hz  8000.
/// @param profile         in; what to accept and to reject; copied. NULL for the default.
/// @param error           out; which field of the profile is wrong; written on failure only. May be NULL.
/// @param out_dtmf        out, not NULL; the receiver, which is `memory`; NULL on failure.
/// @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
/// @retval AFTERBEEP_STATUS_CONFIG            the profile contradicts itself, or is out of range.
/// @retval AFTERBEEP_STATUS_BUFFER_TOO_SMALL  the memory is too small.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, the memory is not aligned, or the profile's
///                                            struct_size is wrong.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `memory` is NULL, or `memory_size` bytes long and the caller's; the other pointers are NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_init(
    memory: *mut c_void,
    memory_size: usize,
    sample_rate_hz: u32,
    profile: *const afterbeep_dtmf_profile,
    error: *mut afterbeep_error,
    out_dtmf: *mut *mut afterbeep_dtmf,
) -> afterbeep_status {
    guard(|| {
        let place = memory.cast::<afterbeep_dtmf>();
        // SAFETY: the caller vouches for all pointers; the place is aligned, and long enough.
        unsafe {
            let tell =
                |status, field: &str, text: &str| afterbeep_error::tell_field(error, status, field, &[text]);
            if out_dtmf.is_null() {
                return Err(tell(afterbeep_status::INVALID_ARGUMENT, "out_dtmf", "out_dtmf is NULL"));
            }
            out_dtmf.write(ptr::null_mut());
            if place.is_null() || !memory.addr().is_multiple_of(align_of::<afterbeep_dtmf>()) {
                let text = "the memory is NULL, or not aligned for uint64_t";
                return Err(tell(afterbeep_status::INVALID_ARGUMENT, "memory", text));
            }
            if memory_size < size_of::<afterbeep_dtmf>() {
                let text = "the memory is too small; AFTERBEEP_DTMF_BYTES is enough";
                return Err(tell(afterbeep_status::BUFFER_TOO_SMALL, "memory_size", text));
            }
            if sample_rate_hz != SampleRate::NARROWBAND.hz() {
                let text = "the sample rate is not supported; convert the audio to 8000 Hz";
                return Err(tell(afterbeep_status::SAMPLE_RATE, "sample_rate_hz", text));
            }
            let profile = dtmf_profile::read(profile, error)?;
            let receiver =
                DtmfReceiver::with_kernel(&profile, kernel()).map_err(|_| afterbeep_status::CONFIG)?;
            place.write(afterbeep_dtmf { receiver, events: Events::new() });
            out_dtmf.write(place);
        }
        Ok(())
    })
}

/// Takes a frame; poll afterwards for what it brought.
///
/// @param dtmf          not NULL.
/// @param pcm           in; sample_count samples. Not NULL, unless that is 0.
/// @param sample_count  any number. Frames of up to 400 samples lose no event if they are polled for after each.
/// @retval AFTERBEEP_STATUS_OVERRUN           too many events await: the oldest were lost. The frame was taken.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// Thread: [media], one at a time per receiver; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `dtmf` came from afterbeep_dtmf_init(); `pcm` is NULL or as long as told.
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
        dtmf.receiver.push(frame, |event| events.put(event));
        events.overrun()
    })
}

/// Takes samples that the line lost, in place of a frame: a tone before and after up to 100 ms of them is one.
///
/// @param dtmf          not NULL.
/// @param sample_count  any number. More than 800 end a tone: what follows is another press.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  dtmf is NULL.
/// Thread: as afterbeep_dtmf_push(); real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `dtmf` came from afterbeep_dtmf_init().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_push_lost(
    dtmf: *mut afterbeep_dtmf,
    sample_count: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { object(dtmf)? }.receiver.push_lost(sample_count);
        Ok(())
    })
}

/// The line is over: reports what its end makes certain, such as the end of a tone that still sounds. Poll afterwards;
/// a receiver that shall listen on is made anew by afterbeep_dtmf_init().
///
/// @param dtmf  not NULL.
/// @retval AFTERBEEP_STATUS_OVERRUN, _INVALID_ARGUMENT  as for push.
/// Thread: as afterbeep_dtmf_push(); real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `dtmf` came from afterbeep_dtmf_init().
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_finish(dtmf: *mut afterbeep_dtmf) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let afterbeep_dtmf { receiver, events } = unsafe { object(dtmf)? };
        receiver.finish(|event| events.put(event));
        events.overrun()
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
/// `dtmf` came from afterbeep_dtmf_init(); `out_event` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_poll(
    dtmf: *mut afterbeep_dtmf,
    out_event: *mut afterbeep_dtmf_event,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let (dtmf, out) = unsafe { (object(dtmf)?, object(out_event)?) };
        *out = dtmf.events.take().ok_or(afterbeep_status::NONE)?;
        Ok(())
    })
}

/// The fastest kernel that is known of: without an operating system, the one that was compiled for.
fn kernel() -> Kernel {
    #[cfg(feature = "std")]
    return crate::cpu::kernel();
    #[cfg(not(feature = "std"))]
    Kernel::COMPILED
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
