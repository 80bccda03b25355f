//! Takes dial tone out from under digits.

/// A second-order section: numerator and denominator of its transfer function, the latter without its leading 1.
struct Section {
    numerator: [f32; 3],
    denominator: [f32; 2],
}

/// An elliptic high-pass of fourth order for 8 kHz: 30 dB less from 0 to 475 Hz, deepest at 210 and 450 Hz, and 0.2 dB
/// of ripple from 675 Hz on, below the lowest row less its deviation. The dial tones of nearly all countries lie
/// between 350 and 460 Hz.
const SECTIONS: [Section; 2] = [
    Section { numerator: [0.569_521_7, -1.123_541_3, 0.569_521_7], denominator: [-1.135_814_9, 0.405_720_1] },
    Section { numerator: [1.0, -1.876_385_4, 1.0], denominator: [-1.653_396, 0.877_912_8] },
];

/// The filter's memory: what each section still has to give.
#[derive(Clone, Debug, Default)]
pub(super) struct DialToneFilter([[f32; 2]; SECTIONS.len()]);

impl DialToneFilter {
    /// Filters samples, in place. A frequency of 700 Hz comes out 11 samples later, one of 1600 Hz one sample.
    pub(super) fn filter(&mut self, samples: &mut [i16]) {
        for sample in samples {
            let mut signal = f32::from(*sample);
            for (Section { numerator: [b0, b1, b2], denominator: [a1, a2] }, [next, after]) in
                SECTIONS.iter().zip(&mut self.0)
            {
                let output = b0 * signal + *next;
                *next = b1 * signal - a1 * output + *after;
                *after = b2 * signal - a2 * output;
                signal = output;
            }
            // Saturates.
            *sample = libm::roundf(signal) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    /// What the filter makes of a sine, in decibels.
    fn gain_db(hz: f64) -> f64 {
        let mut samples: Vec<i16> =
            (0..8_000).map(|i| (10_000.0 * (TAU * hz / 8_000.0 * f64::from(i)).sin()) as i16).collect();
        DialToneFilter::default().filter(&mut samples);
        let power: f64 = samples[4_000..].iter().map(|&sample| f64::from(sample).powi(2)).sum();
        10.0 * (power / 4_000.0 / 5e7).log10()
    }

    #[test]
    fn dial_tone_goes_and_digits_stay() {
        for hz in [350.0, 400.0, 425.0, 440.0, 450.0] {
            assert!(gain_db(hz) < -29.5, "{hz} Hz: {} dB", gain_db(hz));
        }
        for hz in [684.5, 697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0, 1_633.0, 1_662.0] {
            assert!(gain_db(hz).abs() < 0.3, "{hz} Hz: {} dB", gain_db(hz));
        }
    }

    #[test]
    fn full_scale_saturates() {
        let mut samples: Vec<i16> =
            (0..800).map(|i| if i / 2 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        DialToneFilter::default().filter(&mut samples);
        assert!(samples.contains(&i16::MAX) && samples.contains(&i16::MIN));
    }
}
