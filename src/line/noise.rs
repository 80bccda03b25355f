//! Comfort noise: what a line sounds like when nobody speaks.

use super::level::mean_square_from_dbm0;

/// White noise at a level. Each sample follows from its position alone: however the noise is asked for, and by whichever
/// thread, it is the same.
#[derive(Clone, Copy, Debug)]
pub struct ComfortNoise {
    peak: f32,
}

impl ComfortNoise {
    /// Noise at a level in dBm0.
    pub fn new(level_dbm0: f32) -> Self {
        // Uniform noise has a mean square of a third of its peak's.
        let peak = libm::sqrtf(3.0 * mean_square_from_dbm0(level_dbm0));
        Self { peak }
    }

    /// Fills a frame whose first sample has a position.
    pub fn fill(&self, position: u64, frame: &mut [i16]) {
        for (sample, position) in frame.iter_mut().zip(position..) {
            // Days pass until the lower half repeats.
            let uniform = (scrambled(position as u32) >> 8) as f32 / (1 << 23) as f32 - 1.0;
            *sample = libm::roundf(uniform * self.peak) as i16;
        }
    }
}

/// A number that looks like chance: MurmurHash3's finaliser, which changes each bit with a probability of a half where one
/// bit of what goes in changes.
const fn scrambled(number: u32) -> u32 {
    let number = (number ^ number >> 16).wrapping_mul(0x85EB_CA6B);
    let number = (number ^ number >> 13).wrapping_mul(0xC2B2_AE35);
    number ^ number >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::level::dbm0_from_mean_square;

    #[test]
    fn the_level_is_right_and_the_noise_white_enough() {
        for level in [-35.0, -50.0, -65.0] {
            let mut frame = vec![0; 80_000];
            ComfortNoise::new(level).fill(0, &mut frame);
            let power = |lag: usize| {
                let products = frame.iter().zip(&frame[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b));
                products.sum::<f64>() / frame.len() as f64
            };
            assert!((dbm0_from_mean_square(power(0) as f32) - level).abs() < 0.3, "{level}");
            assert!((1..20).all(|lag| power(lag).abs() < 0.03 * power(0)), "{level}");
        }
    }

    #[test]
    fn the_noise_is_the_same_in_pieces() {
        let noise = ComfortNoise::new(-40.0);
        let (mut whole, mut pieces) = (vec![0; 1_000], vec![0; 1_000]);
        noise.fill(7, &mut whole);
        let mut position = 7;
        for piece in pieces.chunks_mut(33) {
            noise.fill(position, piece);
            position += piece.len() as u64;
        }
        assert_eq!(whole, pieces);
    }
}
