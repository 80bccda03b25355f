//! The program, run with arguments and read back.
#![allow(dead_code, reason = "every test file uses its own part")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FIELDS: [&str; 9] = [
    "end_reason",
    "end_digit",
    "path",
    "samples",
    "duration_ms",
    "trimmed_samples",
    "lost_samples",
    "line_lost_samples",
    "complete",
];

pub fn afterbeep(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_afterbeep")).args(arguments).output().unwrap()
}

pub fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

pub fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// The one JSON object of `record --json`, which has every field of the contract.
pub fn report(output: &Output) -> Value {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report.as_object().unwrap().keys().filter(|key| FIELDS.contains(&key.as_str())).count(), 9);
    report
}

pub fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn record(input: &Path, out: &Path, more: &[&str]) -> Value {
    let mut arguments = vec!["record", input.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
    arguments.extend(more);
    let output = afterbeep(&arguments);
    assert!(output.status.success(), "{}", error(&output));
    report(&output)
}

pub fn path(report: &Value) -> PathBuf {
    PathBuf::from(report["path"].as_str().unwrap())
}

/// The lines of `detect --json`.
pub fn events(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", error(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
