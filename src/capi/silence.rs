//! `afterbeep_silence`: the silence detector on its own.

use super::guard;
use super::memory::{hand_over, object, samples, take_back};
use super::status::afterbeep_status;
use crate::dsp::goertzel::mean_square;
use crate::dsp::silence::{Activity, SilenceConfig, SilenceDetector};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer};
use crate::line::SampleRate;
use std::ptr;

/// Tells silence from sound by level, for 8000 Hz.
///
/// Methods: afterbeep_silence_create(), _create_like(), _push(), _state(), _destroy().
#[derive(Debug)]
pub struct afterbeep_silence {
    detector: SilenceDetector,
    blocks: BlockBuffer,
}

impl afterbeep_silence {
    pub(super) fn new(detector: SilenceDetector) -> Self {
        Self { detector, blocks: BlockBuffer::new() }
    }
}

/// What separates silence from sound.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum afterbeep_silence_mode {
    /// A level in dBm0 that stays.
    FIXED = 1,
    /// A level that follows the line's noise.
    ADAPTIVE = 2,
}

/// Creates a detector with a fixed threshold; afterbeep_silence_create_like() makes an adaptive one.
///
/// @param sample_rate_hz  8000.
/// @param threshold_dbm0  the level that separates silence from sound, [-80, 0]. Sound starts 1.5 dB
///                        above it and stops 1.5 dB below.
/// @param out_silence     out, not NULL; NULL on failure.
/// @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not supported.
/// @retval AFTERBEEP_STATUS_CONFIG            the threshold is out of range.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  out_silence is NULL.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `out_silence` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_silence_create(
    sample_rate_hz: u32,
    threshold_dbm0: f32,
    out_silence: *mut *mut afterbeep_silence,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe {
            *object(out_silence)? = ptr::null_mut();
            if sample_rate_hz != SampleRate::NARROWBAND.hz() {
                return Err(afterbeep_status::SAMPLE_RATE);
            }
            let detector = SilenceDetector::new(&SilenceConfig::fixed(threshold_dbm0))
                .map_err(|_| afterbeep_status::CONFIG)?;
            hand_over(out_silence, afterbeep_silence::new(detector))
        }
    })
}

/// Takes a frame.
///
/// @param silence       not NULL.
/// @param pcm           in; sample_count samples. Not NULL, unless that is 0.
/// @param sample_count  any number.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// Thread: [media], one at a time per detector; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `silence` came from afterbeep_silence_create(); `pcm` is NULL or as long as told.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_silence_push(
    silence: *mut afterbeep_silence,
    pcm: *const i16,
    sample_count: usize,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let (silence, mut frame) = unsafe { (object(silence)?, samples(pcm, sample_count)?) };
        while !frame.is_empty() {
            let (taken, rest) = silence.blocks.take(frame);
            frame = rest;
            if let Some(block) = silence.blocks.complete(taken) {
                silence.detector.block(BLOCK_SAMPLES, mean_square(block));
            }
        }
        Ok(())
    })
}

/// What the line holds now, and since which sample.
///
/// @param silence           not NULL.
/// @param out_is_silence    out, not NULL; 1 for silence, 0 for sound.
/// @param out_since_sample  out, not NULL; 0-based, counted from the first sample pushed.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL.
/// Thread: the one that pushes; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `silence` came from afterbeep_silence_create(); the others are NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_silence_state(
    silence: *mut afterbeep_silence,
    out_is_silence: *mut u32,
    out_since_sample: *mut u64,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for it.
        let (silence, is_silence, since) =
            unsafe { (object(silence)?, object(out_is_silence)?, object(out_since_sample)?) };
        *is_silence = (silence.detector.activity() == Activity::Silence).into();
        *since = silence.detector.since_sample();
        Ok(())
    })
}

/// Frees a detector.
///
/// @param silence  NULL does nothing.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `silence` is NULL, or came from afterbeep_silence_create() and was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_silence_destroy(silence: *mut afterbeep_silence) {
    guard(|| {
        // SAFETY: the caller vouches for it.
        unsafe { take_back(silence) };
        Ok(())
    });
}
