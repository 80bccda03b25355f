/// What a receiver takes for a digit.
///
/// The default meets the AT&T column of ITU-T Q.24 table A-1: operate within ±1.5 %, reject from
/// ±3.5 %; twist from -8 to +4 dB; accept 40 ms of tone, reject 23 ms; tell digits 40 ms apart,
/// ride over interruptions of 10 ms. Its limits lie between what must be accepted and what must be
/// rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfProfile {
    /// Largest deviation of either frequency, as a part of it.
    pub max_deviation: f32,
    /// Lowest level of either tone in dBm0. Q.24 has -25 dBm accepted and -55 dBm rejected.
    pub min_level_dbm0: f32,
    /// Largest level of the high tone above the low one, in decibels (normal twist).
    pub max_twist_db: f32,
    /// Largest level of the low tone above the high one, in decibels (reverse twist).
    pub max_reverse_twist_db: f32,
    /// Least part of the power that the two tones make up together.
    pub min_purity: f32,
    /// Shortest tone, in milliseconds.
    pub min_tone_ms: u32,
    /// Shortest pause that ends a tone, in milliseconds; a shorter one is an interruption.
    pub min_pause_ms: u32,
}

impl Default for DtmfProfile {
    fn default() -> Self {
        Self {
            max_deviation: 0.025,
            min_level_dbm0: -45.0,
            max_twist_db: 5.0,
            max_reverse_twist_db: 9.0,
            min_purity: 0.80,
            min_tone_ms: 32,
            min_pause_ms: 25,
        }
    }
}
