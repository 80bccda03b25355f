//! What an engine tells its host beside the audio.

use super::alarm::Alarm;
use super::slot::EngineShared;
use super::{SessionHandle, fork};
use crossbeam::queue::ArrayQueue;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What an engine tells. It names a session, or a message; what happened there, the session's own calls or the store say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineEvent {
    /// The message is finished: ask for its [`result`](SessionHandle::result).
    Finished(SessionHandle),
    /// The session told something: take it by [`poll_event`](SessionHandle::poll_event) until there is nothing more.
    SessionEvents(SessionHandle),
    /// An operation on the session's file has not returned for `writer_stall_ms`. Other sessions go on with a spare
    /// writer; those of the same file system with one of their own.
    WriterStalled(SessionHandle),
    /// As many writers as may be are stalled in the file system of this session: its sessions wait, and no more
    /// are opened there.
    FileSystemStalled(SessionHandle),
    /// The operation on the session's file that had stalled has returned.
    WriterReturned(SessionHandle),
    /// The file system of this session has no room for what its sessions are about to write, or the quota is used up.
    /// They hold what they have, and go on when there is room again; see `full_hold_ms`.
    DiskFull(SessionHandle),
    /// There is room again on the file system of this session.
    DiskResumed(SessionHandle),
    /// The session's file cannot be written, or not be given its name: the message ends with what was written.
    WriteFailed(SessionHandle),
    /// The session's file, or the file system that it is on, could not be synced. What was written since the last sync
    /// that succeeded may be lost though no power fails; the results of the messages concerned say so.
    SyncFailed(SessionHandle),
    /// Something happened to a message's record: put here by [`MessageEvents`].
    Message {
        /// What.
        kind: MessageEventKind,
        /// To which one: the 16 bytes of its id.
        id: [u8; 16],
    },
}

/// What happened to a message's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageEventKind {
    /// The message was left: its record is kept, its file finished.
    Completed,
    /// It was allocated to an agent after that.
    Allocated,
    /// It is gone, file and record.
    Deleted,
    /// A call left nothing. The id is the one that its message would have had.
    Absent,
}

/// Puts what happens to messages on an engine's queue, for [`Engine::message_events`](super::Engine::message_events).
/// From any thread but media threads, and after the engine is gone, too: then it does nothing.
#[derive(Clone, Debug)]
pub struct MessageEvents(pub(super) Weak<EngineShared>);

impl MessageEvents {
    /// Tells of a message. What finds no room is counted as `lost_events`, and displaces no event of a session.
    pub fn tell(&self, kind: MessageEventKind, id: [u8; 16]) {
        // The queue and its descriptor are the other process's.
        if !fork::is_child()
            && let Some(engine) = self.0.upgrade()
        {
            engine.events.put(EngineEvent::Message { kind, id });
        }
    }
}

/// Lock-free queues of events, and a descriptor that is readable while some await.
#[derive(Debug)]
pub(super) struct EventQueue {
    queue: ArrayQueue<EngineEvent>,
    /// Of messages: a store may tell of thousands at once, which must cost no session's event its place.
    messages: ArrayQueue<EngineEvent>,
    alarm: Alarm,
    lost: AtomicU64,
    told_lost: AtomicU64,
}

/// Further events were lost because too many awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost;

impl EventQueue {
    /// Room for what so many sessions tell at once.
    pub(super) fn new(sessions: u32) -> io::Result<Self> {
        Ok(Self {
            queue: ArrayQueue::new(2 * sessions as usize + 64),
            messages: ArrayQueue::new(sessions as usize + 64),
            alarm: Alarm::new()?,
            lost: AtomicU64::new(0),
            told_lost: AtomicU64::new(0),
        })
    }

    /// For library threads: tells something.
    pub(super) fn put(&self, event: EngineEvent) {
        let queue = match event {
            EngineEvent::Message { .. } => &self.messages,
            _ => &self.queue,
        };
        if queue.push(event).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        self.alarm.put();
    }

    fn pop(&self) -> Option<EngineEvent> {
        self.queue.pop().or_else(|| self.messages.pop())
    }

    /// Takes the oldest event of a session, or else of a message.
    pub(super) fn poll(&self) -> Result<Option<EngineEvent>, Lost> {
        if let Some(event) = self.pop() {
            return Ok(Some(event));
        }
        self.alarm.clear();
        if let Some(event) = self.pop() {
            // The others make it readable no more.
            self.alarm.ring_if_watched();
            return Ok(Some(event));
        }
        let lost = self.lost.load(Ordering::Relaxed);
        if self.told_lost.swap(lost, Ordering::Relaxed) == lost { Ok(None) } else { Err(Lost) }
    }

    /// Takes the oldest event, or waits for one, for `timeout` at most.
    pub(super) fn wait(&self, timeout: Duration) -> Result<Option<EngineEvent>, Lost> {
        self.wait_unless(timeout, || false)
    }

    /// The same, unless there is something else to do, which [`wake`](Self::wake) makes it look for.
    pub(super) fn wait_unless(
        &self,
        timeout: Duration,
        given_up: impl Fn() -> bool,
    ) -> Result<Option<EngineEvent>, Lost> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            self.watch();
            let event = self.poll()?;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if event.is_some() || left == Some(Duration::ZERO) || given_up() {
                return Ok(event);
            }
            // Longer than the system can wait is for ever.
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            // A signal, or another waiter, may come first: the loop looks again.
            let _ =
                poll(&mut [PollFd::from_borrowed_fd(self.alarm.descriptor(), PollFlags::IN)], left.as_ref());
        }
    }

    /// The descriptor, for the host's own poll loop.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.watch();
        self.alarm.descriptor()
    }

    /// Events that were lost since the start.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Wakes whoever waits, for nothing.
    pub(super) fn wake(&self) {
        self.alarm.ring();
    }

    fn watch(&self) {
        self.alarm.watch(|| self.queue.is_empty() && self.messages.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64) -> EngineEvent {
        EngineEvent::Finished(SessionHandle::from_bits(number))
    }

    fn is_readable(queue: &EventQueue) -> bool {
        let mut descriptors = [PollFd::from_borrowed_fd(queue.descriptor(), PollFlags::IN)];
        poll(&mut descriptors, Some(&Timespec::default())).unwrap() == 1
    }

    #[test]
    fn the_descriptor_is_readable_while_events_await() {
        let queue = EventQueue::new(1).unwrap();
        queue.put(event(1));
        assert!(is_readable(&queue));
        queue.put(event(2));
        assert_eq!(queue.poll(), Ok(Some(event(1))));
        assert!(is_readable(&queue));
        assert_eq!(queue.poll(), Ok(Some(event(2))));
        assert_eq!(queue.poll(), Ok(None));
        assert!(!is_readable(&queue));
    }

    #[test]
    fn what_finds_no_room_is_told_once() {
        let queue = EventQueue::new(1).unwrap();
        (0..70).for_each(|number| queue.put(event(number)));
        (0..66).for_each(|number| assert_eq!(queue.poll(), Ok(Some(event(number)))));
        assert_eq!((queue.poll(), queue.poll(), queue.lost()), (Err(Lost), Ok(None), 4));
    }

    #[test]
    fn messages_displace_no_session() {
        let queue = EventQueue::new(1).unwrap();
        let message = EngineEvent::Message { kind: MessageEventKind::Deleted, id: [7; 16] };
        (0..1_000).for_each(|_| queue.put(message));
        (0..66).for_each(|number| queue.put(event(number)));
        (0..66).for_each(|number| assert_eq!(queue.poll(), Ok(Some(event(number)))));
        assert!(is_readable(&queue));
        (0..65).for_each(|_| assert_eq!(queue.poll(), Ok(Some(message))));
        assert_eq!((queue.poll(), queue.poll(), queue.lost()), (Err(Lost), Ok(None), 1_000 - 65));
        assert!(!is_readable(&queue));
    }

    #[test]
    fn many_wait_and_none_is_left_behind() {
        let queue = EventQueue::new(10_000).unwrap();
        let taken: u64 = std::thread::scope(|scope| {
            let wait = || {
                let mut taken = 0;
                while let Ok(Some(EngineEvent::Finished(number))) = queue.wait(Duration::from_secs(20)) {
                    if number.to_bits() == 0 {
                        return taken;
                    }
                    taken += 1;
                }
                panic!("an event was left behind");
            };
            let waiters: Vec<_> = (0..3).map(|_| scope.spawn(wait)).collect();
            (1..=10_000).for_each(|number| queue.put(event(number)));
            (0..3).for_each(|_| queue.put(event(0)));
            waiters.into_iter().map(|waiter| waiter.join().unwrap()).sum()
        });
        assert_eq!(taken, 10_000);
    }
}
