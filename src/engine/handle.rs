//! The handle of a session, and all that a host does with it.

use super::gate::Refused;
use super::media::{EndRequest, Media, Request, Taken};
use super::slot::Slot;
use super::{SessionError, SessionResult};
use crate::dsp::dtmf::Digit;
use crate::line::FRAME_MAX_SAMPLES;
use crate::session::{PauseMode, SessionEvent, State, TelephoneEvent};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A session: a value to copy, not a pointer. Once the session is closed, every call with it is
/// answered [`SessionError::Stale`].
///
/// Thread rules: **media** calls ([`push`](Self::push), [`push_lost`](Self::push_lost),
/// [`writable_samples`](Self::writable_samples)) come from one thread at a time for one session,
/// [`pull`](Self::pull) from one thread at a time, which may be another one; a call that
/// comes while the same is under way elsewhere is refused. They take no lock, allocate nothing and make no
/// system call; their work is bounded by the frame. All other calls may block, and come from any
/// thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionHandle(u64);

impl SessionHandle {
    pub(super) const fn new(index: u32, generation: u32) -> Self {
        Self((generation as u64) << 32 | index as u64)
    }

    /// The value that [`to_bits`](Self::to_bits) gave; any other value is refused by every call.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The handle as a number; never 0.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    pub(super) const fn index(self) -> u32 {
        self.0 as u32
    }

    pub(super) const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Takes the next frame of the caller's audio, 0 to [`FRAME_MAX_SAMPLES`] samples.
    ///
    /// # Errors
    /// [`Ended`](SessionError::Ended): the message is over, the frame was ignored.
    /// [`Overrun`](SessionError::Overrun): the writer is behind; what did not fit is lost and
    /// declared in the result; recording goes on. [`Busy`](SessionError::Busy): another thread is
    /// pushing, or the writer is just looking whether a signalled key has ended the session (rare): push the frame again.
    /// [`FrameTooLong`](SessionError::FrameTooLong), [`Stale`](SessionError::Stale),
    /// [`Foreign`](SessionError::Foreign).
    #[inline]
    pub fn push(self, frame: &[i16]) -> Result<(), SessionError> {
        self.fetch();
        self.push_fetched(frame)
    }

    /// The same, where the session's memory was asked for already.
    #[inline]
    fn push_fetched(self, frame: &[i16]) -> Result<(), SessionError> {
        if frame.len() > FRAME_MAX_SAMPLES {
            return Err(SessionError::FrameTooLong);
        }
        self.with_media(|media| media.push(frame))
    }

    /// Has the cache fetch what a push touches, all at once.
    #[inline]
    fn fetch(self) {
        if let Ok(slot) = Slot::of(self) {
            slot.fetch();
        }
    }

    /// Takes samples that the line lost, 0 to [`FRAME_MAX_SAMPLES`] of them: silence is
    /// recorded in their place, or comfort noise. Errors as [`push`](Self::push).
    pub fn push_lost(self, samples: usize) -> Result<(), SessionError> {
        if samples > FRAME_MAX_SAMPLES {
            return Err(SessionError::FrameTooLong);
        }
        self.with_media(|media| media.push_lost(samples))
    }

    /// Takes the next frame with its RTP timestamp, at 8000 a second: a gap before it, up to five minutes, is filled with
    /// silence, as [`push_lost`](Self::push_lost) does. The first frame begins the stream.
    ///
    /// # Errors
    /// As [`push`](Self::push), and [`Late`](SessionError::Late): it came too late, or again; it was dropped and is
    /// counted. [`TimestampJump`](SessionError::TimestampJump): its timestamp is minutes ahead, or long past; it was
    /// taken as what comes next, and the jump is counted.
    pub fn push_at(self, rtp_timestamp: u32, frame: &[i16]) -> Result<(), SessionError> {
        if frame.len() > FRAME_MAX_SAMPLES {
            return Err(SessionError::FrameTooLong);
        }
        self.fetch();
        self.with_media(|media| media.push_at(rtp_timestamp, frame))
    }

    /// Fills a frame with what the caller shall hear: the beep's samples that are due, silence
    /// afterwards. It begins with the first push and is over when as many samples were pushed as it has.
    ///
    /// # Errors
    /// As [`push`](Self::push); the frame is then silence, unless it is too long.
    pub fn pull(self, frame: &mut [i16]) -> Result<(), SessionError> {
        if frame.len() > FRAME_MAX_SAMPLES {
            return Err(SessionError::FrameTooLong);
        }
        let pulled = self.try_pull(frame);
        if pulled.is_err() {
            frame.fill(0);
        }
        pulled
    }

    fn try_pull(self, frame: &mut [i16]) -> Result<(), SessionError> {
        let slot = self.running()?;
        let mut player = slot.player.enter(self.generation()).map_err(|refused| match refused {
            Refused::Taken => SessionError::Busy,
            Refused::Gone => SessionError::Stale,
        })?;
        let pushed = slot.shared.pushed_samples.load(Ordering::Relaxed);
        player.pull(pushed, slot.shared.beep_start.load(Ordering::Relaxed), frame);
        Ok(())
    }

    /// Samples that [`push`](Self::push) takes now without losing any: for feeders that are faster
    /// than real time. Errors as [`push`](Self::push).
    pub fn writable_samples(self) -> Result<usize, SessionError> {
        let mut samples = 0;
        self.with_media(|media| {
            samples = media.writable_samples();
            if media.session().state() == State::Ended { Taken::Ended } else { Taken::Whole }
        })?;
        Ok(samples)
    }

    /// Where the session stands.
    pub fn state(self) -> Result<State, SessionError> {
        let slot = Slot::of(self)?;
        slot.shared.state(self.generation())
    }

    /// Takes a digit that came by signalling; it counts from the next sample on.
    ///
    /// # Errors
    /// [`Busy`](SessionError::Busy): too many requests await the next frame.
    /// [`Stale`](SessionError::Stale), [`Foreign`](SessionError::Foreign).
    pub fn digit(self, digit: Digit) -> Result<(), SessionError> {
        self.request(Request::Digit(digit))
    }

    /// Takes a packet of a telephone event (RFC 4733) as it arrives: each one, repetitions included. The digit counts
    /// once, and began as long ago as the packet says. Errors as [`digit`](Self::digit).
    pub fn telephone_event(self, packet: &TelephoneEvent) -> Result<(), SessionError> {
        self.request(Request::TelephoneEvent(*packet))
    }

    /// Takes the oldest event that the session told, also after its end. 64 are kept.
    ///
    /// # Errors
    /// [`Overrun`](SessionError::Overrun), once: further events were lost because too many awaited.
    /// [`Stale`](SessionError::Stale), [`Foreign`](SessionError::Foreign).
    pub fn poll_event(self) -> Result<Option<SessionEvent>, SessionError> {
        Slot::of(self)?.poll_event(self.generation())
    }

    /// The caller hung up: the message ends, and is kept. Of several ends that are asked for before the next frame the
    /// first one counts.
    ///
    /// # Errors
    /// [`Stale`](SessionError::Stale), [`Foreign`](SessionError::Foreign).
    pub fn hangup(self) -> Result<(), SessionError> {
        self.request_end(EndRequest::Hangup)
    }

    /// The line's own signals say that the caller is gone (loop-current drop, polarity reversal), or there after all. A
    /// drop that lasts for the configured time ends the message as [`hangup`](Self::hangup) does. Errors as
    /// [`digit`](Self::digit).
    pub fn line_drop(self, dropped: bool) -> Result<(), SessionError> {
        self.request(Request::LineDrop(dropped))
    }

    /// Masks what follows, in any state: it never reaches the file, and no digit, tone or silence in it counts.
    /// Errors as [`digit`](Self::digit).
    pub fn pause(self, mode: PauseMode) -> Result<(), SessionError> {
        self.request(Request::Pause(mode))
    }

    /// Goes on after a pause. Errors as [`digit`](Self::digit).
    pub fn resume(self) -> Result<(), SessionError> {
        self.request(Request::Resume)
    }

    /// Drops what was recorded and starts over in the same file: with the beep, if there is one and it is wanted, or at
    /// once. Before the recording has started this does nothing. Errors as [`digit`](Self::digit).
    pub fn restart(self, beep: bool) -> Result<(), SessionError> {
        self.request(Request::Restart { beep })
    }

    /// Ends the message, which is kept. Errors as [`hangup`](Self::hangup).
    pub fn stop(self) -> Result<(), SessionError> {
        self.request_end(EndRequest::Stop)
    }

    /// Gives the message up: its file is deleted. Errors as [`hangup`](Self::hangup).
    pub fn cancel(self) -> Result<(), SessionError> {
        self.request_end(EndRequest::Cancel)
    }

    /// Ends the message as [`EndReason::Error`](crate::session::EndReason::Error): for a host whose own media
    /// path has failed. What was recorded is kept. Errors as [`hangup`](Self::hangup).
    pub fn fail(self) -> Result<(), SessionError> {
        self.request_end(EndRequest::Fail)
    }

    /// Waits, for `timeout` at most, until the message is finished: ended, written and renamed.
    ///
    /// # Errors
    /// [`NotFinished`](SessionError::NotFinished): not yet. [`Stale`](SessionError::Stale),
    /// [`Foreign`](SessionError::Foreign).
    pub fn result(self, timeout: Duration) -> Result<SessionResult, SessionError> {
        Slot::of(self)?.wait(self.generation(), timeout)
    }

    /// Gives the handle back. A message that has not ended is stopped, and finished by the
    /// writer; its result is then told to nobody.
    ///
    /// # Errors
    /// [`Stale`](SessionError::Stale), [`Foreign`](SessionError::Foreign).
    pub fn close(self) -> Result<(), SessionError> {
        let slot = Slot::of(self)?;
        slot.close(self, slot.control(self.generation())?);
        Ok(())
    }

    /// For the engine's supervision: no audio has come for too long.
    pub(super) fn media_timeout(self) -> Result<(), SessionError> {
        self.request_end(EndRequest::MediaTimeout)
    }

    fn request_end(self, request: EndRequest) -> Result<(), SessionError> {
        Slot::of(self)?.request_end(self.generation(), request)
    }

    fn request(self, request: Request) -> Result<(), SessionError> {
        Slot::of(self)?.request(self.generation(), request)
    }

    /// The slot, if the session has not ended.
    #[inline]
    fn running(self) -> Result<&'static Slot, SessionError> {
        let slot = Slot::of(self)?;
        match slot.shared.state(self.generation())? {
            State::Ended => Err(SessionError::Ended),
            _ => Ok(slot),
        }
    }

    #[inline]
    fn with_media(self, work: impl FnOnce(&mut Media) -> Taken) -> Result<(), SessionError> {
        match self.running()?.with_media(self.generation(), work)? {
            Taken::Whole => Ok(()),
            Taken::Overrun => Err(SessionError::Overrun),
            Taken::Late => Err(SessionError::Late),
            Taken::Jumped => Err(SessionError::TimestampJump),
            Taken::Ended => Err(SessionError::Ended),
        }
    }
}

/// A session, the next frame of its caller's audio, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// Which session.
    pub session: SessionHandle,
    /// 0 to [`FRAME_MAX_SAMPLES`] samples.
    pub frame: &'a [i16],
    /// What [`push_many`] was answered; what stood here before does not count.
    pub outcome: Result<(), SessionError>,
}

/// How many sessions ahead memory is asked for: far enough to arrive in time, near enough to be still there.
const AHEAD: usize = 2;

/// Pushes a frame to each of many sessions, as a host does that ticks all its channels at once. It does what
/// [`SessionHandle::push`] does for each of them, and asks for the next ones' memory meanwhile, as with many
/// sessions each one's has left the cache. `examples/push_many.rs` compares it with the calls one by one. Each session's rules
/// are those of `push`.
pub fn push_many(pushes: &mut [Push<'_>]) {
    for place in 0..pushes.len() + AHEAD {
        if let Some(push) = pushes.get(place) {
            push.session.fetch();
        }
        if let Some(push) = place.checked_sub(AHEAD).and_then(|place| pushes.get_mut(place)) {
            push.outcome = push.session.push_fetched(push.frame);
        }
    }
}
