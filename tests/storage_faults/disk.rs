//! A file in memory on a disk that fails when told.

use afterbeep::wav::Storage;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

/// What fails, and how.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// From 1.
    pub call: u32,
    pub error: i32,
    /// All later calls, too, but for reading.
    pub for_ever: bool,
    /// A write takes one byte; the next call fails.
    pub short: bool,
}

#[derive(Debug, Default)]
struct State {
    file: Vec<u8>,
    calls: u32,
    failed: bool,
}

#[derive(Clone, Debug)]
pub struct Disk {
    pub fault: Option<Fault>,
    state: Arc<Mutex<State>>,
}

enum Turn {
    Works,
    TakesOneByte,
    Fails(io::Error),
}

impl Disk {
    pub fn new(fault: Option<Fault>) -> Self {
        Self { fault, state: Arc::default() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.state.lock().unwrap().file.clone()
    }

    pub fn has_failed(&self) -> bool {
        self.state.lock().unwrap().failed
    }

    pub fn fails_for_ever(&self) -> bool {
        self.fault.is_some_and(|fault| fault.for_ever)
    }

    fn turn(&self, state: &mut State) -> Turn {
        state.calls += 1;
        let Some(fault) = self.fault else { return Turn::Works };
        // The call that takes one byte comes first.
        let fails_at = fault.call + u32::from(fault.short);
        if fault.short && state.calls == fault.call {
            state.failed = true;
            return Turn::TakesOneByte;
        }
        if state.calls == fails_at || fault.for_ever && state.calls > fails_at {
            state.failed = true;
            return Turn::Fails(io::Error::from_raw_os_error(fault.error));
        }
        Turn::Works
    }
}

impl Storage for Disk {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        let mut bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        match self.turn(&mut state) {
            Turn::Works => {}
            Turn::TakesOneByte => bytes.truncate(1),
            Turn::Fails(error) => return Err(error),
        }
        let offset = offset as usize;
        let (end, length) = (offset + bytes.len(), state.file.len());
        state.file.resize(length.max(end), 0);
        state.file[offset..end].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock().unwrap();
        let mut most = bytes.len();
        match self.turn(&mut state) {
            Turn::Works => {}
            Turn::TakesOneByte => most = 1,
            Turn::Fails(error) => return Err(error),
        }
        let there = &state.file[state.file.len().min(offset as usize)..];
        let count = most.min(there.len());
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if let Turn::Fails(error) = self.turn(&mut state) {
            return Err(error);
        }
        state.file.resize(bytes as usize, 0);
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if let Turn::Fails(error) = self.turn(&mut state) { Err(error) } else { Ok(()) }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if let Turn::Fails(error) = self.turn(&mut state) { Err(error) } else { Ok(()) }
    }
}
