//! Writer threads: each looks after its own recordings, at fixed times. Nobody wakes them. One that stalls in a file
//! operation loses its post to a spare one, and keeps only the recording that it works on.

mod clock;
mod device;
mod post;
mod syncer;

pub(super) use device::Device;
pub(super) use post::Times;

use super::event::EngineEvent;
use super::recording::Recording;
use super::slot::EngineShared;
use super::{SessionHandle, thread};
use device::Devices;
use parking_lot::{Condvar, Mutex};
use post::{Post, serve};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the supervisor looks.
const SUPERVISION: Duration = Duration::from_millis(25);

/// An engine's writers.
pub(super) struct Crew {
    pub(super) shared: Arc<EngineShared>,
    times: Times,
    /// Writers that may be stalled in one file system before it is declared stalled.
    spares: u32,
    posts: Vec<Arc<Post>>,
    devices: Devices,
    threads: Mutex<Vec<JoinHandle<()>>>,
    thread_number: AtomicU32,
    start: Instant,
    closing: AtomicBool,
    left: Mutex<Left>,
    all_finished: Condvar,
}

/// What is left to do.
#[derive(Default)]
struct Left {
    /// Recordings whose message is not finished.
    messages: u32,
    /// File systems that were written to since they were synced.
    syncs: u32,
}

impl Left {
    const fn is_nothing(&self) -> bool {
        self.messages == 0 && self.syncs == 0
    }
}

impl Crew {
    /// Starts the writers and their supervisor.
    pub(super) fn start(
        shared: Arc<EngineShared>,
        times: Times,
        writers: u32,
        spares: u32,
    ) -> io::Result<Arc<Self>> {
        let crew = Arc::new(Self {
            shared,
            times,
            spares,
            posts: (0..writers).map(|_| Arc::new(Post::new())).collect(),
            devices: Devices::default(),
            threads: Mutex::default(),
            thread_number: AtomicU32::new(0),
            start: Instant::now(),
            closing: AtomicBool::new(false),
            left: Mutex::default(),
            all_finished: Condvar::new(),
        });
        let started = crew.posts.iter().try_for_each(|post| crew.man(post, None)).and_then(|()| {
            let its = Arc::clone(&crew);
            crew.keep(thread::start("afterbeep-watch".into(), move || its.supervise())?);
            Ok(())
        });
        if let Err(error) = started {
            crew.close(Duration::MAX);
            return Err(error);
        }
        Ok(crew)
    }

    /// The file system of a number.
    pub(super) fn device(&self, number: u64) -> Arc<Device> {
        self.devices.get(number)
    }

    /// Whether a file system is declared stalled.
    pub(super) fn is_stalled(&self, device: u64) -> bool {
        self.devices.stalled_writers(device) >= self.spares
    }

    /// Takes a new recording.
    pub(super) fn record(&self, recording: Recording) {
        self.left.lock().messages += 1;
        self.take(Box::new(recording));
    }

    /// Puts a recording where it belongs.
    fn take(&self, recording: Box<Recording>) {
        if recording.device().is_suspect() {
            Arc::clone(&recording.device().ward).take(recording);
        } else if let Some(post) = self.posts.iter().min_by_key(|post| post.load()) {
            post.take(recording);
        }
    }

    fn man(self: &Arc<Self>, post: &Arc<Post>, ward_of: Option<&Arc<Device>>) -> io::Result<()> {
        let lease = post.man();
        let number = self.thread_number.fetch_add(1, Ordering::Relaxed);
        let (crew, its, device) = (Arc::clone(self), Arc::clone(post), ward_of.map(Arc::clone));
        let run = move || serve(&crew, &its, lease, device.as_deref());
        let started = thread::start(format!("afterbeep-w{number}"), run);
        if started.is_err() {
            post.unman();
        }
        self.keep(started?);
        Ok(())
    }

    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self.threads.lock();
        // Those that have left need not be kept.
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
    }

    /// Looks after the writers until all is over. Where a thread cannot be started it is tried again.
    fn supervise(self: &Arc<Self>) {
        let stall_ms = self.times.stall.as_millis() as u64;
        let over = || self.is_closing() && self.is_idle();
        while !over() {
            std::thread::sleep(SUPERVISION);
            for device in self.devices.all() {
                self.relieve(&device.ward, stall_ms);
                let wanted = device.is_suspect() || device.ward.load() > 0;
                if wanted && !device.ward.is_manned() && device.stalled_writers() < self.spares {
                    let _ = self.man(&device.ward, Some(&device));
                }
            }
            for post in &self.posts {
                self.relieve(post, stall_ms);
                if !post.is_manned() && !over() {
                    let _ = self.man(post, None);
                }
            }
        }
    }

    /// Takes a post from a writer that has stalled.
    fn relieve(&self, post: &Post, stall_ms: u64) {
        post.dismiss(self.now_ms(), stall_ms, |device, handle| {
            let counters = &self.shared.counters;
            counters.stalls.add(1);
            counters.stalled_writers.fetch_add(1, Ordering::Relaxed);
            self.shared.events.put(EngineEvent::WriterStalled(handle));
            if device.stall() == self.spares {
                counters.stalled_file_systems.fetch_add(1, Ordering::Relaxed);
                self.shared.events.put(EngineEvent::FileSystemStalled(handle));
            }
        });
    }

    /// A writer that had lost its post has returned.
    fn returned(&self, device: &Device, handle: SessionHandle) {
        let counters = &self.shared.counters;
        counters.stalled_writers.fetch_sub(1, Ordering::Relaxed);
        if device.unstall() + 1 == self.spares {
            counters.stalled_file_systems.fetch_sub(1, Ordering::Relaxed);
        }
        self.shared.events.put(EngineEvent::WriterReturned(handle));
    }

    /// Something is done.
    fn finished(&self, strike: impl FnOnce(&mut Left)) {
        let mut left = self.left.lock();
        strike(&mut left);
        if left.is_nothing() {
            self.all_finished.notify_all();
        }
    }

    fn now_ms(&self) -> u64 {
        // 0 is no time.
        self.start.elapsed().as_millis() as u64 + 1
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    fn is_idle(&self) -> bool {
        self.left.lock().is_nothing()
    }

    /// Ends all recordings and waits until their messages are finished and synced, for `timeout` at most. What is not,
    /// the threads finish when the disk lets them. Says whether all that was to be synced is.
    pub(super) fn close(&self, timeout: Duration) -> bool {
        self.closing.store(true, Ordering::Release);
        let mut left = self.left.lock();
        self.all_finished.wait_while_for(&mut left, |left| !left.is_nothing(), timeout);
        let (over, synced) = (left.is_nothing(), left.syncs == 0);
        drop(left);
        if over {
            let threads = std::mem::take(&mut *self.threads.lock());
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
        synced
    }
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crew").field("posts", &self.posts.len()).finish_non_exhaustive()
    }
}
