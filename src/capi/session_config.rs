//! `afterbeep_session_config`.

use super::dtmf_profile::{self, afterbeep_dtmf_profile};
use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{read_sized, text, write_sized};
use super::status::afterbeep_status;
use crate::dsp::beep::BeepConfig;
use crate::engine::FileConfig;
use crate::line::SampleRate;
use crate::session::{SessionConfig, Terminators};
use crate::wav::Format;
use std::ffi::c_char;
use std::mem::size_of;
use std::ptr;

/// What a session records, where to, and what ends it. The size of this struct is part of the
/// ABI: fields are only appended. Texts are UTF-8, and borrowed for the call that takes the struct.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_session_config {
    /// sizeof(afterbeep_session_config), set by afterbeep_session_config_init().
    pub struct_size: u32,
    /// The line's sample rate; 8000.
    pub sample_rate_hz: u32,
    /// An existing directory for the file; not NULL.
    pub directory: *const c_char,
    /// The file's name in it, 1 to 250 bytes without '/'. NULL (default) makes a fresh one:
    /// yyyymmddHHMMSS-random-record.wav.
    pub file_name: *const c_char,
    /// How the file stores samples: afterbeep_format; AFTERBEEP_FORMAT_PCM16 by default.
    pub format: u32,
    /// 1 (default) plays a beep before the recording, 0 starts it at once.
    pub beep: u32,
    /// The beep's frequency in hertz, [100, 3400]; 1000 by default.
    pub beep_frequency_hz: f32,
    /// The beep's level in dBm0, [-60, 0]; -12 by default.
    pub beep_level_dbm0: f32,
    /// The beep's length in milliseconds, ramps included, [20, 5000]; 400 by default.
    pub beep_duration_ms: u32,
    /// Length of each of its ramps in milliseconds, [0, half of the length]; 10 by default.
    pub beep_ramp_ms: u32,
    /// How long after the beep nothing is recorded yet, in milliseconds, [0, 2000]; 0 by default.
    pub echo_guard_ms: u32,
    /// Longest message in milliseconds, [0, 86400000]; 20000 by default, 0 for no limit.
    pub max_duration_ms: u32,
    /// The keys that end the message: "any", "none", or a set such as "#*"; "#" by default.
    pub terminators: *const c_char,
    /// Silence without a word that ends the message, in milliseconds, [0, 86400000]; 0 (default)
    /// for off.
    pub initial_silence_ms: u32,
    /// Silence that ends the message, in milliseconds, [0, 86400000]; 0 (default) for off.
    pub final_silence_ms: u32,
    /// The level in dBm0 that separates silence from sound, [-80, 0]; -40 by default.
    pub silence_threshold_dbm0: f32,
    /// Zero.
    pub reserved: u32,
    /// What counts as a digit, from afterbeep_dtmf_profile_init(); copied. NULL (default) for the default.
    pub dtmf: *const afterbeep_dtmf_profile,
}

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_session_config>();

impl Default for afterbeep_session_config {
    fn default() -> Self {
        let session = SessionConfig::default();
        let beep = BeepConfig::default();
        Self {
            struct_size: size_of::<Self>() as u32,
            sample_rate_hz: session.sample_rate.hz(),
            directory: ptr::null(),
            file_name: ptr::null(),
            format: Format::default() as u32,
            beep: session.beep.is_some().into(),
            beep_frequency_hz: beep.frequency_hz,
            beep_level_dbm0: beep.level_dbm0,
            beep_duration_ms: beep.duration_ms,
            beep_ramp_ms: beep.ramp_ms,
            echo_guard_ms: session.echo_guard_ms,
            max_duration_ms: session.max_duration_ms,
            terminators: c"#".as_ptr(),
            initial_silence_ms: session.initial_silence_ms,
            final_silence_ms: session.final_silence_ms,
            silence_threshold_dbm0: session.silence_threshold_dbm0,
            reserved: 0,
            dtmf: ptr::null(),
        }
    }
}

/// Fills *config with the defaults; the directory is yours to set.
///
/// @param config       out, not NULL.
/// @param struct_size  sizeof(afterbeep_session_config) as the caller was compiled; no byte past it
///                     is written.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  config is NULL, or struct_size is less than in 0.1.
/// Thread: [any].  Since: 0.1.
///
/// # Safety
/// `config` has room for `struct_size` bytes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_session_config_init(
    config: *mut afterbeep_session_config,
    struct_size: usize,
) -> afterbeep_status {
    guard(|| {
        let defaults = afterbeep_session_config { struct_size: struct_size as u32, ..Default::default() };
        // SAFETY: the caller vouches for it.
        unsafe { write_sized(config, struct_size, OLDEST, &defaults) }
    })
}

/// # Safety
/// `config` is NULL, or a configuration whose texts are NULL or NUL-terminated; `error` is NULL or valid.
pub(super) unsafe fn read(
    config: *const afterbeep_session_config,
    error: *mut afterbeep_error,
) -> Result<(SessionConfig, FileConfig), afterbeep_status> {
    // SAFETY: the caller vouches for all pointers.
    unsafe {
        let fields = read_sized(config, OLDEST, afterbeep_session_config::default()).map_err(|status| {
            let text = "the configuration is NULL, or its struct_size is wrong";
            Failure::plain(status, text).tell(error)
        })?;
        let dtmf = dtmf_profile::read(fields.dtmf, error)?;
        let (session, file) = translate(&fields).map_err(|failure| failure.tell(error))?;
        Ok((SessionConfig { dtmf, ..session }, file))
    }
}

/// All but the DTMF profile.
///
/// # Safety
/// Texts are NULL or NUL-terminated.
unsafe fn translate(fields: &afterbeep_session_config) -> Result<(SessionConfig, FileConfig), Failure> {
    let invalid = |field, takes| Failure::field(afterbeep_status::INVALID_ARGUMENT, field, takes);
    let named = |field: &'static str, pointer| {
        // SAFETY: the caller vouches for it.
        unsafe { text(pointer) }.map_err(|_| invalid(field, format!("{field} is not UTF-8")))
    };
    let directory = named("directory", fields.directory)?;
    let directory = directory.ok_or_else(|| invalid("directory", "directory is NULL; name one".into()))?;
    let file_name = named("file_name", fields.file_name)?;
    let terminators = named("terminators", fields.terminators)?.unwrap_or("none");
    let rate = SampleRate::new(fields.sample_rate_hz).map_err(|error| {
        Failure::field(afterbeep_status::SAMPLE_RATE, "sample_rate_hz", error.to_string())
    })?;
    let format = Format::from_number(fields.format)
        .ok_or_else(|| invalid("format", "format takes an afterbeep_format".into()))?;
    if fields.beep > 1 || fields.reserved != 0 {
        return Err(invalid("beep", "beep takes 0 or 1, and reserved 0".into()));
    }
    let terminators = Terminators::parse(terminators)
        .map_err(|error| Failure::field(afterbeep_status::CONFIG, "terminators", error.to_string()))?;
    let beep = BeepConfig {
        frequency_hz: fields.beep_frequency_hz,
        level_dbm0: fields.beep_level_dbm0,
        duration_ms: fields.beep_duration_ms,
        ramp_ms: fields.beep_ramp_ms,
    };
    let session = SessionConfig {
        sample_rate: rate,
        beep: (fields.beep == 1).then_some(beep),
        echo_guard_ms: fields.echo_guard_ms,
        terminators,
        max_duration_ms: fields.max_duration_ms,
        initial_silence_ms: fields.initial_silence_ms,
        final_silence_ms: fields.final_silence_ms,
        silence_threshold_dbm0: fields.silence_threshold_dbm0,
        ..SessionConfig::default()
    };
    let file = FileConfig { directory: directory.into(), name: file_name.map(str::to_owned), format };
    Ok((session, file))
}
