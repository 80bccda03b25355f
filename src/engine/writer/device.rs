//! File systems, as far as writers stall in them, they are full, and are synced.

use super::post::Post;
use super::syncer::Syncing;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A file system that recordings are on.
pub(in crate::engine) struct Device {
    /// Its number (`st_dev`).
    number: u64,
    /// Writers that are stalled in it now.
    stalled_writers: AtomicU32,
    /// How often one has stalled.
    stalls: AtomicU32,
    /// Where its recordings are looked after while a writer is stalled in it: apart from all others.
    pub(super) ward: Arc<Post>,
    /// Recordings that find no room in it.
    short_recordings: AtomicU32,
    pub(super) syncing: Syncing,
}

impl Device {
    /// A writer is stalled in it: its recordings keep away from those of other file systems.
    pub(in crate::engine) fn is_suspect(&self) -> bool {
        self.stalled_writers() > 0
    }

    pub(super) fn stalled_writers(&self) -> u32 {
        self.stalled_writers.load(Ordering::Acquire)
    }

    /// How often a writer has stalled in it since the start.
    pub(in crate::engine) fn stalls(&self) -> u32 {
        self.stalls.load(Ordering::Acquire)
    }

    /// One more writer is stalled in it; says how many now are.
    pub(super) fn stall(&self) -> u32 {
        self.stalls.fetch_add(1, Ordering::Release);
        self.stalled_writers.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// A writer has returned; says how many still are stalled.
    pub(super) fn unstall(&self) -> u32 {
        self.stalled_writers.fetch_sub(1, Ordering::AcqRel) - 1
    }

    /// One more recording finds no room; says whether it is the only one.
    pub(in crate::engine) fn runs_short(&self) -> bool {
        self.short_recordings.fetch_add(1, Ordering::AcqRel) == 0
    }

    /// A recording finds room again; says whether all do.
    pub(in crate::engine) fn finds_room(&self) -> bool {
        self.short_recordings.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// How often syncing it has failed.
    pub(in crate::engine) fn sync_failures(&self) -> u32 {
        self.syncing.failures()
    }

    /// Why that failed the last time.
    pub(in crate::engine) fn sync_error(&self) -> Arc<io::Error> {
        self.syncing.error()
    }
}

/// The file systems that an engine has recorded on.
#[derive(Default)]
pub(super) struct Devices(Mutex<Vec<Arc<Device>>>);

impl Devices {
    /// The file system of a number.
    pub(super) fn get(&self, number: u64) -> Arc<Device> {
        let mut devices = self.0.lock();
        let known = devices.iter().find(|device| device.number == number);
        known.map(Arc::clone).unwrap_or_else(|| {
            let device = Arc::new(Device {
                number,
                stalled_writers: AtomicU32::new(0),
                stalls: AtomicU32::new(0),
                ward: Arc::new(Post::new()),
                short_recordings: AtomicU32::new(0),
                syncing: Syncing::default(),
            });
            devices.push(Arc::clone(&device));
            device
        })
    }

    /// Writers that are stalled in a file system now.
    pub(super) fn stalled_writers(&self, number: u64) -> u32 {
        let devices = self.0.lock();
        devices.iter().find(|device| device.number == number).map_or(0, |device| device.stalled_writers())
    }

    pub(super) fn all(&self) -> Vec<Arc<Device>> {
        self.0.lock().clone()
    }
}
