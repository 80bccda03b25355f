use crate::line::g711::{alaw_encode, ulaw_encode};

/// How samples are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Format {
    /// 16-bit linear PCM, two bytes a sample.
    #[default]
    Pcm16 = 1,
    /// ITU-T G.711 A-law, one byte a sample.
    Alaw = 2,
    /// ITU-T G.711 µ-law, one byte a sample.
    Ulaw = 3,
}

impl Format {
    /// The format of a number of the C ABI.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Pcm16),
            2 => Some(Self::Alaw),
            3 => Some(Self::Ulaw),
            _ => None,
        }
    }

    /// Bytes that a sample takes.
    pub const fn bytes_per_sample(self) -> u16 {
        match self {
            Self::Pcm16 => 2,
            Self::Alaw | Self::Ulaw => 1,
        }
    }

    /// Appends samples as the file stores them.
    pub(super) fn encode(self, samples: &[i16], bytes: &mut Vec<u8>) {
        match self {
            Self::Pcm16 => bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
            Self::Alaw => bytes.extend(samples.iter().map(|&sample| alaw_encode(sample))),
            Self::Ulaw => bytes.extend(samples.iter().map(|&sample| ulaw_encode(sample))),
        }
    }
}
