//! Each file operation of some channels fails, the first, the second and so on until none is left to fail: the process
//! lives, says what went wrong, one message pays at most, and what is left of it can be read.

mod common;

use common::read_wav;
use common::tools::have;
use serde_json::Value;
use std::process::Command;

const CHANNELS: u64 = 3;

/// Records with the call that often gone well, and failing then; says whether it failed at all.
fn record(call: &str, error: &str, when: usize) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let (files, trace) = (directory.path().join("files"), directory.path().join("trace"));
    std::fs::create_dir(&files).unwrap();
    let inject = format!("inject={call}:error={error}:when={when}");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", &format!("trace={call}"), "-e", &inject, "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_afterbeep"))
        .args(["load", "--channels", &CHANNELS.to_string(), "--seconds", "2", "--pace", "max", "--json"])
        .args(["--durability", "close", "--dir"])
        .arg(&files)
        .output()
        .unwrap();
    let what = format!("{call} {error} {when}");
    let injected = std::fs::read_to_string(&trace).unwrap().contains("INJECTED");
    let status = output.status.code();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if report["sessions_complete"].is_null() {
        // A session could not be opened: nothing was recorded, and that is said.
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(injected && status == Some(1) && told.contains("could not be opened"), "{what}: {told}");
        return true;
    }
    let count = |field: &str| report[field].as_u64().unwrap();
    let (complete, failed) = (count("sessions_complete"), count("sessions_failed"));
    assert_eq!(complete + failed, CHANNELS, "{what}: {report}");
    // A full disk is waited for, and one that answers again has refused nothing.
    let harmless = !injected || matches!(error, "ENOSPC" | "EDQUOT" | "EINTR") || call == "fallocate";
    assert_eq!((failed, status), if harmless { (0, Some(0)) } else { (1, Some(1)) }, "{what}: {report}");
    let mut whole = 0;
    for entry in std::fs::read_dir(&files).unwrap() {
        let samples = read_wav(&entry.unwrap().path());
        whole += u64::from(samples.len() == 16_000);
    }
    assert!(whole >= complete, "{what}: {whole} whole files");
    injected
}

#[test]
fn whatever_call_fails_one_message_pays_and_says_so() {
    if !have("strace") {
        return;
    }
    let cases = [
        ("pwritev", &["EIO", "ENOSPC", "EDQUOT", "EFBIG", "EROFS", "ESTALE", "EINTR"][..]),
        ("ftruncate", &["EIO", "ENOSPC"]),
        ("fallocate", &["EIO", "ENOSPC", "EOPNOTSUPP"]),
        ("fdatasync", &["EIO"]),
        ("fsync", &["EIO"]),
        ("renameat2", &["EIO", "EROFS"]),
    ];
    let mut failures = 0;
    for (call, errors) in cases {
        for error in errors {
            let mut when = 1;
            while record(call, error, when) {
                // The first calls are each of another kind; further on they repeat.
                when += if when < 8 { 1 } else { 5 };
                failures += 1;
            }
            assert!(when > 2, "{call} never failed");
        }
    }
    println!("{failures} failures");
}
