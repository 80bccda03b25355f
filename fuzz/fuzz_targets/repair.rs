//! Any bytes are repaired, or left alone: what is not ours keeps every byte; a recording becomes a whole file that counts
//! what it holds, its audio as it was. A second repair changes nothing, and one that was interrupted ends in the same bytes.
#![no_main]

#[path = "../src/input.rs"]
mod input;

use afterbeep::wav::{Repair, RepairScope, Storage, WavReader};
use input::{Input, Memory, wav};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Cursor, IoSlice};

/// Fails after so many calls.
#[derive(Debug)]
struct Failing {
    memory: Memory,
    calls_left: u8,
}

impl Failing {
    fn call(&mut self) -> io::Result<&mut Memory> {
        self.calls_left = self.calls_left.checked_sub(1).ok_or(io::Error::from_raw_os_error(5))?;
        Ok(&mut self.memory)
    }
}

impl Storage for Failing {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        self.call()?.write_at(pieces, offset)
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.call()?.read_at(bytes, offset)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.call()?.set_len(bytes)
    }

    fn allocate(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        self.call()?.allocate(offset, bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.call()?.sync_data()
    }
}

fn examine(memory: &Memory, scope: RepairScope) -> Option<Repair> {
    let before = memory.bytes();
    let found = Repair::examine(&mut memory.clone(), before.len() as u64, scope).unwrap();
    assert_eq!(memory.bytes(), before);
    found
}

/// The whole file that a recording became.
fn check(repair: &Repair, before: &[u8], after: &[u8]) {
    let data_bytes = repair.format().data_bytes(repair.samples(), repair.sample_rate()) as usize;
    let header_bytes = after.len() - data_bytes.next_multiple_of(2);
    // Of the last block only its samples count.
    let settled = header_bytes
        + data_bytes.saturating_sub(repair.format().data_bytes(1, repair.sample_rate()) as usize);
    assert_eq!(
        after[header_bytes..settled.max(header_bytes)],
        before[header_bytes..settled.max(header_bytes)]
    );
    let mut reader = WavReader::new(Cursor::new(after)).unwrap();
    assert!(!reader.is_cut() && !reader.is_being_recorded());
    let mut piece = [0; 777];
    let mut samples = 0;
    while let count @ 1.. = reader.read(&mut piece).unwrap() {
        samples += count as u64;
    }
    assert_eq!(samples, repair.samples());
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let flags = input.byte();
    let scope = RepairScope { part: flags & 1 != 0, plain: flags & 2 != 0 };
    let (calls_left, length) = (flags >> 2, u64::from(input.half()));
    let before = wav(&mut input);
    let memory = Memory::of(&before);
    // Others may change the length meanwhile.
    let _ = Repair::examine(&mut memory.clone(), length, scope);

    let Some(repair) = examine(&memory, scope) else { return };
    repair.apply(&mut memory.clone()).unwrap();
    let after = memory.bytes();
    if !repair.is_needed() {
        assert_eq!((&after, repair.cut_bytes()), (&before, 0));
        return;
    }
    // Nobody but us has that chunk.
    assert!(before.windows(4).any(|id| id == b"aftb") || scope == RepairScope { part: true, plain: true });
    check(&repair, &before, &after);

    let again = examine(&memory, scope).unwrap();
    assert!(!again.is_needed() && again.samples() == repair.samples());

    let interrupted = Memory::of(&before);
    if repair.apply(&mut Failing { memory: interrupted.clone(), calls_left }).is_err() {
        examine(&interrupted, scope).unwrap().apply(&mut interrupted.clone()).unwrap();
    }
    assert_eq!(interrupted.bytes(), after);
});
