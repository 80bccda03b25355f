//! What the targets make of a fuzzer's bytes.
#![allow(dead_code, reason = "every target uses its own part")]

use afterbeep::line::SampleRate;
use afterbeep::wav::{Format, HeaderStyle, Metadata, Storage, WavWriter};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

/// Bytes that are taken from the front; zeros when there are no more.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let taken = self.take(N);
        let mut array = [0; N];
        array[..taken.len()].copy_from_slice(taken);
        array
    }

    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub fn half(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub fn word(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub fn float(&mut self) -> f32 {
        f32::from_bits(self.word())
    }

    /// Up to 100 bytes of text, or none.
    pub fn text(&mut self) -> Option<String> {
        let length = usize::from(self.byte());
        (length > 0).then(|| String::from_utf8_lossy(self.take(length % 100)).into_owned())
    }
}

/// A file: the bytes as they come, or one of ours with a few of them changed.
pub fn wav(input: &mut Input) -> Vec<u8> {
    if input.byte() % 2 == 0 { input.rest().to_vec() } else { ours(input).unwrap_or_default() }
}

fn ours(input: &mut Input) -> Option<Vec<u8>> {
    let format = Format::from_number(u32::from(input.byte()) % 4 + 1)?;
    let header = HeaderStyle::from_number(u32::from(input.byte()) % 2 + 1)?;
    let metadata = Metadata { caller: input.text(), node_name: input.text(), ..Metadata::default() };
    let memory = Memory::default();
    let mut writer =
        WavWriter::with_header(memory.clone(), format, SampleRate::NARROWBAND, header, &metadata).ok()?;
    let samples = usize::from(input.byte()) * 5;
    let line: Vec<i16> = (0..samples).map(|position| (position * 37) as i16).collect();
    writer.append([&line, &[]], &mut Vec::new()).ok()?;
    if input.byte() % 2 == 0 {
        writer.finish(samples as u64 / 2).ok()?;
    }
    let mut file = memory.bytes();
    file.truncate(usize::from(input.half()).max(8));
    while !input.is_empty() {
        let place = usize::from(input.half()) % file.len();
        file[place] = input.byte();
    }
    Some(file)
}

/// A file in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(bytes.to_vec())))
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Storage for Memory {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap();
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let end = offset as usize + bytes.len();
        let length = file.len().max(end);
        file.resize(length, 0);
        file[offset as usize..end].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = self.0.lock().unwrap();
        let there = &file[file.len().min(offset as usize)..];
        let count = bytes.len().min(there.len());
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.0.lock().unwrap().resize(bytes as usize, 0);
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}
