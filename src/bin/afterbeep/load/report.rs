use super::feeder::Fed;
use super::latency::{Latencies, Percentiles};
use super::pace::Turns;
use super::tally::Tally;
use super::usage::Written;
use crate::Failure;
use crate::args::Load;
use afterbeep::engine::{EngineStatistics, LatencyHistogram};
use clap::ValueEnum;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::time::Duration;

const SAMPLES_A_SECOND: f64 = 8_000.0;
const SAMPLE_BYTES: u64 = 2;

/// What a run showed.
pub(super) struct Measured {
    pub(super) walls: Walls,
    pub(super) cpu: Cpu,
    pub(super) disk: Disk,
    pub(super) engine: EngineStatistics,
    /// Bytes in RAM at the most, less what there was before the first session.
    pub(super) memory: u64,
    pub(super) pushed_samples: u64,
    pub(super) fed: Vec<Fed>,
    pub(super) tally: Tally,
}

/// How long each part took.
pub(super) struct Walls {
    pub(super) open: Duration,
    pub(super) feed: Duration,
    pub(super) finish: Duration,
}

/// CPU time from before the engine was made until the last result.
pub(super) struct Cpu {
    pub(super) process: Duration,
    /// The threads that push.
    pub(super) media: Duration,
    /// The thread that opens sessions, hangs up, takes results and draws the progress bar.
    pub(super) driver: Duration,
}

pub(super) struct Disk {
    /// Size of the files that are left.
    files: u64,
    /// What was written to get there; `None` where the kernel does not count it.
    written: Option<Written>,
}

impl Disk {
    pub(super) fn since(before: Option<Written>, tally: &Tally) -> Self {
        let since = |now: Written, before: Written| Written {
            bytes: now.bytes - before.bytes,
            calls: now.calls - before.calls,
        };
        let written = Written::now().zip(before).map(|(now, before)| since(now, before));
        let size = |path| std::fs::metadata(path).map_or(0, |file| file.len());
        Self { files: tally.paths.iter().map(size).sum(), written }
    }
}

/// The figures; a latency is in nanoseconds.
#[derive(Serialize)]
struct Report {
    channels: u32,
    seconds: u32,
    pace: String,
    format: String,
    durability: String,
    call_progress: bool,
    media_threads: usize,
    writer_threads: u32,
    batch_ms: u32,
    ring_ms: u32,
    open_wall_s: f64,
    feed_wall_s: f64,
    finish_wall_s: f64,
    channel_seconds: f64,
    process_cpu_us_per_channel_second: f64,
    media_cpu_us_per_channel_second: f64,
    writers_cpu_us_per_channel_second: f64,
    driver_cpu_us_per_channel_second: f64,
    channels_per_core: f64,
    push_latency_ns: Percentiles,
    preempted_push_latency_ns: Percentiles,
    empty_loop_latency_ns: Percentiles,
    preempted_empty_loop_latency_ns: Percentiles,
    media_preemptions: i64,
    media_page_faults: i64,
    ticks: Option<u64>,
    late_ticks: Option<u64>,
    tick_lateness_max_us: Option<f64>,
    ring_waits: u64,
    ring_high_water_samples: u64,
    write_latency_us: WriteLatency,
    writer_stalls: u64,
    file_bytes: u64,
    written_bytes: Option<u64>,
    write_calls: Option<u64>,
    memory_bytes_per_channel: u64,
    ring_bytes_per_channel: u64,
    pushed_samples: u64,
    lost_samples: u64,
    sessions_complete: u32,
    sessions_ended_early: u32,
    sessions_failed: u32,
    sessions_with_loss: u32,
    sessions_unfinished: u32,
    end_reasons: BTreeMap<&'static str, u32>,
    error: Option<String>,
}

/// How long the writers took for a batch, or for finishing a file.
#[derive(Serialize)]
struct WriteLatency {
    writes: u64,
    mean: f64,
    max: u64,
}

impl From<&LatencyHistogram> for WriteLatency {
    fn from(histogram: &LatencyHistogram) -> Self {
        let writes = histogram.count();
        Self { writes, mean: histogram.sum_us as f64 / writes.max(1) as f64, max: histogram.max_us }
    }
}

impl Report {
    fn new(arguments: &Load, measured: Measured) -> Self {
        let Measured { walls, cpu, disk, engine, memory, pushed_samples, fed, tally } = measured;
        let config = arguments.engine();
        let channel_seconds = pushed_samples as f64 / SAMPLES_A_SECOND;
        let share = |time: Duration| time.as_secs_f64() * 1e6 / channel_seconds;
        let writers = cpu.process.saturating_sub(cpu.media + cpu.driver);
        let (mut ticks, mut late_ticks, mut lateness_max) = (None, None, None);
        let (mut pushes, mut empty) = (Latencies::new(), Latencies::new());
        let (mut media_preemptions, mut media_page_faults, mut ring_waits) = (0, 0, 0);
        let media_threads = fed.len();
        for thread in fed {
            if let Turns::Real(turns) = thread.turns {
                ticks = Some(ticks.unwrap_or(0) + turns.begun);
                late_ticks = Some(late_ticks.unwrap_or(0) + turns.late);
                lateness_max = lateness_max.max(Some(turns.lateness_max));
            }
            media_preemptions += thread.counts.preemptions;
            media_page_faults += thread.counts.page_faults;
            ring_waits += thread.ring_waits;
            let (thread_pushes, thread_empty) = thread.sampler.finish();
            pushes.add(&thread_pushes);
            empty.add(&thread_empty);
        }
        Self {
            channels: arguments.channels,
            seconds: arguments.seconds,
            pace: name(arguments.pace),
            format: name(arguments.format),
            durability: name(arguments.durability),
            call_progress: arguments.tones.is_on(),
            media_threads,
            writer_threads: config.writer_threads,
            batch_ms: config.batch_ms,
            ring_ms: config.ring_ms,
            open_wall_s: walls.open.as_secs_f64(),
            feed_wall_s: walls.feed.as_secs_f64(),
            finish_wall_s: walls.finish.as_secs_f64(),
            channel_seconds,
            process_cpu_us_per_channel_second: share(cpu.process),
            media_cpu_us_per_channel_second: share(cpu.media),
            writers_cpu_us_per_channel_second: share(writers),
            driver_cpu_us_per_channel_second: share(cpu.driver),
            channels_per_core: 1e6 / share(cpu.process),
            push_latency_ns: (&pushes.undisturbed).into(),
            preempted_push_latency_ns: (&pushes.preempted).into(),
            empty_loop_latency_ns: (&empty.undisturbed).into(),
            preempted_empty_loop_latency_ns: (&empty.preempted).into(),
            media_preemptions,
            media_page_faults,
            ticks,
            late_ticks,
            tick_lateness_max_us: lateness_max.map(|lateness| lateness.as_secs_f64() * 1e6),
            ring_waits,
            ring_high_water_samples: engine.ring_high_water_samples,
            write_latency_us: (&engine.write_latency).into(),
            writer_stalls: engine.stalls,
            file_bytes: disk.files,
            written_bytes: disk.written.map(|written| written.bytes),
            write_calls: disk.written.map(|written| written.calls),
            memory_bytes_per_channel: memory / u64::from(arguments.channels),
            ring_bytes_per_channel: u64::from(config.ring_ms) * 8 * SAMPLE_BYTES,
            pushed_samples,
            lost_samples: tally.lost_samples,
            sessions_complete: tally.complete,
            sessions_ended_early: tally.ended_early,
            sessions_failed: tally.failed,
            sessions_with_loss: tally.with_loss,
            sessions_unfinished: tally.unfinished,
            end_reasons: tally.end_reasons,
            error: tally.error,
        }
    }

    fn summary(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let out = &mut text;
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        writeln!(
            out,
            "{} channel{}, {} s each at pace {}: {} media thread{}, {} writer{}\n",
            self.channels,
            plural(self.channels.into()),
            self.seconds,
            self.pace,
            self.media_threads,
            plural(self.media_threads as u64),
            self.writer_threads,
            plural(self.writer_threads.into()),
        )?;
        if self.pushed_samples > 0 {
            writeln!(
                out,
                "CPU         {:.1} µs a channel-second: media {:.1}, writers {:.1}, opening and closing {:.1}",
                self.process_cpu_us_per_channel_second,
                self.media_cpu_us_per_channel_second,
                self.writers_cpu_us_per_channel_second,
                self.driver_cpu_us_per_channel_second,
            )?;
            writeln!(out, "one core    {:.0} channels, if it did nothing else", self.channels_per_core)?;
        }
        writeln!(
            out,
            "\n                 samples      p50      p90      p99    p99.9   p99.99      max  ns"
        )?;
        row(out, "push", &self.push_latency_ns)?;
        row(out, "  preempted", &self.preempted_push_latency_ns)?;
        row(out, "empty loop", &self.empty_loop_latency_ns)?;
        row(out, "  preempted", &self.preempted_empty_loop_latency_ns)?;
        writeln!(
            out,
            "\nmedia       {} preemptions, {} page faults",
            self.media_preemptions, self.media_page_faults
        )?;
        if let (Some(ticks), Some(late), Some(most)) =
            (self.ticks, self.late_ticks, self.tick_lateness_max_us)
        {
            writeln!(
                out,
                "ticks       {ticks}, {late} of them not over in time; the latest began after {most:.0} µs"
            )?;
        }
        writeln!(
            out,
            "time        {:.2} s to open, {:.2} s to feed, {:.2} s to finish",
            self.open_wall_s, self.feed_wall_s, self.finish_wall_s
        )?;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        write!(out, "files       {:.1} MB", megabytes(self.file_bytes))?;
        if let (Some(bytes), Some(calls)) = (self.written_bytes, self.write_calls) {
            write!(out, "; {:.1} MB written in {calls} calls", megabytes(bytes))?;
        }
        writeln!(
            out,
            "\nwrites      {} of {:.1} µs each, the longest {} µs; rings were up to {} of {} ms full",
            self.write_latency_us.writes,
            self.write_latency_us.mean,
            self.write_latency_us.max,
            self.ring_high_water_samples / 8,
            self.ring_ms,
        )?;
        writeln!(
            out,
            "memory      {} bytes a channel, {} of them its ring",
            self.memory_bytes_per_channel, self.ring_bytes_per_channel
        )?;
        write!(out, "sessions    {} complete", self.sessions_complete)?;
        for (count, what) in [
            (self.sessions_ended_early, "ended early"),
            (self.sessions_failed, "failed"),
            (self.sessions_with_loss, "with losses"),
            (self.sessions_unfinished, "not finished"),
        ] {
            if count > 0 {
                write!(out, ", {count} {what}")?;
            }
        }
        writeln!(out, "\nlost        {} samples", self.lost_samples)?;
        Ok(text)
    }
}

fn row(out: &mut String, name: &str, of: &Percentiles) -> std::fmt::Result {
    if of.samples == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "{name:<12}{:>12} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        of.samples, of.p50, of.p90, of.p99, of.p99_9, of.p99_99, of.max
    )
}

/// How a flag's value is written.
fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Prints the figures; a file that failed is a failure.
pub(super) fn tell(arguments: &Load, measured: Measured) -> Result<(), Failure> {
    let report = Report::new(arguments, measured);
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { report.summary()? };
    print(&text)?;
    let bad = report.sessions_failed + report.sessions_unfinished;
    match report.error {
        Some(error) => Err(Failure::Failed(format!(
            "{bad} of {} channels failed: {error}; look at the disk of {}",
            arguments.channels,
            arguments.dir.display()
        ))),
        None => Ok(()),
    }
}

/// Says as JSON why nothing could be measured.
pub(super) fn tell_failure(failure: &Failure) {
    let (Failure::Usage(error) | Failure::Failed(error)) = failure;
    // Standard error and the status say it, too.
    let _ = print(&format!("{}\n", serde_json::json!({ "error": error })));
}

/// Whoever closed standard output does not want to read it.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}
