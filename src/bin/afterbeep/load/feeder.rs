use super::latency::Sampler;
use super::pace::Turns;
use super::source::Source;
use super::usage::{ThreadCounts, thread_cpu};
use super::{FRAME_MS, FRAME_SAMPLES};
use crate::args::Pace;
use afterbeep::engine::{EngineConfig, Push, SessionError, SessionHandle, push_many};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Channels that are pushed to by one call.
const PUSHES: usize = 16;
/// How long a feeder waits for the writers before it looks again.
const RING_WAIT: Duration = Duration::from_millis(1);

/// How every channel is fed.
pub(super) struct Plan<'a> {
    pub(super) source: &'a Source,
    pub(super) pace: Pace,
    pub(super) frames: u64,
    /// Channels join over so many turns, so that their batches do not fall due all at once.
    join_turns: u64,
    /// Samples at which a ring counts as full enough to wait.
    half_ring: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn new(source: &'a Source, pace: Pace, seconds: u32, engine: &EngineConfig) -> Self {
        let frames = u64::from(seconds) * 1_000 / FRAME_MS;
        // Half of a run, at least, has all of them.
        let join_turns = (u64::from(engine.batch_ms) / FRAME_MS).min(frames / 2);
        let half_ring = engine.ring_ms as usize * FRAME_SAMPLES / FRAME_MS as usize / 2;
        Self { source, pace, frames, join_turns, half_ring }
    }
}

/// A channel as its media thread sees it.
struct Channel {
    session: SessionHandle,
    /// Where it is in the source.
    position: usize,
    /// Samples that fit before its ring has to be asked again.
    room: usize,
    over: bool,
}

/// A media thread's channels. They have the same length, so that the first one that joined is over first.
pub(super) struct Feeder<'a> {
    plan: &'a Plan<'a>,
    channels: Vec<Channel>,
    sampler: Sampler,
    progress: &'a Progress,
}

/// How far a feeder is, for the thread that waits for it.
#[derive(Default)]
pub(super) struct Progress {
    /// Channels that have heard everything, the first ones of all.
    pub(super) fed: AtomicUsize,
    /// Frames that were pushed.
    pub(super) frames: AtomicU64,
}

/// What became of it.
pub(super) struct Fed {
    pub(super) sampler: Sampler,
    pub(super) turns: Turns,
    pub(super) cpu: Duration,
    pub(super) wall: Duration,
    /// From when all channels had joined.
    pub(super) counts: ThreadCounts,
    /// How often a full ring was waited for.
    pub(super) ring_waits: u64,
}

impl<'a> Feeder<'a> {
    /// A feeder of so many channels at most, with all the memory that it needs.
    pub(super) fn new(plan: &'a Plan<'a>, channels: usize, progress: &'a Progress) -> Self {
        Self { plan, channels: Vec::with_capacity(channels), sampler: Sampler::new(), progress }
    }

    pub(super) fn add(&mut self, session: SessionHandle, position: usize) {
        self.channels.push(Channel { session, position, room: 0, over: false });
    }

    /// Pushes everything, and says what that took.
    pub(super) fn run(mut self) -> Fed {
        let (cpu, began) = (thread_cpu(), Instant::now());
        let mut turns = match self.plan.pace {
            Pace::Max => Turns::Max,
            Pace::Real => Turns::real(),
        };
        let mut warm = None;
        let (mut fed, mut joined, mut ring_waits) = (0, 0, 0);
        let mut pushes = Vec::with_capacity(PUSHES);
        for turn in 0.. {
            turns.wait();
            while joined < self.channels.len() && self.joins_at(joined) <= turn {
                joined += 1;
            }
            while fed < joined && self.joins_at(fed) + self.plan.frames <= turn {
                fed += 1;
            }
            self.progress.fed.store(fed, Ordering::Release);
            let mut frames = 0;
            for channels in self.channels[fed..joined].chunks_mut(PUSHES) {
                pushes.extend(channels.iter_mut().filter_map(|its| its.next(self.plan, &mut ring_waits)));
                if self.sampler.times(pushes.len()) {
                    for push in &mut pushes {
                        push.outcome = self.sampler.push(|| push.session.push(push.frame));
                    }
                } else {
                    push_many(&mut pushes);
                    self.sampler.pass(pushes.len());
                }
                let fed_now = channels.iter_mut().filter(|channel| !channel.over);
                for (channel, push) in fed_now.zip(pushes.drain(..)) {
                    // What an overrun loses is counted in the session's result.
                    channel.over = !matches!(push.outcome, Ok(()) | Err(SessionError::Overrun));
                    frames += u64::from(!channel.over);
                }
            }
            self.progress.frames.fetch_add(frames, Ordering::Relaxed);
            if joined == self.channels.len() && frames == 0 {
                // All have heard everything, or something ended them.
                self.progress.fed.store(joined, Ordering::Release);
                break;
            }
            if joined == self.channels.len() {
                warm.get_or_insert_with(ThreadCounts::now);
            }
        }
        let counts = ThreadCounts::now();
        let warm = warm.unwrap_or(counts);
        Fed {
            sampler: self.sampler,
            turns,
            cpu: thread_cpu() - cpu,
            wall: began.elapsed(),
            counts: ThreadCounts {
                preemptions: counts.preemptions - warm.preemptions,
                page_faults: counts.page_faults - warm.page_faults,
            },
            ring_waits,
        }
    }

    /// The turn of a channel's first frame.
    fn joins_at(&self, channel: usize) -> u64 {
        self.plan.join_turns * channel as u64 / self.channels.len() as u64
    }
}

impl Channel {
    /// The next frame, unless the session takes none any more. What went wrong is in the session's result.
    #[inline]
    fn next<'s>(&mut self, plan: &Plan<'s>, ring_waits: &mut u64) -> Option<Push<'s>> {
        if self.over {
            return None;
        }
        if matches!(plan.pace, Pace::Max) && self.room == 0 {
            match wait_for_room(self.session, plan.half_ring, ring_waits) {
                Ok(room) => self.room = room,
                Err(_) => {
                    self.over = true;
                    return None;
                }
            }
        }
        let (frame, next) = plan.source.frame(self.position);
        self.position = next;
        self.room = self.room.saturating_sub(FRAME_SAMPLES);
        Some(Push { session: self.session, frame, outcome: Ok(()) })
    }
}

/// Waits until a ring is less than half full, and says how many samples it takes until it is.
fn wait_for_room(session: SessionHandle, half_ring: usize, waits: &mut u64) -> Result<usize, SessionError> {
    loop {
        let writable = session.writable_samples()?;
        if writable > half_ring {
            return Ok(writable - half_ring);
        }
        *waits += 1;
        sleep(RING_WAIT);
    }
}
