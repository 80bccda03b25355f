use super::AdaptiveSilence;
use crate::dsp::BLOCK_SAMPLES;
use crate::line::level::mean_square_from_dbm0;

/// How fast the floor rises where the line stays above it: 2 dB a second, at 8 kHz. Noise that rises by 1 dB a second is
/// followed with room to spare, while the second or two that speech goes on without a dip adds little.
const RISE_PER_SAMPLE: f32 = 2.0 * DB_PER_SECOND;
/// Growth of a power by 1 dB a second, a sample.
const DB_PER_SECOND: f32 = core::f32::consts::LN_10 / 10.0 / 8_000.0;

/// How much of the way the smoothed level goes in a block: noise, pink noise above all, differs by several decibels
/// from block to block.
const SMOOTHING_PER_SAMPLE: f32 = 0.25 / BLOCK_SAMPLES as f32;

/// How much of the way down the floor goes in a block: the dips between syllables last a few blocks only.
const FALL_PER_SAMPLE: f32 = 0.25 / BLOCK_SAMPLES as f32;

/// Mean square below which the line carries nothing, -81 dBm0: a gap in its transmission, which tells nothing of its noise.
const NOTHING: f32 = 2.0;

/// The noise floor as a mean square.
#[derive(Clone, Debug)]
pub(super) struct Floor {
    level: f32,
    smoothed: f32,
    min: f32,
    max: f32,
}

impl Floor {
    /// At its upper bound, so that noise is silence from the first block on: down it goes fast.
    pub(super) fn new(config: &AdaptiveSilence) -> Self {
        let max = mean_square_from_dbm0(config.floor_max_dbm0);
        Self { level: max, smoothed: max, min: mean_square_from_dbm0(config.floor_min_dbm0), max }
    }

    pub(super) const fn level(&self) -> f32 {
        self.level
    }

    /// Takes the next block, short or long.
    pub(super) fn block(&mut self, samples: usize, mean_square: f32) {
        if mean_square < NOTHING {
            return;
        }
        // Longer than a block is only a loss, and that carries nothing.
        let samples = samples.min(BLOCK_SAMPLES) as f32;
        self.smoothed += (mean_square - self.smoothed) * (SMOOTHING_PER_SAMPLE * samples);
        let level = if self.smoothed > self.level {
            (self.level * (1.0 + RISE_PER_SAMPLE * samples)).min(self.smoothed)
        } else {
            self.level + (self.smoothed - self.level) * (FALL_PER_SAMPLE * samples)
        };
        self.level = level.max(self.min).min(self.max);
    }
}
