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

/// The header of a file that holds so many bytes of audio. RIFF sizes are 32 bits: `None` past 4 GiB.
pub(super) fn header(format: Format, rate: SampleRate, data_bytes: u64) -> Option<Vec<u8>> {
    let padding = data_bytes % 2;
    let riff_bytes = u32::try_from(header_len(format) - 8 + data_bytes + padding).ok()?;
    let data_bytes = data_bytes as u32;
    let (tag, bytes) = match format {
        Format::Pcm16 => (TAG_PCM, 2u16),
        Format::Alaw => (TAG_ALAW, 1),
        Format::Ulaw => (TAG_ULAW, 1),
    };
    let extended = tag != TAG_PCM;
    let mut header = Vec::with_capacity(HEADER_MAX);
    header.extend(b"RIFF");
    header.extend(riff_bytes.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(if extended { 18u32 } else { 16 }.to_le_bytes());
    header.extend(tag.to_le_bytes());
    header.extend(1u16.to_le_bytes());
    header.extend(rate.hz().to_le_bytes());
    header.extend((rate.hz() * u32::from(bytes)).to_le_bytes());
    header.extend(bytes.to_le_bytes());
    header.extend((8 * bytes).to_le_bytes());
    if extended {
        header.extend(0u16.to_le_bytes());
        header.extend(b"fact");
        header.extend(4u32.to_le_bytes());
        header.extend((data_bytes / u32::from(bytes)).to_le_bytes());
    }
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_as_long_as_promised() {
        for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
            let header = header(format, SampleRate::NARROWBAND, 1_001).unwrap();
            assert_eq!(header.len() as u64, header_len(format));
            let riff = u32::from_le_bytes(header[4..8].try_into().unwrap());
            assert_eq!(u64::from(riff), header_len(format) - 8 + 1_002, "the pad byte counts in RIFF");
        }
    }

    #[test]
    fn what_32_bits_cannot_hold_is_refused() {
        assert!(header(Format::Pcm16, SampleRate::NARROWBAND, u64::from(u32::MAX) - 37).is_some());
        assert!(header(Format::Pcm16, SampleRate::NARROWBAND, u64::from(u32::MAX) - 35).is_none());
    }
}
