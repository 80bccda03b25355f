//! The writer's side of a session: from the queue into the file.

use super::event::EngineEvent;
use super::media::Ended;
use super::message_file::{MessageFile, Workbench};
use super::result::GAPS_MAX;
use super::slot::{EngineShared, Slot};
use super::track::{self, Queue};
use super::writer::{Device, Times};
use super::{Gap, GapCause, SessionHandle, SessionResult};
use crate::session::{Cut, EndReason};
use std::sync::Arc;
use std::time::Instant;

/// Silence and comfort noise are written in pieces of this many samples.
const FILL_SAMPLES: usize = 4_096;

/// What a recording needs now.
pub(super) enum Due {
    Write,
    Finish(Ended),
}

pub(super) struct Recording {
    slot: &'static Slot,
    queue: Queue,
    file: MessageFile,
    /// Stalls in its file system when it was last written.
    known_stalls: u32,
    /// For so many writes to come the disk may be why samples were lost: what was wrong with it.
    hindered: (u8, GapCause),
    /// The gap at the recording's end, where there is one, was taken over.
    last_gap_taken: bool,
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
    /// When there was last known to be no more: what waits came after that.
    written_up_at: Instant,
    gaps: Vec<Gap>,
    gap_count: u32,
    /// Samples of the message that we lost.
    lost: u64,
}

impl Recording {
    pub(super) fn new(slot: &'static Slot, queue: Queue, file: MessageFile) -> Self {
        Self {
            slot,
            queue,
            known_stalls: file.device().stalls(),
            file,
            hindered: (0, GapCause::RingFull),
            last_gap_taken: false,
            position: 0,
            file_start: 0,
            heard: None,
            noticed_events: 0,
            next_gap: None,
            written_clock: 0,
            written_up_at: Instant::now(),
            gaps: Vec::new(),
            gap_count: 0,
            lost: 0,
        }
    }

    pub(super) const fn handle(&self) -> SessionHandle {
        self.file.handle()
    }

    /// The file system that its file is on.
    pub(super) const fn device(&self) -> &Arc<Device> {
        self.file.device()
    }

    /// It counts on its file system being synced.
    pub(super) const fn is_synced_at_intervals(&self) -> bool {
        self.file.durability().is_interval()
    }

    /// Says what is due, and tells the host what there is to tell. No file operation.
    pub(super) fn look(&mut self, now: Instant, times: &Times, shared: &EngineShared) -> Option<Due> {
        // Asked before the queue is looked at: what the ended session queued is then all there.
        let ended = self.slot.ended(self.handle().generation());
        // Whether there are others, not how many.
        let told_events = self.slot.told_events() as u32;
        if told_events != self.noticed_events {
            self.noticed_events = told_events;
            shared.events.put(EngineEvent::SessionEvents(self.handle()));
        }
        if self.file.backs_off(now) && !self.file.has_held(now, times.full_hold) {
            return None;
        }
        if let Some(ended) = ended {
            return Some(Due::Finish(ended));
        }
        if self.file.is_held() {
            if self.file.has_held(now, times.full_hold) {
                self.file.give_up();
                // Refused only where the host has closed the session, which ends it, too.
                let _ = self.handle().fail();
                return None;
            }
            return Some(Due::Write);
        }
        let clock = self.slot.clock();
        self.supervise(clock, now, times);
        // The queue's own count is the media thread's at every push: it is left alone until a batch may be due.
        let new = clock - self.written_clock;
        if new == 0 {
            self.written_up_at = now;
            return None;
        }
        let batch = self.file.line_samples_of(times.batch_samples as u64);
        let waited = now.saturating_duration_since(self.written_up_at);
        let due = new >= batch || waited >= times.batch_age.saturating_sub(self.file.delay());
        due.then(|| {
            (self.written_up_at, self.written_clock) = (now, clock);
            Due::Write
        })
    }

    /// Ends a session whose host has stopped delivering audio.
    fn supervise(&mut self, clock: u64, now: Instant, times: &Times) {
        let Some(timeout) = times.media_timeout else { return };
        match self.heard {
            Some((heard, since)) if heard == clock => {
                if now.saturating_duration_since(since) >= timeout {
                    // Refused only where the host has closed the session, which ends it, too.
                    let _ = self.handle().media_timeout();
                    self.heard = Some((clock, now));
                }
            }
            _ => self.heard = Some((clock, now)),
        }
    }

    /// Ends the message because the engine closes.
    pub(super) fn stop(&self) {
        // Refused only where the host has closed the session, which ends it, too.
        let _ = self.handle().stop();
    }

    /// Writes what is queued.
    pub(super) fn write(&mut self, bench: &mut Workbench) {
        let before = self.file.written_bytes();
        bench.shared.counters.ring_high_water_samples.reach(self.queue.samples.len() as u64);
        if self.file.is_held() {
            // What it dropped is not tried again.
            self.start_over(bench);
        }
        if self.file.is_held() {
            self.hindered = (2, GapCause::DiskFull);
            self.file.retry(bench);
        }
        if !self.file.holds_samples() {
            self.write_queued(bench);
            self.file.sync_batch(bench);
        }
        bench.shared.counters.written_bytes.add(self.file.written_bytes() - before);
    }

    fn write_queued(&mut self, bench: &mut Workbench) {
        // The samples are counted before the gaps are looked at: a gap is told before the first
        // sample after it, so that none of these samples can overtake a gap.
        let mut left = self.queue.samples.len();
        // After the count, too: what was queued before the recording started over is then dropped, and no more than that.
        self.start_over(bench);
        // A gap at the end of a full ring is told only when there is room again.
        let (full, gaps) = (left == self.queue.samples.capacity(), self.gap_count);
        let stalls = self.device().stalls();
        if stalls != self.known_stalls || self.device().is_suspect() {
            // This write may wait, too, so that it is the next one that finds the gap.
            self.hindered = (2, GapCause::DiskStalled);
        }
        self.known_stalls = stalls;
        while !self.file.holds_samples() {
            let gap = self.upcoming_gap();
            if let Some(gap) = gap.filter(|gap| gap.start == self.position) {
                // It may be the new recording's.
                self.start_over(bench);
                self.write_gap(gap, bench);
                continue;
            }
            if left == 0 {
                break;
            }
            let until_gap = gap.map_or(u64::MAX, |gap| gap.start - self.position);
            let run = (left as u64).min(until_gap) as usize;
            self.write_samples(run, bench);
            left -= run;
        }
        if !full || gaps != self.gap_count {
            self.hindered.0 = self.hindered.0.saturating_sub(1);
        }
    }

    /// Empties the file where the recording started over. What that dropped may still be queued.
    fn start_over(&mut self, bench: &Workbench) {
        let start = self.slot.dropped_samples();
        if start > self.file_start {
            self.file_start = start;
            self.gaps.clear();
            (self.gap_count, self.lost) = (0, 0);
            self.file.clear(bench);
        }
    }

    fn upcoming_gap(&mut self) -> Option<track::Gap> {
        if self.next_gap.is_none() {
            self.next_gap = self.queue.gaps.try_pop();
        }
        self.next_gap
    }

    fn write_samples(&mut self, count: usize, bench: &mut Workbench) {
        let dropped = self.file_start.saturating_sub(self.position).min(count as u64) as usize;
        self.queue.samples.skip(dropped);
        let kept = count - dropped;
        if kept > 0 {
            self.file.append(self.queue.samples.peek(kept), bench);
        }
        self.queue.samples.skip(kept);
        self.position += count as u64;
    }

    /// Fills a gap as far as the disk takes it; the rest is the next gap.
    fn write_gap(&mut self, gap: track::Gap, bench: &mut Workbench) {
        let end = gap.start + gap.samples;
        let dropped = self.file_start.saturating_sub(self.position).min(gap.samples);
        self.position += dropped;
        let kept = gap.samples - dropped;
        if kept > 0 {
            let start_sample = self.position - self.file_start;
            let cause = if self.hindered.0 > 0 { self.hindered.1 } else { GapCause::RingFull };
            self.list(Gap { start_sample, samples: gap.lost.min(kept), cause });
        }
        let mut piece = [0; FILL_SAMPLES];
        while self.position < end && !self.file.holds_samples() {
            let piece = &mut piece[..(end - self.position).min(FILL_SAMPLES as u64) as usize];
            if let Some(noise) = self.queue.noise.filter(|_| gap.noise) {
                noise.fill(self.position, piece);
            }
            self.file.append([piece, &[]], bench);
            self.position += piece.len() as u64;
        }
        // Listed already.
        let rest = track::Gap { start: self.position, samples: end - self.position, lost: 0, ..gap };
        self.next_gap = (rest.samples > 0).then_some(rest);
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

    /// Writes the rest, ends the file and tells the result; comes back where the disk is too full for that, which is
    /// waited for a while.
    pub(super) fn finish(
        mut self: Box<Self>,
        ended: &Ended,
        times: &Times,
        bench: &mut Workbench,
    ) -> Option<Box<Self>> {
        let end = &ended.end;
        let kept = if end.deleted { 0 } else { end.kept_samples };
        if self.file.has_held(Instant::now(), times.full_hold) {
            self.file.give_up();
        }
        self.write(bench);
        let before = self.file.written_bytes();
        if !self.file.holds_samples()
            && !std::mem::replace(&mut self.last_gap_taken, true)
            && let Some(gap) = ended.open_gap
        {
            self.write_gap(gap, bench);
        }
        if !self.file.holds_samples() {
            self.file.end_shape(bench);
        }
        if self.file.holds_samples() && self.file.missing(kept) == 0 {
            // What is held is no part of the message.
            self.file.drop_held();
        }
        // What the file should hold and does not, because the disk took no more.
        let unwritten = self.file.missing(kept);
        if !self.file.holds_samples() {
            self.file.end(kept, bench);
        }
        bench.shared.counters.written_bytes.add(self.file.written_bytes() - before);
        if self.file.is_held() {
            return Some(self);
        }
        self.report(ended, unwritten, bench);
        None
    }

    /// Gives the file its name, tells the result, and that there is one.
    fn report(mut self, ended: &Ended, unwritten: u64, bench: &Workbench) {
        let handle = self.handle();
        let end = &ended.end;
        let kept = if end.deleted { 0 } else { end.kept_samples };
        let failure = self.file.end_reason();
        // What was cut off needs no account, and what the disk refused has one of its own.
        self.end_gaps_at(kept - unwritten);
        let cause =
            if failure == Some(EndReason::DiskFull) { GapCause::DiskFull } else { GapCause::DiskError };
        self.list(Gap { start_sample: kept - unwritten, samples: unwritten, cause });
        let file = self.file.finish(kept, bench);
        let mut unwritten = unwritten;
        if file.paths.is_empty() && file.error.is_some() && unwritten < kept {
            // Nothing is left of what was written.
            unwritten = kept;
            self.gaps = vec![Gap { start_sample: 0, samples: kept, cause: GapCause::DiskError }];
            (self.gap_count, self.lost) = (1, kept);
        }
        let recorded_ms = file.rate.milliseconds(file.samples - file.appended_to);
        let failure = failure.or(file.error.is_some().then_some(EndReason::WriteError));
        let counts = ended.counts;
        let lost_samples = self.lost;
        let mut paths = file.paths.into_iter();
        debug_assert!(
            lost_samples <= counts.lost_samples + unwritten,
            "more lost than the media side knows of"
        );
        let result = SessionResult {
            end_reason: failure.unwrap_or(end.reason),
            end_digit: end.digit.filter(|_| failure.is_none()),
            tone: end.tone.filter(|_| failure.is_none()),
            path: paths.next(),
            more_paths: paths.collect(),
            samples: file.samples,
            appended_to_samples: file.appended_to,
            duration_ms: file.rate.milliseconds(file.samples),
            spoken_ms: counts.spoken_ms.min(recorded_ms),
            trimmed_samples: if failure.is_some() { 0 } else { end.recorded_samples - end.kept_samples },
            cut: if failure.is_some() { Cut::Nothing } else { end.cut },
            lost_samples,
            gaps: self.gaps,
            gap_count: self.gap_count.into(),
            line_lost_samples: counts.line_lost_samples,
            echo_guard_samples: counts.echo_guard_samples,
            late_samples: counts.late_samples,
            timestamp_jumps: counts.timestamp_jumps,
            dropped_samples: counts.dropped_samples,
            complete: failure.is_none() && file.sync_error.is_none() && lost_samples == 0,
            error: file.error,
            durability: file.durability,
            sync_error: file.sync_error,
        };
        let counters = &bench.shared.counters;
        counters.finished_messages.add(1);
        counters.incomplete_messages.add((!result.complete).into());
        counters.lost_samples.add(lost_samples);
        counters.media_timeouts.add((result.end_reason == EndReason::MediaTimeout).into());
        counters.line_lost_samples.add(counts.line_lost_samples);
        if self.slot.finish(handle, result) {
            bench.shared.events.put(EngineEvent::Finished(handle));
        }
    }
}
