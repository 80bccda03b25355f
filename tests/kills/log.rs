//! What a recorder tells of itself in memory that outlives it.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Recordings that one recorder can begin.
pub const RECORDINGS: usize = 2_048;
/// Moments that are remembered: they have to reach back further than any window.
const MOMENTS: usize = 1_024;
/// A moment follows the last one after this at the earliest.
const MOMENT_NS: u64 = 4_000_000;

/// Nanoseconds of the clock that all processes share.
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a whole timespec.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) }, 0);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// A pair of numbers a moment, of which the last ones are kept. One thread writes, and it may die at any point.
#[repr(C)]
pub struct Moments {
    count: AtomicU64,
    moments: [[AtomicU64; 2]; MOMENTS],
}

impl Moments {
    pub fn put(&self, first: u64, second: u64) {
        let count = self.count.load(Ordering::Relaxed);
        let place = &self.moments[count as usize % MOMENTS];
        place[0].store(first, Ordering::Relaxed);
        place[1].store(second, Ordering::Relaxed);
        self.count.store(count + 1, Ordering::Release);
    }

    fn last(&self) -> Option<(u64, u64)> {
        self.newest_first().next()
    }

    /// All but the oldest, which may be half overwritten.
    pub fn newest_first(&self) -> impl Iterator<Item = (u64, u64)> {
        let count = self.count.load(Ordering::Acquire);
        let oldest = count.saturating_sub(MOMENTS as u64 - 1);
        (oldest..count).rev().map(|number| {
            let place = &self.moments[number as usize % MOMENTS];
            (place[0].load(Ordering::Relaxed), place[1].load(Ordering::Relaxed))
        })
    }
}

/// One recording.
#[repr(C)]
pub struct Recording {
    /// 1 once `open` has returned.
    pub opened: AtomicU64,
    /// Samples that pushes had begun to hand over.
    pub begun: AtomicU64,
    /// The samples of its result, and 1, once that was there.
    pub ended: AtomicU64,
    /// When so many samples had been pushed: time and samples.
    pub pushed: Moments,
}

impl Recording {
    pub fn pushed(&self, samples: u64) {
        let now = now_ns();
        if self.pushed.last().is_none_or(|(then, _)| now - then >= MOMENT_NS) {
            self.pushed.put(now, samples);
        }
    }
}

/// All that a recorder tells.
#[repr(C)]
pub struct Log {
    /// 1 once the engine runs.
    pub ready: AtomicU64,
    /// Recordings that it has begun to open.
    pub recordings: AtomicU64,
    /// How late the machine was in doing a writer's work: when it was due, and when it was done.
    pub beats: Moments,
    pub recording: [Recording; RECORDINGS],
}

impl Log {
    /// The one in a file, for as long as the process lives, or longer.
    pub fn in_file(path: &Path) -> &'static Self {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        let bytes = size_of::<Self>();
        file.set_len(bytes as u64).unwrap();
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that is as long.
        let memory = unsafe {
            libc::mmap(std::ptr::null_mut(), bytes, protection, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        assert_ne!(memory, libc::MAP_FAILED);
        // SAFETY: page-aligned, as long as the type, which is made of atomics alone: all bytes are values of it. Nobody
        // cuts the file, and only `unmap` ends the mapping.
        unsafe { &*memory.cast::<Self>() }
    }

    /// Gives the memory back.
    pub fn unmap(&'static self) {
        let memory = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the mapping that `in_file` made; who calls this does not use it again.
        assert_eq!(unsafe { libc::munmap(memory, size_of::<Self>()) }, 0);
    }
}
