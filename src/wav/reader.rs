use super::Format;
use super::header::{TAG_ALAW, TAG_PCM, TAG_ULAW};
use crate::line::g711::{alaw_decode, ulaw_decode};
use crate::line::{SampleRate, UnsupportedSampleRate};
use std::io::{self, Read};

/// `fmt ` chunks that say their tag in an extension (WAVEFORMATEXTENSIBLE).
const TAG_EXTENSIBLE: u16 = 0xFFFE;
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

/// Reads a WAV file from its beginning to its end, in constant memory.
#[derive(Debug)]
pub struct WavReader<R> {
    source: R,
    format: Format,
    rate: SampleRate,
    /// Bytes of audio that are left.
    data_bytes: u64,
}

impl<R: Read> WavReader<R> {
    /// Reads up to the first sample. A size that the file does not reach, as in the header of a
    /// recording that was killed or streamed, means "to the end".
    pub fn new(mut source: R) -> Result<Self, ReadError> {
        let riff: [u8; 12] = chunk_start(&mut source)?.ok_or(ReadError::NotWav("it is too short"))?;
        if !matches!(&riff[..4], b"RIFF" | b"RF64") || &riff[8..] != b"WAVE" {
            return Err(ReadError::NotWav("it does not begin with RIFF and WAVE"));
        }
        let mut format = None;
        loop {
            let chunk: [u8; 8] =
                chunk_start(&mut source)?.ok_or(ReadError::NotWav("it has no `data` chunk"))?;
            let [id @ .., a, b, c, d] = chunk;
            let bytes = u64::from(u32::from_le_bytes([a, b, c, d]));
            match &id {
                b"data" => {
                    let (format, rate) = format.ok_or(ReadError::NotWav("it has no `fmt ` chunk"))?;
                    let streamed = bytes == u64::from(u32::MAX);
                    let data_bytes = if streamed { u64::MAX } else { bytes };
                    return Ok(Self { source, format, rate, data_bytes });
                }
                b"fmt " => format = Some(read_format(&mut source, bytes)?),
                _ => skip(&mut source, bytes.next_multiple_of(2))?,
            }
        }
    }

    /// Reads samples without a header: 16-bit little-endian PCM.
    pub fn raw(source: R, rate: SampleRate) -> Self {
        Self { source, format: Format::Pcm16, rate, data_bytes: u64::MAX }
    }

    /// How the file stores its samples.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The file's sample rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    /// Fills `samples` as far as the file goes and returns how many it read; 0 at the end.
    pub fn read(&mut self, samples: &mut [i16]) -> io::Result<usize> {
        let mut bytes = [0; 8_192];
        let size = u64::from(self.format.bytes_per_sample());
        let mut done = 0;
        while let Some(rest) = samples.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let wanted =
                (rest.len() as u64 * size).min(self.data_bytes / size * size).min(bytes.len() as u64);
            let read = read_up_to(&mut self.source, &mut bytes[..wanted as usize])?;
            self.data_bytes -= read as u64;
            let decoded = decode(self.format, &bytes[..read], rest);
            done += decoded;
            if (read as u64) < wanted || wanted == 0 {
                self.data_bytes = 0;
                break;
            }
        }
        Ok(done)
    }
}

fn decode(format: Format, bytes: &[u8], samples: &mut [i16]) -> usize {
    match format {
        Format::Pcm16 => {
            let pairs = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            samples.iter_mut().zip(pairs).map(|(sample, value)| *sample = value).count()
        }
        Format::Alaw => samples.iter_mut().zip(bytes).map(|(s, &code)| *s = alaw_decode(code)).count(),
        Format::Ulaw => samples.iter_mut().zip(bytes).map(|(s, &code)| *s = ulaw_decode(code)).count(),
    }
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
    let (mut tag, channels, bits) = (word(0), word(2), word(14));
    if tag == TAG_EXTENSIBLE && bytes >= 26 {
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
    let rate = u32::from_le_bytes([fmt[4], fmt[5], fmt[6], fmt[7]]);
    Ok((format, SampleRate::new(rate)?))
}

/// The next N bytes; `None` where the source ends before them.
fn chunk_start<const N: usize>(source: &mut impl Read) -> io::Result<Option<[u8; N]>> {
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
