//! ITU-T G.711 A-law and µ-law, both ways, on 16-bit linear samples.
//!
//! Linear samples are 13-bit A-law values shifted left by three, or 14-bit µ-law values shifted
//! left by two. Negative values are coded by their one's complement, as ITU-T G.191's reference
//! does: a decision value belongs to the interval above it on the positive side and mirrors on
//! the negative one. Decoding then encoding gives the same code back, except µ-law's negative
//! zero (0x7F), which comes back as positive zero (0xFF).

/// Inverts every second bit, as A-law does on the line.
const ALAW_MASK: u8 = 0x55;
/// µ-law's bias on the 14-bit scale.
const ULAW_BIAS: u16 = 33;
/// Largest biased 14-bit magnitude that µ-law codes.
const ULAW_CLIP: u16 = 0x1FFF;

/// Linear value of an A-law code.
pub const fn alaw_decode(code: u8) -> i16 {
    let bits = code ^ ALAW_MASK;
    let segment = (bits >> 4) & 0x07;
    let mantissa = ((bits & 0x0F) as i16) << 4;
    let magnitude = match segment {
        0 => mantissa + 0x008,
        _ => (mantissa + 0x108) << (segment - 1),
    };
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

/// A-law code of a linear value; the low four bits are dropped.
pub const fn alaw_encode(linear: i16) -> u8 {
    let sign = if linear >= 0 { 0x80 } else { 0 };
    // 0..=2047: twelve bits of magnitude, the one's complement for negative values.
    let magnitude = (if linear >= 0 { linear } else { !linear } as u16) >> 4;
    let bits = if magnitude < 32 {
        magnitude as u8
    } else {
        let segment = 11 - magnitude.leading_zeros() as u8;
        ((segment + 1) << 4) | ((magnitude >> segment) & 0x0F) as u8
    };
    (bits | sign) ^ ALAW_MASK
}

/// The µ-law code of no magnitude and a negative sign.
const NEGATIVE_ZERO: u8 = 0x7F;

/// Linear value of a µ-law code.
pub const fn ulaw_decode(code: u8) -> i16 {
    let bits = !code;
    let segment = (bits >> 4) & 0x07;
    let mantissa = (bits & 0x0F) as i16;
    let magnitude = (((mantissa << 1) + ULAW_BIAS as i16) << segment) - ULAW_BIAS as i16;
    if bits & 0x80 == 0 { magnitude << 2 } else { -(magnitude << 2) }
}

/// The same, but negative zero, 0x7F, is -1 and not 0: what [`ulaw_encode`] makes of it is the same byte again, for all
/// codes. For a µ-law line that is recorded as µ-law.
pub const fn ulaw_decode_exact(code: u8) -> i16 {
    if code == NEGATIVE_ZERO { -1 } else { ulaw_decode(code) }
}

/// µ-law code of a linear value; the low two bits are dropped.
pub const fn ulaw_encode(linear: i16) -> u8 {
    let sign = if linear >= 0 { 0x80 } else { 0 };
    let magnitude = ((if linear >= 0 { linear } else { !linear } as u16) >> 2) + ULAW_BIAS;
    let biased = if magnitude > ULAW_CLIP { ULAW_CLIP } else { magnitude };
    let segment = 10 - biased.leading_zeros() as u8;
    let mantissa = ((biased >> (segment + 1)) & 0x0F) as u8;
    (!((segment << 4) | mantissa) & 0x7F) | sign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        for code in 0..=255 {
            assert_eq!(alaw_encode(alaw_decode(code)), code);
            assert_eq!(ulaw_encode(ulaw_decode_exact(code)), code);
            assert!(ulaw_decode(code).abs_diff(ulaw_decode_exact(code)) <= u16::from(code == NEGATIVE_ZERO));
        }
    }

    /// G.711 tables 1a/1b (A-law) and 2a/2b (µ-law): segment end points and the quantised value
    /// of each segment's first interval, on the tables' own scales (4096 and 8159).
    #[test]
    fn segment_values_are_those_of_the_tables() {
        // (decision value that starts the segment, value at the decoder output), A-law on 4096.
        let alaw = [(0, 1), (64, 66), (128, 132), (256, 264), (512, 528), (1024, 1056), (2048, 2112)];
        for (start, output) in alaw {
            let decoded = alaw_decode(alaw_encode((start * 8) as i16));
            assert_eq!(decoded, (output * 8) as i16, "A-law segment at {start}");
            assert_eq!(alaw_decode(alaw_encode(!((start * 8) as i16))), -((output * 8) as i16));
        }
        let ulaw =
            [(0, 0), (31, 33), (95, 99), (223, 231), (479, 495), (991, 1023), (2015, 2079), (4063, 4191)];
        for (start, output) in ulaw {
            let decoded = ulaw_decode(ulaw_encode((start * 4) as i16));
            assert_eq!(decoded, (output * 4) as i16, "µ-law segment at {start}");
        }
        assert_eq!((alaw_decode(0xAA), alaw_decode(0x2A)), (32_256, -32_256));
        assert_eq!((ulaw_decode(0x80), ulaw_decode(0x00)), (32_124, -32_124));
        assert_eq!((ulaw_encode(i16::MAX), ulaw_encode(i16::MIN)), (0x80, 0x00));
        assert_eq!((alaw_encode(i16::MAX), alaw_encode(i16::MIN)), (0xAA, 0x2A));
    }

    #[test]
    fn codes_round_trip() {
        for code in 0..=255u8 {
            assert_eq!(alaw_encode(alaw_decode(code)), code, "A-law {code:#04x}");
            let expected = if code == 0x7F { 0xFF } else { code };
            assert_eq!(ulaw_encode(ulaw_decode(code)), expected, "µ-law {code:#04x}");
        }
    }
}
