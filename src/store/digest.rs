use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Bytes read at once.
const READ_BYTES: usize = 1 << 18;

/// SHA-256 of the audio data of a WAV file: the bytes in its `data` chunk, without pad byte and header.
pub fn audio_digest(mut file: impl Read) -> io::Result<[u8; 32]> {
    let mut left = find_data(&mut file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    while left > 0 {
        let room = usize::try_from(left).unwrap_or(READ_BYTES).min(READ_BYTES);
        match file.read(&mut buffer[..room]) {
            Ok(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the file is shorter than its header says",
                ));
            }
            Ok(read) => {
                hash.update(&buffer[..read]);
                left -= read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hash.finalize().into())
}

/// Reads up to the audio, and says how many bytes there are of it.
fn find_data(file: &mut impl Read) -> io::Result<u64> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "this is no WAV file");
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    if !matches!(&head[..4], b"RIFF" | b"RF64") || &head[8..] != b"WAVE" {
        return Err(bad());
    }
    let mut long_size = None;
    loop {
        let mut chunk = [0; 8];
        file.read_exact(&mut chunk)?;
        let size = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        if &chunk[..4] == b"data" {
            return Ok(long_size.filter(|_| size == u32::MAX).unwrap_or_else(|| size.into()));
        }
        // A header is small; what claims otherwise is none.
        let padded = u64::from(size).next_multiple_of(2);
        if padded > 1 << 16 {
            return Err(bad());
        }
        let mut body = Vec::new();
        if file.take(padded).read_to_end(&mut body)? as u64 != padded {
            return Err(bad());
        }
        if &chunk[..4] == b"ds64" {
            long_size = body.get(8..16).and_then(|size| Some(u64::from_le_bytes(size.try_into().ok()?)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::SampleRate;
    use crate::wav::{Format, HeaderStyle, Metadata, WavWriter};

    #[test]
    fn the_audio_counts_and_nothing_else() {
        let expected: [u8; 32] = Sha256::digest([1, 0, 2, 0]).into();
        for header in [HeaderStyle::Full, HeaderStyle::Plain] {
            let file = wav(&[1, 2], header);
            assert_eq!(audio_digest(&file[..]).unwrap(), expected);
            assert!(audio_digest(&file[..file.len() - 1]).is_err());
        }
        assert!(audio_digest(&b"RIFF"[..]).is_err());
        assert!(audio_digest(&[b'x'; 100][..]).is_err());
    }

    fn wav(samples: &[i16], header: HeaderStyle) -> Vec<u8> {
        let mut file = tempfile::tempfile().unwrap();
        let storage = file.try_clone().unwrap();
        let metadata = Metadata { caller: Some("+34911".into()), ..Metadata::default() };
        let rate = SampleRate::NARROWBAND;
        let mut writer = WavWriter::with_header(storage, Format::Pcm16, rate, header, &metadata).unwrap();
        writer.append([samples, &[]], &mut Vec::new()).unwrap();
        let mut bytes = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }
}
