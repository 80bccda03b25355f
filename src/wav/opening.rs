use super::format::{Coding, Format};
use super::header::{CUT_MARKER, IN_DS64, MARKER, MARKER_ID, TAG_ALAW, TAG_IMA_ADPCM, TAG_PCM, TAG_ULAW};
use super::ima_adpcm::HEAD_BYTES;
use super::metadata::Metadata;
use super::reader::ReadError;
use crate::line::SampleRate;
use std::io::{self, Read};

/// `fmt ` chunks that say their tag in an extension (WAVEFORMATEXTENSIBLE).
const TAG_EXTENSIBLE: u16 = 0xFFFE;
/// What follows the tag in the extension of a tag that is a plain one.
const EXTENSIBLE_GUID_TAIL: [u8; 14] = *b"\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71";
/// Bytes of a `fmt ` chunk that matter.
const FMT_MAX: usize = 40;
/// Bytes of a `LIST` chunk that are looked at.
const LIST_MAX: usize = 4_096;

/// What a file says before its first sample.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) coding: Coding,
    pub(super) rate: SampleRate,
    /// Bytes of audio that it claims; `None` where it does not know.
    pub(super) data_bytes: Option<u64>,
    /// Samples that it claims to be in these bytes, where they leave that open.
    pub(super) samples: Option<u64>,
    pub(super) metadata: Metadata,
    pub(super) being_recorded: bool,
}

impl Opening {
    /// Reads up to the first sample, keeping little of what is there, whatever it says.
    pub(super) fn read(source: &mut impl Read) -> Result<Self, ReadError> {
        let riff = content(source, 12, 12)?;
        if riff.len() < 12 {
            return Err(ReadError::NotWav("it is too short"));
        }
        if !matches!(&riff[..4], b"RIFF" | b"RF64") || &riff[8..] != b"WAVE" {
            return Err(ReadError::NotWav("it does not begin with RIFF and WAVE"));
        }
        let (mut fact, mut ds64) = (None, None);
        let mut format: Option<(Coding, SampleRate)> = None;
        let (mut metadata, mut being_recorded) = (Metadata::default(), false);
        loop {
            let head = content(source, 8, 8)?;
            let Some((id, size)) = head.split_first_chunk::<4>() else {
                return Err(ReadError::NotWav("it has no `data` chunk"));
            };
            let size = size.try_into().map_err(|_| ReadError::NotWav("it has no `data` chunk"))?;
            let size = u32::from_le_bytes(size);
            let padded = u64::from(size).next_multiple_of(2);
            match id {
                b"data" => {
                    let (coding, rate) = format.ok_or(ReadError::NotWav("it has no `fmt ` chunk"))?;
                    let (long_data, long_samples) = ds64.unzip();
                    let data_bytes = match size {
                        IN_DS64 => long_data.filter(|&bytes| bytes > 0),
                        size => Some(size.into()),
                    };
                    let samples = if fact == Some(IN_DS64) { long_samples } else { fact.map(u64::from) };
                    // Only where it tells how far the last block is filled.
                    let samples = samples.filter(|&count| {
                        coding.format == Format::ImaAdpcm && data_bytes == Some(coding.data_bytes(count))
                    });
                    return Ok(Self { coding, rate, data_bytes, samples, metadata, being_recorded });
                }
                b"fmt " => {
                    let fmt = content(source, padded, FMT_MAX.min(size as usize))?;
                    format = Some(read_format(&fmt, size as usize)?);
                }
                b"ds64" => {
                    let sizes = content(source, padded, 24)?;
                    let size = |at: usize| {
                        let bytes = sizes.get(at..at + 8)?;
                        bytes.try_into().map(u64::from_le_bytes).ok()
                    };
                    let data = size(8).ok_or(ReadError::NotWav("its `ds64` chunk is too short"))?;
                    ds64 = Some((data, size(16).unwrap_or(0)));
                }
                b"fact" => fact = content(source, padded, 4)?.try_into().map(u32::from_le_bytes).ok(),
                b"LIST" => metadata.read(&content(source, padded, LIST_MAX.min(size as usize))?),
                id if *id == MARKER_ID => {
                    let marker = content(source, padded, MARKER.len())?;
                    being_recorded = marker == MARKER || marker == CUT_MARKER;
                }
                _ => drop(content(source, padded, 0)?),
            }
        }
    }
}

fn read_format(fmt: &[u8], size: usize) -> Result<(Coding, SampleRate), ReadError> {
    if size < 16 {
        return Err(ReadError::NotWav("its `fmt ` chunk is too short"));
    }
    if fmt.len() < size.min(FMT_MAX) {
        return Err(ReadError::NotWav("its `fmt ` chunk is cut off"));
    }
    let word = |at: usize| u16::from_le_bytes([fmt[at], fmt[at + 1]]);
    let (mut tag, channels, block_bytes, bits) = (word(0), word(2), word(12), word(14));
    if tag == TAG_EXTENSIBLE && fmt.get(26..) == Some(&EXTENSIBLE_GUID_TAIL[..]) {
        tag = word(24);
    }
    let format = match (tag, bits) {
        (TAG_PCM, 16) => Format::Pcm16,
        (TAG_ALAW, 8) => Format::Alaw,
        (TAG_ULAW, 8) => Format::Ulaw,
        (TAG_IMA_ADPCM, 4) => Format::ImaAdpcm,
        _ => return Err(ReadError::UnsupportedFormat { tag, bits }),
    };
    if channels != 1 {
        return Err(ReadError::Channels(channels));
    }
    let rate = SampleRate::new(u32::from_le_bytes([fmt[4], fmt[5], fmt[6], fmt[7]]))?;
    const CONTRADICTION: ReadError = ReadError::NotWav("its `fmt ` chunk contradicts itself");
    let usual = Coding::new(format, rate);
    if format != Format::ImaAdpcm {
        return if block_bytes == usual.block_bytes { Ok((usual, rate)) } else { Err(CONTRADICTION) };
    }
    let block_samples = if fmt.len() >= 20 { word(18) } else { 0 };
    let fits = usize::from(block_bytes) >= HEAD_BYTES
        && (1..=Coding::ima_block_samples(block_bytes)).contains(&block_samples.into());
    if fits { Ok((Coding { format, block_bytes, block_samples }, rate)) } else { Err(CONTRADICTION) }
}

/// The first `kept` bytes of the next `bytes`, as far as the source goes; all of them are passed.
fn content(source: &mut impl Read, bytes: u64, kept: usize) -> io::Result<Vec<u8>> {
    let kept = bytes.min(kept as u64);
    let mut content = Vec::new();
    source.take(kept).read_to_end(&mut content)?;
    io::copy(&mut source.take(bytes - kept), &mut io::sink())?;
    Ok(content)
}
