use super::Format;
use super::header::{TAG_ALAW, TAG_PCM, TAG_ULAW};
use crate::line::g711::{alaw_decode, ulaw_decode};
use crate::line::{SampleRate, UnsupportedSampleRate};
use std::io::{self, Read};

/// `fmt ` chunks that say their tag in an extension (WAVEFORMATEXTENSIBLE).
const TAG_EXTENSIBLE: u16 = 0xFFFE;
/// What follows the tag in the extension of a tag that is a plain one.
const EXTENSIBLE_GUID_TAIL: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71";
/// The size of a `data` chunk whose end is not known, or is in `ds64`.
const STREAMED: u64 = u32::MAX as u64;
/// Bytes of a `fmt ` chunk that matter.
const FMT_MAX: u64 = 40;

/// Why a WAV file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is none.
    #[error("this is not a WAV file: {0}")]
    NotWav(&'static str),
    /// It is coded as something else.
    #[error(
        "WAV format {tag:#06x} with {bits} bits is not supported; convert it to 16-bit PCM, A-law or µ-law"
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
    format: Format,
    rate: SampleRate,
    /// Bytes of audio that are still in the source.
    data_bytes: u64,
    /// Bytes that were read and belong to samples to come.
    pending: Pending,
}

#[derive(Debug)]
struct Pending {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<R: Read> WavReader<R> {
    /// Reads up to the first sample. A size that the file does not reach, as in the header of a recording that was
    /// killed or streamed, means "to the end"; so does 0 where audio follows.
    pub fn new(mut source: R) -> Result<Self, ReadError> {
        let riff: [u8; 12] = start_of(&mut source)?.ok_or(ReadError::NotWav("it is too short"))?;
        if !matches!(&riff[..4], b"RIFF" | b"RF64") || &riff[8..] != b"WAVE" {
            return Err(ReadError::NotWav("it does not begin with RIFF and WAVE"));
        }
        let mut format = None;
        let mut long_data_bytes = None;
        loop {
            let chunk: [u8; 8] = start_of(&mut source)?.ok_or(ReadError::NotWav("it has no `data` chunk"))?;
            let [id @ .., a, b, c, d] = chunk;
            let bytes = u64::from(u32::from_le_bytes([a, b, c, d]));
            match &id {
                b"data" => {
                    let (format, rate) = format.ok_or(ReadError::NotWav("it has no `fmt ` chunk"))?;
                    let data_bytes = match (bytes, long_data_bytes) {
                        (STREAMED, Some(long)) if long > 0 => long,
                        (STREAMED, _) => u64::MAX,
                        (bytes, _) => bytes,
                    };
                    let mut reader = Self { source, format, rate, data_bytes, pending: Pending::new() };
                    if bytes == 0 {
                        reader.look_behind_nothing()?;
                    }
                    return Ok(reader);
                }
                b"fmt " => format = Some(read_format(&mut source, bytes)?),
                b"ds64" => long_data_bytes = Some(read_long_size(&mut source, bytes)?),
                _ => skip(&mut source, bytes.next_multiple_of(2))?,
            }
        }
    }

    /// Reads samples without a header: 16-bit little-endian PCM.
    pub fn raw(source: R, rate: SampleRate) -> Self {
        Self { source, format: Format::Pcm16, rate, data_bytes: u64::MAX, pending: Pending::new() }
    }

    /// How the file stores its samples.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The file's sample rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    /// Reads what is there, at most as many samples as fit, and returns how many; 0 at the end.
    pub fn read(&mut self, samples: &mut [i16]) -> io::Result<usize> {
        let size = usize::from(self.format.bytes_per_sample());
        while self.pending.len() < size {
            if !self.pending.fill(&mut self.source, &mut self.data_bytes)? {
                return Ok(0);
            }
        }
        let count = samples.len().min(self.pending.len() / size);
        decode(self.format, self.pending.take(count * size), samples);
        Ok(count)
    }

    /// Whether the audio ended in the middle of a sample, which no call gives, when [`read`](Self::read) has returned 0.
    pub const fn is_cut(&self) -> bool {
        self.pending.len() > 0
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

fn decode(format: Format, bytes: &[u8], samples: &mut [i16]) {
    match format {
        Format::Pcm16 => {
            // A piece at a time: on some processors one long copy is several times slower than short ones.
            const PIECE_SAMPLES: usize = 512;
            for (samples, bytes) in samples.chunks_mut(PIECE_SAMPLES).zip(bytes.chunks(2 * PIECE_SAMPLES)) {
                let pairs = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
                samples.iter_mut().zip(pairs).for_each(|(sample, value)| *sample = value);
            }
        }
        Format::Alaw => samples.iter_mut().zip(bytes).for_each(|(s, &code)| *s = alaw_decode(code)),
        Format::Ulaw => samples.iter_mut().zip(bytes).for_each(|(s, &code)| *s = ulaw_decode(code)),
    }
}

/// The data size of a `ds64` chunk.
fn read_long_size(source: &mut impl Read, bytes: u64) -> Result<u64, ReadError> {
    const CUT_OFF: ReadError = ReadError::NotWav("its `ds64` chunk is too short");
    if bytes < 16 {
        return Err(CUT_OFF);
    }
    let sizes: [u8; 16] = start_of(source)?.ok_or(CUT_OFF)?;
    skip(source, bytes.next_multiple_of(2) - 16)?;
    let [.., a, b, c, d, e, f, g, h] = sizes;
    Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

fn read_format(source: &mut impl Read, bytes: u64) -> Result<(Format, SampleRate), ReadError> {
    if bytes < 16 {
        return Err(ReadError::NotWav("its `fmt ` chunk is too short"));
    }
    let mut fmt = [0; FMT_MAX as usize];
    let kept = bytes.min(FMT_MAX);
    if (read_up_to(source, &mut fmt[..kept as usize])? as u64) < kept {
        return Err(ReadError::NotWav("its `fmt ` chunk is cut off"));
    }
    skip(source, bytes.next_multiple_of(2) - kept)?;
    let word = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
    let (mut tag, channels, block_align, bits) = (word(0), word(2), word(12), word(14));
    if tag == TAG_EXTENSIBLE && fmt[26..] == EXTENSIBLE_GUID_TAIL {
        tag = word(24);
    }
    let format = match (tag, bits) {
        (TAG_PCM, 16) => Format::Pcm16,
        (TAG_ALAW, 8) => Format::Alaw,
        (TAG_ULAW, 8) => Format::Ulaw,
        _ => return Err(ReadError::UnsupportedFormat { tag, bits }),
    };
    if channels != 1 {
        return Err(ReadError::Channels(channels));
    }
    if block_align != format.bytes_per_sample() {
        return Err(ReadError::NotWav("its `fmt ` chunk contradicts itself"));
    }
    let rate = u32::from_le_bytes([fmt[4], fmt[5], fmt[6], fmt[7]]);
    Ok((format, SampleRate::new(rate)?))
}

/// The next N bytes; `None` where the source ends before them.
fn start_of<const N: usize>(source: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut start = [0; N];
    Ok((read_up_to(source, &mut start)? == N).then_some(start))
}

fn skip(source: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut source.take(bytes), &mut io::sink()).map(|_| ())
}

/// Fills `bytes` unless the source ends before.
fn read_up_to(source: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match source.read(&mut bytes[done..]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
