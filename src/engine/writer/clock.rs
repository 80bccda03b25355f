//! When a writer looks after its recordings.

use rustix::thread::{ClockId, Timespec, clock_nanosleep_absolute};
use rustix::time::clock_gettime;
use std::time::Duration;

/// Absolute-time polling: a slow round shortens the wait after it, and shifts nothing.
pub(super) struct PollClock {
    interval: Duration,
    next: Duration,
}

impl PollClock {
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, next: Self::now() + interval }
    }

    fn now() -> Duration {
        let now = clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
    }

    pub(super) fn wait(&mut self) {
        let deadline =
            Timespec { tv_sec: self.next.as_secs() as i64, tv_nsec: self.next.subsec_nanos().into() };
        while clock_nanosleep_absolute(ClockId::Monotonic, &deadline) == Err(rustix::io::Errno::INTR) {}
        self.next = (self.next + self.interval).max(Self::now());
    }
}
