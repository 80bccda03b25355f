//! The writer's side of a session: from the queue into the file.

use super::media::Ended;
use super::slot::Slot;
use super::track::{Gap, Queue};
use super::{SessionHandle, SessionResult};
use crate::line::SampleRate;
use crate::message::PartFile;
use crate::session::EndReason;
use crate::wav::{WavWriter, WriteError};
use ringbuf::traits::{Consumer, Observer};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// When queued audio is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    pub(super) samples: usize,
    pub(super) age: Duration,
}

/// Room that a writer thread works in, shared by all of its recordings.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
}

pub(super) struct Recording {
    handle: SessionHandle,
    slot: &'static Slot,
    queue: Queue,
    rate: SampleRate,
    part: PartFile,
    wav: WavWriter,
    /// Samples of the recording that were taken from the queue or filled with silence.
    position: u64,
    /// The first one of them that the file holds: the recording may have started over.
    file_start: u64,
    /// Samples pushed when that last changed, and since when.
    heard: Option<(u64, Instant)>,
    next_gap: Option<Gap>,
    /// Since when queued audio waits.
    waiting_since: Option<Instant>,
    error: Option<Arc<io::Error>>,
}

impl Recording {
    pub(super) fn new(
        handle: SessionHandle,
        slot: &'static Slot,
        queue: Queue,
        rate: SampleRate,
        part: PartFile,
        wav: WavWriter,
    ) -> Self {
        Self {
            handle,
            slot,
            queue,
            rate,
            part,
            wav,
            position: 0,
            file_start: 0,
            heard: None,
            next_gap: None,
            waiting_since: None,
            error: None,
        }
    }

    /// Writes what is due. The recording comes back unless its message is finished.
    pub(super) fn poll(mut self, now: Instant, batch: Batch, scratch: &mut Scratch) -> Option<Self> {
        // Asked before the queue is looked at: what the ended session queued is then all there.
        if let Some(ended) = self.slot.ended(self.handle.generation()) {
            self.finish(&ended, scratch);
            return None;
        }
        let queued = self.queue.samples.occupied_len();
        if queued > 0 {
            let since = *self.waiting_since.get_or_insert(now);
            if queued >= batch.samples || now.saturating_duration_since(since) >= batch.age {
                self.waiting_since = None;
                self.write_queued(scratch);
            }
        }
        Some(self)
    }

    /// Ends a session whose host has stopped delivering audio.
    pub(super) fn supervise(&mut self, now: Instant, timeout: Duration) {
        let clock = self.slot.clock();
        match self.heard {
            Some((heard, since)) if heard == clock => {
                if now.saturating_duration_since(since) >= timeout {
                    // Refused only where the host has closed the session, which ends it, too.
                    let _ = self.handle.media_timeout();
                    self.heard = Some((clock, now));
                }
            }
            _ => self.heard = Some((clock, now)),
        }
    }

    /// Ends the message because the engine closes.
    pub(super) fn stop(&self) {
        // Refused only where the host has closed the session, which ends it, too.
        let _ = self.handle.stop();
    }

    fn write_queued(&mut self, scratch: &mut Scratch) {
        // The samples are counted before the gaps are looked at: a gap is told before the first
        // sample after it, so that none of these samples can overtake a gap.
        let mut left = self.queue.samples.occupied_len();
        self.start_over();
        loop {
            let gap = self.upcoming_gap();
            if let Some(gap) = gap.filter(|gap| gap.start == self.position) {
                self.next_gap = None;
                self.write_silence(gap.samples, scratch);
                continue;
            }
            if left == 0 {
                return;
            }
            let until_gap = gap.map_or(u64::MAX, |gap| gap.start - self.position);
            let run = (left as u64).min(until_gap) as usize;
            self.write_samples(run, scratch);
            left -= run;
        }
    }

    /// Empties the file where the recording started over. What that dropped may still be queued.
    fn start_over(&mut self) {
        let start = self.slot.dropped_samples();
        if start > self.file_start {
            self.file_start = start;
            if self.error.is_none() {
                let emptied = self.wav.clear();
                self.note(emptied);
            }
        }
    }

    fn upcoming_gap(&mut self) -> Option<Gap> {
        if self.next_gap.is_none() {
            self.next_gap = self.queue.gaps.try_pop();
        }
        self.next_gap
    }

    fn write_samples(&mut self, count: usize, scratch: &mut Scratch) {
        let dropped = self.file_start.saturating_sub(self.position).min(count as u64) as usize;
        self.queue.samples.skip(dropped);
        let kept = count - dropped;
        if kept > 0 && self.error.is_none() {
            let (first, second) = self.queue.samples.as_slices();
            let first = &first[..first.len().min(kept)];
            let second = &second[..kept - first.len()];
            let written = self.wav.append(&[first, second], &mut scratch.bytes);
            self.note(written);
        }
        self.queue.samples.skip(kept);
        self.position += count as u64;
    }

    fn write_silence(&mut self, samples: u64, scratch: &mut Scratch) {
        let kept = samples - self.file_start.saturating_sub(self.position).min(samples);
        if kept > 0 && self.error.is_none() {
            let written = self.wav.append_silence(kept, &mut scratch.bytes);
            self.note(written);
        }
        self.position += samples;
    }

    /// A file that cannot be written ends the session; what is in the file stays.
    fn note(&mut self, written: Result<(), WriteError>) {
        if let Err(error) = written {
            self.error = Some(Arc::new(error.into()));
            // Refused only where the host has closed the session, which ends it, too.
            let _ = self.handle.fail();
        }
    }

    fn finish(mut self, ended: &Ended, scratch: &mut Scratch) {
        self.write_queued(scratch);
        if let Some(gap) = ended.open_gap {
            self.write_silence(gap.samples, scratch);
        }
        let end = &ended.end;
        let kept = if end.deleted { 0 } else { end.kept_samples };
        let (path, samples, finished) = finish_file(self.part, self.wav, kept);
        let error = self.error.or(finished.err().map(Arc::new));
        // What the file should hold and does not, because the disk took no more.
        let unwritten = kept.saturating_sub(samples);
        let counts = ended.counts;
        let lost_samples = counts.lost_samples + unwritten;
        let result = SessionResult {
            end_reason: if error.is_some() { EndReason::Error } else { end.reason },
            end_digit: end.digit.filter(|_| error.is_none()),
            tone: end.tone.filter(|_| error.is_none()),
            path,
            samples,
            duration_ms: self.rate.milliseconds(samples),
            trimmed_samples: end.recorded_samples - end.kept_samples,
            cut: end.cut,
            lost_samples,
            line_lost_samples: counts.line_lost_samples,
            echo_guard_samples: counts.echo_guard_samples,
            late_samples: counts.late_samples,
            timestamp_jumps: counts.timestamp_jumps,
            dropped_samples: counts.dropped_samples,
            complete: error.is_none() && lost_samples == 0,
            error,
        };
        self.slot.finish(self.handle, result);
    }
}

/// Ends the file after the samples that are kept and gives it its name; a message of no samples
/// has no file. Returns where the file is, what it holds, and what went wrong.
fn finish_file(part: PartFile, wav: WavWriter, kept: u64) -> (Option<PathBuf>, u64, io::Result<()>) {
    if kept.min(wav.samples()) == 0 {
        part.delete();
        return (None, 0, Ok(()));
    }
    let written = wav.samples();
    match wav.finish(kept) {
        Ok(samples) => match part.commit() {
            Ok(path) => (Some(path), samples, Ok(())),
            Err((path, error)) => (Some(path), samples, Err(error)),
        },
        // The header of the last batch still holds.
        Err(error) => (Some(part.leave()), written, Err(error.into())),
    }
}
