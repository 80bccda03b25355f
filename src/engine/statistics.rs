//! What an engine counts.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Buckets of [`LatencyHistogram`].
pub const LATENCY_BUCKETS: usize = 24;

/// How long file operations took: bucket 0 counts those below 1 µs, bucket n those from 2ⁿ⁻¹ to below 2ⁿ µs, the last
/// one all longer ones (4.2 s and more).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyHistogram {
    /// Operations by duration.
    pub buckets: [u64; LATENCY_BUCKETS],
    /// Sum of all durations, in microseconds.
    pub sum_us: u64,
    /// The longest one, in microseconds.
    pub max_us: u64,
}

impl LatencyHistogram {
    /// Operations altogether.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// What all operations of a bucket took less than, in microseconds; `None` for the last one.
    pub const fn bucket_limit_us(bucket: usize) -> Option<u64> {
        if bucket + 1 < LATENCY_BUCKETS { Some(1 << bucket) } else { None }
    }
}

/// An engine's counts since its start, each of them exact; they were read one after the other while work went on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStatistics {
    /// Sessions that hold a slot now: until their message is finished and their handle closed.
    pub open_sessions: u32,
    /// Sessions opened.
    pub opened_sessions: u64,
    /// Opens that were refused, for whatever reason.
    pub refused_sessions: u64,
    /// Messages finished, those without a file included.
    pub finished_messages: u64,
    /// Finished messages of which something was lost.
    pub incomplete_messages: u64,
    /// Samples that we lost (ring full, disk), in finished messages.
    pub lost_samples: u64,
    /// Samples that the line lost, in finished messages.
    pub line_lost_samples: u64,
    /// Bytes written to files, headers included.
    pub written_bytes: u64,
    /// The fullest that a writer has found a session's ring, in samples.
    pub ring_high_water_samples: u64,
    /// What a ring holds, in samples.
    pub ring_samples: u64,
    /// How long it took to write a batch, or to finish a file.
    pub write_latency: LatencyHistogram,
    /// Writers that stalled in a file operation for longer than `writer_stall_ms`.
    pub stalls: u64,
    /// Writers that are stalled now.
    pub stalled_writers: u32,
    /// File systems that are declared stalled now.
    pub stalled_file_systems: u32,
    /// File systems on which some session finds no room now.
    pub full_file_systems: u32,
    /// Messages whose file could not be written, or not be given its name.
    pub write_errors: u64,
    /// File systems synced at intervals, so many times.
    pub syncs: u64,
    /// The longest of these, in microseconds.
    pub sync_max_us: u64,
    /// Files, and file systems, that could not be synced.
    pub sync_failures: u64,
    /// Sessions that ended because no audio came.
    pub media_timeouts: u64,
    /// Events that were lost because nobody took them.
    pub lost_events: u64,
    /// Interrupted recordings that were repaired, or only given their names, when the engine started.
    pub repaired_files: u64,
    /// Those that could not be, or not be given their names.
    pub unrepaired_files: u64,
}

/// The counts as they are written, each by relaxed operations of threads that may block.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) opened_sessions: Count,
    pub(super) refused_sessions: Count,
    pub(super) finished_messages: Count,
    pub(super) incomplete_messages: Count,
    pub(super) lost_samples: Count,
    pub(super) line_lost_samples: Count,
    pub(super) written_bytes: Count,
    pub(super) ring_high_water_samples: Count,
    pub(super) stalls: Count,
    pub(super) stalled_writers: AtomicU32,
    pub(super) stalled_file_systems: AtomicU32,
    pub(super) full_file_systems: AtomicU32,
    pub(super) write_errors: Count,
    pub(super) syncs: Count,
    pub(super) sync_max_us: Count,
    pub(super) sync_failures: Count,
    pub(super) media_timeouts: Count,
    buckets: [Count; LATENCY_BUCKETS],
    sum_us: Count,
    max_us: Count,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Raises it to a value, if it is lower.
    pub(super) fn reach(&self, value: u64) {
        if value > self.get() {
            self.0.fetch_max(value, Ordering::Relaxed);
        }
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Counts a file operation.
    pub(super) fn took(&self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - us.leading_zeros()) as usize;
        if let Some(bucket) = self.buckets.get(bucket.min(LATENCY_BUCKETS - 1)) {
            bucket.add(1);
        }
        self.sum_us.add(us);
        self.max_us.reach(us);
    }

    pub(super) fn snapshot(&self) -> EngineStatistics {
        EngineStatistics {
            opened_sessions: self.opened_sessions.get(),
            refused_sessions: self.refused_sessions.get(),
            finished_messages: self.finished_messages.get(),
            incomplete_messages: self.incomplete_messages.get(),
            lost_samples: self.lost_samples.get(),
            line_lost_samples: self.line_lost_samples.get(),
            written_bytes: self.written_bytes.get(),
            ring_high_water_samples: self.ring_high_water_samples.get(),
            write_latency: LatencyHistogram {
                buckets: self.buckets.each_ref().map(Count::get),
                sum_us: self.sum_us.get(),
                max_us: self.max_us.get(),
            },
            stalls: self.stalls.get(),
            stalled_writers: self.stalled_writers.load(Ordering::Relaxed),
            stalled_file_systems: self.stalled_file_systems.load(Ordering::Relaxed),
            full_file_systems: self.full_file_systems.load(Ordering::Relaxed),
            write_errors: self.write_errors.get(),
            syncs: self.syncs.get(),
            sync_max_us: self.sync_max_us.get(),
            sync_failures: self.sync_failures.get(),
            media_timeouts: self.media_timeouts.get(),
            ..EngineStatistics::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_duration_falls_below_its_buckets_limit() {
        let counters = Counters::default();
        for us in [0, 1, 2, 3, 1_023, 1_024, 1 << 22, 1 << 40] {
            counters.took(Duration::from_micros(us));
        }
        let histogram = counters.snapshot().write_latency;
        let expected = [(0, 1), (1, 1), (2, 2), (10, 1), (11, 1), (23, 2)];
        for (bucket, count) in histogram.buckets.into_iter().enumerate() {
            assert_eq!(count, expected.iter().find(|(at, _)| *at == bucket).map_or(0, |(_, count)| *count));
        }
        assert_eq!((histogram.count(), histogram.max_us), (8, 1 << 40));
        assert_eq!(LatencyHistogram::bucket_limit_us(11), Some(2_048));
        assert_eq!(LatencyHistogram::bucket_limit_us(23), None);
    }
}
