//! A message's file: takes the line's samples, at the file's rate and level, and holds what a full disk does not take.

use super::SessionHandle;
use super::durability::Durability;
use super::event::EngineEvent;
use super::files::Files;
use super::room::{Room, is_full};
use super::shape::Shape;
use super::slot::EngineShared;
use super::writer::Device;
use crate::line::SampleRate;
use crate::session::EndReason;
use crate::wav::{Storage, WriteError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a full disk is left alone after it refused, at first and at most.
const BACKOFF: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// What a writer thread works with, for all of its recordings.
#[derive(Debug)]
pub(super) struct Workbench {
    pub(super) shared: Arc<EngineShared>,
    bytes: Vec<u8>,
    /// Samples at the file's rate and level, where those are not the line's.
    samples: Vec<i16>,
}

impl Workbench {
    pub(super) const fn new(shared: Arc<EngineShared>) -> Self {
        Self { shared, bytes: Vec::new(), samples: Vec::new() }
    }
}

pub(super) struct MessageFile {
    handle: SessionHandle,
    files: Files,
    shape: Shape,
    room: Room,
    durability: Durability,
    device: Arc<Device>,
    state: State,
    /// It counts among those that find no room on their file system.
    short: bool,
    /// What the line's end leaves in the shape was written.
    shape_ended: bool,
    /// Its end was written.
    ended: bool,
    /// The directory was synced since the last file was begun.
    directory_synced: bool,
    /// Syncs of the file system that had failed when it began.
    known_sync_failures: u32,
    sync_error: Option<Arc<io::Error>>,
}

/// Whether it takes more.
enum State {
    Open,
    /// The disk was full. What it refused comes before anything else.
    Held(Box<Held>),
    /// What was written stays.
    Failed(Arc<io::Error>),
}

struct Held {
    samples: Vec<i16>,
    since: Instant,
    backoff: Duration,
    retry_at: Instant,
    error: io::Error,
}

/// A file that is finished, or left as it is.
pub(super) struct Finished {
    /// Its files, in the order of the audio; none where nothing was kept.
    pub(super) paths: Vec<PathBuf>,
    /// Samples in them.
    pub(super) samples: u64,
    /// How many of them an earlier message left.
    pub(super) appended_to: u64,
    pub(super) rate: SampleRate,
    pub(super) error: Option<Arc<io::Error>>,
    pub(super) sync_error: Option<Arc<io::Error>>,
    /// The level that was reached.
    pub(super) durability: Durability,
}

impl MessageFile {
    pub(super) fn new(
        handle: SessionHandle,
        (files, shape): (Files, Shape),
        room: Room,
        durability: Durability,
        device: Arc<Device>,
    ) -> Self {
        let known_sync_failures = device.sync_failures();
        Self {
            handle,
            files,
            shape,
            room,
            durability,
            device,
            state: State::Open,
            short: false,
            shape_ended: false,
            ended: false,
            directory_synced: false,
            known_sync_failures,
            sync_error: None,
        }
    }

    pub(super) const fn handle(&self) -> SessionHandle {
        self.handle
    }

    pub(super) const fn device(&self) -> &Arc<Device> {
        &self.device
    }

    pub(super) const fn durability(&self) -> Durability {
        self.durability
    }

    /// Line samples of so much narrowband audio.
    pub(super) fn line_samples_of(&self, narrowband: u64) -> u64 {
        self.shape.line_rate(self.files.sample_rate()).of_narrowband(narrowband)
    }

    /// How much of the line is not in the file yet when it was written: a batch is due earlier by that much.
    pub(super) fn delay(&self) -> Duration {
        self.shape.delay()
    }

    /// Bytes written so far.
    pub(super) const fn written_bytes(&self) -> u64 {
        self.files.written_bytes()
    }

    /// The disk is full, and has not taken all that it was given.
    pub(super) const fn is_held(&self) -> bool {
        matches!(self.state, State::Held(_))
    }

    /// Samples are held: further ones have to wait.
    pub(super) fn holds_samples(&self) -> bool {
        matches!(&self.state, State::Held(held) if !held.samples.is_empty())
    }

    /// Held, and not to be tried again yet.
    pub(super) fn backs_off(&self, now: Instant) -> bool {
        matches!(&self.state, State::Held(held) if now < held.retry_at)
    }

    /// Held for so long already.
    pub(super) fn has_held(&self, now: Instant, at_most: Duration) -> bool {
        matches!(&self.state, State::Held(held) if now.saturating_duration_since(held.since) >= at_most)
    }

    /// Takes samples of the line. What does not find room is held; after an error they are dropped.
    pub(super) fn append(&mut self, pieces: [&[i16]; 2], bench: &mut Workbench) {
        let Workbench { shared, bytes, samples } = bench;
        if self.shape.is_plain() {
            return self.write(pieces, bytes, shared);
        }
        samples.clear();
        pieces.iter().for_each(|piece| self.shape.push(piece, samples));
        self.write([samples, &[]], bytes, shared);
    }

    /// Writes what the shape still holds: the line has ended.
    pub(super) fn end_shape(&mut self, bench: &mut Workbench) {
        if std::mem::replace(&mut self.shape_ended, true) {
            return;
        }
        let Workbench { shared, bytes, samples } = bench;
        samples.clear();
        self.shape.finish(samples);
        if !samples.is_empty() {
            self.write([samples, &[]], bytes, shared);
        }
    }

    /// Tries again to write what is held.
    pub(super) fn retry(&mut self, bench: &mut Workbench) {
        if let State::Held(held) = &mut self.state {
            let samples = std::mem::take(&mut held.samples);
            // Without any, it was the file's end that found no room.
            if !samples.is_empty() {
                self.write([&samples, &[]], &mut bench.bytes, &bench.shared);
            }
        }
    }

    /// After a batch: syncs it where the level asks for that.
    pub(super) fn sync_batch(&mut self, bench: &Workbench) {
        // One that is closed is synced.
        if self.durability != Durability::Batch || !self.files.is_open() {
            return;
        }
        let synced = sync_data(self.files.wav().storage());
        note_sync(&mut self.sync_error, synced, self.handle, &bench.shared);
        // Data without a name is none.
        if !std::mem::replace(&mut self.directory_synced, true) {
            let synced = self.files.sync_directory();
            note_sync(&mut self.sync_error, synced, self.handle, &bench.shared);
        }
    }

    /// Empties it: what was recorded so far is no part of the message.
    pub(super) fn clear(&mut self, bench: &Workbench) {
        self.shape.restart();
        // After an error, too: what is dropped is no message.
        let cleared = self.files.clear();
        self.room.begin(self.files.length(), self.files.most_bytes());
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        self.state = State::Open;
        if let Err(error) = cleared {
            self.refused(Vec::new(), error, &bench.shared);
        }
    }

    /// Line samples that it should hold for `kept` of them and does not.
    pub(super) fn missing(&self, kept: u64) -> u64 {
        let held = self.files.samples() - self.files.appended_to();
        let whole = held >= self.shape.file_samples(kept);
        if whole { 0 } else { kept - self.shape.line_samples(held).min(kept) }
    }

    /// Whether it has an error, and what end reason that is.
    pub(super) fn end_reason(&self) -> Option<EndReason> {
        let State::Failed(error) = &self.state else { return None };
        Some(if is_full(error) { EndReason::DiskFull } else { EndReason::WriteError })
    }

    /// Ends the file after so many samples of the line; held where the disk is too full for that.
    pub(super) fn end(&mut self, kept: u64, bench: &Workbench) {
        let kept = self.kept(kept);
        if self.is_empty(kept) {
            return;
        }
        let syncs = self.durability.syncs_at_close();
        let (failure, handle, shared) = (&mut self.sync_error, self.handle, &bench.shared);
        let sync = |storage: &mut dyn Storage| {
            if syncs {
                note_sync(failure, sync_data(storage), handle, shared);
            }
        };
        match self.files.end(kept, sync) {
            Ok(()) => {
                self.ended = true;
                if self.is_held() {
                    self.state = State::Open;
                }
            }
            // It has its error.
            Err(_) if matches!(self.state, State::Failed(_)) => {}
            Err(error) => self.refused(Vec::new(), error, shared),
        }
    }

    /// Forgets what is held: it is no part of the message.
    pub(super) fn drop_held(&mut self) {
        if self.holds_samples() {
            self.state = State::Open;
        }
    }

    /// Does not wait any longer for room.
    pub(super) fn give_up(&mut self) {
        if let State::Held(_) = self.state
            && let State::Held(held) = std::mem::replace(&mut self.state, State::Open)
        {
            self.state = State::Failed(Arc::new(held.error));
        }
    }

    /// Gives it its name. A message of no samples has no file.
    pub(super) fn finish(mut self, kept: u64, bench: &Workbench) -> Finished {
        self.leave_queue(&bench.shared);
        let (rate, mut samples) = (self.files.sample_rate(), self.files.samples());
        let appended_to = self.files.appended_to();
        let error = match &self.state {
            State::Failed(error) => Some(Arc::clone(error)),
            _ => None,
        };
        if self.is_empty(self.kept(kept)) {
            self.files.delete();
            let (paths, samples, sync_error, durability) = (Vec::new(), 0, None, self.durability);
            return Finished { paths, samples, appended_to, rate, error, sync_error, durability };
        }
        // What could be written is a message, too; without its end the header of the last batch still holds.
        let (mut paths, named) = if self.ended { self.files.commit() } else { (self.files.parts(), Ok(())) };
        let error = match named {
            Ok(()) => {
                if self.ended && self.durability.syncs_at_close() {
                    let synced = self.files.sync_directory();
                    note_sync(&mut self.sync_error, synced, self.handle, &bench.shared);
                }
                error
            }
            Err(refused) => {
                bench.shared.write_failed(self.handle);
                // Somebody may have deleted them, or their directory.
                paths.retain(|path| path.symlink_metadata().is_ok());
                if paths.is_empty() {
                    samples = 0;
                }
                Some(error.unwrap_or_else(|| Arc::new(refused)))
            }
        };
        let missed_interval =
            self.durability.is_interval() && self.device.sync_failures() != self.known_sync_failures;
        let sync_error = self.sync_error.or_else(|| missed_interval.then(|| self.device.sync_error()));
        let durability = if sync_error.is_some() { Durability::Cache } else { self.durability };
        Finished { paths, samples, appended_to, rate, error, sync_error, durability }
    }

    /// Samples of the files that are kept of so many of the line.
    fn kept(&self, line_samples: u64) -> u64 {
        self.files.appended_to() + self.shape.file_samples(line_samples)
    }

    fn is_empty(&self, kept: u64) -> bool {
        kept.min(self.files.samples()) == 0
    }

    fn write(&mut self, pieces: [&[i16]; 2], bytes: &mut Vec<u8>, shared: &EngineShared) {
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        let before = self.files.samples();
        match self.try_write(pieces, bytes, shared) {
            Ok(room) => {
                self.state = State::Open;
                if room { self.find_room(shared) } else { self.run_short(shared) }
            }
            Err(error) => {
                let [now, later] = split(pieces, self.files.samples() - before).1;
                self.refused([now, later].concat(), error, shared);
            }
        }
    }

    /// Says whether there is room for more, as far as the file system tells.
    fn try_write(
        &mut self,
        mut pieces: [&[i16]; 2],
        bytes: &mut Vec<u8>,
        shared: &EngineShared,
    ) -> Result<bool, WriteError> {
        loop {
            let (now, later) = split(pieces, self.files.room());
            let wav = self.files.wav();
            let count = now.iter().map(|piece| piece.len() as u64).sum::<u64>();
            let end = wav.file_bytes(wav.samples() + count);
            if count > 0 || later.iter().all(|piece| piece.is_empty()) {
                let room = self.room.reserve(wav, end);
                wav.append(now, bytes)?;
                if later.iter().all(|piece| piece.is_empty()) {
                    return Ok(room);
                }
            }
            pieces = later;
            let (failure, handle, syncs) =
                (&mut self.sync_error, self.handle, self.durability.syncs_at_close());
            self.files.begin_next(|storage| {
                if syncs {
                    note_sync(failure, sync_data(storage), handle, shared);
                }
            })?;
            self.directory_synced = false;
            self.room.begin(self.files.length(), self.files.most_bytes());
        }
    }

    /// A full disk is waited for; any other error ends the session.
    fn refused(&mut self, rest: Vec<i16>, error: WriteError, shared: &EngineShared) {
        let error = io::Error::from(error);
        if !is_full(&error) {
            self.leave_queue(shared);
            self.state = State::Failed(Arc::new(error));
            shared.write_failed(self.handle);
            // Refused only where the host has closed the session, which ends it, too.
            let _ = self.handle.fail();
            return;
        }
        self.run_short(shared);
        let now = Instant::now();
        let (since, backoff) = match &self.state {
            State::Held(held) => (held.since, (held.backoff * 2).min(BACKOFF[1])),
            _ => (now, BACKOFF[0]),
        };
        let held = Held { samples: rest, since, backoff, retry_at: now + backoff, error };
        self.state = State::Held(Box::new(held));
    }

    fn run_short(&mut self, shared: &EngineShared) {
        if !std::mem::replace(&mut self.short, true) && self.device.runs_short() {
            shared.counters.full_file_systems.fetch_add(1, Ordering::Relaxed);
            shared.events.put(EngineEvent::DiskFull(self.handle));
        }
    }

    /// Waits for room no longer, though the disk is what it was.
    fn leave_queue(&mut self, shared: &EngineShared) {
        if std::mem::replace(&mut self.short, false) && self.device.finds_room() {
            shared.counters.full_file_systems.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn find_room(&mut self, shared: &EngineShared) {
        if std::mem::replace(&mut self.short, false) && self.device.finds_room() {
            shared.counters.full_file_systems.fetch_sub(1, Ordering::Relaxed);
            shared.events.put(EngineEvent::DiskResumed(self.handle));
        }
    }
}

/// The first so many samples, and the rest.
fn split([first, second]: [&[i16]; 2], samples: u64) -> ([&[i16]; 2], [&[i16]; 2]) {
    let samples = usize::try_from(samples).unwrap_or(usize::MAX);
    let (first, first_left) = first.split_at(samples.min(first.len()));
    let (second, second_left) = second.split_at((samples - first.len()).min(second.len()));
    ([first, second], [first_left, second_left])
}

/// Syncs a file. A failure stays: the next sync may succeed because the data is given up, not because it is safe.
fn sync_data(storage: &mut dyn Storage) -> io::Result<()> {
    loop {
        match storage.sync_data() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            synced => return synced,
        }
    }
}

/// Tells the first failure, which stays.
fn note_sync(
    failure: &mut Option<Arc<io::Error>>,
    synced: io::Result<()>,
    handle: SessionHandle,
    shared: &EngineShared,
) {
    if let (Err(error), None) = (synced, &failure) {
        *failure = Some(Arc::new(error));
        shared.sync_failed(handle);
    }
}
