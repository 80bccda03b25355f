//! What each level promises, from the system calls that it makes; and that a sync that fails is told, and stays failed.

mod common;

use common::tools::have;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longer than the interval between two syncs of a file system.
const LONG: Duration = Duration::from_millis(1_300);

/// Records half a second of standard input that comes in two halves, each with a pause behind it, under strace with these
/// flags. Returns the exit status, the result and the file operations.
fn record(directory: &Path, level: &str, pause: Duration, flags: &[&str]) -> (Option<i32>, Value, String) {
    let trace = directory.join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-o"]).arg(&trace);
    command.args(["-e", "trace=pwritev,pwrite64,fdatasync,fsync,syncfs,renameat2,ftruncate,fallocate"]);
    command.args(flags).arg(env!("CARGO_BIN_EXE_afterbeep"));
    command.args(["record", "-", "--no-beep", "--json", "--batch-age", "100ms", "--durability", level]);
    command.arg("--out").arg(directory.join("message.wav"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for _ in 0..2 {
        std::io::Write::write_all(&mut input, &[1; 4_000]).unwrap();
        std::thread::sleep(pause);
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let result = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), result, std::fs::read_to_string(trace).unwrap())
}

/// Where in the trace a line with all of these words is first, from a place on.
fn find(trace: &str, words: &[&str], from: usize) -> Option<usize> {
    let mut lines = trace.lines().enumerate().skip(from);
    lines.find(|(_, line)| words.iter().all(|word| line.contains(word))).map(|(number, _)| number)
}

#[test]
fn each_level_syncs_what_it_promises_and_no_more() {
    if !have("strace") {
        return;
    }
    for level in ["cache", "interval", "close", "batch"] {
        let directory = tempfile::tempdir().unwrap();
        let (status, result, trace) = record(directory.path(), level, LONG, &[]);
        assert_eq!((status, &result["durability"]), (Some(0), &Value::from(level)), "{trace}");
        let count = |call: &str| trace.lines().filter(|line| line.contains(call)).count();
        let (file_syncs, system_syncs) = (count("fdatasync("), count("syncfs("));
        let renamed = find(&trace, &["renameat2("], 0).unwrap();
        match level {
            "cache" => assert_eq!((file_syncs, system_syncs), (0, 0), "{trace}"),
            // While it is recorded, and what that left when the engine closes.
            "interval" => assert!(file_syncs == 0 && (2..=4).contains(&system_syncs), "{trace}"),
            "close" => assert!(file_syncs == 1 && (1..=4).contains(&system_syncs), "{trace}"),
            _ => assert!((3..=5).contains(&file_syncs) && system_syncs == 0, "{trace}"),
        }
        if level == "interval" {
            let written = find(&trace, &["pwritev("], 0).unwrap();
            let synced = find(&trace, &["syncfs("], written).unwrap();
            assert!(synced < renamed && find(&trace, &["syncfs("], renamed).is_some(), "{trace}");
        }
        if matches!(level, "close" | "batch") {
            // Data, name, directory, in this order.
            let before: Vec<&str> = trace.lines().take(renamed).collect();
            let synced = before.iter().rposition(|line| line.contains("fdatasync(")).unwrap();
            let written = before.iter().rposition(|line| line.contains("pwrite")).unwrap();
            assert!(written < synced, "{trace}");
            assert!(find(&trace, &["fsync("], renamed).is_some(), "{trace}");
        }
    }
}

#[test]
fn a_failed_sync_is_told_and_no_later_one_makes_it_good() {
    if !have("strace") {
        return;
    }
    for (level, failing) in [
        ("interval", "inject=syncfs:error=EIO:when=1"),
        ("close", "inject=fdatasync:error=EIO:when=1"),
        ("close", "inject=fsync:error=EIO:when=1"),
        ("batch", "inject=fdatasync:error=EIO:when=1"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (status, result, trace) = record(directory.path(), level, LONG, &["-e", failing]);
        assert_eq!(status, Some(1), "{level}: {result}");
        // The session itself came to its end.
        assert_eq!(result["end_reason"], "hangup");
        assert_eq!((&result["durability"], &result["complete"]), (&"cache".into(), &false.into()), "{trace}");
        assert!(directory.path().join("message.wav").exists());
    }
}

#[test]
fn a_disk_that_fails_ends_the_message_as_a_write_error() {
    if !have("strace") {
        return;
    }
    for (call, error) in [
        ("pwritev", "EIO"),
        ("pwritev", "EFBIG"),
        ("pwritev", "EROFS"),
        ("pwritev", "ESTALE"),
        ("ftruncate", "EIO"),
        ("renameat2", "EIO"),
    ] {
        // The header is the first write; then come audio and its header.
        let when = if call == "pwritev" { "4+" } else { "1+" };
        let directory = tempfile::tempdir().unwrap();
        let failing = format!("inject={call}:error={error}:when={when}");
        let (status, result, trace) = record(directory.path(), "cache", LONG / 4, &["-e", &failing]);
        assert_eq!(
            (status, &result["end_reason"]),
            (Some(1), &"write_error".into()),
            "{call} {error}: {trace}"
        );
        assert_eq!(result["complete"], false);
        // What was written is there, and can be read.
        let path = result["path"].as_str().unwrap();
        assert_eq!(common::read_wav(Path::new(path)).len() as u64, result["samples"].as_u64().unwrap());
        assert!(result["samples"].as_u64().unwrap() >= 2_000);
    }
}
