//! The caller's side: from INPUT into the session, as a switch would bring it.

use crate::Failure;
use crate::input::{Line, warn_of_cut};
use crate::schedule::Schedule;
use afterbeep::engine::{SessionError, SessionHandle};
use afterbeep::session::SessionEvent;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A frame as a switch delivers it, in milliseconds.
const FRAME_MS: u64 = 20;
/// How long the feeder waits for the writer before it looks again.
const FEEDER_WAIT: Duration = Duration::from_micros(500);

pub(crate) struct Feeder {
    pub(crate) session: SessionHandle,
    pub(crate) input: PathBuf,
    pub(crate) line: Line,
    pub(crate) schedule: Schedule,
    /// The first timestamp, where frames have any.
    pub(crate) rtp_timestamp: Option<u32>,
    /// Where what the session tells goes, if anybody wants to know.
    pub(crate) told: Option<Arc<Told>>,
}

/// What the session told. The feeder collects it, as no queue holds it all, and whoever has the result collects the rest.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<SessionEvent>>);

impl Told {
    pub(crate) fn collect(&self, session: SessionHandle) -> Result<(), SessionError> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(event) = session.poll_event()? {
            told.push(event);
        }
        Ok(())
    }

    pub(crate) fn events(&self) -> Vec<SessionEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Feeder {
    /// The caller speaks until the line or the session ends.
    pub(crate) fn run(&mut self) -> Result<(), Failure> {
        let frame_samples = self.line.sample_rate().samples(FRAME_MS);
        let mut frame = vec![0; frame_samples as usize];
        let mut heard = frame.clone();
        let mut position = 0;
        loop {
            let until = self.schedule.follow(self.session, position)?;
            let wanted = (until - position).min(frame_samples) as usize;
            let count = self.line.read(&mut frame[..wanted])?;
            if count == 0 {
                warn_of_cut(&self.input, &self.line);
                return Ok(());
            }
            let brought = match self.bring(position, &frame[..count]) {
                // The result counts them.
                Err(SessionError::TimestampJump) => Ok(()),
                brought => brought,
            };
            if let Some(told) = &self.told {
                told.collect(self.session)?;
            }
            match brought.and_then(|()| self.session.pull(&mut heard[..count])) {
                Ok(()) => position += count as u64,
                Err(SessionError::Ended) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A frame, or its loss, when there is room for it.
    fn bring(&self, position: u64, frame: &[i16]) -> Result<(), SessionError> {
        while self.attempt(SessionHandle::writable_samples)? < frame.len() {
            std::thread::sleep(FEEDER_WAIT);
        }
        let delivered = self.schedule.delivers(position);
        self.attempt(|session| match (delivered, self.rtp_timestamp) {
            (true, Some(first)) => session.push_at(first.wrapping_add(position as u32), frame),
            (true, None) => session.push(frame),
            (false, Some(_)) => Ok(()),
            (false, None) => session.push_lost(frame.len()),
        })
    }

    /// A media call, again where the writer was just looking whether a signalled key has ended the session.
    fn attempt<T>(&self, call: impl Fn(SessionHandle) -> Result<T, SessionError>) -> Result<T, SessionError> {
        loop {
            match call(self.session) {
                Err(SessionError::Busy) => std::thread::yield_now(),
                done => return done,
            }
        }
    }
}
