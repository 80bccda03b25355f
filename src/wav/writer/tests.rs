use super::*;
use crate::wav::WavReader;
use std::io::{Cursor, IoSlice};
use std::sync::{Arc, Mutex};

const RATE: SampleRate = SampleRate::NARROWBAND;

/// A file in memory. After `room` bytes more the disk is full, in the middle of a write where it comes so.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    file: Arc<Mutex<Vec<u8>>>,
    room: Arc<Mutex<usize>>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { file: Arc::default(), room: Arc::new(Mutex::new(usize::MAX)) }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.file.lock().unwrap().clone()
    }

    pub(super) fn samples(&self) -> Vec<i16> {
        read(&self.bytes())
    }
}

impl Storage for Memory {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let (mut file, mut room) = (self.file.lock().unwrap(), self.room.lock().unwrap());
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let offset = offset as usize;
        // What is there already can be written again.
        let taken = bytes.len().min(file.len().saturating_sub(offset).saturating_add(*room));
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let end = offset + taken;
        *room -= end.saturating_sub(file.len());
        let length = file.len().max(end);
        file.resize(length, 0);
        file[offset..end].copy_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = self.file.lock().unwrap();
        let there = &file[file.len().min(offset as usize)..];
        let count = bytes.len().min(there.len());
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.file.lock().unwrap().resize(bytes as usize, 0);
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn read(bytes: &[u8]) -> Vec<i16> {
    let mut reader = WavReader::new(Cursor::new(bytes)).unwrap();
    let mut samples = Vec::new();
    let mut piece = [0; 1_000];
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => return samples,
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
}

pub(super) fn tone(samples: u32) -> Vec<i16> {
    (0..samples).map(|i| (9_000.0 * (f64::from(i) * 0.4).sin()) as i16).collect()
}

pub(super) fn variants() -> impl Iterator<Item = (Format, HeaderStyle)> {
    Format::ALL
        .into_iter()
        .flat_map(|format| [HeaderStyle::Full, HeaderStyle::Plain].map(|style| (format, style)))
}

pub(super) fn writer(memory: &Memory, (format, style): (Format, HeaderStyle)) -> WavWriter {
    WavWriter::with_header(memory.clone(), format, RATE, style, &Metadata::default()).unwrap()
}

#[test]
fn the_file_is_valid_after_every_call_and_ends_where_told() {
    for variant in variants() {
        let memory = Memory::new();
        let mut writer = writer(&memory, variant);
        let mut bytes = Vec::new();
        assert_eq!(memory.samples().len(), 0);
        writer.append([&[1_000; 100], &[1_000; 61]], &mut bytes).unwrap();
        assert_eq!(memory.samples().len(), 161);
        writer.append_silence(5_000, &mut bytes).unwrap();
        assert_eq!(memory.samples().len(), 5_161);
        assert_eq!(writer.finish(133).unwrap(), 133);
        assert_eq!(memory.samples().len(), 133);
        assert_eq!(memory.bytes().len() as u64, writer.file_bytes(133));
        // Nothing is left of the sample that was cut off, and it goes on from there.
        assert_eq!(writer.finish(132).unwrap(), 132);
        writer.append([&[-7_000; 2], &[]], &mut bytes).unwrap();
        assert_eq!(memory.samples().len(), 134);
        writer.clear().unwrap();
        assert_eq!((memory.samples().len(), memory.bytes().len() as u64), (0, writer.file_bytes(0)));
        writer.append([&[1_000; 2], &[]], &mut bytes).unwrap();
        assert_eq!(memory.samples().len(), 2);
    }
}

#[test]
fn equal_audio_gives_equal_files_however_it_came() {
    let line = tone(2_500);
    for variant in variants() {
        for samples in [1, 2, 3, 504, 505, 506, 507, 1_009, 1_010, 1_011, 2_001] {
            let mut bytes = Vec::new();
            let at_once = Memory::new();
            let mut whole = writer(&at_once, variant);
            whole.append([&line[..samples], &[]], &mut bytes).unwrap();
            whole.finish(u64::MAX).unwrap();
            // In batches, with more behind that is cut off.
            let in_pieces = Memory::new();
            let mut pieces = writer(&in_pieces, variant);
            for piece in line.chunks(171) {
                let (first, second) = piece.split_at(piece.len() / 3);
                pieces.append([first, second], &mut bytes).unwrap();
                assert_eq!(in_pieces.samples().len() as u64, pieces.samples());
            }
            pieces.finish(samples as u64).unwrap();
            assert!(at_once.bytes() == in_pieces.bytes(), "{variant:?}, {samples} samples");
        }
    }
}

#[test]
fn the_marker_stands_while_it_is_recorded() {
    let being_recorded =
        |memory: &Memory| WavReader::new(Cursor::new(memory.bytes())).unwrap().is_being_recorded();
    let memory = Memory::new();
    let mut writer = writer(&memory, (Format::Pcm16, HeaderStyle::Full));
    assert!(being_recorded(&memory));
    writer.append([&[1; 10], &[]], &mut Vec::new()).unwrap();
    assert!(being_recorded(&memory));
    writer.finish(9).unwrap();
    assert!(!being_recorded(&memory));
    writer.append([&[1; 10], &[]], &mut Vec::new()).unwrap();
    assert!(being_recorded(&memory));
}

/// Wherever the disk is full, what is counted is there; when there is room again, it goes on.
#[test]
fn a_full_disk_leaves_what_is_counted() {
    let line = tone(3_000);
    for variant in variants() {
        for room in (0..3_000).step_by(7) {
            let memory = Memory::new();
            let mut writer = writer(&memory, variant);
            let mut bytes = Vec::new();
            writer.append([&line[..700], &[]], &mut bytes).unwrap();
            *memory.room.lock().unwrap() = room;
            let done = writer.append([&line[700..1_000], &line[1_000..2_000]], &mut bytes);
            let arrived = writer.samples() as usize;
            assert!(done.is_ok() == (arrived == 2_000) && arrived >= 700, "{variant:?}, {room} bytes");
            let written = memory.samples();
            assert_eq!(written.len(), arrived, "{variant:?}, {room} bytes");
            *memory.room.lock().unwrap() = usize::MAX;
            writer.append([&line[arrived..], &[]], &mut bytes).unwrap();
            writer.finish(u64::MAX).unwrap();
            let whole = Memory::new();
            let mut at_once = self::writer(&whole, variant);
            at_once.append([&line, &[]], &mut bytes).unwrap();
            at_once.finish(u64::MAX).unwrap();
            assert!(memory.bytes() == whole.bytes(), "{variant:?}, {room} bytes");
            assert!(whole.samples().starts_with(&written));
        }
    }
}
