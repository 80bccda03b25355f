//! Keeps recorded audio back until it is known what becomes of it: whether it precedes the first word, and whether it is a
//! key's tone. No lock, allocation, system call or clock.

use super::EngineSession;
use super::track::Track;
use crate::dsp::BLOCK_SAMPLES;
use crate::line::{FRAME_MAX_SAMPLES, SampleRate};
use crate::session::KeySpan;

/// How long a sample waits for a key to be recognised that it may belong to: a key takes 58 ms, and its first sample is
/// found to 5 ms. At 8 kHz, as all of these.
const MASK_WAIT_SAMPLES: u64 = 600;
/// What is masked around a key, in samples: the accuracy of its first and last one, and of its ramps.
const MASK_BEFORE_SAMPLES: u64 = 48;
const MASK_AFTER_SAMPLES: u64 = 80;
/// Keys whose masks may overlap the samples that wait.
const KEYS: usize = 4;

/// The newest samples of a session, and what is masked of them.
pub(super) struct Holdback {
    ring: Box<[i16]>,
    burst_samples: usize,
    rate: SampleRate,
    /// Where the next sample goes.
    next: usize,
    mask: bool,
    /// Latest keys, in recorded samples.
    keys: [KeySpan; KEYS],
}

impl Holdback {
    /// Room for the audio that comes before the recording starts, and for that which waits for a key.
    pub(super) fn new(pre_roll_samples: usize, mask: bool, rate: SampleRate) -> Self {
        let wait = if mask { MASK_WAIT_SAMPLES } else { 0 };
        // The sound that starts a recording is found a block or two after it began.
        let waits = rate.of_narrowband(wait + 4 * BLOCK_SAMPLES as u64) as usize;
        let burst_samples = pre_roll_samples + waits;
        Self {
            ring: vec![0; burst_samples + FRAME_MAX_SAMPLES].into_boxed_slice(),
            burst_samples,
            rate,
            next: 0,
            mask,
            keys: [KeySpan { start: 0, end: Some(0) }; KEYS],
        }
    }

    /// Samples that may be released at once beside those of the frame that is pushed.
    pub(super) const fn burst_samples(&self) -> usize {
        self.burst_samples
    }

    /// Samples that it holds; older ones are gone.
    pub(super) fn capacity(&self) -> usize {
        self.ring.len()
    }

    /// Takes what the line brought, whether or not it is recorded yet.
    pub(super) fn offer(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.put(sample);
        }
    }

    fn put(&mut self, sample: i16) {
        if let Some(place) = self.ring.get_mut(self.next) {
            *place = sample;
        }
        self.next = if self.next + 1 < self.ring.len() { self.next + 1 } else { 0 };
    }

    /// Gives the track what has waited long enough, or everything where the session has ended. Says whether all of it
    /// found room.
    pub(super) fn release(&mut self, session: &EngineSession, track: &mut Track) -> bool {
        if self.mask
            && let Some(span) = session.key_span()
        {
            self.note(span);
        }
        let waits = self.mask && session.end().is_none();
        let wait = if waits { self.rate.of_narrowband(MASK_WAIT_SAMPLES) } else { 0 };
        let recorded = session.streamed_samples();
        self.release_until(recorded.saturating_sub(wait), recorded, track)
    }

    /// Gives the track all samples before `until`, where the newest one that was offered is the last of `recorded`.
    pub(super) fn release_until(&mut self, until: u64, recorded: u64, track: &mut Track) -> bool {
        let mut whole = true;
        let before = self.rate.of_narrowband(MASK_BEFORE_SAMPLES);
        let after = self.rate.of_narrowband(MASK_AFTER_SAMPLES);
        while track.position() < until {
            let from = track.position();
            let back = ((recorded - from) as usize).min(self.ring.len());
            let first = (self.next + self.ring.len() - back) % self.ring.len();
            let run = ((until - from) as usize).min(self.ring.len() - first);
            let Some(samples) = self.ring.get_mut(first..first + run) else { return false };
            for (sample, index) in samples.iter_mut().zip(from..) {
                if self.keys.iter().any(|key| is_masked(key, index, before, after)) {
                    *sample = 0;
                }
            }
            whole &= track.append(samples);
        }
        whole
    }

    /// A key as it is known now; the newest one may have grown.
    fn note(&mut self, span: KeySpan) {
        match self.keys.last_mut() {
            Some(newest) if newest.start == span.start => *newest = span,
            _ => {
                self.keys.rotate_left(1);
                if let Some(newest) = self.keys.last_mut() {
                    *newest = span;
                }
            }
        }
    }
}

fn is_masked(key: &KeySpan, index: u64, before: u64, after: u64) -> bool {
    let end = key.end.map_or(u64::MAX, |end| if end == 0 { 0 } else { end + after });
    (key.start.saturating_sub(before)..end).contains(&index)
}
