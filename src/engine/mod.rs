//! Runs sessions: slots and handles, the queue between the media thread and the writers, writer
//! threads, results.

mod config;
mod error;
mod gate;
mod handle;
mod media;
mod player;
mod recording;
mod result;
mod slot;
mod writer;

pub use config::{EngineConfig, FileConfig};
pub use error::{OpenError, SessionError};
pub use handle::SessionHandle;
pub use result::SessionResult;

use crate::message::{CreateError, PartFile};
use crate::session::{Session, SessionConfig};
use crate::wav::WavWriter;
use media::Media;
use player::Player;
use recording::{Batch, Recording};
use slot::Slot;
use std::time::Duration;
use writer::Writer;

/// Opens sessions and writes their files.
///
/// Opening may come from any thread and blocks on the file system. Dropping the engine stops
/// every session, waits until all messages are finished, and makes their handles stale.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    writers: Vec<Writer>,
}

impl Engine {
    /// Starts the writer threads.
    pub fn new(config: &EngineConfig) -> Result<Self, OpenError> {
        config.validate()?;
        let batch_ms = Duration::from_millis(config.batch_ms.into());
        let poll = Duration::from_millis(config.poll_interval_ms.into());
        let rate = crate::line::SampleRate::NARROWBAND;
        let batch = Batch { samples: rate.samples(config.batch_ms.into()) as usize, age: batch_ms };
        let writers = (0..config.writer_threads)
            .map(|number| Writer::start(number, poll, batch))
            .collect::<Result<_, _>>()
            .map_err(OpenError::Thread)?;
        Ok(Self { config: config.clone(), writers })
    }

    /// Opens a session: creates its file, reserves its ring and slot. The beep may start at once.
    pub fn open(&self, session: &SessionConfig, file: &FileConfig) -> Result<SessionHandle, OpenError> {
        let full = || OpenError::Full(self.config.max_sessions);
        let open: u32 = self.writers.iter().map(Writer::load).sum();
        let writer = self.writers.iter().min_by_key(|writer| writer.load());
        let writer = writer.filter(|_| open < self.config.max_sessions).ok_or_else(full)?;
        let rate = session.sample_rate;
        let session = Session::new(session)?;
        let player = Player::new(session.beep().copied());
        let ring_samples = rate.samples(self.config.ring_ms.into()) as usize;
        let (media, queue) = Media::new(session, ring_samples);
        let (part, opened) = PartFile::create(&file.directory, file.name.as_deref())?;
        let wav = WavWriter::new(opened, file.format, rate);
        let handle = wav.map(|wav| (Slot::occupy(media, player), wav));
        match handle {
            Ok((Some(handle), wav)) => {
                let slot = Slot::of(handle).map_err(|_| full())?;
                writer.take(Recording::new(handle, slot, queue, rate, part, wav));
                Ok(handle)
            }
            Ok((None, _)) => {
                part.delete();
                Err(full())
            }
            Err(error) => {
                let error = CreateError::from_io(part.part(), error.into());
                part.delete();
                Err(error.into())
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.writers.drain(..).for_each(Writer::finish);
    }
}
