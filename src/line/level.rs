//! Levels in dBm0.
//!
//! 16-bit linear PCM is taken on the A-law scale: a sine whose peak is full scale (32768) has
//! **+3.14 dBm0** (ITU-T G.711, table 5 and note on the digital milliwatt for A-law). The µ-law
//! figure is +3.17 dBm0 for a peak of 8159 on G.711's 14-bit scale, which is 32636 on ours: one
//! scale for both laws is then at most 0.07 dB off for µ-law, and a level means the same
//! on every line.

/// Level of a full-scale sine, in dBm0.
#[allow(clippy::approx_constant, reason = "G.711's figure, which only looks like π")]
pub const FULL_SCALE_SINE_DBM0: f32 = 3.14;

/// What is reported for digital silence, in dBm0: below anything 16 bits can carry.
pub const FLOOR_DBM0: f32 = -100.0;

/// Mean square of a full-scale sine.
const FULL_SCALE_MEAN_SQUARE: f32 = 32_768.0 * 32_768.0 / 2.0;

/// Level in dBm0 of a signal whose mean square (in squared sample steps) is given.
pub fn dbm0_from_mean_square(mean_square: f32) -> f32 {
    if mean_square > 0.0 {
        let dbm0 = 10.0 * libm::log10f(mean_square / FULL_SCALE_MEAN_SQUARE) + FULL_SCALE_SINE_DBM0;
        dbm0.max(FLOOR_DBM0)
    } else {
        FLOOR_DBM0
    }
}

/// Mean square (in squared sample steps) of a signal at a level in dBm0.
pub fn mean_square_from_dbm0(dbm0: f32) -> f32 {
    FULL_SCALE_MEAN_SQUARE * libm::powf(10.0, (dbm0 - FULL_SCALE_SINE_DBM0) / 10.0)
}

/// Level in dBm0 of noise or speech whose mean |sample| is given, as Asterisk and FreeSWITCH write thresholds: 256 is
/// -34.0 dBm0. Of Gaussian noise the mean is 0.798 of the root mean square; of a sine, which is then 0.9 dB lower, 0.900.
pub fn dbm0_from_mean_abs(mean_abs: f32) -> f32 {
    dbm0_from_mean_square(mean_abs * mean_abs * core::f32::consts::FRAC_PI_2)
}

/// Peak, in sample steps, of a sine at a level in dBm0.
pub fn sine_peak_from_dbm0(dbm0: f32) -> f32 {
    libm::sqrtf(2.0 * mean_square_from_dbm0(dbm0))
}

/// A power ratio in decibels as a factor.
pub fn power_ratio_from_db(db: f32) -> f32 {
    libm::powf(10.0, db / 10.0)
}

/// A power ratio in decibels.
pub fn db_from_power_ratio(ratio: f32) -> f32 {
    10.0 * libm::log10f(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_sine_is_plus_3_14_dbm0() {
        assert!((dbm0_from_mean_square(FULL_SCALE_MEAN_SQUARE) - FULL_SCALE_SINE_DBM0).abs() < 1e-4);
        assert!((sine_peak_from_dbm0(FULL_SCALE_SINE_DBM0) - 32_768.0).abs() < 1.0);
    }

    /// ITU-T G.711 table 5: this A-law sequence is a 1 kHz sine of 0 dBm0.
    #[test]
    fn the_digital_milliwatt_is_0_dbm0() {
        use crate::line::g711::{alaw_decode, ulaw_decode};
        let mean_square = |codes: [u8; 8], decode: fn(u8) -> i16| {
            codes.iter().map(|&c| f32::from(decode(c)) * f32::from(decode(c))).sum::<f32>() / 8.0
        };
        let alaw = mean_square([0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4], alaw_decode);
        assert!(dbm0_from_mean_square(alaw).abs() < 0.05, "{}", dbm0_from_mean_square(alaw));
        let ulaw = mean_square([0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E], ulaw_decode);
        assert!(dbm0_from_mean_square(ulaw).abs() < 0.10, "{}", dbm0_from_mean_square(ulaw));
    }

    #[test]
    fn levels_round_trip() {
        for dbm0 in [-60.0, -40.0, -10.0, 0.0, 3.0] {
            assert!((dbm0_from_mean_square(mean_square_from_dbm0(dbm0)) - dbm0).abs() < 1e-4);
        }
        assert_eq!(dbm0_from_mean_square(0.0), FLOOR_DBM0);
    }

    #[test]
    fn mean_magnitudes_are_those_of_noise() {
        for (mean_abs, dbm0) in [(128.0, -40.1), (200.0, -36.2), (256.0, -34.0), (500.0, -28.2)] {
            assert!((dbm0_from_mean_abs(mean_abs) - dbm0).abs() < 0.1, "{}", dbm0_from_mean_abs(mean_abs));
        }
        assert_eq!(dbm0_from_mean_abs(0.0), FLOOR_DBM0);
    }
}
