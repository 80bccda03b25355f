//! `afterbeep record --element`: what it prints, what it refuses, and what a crash leaves.

mod common;
#[path = "common/program.rs"]
mod program;

use common::{data, samples, speech};
use program::{afterbeep, bytes, error, report};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A directory with a store of one tenant and one agent in `store`, and the contract's element.
struct Place(TempDir);

impl Place {
    fn new(tenant: &[&str]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.done(&[&["tenants", "add", "1001"], tenant].concat());
        fs::write(place.path("agents.csv"), "agent_id\n1001\n").unwrap();
        place.done(&["agents", "import", place.path("agents.csv").to_str().unwrap(), "--tenant", "1001"]);
        place.element(&json!({}));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes the element with some keys changed.
    fn element(&self, change: &Value) {
        let mut element = json!({
            "node_name": "Leave a message", "node_id": "n7", "tenant": "1001",
            "agent": {"variable": "agent"}, "queue": null,
            "file_name_variable": "recording_file", "location_id": "uap1", "location_variable": "recording_location",
            "recording": {"max_duration_ms": 20000, "beep": true, "terminators": "#", "final_silence_ms": null,
                          "tone_plan": null},
            "record_message": true, "caller": {"variable": "caller"}, "called": null, "error_branch": true
        });
        element.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        fs::write(self.path("leave.json"), element.to_string()).unwrap();
    }

    fn arguments(&self, input: &Path, more: &[&str]) -> Vec<String> {
        let (element, store) = (self.path("leave.json"), self.path("store"));
        let arguments =
            ["record", input.to_str().unwrap(), "--element", element.to_str().unwrap(), "--store"];
        let all = [&arguments[..], &[store.to_str().unwrap(), "--json"], more].concat();
        all.into_iter().map(str::to_owned).collect()
    }

    fn record(&self, input: &Path, more: &[&str]) -> Output {
        let arguments = self.arguments(input, more);
        afterbeep(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Records from standard input, which stays open.
    fn record_slowly(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
        let arguments = self.arguments(Path::new("-"), &["--var", "agent=1001", "--var", "caller=+34911"]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn done(&self, arguments: &[&str]) -> String {
        let store = self.path("store");
        let output = afterbeep(&[arguments, &["--store", store.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", error(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn messages(&self) -> Vec<Value> {
        let listed = self.done(&["messages", "list", "--tenant", "1001", "--json"]);
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The files that end so.
    fn files(&self, end: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.path("store/1001")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.to_str().unwrap().ends_with(end) {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !what() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_result_says_branch_variables_message_and_status() {
    let place = Place::new(&["--retention", "30d"]);
    let output = place.record(&data("message.wav"), &["--var", "agent=1001", "--var", "caller=+34911=x"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let told = report(&output);
    assert_eq!((&told["end_reason"], &told["branch"]), (&json!("dtmf"), &json!("next")));
    assert_eq!((&told["status"], &told["refused"]), (&json!("unprocessed"), &Value::Null));
    let message = place.messages().remove(0);
    assert_eq!(
        told["variables"],
        json!({"agent": "1001", "caller": "+34911=x", "recording_file": message["path"],
            "recording_location": "uap1"})
    );
    for (field, value) in [
        ("id", &told["message_id"]),
        ("status", &json!("unprocessed")),
        ("agent", &json!("1001")),
        ("caller", &json!("+34911=x")),
        ("duration_ms", &told["duration_ms"]),
        ("spoken_ms", &told["spoken_ms"]),
        ("end_reason", &json!("dtmf")),
        ("volume", &json!("default")),
    ] {
        assert_eq!(&message[field], value, "{field}");
    }
    let spoken_ms = told["spoken_ms"].as_u64().unwrap();
    assert!(spoken_ms > 1_000 && spoken_ms < told["duration_ms"].as_u64().unwrap());
    assert!(message["sha256"].is_string() && message["expires_at"].is_string());
    let path = program::path(&told);
    assert_eq!(path, place.path("store").join(message["path"].as_str().unwrap()));
    assert!(path.is_file());

    let told = report(&place.record(&data("reading.wav"), &["--var", "agent=9"]));
    assert_eq!((&told["branch"], &told["status"]), (&json!("hangup"), &json!("allocation_failed")));
    let told = report(&place.record(&data("reading.wav"), &[]));
    assert_eq!(told["status"], json!("to_be_allocated"));
    assert_eq!(place.messages().len(), 3);
    place.element(&json!({"record_message": false}));
    let told = report(&place.record(&data("reading.wav"), &[]));
    assert_eq!((&told["message_id"], &told["status"]), (&Value::Null, &Value::Null));
    assert!(program::path(&told).is_file() && told["variables"]["recording_file"] != "");
    assert_eq!((place.messages().len(), place.files(".wav").len()), (3, 4));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let place = Place::new(&["--quota", "300kB"]);
    let input = data("message.wav");
    for flags in [
        &["--out", "."][..],
        &["--max-duration", "5s"],
        &["--no-beep"],
        &["--terminators", "#"],
        &["--caller", "x"],
        &["--tone-plan", "es"],
        &["--final-silence", "2s"],
        &["--silence", "fixed"],
        &["--max-file-kib", "64"],
        &["--append", "x.wav"],
        &["--header", "plain"],
        &["--var", "agent"],
        &["--var", "=1001"],
    ] {
        let output = place.record(&input, flags);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{flags:?}");
        assert!(error(&output).contains(flags[0]), "{}", error(&output));
    }
    let (input, store) = (input.to_str().unwrap(), place.path("store"));
    for lonely in [["--store", store.to_str().unwrap()], ["--var", "a=b"], ["--element", "leave.json"]] {
        assert_eq!(afterbeep(&["record", input, lonely[0], lonely[1]]).status.code(), Some(2), "{lonely:?}");
    }
    let refused = |why: &str, branch: &str, text: &str| {
        let output = place.record(Path::new(input), &["--var", "recording_file=earlier"]);
        assert_eq!(output.status.code(), Some(1), "{why}");
        let told = report(&output);
        assert_eq!((&told["end_reason"], &told["path"]), (&json!("error"), &Value::Null));
        assert_eq!((&told["refused"], &told["branch"]), (&json!(why), &json!(branch)), "{}", error(&output));
        assert_eq!((&told["message_id"], &told["status"]), (&Value::Null, &Value::Null));
        assert!(error(&output).contains(text), "{}", error(&output));
        told["variables"]["recording_file"].clone()
    };
    assert_eq!(refused("quota_exceeded", "SYSERROR_INNER", "quota"), "");
    place.element(&json!({"tenant": "9", "error_branch": false}));
    assert_eq!(refused("unknown_tenant", "exception", "tenants add"), "");
    place.element(&json!({"quue": null}));
    assert_eq!(refused("element", "exception", "`quue`"), "earlier");
    fs::write(place.path("leave.json"), "{").unwrap();
    refused("element", "exception", "leave.json");
    fs::remove_file(place.path("leave.json")).unwrap();
    refused("element", "exception", "leave.json");
    assert!(place.messages().is_empty() && place.files("").is_empty());
    place.element(&json!({}));
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(place.path(&format!("store/afterbeep.db{end}")));
    }
    refused("store", "SYSERROR_INNER", "holds no store");
    // Damaged, and nothing known of its tenants.
    fs::write(place.path("store/afterbeep.db"), "x".repeat(9_000)).unwrap();
    fs::remove_file(place.path("store/tenants.json")).unwrap();
    refused("store", "SYSERROR_INNER", "damaged");
}

#[test]
fn a_file_that_cannot_be_written_on_is_an_error_with_a_record() {
    let place = Place::new(&[]);
    place.element(&json!({"recording": {"max_duration_ms": 0, "beep": false}}));
    let input = place.path("long.raw");
    fs::write(&input, bytes(&vec![1_000; samples(120_000)])).unwrap();
    // A limit that the recording reaches and the store does not: 1 MiB.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 2048; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_afterbeep")]);
    let output = limited
        .args(place.arguments(Path::new("-"), &[]))
        .stdin(File::open(input).unwrap())
        .output()
        .unwrap();
    let told = report(&output);
    assert_eq!((&told["end_reason"], output.status.code()), (&json!("write_error"), Some(1)), "{told}");
    assert_eq!((&told["branch"], &told["complete"]), (&json!("SYSERROR_INNER"), &json!(false)));
    let message = place.messages().remove(0);
    assert_eq!((&message["id"], &message["end_reason"]), (&told["message_id"], &json!("write_error")));
    assert_eq!((&message["complete"], &message["duration_ms"]), (&json!(false), &told["duration_ms"]));
    let duration_ms = message["duration_ms"].as_u64().unwrap();
    assert!(duration_ms > 30_000 && duration_ms < 70_000, "{duration_ms}");
}

#[test]
fn a_tenants_defaults_stand_for_what_an_element_does_not_say() {
    let place =
        Place::new(&["--defaults", r#"{"max_duration_ms": 1000, "beep": false, "terminators": "any"}"#]);
    let samples_with = |recording: Value| {
        place.element(&json!({"recording": recording}));
        let told = report(&place.record(&data("reading.wav"), &[]));
        (told["end_reason"].clone(), told["samples"].clone())
    };
    assert_eq!(samples_with(json!({})), (json!("max_duration"), json!(8_000)));
    let without_beep = samples_with(json!({"max_duration_ms": 20_000})).1.as_u64().unwrap();
    // Said, though it is the default of all.
    let with_beep = samples_with(json!({"max_duration_ms": 20_000, "beep": true})).1.as_u64().unwrap();
    assert!(without_beep > 8_000 && with_beep < without_beep, "{with_beep} {without_beep}");

    place.done(&["tenants", "set", "1001", "--defaults", r#"{"max_duration_ms": 500}"#, "--quota", "1GB"]);
    let listed = place.done(&["tenants", "list", "--json"]);
    let tenant: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&tenant["defaults"], &tenant["quota_bytes"]),
        (&json!({"max_duration_ms": 500}), &json!(1_000_000_000))
    );
    assert_eq!(samples_with(json!({"beep": false})), (json!("max_duration"), json!(4_000)));
    place.done(&["tenants", "set", "1001", "--defaults", "none"]);
    let tenant: Value = serde_json::from_str(&place.done(&["tenants", "list", "--json"])).unwrap();
    assert_eq!((&tenant["defaults"], &tenant["quota_bytes"]), (&Value::Null, &json!(1_000_000_000)));
    let store = place.path("store");
    for (bad, told) in [
        (r#"{"max_duration": 500}"#, "max_duration_ms"),
        (r#"{"terminators": "x"}"#, "recording.terminators"),
        ("{", "EOF"),
        ("no_such_file", "No such file"),
    ] {
        let arguments = ["tenants", "set", "1001", "--store", store.to_str().unwrap(), "--defaults", bad];
        let output = afterbeep(&arguments);
        assert!(error(&output).contains(told) && output.status.code() == Some(2), "{}", error(&output));
    }
}

#[test]
fn a_retention_is_for_what_ends_later_or_for_all() {
    let place = Place::new(&["--retention", "30d"]);
    place.record(&data("message.wav"), &[]);
    let expires = || {
        let mut deadlines: Vec<Value> =
            place.messages().iter().map(|message| message["expires_at"].clone()).collect();
        deadlines.reverse();
        deadlines
    };
    let first = expires();
    place.done(&["tenants", "set", "1001", "--retention", "1d"]);
    place.record(&data("message.wav"), &[]);
    let both = expires();
    assert!(both[0] == first[0] && both[1].as_str() < both[0].as_str(), "{both:?}");
    let held = place.messages()[0]["id"].as_str().unwrap().to_owned();
    place.done(&["messages", "hold", &held]);
    place.done(&["tenants", "set", "1001", "--retention", "1s", "--apply-retention"]);
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(1);
    place.done(&["sweep", "--now", &now.to_string()]);
    let left = place.messages();
    assert_eq!((left.len(), &left[0]["id"], &left[0]["legal_hold"]), (1, &json!(held), &json!(true)));
    place.done(&["tenants", "set", "1001", "--retention", "none", "--apply-retention"]);
    assert_eq!(expires(), [Value::Null]);
    assert!(
        !afterbeep(&["tenants", "set", "none", "--store", place.path("store").to_str().unwrap()])
            .status
            .success()
    );
}

#[test]
fn a_locked_store_gets_the_record_later() {
    let place = Place::new(&[]);
    let locker = Connection::open(place.path("store/afterbeep.db")).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let output = place.record(&data("message.wav"), &["--var", "agent=1001"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(error(&output).contains("journal"), "{}", error(&output));
    let told = report(&output);
    assert_eq!((&told["branch"], &told["status"]), (&json!("next"), &json!("unprocessed")));
    locker.execute_batch("ROLLBACK").unwrap();
    assert!(place.messages().is_empty());
    place.done(&["sweep"]);
    let messages = place.messages();
    assert_eq!((messages.len(), &messages[0]["id"]), (1, &told["message_id"]));
    assert_eq!((&messages[0]["end_reason"], &messages[0]["adopted"]), (&json!("dtmf"), &json!(false)));
}

/// Records while the store cannot be read, and says how long that took.
fn recorded_without_a_store(place: &Place) -> (Value, Duration) {
    let began = Instant::now();
    let output = place.record(&data("message.wav"), &["--var", "agent=1001"]);
    let took = began.elapsed();
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(error(&output).contains("journal"), "{}", error(&output));
    let told = report(&output);
    // Who is known cannot be told.
    assert_eq!((&told["branch"], &told["status"]), (&json!("next"), &json!("allocation_failed")));
    assert!(program::path(&told).is_file() && told["message_id"].is_string());
    (told, took)
}

fn has_followed(place: &Place, told: &Value) {
    place.done(&["sweep"]);
    let messages = place.messages();
    assert_eq!((messages.len(), &messages[0]["id"]), (1, &told["message_id"]));
    assert_eq!((&messages[0]["end_reason"], &messages[0]["agent"]), (&json!("dtmf"), &json!("1001")));
    assert!(messages[0]["expires_at"].is_string());
}

#[test]
fn a_damaged_store_gets_the_record_when_its_backup_is_back() {
    let place = Place::new(&["--retention", "30d", "--time-zone", "Europe/Madrid"]);
    let (database, backup) = (place.path("store/afterbeep.db"), place.path("backup.db"));
    let copied = Connection::open(&database).unwrap();
    copied.execute("VACUUM INTO ?1", [backup.to_str().unwrap()]).unwrap();
    drop(copied);
    for damage in ["x".repeat(20_000), String::new()] {
        fs::write(&database, &damage).unwrap();
        let (told, _) = recorded_without_a_store(&place);
        // What is known of tenants still is.
        place.element(&json!({"tenant": "none"}));
        let output = place.record(&data("message.wav"), &[]);
        assert_eq!((output.status.code(), &report(&output)["refused"]), (Some(1), &json!("unknown_tenant")));
        place.element(&json!({}));
        fs::rename(&database, place.path("damaged.db")).unwrap();
        let output = place.record(&data("message.wav"), &[]);
        assert!(error(&output).contains("holds no store"), "{}", error(&output));
        fs::copy(&backup, &database).unwrap();
        has_followed(&place, &told);
        for extra in ["store/afterbeep.db-wal", "store/afterbeep.db-shm"] {
            let _ = fs::remove_file(place.path(extra));
        }
    }
}

#[test]
fn a_store_that_lets_nobody_read_holds_up_a_recording_for_a_second_or_two() {
    let place = Place::new(&["--retention", "30d"]);
    let locker = Connection::open(place.path("store/afterbeep.db")).unwrap();
    locker
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE agent SET name = 'Ana'")
        .unwrap();
    let (told, took) = recorded_without_a_store(&place);
    assert!(took < Duration::from_secs(4), "{took:?}");
    locker.execute_batch("ROLLBACK").unwrap();
    drop(locker);
    has_followed(&place, &told);
}

#[test]
fn a_killed_recording_gets_its_record_by_repair_and_sweep() {
    let place = Place::new(&[]);
    let mut child = place.record_slowly();
    let line = bytes(&speech("reading.wav")[..samples(2_800)]);
    child.stdin.as_mut().unwrap().write_all(&line).unwrap();
    let long = |path: &PathBuf| fs::metadata(path).is_ok_and(|facts| facts.len() > 16_000);
    until(|| place.files(".part").iter().any(long));
    std::thread::sleep(Duration::from_millis(1_100));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(place.messages().is_empty());
    let repaired = afterbeep(&["repair", place.path("store").to_str().unwrap()]);
    assert!(repaired.status.success(), "{}", error(&repaired));
    place.done(&["sweep"]);
    let messages = place.messages();
    assert_eq!((messages.len(), place.files(".wav").len(), place.files(".part").len()), (1, 1, 0));
    for (field, value) in [
        ("adopted", json!(true)),
        ("end_reason", json!("error")),
        ("agent", json!("1001")),
        ("caller", json!("+34911")),
    ] {
        assert_eq!(messages[0][field], value, "{field}");
    }
    assert!(messages[0]["duration_ms"].as_u64().unwrap() > 1_000);
}

#[test]
fn a_process_killed_between_file_and_record_leaves_both() {
    let place = Place::new(&[]);
    let mut child = place.record_slowly();
    until(|| !place.files(".part").is_empty());
    // From now on no record can be completed.
    let locker = Connection::open(place.path("store/afterbeep.db")).unwrap();
    locker.busy_timeout(Duration::from_secs(20)).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&bytes(&speech("reading.wav")[..samples(2_000)])).unwrap();
    drop(stdin);
    until(|| !place.files(".wav").is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    locker.execute_batch("ROLLBACK").unwrap();
    assert!(place.messages().is_empty());
    place.done(&["sweep"]);
    let messages = place.messages();
    assert_eq!((messages.len(), place.files(".wav").len()), (1, 1));
    assert_eq!((&messages[0]["agent"], &messages[0]["duration_ms"]), (&json!("1001"), &json!(1_600)));
    place.done(&["sweep"]);
    assert_eq!(place.messages().len(), 1);
}
