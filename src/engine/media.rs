//! The media side of a session: what a push touches. No lock, allocation, system call or clock.

use super::EngineSession;
use super::holdback::Holdback;
use super::mailbox::{Receiver, Sender, mailbox};
use super::track::{Gap, Queue, Track};
use crate::dsp::BLOCK_SAMPLES;
use crate::dsp::dtmf::Digit;
use crate::line::{ComfortNoise, FRAME_MAX_SAMPLES, Placed, RtpTimeline};
use crate::session::{End, PackedEvent, PauseMode, Recorded, State, TelephoneEvent};

/// Requests that may await the next frame.
const REQUESTS: usize = 16;
/// Events that may await a host that polls: all digits of ten seconds.
const EVENTS: usize = 64;
/// A longer frame is taken in parts, so that the session always has room for what it tells.
const PART_SAMPLES: usize = 1_600;
/// What stands in the place of a loss is made in pieces of this many samples.
const FILL_SAMPLES: usize = 160;

/// What a control thread asks of a session; applied before the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Digit(Digit),
    TelephoneEvent(TelephoneEvent),
    LineDrop(bool),
    Pause(PauseMode),
    Resume,
    Restart { beep: bool },
}

/// An end that somebody asks for: it waits in no queue, so that it is never refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum EndRequest {
    Hangup = 1,
    Stop = 2,
    MediaTimeout = 3,
    Cancel = 4,
    Fail = 5,
}

impl EndRequest {
    pub(super) const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Hangup),
            2 => Some(Self::Stop),
            3 => Some(Self::MediaTimeout),
            4 => Some(Self::Cancel),
            5 => Some(Self::Fail),
            _ => None,
        }
    }
}

/// A request on its way, and whether it is bound to end the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    pub(super) request: Request,
    pub(super) ends: bool,
}

/// What the writer needs to finish a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// A gap that reaches to the end of the recording.
    pub(super) open_gap: Option<Gap>,
    pub(super) counts: Counts,
}

/// What a result counts beside the recorded samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) lost_samples: u64,
    pub(super) line_lost_samples: u64,
    pub(super) echo_guard_samples: u64,
    pub(super) late_samples: u64,
    pub(super) timestamp_jumps: u64,
    /// Samples that were recorded before the recording started anew.
    pub(super) dropped_samples: u64,
    /// Milliseconds of sound in what the message keeps.
    pub(super) spoken_ms: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Whole,
    /// The ring was full; what did not fit is lost and declared.
    Overrun,
    /// It came too late, or again: it was dropped, and counted.
    Late,
    /// Its timestamp is far from what was due: it was taken, and the jump counted.
    Jumped,
    /// The message is over.
    Ended,
}

/// What control threads have of a session's queues, one at a time.
pub(super) struct ControlEnds {
    /// Where they put their requests.
    pub(super) requests: Sender<Queued, REQUESTS>,
    /// Where they find what the session tells.
    pub(super) events: Receiver<PackedEvent, EVENTS>,
}

// As declared, so that what a push touches is one stretch of memory.
#[repr(C)]
pub(super) struct Media {
    session: EngineSession,
    requests: Receiver<Queued, REQUESTS>,
    track: Track,
    /// Where recorded audio waits, if any of it has to.
    holdback: Option<Box<Holdback>>,
    /// What stands in the place of what the line lost, if not silence.
    noise: Option<ComfortNoise>,
    rtp: RtpTimeline,
    /// Requests that were queued when that was last looked at.
    pub(super) seen_requests: u32,
    events: Sender<PackedEvent, EVENTS>,
    late_samples: u64,
    timestamp_jumps: u32,
    told_events: u64,
    lost_events: u64,
}

impl Media {
    /// From this byte on every push touches it.
    pub(super) const TOUCHED_FROM: usize = EngineSession::TOUCHED_FROM;

    /// The session with a ring of so many samples, touched so that no push meets a page fault.
    pub(super) fn new(
        session: EngineSession,
        ring_samples: usize,
        holdback: Option<Box<Holdback>>,
        noise: Option<ComfortNoise>,
    ) -> (Self, ControlEnds, Queue) {
        let rate = session.sample_rate();
        let burst = holdback.as_deref().map_or(0, Holdback::burst_samples);
        let (track, queue) = Track::new(ring_samples + burst, noise);
        let (asked, requests) = mailbox();
        let (events, told) = mailbox();
        let media = Self {
            session,
            requests,
            track,
            holdback,
            noise,
            rtp: RtpTimeline::with_rate(rate),
            seen_requests: 0,
            events,
            late_samples: 0,
            timestamp_jumps: 0,
            told_events: 0,
            lost_events: 0,
        };
        (media, ControlEnds { requests: asked, events: told }, queue)
    }

    #[inline]
    pub(super) fn push(&mut self, frame: &[i16]) -> Taken {
        self.rtp.advance(frame.len());
        self.take(frame)
    }

    pub(super) fn push_lost(&mut self, samples: usize) -> Taken {
        self.rtp.advance(samples);
        self.lose(samples)
    }

    #[inline]
    fn take(&mut self, frame: &[i16]) -> Taken {
        if self.session.state() == State::Ended {
            return Taken::Ended;
        }
        let mut whole = true;
        for part in frame.chunks(PART_SAMPLES) {
            whole &= self.take_part(part);
            self.tell_events();
        }
        if whole { Taken::Whole } else { Taken::Overrun }
    }

    #[inline]
    fn take_part(&mut self, frame: &[i16]) -> bool {
        if self.session.paused().is_some() {
            self.push_masked(frame.len())
        } else if self.holdback.is_some() {
            self.push_held(frame)
        } else {
            self.track.prefetch(frame.len());
            match self.session.push(frame) {
                Recorded::Audio(part) => frame.get(part).is_some_and(|part| self.track.append(part)),
                Recorded::Silence(samples) => self.record_gap(samples, None),
            }
        }
    }

    fn lose(&mut self, samples: usize) -> Taken {
        if self.session.state() == State::Ended {
            return Taken::Ended;
        }
        // A pause masks losses, too.
        let noise = self.noise.filter(|_| self.session.paused().is_none());
        let recorded = self.session.push_lost(samples);
        let whole = self.record_missing(samples, recorded, noise);
        if whole { Taken::Whole } else { Taken::Overrun }
    }

    /// A frame whose audio waits: a block at a time, so that no key begins and ends unseen.
    fn push_held(&mut self, frame: &[i16]) -> bool {
        let Some(holdback) = &mut self.holdback else { return false };
        let mut whole = true;
        let block_samples = self.session.sample_rate().of_narrowband(BLOCK_SAMPLES as u64) as usize;
        for part in frame.chunks(block_samples) {
            if let Recorded::Audio(taken) = self.session.push(part) {
                // Where the session ends it takes no more.
                holdback.offer(part.get(..taken.end).unwrap_or_default());
            }
            whole &= holdback.release(&self.session, &mut self.track);
        }
        whole
    }

    /// A frame that a pause masks.
    fn push_masked(&mut self, samples: usize) -> bool {
        let recorded = self.session.pass_over(samples);
        self.record_missing(samples, recorded, None)
    }

    /// A frame with its RTP timestamp: gaps before it are lost samples.
    pub(super) fn push_at(&mut self, timestamp: u32, frame: &[i16]) -> Taken {
        if self.session.state() == State::Ended {
            return Taken::Ended;
        }
        let (skip, verdict) = match self.rtp.place(timestamp, frame.len()) {
            Placed::After { lost_samples } => {
                let filled = self.lose(lost_samples as usize);
                (0, if filled == Taken::Overrun { filled } else { Taken::Whole })
            }
            Placed::Overlaps { samples } => {
                self.late_samples += samples as u64;
                (samples, Taken::Whole)
            }
            Placed::Late => {
                self.late_samples += frame.len() as u64;
                return Taken::Late;
            }
            Placed::Jumped => {
                self.timestamp_jumps = self.timestamp_jumps.saturating_add(1);
                (0, Taken::Jumped)
            }
        };
        let pushed = self.take(frame.get(skip..).unwrap_or_default());
        if pushed == Taken::Whole { verdict } else { pushed }
    }

    /// Takes samples that did not come, so many of which are recorded; comfort noise takes their place, or silence.
    fn record_missing(&mut self, samples: usize, recorded: usize, noise: Option<ComfortNoise>) -> bool {
        if self.session.state() != State::AwaitingSpeech {
            return self.record_gap(recorded, noise);
        }
        // What precedes the first word is not recorded, but kept all the same.
        let kept = samples.min(self.holdback.as_deref().map_or(0, Holdback::capacity));
        self.fill(self.session.position().saturating_sub(kept as u64), kept, noise)
    }

    /// Records what takes the place of samples that did not come.
    fn record_gap(&mut self, samples: usize, noise: Option<ComfortNoise>) -> bool {
        let recorded = self.session.streamed_samples();
        let before = recorded.saturating_sub(samples as u64);
        // A little of it goes through the ring, so that the file grows with the line.
        let room = if self.holdback.is_some() { usize::MAX } else { self.track.writable_samples() / 2 };
        if samples <= FRAME_MAX_SAMPLES.min(room) {
            let whole = self.fill(before, samples, noise);
            return match &mut self.holdback {
                Some(holdback) => holdback.release(&self.session, &mut self.track),
                None => whole,
            };
        }
        let whole = match &mut self.holdback {
            // What waits has waited long enough: no key outlasts so long a gap.
            Some(holdback) => holdback.release_until(before, before, &mut self.track),
            None => true,
        };
        self.track.append_gap(recorded - self.track.position(), noise.is_some());
        whole
    }

    /// Hands on comfort noise, or silence.
    fn fill(&mut self, start: u64, samples: usize, noise: Option<ComfortNoise>) -> bool {
        let mut whole = true;
        let mut fill = [0; FILL_SAMPLES];
        for done in (0..samples).step_by(FILL_SAMPLES) {
            let Some(piece) = fill.get_mut(..(samples - done).min(FILL_SAMPLES)) else { return false };
            if let Some(noise) = noise {
                noise.fill(start + done as u64, piece);
            }
            match &mut self.holdback {
                Some(holdback) => holdback.offer(piece),
                None => whole &= self.track.append(piece),
            }
        }
        whole
    }

    /// Applies the requests that await, and says how many did not end the session though they were bound to.
    #[inline]
    pub(super) fn apply_requests(&mut self) -> u32 {
        let mut in_vain = 0;
        while let Some(Queued { request, ends }) = self.requests.try_pop() {
            self.apply(request);
            in_vain += u32::from(ends && self.session.state() != State::Ended);
        }
        in_vain
    }

    fn apply(&mut self, request: Request) {
        match request {
            Request::Digit(digit) => self.session.digit(digit),
            Request::TelephoneEvent(packet) => {
                // Where frames have timestamps, the event's says exactly where it began.
                let age = self.rtp.age(packet.rtp_timestamp).map_or(packet.duration, saturated);
                self.session.telephone_event(&TelephoneEvent { duration: age, ..packet });
            }
            Request::LineDrop(dropped) => self.session.line_drop(dropped),
            Request::Pause(mode) => self.session.pause(mode),
            Request::Resume => self.session.resume(),
            Request::Restart { beep } => {
                self.release_all();
                self.session.restart(beep);
            }
        }
        self.release_ended();
        self.tell_events();
    }

    /// Ends the session as somebody asked.
    pub(super) fn end(&mut self, request: EndRequest) {
        match request {
            EndRequest::Hangup => self.session.hangup(),
            EndRequest::Stop => self.session.stop(),
            EndRequest::MediaTimeout => self.session.media_timeout(),
            EndRequest::Cancel => self.session.cancel(),
            EndRequest::Fail => self.session.fail(),
        }
        self.release_ended();
    }

    fn release_ended(&mut self) {
        if self.session.state() == State::Ended {
            self.release_all();
        }
    }

    /// Nothing waits any more.
    fn release_all(&mut self) {
        let recorded = self.session.streamed_samples();
        if let Some(holdback) = &mut self.holdback {
            // What finds no room is counted as lost.
            holdback.release_until(recorded, recorded, &mut self.track);
        }
    }

    /// Hands on what the session tells, and says how much was told since the start, and how much was lost.
    #[inline]
    pub(super) fn tell_events(&mut self) -> (u64, u64) {
        while let Some(event) = self.session.poll_event() {
            self.told_events += 1;
            self.lost_events += u64::from(self.events.try_push(PackedEvent::pack(&event)).is_err());
        }
        (self.told_events, self.session.lost_events() + self.lost_events)
    }

    pub(super) const fn session(&self) -> &EngineSession {
        &self.session
    }

    /// Samples that the ring takes now.
    pub(super) fn writable_samples(&mut self) -> usize {
        let burst = self.holdback.as_deref().map_or(0, Holdback::burst_samples);
        self.track.writable_samples().saturating_sub(burst)
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        let counts = Counts {
            lost_samples: self.track.lost_samples(),
            line_lost_samples: self.session.line_lost_samples(),
            echo_guard_samples: self.session.echo_guard_samples(),
            late_samples: self.late_samples,
            timestamp_jumps: self.timestamp_jumps.into(),
            dropped_samples: self.session.dropped_samples(),
            spoken_ms: self.session.sample_rate().milliseconds(self.session.sound_samples()),
        };
        self.session.end().map(|&end| Ended { end, open_gap: self.track.open_gap(), counts })
    }
}

fn saturated(samples: u32) -> u16 {
    u16::try_from(samples).unwrap_or(u16::MAX)
}
