//! The bytes before the first sample; `docs/files.md` has them with their offsets.

use super::Metadata;
use super::format::{Coding, Format};
use crate::line::SampleRate;

/// Format tags of the `fmt ` chunk (RFC 2361).
pub(super) const TAG_PCM: u16 = 1;
pub(super) const TAG_ALAW: u16 = 6;
pub(super) const TAG_ULAW: u16 = 7;
pub(super) const TAG_IMA_ADPCM: u16 = 0x11;

/// The chunk that says that a file of ours is being recorded; zeros once it is closed.
pub(super) const MARKER_ID: [u8; 4] = *b"aftb";
/// Its bytes while it is: a text, the version of this layout, and 0.
pub(super) const MARKER: [u8; 16] = *b"being recorded\x01\0";
/// The same while the file is cut: no audio may lie behind what the header counts.
pub(super) const CUT_MARKER: [u8; 16] = *b"being recorded\x01\x01";

/// The chunk that keeps the room for `ds64`, which takes its place past 4 GiB (EBU Tech 3306).
const RESERVED_ID: &[u8; 4] = b"JUNK";
const DS64_BYTES: usize = 28;
/// What a 32-bit size says where `ds64` has the true one.
pub(super) const IN_DS64: u32 = u32::MAX;

/// What a file's header has beside what every WAV file needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum HeaderStyle {
    /// Room to become RF64 past 4 GiB, a marker while the file is recorded, by which an interrupted recording is found,
    /// and metadata if given.
    #[default]
    Full = 1,
    /// Nothing: 44 bytes for PCM, 58 for G.711, 60 for IMA ADPCM. Such a file ends at 4 GiB, has no metadata, and does
    /// not tell that its recording was interrupted.
    Plain = 2,
}

impl HeaderStyle {
    /// The style of a number of the C ABI.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Full),
            2 => Some(Self::Plain),
            _ => None,
        }
    }
}

/// The longest header: one sector, which a disk writes whole or not at all.
pub(super) const HEADER_MAX: usize = 512;

/// What a file's headers have in common, whatever they count. Small, as sessions have to be.
#[derive(Clone, Debug)]
pub(super) struct Header {
    format: Format,
    rate: SampleRate,
    style: HeaderStyle,
    /// The `LIST` chunk: one word where there is none.
    list: Option<Box<Box<[u8]>>>,
}

/// A header as it is written.
#[derive(Debug)]
pub(super) struct HeaderBytes {
    bytes: [u8; HEADER_MAX],
    length: usize,
}

impl Header {
    /// A plain one leaves the metadata out.
    pub(super) fn new(format: Format, rate: SampleRate, style: HeaderStyle, metadata: &Metadata) -> Self {
        let list = (style == HeaderStyle::Full && !metadata.is_empty())
            .then(|| Box::new(metadata.chunk().into_boxed_slice()));
        Self { format, rate, style, list }
    }

    pub(super) const fn format(&self) -> Format {
        self.format
    }

    pub(super) const fn style(&self) -> HeaderStyle {
        self.style
    }

    pub(super) const fn rate(&self) -> SampleRate {
        self.rate
    }

    pub(super) const fn coding(&self) -> Coding {
        Coding::new(self.format, self.rate)
    }

    /// Bytes before the first sample.
    pub(super) fn len(&self) -> u64 {
        let riff_and_data = 12 + 8;
        let fmt = 8 + u64::from(self.fmt_bytes());
        let fact = if self.has_fact() { 12 } else { 0 };
        let full = match self.style {
            HeaderStyle::Full => 8 + DS64_BYTES + 8 + MARKER.len(),
            HeaderStyle::Plain => 0,
        };
        riff_and_data + fmt + fact + full as u64 + self.list().len() as u64
    }

    /// How long the file is with so many samples.
    pub(super) fn file_bytes(&self, samples: u64) -> u64 {
        self.len() + self.coding().data_bytes(samples).next_multiple_of(2)
    }

    /// Whether it can count so many samples.
    pub(super) fn takes(&self, samples: u64) -> bool {
        self.style == HeaderStyle::Full || self.in_32_bits(samples)
    }

    /// The most samples, in whole blocks, of a file that is no longer than so many bytes and than 32 bits can count.
    pub(super) fn capacity(&self, most_bytes: u64) -> u64 {
        let coding = self.coding();
        let longest = most_bytes.min(u64::from(u32::MAX) + 8) & !1;
        let samples = coding.whole_samples(longest.saturating_sub(self.len()));
        let block = u64::from(coding.block_samples);
        let counted = u64::from(IN_DS64 - 1) / block * block;
        if self.has_fact() { samples.min(counted) } else { samples }
    }

    /// Counts so many samples, which it [`takes`](Self::takes): as RIFF while 32 bits hold its sizes, as RF64 beyond.
    pub(super) fn count(&self, samples: u64, recording: bool) -> HeaderBytes {
        let coding = self.coding();
        let data_bytes = coding.data_bytes(samples);
        let riff_bytes = self.file_bytes(samples) - 8;
        let short = self.in_32_bits(samples);
        let full = self.style == HeaderStyle::Full;
        let size = |size: u64| if short { size as u32 } else { IN_DS64 };
        let (tag, bits) = match self.format {
            Format::Pcm16 => (TAG_PCM, 16),
            Format::Alaw => (TAG_ALAW, 8),
            Format::Ulaw => (TAG_ULAW, 8),
            Format::ImaAdpcm => (TAG_IMA_ADPCM, 4),
        };
        let mut header = HeaderBytes { bytes: [0; HEADER_MAX], length: 0 };
        header.put(if short { b"RIFF" } else { b"RF64" });
        header.word(size(riff_bytes));
        header.put(b"WAVE");
        if full {
            header.put(if short { RESERVED_ID } else { b"ds64" });
            header.word(DS64_BYTES as u32);
            for size in [riff_bytes, data_bytes, samples] {
                header.put(&if short { 0 } else { size }.to_le_bytes());
            }
            // No table of further chunks.
            header.word(0);
        }
        header.put(b"fmt ");
        header.word(self.fmt_bytes().into());
        header.half(tag);
        header.half(1);
        header.word(self.rate.hz());
        header.word(self.rate.hz() * u32::from(coding.block_bytes) / u32::from(coding.block_samples));
        header.half(coding.block_bytes);
        header.half(bits);
        match self.format {
            Format::Pcm16 => {}
            Format::Alaw | Format::Ulaw => header.half(0),
            Format::ImaAdpcm => {
                header.half(2);
                header.half(coding.block_samples);
            }
        }
        if self.has_fact() {
            header.put(b"fact");
            header.word(4);
            header.word(size(samples));
        }
        if full {
            header.put(&MARKER_ID);
            header.word(MARKER.len() as u32);
            header.put(if recording { &MARKER } else { &[0; MARKER.len()] });
            header.put(self.list());
        }
        header.put(b"data");
        header.word(size(data_bytes));
        header
    }

    fn in_32_bits(&self, samples: u64) -> bool {
        let counted = !self.has_fact() || samples < IN_DS64.into();
        counted && self.file_bytes(samples) - 8 <= u32::MAX.into()
    }

    /// All but PCM count their samples, as RIFF wants.
    fn has_fact(&self) -> bool {
        self.format != Format::Pcm16
    }

    /// All but PCM say how long their extension is.
    const fn fmt_bytes(&self) -> u16 {
        match self.format {
            Format::Pcm16 => 16,
            Format::Alaw | Format::Ulaw => 18,
            Format::ImaAdpcm => 20,
        }
    }

    fn list(&self) -> &[u8] {
        self.list.as_ref().map_or(&[], |list| list)
    }
}

impl HeaderBytes {
    /// The same, and nothing behind what it counts is audio.
    pub(super) fn cut(mut self) -> Self {
        let header = &mut self.bytes[..self.length];
        if let Some(place) = header.windows(MARKER.len()).position(|bytes| bytes == MARKER) {
            header[place..][..MARKER.len()].copy_from_slice(&CUT_MARKER);
        }
        self
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn half(&mut self, half: u16) {
        self.put(&half.to_le_bytes());
    }

    fn word(&mut self, word: u32) {
        self.put(&word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: SampleRate = SampleRate::NARROWBAND;

    fn header(format: Format, style: HeaderStyle) -> Header {
        Header::new(format, RATE, style, &Metadata::default())
    }

    fn riff_bytes(header: &HeaderBytes) -> u64 {
        u32::from_le_bytes(header.bytes()[4..8].try_into().unwrap()).into()
    }

    #[test]
    fn headers_are_as_long_as_promised() {
        let lengths = [(44, 104), (58, 118), (58, 118), (60, 120)];
        for (format, (plain, full)) in Format::ALL.into_iter().zip(lengths) {
            for (style, length) in [(HeaderStyle::Plain, plain), (HeaderStyle::Full, full)] {
                let header = header(format, style);
                let bytes = header.count(1_001, true);
                assert_eq!(
                    (header.len(), bytes.bytes().len() as u64),
                    (length, length),
                    "{format:?} {style:?}"
                );
                let data = if format == Format::ImaAdpcm { 2 * 256 } else { format.data_bytes(1_001, RATE) };
                // The pad byte counts in RIFF.
                assert_eq!(riff_bytes(&bytes), length - 8 + data.next_multiple_of(2));
            }
        }
        let long = Some("x".repeat(100));
        let metadata = Metadata {
            caller: long.clone(),
            node_name: long.clone(),
            software: long.clone(),
            start_time: long,
        };
        let header = Header::new(Format::ImaAdpcm, RATE, HeaderStyle::Full, &metadata);
        assert_eq!(header.len(), header.count(0, true).bytes().len() as u64);
    }

    #[test]
    fn what_32_bits_cannot_hold_is_rf64_or_refused() {
        for format in Format::ALL {
            let plain = header(format, HeaderStyle::Plain);
            let full = header(format, HeaderStyle::Full);
            let most = match format {
                Format::Pcm16 => (u64::from(u32::MAX) + 8 - 104) / 2,
                Format::Alaw | Format::Ulaw => (u64::from(u32::MAX) + 8 - 118) & !1,
                // `fact` ends before the data does.
                Format::ImaAdpcm => u64::from(u32::MAX) - 1,
            };
            let riff = full.count(most, false);
            assert_eq!(
                (&riff.bytes()[..4], &riff.bytes()[12..16]),
                (&b"RIFF"[..], &b"JUNK"[..]),
                "{format:?}"
            );
            assert_eq!(riff.bytes()[20..48], [0; 28]);
            let rf64 = full.count(most + 1, false);
            assert_eq!((&rf64.bytes()[..4], &rf64.bytes()[12..16]), (&b"RF64"[..], &b"ds64"[..]));
            assert_eq!(riff_bytes(&rf64), u64::from(u32::MAX));
            let sizes: Vec<u64> = rf64.bytes()[20..44]
                .chunks_exact(8)
                .map(|size| u64::from_le_bytes(size.try_into().unwrap()))
                .collect();
            let data_bytes = format.data_bytes(most + 1, RATE);
            assert_eq!(sizes, [full.file_bytes(most + 1) - 8, data_bytes, most + 1]);
            assert!(plain.takes(most) && !plain.takes(most + 100));
            for header in [&plain, &full] {
                let (capacity, block) = (header.capacity(u64::MAX), u64::from(header.coding().block_samples));
                assert!(
                    header.in_32_bits(capacity) && !header.in_32_bits(capacity + 2 * block),
                    "{format:?}"
                );
                let small = header.capacity(65_536);
                assert!(
                    (65_536 - 2 * 256..=65_536).contains(&header.file_bytes(small)) && small % block == 0
                );
            }
        }
    }
}
