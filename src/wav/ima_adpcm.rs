//! IMA ADPCM as WAV files hold it: the IMA Digital Audio Focus and Technical Working Group's recommended practice of
//! 1992, in blocks by Microsoft's "New Multimedia Data Types" of 1994.
//!
//! A mono block: the first sample (16 bits, little-endian), the step index, a zero, then four bits a sample, the lower
//! half of each byte first.

/// A block's bytes before its first four-bit code.
pub(super) const HEAD_BYTES: usize = 4;
/// Two codes of the smallest difference, up and down: after any sample they all but keep its value.
const HOLD: u8 = 0x80;
/// The highest step index.
const INDEX_MAX: i8 = 88;

/// The step sizes.
const STEPS: [u16; INDEX_MAX as usize + 1] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1_060, 1_166, 1_282, 1_411, 1_552, 1_707, 1_878, 2_066, 2_272, 2_499, 2_749, 3_024,
    3_327, 3_660, 4_026, 4_428, 4_871, 5_358, 5_894, 6_484, 7_132, 7_845, 8_630, 9_493, 10_442, 11_487,
    12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623, 27_086, 29_794, 32_767,
];
/// What a code does to the step index, by its three bits of magnitude.
const INDEX_CHANGES: [i8; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// What a decoder knows between two samples; the encoder follows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Predictor {
    sample: i16,
    index: i8,
}

impl Predictor {
    /// At a block's head. An index beyond the table counts as its end.
    pub(super) fn of_head(head: [u8; HEAD_BYTES]) -> Self {
        let [low, high, index, _] = head;
        Self { sample: i16::from_le_bytes([low, high]), index: index.min(INDEX_MAX as u8) as i8 }
    }

    fn head(self) -> [u8; HEAD_BYTES] {
        let [low, high] = self.sample.to_le_bytes();
        [low, high, self.index as u8, 0]
    }

    /// The sample that it is at.
    pub(super) const fn sample(self) -> i16 {
        self.sample
    }

    /// Takes the code in the lower four bits, and gives its sample.
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let step = i32::from(STEPS[self.index as usize]);
        let bit = |bit: u8, value: i32| if code & bit != 0 { value } else { 0 };
        let difference = (step >> 3) + bit(4, step) + bit(2, step >> 1) + bit(1, step >> 2);
        let signed = if code & 8 != 0 { -difference } else { difference };
        self.sample = (i32::from(self.sample) + signed).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        self.index = (self.index + INDEX_CHANGES[usize::from(code & 7)]).clamp(0, INDEX_MAX);
        self.sample
    }

    fn encode(&mut self, sample: i16) -> u8 {
        let difference = i32::from(sample) - i32::from(self.sample);
        let mut code = if difference < 0 { 8 } else { 0 };
        let mut left = difference.abs();
        let mut part = i32::from(STEPS[self.index as usize]);
        for bit in [4, 2, 1] {
            if left >= part {
                code |= bit;
                left -= part;
            }
            part >>= 1;
        }
        self.decode(code);
        code
    }
}

/// Makes blocks of samples that come in any number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Encoder {
    predictor: Predictor,
    /// Samples of the block that is begun.
    begun: u16,
    /// The code that awaits the other half of its byte.
    half: Option<u8>,
}

impl Encoder {
    /// Goes on with a block of these bytes that is kept for `begun` samples, all of them perhaps; no block is a new file.
    pub(super) fn within(block: &[u8], begun: u16) -> Self {
        let Some((&head, codes)) = block.split_first_chunk() else { return Self::default() };
        let block_samples = 2 * codes.len() as u16 + 1;
        let mut encoder =
            Self { predictor: Predictor::of_head(head), begun: begun % block_samples, half: None };
        let codes = codes.iter().flat_map(|byte| [byte & 0x0F, byte >> 4]);
        for (place, code) in codes.take(usize::from(begun) - 1).enumerate() {
            encoder.predictor.decode(code);
            encoder.half = (place % 2 == 0).then_some(code);
        }
        encoder
    }

    /// Samples that a block holds, what [`pad`](Self::pad) puts behind them aside.
    pub(super) fn filled_samples(block: &[u8]) -> u64 {
        let Some(codes) = block.get(HEAD_BYTES..) else { return 0 };
        let Some(last) = codes.iter().rposition(|&byte| byte != HOLD) else { return 1 };
        // The upper half of the last byte may be the first of what was put there.
        1 + 2 * (last as u64 + 1) - u64::from(codes[last] & 0xF0 == HOLD)
    }

    /// Bytes of the begun block, with `begun` samples, that no further sample changes.
    pub(super) const fn settled_bytes(begun: u16) -> u64 {
        if begun == 0 { 0 } else { HEAD_BYTES as u64 + (begun as u64 - 1) / 2 }
    }

    /// Appends the bytes of these samples, from the first one that is not settled yet.
    pub(super) fn encode(&mut self, block_samples: u16, samples: &[i16], bytes: &mut Vec<u8>) {
        for &sample in samples {
            if self.begun == 0 {
                self.predictor.sample = sample;
                bytes.extend(self.predictor.head());
            } else {
                let code = self.predictor.encode(sample);
                match self.half.take() {
                    Some(lower) => bytes.push(lower | (code << 4)),
                    None => self.half = Some(code),
                }
            }
            self.begun = (self.begun + 1) % block_samples;
        }
    }

    /// Appends what fills the begun block for now. The next samples take its place.
    pub(super) fn pad(&self, block_bytes: u16, bytes: &mut Vec<u8>) {
        if self.begun > 0 {
            let settled = Self::settled_bytes(self.begun) as usize;
            bytes.extend(self.half.map(|lower| lower | HOLD));
            let filled = settled + usize::from(self.half.is_some());
            bytes.resize(bytes.len() + usize::from(block_bytes) - filled, HOLD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps grow by a tenth, as the practice says, and end at full scale.
    #[test]
    fn steps_grow_by_a_tenth() {
        for pair in STEPS[8..].windows(2) {
            let growth = f64::from(pair[1]) / f64::from(pair[0]);
            assert!((1.05..1.17).contains(&growth), "{pair:?}");
        }
        assert_eq!((STEPS[0], STEPS[88]), (7, 32_767));
    }

    /// At a steady signal the decoder is within the step of it, which is a fifth of the amplitude here.
    #[test]
    fn a_block_holds_what_went_in() {
        let samples: Vec<i16> =
            (0..505).map(|i| (8_000.0 * (f64::from(i) * 0.3).sin()).round() as i16).collect();
        let (mut encoder, mut bytes) = (Encoder::default(), Vec::new());
        encoder.encode(505, &samples, &mut bytes);
        assert_eq!(bytes.len(), 256);
        let mut predictor = Predictor::of_head(*bytes.first_chunk().unwrap());
        assert_eq!(predictor.sample(), samples[0]);
        let codes = bytes[HEAD_BYTES..].iter().flat_map(|byte| [byte & 0x0F, byte >> 4]);
        let decoded: Vec<i16> = codes.map(|code| predictor.decode(code)).collect();
        assert_eq!(decoded.len(), 504);
        // The first ones are spent on finding the step.
        for (value, sample) in decoded.iter().zip(&samples[1..]).skip(40) {
            assert!(value.abs_diff(*sample) < 1_600, "{value} for {sample}");
        }
    }

    /// In pieces, and gone on with after any sample, it is the same.
    #[test]
    fn any_division_gives_the_same_bytes() {
        let samples: Vec<i16> = (0..1_200i32).map(|i| ((i * i * 37) % 20_011 - 10_000) as i16).collect();
        let (mut whole, mut encoder) = (Vec::new(), Encoder::default());
        encoder.encode(505, &samples, &mut whole);
        encoder.pad(256, &mut whole);
        assert_eq!(whole.len(), 3 * 256);
        for cut in 1..samples.len() {
            let (mut bytes, mut encoder) = (Vec::new(), Encoder::default());
            encoder.encode(505, &samples[..cut], &mut bytes);
            let begun = (cut % 505) as u16;
            let settled = cut / 505 * 256 + Encoder::settled_bytes(begun) as usize;
            assert_eq!(bytes.len(), settled, "{cut}");
            encoder.pad(256, &mut bytes);
            assert_eq!(bytes.len(), cut.div_ceil(505) * 256, "{cut}");
            assert_eq!(bytes[..settled], whole[..settled]);
            let block = cut / 505 * 256;
            let mut again = if begun > 0 { Encoder::within(&whole[block..], begun) } else { encoder };
            bytes.truncate(settled);
            again.encode(505, &samples[cut..], &mut bytes);
            again.pad(256, &mut bytes);
            assert_eq!(bytes, whole, "{cut}");
        }
    }
}
