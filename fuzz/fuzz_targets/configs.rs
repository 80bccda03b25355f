//! Configurations of any content: refused with a field, or taken and run; never a panic, never memory that they make up.
#![no_main]

#[path = "../src/input.rs"]
mod input;

use afterbeep::capi::dtmf_profile::afterbeep_dtmf_profile;
use afterbeep::capi::engine::{
    afterbeep_engine, afterbeep_engine_config, afterbeep_engine_config_init, afterbeep_engine_create,
};
use afterbeep::capi::error::afterbeep_error;
use afterbeep::capi::session::{afterbeep_session, afterbeep_session_open};
use afterbeep::capi::session_config::{afterbeep_session_config, afterbeep_session_config_init};
use afterbeep::capi::status::afterbeep_status;
use afterbeep::dsp::gain::{AgcConfig, GainConfig};
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::engine::{Durability, EngineConfig, FileConfig, LargeFile};
use afterbeep::line::SampleRate;
use afterbeep::session::{Session, SessionConfig, Terminators};
use input::Input;
use libfuzzer_sys::fuzz_target;
use std::ffi::{CString, c_char};
use std::mem::{MaybeUninit, size_of};
use std::ptr;
use std::sync::OnceLock;

/// As much as a struct may ever have.
const ROOM: usize = 4_096;

#[repr(C, align(16))]
struct Room([u8; ROOM]);

/// The one engine that sessions are asked of.
struct Shared(*mut afterbeep_engine);
// SAFETY: an engine's calls come from any thread.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

fn engine() -> *mut afterbeep_engine {
    static ENGINE: OnceLock<Shared> = OnceLock::new();
    let create = || {
        let mut config = MaybeUninit::<afterbeep_engine_config>::zeroed();
        let mut engine = ptr::null_mut();
        // SAFETY: the pointers are to whole objects of the size that is told.
        unsafe {
            let initialised =
                afterbeep_engine_config_init(config.as_mut_ptr(), size_of::<afterbeep_engine_config>());
            assert_eq!(initialised, afterbeep_status::OK);
            assert_eq!(
                afterbeep_engine_create(config.as_ptr(), ptr::null_mut(), &raw mut engine),
                afterbeep_status::OK
            );
        }
        Shared(engine)
    };
    ENGINE.get_or_init(create).0
}

fn any_text(input: &mut Input, kept: &mut Vec<CString>) -> *const c_char {
    let length = usize::from(input.byte());
    if length == 0 {
        return ptr::null();
    }
    let bytes: Vec<u8> = input.take(length % 100).iter().copied().filter(|&byte| byte != 0).collect();
    kept.push(CString::new(bytes).unwrap());
    kept.last().unwrap().as_ptr()
}

/// Overwrites some words of a struct: all of them where the fuzzer says so.
fn scatter(room: &mut Room, input: &mut Input) {
    for _ in 0..input.byte() % 64 {
        let place = usize::from(input.half()) % (ROOM / 4) * 4;
        let place = if input.byte() % 8 > 0 { place % 512 } else { place };
        room.0[place..place + 4].copy_from_slice(&input.word().to_le_bytes());
    }
}

fn through_c(input: &mut Input) {
    let mut room = Box::new(Room([0; ROOM]));
    let mut profile = Box::new(Room([0; ROOM]));
    let mut patterns = Box::new(Room([0; ROOM]));
    let mut texts = Vec::new();
    let config: *mut afterbeep_session_config = room.0.as_mut_ptr().cast();
    // SAFETY: there is room.
    let initialised = unsafe { afterbeep_session_config_init(config, size_of::<afterbeep_session_config>()) };
    assert_eq!(initialised, afterbeep_status::OK);
    let length = u32::from(input.half()) % ROOM as u32;
    profile.0[..4].copy_from_slice(&length.to_le_bytes());
    [&mut room, &mut profile, &mut patterns].into_iter().for_each(|room| scatter(room, input));
    let pointers = [(); 5].map(|()| any_text(input, &mut texts));
    // SAFETY: the struct lies in the room, of which any bytes are values of it; every pointer is NULL, or to a text or a
    // room that live on, as long as any of their sizes may tell.
    unsafe {
        // No directory: nothing is created.
        (*config).directory = if input.byte() % 8 == 0 { ptr::null() } else { c"/dev/null".as_ptr() };
        [
            (*config).file_name,
            (*config).terminators,
            (*config).tone_plan,
            (*config).node_name,
            (*config).caller,
        ] = pointers;
        (*config).dtmf = match input.byte() % 2 {
            0 => ptr::null(),
            _ => profile.0.as_ptr().cast::<afterbeep_dtmf_profile>(),
        };
        (*config).learned = if input.byte() % 2 == 0 { ptr::null() } else { patterns.0.as_ptr().cast() };
        let mut session = afterbeep_session { value: 0 };
        let mut error = MaybeUninit::<afterbeep_error>::zeroed();
        let status = afterbeep_session_open(engine(), config, error.as_mut_ptr(), &raw mut session);
        assert_ne!(status, afterbeep_status::OK);
        assert_ne!(status, afterbeep_status::INTERNAL, "a panic");
    }
}

fn in_rust(input: &mut Input) {
    // Mostly in range, so that one bad field shows.
    let mut number = |default: u32| match input.byte() % 8 {
        0 => input.word(),
        1 => input.half().into(),
        _ => default,
    };
    let engine = EngineConfig {
        writer_threads: number(1),
        max_sessions: number(10),
        poll_interval_ms: number(20),
        batch_ms: number(900),
        batch_age_ms: number(900),
        ring_ms: number(2_000),
        media_timeout_ms: number(0),
        writer_stall_ms: number(750),
        spare_writers: number(4),
        min_free_kib: number(16),
        durability: Durability::from_number(number(2)).unwrap_or_default(),
        sync_interval_ms: number(1_000),
        preallocate_kib: number(256),
        full_hold_ms: number(5_000),
        // A directory is no number: tests/repair.rs has its cases.
        repair_directory: None,
    };
    let _ = engine.validate();
    let (large_file, max_file_kib) = (LargeFile::from_number(number(0)), number(0));
    let (file_rate_hz, attack_ms, release_ms) = (number(0), number(50), number(1_000));
    let mut config = SessionConfig {
        echo_guard_ms: number(0),
        max_duration_ms: number(20_000),
        initial_silence_ms: number(0),
        final_silence_ms: number(0),
        pre_roll_ms: number(300),
        min_duration_ms: number(0),
        line_drop_debounce_ms: number(250),
        final_silence_tail_ms: Some(number(200)),
        start_on_speech: number(0) == 0,
        mask_digits: number(0) == 1,
        ..SessionConfig::default()
    };
    if let Ok(rate) = SampleRate::new(number(8_000)) {
        config.sample_rate = rate;
    }
    let agc = (input.byte() % 2 == 0).then(|| AgcConfig {
        target_dbm0: input.float(),
        max_gain_db: input.float(),
        attack_ms,
        release_ms,
    });
    let gain = GainConfig { gain_db: input.float(), agc };
    let name = input.text();
    let append = input.byte() % 4 == 0;
    let file = FileConfig::new("/dev/null");
    let _ = FileConfig { name, file_rate_hz, gain, large_file, max_file_kib, append, ..file }.validate();
    config.comfort_noise_dbm0 = (input.byte() % 2 == 0).then(|| input.float());
    if input.byte() % 4 == 0 {
        config.dtmf.accept_deviation_percent = input.float();
        config.dtmf.accept_level_dbm0 = input.float();
    }
    if let Some(text) = input.text() {
        if let Ok(terminators) = Terminators::parse(&text) {
            config.terminators = terminators;
        }
        config.tone_plan = TonePlan::parse(&text).ok();
    }
    if config.validate().is_ok()
        && let Ok(mut session) = Session::new(&config)
    {
        let frame: Vec<i16> = (0..1_600).map(|at| (at * 91) as i16).collect();
        (0..4).for_each(|_| drop(session.push(&frame)));
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    if input.byte() % 2 == 0 { through_c(&mut input) } else { in_rust(&mut input) }
});
