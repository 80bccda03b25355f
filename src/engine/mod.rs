//! Runs sessions: slots and handles, the queue between the media thread and the writers, writer
//! threads, results.

mod config;
mod error;
mod gate;
mod handle;
mod holdback;
mod media;
mod player;
mod recording;
mod result;
mod slot;
mod track;
mod writer;

pub use config::{EngineConfig, FileConfig};
pub use error::{OpenError, SessionError};
pub use handle::SessionHandle;
pub use result::SessionResult;

use crate::cpu;
use crate::line::ComfortNoise;
use crate::message::{CreateError, PartFile};
use crate::session::{Session, SessionConfig};
use crate::wav::WavWriter;
use holdback::Holdback;
use media::Media;
use player::Player;
use recording::{Batch, Recording};
use slot::{EngineShared, SLOTS_MAX, Slot};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use writer::Writer;

/// Opens sessions and writes their files.
///
/// Opening may come from any thread and blocks on the file system. Dropping the engine stops
/// every session, waits until all messages are finished, and makes their handles stale.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    shared: Arc<EngineShared>,
    writers: Vec<Writer>,
}

impl Engine {
    /// Starts the writer threads.
    pub fn new(config: &EngineConfig) -> Result<Self, OpenError> {
        config.validate()?;
        let batch_ms = Duration::from_millis(config.batch_ms.into());
        let poll = Duration::from_millis(config.poll_interval_ms.into());
        let media_timeout =
            (config.media_timeout_ms > 0).then(|| Duration::from_millis(config.media_timeout_ms.into()));
        let rate = crate::line::SampleRate::NARROWBAND;
        let batch = Batch { samples: rate.samples(config.batch_ms.into()) as usize, age: batch_ms };
        let writers = (0..config.writer_threads)
            .map(|number| Writer::start(number, poll, batch, media_timeout))
            .collect::<Result<_, _>>()
            .map_err(OpenError::Thread)?;
        Ok(Self { config: config.clone(), shared: Arc::default(), writers })
    }

    /// Opens a session: creates its file, reserves its ring and slot. The beep may start at once.
    pub fn open(&self, session: &SessionConfig, file: &FileConfig) -> Result<SessionHandle, OpenError> {
        let place = Place::reserve(&self.shared, self.config.max_sessions)?;
        let rate = session.sample_rate;
        let pre_roll = if session.start_on_speech { rate.samples(session.pre_roll_ms.into()) } else { 0 };
        let holdback = (session.start_on_speech || session.mask_digits)
            .then(|| Holdback::new(pre_roll as usize, session.mask_digits));
        let noise = session.comfort_noise_dbm0.map(ComfortNoise::new);
        let session = Session::with_kernel(session, cpu::kernel())?;
        let player = Player::new(session.beep().copied(), noise.clone());
        let ring_samples = rate.samples(self.config.ring_ms.into()) as usize;
        let (media, ends, queue) = Media::new(session, ring_samples, holdback, noise);
        let (part, opened) = PartFile::create(&file.directory, file.name.as_deref())?;
        let wav = match WavWriter::new(opened, file.format, rate) {
            Ok(wav) => wav,
            Err(error) => {
                let error = CreateError::from_io(part.part(), error.into());
                part.delete();
                return Err(error.into());
            }
        };
        let Some(handle) = Slot::occupy(Arc::clone(&self.shared), media, ends, player) else {
            part.delete();
            return Err(OpenError::Full(SLOTS_MAX));
        };
        place.keep();
        if let (Ok(slot), Some(writer)) = (Slot::of(handle), self.writers.iter().min_by_key(|w| w.load())) {
            writer.take(Recording::new(handle, slot, queue, rate, part, wav));
        }
        Ok(handle)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writers.drain(..).for_each(Writer::finish);
        Slot::close_all(&self.shared);
    }
}

/// A session's share of `max_sessions`, given back unless it is kept.
struct Place<'a>(&'a EngineShared);

impl<'a> Place<'a> {
    fn reserve(shared: &'a EngineShared, max_sessions: u32) -> Result<Self, OpenError> {
        let more = |open: u32| (open < max_sessions).then_some(open + 1);
        match shared.sessions.fetch_update(Ordering::Acquire, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(shared)),
            Err(_) => Err(OpenError::Full(max_sessions)),
        }
    }

    /// The slot gives it back when it is free again.
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Release);
    }
}
