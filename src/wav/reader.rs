use super::format::{Coding, Format};
use super::ima_adpcm::{HEAD_BYTES, Predictor};
use super::metadata::Metadata;
use super::opening::Opening;
use crate::line::g711::{alaw_decode, ulaw_decode, ulaw_decode_exact};
use crate::line::{SampleRate, UnsupportedSampleRate};
use std::io::{self, Read};

/// Why a WAV file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is none.
    #[error("this is not a WAV file: {0}")]
    NotWav(&'static str),
    /// It is coded as something else.
    #[error(
        "WAV format {tag:#06x} with {bits} bits is not supported; convert it to 16-bit PCM, A-law, µ-law or IMA ADPCM"
    )]
    UnsupportedFormat {
        /// The `fmt ` chunk's tag.
        tag: u16,
        /// Its bits a sample.
        bits: u16,
    },
    /// It has more than one channel, or none.
    #[error("{0} channels are not supported; give the caller's side of the call alone, as mono")]
    Channels(u16),
    /// It has another rate.
    #[error(transparent)]
    SampleRate(#[from] UnsupportedSampleRate),
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Bytes read at once: a file at rest comes in few system calls, a live line as it comes.
const READ_BYTES: usize = 65_536;

/// Reads a WAV file from its beginning to its end, in constant memory.
#[derive(Debug)]
pub struct WavReader<R> {
    source: R,
    coding: Coding,
    rate: SampleRate,
    metadata: Metadata,
    being_recorded: bool,
    exact: bool,
    /// Bytes of audio that are still in the source.
    data_bytes: u64,
    /// Samples that are still to come, at most.
    samples: u64,
    /// Where it is in a block of IMA ADPCM.
    block: Block,
    /// Bytes that were read and belong to samples to come.
    pending: Pending,
}

#[derive(Debug, Default)]
struct Block {
    predictor: Predictor,
    /// Bytes that are still to come.
    bytes: u16,
    /// Samples that are still to come.
    samples: u16,
    /// The code of the next one.
    half: Option<u8>,
}

#[derive(Debug)]
struct Pending {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: Read> WavReader<R> {
    /// Reads up to the first sample. A size that the file does not reach, as in the header of a recording that was
    /// killed or streamed, means "to the end"; so does 0 where audio follows, but in a recording of ours that was
    /// interrupted.
    pub fn new(mut source: R) -> Result<Self, ReadError> {
        let Opening { coding, rate, data_bytes, samples, metadata, being_recorded } =
            Opening::read(&mut source)?;
        let mut reader = Self {
            coding,
            metadata,
            being_recorded,
            data_bytes: data_bytes.unwrap_or(u64::MAX),
            samples: samples.unwrap_or(u64::MAX),
            ..Self::raw(source, rate)
        };
        // A recorder of ours counts what it has written; what lies behind may be a part of a batch, with its padding.
        if data_bytes == Some(0) && !being_recorded {
            reader.look_behind_nothing()?;
        }
        Ok(reader)
    }

    /// Reads samples without a header: 16-bit little-endian PCM.
    pub fn raw(source: R, rate: SampleRate) -> Self {
        Self {
            source,
            coding: Coding::new(Format::Pcm16, rate),
            rate,
            metadata: Metadata::default(),
            being_recorded: false,
            exact: false,
            data_bytes: u64::MAX,
            samples: u64::MAX,
            block: Block::default(),
            pending: Pending::new(),
        }
    }

    /// Gives samples of µ-law that are the same bytes again when they are encoded: negative zero, 0x7F, is -1 then, not 0.
    #[must_use]
    pub fn exact(self) -> Self {
        Self { exact: true, ..self }
    }

    /// How the file stores its samples.
    pub const fn format(&self) -> Format {
        self.coding.format
    }

    /// The file's sample rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    /// What the file says about itself ahead of its audio.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether a recorder of ours is writing the file, or was interrupted.
    pub const fn is_being_recorded(&self) -> bool {
        self.being_recorded
    }

    /// Reads what is there, at most as many samples as fit, and returns how many; 0 at the end.
    pub fn read(&mut self, samples: &mut [i16]) -> io::Result<usize> {
        loop {
            let count = self.decode(samples);
            self.samples -= count as u64;
            let done = count > 0 || samples.is_empty() || self.samples == 0;
            if done || !self.pending.fill(&mut self.source, &mut self.data_bytes)? {
                return Ok(count);
            }
        }
    }

    /// Whether the audio ended in the middle of a sample, which no call gives, when [`read`](Self::read) has returned 0.
    pub const fn is_cut(&self) -> bool {
        self.samples > 0 && self.pending.len() > 0
    }

    /// Decodes what was read, and says how many samples that were.
    fn decode(&mut self, samples: &mut [i16]) -> usize {
        let most = usize::try_from(self.samples).unwrap_or(usize::MAX).min(samples.len());
        let samples = &mut samples[..most];
        if self.coding.format == Format::ImaAdpcm {
            let next = || self.block.next(self.coding, &mut self.pending);
            let values = samples.iter_mut().zip(std::iter::from_fn(next));
            return values.map(|(sample, value)| *sample = value).count();
        }
        let size = usize::from(self.coding.block_bytes);
        let count = samples.len().min(self.pending.len() / size);
        let bytes = self.pending.take(count * size);
        match self.coding.format {
            Format::Alaw => samples.iter_mut().zip(bytes).for_each(|(s, &code)| *s = alaw_decode(code)),
            Format::Ulaw if self.exact => {
                samples.iter_mut().zip(bytes).for_each(|(s, &code)| *s = ulaw_decode_exact(code));
            }
            Format::Ulaw => samples.iter_mut().zip(bytes).for_each(|(s, &code)| *s = ulaw_decode(code)),
            _ => decode_pcm(bytes, samples),
        }
        count
    }

    /// A `data` chunk of size 0: a program that was killed left it, if audio follows; no chunk that is written
    /// behind `data` does.
    fn look_behind_nothing(&mut self) -> io::Result<()> {
        let mut unknown = u64::MAX;
        while self.pending.len() < 4 && self.pending.fill(&mut self.source, &mut unknown)? {}
        let behind = &self.pending.bytes[..self.pending.len().min(4)];
        let is_chunk = [&b"LIST"[..], b"fact", b"cue ", b"id3 ", b"ID3 ", b"JUNK", b"bext"].contains(&behind);
        if is_chunk {
            self.pending = Pending::new();
        } else {
            self.data_bytes = u64::MAX;
        }
        Ok(())
    }
}

impl Block {
    /// The next sample, if its bytes are there.
    fn next(&mut self, coding: Coding, pending: &mut Pending) -> Option<i16> {
        if self.samples == 0 {
            // What is left of the block belongs to no sample.
            let rest = pending.len().min(self.bytes.into());
            pending.take(rest);
            self.bytes -= rest as u16;
            if self.bytes > 0 || pending.len() < HEAD_BYTES {
                return None;
            }
            self.predictor = Predictor::of_head(*pending.take(HEAD_BYTES).first_chunk()?);
            self.bytes = coding.block_bytes - HEAD_BYTES as u16;
            self.samples = coding.block_samples - 1;
            self.half = None;
            return Some(self.predictor.sample());
        }
        let code = match self.half.take() {
            Some(code) => code,
            None if pending.len() == 0 => return None,
            None => {
                let byte = pending.take(1)[0];
                self.bytes -= 1;
                self.half = Some(byte >> 4);
                byte & 0x0F
            }
        };
        self.samples -= 1;
        Some(self.predictor.decode(code))
    }
}

impl Pending {
    fn new() -> Self {
        Self { bytes: vec![0; READ_BYTES].into_boxed_slice(), start: 0, end: 0 }
    }

    const fn len(&self) -> usize {
        self.end - self.start
    }

    /// Takes what one read gives, at most `left` bytes. Says whether it gave any.
    fn fill(&mut self, source: &mut impl Read, left: &mut u64) -> io::Result<bool> {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.len());
        let room = usize::try_from(*left).unwrap_or(usize::MAX).min(self.bytes.len() - self.end);
        let read = loop {
            match source.read(&mut self.bytes[self.end..self.end + room]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.end += read;
        *left -= read as u64;
        Ok(read > 0)
    }

    fn take(&mut self, count: usize) -> &[u8] {
        self.start += count;
        &self.bytes[self.start - count..self.start]
    }
}

fn decode_pcm(bytes: &[u8], samples: &mut [i16]) {
    // A piece at a time: on some processors one long copy is several times slower than short ones.
    const PIECE_SAMPLES: usize = 512;
    for (samples, bytes) in samples.chunks_mut(PIECE_SAMPLES).zip(bytes.chunks(2 * PIECE_SAMPLES)) {
        let pairs = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        samples.iter_mut().zip(pairs).for_each(|(sample, value)| *sample = value);
    }
}
