use super::Format;
use super::header::{Header, header_len};
use super::storage::{Storage, write_all_at};
use crate::line::SampleRate;
use std::io;

/// Silence is written in pieces of this many samples.
const SILENCE_SAMPLES: usize = 4_096;

/// Writes a WAV file that is valid after every call: audio first, then the header that counts it,
/// so that a header is at most one batch behind, and never ahead.
#[derive(Debug)]
pub struct WavWriter {
    storage: Box<dyn Storage>,
    format: Format,
    rate: SampleRate,
    samples: u64,
    /// Samples that the header counts.
    counted: u64,
    /// How long the file is.
    file_bytes: u64,
    written_bytes: u64,
}

/// Why samples could not be written. What was written before stays valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file would pass 4 GiB, which RIFF cannot count.
    #[error("the file would grow past 4 GiB; limit the message's duration")]
    TooLarge,
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io(error) => error,
            WriteError::TooLarge => Self::new(io::ErrorKind::FileTooLarge, error),
        }
    }
}

impl WavWriter {
    /// Begins a file: an empty WAV from now on.
    pub fn new(
        storage: impl Storage + 'static,
        format: Format,
        rate: SampleRate,
    ) -> Result<Self, WriteError> {
        let (storage, file_bytes) = (Box::new(storage), header_len(format));
        let mut writer = Self { storage, format, rate, samples: 0, counted: 0, file_bytes, written_bytes: 0 };
        writer.write_header(0)?;
        Ok(writer)
    }

    /// Samples in the file.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// What it writes to: for syncing, and reserving room.
    pub fn storage(&mut self) -> &mut dyn Storage {
        &mut *self.storage
    }

    /// Bytes written to the file so far, headers included.
    pub const fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Appends the samples of both pieces at once and counts them in the header. `bytes` is room to work in.
    ///
    /// Where the disk takes a part only, that part stays, and is counted.
    pub fn append(&mut self, pieces: [&[i16]; 2], bytes: &mut Vec<u8>) -> Result<(), WriteError> {
        let total = self.samples + pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        // Before anything is written: RIFF may not count so many.
        self.header(total)?;
        let offset = self.end_of(self.samples);
        let (written, done) = match self.format {
            // As they lie in memory.
            Format::Pcm16 if cfg!(target_endian = "little") => {
                write_all_at(&mut *self.storage, pieces.map(bytemuck::cast_slice), offset)
            }
            format => {
                bytes.clear();
                pieces.iter().for_each(|piece| format.encode(piece, bytes));
                if !self.data_bytes(total).is_multiple_of(2) {
                    bytes.push(0);
                }
                write_all_at(&mut *self.storage, [bytes], offset)
            }
        };
        self.written_bytes += written;
        self.file_bytes = self.file_bytes.max(offset + written);
        let arrived = self.samples + written / u64::from(self.format.bytes_per_sample());
        let arrived = if done.is_ok() { total } else { arrived.min(total) };
        // The header's block is there already, so that a full disk still takes it.
        self.write_header(arrived)?;
        self.samples = arrived;
        Ok(done?)
    }

    /// Appends silence.
    pub fn append_silence(&mut self, mut samples: u64, bytes: &mut Vec<u8>) -> Result<(), WriteError> {
        const SILENCE: [i16; SILENCE_SAMPLES] = [0; SILENCE_SAMPLES];
        while samples > 0 {
            let piece = samples.min(SILENCE_SAMPLES as u64);
            self.append([&SILENCE[..piece as usize], &[]], bytes)?;
            samples -= piece;
        }
        Ok(())
    }

    /// Drops all samples: an empty WAV again.
    pub fn clear(&mut self) -> Result<(), WriteError> {
        self.samples = 0;
        self.write_header(0)?;
        self.set_len(header_len(self.format))
    }

    /// Ends the file after `samples` of what was written: header first, so that it never counts
    /// what is gone.
    pub fn finish(&mut self, samples: u64) -> Result<u64, WriteError> {
        let cut = samples < self.samples;
        self.samples = samples.min(self.samples);
        if self.counted != self.samples {
            self.write_header(self.samples)?;
        }
        let data = self.data_bytes(self.samples);
        let length = header_len(self.format) + data.next_multiple_of(2);
        if cut || self.file_bytes != length {
            if data % 2 == 1 {
                let end = self.end_of(self.samples);
                write_all_at(&mut *self.storage, [&[0]], end).1?;
            }
            self.set_len(length)?;
        }
        Ok(self.samples)
    }

    fn set_len(&mut self, bytes: u64) -> Result<(), WriteError> {
        self.storage.set_len(bytes)?;
        self.file_bytes = bytes;
        Ok(())
    }

    fn write_header(&mut self, samples: u64) -> Result<(), WriteError> {
        let header = self.header(samples)?;
        write_all_at(&mut *self.storage, [header.bytes()], 0).1?;
        self.written_bytes += header.bytes().len() as u64;
        self.counted = samples;
        Ok(())
    }

    fn header(&self, samples: u64) -> Result<Header, WriteError> {
        Header::new(self.format, self.rate, self.data_bytes(samples)).ok_or(WriteError::TooLarge)
    }

    fn data_bytes(&self, samples: u64) -> u64 {
        samples * u64::from(self.format.bytes_per_sample())
    }

    fn end_of(&self, samples: u64) -> u64 {
        header_len(self.format) + self.data_bytes(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav::WavReader;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    fn read(file: &File) -> Vec<i16> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut &*file, &mut bytes).unwrap();
        let mut reader = WavReader::new(io::Cursor::new(bytes)).unwrap();
        let mut samples = Vec::new();
        let mut piece = [0; 1_000];
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => return samples,
                count => samples.extend_from_slice(&piece[..count]),
            }
        }
    }

    #[test]
    fn the_file_is_valid_after_every_call_and_ends_where_told() {
        for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
            let file = tempfile::tempfile().unwrap();
            let again = || {
                use std::io::Seek;
                let mut file = file.try_clone().unwrap();
                file.rewind().unwrap();
                file
            };
            let mut writer =
                WavWriter::new(file.try_clone().unwrap(), format, SampleRate::NARROWBAND).unwrap();
            let mut bytes = Vec::new();
            assert_eq!(read(&again()).len(), 0);
            writer.append([&[1_000; 100], &[1_000; 61]], &mut bytes).unwrap();
            assert_eq!(read(&again()).len(), 161);
            writer.append_silence(5_000, &mut bytes).unwrap();
            assert_eq!(read(&again()).len(), 5_161);
            assert_eq!(writer.finish(133).unwrap(), 133);
            assert_eq!(read(&again()).len(), 133);
            let expected =
                (header_len(format) + 133 * u64::from(format.bytes_per_sample())).next_multiple_of(2);
            assert_eq!(file.metadata().unwrap().len(), expected);
            // The byte that makes the length even is none of the sample that was cut off.
            assert_eq!(writer.finish(132).unwrap(), 132);
            writer.append([&[1_000; 2], &[]], &mut bytes).unwrap();
            assert_eq!(writer.finish(133).unwrap(), 133);
            let mut last = [1];
            file.read_exact_at(&mut last, expected - 1).unwrap();
            assert!(format == Format::Pcm16 || last == [0]);
        }
    }
}
