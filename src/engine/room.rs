//! Room in the file system that a file reserves ahead of its audio.

use crate::wav::WavWriter;
use rustix::io::Errno;
use std::io;

/// Reserves room in steps, never beyond what the message may need: a full disk then shows before it refuses audio, and a
/// message that has its room is not at the mercy of others.
#[derive(Debug)]
pub(super) struct Room {
    reserved_bytes: u64,
    /// As long as the file may become.
    most_bytes: u64,
    /// 0 where nothing is reserved, or the file system cannot.
    step_kib: u32,
}

impl Room {
    /// For a file that is so long already. So much at once at most, and little of what is free, so that one message does
    /// not keep others out.
    pub(super) fn new(step_kib: u32, free_kib: Option<u64>, reserved_bytes: u64, most_bytes: u64) -> Self {
        let step_kib = free_kib.map_or(step_kib, |free| step_kib.min((free / 64) as u32));
        Self { reserved_bytes, most_bytes, step_kib }
    }

    /// Sees to room for a file of so many bytes. Says whether the file system has some, as far as it tells.
    pub(super) fn reserve(&mut self, wav: &mut WavWriter, bytes: u64) -> bool {
        if self.step_kib == 0 || bytes <= self.reserved_bytes {
            return true;
        }
        let ahead = bytes + u64::from(self.step_kib) * 1_024;
        let upto = ahead.min(self.most_bytes).max(bytes);
        let allocated = loop {
            match wav.storage().allocate(self.reserved_bytes, upto - self.reserved_bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                allocated => break allocated,
            }
        };
        match allocated {
            Ok(()) => self.reserved_bytes = upto,
            Err(error) if is_full(&error) => return false,
            // Whatever it is, a write shows it better.
            Err(_) => self.step_kib = 0,
        }
        true
    }

    /// The file is another one, or was cut, and what was reserved with it.
    pub(super) fn begin(&mut self, reserved_bytes: u64, most_bytes: Option<u64>) {
        self.reserved_bytes = reserved_bytes;
        self.most_bytes = most_bytes.unwrap_or(self.most_bytes);
    }
}

/// The file system has no room, or the quota is used up: that may pass.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}
