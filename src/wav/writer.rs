use super::format::Format;
use super::header::{Header, HeaderBytes, HeaderStyle};
use super::ima_adpcm::Encoder;
use super::metadata::Metadata;
use super::storage::{Storage, read_exact_at, write_all_at};
use crate::line::SampleRate;
use crate::line::g711::{alaw_encode, ulaw_encode};
use std::io;

/// Silence is written in pieces of this many samples.
const SILENCE_SAMPLES: usize = 4_096;

/// Writes a WAV file that is valid after every call: audio first, then the header that counts it,
/// so that a header is at most one batch behind, and never ahead.
#[derive(Debug)]
pub struct WavWriter {
    storage: Box<dyn Storage>,
    header: Header,
    /// Of IMA ADPCM.
    encoder: Encoder,
    samples: u64,
    written_bytes: u64,
}

/// Why samples could not be written. What was written before stays valid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file would pass 4 GiB, which a plain header cannot count.
    #[error(
        "the file would grow past 4 GiB; limit the message's duration, or choose another header than the plain one"
    )]
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
    /// Begins a file, with the usual header: an empty WAV from now on.
    pub fn new(
        storage: impl Storage + 'static,
        format: Format,
        rate: SampleRate,
    ) -> Result<Self, WriteError> {
        Self::with_header(storage, format, rate, HeaderStyle::default(), &Metadata::default())
    }

    /// Begins a file with a header of this style. A plain one has no metadata.
    pub fn with_header(
        storage: impl Storage + 'static,
        format: Format,
        rate: SampleRate,
        style: HeaderStyle,
        metadata: &Metadata,
    ) -> Result<Self, WriteError> {
        let mut writer = Self {
            storage: Box::new(storage),
            header: Header::new(format, rate, style, metadata),
            encoder: Encoder::default(),
            samples: 0,
            written_bytes: 0,
        };
        writer.write_header(0, true)?;
        Ok(writer)
    }

    /// The file's sample rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.header.rate()
    }

    /// Samples in the file.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// How long the file is with so many samples, in bytes.
    pub fn file_bytes(&self, samples: u64) -> u64 {
        self.header.file_bytes(samples)
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
    /// Where the disk takes a part only, that part stays, and is counted; of IMA ADPCM whole blocks.
    pub fn append(&mut self, pieces: [&[i16]; 2], bytes: &mut Vec<u8>) -> Result<(), WriteError> {
        let total = self.samples + pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        // Before anything is written: the header may not count so many.
        if !self.header.takes(total) {
            return Err(WriteError::TooLarge);
        }
        let coding = self.header.coding();
        let offset = self.settled_end();
        let before = self.encoder;
        let (written, done) = if coding.format == Format::Pcm16 && cfg!(target_endian = "little") {
            // As they lie in memory.
            write_all_at(&mut *self.storage, pieces.map(bytemuck::cast_slice), offset)
        } else {
            bytes.clear();
            pieces.iter().for_each(|piece| self.encode(piece, bytes));
            self.encoder.pad(coding.block_bytes, bytes);
            if !coding.data_bytes(total).is_multiple_of(2) {
                bytes.push(0);
            }
            write_all_at(&mut *self.storage, [bytes], offset)
        };
        self.written_bytes += written;
        let mut arrived = total;
        if done.is_err() {
            let whole = coding.whole_samples(offset + written - self.header.len());
            arrived = whole.clamp(self.samples, total);
            // The encoder, too, has only seen what arrived.
            self.encoder = before;
            let mut left = (arrived - self.samples) as usize;
            for piece in pieces {
                let seen = left.min(piece.len());
                bytes.clear();
                self.encode(&piece[..seen], bytes);
                left -= seen;
            }
        }
        // The header's block is there already, so that a full disk still takes it.
        if let Err(error) = self.write_header(arrived, true) {
            self.encoder = before;
            return Err(error);
        }
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
        self.drop_behind(0)
    }

    /// Drops all samples but the first so many, of those that there are, even where that fails: what is dropped does not
    /// come back with the next ones.
    pub(crate) fn clear_behind(&mut self, kept: u64) -> Result<(), WriteError> {
        let encoder = self.encoder_after(kept.min(self.samples))?;
        let dropped = self.drop_behind(kept);
        if kept < self.samples {
            self.samples = kept;
            self.encoder = encoder;
        }
        dropped
    }

    fn drop_behind(&mut self, kept: u64) -> Result<(), WriteError> {
        if kept < self.samples {
            self.cut(kept)?;
        }
        // Also where an earlier attempt got no further.
        self.pad()?;
        Ok(self.storage.set_len(self.header.file_bytes(kept))?)
    }

    /// Ends the file after `samples` of what was written. A header never counts what is gone, and the marker goes last.
    pub fn finish(&mut self, samples: u64) -> Result<u64, WriteError> {
        if samples < self.samples {
            self.cut(samples)?;
        }
        // Also where an earlier attempt got no further.
        self.pad()?;
        // Room that was reserved goes, too. A pad byte is 0, and takes no room that a full disk has not.
        let end = self.header.len() + self.header.coding().data_bytes(self.samples);
        self.storage.set_len(end)?;
        if !end.is_multiple_of(2) {
            self.storage.set_len(end + 1)?;
        }
        self.write_header(self.samples, false)?;
        Ok(self.samples)
    }

    /// Drops what is behind.
    fn cut(&mut self, samples: u64) -> Result<(), WriteError> {
        let encoder = self.encoder_after(samples)?;
        self.write_cut_header(samples)?;
        self.samples = samples;
        self.encoder = encoder;
        Ok(())
    }

    /// Leaves nothing in a begun block but its samples.
    fn pad(&mut self) -> Result<(), WriteError> {
        let mut bytes = Vec::new();
        self.encoder.pad(self.header.coding().block_bytes, &mut bytes);
        let offset = self.settled_end();
        let (written, done) = write_all_at(&mut *self.storage, [&bytes], offset);
        self.written_bytes += written;
        Ok(done?)
    }

    /// The encoder as it is after so many of the samples that the file holds: it has their last block behind it.
    fn encoder_after(&mut self, samples: u64) -> io::Result<Encoder> {
        let coding = self.header.coding();
        if coding.format != Format::ImaAdpcm || samples == 0 {
            return Ok(Encoder::default());
        }
        let block_samples = u64::from(coding.block_samples);
        let whole_blocks = (samples - 1) / block_samples;
        let mut block = vec![0; coding.block_bytes.into()];
        let start = self.header.len() + whole_blocks * u64::from(coding.block_bytes);
        read_exact_at(&mut *self.storage, &mut block, start)?;
        Ok(Encoder::within(&block, (samples - whole_blocks * block_samples) as u16))
    }

    /// What follows the last settled sample: the rest of a block, or a pad byte.
    fn padding(&self) -> Vec<u8> {
        let coding = self.header.coding();
        let mut bytes = Vec::new();
        self.encoder.pad(coding.block_bytes, &mut bytes);
        if !coding.data_bytes(self.samples).is_multiple_of(2) {
            bytes.push(0);
        }
        bytes
    }

    fn write_header(&mut self, samples: u64, recording: bool) -> Result<(), WriteError> {
        self.write_bytes(&self.header.count(samples, recording))
    }

    /// So that no repair takes for audio what is behind.
    fn write_cut_header(&mut self, samples: u64) -> Result<(), WriteError> {
        self.write_bytes(&self.header.count(samples, true).cut())
    }

    fn write_bytes(&mut self, header: &HeaderBytes) -> Result<(), WriteError> {
        write_all_at(&mut *self.storage, [header.bytes()], 0).1?;
        self.written_bytes += header.bytes().len() as u64;
        Ok(())
    }

    /// Samples as the file stores them.
    fn encode(&mut self, samples: &[i16], bytes: &mut Vec<u8>) {
        match self.header.format() {
            Format::Pcm16 => bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
            Format::Alaw => bytes.extend(samples.iter().map(|&sample| alaw_encode(sample))),
            Format::Ulaw => bytes.extend(samples.iter().map(|&sample| ulaw_encode(sample))),
            Format::ImaAdpcm => self.encoder.encode(self.header.coding().block_samples, samples, bytes),
        }
    }

    /// The end of what no further sample changes.
    fn settled_end(&self) -> u64 {
        let coding = self.header.coding();
        let begun = self.samples % u64::from(coding.block_samples);
        let whole = coding.data_bytes(self.samples - begun);
        self.header.len() + whole + Encoder::settled_bytes(begun as u16)
    }
}

mod resume;
#[cfg(test)]
mod resumed;
#[cfg(test)]
mod seam;
#[cfg(test)]
mod tests;

pub(crate) use resume::ResumeError;
