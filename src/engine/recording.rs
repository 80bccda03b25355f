//! The writer's side of a session: from the queue into the file.

use super::event::EngineEvent;
use super::media::Ended;
use super::result::GAPS_MAX;
use super::shape::Shape;
use super::slot::{EngineShared, Slot};
use super::statistics::Counters;
use super::track::{self, Queue};
use super::writer::{Device, Times};
use super::{Gap, GapCause, SessionHandle, SessionResult};
use crate::line::ComfortNoise;
use crate::message::PartFile;
use crate::session::{Cut, EndReason};
use crate::wav::{WavWriter, WriteError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Comfort noise is written in pieces of this many samples.
const NOISE_SAMPLES: usize = 4_096;

/// Room that a writer thread works in, shared by all of its recordings.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    /// Samples at the file's rate and level, where those are not the line's.
    samples: Vec<i16>,
}

/// What a recording needs now.
pub(super) enum Due {
    Write,
    Finish(Ended),
}

pub(super) struct Recording {
    handle: SessionHandle,
    slot: &'static Slot,
    queue: Queue,
    shape: Shape,
    part: PartFile,
    wav: WavWriter,
    device: Arc<Device>,
    /// Stalls in its file system when it was last written.
    known_stalls: u32,
    /// For so many writes to come one of them may be why samples were lost.
    stalled_writes: u8,
    /// Samples of the recording that were taken from the queue, or stood for by a gap.
    position: u64,
    /// The first one of them that the file holds: the recording may have started over.
    file_start: u64,
    /// Samples pushed when that last changed, and since when.
    heard: Option<(u64, Instant)>,
    /// Events of the session that the host was told of.
    noticed_events: u32,
    next_gap: Option<track::Gap>,
    /// Samples pushed when it was last written.
    written_clock: u64,
    /// Since when there have been more.
    waiting_since: Option<Instant>,
    gaps: Vec<Gap>,
    gap_count: u32,
    /// Samples of the message that we lost.
    lost: u64,
    error: Option<Arc<io::Error>>,
}

impl Recording {
    pub(super) fn new(
        (handle, slot): (SessionHandle, &'static Slot),
        queue: Queue,
        shape: Shape,
        part: PartFile,
        wav: WavWriter,
        device: Arc<Device>,
    ) -> Self {
        Self {
            handle,
            slot,
            queue,
            shape,
            part,
            wav,
            known_stalls: device.stalls(),
            stalled_writes: 0,
            device,
            position: 0,
            file_start: 0,
            heard: None,
            noticed_events: 0,
            next_gap: None,
            written_clock: 0,
            waiting_since: None,
            gaps: Vec::new(),
            gap_count: 0,
            lost: 0,
            error: None,
        }
    }

    pub(super) const fn handle(&self) -> SessionHandle {
        self.handle
    }

    /// The file system that its file is on.
    pub(super) const fn device(&self) -> &Arc<Device> {
        &self.device
    }

    /// Says what is due, and tells the host what there is to tell. No file operation.
    pub(super) fn look(&mut self, now: Instant, times: &Times, shared: &EngineShared) -> Option<Due> {
        // Asked before the queue is looked at: what the ended session queued is then all there.
        let ended = self.slot.ended(self.handle.generation());
        // Whether there are others, not how many.
        let told_events = self.slot.told_events() as u32;
        if told_events != self.noticed_events {
            self.noticed_events = told_events;
            shared.events.put(EngineEvent::SessionEvents(self.handle));
        }
        if let Some(ended) = ended {
            return Some(Due::Finish(ended));
        }
        let clock = self.slot.clock();
        self.supervise(clock, now, times);
        // The queue's own count is the media thread's at every push: it is left alone until a batch may be due.
        let new = clock - self.written_clock;
        if new > 0 {
            let since = *self.waiting_since.get_or_insert(now);
            let batch =
                self.shape.line_rate(self.wav.sample_rate()).of_narrowband(times.batch_samples as u64);
            if new >= batch || now.saturating_duration_since(since) >= times.batch_age {
                self.waiting_since = None;
                self.written_clock = clock;
                return Some(Due::Write);
            }
        }
        None
    }

    /// Ends a session whose host has stopped delivering audio.
    fn supervise(&mut self, clock: u64, now: Instant, times: &Times) {
        let Some(timeout) = times.media_timeout else { return };
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

    /// Writes what is queued.
    pub(super) fn write(&mut self, scratch: &mut Scratch, counters: &Counters) {
        let before = self.wav.written_bytes();
        counters.ring_high_water_samples.reach(self.queue.samples.len() as u64);
        self.write_queued(scratch);
        counters.written_bytes.add(self.wav.written_bytes() - before);
    }

    fn write_queued(&mut self, scratch: &mut Scratch) {
        // The samples are counted before the gaps are looked at: a gap is told before the first
        // sample after it, so that none of these samples can overtake a gap.
        let mut left = self.queue.samples.len();
        // A gap at the end of a full ring is told only when there is room again.
        let (full, gaps) = (left == self.queue.samples.capacity(), self.gap_count);
        let stalls = self.device.stalls();
        if stalls != self.known_stalls || self.device.is_suspect() {
            // This write may wait, too, so that it is the next one that finds the gap.
            self.stalled_writes = 2;
        }
        self.known_stalls = stalls;
        self.start_over();
        loop {
            let gap = self.upcoming_gap();
            if let Some(gap) = gap.filter(|gap| gap.start == self.position) {
                self.next_gap = None;
                self.write_gap(gap, scratch);
                continue;
            }
            if left == 0 {
                break;
            }
            let until_gap = gap.map_or(u64::MAX, |gap| gap.start - self.position);
            let run = (left as u64).min(until_gap) as usize;
            self.write_samples(run, scratch);
            left -= run;
        }
        if !full || gaps != self.gap_count {
            self.stalled_writes = self.stalled_writes.saturating_sub(1);
        }
    }

    /// Empties the file where the recording started over. What that dropped may still be queued.
    fn start_over(&mut self) {
        let start = self.slot.dropped_samples();
        if start > self.file_start {
            self.file_start = start;
            self.gaps.clear();
            (self.gap_count, self.lost) = (0, 0);
            self.shape.restart();
            // After an error, too: what is dropped is no message.
            let emptied = self.wav.clear();
            self.note(emptied);
        }
    }

    fn upcoming_gap(&mut self) -> Option<track::Gap> {
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
            let pieces = self.queue.samples.peek(kept);
            let written = append(&mut self.wav, &mut self.shape, pieces, scratch);
            self.note(written);
        }
        self.queue.samples.skip(kept);
        self.position += count as u64;
    }

    fn write_gap(&mut self, gap: track::Gap, scratch: &mut Scratch) {
        let dropped = self.file_start.saturating_sub(self.position).min(gap.samples);
        let kept = gap.samples - dropped;
        if kept > 0 {
            let start_sample = self.position + dropped - self.file_start;
            let cause = if self.stalled_writes > 0 { GapCause::DiskStalled } else { GapCause::RingFull };
            self.list(Gap { start_sample, samples: gap.lost.min(kept), cause });
            if self.error.is_none() {
                let written = match self.queue.noise.filter(|_| gap.noise) {
                    Some(noise) => self.write_noise(noise, self.position + dropped, kept, scratch),
                    None => self.write_silence(kept, scratch),
                };
                self.note(written);
            }
        }
        self.position += gap.samples;
    }

    fn write_noise(
        &mut self,
        noise: ComfortNoise,
        start: u64,
        samples: u64,
        scratch: &mut Scratch,
    ) -> Result<(), WriteError> {
        let mut piece = [0; NOISE_SAMPLES];
        for done in (0..samples).step_by(NOISE_SAMPLES) {
            let piece = &mut piece[..(samples - done).min(NOISE_SAMPLES as u64) as usize];
            noise.fill(start + done, piece);
            append(&mut self.wav, &mut self.shape, [piece, &[]], scratch)?;
        }
        Ok(())
    }

    fn write_silence(&mut self, samples: u64, scratch: &mut Scratch) -> Result<(), WriteError> {
        if self.shape.is_plain() {
            return self.wav.append_silence(samples, &mut scratch.bytes);
        }
        let Scratch { bytes, samples: made } = scratch;
        made.clear();
        self.shape.push_silence(samples, made, |made| {
            let appended = self.wav.append([made, &[]], bytes);
            made.clear();
            appended
        })
    }

    /// Writes what the shape still holds: the line has ended.
    fn write_rest(&mut self, scratch: &mut Scratch) {
        let Scratch { bytes, samples } = scratch;
        samples.clear();
        self.shape.finish(samples);
        if self.error.is_none() && !samples.is_empty() {
            let written = self.wav.append([samples, &[]], bytes);
            self.note(written);
        }
    }

    fn list(&mut self, gap: Gap) {
        if gap.samples > 0 {
            self.gap_count = self.gap_count.saturating_add(1);
            self.lost += gap.samples;
            if self.gaps.len() < GAPS_MAX {
                self.gaps.push(gap);
            }
        }
    }

    /// Forgets what was lost behind the end of the message, or of the file.
    fn end_gaps_at(&mut self, end: u64) {
        let listed_all = self.gap_count as usize == self.gaps.len();
        while let Some(gap) =
            self.gaps.last_mut().filter(|gap| listed_all && gap.start_sample + gap.samples > end)
        {
            let kept = end.saturating_sub(gap.start_sample);
            self.lost -= gap.samples - kept;
            gap.samples = kept;
            if kept > 0 {
                break;
            }
            self.gaps.pop();
            self.gap_count -= 1;
        }
    }

    /// A file that cannot be written ends the session; what is in the file stays.
    fn note(&mut self, written: Result<(), WriteError>) {
        if let Err(error) = written {
            self.error.get_or_insert_with(|| Arc::new(error.into()));
            // Refused only where the host has closed the session, which ends it, too.
            let _ = self.handle.fail();
        }
    }

    /// Writes the rest, ends the file and tells the result. Says whether somebody may ask for it.
    pub(super) fn finish(mut self, ended: &Ended, scratch: &mut Scratch, counters: &Counters) -> bool {
        self.write(scratch, counters);
        if let Some(gap) = ended.open_gap {
            self.write_gap(gap, scratch);
        }
        self.write_rest(scratch);
        let end = &ended.end;
        let kept = if end.deleted { 0 } else { end.kept_samples };
        // What the file should hold and does not, because the disk took no more.
        let kept_in_file = self.shape.file_samples(kept);
        let held = self.wav.samples();
        let unwritten = if held < kept_in_file { kept - self.shape.line_samples(held).min(kept) } else { 0 };
        // What was cut off needs no account, and what the disk refused has one of its own.
        self.end_gaps_at(kept - unwritten);
        self.list(Gap { start_sample: kept - unwritten, samples: unwritten, cause: GapCause::DiskError });
        let before = self.wav.written_bytes();
        let (path, samples, finished) = finish_file(self.part, &mut self.wav, kept_in_file);
        counters.written_bytes.add(self.wav.written_bytes() - before);
        let error = self.error.or(finished.err().map(Arc::new));
        let counts = ended.counts;
        let lost_samples = self.lost;
        debug_assert!(
            lost_samples <= counts.lost_samples + unwritten,
            "more lost than the media side knows of"
        );
        let result = SessionResult {
            end_reason: if error.is_some() { EndReason::Error } else { end.reason },
            end_digit: end.digit.filter(|_| error.is_none()),
            tone: end.tone.filter(|_| error.is_none()),
            path,
            samples,
            duration_ms: self.wav.sample_rate().milliseconds(samples),
            trimmed_samples: if error.is_some() { 0 } else { end.recorded_samples - end.kept_samples },
            cut: if error.is_some() { Cut::Nothing } else { end.cut },
            lost_samples,
            gaps: self.gaps,
            gap_count: self.gap_count.into(),
            line_lost_samples: counts.line_lost_samples,
            echo_guard_samples: counts.echo_guard_samples,
            late_samples: counts.late_samples,
            timestamp_jumps: counts.timestamp_jumps,
            dropped_samples: counts.dropped_samples,
            complete: error.is_none() && lost_samples == 0,
            error,
        };
        counters.finished_messages.add(1);
        counters.incomplete_messages.add((!result.complete).into());
        counters.lost_samples.add(lost_samples);
        counters.media_timeouts.add((result.end_reason == EndReason::MediaTimeout).into());
        counters.line_lost_samples.add(counts.line_lost_samples);
        self.slot.finish(self.handle, result)
    }
}

/// Appends samples of the line to the file, at its rate and level.
fn append(
    wav: &mut WavWriter,
    shape: &mut Shape,
    pieces: [&[i16]; 2],
    scratch: &mut Scratch,
) -> Result<(), WriteError> {
    let Scratch { bytes, samples } = scratch;
    if shape.is_plain() {
        return wav.append(pieces, bytes);
    }
    samples.clear();
    pieces.iter().for_each(|piece| shape.push(piece, samples));
    wav.append([samples, &[]], bytes)
}

/// Ends the file after the samples that are kept and gives it its name; a message of no samples
/// has no file. Returns where the file is, what it holds, and what went wrong.
fn finish_file(part: PartFile, wav: &mut WavWriter, kept: u64) -> (Option<PathBuf>, u64, io::Result<()>) {
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
