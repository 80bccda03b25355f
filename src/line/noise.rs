//! Comfort noise: what a line sounds like when nobody speaks.

use super::level::mean_square_from_dbm0;

/// White noise at a level, from a generator that starts alike every time: the same input gives the same output.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    state: u32,
    peak: f32,
}

impl ComfortNoise {
    /// Noise at a level in dBm0.
    pub fn new(level_dbm0: f32) -> Self {
        // Uniform noise has a mean square of a third of its peak's.
        let peak = libm::sqrtf(3.0 * mean_square_from_dbm0(level_dbm0));
        Self { state: 0x9E37_79B9, peak }
    }

    /// Fills a frame.
    pub fn fill(&mut self, frame: &mut [i16]) {
        for sample in frame {
            // xorshift32.
            self.state ^= self.state << 13;
            self.state ^= self.state >> 17;
            self.state ^= self.state << 5;
            let uniform = (self.state >> 8) as f32 / (1 << 23) as f32 - 1.0;
            *sample = libm::roundf(uniform * self.peak) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::level::dbm0_from_mean_square;

    #[test]
    fn the_level_is_right_and_the_noise_white_enough() {
        for level in [-35.0, -50.0, -65.0] {
            let mut frame = vec![0; 80_000];
            ComfortNoise::new(level).fill(&mut frame);
            let power = |lag: usize| {
                let products = frame.iter().zip(&frame[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b));
                products.sum::<f64>() / frame.len() as f64
            };
            assert!((dbm0_from_mean_square(power(0) as f32) - level).abs() < 0.3, "{level}");
            assert!((1..20).all(|lag| power(lag).abs() < 0.03 * power(0)), "{level}");
        }
    }
}
