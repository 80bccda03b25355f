//! What a session does to its file, and what a crash makes of it.

use afterbeep::wav::Storage;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex};

/// What reaches a disk whole or not at all.
pub const SECTOR: usize = 512;
/// What the system writes back at once.
pub const PAGE: usize = 4_096;

/// One change of a file.
#[derive(Clone, Debug)]
pub enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    pub fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => Self::put(file, *offset, bytes),
            Self::Length(length) => file.resize(*length, 0),
        }
    }

    fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset..end].copy_from_slice(bytes);
    }

    /// Applies what lies on one side of a boundary.
    pub fn apply_torn(&self, file: &mut Vec<u8>, tear: Tear) {
        let Self::Write { offset, bytes } = self else { return };
        let within = tear.at - offset;
        match tear.kept {
            Kept::Before => Self::put(file, *offset, &bytes[..within]),
            Kept::Behind => Self::put(file, tear.at, &bytes[within..]),
        }
    }

    /// The sector boundaries inside of it, those of pages among them.
    pub fn boundaries(&self) -> impl Iterator<Item = usize> {
        let (start, end) = match self {
            Self::Write { offset, bytes } => (*offset, offset + bytes.len()),
            Self::Length(_) => (0, 0),
        };
        ((start / SECTOR + 1) * SECTOR..end).step_by(SECTOR)
    }

    /// A header: each one takes the place of all before.
    pub fn is_header(&self) -> bool {
        matches!(self, Self::Write { offset: 0, .. })
    }
}

/// A write of which one part arrived.
#[derive(Clone, Copy, Debug)]
pub struct Tear {
    pub at: usize,
    pub kept: Kept,
}

#[derive(Clone, Copy, Debug)]
pub enum Kept {
    Before,
    Behind,
}

/// A session's changes, and before which of them all earlier ones were synced.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub changes: Vec<Change>,
    /// Ascending.
    pub syncs: Vec<usize>,
}

/// A file that remembers what was done to it.
#[derive(Clone, Debug, Default)]
pub struct Traced(Arc<Mutex<(Vec<u8>, Trace)>>);

impl Traced {
    pub fn trace(&self) -> Trace {
        self.0.lock().unwrap().1.clone()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }

    fn change(&mut self, change: Change) {
        let (file, trace) = &mut *self.0.lock().unwrap();
        change.apply(file);
        trace.changes.push(change);
    }
}

impl Storage for Traced {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let length = bytes.len();
        self.change(Change::Write { offset: offset as usize, bytes });
        Ok(length)
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let (file, _) = &*self.0.lock().unwrap();
        let there = &file[file.len().min(offset as usize)..];
        let count = bytes.len().min(there.len());
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.change(Change::Length(bytes as usize));
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let (_, trace) = &mut *self.0.lock().unwrap();
        trace.syncs.push(trace.changes.len());
        Ok(())
    }
}
