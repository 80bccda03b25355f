//! Syncs a file system at intervals, by one call for all of its recordings, on a thread of its own: a disk that takes its
//! time keeps no writer waiting.

use super::device::Device;
use super::{Crew, SUPERVISION};
use crate::engine::{SessionHandle, thread};
use parking_lot::Mutex;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

/// What is known of a file system's syncs.
#[derive(Default)]
pub(super) struct Syncing {
    /// Something was written since the last sync.
    dirty: AtomicBool,
    /// By this session, as bits.
    writer: AtomicU64,
    failures: AtomicU32,
    failure: Mutex<Option<Arc<io::Error>>>,
    users: Mutex<Users>,
}

/// A thread is there while somebody needs it, so that nothing keeps a file system busy that is not recorded on.
#[derive(Default)]
struct Users {
    recordings: u32,
    thread: bool,
}

impl Syncing {
    pub(super) fn failures(&self) -> u32 {
        self.failures.load(Ordering::Acquire)
    }

    pub(super) fn error(&self) -> Arc<io::Error> {
        self.failure.lock().clone().unwrap_or_else(|| Arc::new(io::ErrorKind::Other.into()))
    }
}

impl Crew {
    /// A recording begins that counts on syncs at intervals; its directory is on that file system.
    pub(in crate::engine) fn begin_syncing(
        self: &Arc<Self>,
        device: &Arc<Device>,
        directory: impl FnOnce() -> io::Result<OwnedFd>,
    ) -> io::Result<()> {
        let mut users = device.syncing.users.lock();
        if !users.thread {
            let directory = directory()?;
            let (crew, device) = (Arc::clone(self), Arc::clone(device));
            self.keep(thread::start("afterbeep-sync".into(), move || crew.sync(&device, &directory))?);
            users.thread = true;
        }
        users.recordings += 1;
        Ok(())
    }

    /// The recording has ended.
    pub(in crate::engine) fn end_syncing(&self, device: &Device) {
        device.syncing.users.lock().recordings -= 1;
    }

    /// A session has written there.
    pub(super) fn wrote(&self, device: &Device, session: SessionHandle) {
        device.syncing.writer.store(session.to_bits(), Ordering::Relaxed);
        // Read first: a batch in a second changes it.
        if device.syncing.dirty.load(Ordering::Acquire) {
            return;
        }
        // Counted before anybody strikes it off.
        let mut left = self.left.lock();
        if !device.syncing.dirty.swap(true, Ordering::AcqRel) {
            left.syncs += 1;
        }
    }

    /// The thread's work, until nobody needs it any more.
    fn sync(&self, device: &Device, directory: &OwnedFd) {
        let syncing = &device.syncing;
        let mut next = Instant::now() + self.times.sync_interval;
        loop {
            std::thread::sleep(SUPERVISION.min(next.saturating_duration_since(Instant::now())));
            let now = Instant::now();
            // What the closed engine has left waits for no interval.
            if now < next && !(self.is_closing() && self.left.lock().messages == 0) {
                continue;
            }
            next = now + self.times.sync_interval;
            if syncing.dirty.swap(false, Ordering::AcqRel) {
                let session = SessionHandle::from_bits(syncing.writer.load(Ordering::Relaxed));
                let synced = rustix::fs::syncfs(directory);
                self.shared.counters.syncs.add(1);
                self.shared.counters.sync_max_us.reach(now.elapsed().as_micros() as u64);
                if let Err(error) = synced {
                    *syncing.failure.lock() = Some(Arc::new(error.into()));
                    syncing.failures.fetch_add(1, Ordering::Release);
                    self.shared.sync_failed(session);
                }
                self.finished(|left| left.syncs -= 1);
            }
            let mut users = syncing.users.lock();
            if users.recordings == 0 && !syncing.dirty.load(Ordering::Acquire) {
                users.thread = false;
                return;
            }
        }
    }
}
