//! A session's recorded audio on its way to the writer. No lock, allocation, system call or clock.

use super::mailbox::{Receiver, Sender, mailbox};
use super::ring::{RingReceiver, RingSender, ring};
use crate::line::ComfortNoise;

/// Gaps that may await the writer; further ones merge into the newest.
const GAPS: usize = 8;

/// Recorded samples that are not in the ring: the writer puts silence in their place, or comfort noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Position of the first one in the recording.
    pub(super) start: u64,
    pub(super) samples: u64,
    /// How many of them we lost: all or none, but where a gap of each kind had to be told as one.
    pub(super) lost: u64,
    /// Comfort noise takes their place, not silence.
    pub(super) noise: bool,
}

/// The reading ends of a track's queues.
pub(super) struct Queue {
    pub(super) samples: RingReceiver,
    pub(super) gaps: Receiver<Gap, GAPS>,
    /// What fills the gaps that are no silence.
    pub(super) noise: Option<ComfortNoise>,
}

/// The writing ends.
pub(super) struct Track {
    samples: RingSender,
    gaps: Sender<Gap, GAPS>,
    open_gap: Option<Gap>,
    /// Samples recorded so far, those in gaps included.
    position: u64,
    lost_samples: u64,
}

impl Track {
    /// A ring of so many samples, touched so that no push meets a page fault.
    pub(super) fn new(ring_samples: usize, noise: Option<ComfortNoise>) -> (Self, Queue) {
        let (samples, queue) = ring(ring_samples);
        let (gaps, gap_queue) = mailbox();
        let track = Self { samples, gaps, open_gap: None, position: 0, lost_samples: 0 };
        (track, Queue { samples: queue, gaps: gap_queue, noise })
    }

    /// Samples that the ring takes now.
    pub(super) fn writable_samples(&mut self) -> usize {
        self.samples.room()
    }

    /// Has the cache fetch what the next samples go to.
    #[inline]
    pub(super) fn prefetch(&self, samples: usize) {
        self.samples.prefetch(samples);
    }

    /// Samples recorded so far, those in gaps included.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Samples that the ring did not take.
    pub(super) const fn lost_samples(&self) -> u64 {
        self.lost_samples
    }

    /// A gap that reaches to the end of the recording.
    pub(super) const fn open_gap(&self) -> Option<Gap> {
        self.open_gap
    }

    /// Queues samples; what the ring does not take becomes a gap. A gap is told to the writer before the first
    /// sample after it, so that the writer never takes that sample early. Says whether all of them found room.
    pub(super) fn append(&mut self, samples: &[i16]) -> bool {
        if samples.is_empty() {
            return true;
        }
        let gap_told = match self.open_gap {
            Some(gap) => {
                // A frame may be longer than the ring; half of that is worth going on for.
                let enough = samples.len().min(self.samples.capacity() / 2);
                self.samples.room() >= enough && self.gaps.try_push(gap).is_ok()
            }
            None => true,
        };
        let queued = if gap_told {
            self.open_gap = None;
            self.samples.push(samples)
        } else {
            0
        };
        self.position += queued as u64;
        let lost = (samples.len() - queued) as u64;
        self.lost_samples += lost;
        self.leave_gap(lost, lost, false);
        lost == 0
    }

    /// Queues silence, or comfort noise: as a gap of which nothing is lost, as no ring holds minutes of it.
    pub(super) fn append_gap(&mut self, samples: u64, noise: bool) {
        self.leave_gap(samples, 0, noise);
    }

    fn leave_gap(&mut self, samples: u64, lost: u64, noise: bool) {
        if samples == 0 {
            return;
        }
        let start = self.position;
        self.position += samples;
        // What we lost is told apart, so that the writer can list it, and what is noise, so that it can make it. The last
        // place is kept for the gap before the next sample.
        if let Some(gap) = &mut self.open_gap {
            let alike = gap.noise == noise && gap.lost == if lost > 0 { gap.samples } else { 0 };
            if alike || self.gaps.room() < 2 || self.gaps.try_push(*gap).is_err() {
                gap.samples += samples;
                gap.lost += lost;
                return;
            }
        }
        self.open_gap = Some(Gap { start, samples, lost, noise });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn drain(queue: &mut Queue) -> Vec<i16> {
        let drained = queue.samples.peek(usize::MAX).concat();
        queue.samples.skip(drained.len());
        drained
    }

    #[test]
    fn what_the_ring_does_not_take_is_a_gap_with_its_place() {
        let (mut track, mut queue) = Track::new(200, None);
        assert!(track.append(&[1; 160]));
        assert!(!track.append(&[2; 160]));
        assert!(!track.append(&[3; 160]));
        assert_eq!(drain(&mut queue).len(), 200);
        assert!(track.append(&[4; 160]));
        assert_eq!(queue.gaps.try_pop(), Some(Gap { start: 200, samples: 280, lost: 280, noise: false }));
        assert_eq!(drain(&mut queue), [4; 160]);
        assert_eq!((track.position(), track.lost_samples(), track.open_gap()), (640, 280, None));
    }

    #[test]
    fn what_the_line_lost_is_a_gap_and_no_loss_of_ours() {
        let (mut track, mut queue) = Track::new(200, None);
        assert!(track.append(&[1; 100]));
        track.append_gap(1_000_000, true);
        track.append_gap(5, true);
        assert!(track.append(&[2; 100]));
        assert_eq!(queue.gaps.try_pop(), Some(Gap { start: 100, samples: 1_000_005, lost: 0, noise: true }));
        assert_eq!((track.position(), track.lost_samples()), (1_000_205, 0));
    }

    #[test]
    fn an_empty_frame_tells_nothing_and_a_frame_longer_than_the_ring_goes_on() {
        let (mut track, mut queue) = Track::new(100, None);
        assert!(!track.append(&[1; 250]));
        assert_eq!(drain(&mut queue).len(), 100);
        assert!(track.append(&[]));
        assert_eq!(queue.gaps.try_pop(), None);
        assert!(!track.append(&[2; 250]));
        assert_eq!(queue.gaps.try_pop(), Some(Gap { start: 100, samples: 150, lost: 150, noise: false }));
        assert_eq!(drain(&mut queue).len(), 100);
    }

    #[test]
    fn a_gap_at_the_end_is_not_forgotten() {
        let (mut track, _queue) = Track::new(100, None);
        track.append(&[1; 160]);
        assert_eq!(track.open_gap(), Some(Gap { start: 100, samples: 60, lost: 60, noise: false }));
    }

    #[test]
    fn gaps_that_find_no_place_in_the_queue_lose_samples_but_no_time() {
        let (mut track, mut queue) = Track::new(100, None);
        let mut queued = 0;
        for _ in 0..40 {
            track.append(&[1; 150]);
            queued += drain(&mut queue).len() as u64;
        }
        assert_eq!(queued + track.lost_samples(), track.position());
        let told: u64 = std::iter::from_fn(|| queue.gaps.try_pop()).map(|gap| gap.samples).sum();
        assert_eq!(told + track.open_gap().map_or(0, |gap| gap.samples), track.lost_samples());
    }

    #[test]
    fn what_was_lost_and_what_was_silent_are_told_apart_while_there_is_room() {
        let (mut track, mut queue) = Track::new(100, None);
        assert!(!track.append(&[1; 130]));
        track.append_gap(50, false);
        track.append_gap(20, false);
        assert!(!track.append(&[2; 40]));
        drain(&mut queue);
        assert!(track.append(&[3; 40]));
        let told: Vec<_> = std::iter::from_fn(|| queue.gaps.try_pop()).collect();
        let expected = [(100, 30, 30), (130, 70, 0), (200, 40, 40)].map(|(start, samples, lost)| Gap {
            start,
            samples,
            lost,
            noise: false,
        });
        assert_eq!(told, expected);
        // With the queue full they share the last one, whose loss stays exact.
        drain(&mut queue);
        for _ in 0..2 * GAPS {
            track.append(&[4; 130]);
            track.append_gap(7, false);
        }
        let mut gaps: Vec<_> = std::iter::from_fn(|| queue.gaps.try_pop()).collect();
        assert_eq!(gaps.len(), GAPS - 1);
        assert!(gaps.iter().all(|gap| gap.lost == 0 || gap.lost == gap.samples));
        gaps.extend(track.open_gap());
        let sum = |part: fn(&Gap) -> u64| gaps.iter().map(part).sum::<u64>();
        let lost = track.lost_samples() - 70;
        assert_eq!((sum(|gap| gap.lost), sum(|gap| gap.samples)), (lost, lost + 7 * 2 * GAPS as u64));
    }

    #[test]
    fn noise_and_silence_keep_their_places() {
        let (mut track, mut queue) = Track::new(100, None);
        track.append_gap(1_000, true);
        track.append_gap(10, false);
        track.append_gap(20, true);
        assert!(!track.append(&[1; 160]));
        let told: Vec<_> = std::iter::from_fn(|| queue.gaps.try_pop()).collect();
        let expected = [(0, 1_000, true), (1_000, 10, false), (1_010, 20, true)];
        assert_eq!(told, expected.map(|(start, samples, noise)| Gap { start, samples, lost: 0, noise }));
        assert_eq!(track.open_gap(), Some(Gap { start: 1_130, samples: 60, lost: 60, noise: false }));
    }
}
