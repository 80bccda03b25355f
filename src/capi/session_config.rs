//! `afterbeep_session_config`.

use super::dtmf_profile::{self, afterbeep_dtmf_profile};
use super::error::{Failure, afterbeep_error};
use super::guard;
use super::memory::{hand_over, object, read_sized, text, write_sized};
use super::silence::{afterbeep_silence, afterbeep_silence_mode};
use super::status::afterbeep_status;
use super::tone_pattern::afterbeep_tone_pattern;
use crate::dsp::beep::BeepConfig;
use crate::dsp::gain::{AgcConfig, GainConfig};
use crate::dsp::silence::{AdaptiveSilence, FixedSilence, SilenceConfig, SilenceDetector};
use crate::dsp::tone_plan::{LEARNED_MAX, ToneKind, TonePattern, TonePlan};
use crate::engine::{Durability, FileConfig, LargeFile};
use crate::line::SampleRate;
use crate::session::{SessionConfig, Terminators};
use crate::wav::{Format, HeaderStyle, Metadata};
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
    /// The line's sample rate in hertz: 8000 (default), 16000, 24000, 32000, 44100 or 48000.
    pub sample_rate_hz: u32,
    /// An existing directory for the file, the recording root; not NULL.
    pub directory: *const c_char,
    /// The file's name in it: a name of 1 to 244 bytes, or several with '/' between them, of which all but the last are
    /// directories; those that are missing are made (mode 0700). No links, no control characters, no ".part" at the end,
    /// 1024 bytes in all. NULL (default) makes a fresh one: yyyymmddHHMMSS-random-record.wav.
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
    /// The level in dBm0 that separates silence from sound where it is fixed, [-80, 0]; -40 by default. See
    /// afterbeep_dbm0_from_mean_abs().
    pub silence_threshold_dbm0: f32,
    /// What separates silence from sound: afterbeep_silence_mode; AFTERBEEP_SILENCE_MODE_FIXED by default.
    pub silence_mode: u32,
    /// What counts as a digit, from afterbeep_dtmf_profile_init(); copied. NULL (default) for the default.
    pub dtmf: *const afterbeep_dtmf_profile,
    /// The call-progress tones that say that the caller has gone: countries by ISO 3166 code in lower case, and
    /// "generic" for any steady cadence, such as "gb,us,generic". NULL (default) listens for none.
    pub tone_plan: *const c_char,
    /// Tones learned from the line, `learned_count` of them, beside those of the plan; they also count where tone_plan
    /// is NULL. NULL by default.
    pub learned: *const afterbeep_tone_pattern,
    /// How many tones were learned, [0, 2]; 0 by default.
    pub learned_count: u32,
    /// How long a tone without pauses has to sound, in milliseconds, [1000, 30000]; 3000 by default.
    pub continuous_tone_ms: u32,
    /// 1 replaces the tones of digits by silence in the file, which is then 75 ms behind the line; 0 (default) does not.
    pub mask_digits: u32,
    /// 1 cuts the silence that ended the message, less a tail; 0 (default) keeps it.
    pub trim_final_silence: u32,
    /// How much of that silence is kept, in milliseconds, [0, 10000]; 200 by default.
    pub final_silence_tail_ms: u32,
    /// 1 starts the recording with the first sound, 0 (default) at once.
    pub start_on_speech: u32,
    /// How much is recorded from before that sound, in milliseconds, [0, 2000]; 300 by default.
    pub pre_roll_ms: u32,
    /// Shortest message in milliseconds of recorded audio before anything is cut, [0, max_duration_ms]; 0 by default.
    /// A shorter one ends as AFTERBEEP_END_REASON_TOO_SHORT.
    pub min_duration_ms: u32,
    /// 1 deletes messages that are too short, 0 (default) keeps them.
    pub delete_too_short: u32,
    /// 1 deletes messages that ended by initial silence, 0 (default) keeps them.
    pub delete_initial_silence: u32,
    /// How long afterbeep_session_line_drop() has to last to end the message, in milliseconds of audio, [0, 10000];
    /// 250 by default.
    pub line_drop_debounce_ms: u32,
    /// Fixed: distance in decibels between the levels at which sound starts and stops, evenly around the
    /// threshold, [0, 20]; 3 by default.
    pub silence_hysteresis_db: f32,
    /// Adaptive: lowest noise floor in dBm0, [-80, 0]; -55 by default. On a quieter line the levels are no lower.
    pub silence_floor_min_dbm0: f32,
    /// Adaptive: highest noise floor in dBm0, [the lowest one, 0]; -35 by default. Louder noise is sound.
    pub silence_floor_max_dbm0: f32,
    /// Adaptive: where sound starts, in decibels above the floor, [more than where it stops, 30]; 8 by default.
    pub silence_start_above_floor_db: f32,
    /// Adaptive: where sound stops, in decibels above the floor, [1, 30]; 4 by default.
    pub silence_stop_above_floor_db: f32,
    /// Adaptive: how long the level has to stay below that until it is silence, in milliseconds, [0, 2000]; 150 by
    /// default. The silence then counts from where the sound stopped.
    pub silence_hangover_ms: u32,
    /// Level in dBm0, [-80, -30], of the noise that the caller hears after the beep, and that stands in the file where the
    /// line lost audio; 0 (default) for silence.
    pub comfort_noise_dbm0: f32,
    /// What the file's header has beside the format: afterbeep_header_style; AFTERBEEP_HEADER_STYLE_FULL by default.
    pub header_style: u32,
    /// 1 notes the start time and the software in the file, 0 (default) does not. A plain header takes no metadata.
    pub metadata: u32,
    /// The call flow's node, to be noted in the file, 64 bytes at most; NULL (default) for none.
    pub node_name: *const c_char,
    /// The caller, to be noted in the file, 64 bytes at most; NULL (default) for none.
    pub caller: *const c_char,
    /// The file's sample rate in hertz, one of those that a line may have; 0 (default) for the line's.
    pub file_rate_hz: u32,
    /// Fixed gain of the file in decibels, [-40, 40]; 0 by default. What it takes beyond full scale is clipped.
    pub gain_db: f32,
    /// 1 brings speech to a level in the file, on top of the fixed gain; 0 (default) does not. The gain is held while nobody
    /// speaks. Detectors hear the line in any case.
    pub agc: u32,
    /// The level in dBm0 that speech is brought to, [-40, -3]; -16 by default.
    pub agc_target_dbm0: f32,
    /// The most that it is raised, or lowered, in decibels, [0, 40]; 20 by default.
    pub agc_max_gain_db: f32,
    /// How long that gain takes to fall by 20 dB, in milliseconds, [10, 10000]; 50 by default.
    pub agc_attack_ms: u32,
    /// How long it takes to rise by 20 dB, in milliseconds of speech, [10, 10000]; 1000 by default.
    pub agc_release_ms: u32,
    /// What the message survives: afterbeep_durability, or 0 (default) for the engine's.
    pub durability: u32,
    /// What becomes of a message that its file cannot hold: afterbeep_large_file, or 0 (default): it is split where the
    /// header is plain or max_file_kib is set, and its file becomes RF64 otherwise.
    pub large_file: u32,
    /// The longest file in KiB, [64, 4194304], where a message is split; 0 (default) for 4 GiB. 2097151 suits readers that
    /// count with 31 bits.
    pub max_file_kib: u32,
    /// 1 continues the finished message file_name, which has to be of this format, rate and header; 0 (default) begins a new
    /// one. Its metadata stays as it is. It is as it was where nothing is added: the recording is cancelled, or empty.
    pub append: u32,
    /// Zero.
    pub reserved: u32,
}

/// The tail of the final silence that is kept where it is cut.
const DEFAULT_TAIL_MS: u32 = 200;

/// The struct of 0.1, which the oldest caller may have.
const OLDEST: usize = size_of::<afterbeep_session_config>();

impl Default for afterbeep_session_config {
    fn default() -> Self {
        let session = SessionConfig::default();
        let beep = BeepConfig::default();
        let fixed = FixedSilence::default();
        let adaptive = AdaptiveSilence::default();
        let agc = AgcConfig::default();
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
            silence_threshold_dbm0: fixed.threshold_dbm0,
            silence_mode: afterbeep_silence_mode::FIXED as u32,
            dtmf: ptr::null(),
            tone_plan: ptr::null(),
            learned: ptr::null(),
            learned_count: 0,
            continuous_tone_ms: TonePlan::UNIVERSAL.continuous_ms,
            mask_digits: session.mask_digits.into(),
            trim_final_silence: session.final_silence_tail_ms.is_some().into(),
            final_silence_tail_ms: session.final_silence_tail_ms.unwrap_or(DEFAULT_TAIL_MS),
            start_on_speech: session.start_on_speech.into(),
            pre_roll_ms: session.pre_roll_ms,
            min_duration_ms: session.min_duration_ms,
            delete_too_short: session.delete_too_short.into(),
            delete_initial_silence: session.delete_initial_silence.into(),
            line_drop_debounce_ms: session.line_drop_debounce_ms,
            silence_hysteresis_db: fixed.hysteresis_db,
            silence_floor_min_dbm0: adaptive.floor_min_dbm0,
            silence_floor_max_dbm0: adaptive.floor_max_dbm0,
            silence_start_above_floor_db: adaptive.start_above_floor_db,
            silence_stop_above_floor_db: adaptive.stop_above_floor_db,
            silence_hangover_ms: adaptive.hangover_ms,
            comfort_noise_dbm0: session.comfort_noise_dbm0.unwrap_or(0.0),
            header_style: HeaderStyle::default() as u32,
            metadata: 0,
            node_name: ptr::null(),
            caller: ptr::null(),
            file_rate_hz: 0,
            gain_db: 0.0,
            agc: 0,
            agc_target_dbm0: agc.target_dbm0,
            agc_max_gain_db: agc.max_gain_db,
            agc_attack_ms: agc.attack_ms,
            agc_release_ms: agc.release_ms,
            durability: 0,
            large_file: 0,
            max_file_kib: 0,
            append: 0,
            reserved: 0,
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
        let fields = read_sized(config, OLDEST, afterbeep_session_config::default())
            .map_err(|status| wrong_size(status).tell(error))?;
        let dtmf = dtmf_profile::read(fields.dtmf, error)?;
        let (session, file) = translate(&fields).map_err(|failure| failure.tell(error))?;
        Ok((SessionConfig { dtmf, ..session }, file))
    }
}

/// What a configuration says of the file alone; its directory may be NULL. NULL is a session's defaults.
///
/// # Safety
/// As [`read`].
#[cfg(feature = "store")]
pub(super) unsafe fn read_file(config: *const afterbeep_session_config) -> Result<FileConfig, Failure> {
    let mut fields = afterbeep_session_config::default();
    if !config.is_null() {
        // SAFETY: the caller vouches for it.
        fields = unsafe { read_sized(config, OLDEST, fields) }.map_err(wrong_size)?;
    }
    (fields.directory, fields.file_name) = (c"".as_ptr(), ptr::null());
    // SAFETY: the caller vouches for the texts.
    unsafe { translate(&fields) }.map(|(_, file)| file)
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
    let rate = rate(fields)?;
    let format = Format::from_number(fields.format)
        .ok_or_else(|| invalid("format", "format takes an afterbeep_format".into()))?;
    let switches = [
        (fields.beep, "beep"),
        (fields.metadata, "metadata"),
        (fields.mask_digits, "mask_digits"),
        (fields.trim_final_silence, "trim_final_silence"),
        (fields.start_on_speech, "start_on_speech"),
        (fields.delete_too_short, "delete_too_short"),
        (fields.delete_initial_silence, "delete_initial_silence"),
        (fields.agc, "agc"),
        (fields.append, "append"),
    ];
    for (value, field) in switches {
        if value > 1 {
            return Err(invalid(field, format!("{field} takes 0 or 1")));
        }
    }
    let silence = silence(fields).ok_or_else(no_such_mode)?;
    let terminators = Terminators::parse(terminators)
        .map_err(|error| Failure::field(afterbeep_status::CONFIG, "terminators", error.to_string()))?;
    // SAFETY: the caller vouches for the patterns.
    let tone_plan = unsafe { tone_plan(fields, named("tone_plan", fields.tone_plan)?) }?;
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
        final_silence_tail_ms: (fields.trim_final_silence == 1).then_some(fields.final_silence_tail_ms),
        tone_plan,
        comfort_noise_dbm0: (fields.comfort_noise_dbm0 != 0.0).then_some(fields.comfort_noise_dbm0),
        mask_digits: fields.mask_digits == 1,
        start_on_speech: fields.start_on_speech == 1,
        pre_roll_ms: fields.pre_roll_ms,
        min_duration_ms: fields.min_duration_ms,
        delete_too_short: fields.delete_too_short == 1,
        delete_initial_silence: fields.delete_initial_silence == 1,
        line_drop_debounce_ms: fields.line_drop_debounce_ms,
        silence,
        ..SessionConfig::default()
    };
    let header = HeaderStyle::from_number(fields.header_style)
        .ok_or_else(|| invalid("header_style", "header_style takes an afterbeep_header_style".into()))?;
    let metadata = Metadata {
        node_name: named("node_name", fields.node_name)?.map(str::to_owned),
        caller: named("caller", fields.caller)?.map(str::to_owned),
        ..if fields.metadata == 1 { Metadata::now() } else { Metadata::default() }
    };
    let durability =
        match fields.durability {
            0 => None,
            number => Some(Durability::from_number(number).ok_or_else(|| {
                invalid("durability", "durability takes an afterbeep_durability, or 0".into())
            })?),
        };
    let large_file =
        match fields.large_file {
            0 => None,
            number => Some(LargeFile::from_number(number).ok_or_else(|| {
                invalid("large_file", "large_file takes an afterbeep_large_file, or 0".into())
            })?),
        };
    if fields.reserved != 0 {
        return Err(invalid("reserved", "reserved takes 0".into()));
    }
    let agc = AgcConfig {
        target_dbm0: fields.agc_target_dbm0,
        max_gain_db: fields.agc_max_gain_db,
        attack_ms: fields.agc_attack_ms,
        release_ms: fields.agc_release_ms,
    };
    let file = FileConfig {
        directory: directory.into(),
        name: file_name.map(str::to_owned),
        format,
        header,
        metadata,
        file_rate_hz: fields.file_rate_hz,
        durability,
        gain: GainConfig { gain_db: fields.gain_db, agc: (fields.agc == 1).then_some(agc) },
        large_file,
        max_file_kib: fields.max_file_kib,
        append: fields.append == 1,
    };
    Ok((session, file))
}

/// What the fields of the mode say; `None` where there is no such mode.
fn silence(fields: &afterbeep_session_config) -> Option<SilenceConfig> {
    const FIXED: u32 = afterbeep_silence_mode::FIXED as u32;
    const ADAPTIVE: u32 = afterbeep_silence_mode::ADAPTIVE as u32;
    Some(match fields.silence_mode {
        FIXED => SilenceConfig::Fixed(FixedSilence {
            threshold_dbm0: fields.silence_threshold_dbm0,
            hysteresis_db: fields.silence_hysteresis_db,
        }),
        ADAPTIVE => SilenceConfig::Adaptive(AdaptiveSilence {
            floor_min_dbm0: fields.silence_floor_min_dbm0,
            floor_max_dbm0: fields.silence_floor_max_dbm0,
            start_above_floor_db: fields.silence_start_above_floor_db,
            stop_above_floor_db: fields.silence_stop_above_floor_db,
            hangover_ms: fields.silence_hangover_ms,
        }),
        _ => return None,
    })
}

/// A detector of silence as a session with this configuration has it, on its own; see afterbeep_silence_create().
///
/// @param config       not NULL; of its fields, sample_rate_hz and those of silence count.
/// @param error        out; says which field is wrong. May be NULL.
/// @param out_silence  out, not NULL; NULL on failure.
/// @retval AFTERBEEP_STATUS_SAMPLE_RATE       the rate is not 8000 Hz.
/// @retval AFTERBEEP_STATUS_CONFIG            a field is out of range.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, a struct_size is wrong, or there is no such mode.
/// Thread: [control].  Since: 0.1.
///
/// # Safety
/// `config` begins with its size; `error` and `out_silence` are NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_silence_create_like(
    config: *const afterbeep_session_config,
    error: *mut afterbeep_error,
    out_silence: *mut *mut afterbeep_silence,
) -> afterbeep_status {
    guard(|| {
        // SAFETY: the caller vouches for all pointers.
        unsafe {
            *object(out_silence)? = ptr::null_mut();
            let detector = read_silence(config).map_err(|failure| failure.tell(error))?;
            hand_over(out_silence, afterbeep_silence::new(detector))
        }
    })
}

/// # Safety
/// `config` is NULL, or begins with its size.
unsafe fn read_silence(config: *const afterbeep_session_config) -> Result<SilenceDetector, Failure> {
    // SAFETY: the caller vouches for it.
    let fields =
        unsafe { read_sized(config, OLDEST, afterbeep_session_config::default()) }.map_err(wrong_size)?;
    if rate(&fields)? != SampleRate::NARROWBAND {
        let text = "a detector of its own takes 8000 Hz; convert the audio";
        return Err(Failure::field(afterbeep_status::SAMPLE_RATE, "sample_rate_hz", text));
    }
    let config = silence(&fields).ok_or_else(no_such_mode)?;
    SilenceDetector::new(&config)
        .map_err(|error| Failure::field(afterbeep_status::CONFIG, error.field, error.to_string()))
}

fn wrong_size(status: afterbeep_status) -> Failure {
    Failure::plain(status, "the configuration is NULL, or its struct_size is wrong")
}

fn no_such_mode() -> Failure {
    let text = "silence_mode takes an afterbeep_silence_mode";
    Failure::field(afterbeep_status::INVALID_ARGUMENT, "silence_mode", text)
}

fn rate(fields: &afterbeep_session_config) -> Result<SampleRate, Failure> {
    SampleRate::new(fields.sample_rate_hz)
        .map_err(|error| Failure::field(afterbeep_status::SAMPLE_RATE, "sample_rate_hz", error.to_string()))
}

/// The plan that the configuration names, with the tones that were learned.
///
/// # Safety
/// `learned` is NULL or as long as told.
unsafe fn tone_plan(
    fields: &afterbeep_session_config,
    list: Option<&str>,
) -> Result<Option<TonePlan>, Failure> {
    let wrong = |field, text: String| Failure::field(afterbeep_status::CONFIG, field, text);
    if list.is_none() && fields.learned_count == 0 {
        return Ok(None);
    }
    let mut plan = list
        .map_or(Ok(TonePlan::UNIVERSAL), TonePlan::parse)
        .map_err(|unknown| wrong("tone_plan", unknown.to_string()))?;
    plan.continuous_ms = fields.continuous_tone_ms;
    if fields.learned_count as usize > LEARNED_MAX || (fields.learned_count > 0 && fields.learned.is_null()) {
        return Err(wrong(
            "learned_count",
            "learned_count takes 0 to 2, and learned as many patterns".into(),
        ));
    }
    for place in 0..fields.learned_count as usize {
        // SAFETY: the caller vouches for so many patterns.
        let learned = unsafe { fields.learned.add(place).read() };
        let pattern =
            pattern(&learned).ok_or_else(|| wrong("learned", "kind takes an afterbeep_tone_kind".into()))?;
        plan = plan.with_learned(pattern).unwrap_or(plan);
    }
    Ok(Some(plan))
}

/// A learned pattern, if its kind is one.
fn pattern(learned: &afterbeep_tone_pattern) -> Option<TonePattern> {
    let kind = ToneKind::ALL.into_iter().find(|&kind| kind as u32 == learned.kind)?;
    let afterbeep_tone_pattern { frequencies_hz, cadence_ms, .. } = *learned;
    Some(TonePattern { kind, frequencies_hz, modulated: false, cadence_ms })
}
