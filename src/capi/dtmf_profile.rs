//! `afterbeep_dtmf_profile`.

use super::error::afterbeep_error;
use super::guard;
use super::memory::{read_sized, text, write_sized};
use super::status::afterbeep_status;
use crate::dsp::dtmf::DtmfProfile;
use core::ffi::c_char;
use core::mem::size_of;

/// What a DTMF receiver has to accept and to reject, as ITU-T Q.24, table A-1, puts it. Its limits of level and time lie in
/// between, those of frequency and twist close to what is accepted. The size of this struct is part of the ABI: fields are only appended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_dtmf_profile {
    /// sizeof(afterbeep_dtmf_profile), set by afterbeep_dtmf_profile_init().
    pub struct_size: u32,
    /// Frequency deviation to accept, in per cent, [0.5, 2.25]; 1.8 by default.
    pub accept_deviation_percent: f32,
    /// The same in hertz, added to the per cent, [0, 8], both together at most 37 Hz at 1633 Hz; 0 by default.
    pub accept_deviation_hz: f32,
    /// Frequency deviation to reject, in per cent, [half a per cent more than is accepted, 10]; 3 by default.
    pub reject_deviation_percent: f32,
    /// Lowest level of each tone to accept, in dBm0, [-45, -10]; -27 by default.
    pub accept_level_dbm0: f32,
    /// Highest level of each tone to reject, in dBm0, [-80, 3 dB below the accepted one]; -55 by default.
    pub reject_level_dbm0: f32,
    /// Level of the low tone above the high one to accept, in decibels, [0, 10]; 8 by default.
    pub normal_twist_db: f32,
    /// Level of the high tone above the low one to accept, in decibels, [0, 10]; 4 by default.
    pub reverse_twist_db: f32,
    /// Shortest tone to accept, in milliseconds, [35, 200]; 40 by default.
    pub accept_tone_ms: u32,
    /// Longest tone to reject, in milliseconds, [1, 10 less than is accepted]; 22 by default.
    pub reject_tone_ms: u32,
    /// Shortest pause that separates digits, in milliseconds, [25, 200]; 30 by default.
    pub accept_pause_ms: u32,
    /// Longest interruption to ride over, in milliseconds, [1, 10 less than a pause]; 20 by default.
    pub interruption_ms: u32,
    /// 1 accepts tones at the limits of both deviations and of twist all at once, as the standards strictly have it; 0
    /// (default) cuts the outermost corners off, where speech that passes for digits mostly lies.
    pub whole_corners: u32,
    /// 1 takes dial tone (350 to 475 Hz) out before anything is measured; 0 (default) leaves it. Without it digits are
    /// received over dial tone 10 dB below them, with it over dial tone 12 dB above. A session takes 0 only.
    pub dial_tone_filter: u32,
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_dtmf_profile>();

/// Fills *profile with the figures of a standard.
///
/// @param profile      out, not NULL.
/// @param struct_size  sizeof(afterbeep_dtmf_profile) as the caller was compiled; no byte past it is written.
/// @param name         "att", "ntt", "dk", "au", "br" (the columns of ITU-T Q.24), "etsi" (ES 201 235-3), "relaxed"
///                     (10 dB of twist either way), or "default", as is NULL.
/// @param error        out; says which of the arguments is wrong; written on failure only. May be NULL.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  profile is NULL, struct_size is less than in 0.1, or there is no
///                                            such name.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `profile` has room for `struct_size` bytes; `name` is NULL or NUL-terminated; `error` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_dtmf_profile_init(
    profile: *mut afterbeep_dtmf_profile,
    struct_size: usize,
    name: *const c_char,
    error: *mut afterbeep_error,
) -> afterbeep_status {
    let invalid = |field, text: &[&str]| {
        // SAFETY: the caller vouches for it.
        unsafe { afterbeep_error::tell_field(error, afterbeep_status::INVALID_ARGUMENT, field, text) }
    };
    guard(|| {
        // SAFETY: the caller vouches for it.
        let name = unsafe { text(name) }.map_err(|_| invalid("name", &["name is not UTF-8"]))?;
        let name = name.unwrap_or("default");
        let named = DtmfProfile::named(name).ok_or_else(|| {
            let takes = "; take att, ntt, dk, au, br, etsi, relaxed or default";
            invalid("name", &["there is no DTMF profile `", name, "`", takes])
        })?;
        let named = afterbeep_dtmf_profile { struct_size: struct_size as u32, ..named.into() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(profile, struct_size, OLDEST, &named) }
            .map_err(|_| invalid("struct_size", &["the profile is NULL, or struct_size is too small"]))
    })
}

/// The profile that a caller wants: the default for NULL.
///
/// # Safety
/// `profile` is NULL, or begins with its size; `error` is NULL or valid.
pub(super) unsafe fn read(
    profile: *const afterbeep_dtmf_profile,
    error: *mut afterbeep_error,
) -> Result<DtmfProfile, afterbeep_status> {
    if profile.is_null() {
        return Ok(DtmfProfile::default());
    }
    // SAFETY: the caller vouches for both.
    unsafe {
        let tell =
            |status, field: &str, text: &[&str]| afterbeep_error::tell_field(error, status, field, text);
        let fields = read_sized(profile, OLDEST, DtmfProfile::default().into()).map_err(|status| {
            tell(
                status,
                "struct_size",
                &["the profile's struct_size is wrong; call afterbeep_dtmf_profile_init()"],
            )
        })?;
        for (value, field) in
            [(fields.whole_corners, "whole_corners"), (fields.dial_tone_filter, "dial_tone_filter")]
        {
            if value > 1 {
                return Err(tell(afterbeep_status::CONFIG, field, &[field, " takes 0 or 1"]));
            }
        }
        let profile = DtmfProfile::from(fields);
        profile.validate().map_err(|wrong| {
            let text = [
                wrong.field,
                " is out of range, or contradicts the rest of the profile; it takes ",
                wrong.takes,
            ];
            tell(afterbeep_status::CONFIG, wrong.field, &text)
        })?;
        Ok(profile)
    }
}

impl From<DtmfProfile> for afterbeep_dtmf_profile {
    fn from(profile: DtmfProfile) -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            accept_deviation_percent: profile.accept_deviation_percent,
            accept_deviation_hz: profile.accept_deviation_hz,
            reject_deviation_percent: profile.reject_deviation_percent,
            accept_level_dbm0: profile.accept_level_dbm0,
            reject_level_dbm0: profile.reject_level_dbm0,
            normal_twist_db: profile.normal_twist_db,
            reverse_twist_db: profile.reverse_twist_db,
            accept_tone_ms: profile.accept_tone_ms,
            reject_tone_ms: profile.reject_tone_ms,
            accept_pause_ms: profile.accept_pause_ms,
            interruption_ms: profile.interruption_ms,
            whole_corners: profile.whole_corners.into(),
            dial_tone_filter: profile.dial_tone_filter.into(),
        }
    }
}

impl From<afterbeep_dtmf_profile> for DtmfProfile {
    fn from(profile: afterbeep_dtmf_profile) -> Self {
        Self {
            accept_deviation_percent: profile.accept_deviation_percent,
            accept_deviation_hz: profile.accept_deviation_hz,
            reject_deviation_percent: profile.reject_deviation_percent,
            accept_level_dbm0: profile.accept_level_dbm0,
            reject_level_dbm0: profile.reject_level_dbm0,
            normal_twist_db: profile.normal_twist_db,
            reverse_twist_db: profile.reverse_twist_db,
            accept_tone_ms: profile.accept_tone_ms,
            reject_tone_ms: profile.reject_tone_ms,
            accept_pause_ms: profile.accept_pause_ms,
            interruption_ms: profile.interruption_ms,
            whole_corners: profile.whole_corners != 0,
            dial_tone_filter: profile.dial_tone_filter != 0,
        }
    }
}
