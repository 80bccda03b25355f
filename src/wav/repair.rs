//! What an interrupted recording needs to become what [`WavWriter::finish`](super::WavWriter::finish) would have made of it.

use super::format::{Coding, Format};
use super::header::{CUT_MARKER, HEADER_MAX, Header, HeaderStyle, IN_DS64, MARKER};
use super::header::{TAG_ALAW, TAG_IMA_ADPCM, TAG_PCM, TAG_ULAW};
use super::ima_adpcm::Encoder;
use super::metadata::Metadata;
use super::storage::{Storage, read_exact_at, write_all_at};
use crate::line::SampleRate;
use std::io;

/// What lies behind the counted audio is searched in pieces of this many bytes.
const PIECE_BYTES: u64 = 65_536;

/// Which files are looked at as interrupted recordings, beside those whose marker says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepairScope {
    /// The file's name says that it is not finished: `NAME.part`.
    pub part: bool,
    /// A plain header of ours is enough where the name says so, too. Other programs write such headers as well.
    pub plain: bool,
}

/// A recording of ours, and what it needs.
///
/// What the header counts is kept, as far as the file holds it. Audio behind that, which a batch had written before its
/// header, is kept up to the last byte that is not 0: zeros there are what a file system gives for data that never reached
/// the disk. What is kept is cut to whole blocks.
#[derive(Debug)]
pub struct Repair {
    header: Header,
    samples: u64,
    length: u64,
    is_needed: bool,
}

/// What a header says of the recording's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Recording,
    /// Nothing behind what the header counts is audio.
    Cut,
    Closed,
}

impl Repair {
    /// Looks at a file of so many bytes, and changes nothing; `None` where it is not ours.
    pub fn examine(storage: &mut dyn Storage, length: u64, scope: RepairScope) -> io::Result<Option<Self>> {
        let mut bytes = vec![0; length.min(HEADER_MAX as u64) as usize];
        read_exact_at(storage, &mut bytes, 0)?;
        let Some((header, claimed, stage)) = parse(&bytes) else { return Ok(None) };
        if header.style() == HeaderStyle::Plain && !(scope.plain && scope.part) {
            return Ok(None);
        }
        let coding = header.coding();
        let whole = coding.whole_samples(length - header.len());
        let samples = match stage {
            // Whatever became of it later: its recording was finished.
            Stage::Closed if !scope.part => {
                return Ok(Some(Self { header, samples: claimed, length, is_needed: false }));
            }
            Stage::Recording if claimed <= whole => {
                claimed.max(written_samples(storage, &header, claimed, length)?)
            }
            _ => claimed.min(whole),
        };
        let samples = if header.takes(samples) { samples } else { header.capacity(u64::MAX) };
        let mut repair = Self { header, samples, length, is_needed: true };
        let closed = repair.header.count(samples, false);
        let (start, end) = repair.end_of_data(storage)?;
        let mut there = vec![0; end.len()];
        repair.is_needed = length != repair.header.file_bytes(samples)
            || bytes.get(..closed.bytes().len()) != Some(closed.bytes())
            || read_exact_at(storage, &mut there, start).is_err()
            || there != end;
        Ok(Some(repair))
    }

    /// Samples that the file holds when it is repaired.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Their rate.
    pub const fn sample_rate(&self) -> SampleRate {
        self.header.rate()
    }

    /// How they are stored.
    pub const fn format(&self) -> Format {
        self.header.format()
    }

    /// Whether anything has to be written; otherwise the file is finished.
    pub const fn is_needed(&self) -> bool {
        self.is_needed
    }

    /// Bytes at the file's end that are no whole audio, and go.
    pub fn cut_bytes(&self) -> u64 {
        if self.is_needed { self.length.saturating_sub(self.header.file_bytes(self.samples)) } else { 0 }
    }

    /// Repairs the file, if that is needed. Wherever this is interrupted, by an error or a power cut, doing it again from
    /// [`examine`](Self::examine) on gives the same bytes.
    pub fn apply(&self, storage: &mut dyn Storage) -> io::Result<()> {
        if !self.is_needed {
            return Ok(());
        }
        // First what counts, for good: from here on nothing else decides.
        write_all_at(storage, [self.header.count(self.samples, true).cut().bytes()], 0).1?;
        storage.sync_data()?;
        let (start, end) = self.end_of_data(storage)?;
        write_all_at(storage, [&end], start).1?;
        storage.set_len(self.header.file_bytes(self.samples))?;
        storage.sync_data()?;
        write_all_at(storage, [self.header.count(self.samples, false).bytes()], 0).1?;
        storage.sync_data()
    }

    /// What the file has to end in, where the last sample does not end a block, and where that begins.
    fn end_of_data(&self, storage: &mut dyn Storage) -> io::Result<(u64, Vec<u8>)> {
        let coding = self.header.coding();
        let begun = (self.samples % u64::from(coding.block_samples)) as u16;
        let settled = self.samples - u64::from(begun);
        let start = self.header.len() + coding.data_bytes(settled);
        let mut end = Vec::new();
        if begun > 0 {
            let mut block = vec![0; coding.block_bytes.into()];
            read_exact_at(storage, &mut block, start)?;
            Encoder::within(&block, begun).pad(coding.block_bytes, &mut end);
        }
        if !coding.data_bytes(self.samples).is_multiple_of(2) {
            end.push(0);
        }
        Ok((start + Encoder::settled_bytes(begun), end))
    }
}

/// Samples up to the last one that was written: behind those that the header counts zeros are none.
fn written_samples(storage: &mut dyn Storage, header: &Header, claimed: u64, length: u64) -> io::Result<u64> {
    let coding = header.coding();
    let block_bytes = u64::from(coding.block_bytes);
    let counted = coding.data_bytes(claimed);
    let mut end = (length - header.len()) / block_bytes * block_bytes;
    let mut piece = Vec::new();
    let mut blocks = counted / block_bytes;
    while end > counted {
        let start = end.saturating_sub(PIECE_BYTES).max(counted);
        piece.resize((end - start) as usize, 0);
        read_exact_at(storage, &mut piece, header.len() + start)?;
        if let Some(last) = piece.iter().rposition(|&byte| byte != 0) {
            blocks = (start + last as u64) / block_bytes + 1;
            break;
        }
        end = start;
    }
    if coding.format != Format::ImaAdpcm || blocks == 0 {
        return Ok(blocks * u64::from(coding.block_samples));
    }
    let mut block = vec![0; coding.block_bytes.into()];
    read_exact_at(storage, &mut block, header.len() + (blocks - 1) * block_bytes)?;
    Ok((blocks - 1) * u64::from(coding.block_samples) + Encoder::filled_samples(&block))
}

/// The header of a file of ours, the samples that it claims, and the state of the recording. Only what counts may differ
/// from what we write.
fn parse(bytes: &[u8]) -> Option<(Header, u64, Stage)> {
    let id = |at: usize| bytes.get(at..at + 4);
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let long = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let rf64 = match id(0)? {
        b"RIFF" => false,
        b"RF64" => true,
        _ => return None,
    };
    let style = match (id(12)?, rf64) {
        (b"JUNK", false) | (b"ds64", true) => HeaderStyle::Full,
        (b"fmt ", false) => HeaderStyle::Plain,
        _ => return None,
    };
    let full = style == HeaderStyle::Full;
    let fmt = if full { 48 } else { 12 };
    let format = match word(fmt + 8)? as u16 {
        TAG_PCM => Format::Pcm16,
        TAG_ALAW => Format::Alaw,
        TAG_ULAW => Format::Ulaw,
        TAG_IMA_ADPCM => Format::ImaAdpcm,
        _ => return None,
    };
    let rate = SampleRate::new(word(fmt + 12)?).ok()?;
    let bare = Header::new(format, rate, style, &Metadata::default());
    // Where a `LIST` chunk would be.
    let list = bare.len() as usize - 8;
    let mut metadata = Metadata::default();
    if full && id(list)? == b"LIST" {
        let end = list + 8 + word(list + 4)? as usize;
        metadata.read(bytes.get(list + 8..end)?);
    }
    let header = Header::new(format, rate, style, &metadata);
    let template = header.count(0, true);
    let length = template.bytes().len();
    let found = bytes.get(..length)?;
    let fact = (format != Format::Pcm16).then(|| list - if full { 8 + MARKER.len() } else { 0 } - 4);
    let mut alike = found.to_vec();
    let counts = [Some(0..8), full.then_some(12..16), full.then_some(20..44), fact.map(|at| at..at + 4)];
    let marker = full.then(|| list - MARKER.len()..list);
    for place in counts.into_iter().chain([marker.clone(), Some(length - 4..length)]).flatten() {
        alike[place.clone()].copy_from_slice(&template.bytes()[place]);
    }
    if alike != template.bytes() {
        return None;
    }
    let stage = match marker.map(|place| &found[place]) {
        None => Stage::Recording,
        Some(marker) if *marker == MARKER => Stage::Recording,
        Some(marker) if *marker == CUT_MARKER => Stage::Cut,
        Some(marker) if *marker == [0; MARKER.len()] => Stage::Closed,
        Some(_) => return None,
    };
    let counted = |at: usize, long_at: usize| match word(at)? {
        IN_DS64 if rf64 => long(long_at),
        count => Some(count.into()),
    };
    let data_bytes = counted(length - 4, 28)?;
    let coding = header.coding();
    let samples = match fact {
        Some(at) if format == Format::ImaAdpcm => counted(at, 36)?,
        _ => 0,
    };
    // `fact` tells how far the last block is filled, if it tells of these blocks.
    let exact = samples > 0 && blocks_hold(coding, samples, data_bytes);
    Some((header, if exact { samples } else { coding.whole_samples(data_bytes) }, stage))
}

/// Whether so many samples take so many bytes.
fn blocks_hold(coding: Coding, samples: u64, bytes: u64) -> bool {
    samples.div_ceil(coding.block_samples.into()).checked_mul(coding.block_bytes.into()) == Some(bytes)
}

#[cfg(test)]
mod tests;
