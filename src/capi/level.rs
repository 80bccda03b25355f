//! Units of level.

use crate::line::level;

/// Level in dBm0 of noise or speech by its mean |sample|, as Asterisk and FreeSWITCH write silence thresholds: 256 is
/// -34.0 dBm0. A sine of the same mean is 0.9 dB lower.
///
/// @param mean_abs  mean magnitude in sample steps, [0, 32768]; what is not above 0 gives -100 dBm0.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_dbm0_from_mean_abs(mean_abs: f32) -> f32 {
    level::dbm0_from_mean_abs(mean_abs.max(0.0))
}
