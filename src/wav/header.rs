use super::Format;
use crate::line::SampleRate;

/// Format tags of the `fmt ` chunk (RFC 2361).
pub(super) const TAG_PCM: u16 = 1;
pub(super) const TAG_ALAW: u16 = 6;
pub(super) const TAG_ULAW: u16 = 7;

/// Longest header.
const HEADER_MAX: usize = 58;

/// Bytes before the first sample.
pub(super) const fn header_len(format: Format) -> u64 {
    match format {
        Format::Pcm16 => 44,
        // G.711 takes the 18-byte `fmt ` and a `fact` chunk, as RIFF wants for all but PCM.
        Format::Alaw | Format::Ulaw => 58,
    }
}

/// A file's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    bytes: [u8; HEADER_MAX],
    length: usize,
}

impl Header {
    /// The header of a file that holds so many bytes of audio. RIFF sizes are 32 bits: `None` past 4 GiB.
    pub(super) fn new(format: Format, rate: SampleRate, data_bytes: u64) -> Option<Self> {
        let padding = data_bytes % 2;
        let riff_bytes = u32::try_from(header_len(format) - 8 + data_bytes + padding).ok()?;
        let data_bytes = data_bytes as u32;
        let (tag, bytes) = match format {
            Format::Pcm16 => (TAG_PCM, 2u16),
            Format::Alaw => (TAG_ALAW, 1),
            Format::Ulaw => (TAG_ULAW, 1),
        };
        let extended = tag != TAG_PCM;
        let mut header = Self { bytes: [0; HEADER_MAX], length: 0 };
        header.put(b"RIFF");
        header.put(&riff_bytes.to_le_bytes());
        header.put(b"WAVEfmt ");
        header.put(&if extended { 18u32 } else { 16 }.to_le_bytes());
        header.put(&tag.to_le_bytes());
        header.put(&1u16.to_le_bytes());
        header.put(&rate.hz().to_le_bytes());
        header.put(&(rate.hz() * u32::from(bytes)).to_le_bytes());
        header.put(&bytes.to_le_bytes());
        header.put(&(8 * bytes).to_le_bytes());
        if extended {
            header.put(&0u16.to_le_bytes());
            header.put(b"fact");
            header.put(&4u32.to_le_bytes());
            header.put(&(data_bytes / u32::from(bytes)).to_le_bytes());
        }
        header.put(b"data");
        header.put(&data_bytes.to_le_bytes());
        Some(header)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_as_long_as_promised() {
        for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
            let header = Header::new(format, SampleRate::NARROWBAND, 1_001).unwrap();
            let header = header.bytes();
            assert_eq!(header.len() as u64, header_len(format));
            let riff = u32::from_le_bytes(header[4..8].try_into().unwrap());
            assert_eq!(u64::from(riff), header_len(format) - 8 + 1_002, "the pad byte counts in RIFF");
        }
    }

    #[test]
    fn what_32_bits_cannot_hold_is_refused() {
        assert!(Header::new(Format::Pcm16, SampleRate::NARROWBAND, u64::from(u32::MAX) - 37).is_some());
        assert!(Header::new(Format::Pcm16, SampleRate::NARROWBAND, u64::from(u32::MAX) - 35).is_none());
    }
}
