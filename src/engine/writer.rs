//! Writer threads: each looks after its own recordings, at fixed times. Nobody wakes them.

use super::recording::{Batch, Recording, Scratch};
use crossbeam::channel::{Receiver, Sender, TryRecvError, unbounded};
use rustix::thread::{ClockId, Timespec, clock_nanosleep_absolute};
use rustix::time::clock_gettime;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// A writer thread, as the engine sees it.
#[derive(Debug)]
pub(super) struct Writer {
    recordings: Sender<Recording>,
    thread: JoinHandle<()>,
    load: Arc<AtomicU32>,
}

impl Writer {
    pub(super) fn start(
        number: u32,
        poll: Duration,
        batch: Batch,
        media_timeout: Option<Duration>,
    ) -> io::Result<Self> {
        let (recordings, incoming) = unbounded();
        let load = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&load);
        let thread = Builder::new()
            .name(format!("afterbeep-w{number}"))
            .spawn(move || run(&incoming, poll, batch, media_timeout, &counted))?;
        Ok(Self { recordings, thread, load })
    }

    /// Recordings that this writer looks after.
    pub(super) fn load(&self) -> u32 {
        self.load.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self, recording: Recording) {
        self.load.fetch_add(1, Ordering::Relaxed);
        // The thread leaves only after this sender is gone.
        let _ = self.recordings.send(recording);
    }

    /// Ends all recordings and waits until their messages are finished.
    pub(super) fn finish(self) {
        drop(self.recordings);
        let _ = self.thread.join();
    }
}

fn run(
    incoming: &Receiver<Recording>,
    poll: Duration,
    batch: Batch,
    media_timeout: Option<Duration>,
    load: &AtomicU32,
) {
    let mut recordings: Vec<Recording> = Vec::new();
    let mut scratch = Scratch::default();
    let mut clock = PollClock::new(poll);
    let mut closing = false;
    while !closing || !recordings.is_empty() {
        loop {
            match incoming.try_recv() {
                Ok(recording) => recordings.push(recording),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    closing = true;
                    break;
                }
            }
        }
        if closing {
            recordings.iter().for_each(Recording::stop);
        }
        let now = Instant::now();
        if let Some(timeout) = media_timeout {
            recordings.iter_mut().for_each(|recording| recording.supervise(now, timeout));
        }
        let before = recordings.len();
        recordings = recordings.into_iter().filter_map(|r| r.poll(now, batch, &mut scratch)).collect();
        load.fetch_sub((before - recordings.len()) as u32, Ordering::Relaxed);
        clock.wait();
    }
}

/// Absolute-time polling: a slow round shortens the wait after it, and shifts nothing.
struct PollClock {
    interval: Duration,
    next: Duration,
}

impl PollClock {
    fn new(interval: Duration) -> Self {
        Self { interval, next: Self::now() + interval }
    }

    fn now() -> Duration {
        let now = clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
    }

    fn wait(&mut self) {
        let deadline =
            Timespec { tv_sec: self.next.as_secs() as i64, tv_nsec: self.next.subsec_nanos().into() };
        while clock_nanosleep_absolute(ClockId::Monotonic, &deadline) == Err(rustix::io::Errno::INTR) {}
        self.next = (self.next + self.interval).max(Self::now());
    }
}
