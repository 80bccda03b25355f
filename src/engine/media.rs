//! The media side of a session: what a push touches. No lock, allocation, system call or clock.

use crate::dsp::dtmf::Digit;
use crate::line::FRAME_MAX_SAMPLES;
use crate::session::{End, Session, SessionEvent, State, TelephoneEvent};
use ringbuf::traits::{Consumer, Observer, Producer};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// Gaps that may await the writer; further ones merge into the newest.
const GAPS: usize = 16;
/// Requests that may await the next frame.
const REQUESTS: usize = 16;
/// Events that may await a host that polls: all digits of twenty seconds.
const EVENTS: usize = 128;

/// What a control thread asks of a session; applied before the next frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Digit(Digit),
    TelephoneEvent(TelephoneEvent),
    Hangup,
    Stop,
    Cancel,
    Fail,
}

/// A request on its way, and whether it is bound to end the session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queued {
    pub(super) request: Request,
    pub(super) ends: bool,
}

/// Recorded samples that the ring could not take: the writer puts silence in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Position of the first one in the recording.
    pub(super) start: u64,
    pub(super) samples: u64,
}

/// The reading ends of a session's queues.
pub(super) struct Queue {
    pub(super) samples: HeapCons<i16>,
    pub(super) gaps: HeapCons<Gap>,
}

/// What the writer needs to finish a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// A gap that reaches to the end of the recording.
    pub(super) open_gap: Option<Gap>,
    pub(super) lost_samples: u64,
    pub(super) line_lost_samples: u64,
    pub(super) echo_guard_samples: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Whole,
    /// The ring was full; what did not fit is lost and declared.
    Overrun,
    /// The message is over.
    Ended,
}

/// What control threads have of a session's queues, one at a time.
pub(super) struct ControlEnds {
    /// Where they put their requests.
    pub(super) requests: HeapProd<Queued>,
    /// Where they find what the session tells.
    pub(super) events: HeapCons<SessionEvent>,
}

pub(super) struct Media {
    session: Session,
    requests: HeapCons<Queued>,
    samples: HeapProd<i16>,
    gaps: HeapProd<Gap>,
    events: HeapProd<SessionEvent>,
    open_gap: Option<Gap>,
    lost_samples: u64,
    lost_events: u64,
}

impl Media {
    /// The session with a ring of so many samples, touched so that no push meets a page fault.
    pub(super) fn new(session: Session, ring_samples: usize) -> (Self, ControlEnds, Queue) {
        use ringbuf::traits::Split;
        let (mut samples, mut queue) = HeapRb::new(ring_samples).split();
        samples.push_iter(std::iter::repeat_n(0, ring_samples));
        queue.clear();
        let (gaps, gap_queue) = HeapRb::new(GAPS).split();
        let (asked, requests) = HeapRb::new(REQUESTS).split();
        let (events, told) = HeapRb::new(EVENTS).split();
        let (open_gap, lost_samples, lost_events) = (None, 0, 0);
        let media = Self { session, requests, samples, gaps, events, open_gap, lost_samples, lost_events };
        let control = ControlEnds { requests: asked, events: told };
        (media, control, Queue { samples: queue, gaps: gap_queue })
    }

    pub(super) fn push(&mut self, frame: &[i16]) -> Taken {
        if self.session.state() == State::Ended {
            return Taken::Ended;
        }
        let start = self.session.recorded_samples();
        let recorded = self.session.push(frame);
        match frame.get(recorded) {
            Some(recorded) if self.record(start, recorded) => Taken::Whole,
            _ => Taken::Overrun,
        }
    }

    pub(super) fn push_lost(&mut self, samples: usize) -> Taken {
        static SILENCE: [i16; FRAME_MAX_SAMPLES] = [0; FRAME_MAX_SAMPLES];
        if self.session.state() == State::Ended {
            return Taken::Ended;
        }
        let start = self.session.recorded_samples();
        let silence = self.session.push_lost(samples.min(FRAME_MAX_SAMPLES));
        match SILENCE.get(..silence) {
            Some(silence) if self.record(start, silence) => Taken::Whole,
            _ => Taken::Overrun,
        }
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

    pub(super) fn apply(&mut self, request: Request) {
        match request {
            Request::Digit(digit) => self.session.digit(digit),
            Request::TelephoneEvent(packet) => self.session.telephone_event(&packet),
            Request::Hangup => self.session.hangup(),
            Request::Stop => self.session.stop(),
            Request::Cancel => self.session.cancel(),
            Request::Fail => self.session.fail(),
        }
    }

    /// Hands on what the session tells, and says how much of it was lost since the start.
    #[inline]
    pub(super) fn tell_events(&mut self) -> u64 {
        while let Some(event) = self.session.poll_event() {
            self.lost_events += u64::from(self.events.try_push(event).is_err());
        }
        self.session.lost_events() + self.lost_events
    }

    pub(super) const fn session(&self) -> &Session {
        &self.session
    }

    /// Samples that the ring takes now.
    pub(super) fn writable_samples(&self) -> usize {
        self.samples.vacant_len()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.session.end().map(|&end| Ended {
            end,
            open_gap: self.open_gap,
            lost_samples: self.lost_samples,
            line_lost_samples: self.session.line_lost_samples(),
            echo_guard_samples: self.session.echo_guard_samples(),
        })
    }

    /// Queues recorded samples; what the ring does not take becomes a gap. A gap is told to the
    /// writer before the first sample after it, so that the writer never takes that sample early.
    fn record(&mut self, start: u64, recorded: &[i16]) -> bool {
        if recorded.is_empty() {
            return true;
        }
        // A frame may be longer than the ring; half of that is worth going on for.
        let enough = recorded.len().min(self.samples.capacity().get() / 2);
        let gap_told = match self.open_gap {
            Some(gap) => self.samples.vacant_len() >= enough && self.gaps.try_push(gap).is_ok(),
            None => true,
        };
        let queued = if gap_told {
            self.open_gap = None;
            self.samples.push_slice(recorded)
        } else {
            0
        };
        let lost = (recorded.len() - queued) as u64;
        if lost > 0 {
            let gap = self.open_gap.get_or_insert(Gap { start: start + queued as u64, samples: 0 });
            gap.samples += lost;
            self.lost_samples += lost;
        }
        lost == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SessionConfig;

    fn media(ring_samples: usize) -> (Media, Queue) {
        let config = SessionConfig { beep: None, ..SessionConfig::default() };
        let (media, _, queue) = Media::new(Session::new(&config).unwrap(), ring_samples);
        (media, queue)
    }

    fn drain(queue: &mut Queue) -> Vec<i16> {
        queue.samples.pop_iter().collect()
    }

    #[test]
    fn what_the_ring_does_not_take_is_a_gap_with_its_place() {
        let (mut media, mut queue) = media(200);
        assert_eq!(media.push(&[1; 160]), Taken::Whole);
        assert_eq!(media.push(&[2; 160]), Taken::Overrun);
        assert_eq!(media.push(&[3; 160]), Taken::Overrun);
        assert_eq!(drain(&mut queue).len(), 200);
        assert_eq!(media.push(&[4; 160]), Taken::Whole);
        assert_eq!(queue.gaps.try_pop(), Some(Gap { start: 200, samples: 280 }));
        assert_eq!(drain(&mut queue), [4; 160]);
        media.apply(Request::Hangup);
        let ended = media.ended().unwrap();
        assert_eq!((ended.end.recorded_samples, ended.lost_samples, ended.open_gap), (640, 280, None));
        assert_eq!(media.push(&[5; 160]), Taken::Ended);
    }

    #[test]
    fn an_empty_frame_tells_nothing_and_a_frame_longer_than_the_ring_goes_on() {
        let (mut media, mut queue) = media(100);
        assert_eq!(media.push(&[1; 250]), Taken::Overrun);
        assert_eq!(drain(&mut queue).len(), 100);
        assert_eq!(media.push(&[]), Taken::Whole);
        assert_eq!(queue.gaps.try_pop(), None);
        assert_eq!(media.push(&[2; 250]), Taken::Overrun);
        assert_eq!(queue.gaps.try_pop(), Some(Gap { start: 100, samples: 150 }));
        assert_eq!(drain(&mut queue).len(), 100);
    }

    #[test]
    fn a_gap_at_the_end_is_not_forgotten() {
        let (mut media, _queue) = media(100);
        media.push(&[1; 160]);
        media.apply(Request::Stop);
        assert_eq!(media.ended().unwrap().open_gap, Some(Gap { start: 100, samples: 60 }));
    }

    #[test]
    fn gaps_that_find_no_place_in_the_queue_lose_samples_but_no_time() {
        let (mut media, mut queue) = media(100);
        let mut queued = 0;
        for _ in 0..40 {
            media.push(&[1; 150]);
            queued += drain(&mut queue).len() as u64;
        }
        media.apply(Request::Hangup);
        let ended = media.ended().unwrap();
        assert_eq!(queued + ended.lost_samples, ended.end.recorded_samples);
        let told: u64 = queue.gaps.pop_iter().map(|gap| gap.samples).sum();
        assert_eq!(told + ended.open_gap.map_or(0, |gap| gap.samples), ended.lost_samples);
    }
}
