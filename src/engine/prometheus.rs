//! Statistics in Prometheus's exposition format, version 0.0.4.

use super::{EngineStatistics, LatencyHistogram};
use std::fmt::Write;

impl EngineStatistics {
    /// The counts as text for Prometheus: metrics `afterbeep_…`, times in seconds.
    pub fn to_prometheus(&self) -> String {
        let mut text = String::new();
        let mut metric = |kind: &str, name: &str, help: &str, value: u64| {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP afterbeep_{name} {help}\n# TYPE afterbeep_{name} {kind}\nafterbeep_{name} {value}\n"
            );
        };
        metric("gauge", "sessions_open", "Sessions that hold a slot.", self.open_sessions.into());
        metric("counter", "sessions_opened_total", "Sessions opened.", self.opened_sessions);
        metric("counter", "sessions_refused_total", "Opens refused.", self.refused_sessions);
        metric("counter", "messages_finished_total", "Messages finished.", self.finished_messages);
        metric(
            "counter",
            "messages_incomplete_total",
            "Messages that lost something.",
            self.incomplete_messages,
        );
        metric("counter", "lost_samples_total", "Samples lost by the recorder.", self.lost_samples);
        metric("counter", "line_lost_samples_total", "Samples lost by the line.", self.line_lost_samples);
        metric("counter", "written_bytes_total", "Bytes written to files.", self.written_bytes);
        metric("gauge", "ring_high_water_samples", "Fullest ring found.", self.ring_high_water_samples);
        metric("gauge", "ring_samples", "What a ring holds.", self.ring_samples);
        metric("counter", "writer_stalls_total", "Writers stalled in a file operation.", self.stalls);
        metric("gauge", "writers_stalled", "Writers stalled now.", self.stalled_writers.into());
        metric(
            "gauge",
            "file_systems_stalled",
            "File systems stalled now.",
            self.stalled_file_systems.into(),
        );
        metric("gauge", "file_systems_full", "File systems without room now.", self.full_file_systems.into());
        metric("counter", "write_errors_total", "Files that could not be written.", self.write_errors);
        metric("counter", "syncs_total", "File systems synced at intervals.", self.syncs);
        metric("counter", "sync_failures_total", "Files and file systems not synced.", self.sync_failures);
        metric("counter", "media_timeouts_total", "Sessions that no audio reached.", self.media_timeouts);
        metric("counter", "repaired_files_total", "Files repaired at the start.", self.repaired_files);
        metric("counter", "unrepaired_files_total", "Files not repaired then.", self.unrepaired_files);
        metric("counter", "events_lost_total", "Events that nobody took.", self.lost_events);
        self.write_latency.write_prometheus(&mut text);
        text
    }
}

impl LatencyHistogram {
    fn write_prometheus(&self, text: &mut String) {
        let seconds = |us: u64| us as f64 / 1e6;
        let name = "afterbeep_write_seconds";
        let _ =
            writeln!(text, "# HELP {name} How long batches and file endings took.\n# TYPE {name} histogram");
        let mut below = 0;
        for (bucket, count) in self.buckets.into_iter().enumerate() {
            below += count;
            if let Some(limit) = Self::bucket_limit_us(bucket) {
                let _ = writeln!(text, "{name}_bucket{{le=\"{}\"}} {below}", seconds(limit));
            }
        }
        let (count, sum) = (self.count(), seconds(self.sum_us));
        let _ =
            writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_comment_or_a_number_and_buckets_add_up() {
        let mut statistics = EngineStatistics { lost_samples: 7, ..EngineStatistics::default() };
        statistics.write_latency.buckets[3] = 2;
        statistics.write_latency.buckets[23] = 1;
        statistics.write_latency.sum_us = 9_000_012;
        let text = statistics.to_prometheus();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.split_once(' ').unwrap();
            assert!(name.starts_with("afterbeep_") && value.parse::<f64>().is_ok(), "{line}");
        }
        for line in [
            "afterbeep_lost_samples_total 7",
            "afterbeep_write_seconds_bucket{le=\"0.000004\"} 0",
            "afterbeep_write_seconds_bucket{le=\"0.000008\"} 2",
            "afterbeep_write_seconds_bucket{le=\"+Inf\"} 3",
            "afterbeep_write_seconds_sum 9.000012",
            "afterbeep_write_seconds_count 3",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
    }
}
