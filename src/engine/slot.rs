//! Slots: where sessions live. They are made as they are needed, reused, and never freed, so that
//! a stale handle always finds a slot to be refused by.

use super::gate::{Gated, Refused};
use super::media::{Ended, Media, Request};
use super::player::Player;
use super::{SessionError, SessionHandle, SessionResult};
use crate::session::{Session, State, Terminators};
use crossbeam::queue::ArrayQueue;
use crossbeam::utils::CachePadded;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Slots that are made at once.
const CHUNK: u32 = 64;
/// The most sessions that a process can have open.
pub(super) const SLOTS_MAX: u32 = CHUNK * CHUNKS as u32;
const CHUNKS: usize = 1_024;
/// Requests that may await the next frame.
const REQUESTS: usize = 16;

static SLOTS: [OnceLock<Box<[Slot]>>; CHUNKS] = [const { OnceLock::new() }; CHUNKS];
static FREE: Mutex<FreeSlots> = Mutex::new(FreeSlots { made: 0, returned: Vec::new() });

struct FreeSlots {
    made: u32,
    returned: Vec<u32>,
}

/// A session's slot.
pub(super) struct Slot {
    pub(super) media: CachePadded<Gated<Media>>,
    pub(super) player: CachePadded<Gated<Player>>,
    pub(super) shared: CachePadded<Shared>,
    pub(super) requests: ArrayQueue<Request>,
    control: Mutex<Control>,
    finished: Condvar,
}

/// What other threads may know of a session while a push goes on.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Samples pushed: the clock that `pull` follows. Written by the media thread.
    pub(super) pushed_samples: AtomicU64,
    /// Generation and state, the latter written by the media thread.
    state: AtomicU64,
    /// A request that is bound to end the session awaits: the writer applies it if no frame comes.
    end_requested: AtomicBool,
    /// The host gave the handle back.
    closed: AtomicBool,
}

/// What control threads and the writer agree on.
#[derive(Debug)]
pub(super) struct Control {
    /// The generation that owns the slot, or will own it next.
    generation: u32,
    stage: Stage,
    /// The digits that end this session.
    terminators: Terminators,
}

#[derive(Debug)]
enum Stage {
    /// No session is here.
    Free,
    /// The message is not finished; the host may have closed the handle already.
    Running { closed: bool },
    /// The message is finished; the host has not closed the handle yet.
    Finished(SessionResult),
}

impl Shared {
    /// The session's state, if the generation still owns the slot and the host its handle.
    pub(super) fn state(&self, generation: u32) -> Option<State> {
        let word = self.state.load(Ordering::Acquire);
        if word >> 32 != u64::from(generation) || self.closed.load(Ordering::Relaxed) {
            return None;
        }
        State::from_number(word as u32)
    }

    fn publish(&self, generation: u32, session: &Session) {
        self.pushed_samples.store(session.position(), Ordering::Relaxed);
        self.state.store(u64::from(generation) << 32 | session.state() as u64, Ordering::Release);
    }
}

impl Slot {
    fn new() -> Self {
        Self {
            media: CachePadded::new(Gated::vacant()),
            player: CachePadded::new(Gated::vacant()),
            shared: CachePadded::default(),
            requests: ArrayQueue::new(REQUESTS),
            control: Mutex::new(Control {
                generation: 1,
                stage: Stage::Free,
                terminators: Terminators::NONE,
            }),
            finished: Condvar::new(),
        }
    }

    /// The slot of a handle, if there ever was one.
    #[inline]
    pub(super) fn of(handle: SessionHandle) -> Result<&'static Self, SessionError> {
        let (chunk, place) = (handle.index() / CHUNK, handle.index() % CHUNK);
        let made = SLOTS.get(chunk as usize).and_then(OnceLock::get);
        made.and_then(|chunk| chunk.get(place as usize)).ok_or(SessionError::Foreign)
    }

    /// Takes a free slot for a session. `None` where all are taken.
    pub(super) fn occupy(media: Media, player: Player) -> Option<SessionHandle> {
        let index = {
            let mut free = lock(&FREE);
            match free.returned.pop() {
                Some(index) => index,
                None if free.made == SLOTS_MAX => return None,
                None => {
                    free.made += 1;
                    free.made - 1
                }
            }
        };
        let chunk = SLOTS.get((index / CHUNK) as usize)?;
        let chunk = chunk.get_or_init(|| (0..CHUNK).map(|_| Slot::new()).collect());
        let slot = chunk.get((index % CHUNK) as usize)?;
        let mut control = lock(&slot.control);
        let generation = control.generation;
        control.stage = Stage::Running { closed: false };
        control.terminators = media.session().terminators();
        slot.shared.end_requested.store(false, Ordering::Relaxed);
        slot.shared.closed.store(false, Ordering::Relaxed);
        slot.shared.publish(generation, media.session());
        // SAFETY: the slot came from the free list, so its gates are vacant and nobody else fills it.
        unsafe {
            slot.media.install(generation, media);
            slot.player.install(generation, player);
        }
        Some(SessionHandle::new(index, generation))
    }

    /// The slot's control state, if the generation still owns it.
    pub(super) fn control(&self, generation: u32) -> Result<MutexGuard<'_, Control>, SessionError> {
        let control = lock(&self.control);
        let open = !matches!(control.stage, Stage::Free | Stage::Running { closed: true });
        if control.generation == generation && open {
            Ok(control)
        } else if generation == 0 || control.generation < generation {
            Err(SessionError::Foreign)
        } else {
            Err(SessionError::Stale)
        }
    }

    /// Why a generation that does not own the slot is turned away.
    #[cold]
    pub(super) fn refuse(&self, generation: u32) -> SessionError {
        self.control(generation).err().unwrap_or(SessionError::Stale)
    }

    /// Enters the media side, does the work and publishes where the session then stands. Requests
    /// that await go first.
    #[inline]
    pub(super) fn with_media<T>(
        &self,
        generation: u32,
        work: impl FnOnce(&mut Media) -> T,
    ) -> Result<T, SessionError> {
        let mut media = self.media.enter(generation).map_err(|refused| match refused {
            // The writer is about to end the session, or another thread is pushing.
            Refused::Taken if self.shared.end_requested.load(Ordering::Relaxed) => SessionError::Ended,
            Refused::Taken => SessionError::Busy,
            Refused::Gone => SessionError::Stale,
        })?;
        while let Some(request) = self.requests.pop() {
            media.apply(request);
        }
        let done = work(&mut media);
        self.shared.publish(generation, media.session());
        Ok(done)
    }

    /// Queues a request for the next frame.
    pub(super) fn request(&self, generation: u32, request: Request) -> Result<(), SessionError> {
        let control = self.control(generation)?;
        let ends = match request {
            Request::Digit(digit) => {
                control.terminators.contains(digit) && self.shared.state(generation) == Some(State::Recording)
            }
            _ => true,
        };
        self.requests.push(request).map_err(|_| SessionError::Busy)?;
        if ends {
            self.shared.end_requested.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// For the writer: ends a session that is bound to end though no frame comes, and says how it
    /// ended, if it has.
    pub(super) fn ended(&self, generation: u32) -> Option<Ended> {
        let closed = self.shared.closed.load(Ordering::Relaxed);
        let bound_to_end = closed || self.shared.end_requested.load(Ordering::Acquire);
        let word = self.shared.state.load(Ordering::Acquire);
        if !bound_to_end && word as u32 != State::Ended as u32 {
            return None;
        }
        let ended = self.with_media(generation, |media| {
            if closed {
                media.apply(Request::Stop);
            }
            media.ended()
        });
        ended.ok().flatten()
    }

    /// Waits until the message is finished, for `timeout` at most.
    pub(super) fn wait(&self, generation: u32, timeout: Duration) -> Result<SessionResult, SessionError> {
        let control = self.control(generation)?;
        let running = |control: &mut Control| {
            control.generation == generation && matches!(control.stage, Stage::Running { closed: false })
        };
        drop(self.finished.wait_timeout_while(control, timeout, running));
        match &self.control(generation)?.stage {
            Stage::Finished(result) => Ok(result.clone()),
            _ => Err(SessionError::NotFinished),
        }
    }

    /// The writer is done with the message.
    pub(super) fn finish(&self, handle: SessionHandle, result: SessionResult) {
        let mut control = lock(&self.control);
        if matches!(control.stage, Stage::Running { closed: true }) {
            self.vacate(handle, control);
        } else {
            control.stage = Stage::Finished(result);
        }
        self.finished.notify_all();
    }

    /// The host gives the handle back.
    pub(super) fn close(&self, handle: SessionHandle, mut control: MutexGuard<'_, Control>) {
        self.shared.closed.store(true, Ordering::Release);
        if matches!(control.stage, Stage::Finished(_)) {
            self.vacate(handle, control);
        } else {
            control.stage = Stage::Running { closed: true };
        }
        self.finished.notify_all();
    }

    /// Frees the slot when both the writer and the host are done with it. The session has ended, so
    /// a thread that is still behind a gate leaves it within microseconds, and none enters any more.
    fn vacate(&self, handle: SessionHandle, mut control: MutexGuard<'_, Control>) {
        let generation = handle.generation();
        while matches!(self.media.remove(generation), Err(Refused::Taken)) {
            std::thread::yield_now();
        }
        while matches!(self.player.remove(generation), Err(Refused::Taken)) {
            std::thread::yield_now();
        }
        while self.requests.pop().is_some() {}
        // 0 is no generation: a handle of 0 is none.
        control.generation = generation.checked_add(1).unwrap_or(1);
        control.stage = Stage::Free;
        drop(control);
        lock(&FREE).returned.push(handle.index());
    }
}

/// No code panics while it holds one of our locks, and if it did, what they guard stays whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
