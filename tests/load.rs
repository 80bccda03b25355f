//! `afterbeep load`: what it records is whole, what it reports is there, and what it cannot do it says.

mod common;

use common::tools::{SmallDisk, have, run};
use common::{Line, Random, data, read_wav, speech, write_wav};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Figures that every run has.
const FIGURES: [&str; 14] = [
    "process_cpu_us_per_channel_second",
    "media_cpu_us_per_channel_second",
    "writers_cpu_us_per_channel_second",
    "driver_cpu_us_per_channel_second",
    "channels_per_core",
    "file_bytes",
    "written_bytes",
    "write_calls",
    "memory_bytes_per_channel",
    "media_preemptions",
    "media_page_faults",
    "ring_waits",
    "ring_high_water_samples",
    "writer_stalls",
];

fn load(directory: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
    command.args(["load", "--dir"]).arg(directory).args(flags).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The figures of a run that went well, of which standard error says nothing.
fn figures(directory: &Path, flags: &str) -> Value {
    let output = load(directory, &flags.split(' ').chain(["--json"]).collect::<Vec<_>>());
    assert!(output.status.success() && output.stderr.is_empty(), "{flags}: {}", error(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for figure in FIGURES {
        assert!(report[figure].as_f64().is_some_and(|value| value >= 0.0), "{flags}: {figure} of {report}");
    }
    report
}

fn number(report: &Value, field: &str) -> f64 {
    report[field].as_f64().unwrap_or_else(|| panic!("{field} of {report}"))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn fifty_channels_leave_what_each_of_them_heard() {
    let directory = tempfile::tempdir().unwrap();
    let input = data("message.wav");
    let report = figures(
        directory.path(),
        &format!("--channels 50 --seconds 2 --pace max --input {}", input.to_str().unwrap()),
    );
    let line = speech("message.wav");
    let heard = |channel: usize| line.iter().copied().cycle().skip(channel * line.len() / 50).take(16_000);
    let expected: BTreeSet<Vec<i16>> = (0..50).map(|channel| heard(channel).collect()).collect();
    let files = files(directory.path());
    let recorded: BTreeSet<Vec<i16>> = files.iter().map(|file| read_wav(file)).collect();
    assert!(files.len() == 50 && recorded == expected, "{files:?}");

    for (field, value) in [
        ("sessions_complete", 50),
        ("sessions_ended_early", 0),
        ("sessions_failed", 0),
        ("sessions_with_loss", 0),
        ("sessions_unfinished", 0),
        ("lost_samples", 0),
        ("pushed_samples", 800_000),
        ("channel_seconds", 100),
        ("ring_bytes_per_channel", 32_000),
    ] {
        assert_eq!(number(&report, field), f64::from(value), "{field}");
    }
    assert_eq!(report["end_reasons"], serde_json::json!({ "hangup": 50 }));
    let cpu = |of| number(&report, &format!("{of}_cpu_us_per_channel_second"));
    assert!(cpu("media") > 0.0 && cpu("writers") > 0.0 && cpu("driver") > 0.0);
    let sum = cpu("media") + cpu("writers") + cpu("driver");
    assert!((cpu("process") - sum).abs() < 1e-6 * sum, "{report}");
    assert!((number(&report, "channels_per_core") * cpu("process") - 1e6).abs() < 1.0);
    let sizes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    assert_eq!(number(&report, "file_bytes"), sizes as f64);
    assert!(number(&report, "written_bytes") >= sizes as f64 && number(&report, "write_calls") >= 100.0);
    assert!(number(&report, "memory_bytes_per_channel") >= 32_000.0, "{report}");
    let write = |of| number(&report["write_latency_us"], of);
    assert!(write("writes") >= 100.0 && write("mean") > 0.0 && write("mean") <= write("max"), "{report}");
    // A batch has to be there, and no more than half a ring is pushed, but for the frame that fills it.
    assert!((7_200.0..=8_160.0).contains(&number(&report, "ring_high_water_samples")), "{report}");
    assert!(report["late_ticks"].is_null() && report["error"].is_null());
}

#[test]
fn latencies_are_those_of_pushes_beside_those_of_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let report = figures(directory.path(), "--channels 20 --seconds 60 --pace max");
    let of = |kind: &str| {
        let figures =
            ["samples", "p50", "p90", "p99", "p99_9", "p99_99", "max"].map(|key| number(&report[kind], key));
        assert!(figures[1..].is_sorted(), "{kind}: {report}");
        (figures[0], figures[1])
    };
    let (pushes, push) = of("push_latency_ns");
    let (nothings, nothing) = of("empty_loop_latency_ns");
    let (preempted, _) = of("preempted_push_latency_ns");
    of("preempted_empty_loop_latency_ns");
    // 60 000 pushes, 32 of 1021 timed.
    assert!((1_856.0..=1_888.0).contains(&(pushes + preempted)) && nothings > 1_500.0, "{report}");
    assert!(push > nothing && nothing > 0.0, "{report}");
}

#[test]
fn real_pace_takes_real_time() {
    let directory = tempfile::tempdir().unwrap();
    let report = figures(directory.path(), "--channels 10 --seconds 1 --pace real");
    // The last channel joins 22 turns after the first one, and all of them have 50.
    assert!(number(&report, "feed_wall_s") >= 1.44, "{report}");
    assert_eq!(number(&report, "ticks"), 73.0);
    assert!(number(&report, "late_ticks") <= 73.0 && number(&report, "tick_lateness_max_us") > 0.0);
    assert_eq!((number(&report, "sessions_complete"), number(&report, "lost_samples")), (10.0, 0.0));
    let lengths = files(directory.path()).iter().map(|file| read_wav(file).len()).collect::<Vec<_>>();
    assert_eq!(lengths, [8_000; 10]);
}

#[test]
fn small_rings_several_threads_and_other_formats_lose_nothing() {
    for flags in [
        "--channels 20 --seconds 5 --pace max --ring 100ms --batch 40ms",
        "--channels 23 --seconds 3 --pace max --threads 3 --writer-threads 2 --format ulaw",
        "--channels 3 --seconds 12 --pace max --threads 64 --ring 8s --batch 4s --format alaw --tone-plan us,generic",
        "--channels 1 --seconds 1 --pace max --durability cache",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let report = figures(directory.path(), flags);
        assert_eq!(report["channels"], report["sessions_complete"], "{flags}: {report}");
        assert_eq!((number(&report, "lost_samples"), &report["error"]), (0.0, &Value::Null), "{flags}");
        let bytes = number(&report, "pushed_samples") * if flags.contains("law") { 1.0 } else { 2.0 };
        let headers = number(&report, "file_bytes") - bytes;
        assert!((104.0..=124.0).contains(&(headers / number(&report, "channels"))), "{flags}: {report}");
    }
}

#[test]
fn sessions_that_a_tone_ended_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let busy = (0..8).fold(Line::new(), |line, _| line.tone(425.0, -15.0, 480).silence(480));
    let input = directory.path().join("busy.wav");
    write_wav(&input, &busy.noise(-60.0, &mut Random::new(5)).pcm());
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    let flags = format!("--channels 4 --seconds 8 --pace max --tone-plan de --input {}", input.display());
    let report = figures(&out, &flags);
    assert_eq!(report["end_reasons"], serde_json::json!({ "disconnect_tone": 4 }), "{report}");
    assert_eq!((number(&report, "sessions_ended_early"), number(&report, "sessions_complete")), (4.0, 0.0));
    assert!(number(&report, "pushed_samples") < 4.0 * 64_000.0);
    // Nobody is left to be fed; an hour at pace `real` is not waited for.
    let an_hour = flags.replace("--seconds 8", "--seconds 3600").replace("--pace max", "--pace real");
    assert!(number(&figures(&out, &an_hour), "feed_wall_s") < 60.0);
}

#[test]
fn the_summary_is_for_people() {
    let directory = tempfile::tempdir().unwrap();
    let output = load(directory.path(), &["--channels", "2", "--seconds", "1", "--pace", "max"]);
    let summary = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", error(&output));
    for line in ["2 channels, 1 s each", "µs a channel-second", "2 complete", "lost        0 samples"] {
        assert!(summary.contains(line), "{line}: {summary}");
    }
}

#[test]
fn the_progress_bar_is_for_terminals() {
    let directory = tempfile::tempdir().unwrap();
    let load = format!(
        "{} load --channels 2 --seconds 1 --pace real --dir {}",
        env!("CARGO_BIN_EXE_afterbeep"),
        directory.path().display()
    );
    if !have("script") {
        return;
    }
    let on_a_terminal = |command: &str| {
        let output = run(Command::new("script").args(["-qec", command, "/dev/null"]));
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = on_a_terminal(&load);
    assert!(shown.contains(" %, ") && shown.contains("2 complete"), "{shown}");
    let hidden = on_a_terminal(&format!("{load} --json"));
    assert!(!hidden.contains(" %, ") && hidden.trim().starts_with('{'), "{hidden}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let silent = directory.path().join("silent.wav");
    write_wav(&silent, &[]);
    let silent = format!("--channels 1 --seconds 1 --input {}", silent.display());
    for (flags, status, says) in [
        ("--channels 0 --seconds 1", 2, "--channels"),
        ("--channels 65537 --seconds 1", 2, "65536"),
        ("--channels 1", 2, "--seconds"),
        ("--channels 1 --seconds 0", 2, "--seconds"),
        ("--channels 1 --seconds 1 --pace fast", 2, "max"),
        ("--channels 1 --seconds 1 --durability none", 2, "cache"),
        ("--channels 1 --seconds 1 --threads 0", 2, "--threads"),
        ("--channels 1 --seconds 1 --writer-threads 65", 2, "--writer-threads takes 1 to 64"),
        ("--channels 1 --seconds 1 --batch 4s", 2, "--batch takes at most half"),
        ("--channels 1 --seconds 1 --ring 4h", 2, "no duration"),
        ("--channels 1 --seconds 1 --tone-plan xx", 2, "xx"),
        ("--channels 1 --seconds 1 --input nowhere.wav", 1, "nowhere.wav"),
        (&silent, 1, "holds no samples"),
    ] {
        let output = load(directory.path(), &flags.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(status), "{flags}");
        assert!(error(&output).contains(says) && output.stdout.is_empty(), "{flags}: {}", error(&output));
    }
    let missing = directory.path().join("missing");
    let output = load(&missing, &["--channels", "1", "--seconds", "1", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        report["error"].as_str().unwrap().contains("missing does not exist; create it first"),
        "{report}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(files(directory.path()).len(), 1, "nothing but the input");
}

#[test]
fn descriptors_are_raised_or_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let limited = |ulimit: &str| {
        let load = format!(
            "ulimit {ulimit} && exec {} load --channels 60 --seconds 1 --pace max --dir {}",
            env!("CARGO_BIN_EXE_afterbeep"),
            directory.path().display()
        );
        Command::new("sh").args(["-c", &load]).output().unwrap()
    };
    let raised = limited("-S -n 40");
    assert!(raised.status.success(), "{}", error(&raised));
    assert_eq!(files(directory.path()).len(), 60);
    let refused = limited("-n 40");
    assert_eq!(refused.status.code(), Some(1));
    assert!(error(&refused).contains("the limit is 40; raise it with `ulimit -n 92`"), "{}", error(&refused));
}

#[test]
fn a_full_disk_is_a_failure_with_figures() {
    let Some(disk) = SmallDisk::mount("1m") else { return };
    let output = load(disk.path(), &["--channels", "50", "--seconds", "2", "--pace", "max", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("of 50 channels failed: No space left on device"), "{}", error(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (failed, complete) = (number(&report, "sessions_failed"), number(&report, "sessions_complete"));
    // Those that had reserved their room are whole.
    assert!(failed > 20.0 && failed + complete == 50.0, "{report}");
    assert!(number(&report, "lost_samples") > 100_000.0 && number(&report, "file_bytes") <= 1_048_576.0);
    assert!(report["error"].as_str().unwrap().contains("No space left"), "{report}");
    // What is left can be played.
    files(disk.path()).iter().for_each(|file| drop(read_wav(file)));
}
