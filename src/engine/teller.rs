//! The thread that calls the host's callback.

use super::EngineEvent;
use super::slot::EngineShared;
use super::thread;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Tell what awaits, and leave.
const DRAIN: u32 = 1;
/// Begin no further call.
const LEAVE: u32 = 2;
/// A call is under way.
const CALLING: u32 = 4;

#[derive(Debug)]
pub(super) struct Teller {
    thread: JoinHandle<()>,
    order: Arc<AtomicU32>,
    engine: Arc<EngineShared>,
}

impl Teller {
    pub(super) fn start(
        engine: Arc<EngineShared>,
        callback: impl FnMut(EngineEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let order = Arc::new(AtomicU32::new(0));
        let (its, told) = (Arc::clone(&engine), Arc::clone(&order));
        let thread = thread::start("afterbeep-event".into(), move || tell(&its, &told, callback))?;
        Ok(Self { thread, order, engine })
    }

    /// Has it tell what awaits and leave, within `timeout`; no call begins after that. Says whether the last call has
    /// returned.
    pub(super) fn stop(self, timeout: Duration) -> bool {
        // A callback that stops itself cannot wait for itself.
        let is_own = self.thread.thread().id() == std::thread::current().id();
        let began = Instant::now();
        self.order.fetch_or(DRAIN, Ordering::AcqRel);
        self.engine.events.wake();
        while !is_own && !self.thread.is_finished() && began.elapsed() < timeout {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.order.fetch_or(LEAVE, Ordering::AcqRel) & CALLING == 0
    }
}

fn tell(engine: &EngineShared, order: &AtomicU32, mut callback: impl FnMut(EngineEvent)) {
    let draining = || order.load(Ordering::Acquire) != 0;
    loop {
        let last = draining();
        match engine.events.wait_unless(if last { Duration::ZERO } else { Duration::MAX }, draining) {
            Ok(Some(event)) => {
                if order.fetch_or(CALLING, Ordering::AcqRel) & LEAVE != 0 {
                    return;
                }
                // Said by the panic itself; later events are told all the same.
                let _ = catch_unwind(AssertUnwindSafe(|| callback(event)));
                order.fetch_and(!CALLING, Ordering::AcqRel);
            }
            Ok(None) if last => return,
            // Lost events show in the statistics.
            Ok(None) | Err(_) => {}
        }
    }
}
