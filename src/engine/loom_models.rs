//! Models of what is concurrent here: loom runs each in every order of its threads, and with every value that a load may
//! see. `tests/loom.sh` runs them.
//!
//! A model proves little unless it can fail: each names the orderings that it depends on, and has to catch every one
//! of them when it is too weak. It has to be explored in earnest, too: a thread that does nothing but load is not explored
//! at all (tokio-rs/loom#392), so that the number of executions has a least one.

use super::alarm::Alarm;
use super::event::EventQueue;
use super::gate::{Gated, Refused};
use super::mailbox::mailbox_after;
use super::media::{EndRequest, Ended, Media, Request};
use super::player::Player;
use super::ring::ring_after;
use super::slot::{EngineShared, Slot};
use super::statistics::Counters;
use super::sync::Seed;
use super::track::{Queue, Track};
use super::{Durability, EngineSession, SessionError, SessionHandle, SessionResult};
use crate::dsp::beep::BeepConfig;
use crate::dsp::dtmf::Digit;
use crate::dsp::goertzel::Kernel;
use crate::session::{EndReason, SessionConfig, State};
use loom::thread;
use std::cell::Cell;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

thread_local! {
    /// What is too weak now. Loom's threads all run on the test's own.
    static WEAKENED: Cell<Option<Seed>> = const { Cell::new(None) };
}

/// Loom's counterparts of what `sync` has from std.
pub(super) mod facade {
    use super::{Ordering, Seed, WEAKENED};
    pub use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
    pub use loom::thread::yield_now;
    use std::ops::{Deref, DerefMut};
    use std::time::Duration;

    pub fn ordering(seed: Seed, ordering: Ordering) -> Ordering {
        if WEAKENED.get() == Some(seed) { Ordering::Relaxed } else { ordering }
    }

    #[derive(Debug)]
    pub struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub fn new(value: T) -> Self {
            Self(loom::cell::UnsafeCell::new(value))
        }

        pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            self.0.with(read)
        }

        pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            self.0.with_mut(write)
        }

        pub fn access(&self) -> Access<T> {
            Access(Some(self.0.get_mut()))
        }
    }

    /// Loom watches it until its end.
    pub struct Access<T>(Option<loom::cell::MutPtr<T>>);

    impl<T> Access<T> {
        pub fn pointer(&self) -> *mut T {
            self.0.as_ref().unwrap().with(|pointer| pointer)
        }

        pub fn end(&mut self) {
            self.0 = None;
        }
    }

    /// With parking_lot's calls.
    #[derive(Debug)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard(self.0.lock().ok())
        }
    }

    pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.0.as_ref().unwrap()
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.0.as_mut().unwrap()
        }
    }

    /// Its time never runs out.
    #[derive(Debug, Default)]
    pub struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub fn new() -> Self {
            Self::default()
        }

        pub fn notify_all(&self) {
            self.0.notify_all();
        }

        pub fn wait_while_for<T>(
            &self,
            guard: &mut MutexGuard<'_, T>,
            mut condition: impl FnMut(&mut T) -> bool,
            _: Duration,
        ) {
            while condition(guard) {
                guard.0 = guard.0.take().and_then(|held| self.0.wait(held).ok());
            }
        }
    }

    pub fn fence(seed: Seed) {
        if WEAKENED.get() != Some(seed) {
            loom::sync::atomic::fence(Ordering::SeqCst);
        }
    }

    /// Stands in for an eventfd: a flag that the kernel's lock guards.
    #[derive(Debug)]
    pub struct Readable(AtomicBool);

    impl Readable {
        pub fn new() -> std::io::Result<Self> {
            Ok(Self(AtomicBool::new(false)))
        }

        pub fn set(&self) {
            self.0.swap(true, Ordering::AcqRel);
        }

        pub fn clear(&self) {
            self.0.swap(false, Ordering::AcqRel);
        }

        pub fn is_set(&self) -> bool {
            self.0.swap(true, Ordering::AcqRel)
        }

        pub fn descriptor(&self) -> std::os::fd::BorrowedFd<'_> {
            unreachable!("no model waits")
        }
    }

    /// Has loom watch who touches which place.
    pub struct Watch(Vec<loom::cell::UnsafeCell<()>>);

    impl Watch {
        pub fn new(places: usize) -> Self {
            Self((0..places).map(|_| loom::cell::UnsafeCell::new(())).collect())
        }

        pub fn write(&self, from: usize, count: usize) {
            self.0[from..from + count].iter().for_each(|place| place.with_mut(|_| ()));
        }

        pub fn read(&self, from: usize, count: usize) {
            self.0[from..from + count].iter().for_each(|place| place.with(|_| ()));
        }
    }
}

/// Explores a model, and says in how many executions.
fn explore(weakened: Option<Seed>, model: fn()) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    WEAKENED.set(weakened);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    executions.load(Ordering::Relaxed)
}

/// Explores a model, in `least` executions or more, and sees to it that it catches each of its twins.
fn check(name: &str, least: u64, twins: &[Seed], model: fn()) {
    let executions = explore(None, model);
    let hook = take_hook();
    // That a twin is caught is no news.
    set_hook(Box::new(|_| {}));
    let missed: Vec<_> =
        twins.iter().filter(|&&twin| catch_unwind(|| explore(Some(twin), model)).is_ok()).collect();
    set_hook(hook);
    WEAKENED.set(None);
    println!(
        "{name}: {executions} executions, {} of {} twins caught",
        twins.len() - missed.len(),
        twins.len()
    );
    assert!(missed.is_empty(), "{name}: went unnoticed: {missed:?}");
    assert!(executions >= least, "{name}: only {executions} executions");
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[test]
fn gate() {
    check("gate: two enter, one removes", 200, &[Seed::GateTaken, Seed::GateLeft], || {
        let gate = leak(Gated::vacant());
        // SAFETY: the gate is new, and nobody else knows it.
        unsafe { gate.install(1, 0) };
        let enter = || match gate.enter(1) {
            Ok(mut value) => {
                *value += 1;
                1
            }
            Err(_) => 0,
        };
        let pusher = thread::spawn(move || enter() + enter());
        let other = thread::spawn(enter);
        let removed = loop {
            match gate.remove(1) {
                Err(Refused::Taken) => thread::yield_now(),
                removed => break removed,
            }
        };
        let entered = pusher.join().unwrap() + other.join().unwrap();
        assert_eq!(removed, Ok(Some(entered)));
        assert!(matches!(gate.enter(1), Err(Refused::Gone)));
    });
}

#[test]
fn gate_opens() {
    check("gate: one opens, one enters", 4, &[Seed::GateOpened, Seed::GateTaken], || {
        let gate = leak(Gated::vacant());
        // SAFETY: the gate is new, and this thread alone installs.
        let opener = thread::spawn(move || unsafe { gate.install(1, 7) });
        let entered = gate.enter(1).map(|value| *value);
        assert!(matches!(entered, Ok(7) | Err(Refused::Gone)));
        opener.join().unwrap();
    });
}

#[test]
fn mailbox() {
    let twins = [Seed::MailPut, Seed::MailSeen, Seed::MailTaken, Seed::RoomSeen];
    check("mailbox: 4 values over 2 places, counts wrap", 1_500, &twins, || {
        let (mut sender, mut receiver) = mailbox_after::<u32, 2>(u32::MAX - 1);
        let receiving = thread::spawn(move || {
            let mut next = 0;
            for _ in 0..4 {
                if let Some(value) = receiver.try_pop() {
                    assert_eq!(value, next);
                    next += 1;
                }
            }
            (receiver, next)
        });
        let mut sent = 0;
        for _ in 0..4 {
            sent += u32::from(sender.try_push(sent).is_ok());
        }
        let (mut receiver, next) = receiving.join().unwrap();
        let rest: Vec<_> = std::iter::from_fn(|| receiver.try_pop()).collect();
        assert_eq!(rest, (next..sent).collect::<Vec<_>>());
    });
}

#[test]
fn ring() {
    let twins = [Seed::RingPut, Seed::RingSeen, Seed::RingTaken, Seed::RingRoomSeen];
    check("ring: frames of 2 over 3 places, counts wrap", 500, &twins, || {
        let (mut sender, mut receiver) = ring_after(3, u32::MAX - 1);
        let receiving = thread::spawn(move || {
            let mut taken = Vec::new();
            for _ in 0..3 {
                let piece = receiver.peek(2).concat();
                receiver.skip(piece.len());
                taken.extend(piece);
            }
            (receiver, taken)
        });
        let mut sent = Vec::new();
        for frame in [[1, 2], [3, 4], [5, 6]] {
            let count = sender.push(&frame);
            sent.extend(&frame[..count]);
        }
        let (receiver, mut taken) = receiving.join().unwrap();
        taken.extend(receiver.peek(3).concat());
        assert_eq!(taken, sent);
    });
}

#[test]
fn alarm() {
    // Two events, one that precedes the watcher and one that may meet its second look. What awaits when both are done
    // is seen by the descriptor.
    check("alarm: events while somebody begins to watch", 50, &[Seed::AlarmPut, Seed::AlarmWatched], || {
        let (alarm, put) = (leak(Alarm::new().unwrap()), leak(loom::sync::atomic::AtomicU32::new(0)));
        let writer = thread::spawn(move || {
            for _ in 0..2 {
                put.fetch_add(1, Ordering::Relaxed);
                alarm.put();
            }
        });
        let mut taken = 0;
        alarm.watch(|| put.load(Ordering::Relaxed) == taken);
        taken = put.load(Ordering::Relaxed);
        if taken == 0 {
            alarm.clear();
            let found = put.load(Ordering::Relaxed);
            if found > 0 {
                taken = 1;
                alarm.ring_if_watched();
            }
        }
        writer.join().unwrap();
        assert!(put.load(Ordering::Relaxed) == taken || alarm.is_readable());
    });
}

/// A session in a slot of its own: no beep but for the model that says so.
fn occupied(beep_ms: u32) -> (&'static Slot, u32, Queue) {
    let slot = leak(Slot::new());
    let (generation, queue) = fill(slot, beep_ms);
    (slot, generation, queue)
}

fn fill(slot: &Slot, beep_ms: u32) -> (u32, Queue) {
    let beep = BeepConfig { duration_ms: beep_ms, ..BeepConfig::default() };
    let config = SessionConfig { beep: (beep_ms > 0).then_some(beep), ..SessionConfig::default() };
    let session = EngineSession::with_kernel(&config, Kernel::COMPILED).unwrap();
    let (media, ends, queue) = Media::new(session, 8, None, None);
    // Its counts are std's and mean nothing here: one serves all executions.
    static ENGINE: OnceLock<Arc<EngineShared>> = OnceLock::new();
    let engine = Arc::clone(ENGINE.get_or_init(|| {
        let (counters, events) = (Counters::default(), EventQueue::new(1).unwrap());
        Arc::new(EngineShared { sessions: AtomicU32::new(0), counters, events })
    }));
    let part = Path::new("message.wav.part").into();
    (slot.fill(engine, media, ends, Player::new(None, None, config.sample_rate), part), queue)
}

fn push(slot: &Slot, generation: u32, frame: &[i16]) -> Result<(), SessionError> {
    slot.with_media(generation, |media| {
        media.push(frame);
    })
}

fn pound() -> Request {
    Request::Digit(Digit::new('#').unwrap())
}

fn reason(ended: Option<Ended>) -> Option<EndReason> {
    ended.map(|ended| ended.end.reason)
}

#[test]
fn what_was_asked_first_goes_first() {
    check("slot: a digit, then a hang-up, while frames come", 300, &[Seed::EndAsked, Seed::EndSeen], || {
        let (slot, generation, _queue) = occupied(0);
        let control = thread::spawn(move || {
            slot.request(generation, pound()).unwrap();
            slot.request_end(generation, EndRequest::Hangup).unwrap();
        });
        let _ = push(slot, generation, &[1; 2]);
        let _ = push(slot, generation, &[1; 2]);
        control.join().unwrap();
        assert_eq!(reason(slot.ended(generation)), Some(EndReason::Dtmf));
    });
}

#[test]
fn a_digit_that_ends_needs_no_further_frame() {
    let twins = [Seed::StatePublished, Seed::StateRead];
    check("slot: a digit ends the session though no frame comes", 50, &twins, || {
        let (slot, generation, _queue) = occupied(20);
        // The beep, and so much that no key can be one that was pressed before the recording.
        let media = thread::spawn(move || push(slot, generation, &[0; 2_400]));
        let writer = thread::spawn(move || slot.ended(generation));
        let recording = slot.shared.state(generation) == Ok(State::Recording);
        if recording {
            slot.request(generation, pound()).unwrap();
        }
        let polled = writer.join().unwrap();
        let _ = media.join().unwrap();
        if recording {
            assert_eq!(reason(polled.or_else(|| slot.ended(generation))), Some(EndReason::Dtmf));
        }
    });
}

#[test]
fn a_session_is_closed_while_it_is_pushed() {
    check("slot: push, end, finish, close", 10_000, &[Seed::GateTaken, Seed::GateLeft], || {
        let (slot, generation, queue) = occupied(0);
        let media = thread::spawn(move || {
            let refused = [push(slot, generation, &[1; 2]), push(slot, generation, &[2; 2])];
            for refused in refused.into_iter().filter_map(Result::err) {
                assert!(matches!(refused, SessionError::Busy | SessionError::Ended | SessionError::Stale));
            }
        });
        let writer = thread::spawn(move || {
            let ended = loop {
                match slot.ended(generation) {
                    Some(ended) => break ended,
                    None => thread::yield_now(),
                }
            };
            // What the ended session queued is all there.
            assert_eq!(queue.samples.len() as u64, ended.end.recorded_samples);
            slot.finish(SessionHandle::new(0, generation), result(&ended));
        });
        slot.request_end(generation, EndRequest::Stop).unwrap();
        let result = slot.wait(generation, Duration::MAX).unwrap();
        assert_eq!(result.end_reason, EndReason::Stopped);
        let handle = SessionHandle::new(0, generation);
        slot.close(handle, slot.control(generation).unwrap());
        writer.join().unwrap();
        media.join().unwrap();
        assert_eq!(push(slot, generation, &[1; 2]), Err(SessionError::Stale));
        let (next, _queue) = fill(slot, 0);
        assert_eq!(push(slot, generation, &[1; 2]), Err(SessionError::Stale));
        assert_eq!(push(slot, next, &[1; 2]), Ok(()));
    });
}

fn result(ended: &Ended) -> SessionResult {
    SessionResult {
        end_reason: ended.end.reason,
        end_digit: None,
        tone: None,
        path: None,
        more_paths: Vec::new(),
        appended_to_samples: 0,
        samples: ended.end.recorded_samples,
        duration_ms: 0,
        spoken_ms: 0,
        trimmed_samples: 0,
        cut: ended.end.cut,
        lost_samples: 0,
        gaps: Vec::new(),
        gap_count: 0,
        line_lost_samples: 0,
        echo_guard_samples: 0,
        late_samples: 0,
        timestamp_jumps: 0,
        dropped_samples: 0,
        complete: true,
        error: None,
        durability: Durability::Cache,
        sync_error: None,
    }
}

#[test]
fn a_stale_handle_stays_stale() {
    check(
        "slot: a new session, while a stale handle is used",
        100,
        &[Seed::ClosedCleared, Seed::ClosedRead],
        || {
            let (slot, stale, _queue) = occupied(0);
            let handle = SessionHandle::new(0, stale);
            slot.request_end(stale, EndRequest::Stop).unwrap();
            let ended = slot.ended(stale).unwrap();
            slot.finish(handle, result(&ended));
            slot.close(handle, slot.control(stale).unwrap());
            let opener = thread::spawn(move || {
                fill(slot, 0);
            });
            for _ in 0..2 {
                assert_eq!(slot.shared.state(stale), Err(SessionError::Stale));
                assert_eq!(push(slot, stale, &[1]), Err(SessionError::Stale));
            }
            opener.join().unwrap();
        },
    );
}

/// What the writer does with a queue (`Recording::write_queued`): the samples in their places, 0 in those of gaps.
fn read(queue: &mut Queue, next_gap: &mut Option<super::track::Gap>, read: &mut Vec<i16>) {
    let mut left = queue.samples.len();
    loop {
        if next_gap.is_none() {
            *next_gap = queue.gaps.try_pop();
        }
        if let Some(gap) = next_gap.take_if(|gap| gap.start == read.len() as u64) {
            read.extend(std::iter::repeat_n(0, gap.samples as usize));
            continue;
        }
        if left == 0 {
            return;
        }
        let until_gap = next_gap.map_or(left, |gap| (gap.start as usize - read.len()).min(left));
        read.extend(queue.samples.peek(until_gap).concat());
        queue.samples.skip(until_gap);
        left -= until_gap;
    }
}

#[test]
fn a_gap_is_told_before_the_sample_after_it() {
    let twins = [Seed::RingPut, Seed::RingSeen];
    check("track: a gap between samples", 1_500, &twins, || {
        let (mut track, mut queue) = Track::new(2, None);
        track.append(&[1, 1]);
        let media = thread::spawn(move || {
            for value in 2..5 {
                track.append(&[value; 2]);
            }
            track
        });
        let (mut next_gap, mut written) = (None, Vec::new());
        for _ in 0..3 {
            read(&mut queue, &mut next_gap, &mut written);
        }
        let track = media.join().unwrap();
        read(&mut queue, &mut next_gap, &mut written);
        let open = track.open_gap().map_or(0, |gap| gap.samples as usize);
        written.extend(std::iter::repeat_n(0, open));
        assert_eq!(written.len(), 8);
        let places = written.iter().enumerate();
        assert!(
            places.clone().all(|(place, &value)| value == 0 || value == 1 + place as i16 / 2),
            "{written:?}"
        );
        let lost = places.filter(|&(_, &value)| value == 0).count() as u64;
        assert_eq!(lost, track.lost_samples());
    });
}

#[test]
fn no_request_is_passed_over() {
    check("slot: a request while frames come", 12, &[Seed::RequestCounted, Seed::RequestCountSeen], || {
        let (slot, generation, _queue) = occupied(0);
        push(slot, generation, &[1; 2]).unwrap();
        let control =
            thread::spawn(move || slot.request(generation, Request::Restart { beep: false }).unwrap());
        push(slot, generation, &[2; 2]).unwrap();
        control.join().unwrap();
        push(slot, generation, &[3; 2]).unwrap();
        assert!(slot.dropped_samples() >= 2);
    });
}

#[test]
fn what_is_dropped_is_told_before_the_sample_after_it() {
    let twins = [Seed::RingPut, Seed::RingSeen];
    check("slot: the recording starts over", 200, &twins, || {
        let (slot, generation, mut queue) = occupied(0);
        push(slot, generation, &[1; 2]).unwrap();
        slot.request(generation, Request::Restart { beep: false }).unwrap();
        let media = thread::spawn(move || push(slot, generation, &[2; 2]).unwrap());
        let mut position = 0;
        for _ in 0..2 {
            let queued = queue.samples.len();
            let dropped = slot.dropped_samples();
            for _ in 0..queued {
                let sample = queue.samples.peek(1)[0].first().copied().unwrap();
                queue.samples.skip(1);
                assert_eq!(sample == 2, position >= 2);
                assert!(sample == 1 || dropped == 2);
                position += 1;
            }
        }
        media.join().unwrap();
    });
}
