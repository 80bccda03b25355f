//! Runs sessions: slots and handles, the queue between the media thread and the writers, writer
//! threads, results.

mod admission;
mod alarm;
mod config;
mod durability;
mod error;
mod event;
mod files;
mod fork;
mod gate;
mod handle;
mod holdback;
#[cfg(all(loom, test))]
mod loom_models;
mod mailbox;
mod media;
mod message_file;
mod opening;
mod player;
mod prefetch;
mod prometheus;
mod recording;
mod resample;
mod result;
mod ring;
mod room;
mod shape;
mod slot;
mod statistics;
mod sync;
mod teller;
mod thread;
mod track;
mod writer;

pub use config::{EngineConfig, FileConfig, LargeFile};
pub use durability::Durability;
pub use error::{OpenError, SessionError};
pub use event::{EngineEvent, MessageEventKind, MessageEvents};
pub use handle::{Push, SessionHandle, push_many};
pub use result::{CloseReport, GAPS_MAX, Gap, GapCause, SessionResult, Unfinished};
pub use statistics::{EngineStatistics, LATENCY_BUCKETS, LatencyHistogram};

use crate::cpu;
use crate::dsp::Decimator;
use crate::dsp::call_progress::CallProgressDetector;
use crate::line::{ComfortNoise, SampleRate};
use crate::message::{CreateError, RepairOptions, RepairReport, repair};
use crate::session::{ConfigError, Session, SessionConfig};
use admission::{Place, check_file_system};
use event::EventQueue;
use files::Files;
use holdback::Holdback;
use media::Media;
use message_file::MessageFile;
use opening::Opening;
use parking_lot::Mutex;
use player::Player;
use recording::Recording;
use room::Room;
use shape::Shape;
use slot::{EngineShared, SLOTS_MAX, Slot};
use statistics::Counters;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use teller::Teller;
use writer::{Crew, Times};

/// How long dropping an engine waits for its messages.
const DROP_TIMEOUT: Duration = Duration::from_secs(10);

/// A session as engines run it: only those with a tone plan pay for the detector.
/// And only those at another rate than 8 kHz for what makes that of it.
type EngineSession = Session<Box<CallProgressDetector>, Box<Decimator>>;

/// Opens sessions and writes their files.
///
/// Opening may come from any thread and blocks on the file system. [`close`](Self::close) ends it in bounded time;
/// dropping it is `close` with 10 s.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    shared: Arc<EngineShared>,
    repaired: RepairReport,
    crew: Arc<Crew>,
    teller: Mutex<Option<Teller>>,
    closed: bool,
}

impl Engine {
    /// Repairs the directory that the configuration names, if it names one, and starts the writer threads. An engine takes
    /// one file descriptor, another one for each file system that is synced at intervals, and each session another; one that
    /// is split, two for a moment at each seam and at its end, if they are to be had.
    pub fn new(config: &EngineConfig) -> Result<Self, OpenError> {
        config.validate()?;
        if fork::is_child() {
            return Err(OpenError::Forked);
        }
        fork::watch();
        let time = |ms: u32| Duration::from_millis(ms.into());
        let times = Times {
            poll: time(config.poll_interval_ms),
            batch_samples: SampleRate::NARROWBAND.samples(config.batch_ms.into()) as usize,
            batch_age: time(config.batch_age_ms),
            media_timeout: (config.media_timeout_ms > 0).then(|| time(config.media_timeout_ms)),
            stall: time(config.writer_stall_ms),
            full_hold: time(config.full_hold_ms),
            sync_interval: time(config.sync_interval_ms),
        };
        let start = || {
            let shared = Arc::new(EngineShared {
                sessions: AtomicU32::new(0),
                counters: Counters::default(),
                events: EventQueue::new(config.max_sessions)?,
            });
            let crew = Crew::start(Arc::clone(&shared), times, config.writer_threads, config.spare_writers)?;
            Ok((shared, crew))
        };
        let repaired =
            config.repair_directory.as_deref().map_or(Ok(RepairReport::default()), |directory| {
                repair(directory, &RepairOptions::default(), |_| ())
                    .map_err(|error| CreateError::from_io(directory, error))
            })?;
        let (shared, crew) = start().map_err(|error| OpenError::Start(error).told_apart())?;
        Ok(Self { config: config.clone(), shared, repaired, crew, teller: Mutex::default(), closed: false })
    }

    /// Opens a session: creates its file, reserves its ring and slot. The beep may start at once.
    pub fn open(&self, session: &SessionConfig, file: &FileConfig) -> Result<SessionHandle, OpenError> {
        let opened = self.try_open(session, file).map_err(OpenError::told_apart);
        let counters = &self.shared.counters;
        let count = if opened.is_ok() { &counters.opened_sessions } else { &counters.refused_sessions };
        count.add(1);
        opened
    }

    fn try_open(&self, session: &SessionConfig, file: &FileConfig) -> Result<SessionHandle, OpenError> {
        if fork::is_child() {
            return Err(OpenError::Forked);
        }
        let place = Place::reserve(&self.shared, self.config.max_sessions)?;
        let rate = session.sample_rate;
        let most_samples = match session.max_duration_ms {
            0 => None,
            ms => Some(rate.samples(ms.into())),
        };
        let pre_roll = if session.start_on_speech { rate.samples(session.pre_roll_ms.into()) } else { 0 };
        let holdback = (session.start_on_speech || session.mask_digits)
            .then(|| Box::new(Holdback::new(pre_roll as usize, session.mask_digits, rate)));
        let noise = session.comfort_noise_dbm0.map(ComfortNoise::new);
        let session = EngineSession::with_kernel(session, cpu::kernel())?;
        file.validate()?;
        let player = Player::new(session.beep().copied(), noise, rate);
        let (media, ends, queue) = Media::new(session, self.ring_samples(rate), holdback, noise);
        let file_rate = file.rate(rate)?;
        let shape = Shape::new(rate, file_rate, &file.gain).map_err(ConfigError::from)?;
        let free_kib = check_file_system(&self.crew, &file.directory, self.config.min_free_kib)?;
        let begun = Opening::new(file, file_rate)?;
        let device = self.crew.device(begun.device);
        let durability = file.durability.unwrap_or(self.config.durability);
        if durability.is_interval()
            && let Err(error) = self.crew.begin_syncing(&device, || begun.part.open_directory())
        {
            let error = CreateError::from_io(begun.part.part(), error);
            begun.give_up();
            return Err(error.into());
        }
        let taken =
            Slot::occupy(Arc::clone(&self.shared), media, ends, player, Arc::clone(begun.part.part()));
        let Some((handle, slot)) = taken else {
            if durability.is_interval() {
                self.crew.end_syncing(&device);
            }
            begun.give_up();
            return Err(OpenError::Full(SLOTS_MAX));
        };
        place.keep();
        let Opening { part, wav, .. } = begun;
        self.shared.counters.written_bytes.add(wav.written_bytes());
        let most_samples =
            most_samples.map_or(u64::MAX, |samples| wav.samples() + shape.file_samples(samples));
        let most_bytes = if most_samples == u64::MAX { u64::MAX } else { wav.file_bytes(most_samples) };
        let capacity = file.most_file_bytes().map_or(u64::MAX, |most| wav.capacity(most));
        let files = Files::new(part, wav, capacity, most_samples);
        let most_bytes = files.most_bytes().unwrap_or(most_bytes);
        let room = Room::new(self.config.preallocate_kib, free_kib, files.length(), most_bytes);
        let file = MessageFile::new(handle, (files, shape), room, durability, device);
        self.crew.record(Recording::new(slot, queue, file));
        Ok(handle)
    }

    fn ring_samples(&self, rate: SampleRate) -> usize {
        rate.samples(self.config.ring_ms.into()) as usize
    }

    /// Puts what happens to messages in a store on this engine's queue.
    pub fn message_events(&self) -> MessageEvents {
        MessageEvents(Arc::downgrade(&self.shared))
    }

    /// Takes the oldest event that awaits, sessions before messages. From any thread.
    ///
    /// # Errors
    /// [`Overrun`](SessionError::Overrun), once: later events were lost, because too many awaited: more than two a
    /// session of `max_sessions`, or one of messages. What they told can be asked of the sessions, or of the store.
    pub fn poll_event(&self) -> Result<Option<EngineEvent>, SessionError> {
        if fork::is_child() {
            // The descriptor is shared: reading it here would take events from the other process.
            return Err(SessionError::Forked);
        }
        self.shared.events.poll().map_err(|_| SessionError::Overrun)
    }

    /// Takes the oldest event, or waits for one, for `timeout` at most. From any thread, and several. Errors as
    /// [`poll_event`](Self::poll_event).
    pub fn wait_event(&self, timeout: Duration) -> Result<Option<EngineEvent>, SessionError> {
        if fork::is_child() {
            return Err(SessionError::Forked);
        }
        self.shared.events.wait(timeout).map_err(|_| SessionError::Overrun)
    }

    /// A descriptor that is readable while events await, for the host's own poll loop (`POLLIN`): then
    /// [`poll_event`](Self::poll_event) until there is none. Do not read it; it is closed with the engine.
    pub fn event_descriptor(&self) -> BorrowedFd<'_> {
        self.shared.events.descriptor()
    }

    /// Has events told by calls from a library thread of its own, from now on until the engine is closed. The callback
    /// may block, and use sessions; it must not close the engine. One an engine.
    pub fn on_event(&self, callback: impl FnMut(EngineEvent) + Send + 'static) -> Result<(), OpenError> {
        if fork::is_child() {
            return Err(OpenError::Forked);
        }
        let mut teller = self.teller.lock();
        if teller.is_some() {
            return Err(OpenError::CallbackSet);
        }
        *teller = Some(Teller::start(Arc::clone(&self.shared), callback).map_err(OpenError::Start)?);
        Ok(())
    }

    /// What the engine has counted since its start. From any thread; never blocks.
    pub fn statistics(&self) -> EngineStatistics {
        EngineStatistics {
            open_sessions: self.shared.sessions.load(Ordering::Relaxed),
            ring_samples: self.ring_samples(SampleRate::NARROWBAND) as u64,
            lost_events: self.shared.events.lost(),
            repaired_files: self.repaired.repaired + self.repaired.renamed,
            unrepaired_files: self.repaired.failed + self.repaired.name_taken,
            ..self.shared.counters.snapshot()
        }
    }

    /// Stops every session, waits until all messages are finished, for `timeout` at most, and says what did not make it.
    /// All handles of its sessions are stale then.
    pub fn close(mut self, timeout: Duration) -> CloseReport {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> CloseReport {
        self.closed = true;
        if fork::is_child() {
            // Nobody is here to finish anything; the messages are the other process's.
            return CloseReport { unfinished: Vec::new(), synced: true, callback_returned: true };
        }
        let began = Instant::now();
        let synced = self.crew.close(timeout);
        let unfinished = Slot::close_all(&self.shared);
        let left = timeout.saturating_sub(began.elapsed());
        let teller = self.teller.lock().take();
        CloseReport { unfinished, synced, callback_returned: teller.is_none_or(|teller| teller.stop(left)) }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if !self.closed {
            self.end(DROP_TIMEOUT);
        }
    }
}
