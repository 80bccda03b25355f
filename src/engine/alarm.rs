//! Tells whoever watches a descriptor that something awaits, and costs nothing as long as nobody does.

use super::sync::{AtomicBool, Readable, Seed, fence};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

#[derive(Debug)]
pub(super) struct Alarm {
    readable: Readable,
    /// Somebody watches the descriptor, or waits on it.
    watched: AtomicBool,
}

impl Alarm {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { readable: Readable::new()?, watched: AtomicBool::new(false) })
    }

    /// Something was put where the watcher will look.
    pub(super) fn put(&self) {
        // Either this thread sees the watcher, or the watcher sees what was put.
        fence(Seed::AlarmPut);
        self.ring_if_watched();
    }

    /// Somebody watches from now on; `is_empty` says whether nothing awaits.
    pub(super) fn watch(&self, is_empty: impl FnOnce() -> bool) {
        if !self.watched.load(Ordering::Relaxed) {
            self.watched.store(true, Ordering::Relaxed);
            fence(Seed::AlarmWatched);
            if !is_empty() {
                self.ring();
            }
        }
    }

    /// Nothing was found. What is put after this makes the descriptor readable again, so that a second look misses
    /// nothing.
    pub(super) fn clear(&self) {
        if self.watched.load(Ordering::Relaxed) {
            self.readable.clear();
        }
    }

    /// Makes the descriptor readable, if somebody watches it.
    pub(super) fn ring_if_watched(&self) {
        if self.watched.load(Ordering::Relaxed) {
            self.ring();
        }
    }

    /// Makes the descriptor readable.
    pub(super) fn ring(&self) {
        self.readable.set();
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.readable.descriptor()
    }

    #[cfg(all(loom, test))]
    pub(super) fn is_readable(&self) -> bool {
        self.readable.is_set()
    }
}
