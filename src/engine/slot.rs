//! Slots: where sessions live. They are made as they are needed, reused, and never freed, so that
//! a stale handle always finds a slot to be refused by.

use super::event::{EngineEvent, EventQueue};
use super::gate::{Gated, Refused};
use super::media::{ControlEnds, EndRequest, Ended, Media, Queued, Request};
use super::player::Player;
use super::prefetch::{prefetch_from, prefetch_to_write};
use super::statistics::Counters;
use super::sync::{AtomicBool, AtomicU32, AtomicU64, Condvar, Mutex, MutexGuard, Seed, ordering, yield_now};
use super::{EngineSession, SessionError, SessionHandle, SessionResult, Unfinished, fork};
use crate::dsp::dtmf::Digit;
use crate::session::{PackedEvent, SessionEvent, State, Terminators};
use crossbeam::utils::CachePadded;
use std::path::Path;
use std::sync::atomic::{self, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Slots that are made at once.
const CHUNK: u32 = 64;
/// The most sessions that a process can have open.
pub(super) const SLOTS_MAX: u32 = CHUNK * CHUNKS as u32;
const CHUNKS: usize = 1_024;

static SLOTS: [OnceLock<Box<[Slot]>>; CHUNKS] = [const { OnceLock::new() }; CHUNKS];
static FREE: parking_lot::Mutex<FreeSlots> =
    parking_lot::Mutex::new(FreeSlots { made: 0, returned: Vec::new() });

struct FreeSlots {
    made: u32,
    returned: Vec<u32>,
}

/// A session's slot.
pub(super) struct Slot {
    pub(super) media: CachePadded<Gated<Media>>,
    pub(super) player: CachePadded<Gated<Player>>,
    pub(super) shared: CachePadded<Shared>,
    control: Mutex<Control>,
    finished: Condvar,
}

/// What other threads may know of a session while a push goes on.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Samples pushed: the clock that `pull` follows. Written by the media thread.
    pub(super) pushed_samples: AtomicU64,
    /// When the beep began that `pull` plays, in samples pushed.
    pub(super) beep_start: AtomicU64,
    /// Recorded samples before this one are no part of the message: the recording started over.
    dropped_samples: AtomicU64,
    /// Generation and state, the latter written by the media thread.
    state: AtomicU64,
    /// The first end that was asked for, as an [`EndRequest`]; 0 for none. The writer applies it if no frame comes.
    end_request: AtomicU32,
    /// Queued requests that are bound to end the session: the writer applies them if no frame comes.
    ends_queued: AtomicU32,
    /// Requests that were queued since the start: a push looks here, and at the queue only if there are new ones.
    queued: AtomicU32,
    /// Events that were told since the start.
    told_events: AtomicU64,
    /// Events that were lost since then.
    lost_events: AtomicU64,
    /// The host gave the handle back.
    closed: AtomicBool,
}

/// What control threads and the writer agree on.
pub(super) struct Control {
    /// The generation that owns the slot, or will own it next.
    generation: u32,
    stage: Stage,
    /// What the session brought along; `None` where the slot is free.
    owned: Option<Owned>,
}

/// What control threads need of a session.
struct Owned {
    engine: Arc<EngineShared>,
    ends: ControlEnds,
    /// The digits that end it.
    terminators: Terminators,
    /// Sample from which on a signalled one is sure to end it: the tones of a key pressed before the recording
    /// may be heard until then.
    certain_from: u64,
    /// Lost events that the host was told of.
    told_lost_events: u64,
    /// The file that is recorded.
    part: Arc<Path>,
}

enum Stage {
    /// No session is here.
    Free,
    /// The message is not finished; the host may have closed the handle already.
    Running { closed: bool },
    /// The message is finished; the host has not closed the handle yet.
    Finished(Box<SessionResult>),
}

/// What an engine's sessions, its writers and its host share.
#[derive(Debug)]
pub(super) struct EngineShared {
    /// Slots that its sessions hold.
    pub(super) sessions: atomic::AtomicU32,
    pub(super) counters: Counters,
    pub(super) events: EventQueue,
}

impl EngineShared {
    /// A session's file cannot be written.
    pub(super) fn write_failed(&self, handle: SessionHandle) {
        self.counters.write_errors.add(1);
        self.events.put(EngineEvent::WriteFailed(handle));
    }

    /// A session's file, or its file system, could not be synced.
    pub(super) fn sync_failed(&self, handle: SessionHandle) {
        self.counters.sync_failures.add(1);
        self.events.put(EngineEvent::SyncFailed(handle));
    }
}

impl Shared {
    /// The session's state, if the generation still owns the slot and the host its handle.
    pub(super) fn state(&self, generation: u32) -> Result<State, SessionError> {
        // In this order, as a new owner publishes its state before it clears the mark.
        let closed = self.closed.load(ordering(Seed::ClosedRead, Ordering::Acquire));
        let word = self.state.load(ordering(Seed::StateRead, Ordering::Acquire));
        let owner = (word >> 32) as u32;
        if generation == 0 || owner < generation {
            Err(SessionError::Foreign)
        } else if owner > generation || closed {
            Err(SessionError::Stale)
        } else {
            State::from_number(word as u32).ok_or(SessionError::Foreign)
        }
    }

    /// Samples pushed so far.
    fn clock(&self) -> u64 {
        self.pushed_samples.load(Ordering::Relaxed)
    }

    fn publish(&self, generation: u32, session: &EngineSession) {
        self.beep_start.store(session.beep_start(), Ordering::Relaxed);
        self.pushed_samples.store(session.position(), Ordering::Relaxed);
        let word = u64::from(generation) << 32 | session.state() as u64;
        self.state.store(word, ordering(Seed::StatePublished, Ordering::Release));
    }
}

impl Owned {
    /// Whether a digit signalled as pressed at a sample is bound to end the session.
    fn signal_ends(&self, state: State, digit: Option<Digit>, start: u64) -> bool {
        state == State::Recording
            && start >= self.certain_from
            && digit.is_some_and(|digit| self.terminators.contains(digit))
    }
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            media: CachePadded::new(Gated::vacant()),
            player: CachePadded::new(Gated::vacant()),
            shared: CachePadded::default(),
            control: Mutex::new(Control { generation: 1, stage: Stage::Free, owned: None }),
            finished: Condvar::new(),
        }
    }

    /// The slot of a handle, if there ever was one.
    #[inline]
    pub(super) fn of(handle: SessionHandle) -> Result<&'static Self, SessionError> {
        if fork::is_child() {
            return Err(SessionError::Forked);
        }
        let (chunk, place) = (handle.index() / CHUNK, handle.index() % CHUNK);
        let made = SLOTS.get(chunk as usize).and_then(OnceLock::get);
        made.and_then(|chunk| chunk.get(place as usize)).ok_or(SessionError::Foreign)
    }

    /// Has the cache fetch what every push touches.
    #[inline]
    pub(super) fn fetch(&self) {
        prefetch_to_write(&raw const self.shared);
        prefetch_to_write(&raw const self.media);
        let media: *const Gated<Media> = &raw const *self.media;
        prefetch_from(media, size_of::<Gated<Media>>() - size_of::<Media>() + Media::TOUCHED_FROM);
    }

    /// Takes a free slot for a session. `None` where all are taken.
    pub(super) fn occupy(
        engine: Arc<EngineShared>,
        media: Media,
        ends: ControlEnds,
        player: Player,
        part: Arc<Path>,
    ) -> Option<(SessionHandle, &'static Self)> {
        let index = {
            let mut free = FREE.lock();
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
        let generation = slot.fill(engine, media, ends, player, part);
        Some((SessionHandle::new(index, generation), slot))
    }

    /// Puts a session into the slot, which is free, and says which generation it is.
    pub(super) fn fill(
        &self,
        engine: Arc<EngineShared>,
        media: Media,
        ends: ControlEnds,
        player: Player,
        part: Arc<Path>,
    ) -> u32 {
        let mut control = self.control.lock();
        let generation = control.generation;
        control.stage = Stage::Running { closed: false };
        let terminators = media.session().terminators();
        let certain_from = media.session().signalled_ends_from();
        control.owned = Some(Owned { engine, ends, terminators, certain_from, told_lost_events: 0, part });
        self.shared.end_request.store(0, Ordering::Relaxed);
        self.shared.ends_queued.store(0, Ordering::Relaxed);
        self.shared.queued.store(0, Ordering::Relaxed);
        self.shared.told_events.store(0, Ordering::Relaxed);
        self.shared.lost_events.store(0, Ordering::Relaxed);
        self.shared.dropped_samples.store(0, Ordering::Relaxed);
        self.shared.publish(generation, media.session());
        // After the state: a stale handle finds either the mark or the new generation.
        self.shared.closed.store(false, ordering(Seed::ClosedCleared, Ordering::Release));
        // SAFETY: the slot came from the free list, so its gates are vacant and nobody else fills it.
        unsafe {
            self.media.install(generation, media);
            self.player.install(generation, player);
        }
        generation
    }

    /// The slot's control state, if the generation still owns it.
    pub(super) fn control(&self, generation: u32) -> Result<MutexGuard<'_, Control>, SessionError> {
        let control = self.control.lock();
        let open = !matches!(control.stage, Stage::Free | Stage::Running { closed: true });
        if control.generation == generation && open {
            Ok(control)
        } else if generation == 0 || control.generation < generation {
            Err(SessionError::Foreign)
        } else {
            Err(SessionError::Stale)
        }
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
            // The writer is about to end the session.
            Refused::Taken if self.shared.end_request.load(Ordering::Relaxed) != 0 => SessionError::Ended,
            // Another thread is pushing, or the writer looks whether a key has ended the session.
            Refused::Taken => SessionError::Busy,
            Refused::Gone => SessionError::Stale,
        })?;
        // Looked at before the requests are: those that were put before it are then all there.
        let seen = ordering(Seed::EndSeen, Ordering::Acquire);
        let end_request = EndRequest::from_number(self.shared.end_request.load(seen));
        let counted = ordering(Seed::RequestCountSeen, Ordering::Acquire);
        let queued = self.shared.queued.load(counted);
        if queued != media.seen_requests {
            media.seen_requests = queued;
            let in_vain = media.apply_requests();
            if in_vain > 0 {
                self.shared.ends_queued.fetch_sub(in_vain, Ordering::Relaxed);
            }
        }
        if let Some(request) = end_request {
            media.end(request);
        }
        // Before any sample that follows: see `Recording::write_queued`.
        self.shared.dropped_samples.store(media.session().dropped_samples(), Ordering::Relaxed);
        let done = work(&mut media);
        let (told_events, lost_events) = media.tell_events();
        if told_events + lost_events > 0 {
            self.shared.told_events.store(told_events, Ordering::Relaxed);
            self.shared.lost_events.store(lost_events, Ordering::Relaxed);
        }
        self.shared.publish(generation, media.session());
        Ok(done)
    }

    /// Queues a request for the next frame. What is asked of a session that has ended changes nothing.
    pub(super) fn request(&self, generation: u32, request: Request) -> Result<(), SessionError> {
        let mut control = self.control(generation)?;
        let state = self.shared.state(generation)?;
        let Some(owned) = control.owned.as_mut().filter(|_| state != State::Ended) else { return Ok(()) };
        let ends = match request {
            Request::Digit(digit) => owned.signal_ends(state, Some(digit), self.shared.clock()),
            Request::TelephoneEvent(packet) => {
                let start = self.shared.clock().saturating_sub(packet.duration.into());
                owned.signal_ends(state, Digit::from_event_code(packet.event), start)
            }
            Request::LineDrop(_) | Request::Pause(_) | Request::Resume | Request::Restart { .. } => false,
        };
        // Counted first: whoever applies it may do so at once.
        self.shared.ends_queued.fetch_add(ends.into(), Ordering::Release);
        if owned.ends.requests.try_push(Queued { request, ends }).is_err() {
            self.shared.ends_queued.fetch_sub(ends.into(), Ordering::Relaxed);
            return Err(SessionError::Busy);
        }
        self.shared.queued.fetch_add(1, ordering(Seed::RequestCounted, Ordering::Release));
        Ok(())
    }

    /// Asks for the session's end. The first one who asks is answered; nobody is refused.
    pub(super) fn request_end(&self, generation: u32, request: EndRequest) -> Result<(), SessionError> {
        // The slot stays this generation's meanwhile.
        let _control = self.control(generation)?;
        let asked = ordering(Seed::EndAsked, Ordering::Release);
        let _ = self.shared.end_request.compare_exchange(0, request as u32, asked, Ordering::Relaxed);
        Ok(())
    }

    /// Takes the oldest event that the session told.
    pub(super) fn poll_event(&self, generation: u32) -> Result<Option<SessionEvent>, SessionError> {
        let mut control = self.control(generation)?;
        let Some(owned) = control.owned.as_mut() else { return Ok(None) };
        if let Some(event) = owned.ends.events.try_pop().and_then(PackedEvent::unpack) {
            return Ok(Some(event));
        }
        let lost = self.shared.lost_events.load(Ordering::Relaxed);
        if lost > owned.told_lost_events {
            owned.told_lost_events = lost;
            return Err(SessionError::Overrun);
        }
        Ok(None)
    }

    /// For the writer: recorded samples that are no part of the message, because the recording started over.
    pub(super) fn dropped_samples(&self) -> u64 {
        self.shared.dropped_samples.load(Ordering::Relaxed)
    }

    /// For the writer: events that the session has told.
    pub(super) fn told_events(&self) -> u64 {
        self.shared.told_events.load(Ordering::Relaxed)
    }

    /// For the writer: samples pushed so far.
    pub(super) fn clock(&self) -> u64 {
        self.shared.clock()
    }

    /// For the writer: ends a session that is bound to end though no frame comes, and says how it
    /// ended, if it has.
    pub(super) fn ended(&self, generation: u32) -> Option<Ended> {
        let closed = self.shared.closed.load(Ordering::Relaxed);
        let bound_to_end = closed
            || self.shared.end_request.load(Ordering::Acquire) != 0
            || self.shared.ends_queued.load(Ordering::Acquire) > 0;
        let word = self.shared.state.load(Ordering::Acquire);
        if !bound_to_end && word as u32 != State::Ended as u32 {
            return None;
        }
        let ended = self.with_media(generation, |media| {
            if closed {
                media.end(EndRequest::Stop);
            }
            media.ended()
        });
        ended.ok().flatten()
    }

    /// Waits until the message is finished, for `timeout` at most.
    pub(super) fn wait(&self, generation: u32, timeout: Duration) -> Result<SessionResult, SessionError> {
        let mut control = self.control(generation)?;
        let running = |control: &mut Control| {
            control.generation == generation && matches!(control.stage, Stage::Running { closed: false })
        };
        self.finished.wait_while_for(&mut control, running, timeout);
        drop(control);
        match &self.control(generation)?.stage {
            Stage::Finished(result) => Ok(SessionResult::clone(result)),
            _ => Err(SessionError::NotFinished),
        }
    }

    /// The writer is done with the message. Says whether somebody may still ask for its result.
    pub(super) fn finish(&self, handle: SessionHandle, result: SessionResult) -> bool {
        let mut control = self.control.lock();
        let closed = matches!(control.stage, Stage::Running { closed: true });
        if closed {
            self.vacate(handle, control);
        } else {
            control.stage = Stage::Finished(Box::new(result));
        }
        self.finished.notify_all();
        !closed
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
        let media = remove(&self.media, generation);
        let player = remove(&self.player, generation);
        let owned = control.owned.take();
        // 0 is no generation: a handle of 0 is none.
        control.generation = generation.checked_add(1).unwrap_or(1);
        control.stage = Stage::Free;
        drop(control);
        // Memory is freed when no lock is held.
        drop((media, player));
        if let Some(owned) = owned {
            owned.engine.sessions.fetch_sub(1, Ordering::Release);
        }
        FREE.lock().returned.push(handle.index());
    }

    /// Closes every handle of an engine that is gone, and says whose messages are not finished, and where they are.
    pub(super) fn close_all(engine: &Arc<EngineShared>) -> Vec<Unfinished> {
        let made = FREE.lock().made;
        let mut unfinished = Vec::new();
        for index in 0..made {
            let chunk = SLOTS.get((index / CHUNK) as usize).and_then(OnceLock::get);
            let Some(slot) = chunk.and_then(|chunk| chunk.get((index % CHUNK) as usize)) else { continue };
            let control = slot.control.lock();
            let handle = SessionHandle::new(index, control.generation);
            let Some(owned) = control.owned.as_ref().filter(|owned| Arc::ptr_eq(&owned.engine, engine))
            else {
                continue;
            };
            if matches!(control.stage, Stage::Running { .. }) {
                unfinished.push(Unfinished { session: handle, part: owned.part.to_path_buf() });
            }
            if !matches!(control.stage, Stage::Running { closed: true }) {
                slot.close(handle, control);
            }
        }
        unfinished
    }
}

fn remove<T>(gate: &Gated<T>, generation: u32) -> Option<T> {
    loop {
        match gate.remove(generation) {
            Ok(value) => return value,
            Err(Refused::Taken) => yield_now(),
            Err(Refused::Gone) => return None,
        }
    }
}
