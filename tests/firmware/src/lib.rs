//! A session as firmware runs it: no allocator, no operating system, no panic.
#![no_std]

use afterbeep::dsp::call_progress::{CallProgressReceiver, ToneLearner};
use afterbeep::dsp::goertzel::Kernel;
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::session::{EndReason, Session, SessionConfig};
use core::panic::PanicInfo;

unsafe extern "C" {
    /// Nobody defines it: a panic that the linker cannot prove away fails the link.
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it never runs.
    unsafe { a_panic_is_reachable() }
}

/// Tones in a line, by every plan; a learned one counts, too.
///
/// # Safety
/// `line` points to `sample_count` samples, `list` to `list_bytes` bytes of text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn firmware_tones(
    line: *const i16,
    sample_count: usize,
    list: *const u8,
    list_bytes: usize,
) -> u64 {
    // SAFETY: the caller vouches for both.
    let (line, list) = unsafe {
        (core::slice::from_raw_parts(line, sample_count), core::slice::from_raw_parts(list, list_bytes))
    };
    let plan = core::str::from_utf8(list).ok().and_then(|list| TonePlan::parse(list).ok());
    let Some(mut receiver) = plan.and_then(|plan| CallProgressReceiver::new(&plan).ok()) else { return u64::MAX };
    let mut learner = ToneLearner::new(Kernel::COMPILED);
    let mut events = 0;
    for frame in line.chunks(160) {
        receiver.push(frame, |_| events += 1);
        receiver.push_lost(0);
        learner.push(frame);
    }
    events + u64::from(receiver.finish().is_some()) + u64::from(learner.finish().is_ok())
}

/// Feeds a line to a session in frames of 160 samples. Returns the sample at which `#` cut the message, 0 where it
/// did not end so.
///
/// # Safety
/// `line` points to `sample_count` samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn firmware_record(line: *const i16, sample_count: usize) -> u64 {
    // SAFETY: the caller vouches for it.
    let line = unsafe { core::slice::from_raw_parts(line, sample_count) };
    let Ok(mut session) = Session::new(&SessionConfig::default()) else { return 0 };
    let mut beep_energy = 0u64;
    for frame in line.chunks(160) {
        if let Some(beep) = session.beep() {
            let sample = i64::from(beep.sample(session.position() as u32 + 2));
            beep_energy += (sample * sample) as u64;
        }
        session.push(frame);
        session.push_lost(0);
    }
    session.hangup();
    match session.end() {
        Some(end) if end.reason == EndReason::Dtmf && beep_energy > 0 => end.kept_samples,
        _ => 0,
    }
}
