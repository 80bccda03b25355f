use crate::line::SampleRate;

/// How samples are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Format {
    /// 16-bit linear PCM, two bytes a sample.
    #[default]
    Pcm16 = 1,
    /// ITU-T G.711 A-law, one byte a sample. What an A-law line delivered is stored byte for byte.
    Alaw = 2,
    /// ITU-T G.711 µ-law, one byte a sample. What a µ-law line delivered is stored byte for byte, its negative zero
    /// (0x7F) where the line is decoded exactly (`line::g711::ulaw_decode_exact`, `afterbeep_ulaw_decode_exact`).
    Ulaw = 3,
    /// IMA ADPCM (WAVE format 0x11), about four bits a sample, in blocks.
    ImaAdpcm = 4,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pcm16, Self::Alaw, Self::Ulaw, Self::ImaAdpcm];

    /// The format of a number of the C ABI.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Pcm16),
            2 => Some(Self::Alaw),
            3 => Some(Self::Ulaw),
            4 => Some(Self::ImaAdpcm),
            _ => None,
        }
    }

    /// Bytes that so many samples take in a file, its header aside.
    pub const fn data_bytes(self, samples: u64, rate: SampleRate) -> u64 {
        Coding::new(self, rate).data_bytes(samples)
    }
}

/// A format and its blocks; where samples stand alone, a block is one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) format: Format,
    pub(super) block_bytes: u16,
    pub(super) block_samples: u16,
}

impl Coding {
    /// How we write it.
    pub(super) const fn new(format: Format, rate: SampleRate) -> Self {
        let block_bytes = match format {
            Format::Pcm16 => 2,
            Format::Alaw | Format::Ulaw => 1,
            // As usual for the rate: about 1/20 s.
            Format::ImaAdpcm => match rate.hz() {
                ..=11_025 => 256,
                11_026..=22_050 => 512,
                _ => 1_024,
            },
        };
        let block_samples = match format {
            Format::ImaAdpcm => Self::ima_block_samples(block_bytes) as u16,
            _ => 1,
        };
        Self { format, block_bytes, block_samples }
    }

    /// Samples that an IMA ADPCM block of so many bytes, 4 at least, has room for: its head holds the first one, every
    /// other byte two.
    pub(super) const fn ima_block_samples(block_bytes: u16) -> u32 {
        (block_bytes as u32 - 4) * 2 + 1
    }

    /// Bytes of the blocks that hold so many samples.
    pub(super) const fn data_bytes(self, samples: u64) -> u64 {
        samples.div_ceil(self.block_samples as u64) * self.block_bytes as u64
    }

    /// Samples of the whole blocks in so many bytes.
    pub(super) const fn whole_samples(self, bytes: u64) -> u64 {
        bytes / self.block_bytes as u64 * self.block_samples as u64
    }
}
