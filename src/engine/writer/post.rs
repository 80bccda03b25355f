//! A post: recordings that one writer thread at a time looks after.

use super::Crew;
use super::clock::PollClock;
use super::device::Device;
use crate::engine::SessionHandle;
use crate::engine::message_file::Workbench;
use crate::engine::recording::{Due, Recording};
use crossbeam::channel::{Receiver, Sender, unbounded};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Not in a file operation.
const IDLE: u64 = 0;

pub(super) struct Post {
    shard: Mutex<Shard>,
    arrivals: (Sender<Box<Recording>>, Receiver<Box<Recording>>),
    load: AtomicU32,
    /// Since when its thread is in a file operation, in milliseconds since the crew's start, or [`IDLE`].
    working_since_ms: AtomicU64,
    /// A thread looks after it.
    manned: AtomicBool,
}

/// A post's recordings. The lock is free while a file operation goes on, so that another thread can take over.
struct Shard {
    recordings: Vec<Place>,
    /// Number of the thread that has the post; another one has lost it.
    lease: u64,
}

enum Place {
    Here(Box<Recording>),
    /// A file operation goes on.
    AtWork(Arc<Device>, SessionHandle),
}

impl Post {
    pub(super) fn new() -> Self {
        Self {
            shard: Mutex::new(Shard { recordings: Vec::new(), lease: 0 }),
            arrivals: unbounded(),
            load: AtomicU32::new(0),
            working_since_ms: AtomicU64::new(IDLE),
            manned: AtomicBool::new(false),
        }
    }

    /// Recordings here.
    pub(super) fn load(&self) -> u32 {
        self.load.load(Ordering::Relaxed)
    }

    pub(super) fn is_manned(&self) -> bool {
        self.manned.load(Ordering::Acquire)
    }

    /// Puts a recording here.
    pub(super) fn take(&self, recording: Box<Recording>) {
        self.load.fetch_add(1, Ordering::Relaxed);
        // Both ends live as long as the post.
        let _ = self.arrivals.0.send(recording);
    }

    /// A thread is to look after the post; its lease.
    pub(super) fn man(&self) -> u64 {
        let mut shard = self.shard.lock();
        shard.lease += 1;
        self.manned.store(true, Ordering::Release);
        shard.lease
    }

    /// The thread that was to come could not be started.
    pub(super) fn unman(&self) {
        self.manned.store(false, Ordering::Release);
    }

    /// Dismisses the thread if it has been in one file operation for too long; it keeps the recording that it works on,
    /// until it returns. `tell` is told of it before the thread can know.
    pub(super) fn dismiss(&self, now_ms: u64, stall_ms: u64, tell: impl FnOnce(&Device, SessionHandle)) {
        let since = self.working_since_ms.load(Ordering::Acquire);
        if since == IDLE || now_ms.saturating_sub(since) < stall_ms {
            return;
        }
        let mut shard = self.shard.lock();
        let at_work = shard.recordings.iter().position(|place| matches!(place, Place::AtWork(..)));
        // It may have returned, or begun another operation, meanwhile.
        let (true, Some(at_work)) = (self.working_since_ms.load(Ordering::Acquire) == since, at_work) else {
            return;
        };
        if let Place::AtWork(device, handle) = shard.recordings.swap_remove(at_work) {
            tell(&device, handle);
        }
        shard.lease += 1;
        self.load.fetch_sub(1, Ordering::Relaxed);
        self.working_since_ms.store(IDLE, Ordering::Release);
        self.manned.store(false, Ordering::Release);
    }
}

/// Looks after a post until the lease is lost or there is nothing to do any more.
pub(super) fn serve(crew: &Arc<Crew>, post: &Arc<Post>, lease: u64, ward_of: Option<&Device>) {
    let mut bench = Workbench::new(Arc::clone(&crew.shared));
    let mut clock = PollClock::new(crew.times.poll);
    loop {
        let mut shard = post.shard.lock();
        if shard.lease != lease {
            return;
        }
        shard.recordings.extend(post.arrivals.1.try_iter().map(Place::Here));
        let closing = crew.is_closing();
        let healthy = ward_of.is_some_and(|device| !device.is_suspect());
        let over = if ward_of.is_some() { healthy } else { closing && crew.is_idle() };
        if over && shard.recordings.is_empty() {
            post.manned.store(false, Ordering::Release);
            return;
        }
        let now = Instant::now();
        let mut place = 0;
        while let Some(Place::Here(recording)) = shard.recordings.get_mut(place) {
            let moves = if ward_of.is_some() { healthy } else { recording.device().is_suspect() };
            if moves {
                if let Place::Here(recording) = shard.recordings.swap_remove(place) {
                    post.load.fetch_sub(1, Ordering::Relaxed);
                    crew.take(recording);
                }
                continue;
            }
            if closing {
                recording.stop();
            }
            let Some(due) = recording.look(now, &crew.times, &crew.shared) else {
                place += 1;
                continue;
            };
            let (handle, device) = (recording.handle(), Arc::clone(recording.device()));
            let at_work = Place::AtWork(Arc::clone(&device), handle);
            let Some(Place::Here(recording)) =
                shard.recordings.get_mut(place).map(|place| std::mem::replace(place, at_work))
            else {
                break;
            };
            post.working_since_ms.store(crew.now_ms(), Ordering::Release);
            drop(shard);
            let left = work(crew, recording, due, &mut bench);
            shard = post.shard.lock();
            if shard.lease != lease {
                drop(shard);
                crew.returned(&device, handle);
                if let Some(recording) = left {
                    crew.take(recording);
                }
                return;
            }
            post.working_since_ms.store(IDLE, Ordering::Release);
            match (left, shard.recordings.get_mut(place)) {
                (Some(recording), Some(at)) => {
                    *at = Place::Here(recording);
                    place += 1;
                }
                _ => {
                    shard.recordings.swap_remove(place);
                    post.load.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
        drop(shard);
        clock.wait();
    }
}

/// Does a recording's file operations. It comes back unless its message is finished.
fn work(
    crew: &Crew,
    mut recording: Box<Recording>,
    due: Due,
    bench: &mut Workbench,
) -> Option<Box<Recording>> {
    let began = Instant::now();
    let (handle, device) = (recording.handle(), Arc::clone(recording.device()));
    let synced = recording.is_synced_at_intervals();
    let left = match due {
        Due::Write => {
            recording.write(bench);
            Some(recording)
        }
        Due::Finish(ended) => recording.finish(&ended, &crew.times, bench),
    };
    if synced {
        crew.wrote(&device, handle);
    }
    crew.shared.counters.took(began.elapsed());
    if left.is_none() {
        if synced {
            crew.end_syncing(&device);
        }
        crew.finished(|left| left.messages -= 1);
    }
    left
}

/// How long, and how often.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Times {
    pub(in crate::engine) poll: Duration,
    /// Samples that are worth a write.
    pub(in crate::engine) batch_samples: usize,
    /// How long samples may await one.
    pub(in crate::engine) batch_age: Duration,
    pub(in crate::engine) media_timeout: Option<Duration>,
    pub(in crate::engine) stall: Duration,
    /// How long a full disk is waited for.
    pub(in crate::engine) full_hold: Duration,
    /// How often a file system is synced.
    pub(in crate::engine) sync_interval: Duration,
}
