//! `afterbeep_tone_pattern`.

use crate::dsp::tone_plan::{FREQUENCIES_MAX, PAIRS_MAX, ToneKind};
use core::ffi::{CStr, c_char};

/// Frequencies that sound at once in a tone, at the most.
pub const AFTERBEEP_TONE_FREQUENCIES_MAX: usize = 4;
const _: () = assert!(AFTERBEEP_TONE_FREQUENCIES_MAX == FREQUENCIES_MAX);
/// Pairs of sound and silence in a tone's cycle, at the most.
pub const AFTERBEEP_TONE_PAIRS_MAX: usize = 8;
const _: () = assert!(AFTERBEEP_TONE_PAIRS_MAX == PAIRS_MAX);

/// A call-progress tone, as `afterbeep tones learn` measures it on a recorded line. The size of this struct is part of
/// the ABI.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_tone_pattern {
    /// What it means: afterbeep_tone_kind.
    pub kind: u32,
    /// Frequencies that sound together, in hertz, [200, 3600], the unused ones 0.
    pub frequencies_hz: [u16; AFTERBEEP_TONE_FREQUENCIES_MAX],
    /// Sound and silence in turn, in milliseconds, [50, 20000], the unused ones 0; all 0 where the tone never pauses.
    pub cadence_ms: [[u16; 2]; AFTERBEEP_TONE_PAIRS_MAX],
}

/// The name of a tone's kind, as results everywhere have it: "busy", "dial", and so on.
///
/// @param tone_kind  any number.
/// @return a static text, never NULL; "unknown" for a number that is no afterbeep_tone_kind.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_tone_kind_str(tone_kind: u32) -> *const c_char {
    const NAMES: [(ToneKind, &CStr); 9] = [
        (ToneKind::Busy, c"busy"),
        (ToneKind::Congestion, c"congestion"),
        (ToneKind::NumberUnobtainable, c"number_unobtainable"),
        (ToneKind::Dial, c"dial"),
        (ToneKind::Howler, c"howler"),
        (ToneKind::SpecialInformation, c"special_information"),
        (ToneKind::Ringback, c"ringback"),
        (ToneKind::CallWaiting, c"call_waiting"),
        (ToneKind::FaxCalling, c"fax_calling"),
    ];
    let named = NAMES.iter().find(|(kind, _)| *kind as u32 == tone_kind);
    named.map_or(c"unknown", |(_, name)| *name).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_name() {
        for kind in ToneKind::ALL {
            // SAFETY: the text is static.
            let name = unsafe { CStr::from_ptr(afterbeep_tone_kind_str(kind as u32)) };
            assert_eq!(name.to_str(), Ok(kind.name()));
        }
    }
}
