//! Messages, tenants, agents and volumes from the command line.

#[path = "common/program.rs"]
mod program;

use afterbeep::session::EndReason;
use afterbeep::store::{
    Change, Completion, Draft, LossSummary, MessageStore, SqliteStore, Status, StoreOptions,
};
use jiff::Timestamp;
use program::{afterbeep, error};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;

/// Runs a command on the store of a directory.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    let store = directory.to_str().unwrap();
    afterbeep(&[arguments, &["--store", store]].concat())
}

/// The lines that it prints.
fn lines(directory: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run(directory, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", error(&output));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn done(directory: &Path, arguments: &[&str]) {
    let output = run(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", error(&output));
}

/// A command that fails, and what it says.
fn failed(directory: &Path, arguments: &[&str], status: i32) -> String {
    let output = run(directory, arguments);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", error(&output));
    error(&output)
}

/// A message of tenant 1001, with a file.
fn leave(directory: &Path, name: &str, caller: &str) -> String {
    let store = SqliteStore::open(directory, &StoreOptions::default()).unwrap();
    let at: Timestamp = "2026-06-01T12:00:00.5Z".parse().unwrap();
    let path = format!("1001/record/{name}.wav");
    let draft = Draft {
        caller: Some(caller.into()),
        status: Status::AllocationFailed,
        agent: Some("9".into()),
        data: [("case".to_owned(), "a, \"b\"".to_owned())].into(),
        ..Draft::new("1001", at, "default", &path)
    };
    let completion = Completion {
        ended_at: at,
        duration_ms: 7_850,
        spoken_ms: None,
        end_reason: EndReason::Dtmf,
        end_digit: Some('#'),
        tone: None,
        loss: LossSummary::default(),
        complete: true,
        bytes: 4,
        path: None,
    };
    fs::create_dir_all(directory.join("1001/record")).unwrap();
    fs::write(directory.join(&path), format!("RIFF{name}")).unwrap();
    let id = draft.id.to_string();
    let change = Change::Complete { draft: Box::new(draft), completion: Box::new(completion) };
    store.apply(&[change]).unwrap();
    id
}

#[test]
fn the_life_of_messages() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    done(
        root,
        &["tenants", "add", "1001", "--time-zone", "Europe/Madrid", "--retention", "30d", "--quota", "10GB"],
    );
    let tenants = lines(root, &["tenants", "list"]);
    assert_eq!((&tenants[0]["id"], &tenants[0]["quota_bytes"]), (&"1001".into(), &10_000_000_000_u64.into()));
    let agents = root.join("agents.csv");
    fs::write(&agents, "agent_id,name\n1001,Ana\n").unwrap();
    done(root, &["agents", "import", agents.to_str().unwrap(), "--tenant", "1001"]);
    assert_eq!(lines(root, &["agents", "list", "--tenant", "1001"])[0]["agent_id"], "1001");

    let first = leave(root, "first", "+34911");
    let second = leave(root, "second", "+34922");
    let listed = lines(root, &["messages", "list", "--tenant", "1001"]);
    assert_eq!(listed.len(), 2);
    let message = listed.iter().find(|message| message["id"] == *first).unwrap();
    for (field, value) in [
        ("tenant", Value::from("1001")),
        ("status", "allocation_failed".into()),
        ("agent", "9".into()),
        ("caller", "+34911".into()),
        ("started_at", "2026-06-01T12:00:00.5Z".into()),
        ("duration_ms", 7_850.into()),
        ("end_reason", "dtmf".into()),
        ("volume", "default".into()),
        ("path", "1001/record/first.wav".into()),
        ("sha256", Value::Null),
        ("expires_at", "2026-07-01T12:00:08.35Z".into()),
    ] {
        assert_eq!(message[field], value, "{field}");
    }
    for (filter, count) in [
        (["--caller", "+34911"], 1),
        (["--agent", "9"], 2),
        (["--status", "allocation_failed"], 2),
        (["--status", "processed"], 0),
        (["--end-reason", "dtmf"], 2),
        (["--min-duration", "7.851s"], 0),
        (["--from", "2026-06-01T12:00:01Z"], 0),
        (["--until", "2026-06-01T14:00:01+02:00"], 2),
    ] {
        assert_eq!(lines(root, &["messages", "list", filter[0], filter[1]]).len(), count, "{filter:?}");
    }
    let counted = lines(root, &["messages", "list", "--count"]);
    assert_eq!((&counted[0]["count"], &counted[0]["more"]), (&2.into(), &false.into()));
    let page = run(root, &["messages", "list", "--limit", "1", "--json"]);
    let place = error(&page).split_once("--after ").unwrap().1.trim().to_owned();
    let rest = lines(root, &["messages", "list", "--after", &place]);
    assert_eq!(rest.len(), 1);

    assert_eq!(lines(root, &["messages", "allocate", &first, "--agent", "1001"])[0]["status"], "unprocessed");
    assert_eq!(lines(root, &["messages", "status", &first, "processing"])[0]["status"], "processing");
    let told = failed(root, &["messages", "status", &second, "processed"], 1);
    assert!(told.contains("allocate it to an agent"), "{told}");
    assert!(failed(root, &["messages", "allocate", &second, "--agent", "7"], 1).contains("agents import"));
    let shown = &lines(root, &["messages", "show", &first])[0];
    let history: Vec<&str> =
        shown["history"].as_array().unwrap().iter().map(|entry| entry["status"].as_str().unwrap()).collect();
    assert_eq!(history, ["allocation_failed", "unprocessed", "processing"]);

    let audio = run(root, &["messages", "audio", &first, "--actor", "Ana"]);
    assert_eq!(audio.stdout, b"RIFFfirst");
    let database = rusqlite::Connection::open(root.join("afterbeep.db")).unwrap();
    let logged: (String, String) = database
        .query_row("SELECT action, actor FROM access_log", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(logged, ("audio".into(), "Ana".into()));
    assert!(failed(root, &["messages", "audio", &first, "--tenant", "1002"], 1).contains("no message"));

    let csv = String::from_utf8(run(root, &["messages", "export"]).stdout).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|name| name == "data").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][place]), (2, r#"{"case":"a, \"b\""}"#));
    let out = root.join("export.jsonl");
    done(root, &["messages", "export", "--format", "json", "--out", out.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 2);
    failed(root, &["messages", "export", "--out", out.to_str().unwrap()], 1);

    assert_eq!(lines(root, &["messages", "hold", &second])[0]["legal_hold"], true);
    assert!(failed(root, &["messages", "delete", &second], 1).contains("legal hold"));
    let sweep =
        |more: &[&str]| lines(root, &[&["sweep", "--now", "2026-07-01T12:00:09Z"], more].concat()).remove(0);
    let report = |deleted: u64, kept: u64| serde_json::json!({"deleted": deleted, "kept": kept, "failed": 0});
    assert_eq!(sweep(&["--dry-run"]), report(1, 1));
    assert_eq!(sweep(&[]), report(1, 1));
    assert!(!root.join("1001/record/first.wav").exists() && root.join("1001/record/second.wav").exists());
    assert_eq!(sweep(&[]), report(0, 1));
    assert!(failed(root, &["tenants", "delete", "1001"], 1).contains("legal hold"));
    lines(root, &["messages", "hold", &second, "--release"]);
    assert_eq!(lines(root, &["messages", "delete", &second])[0]["deleted"], 1);
    let third = leave(root, "third", "x");
    fs::write(root.join("1001/record/without-record.wav"), "x").unwrap();
    let deleted = &lines(root, &["tenants", "delete", "1001"])[0];
    assert_eq!((&deleted["messages"], &deleted["other_files"]), (&1.into(), &1.into()));
    assert_eq!((&deleted["remaining_records"], root.join("1001").exists()), (&0.into(), false));
    assert!(failed(root, &["messages", "show", &third], 1).contains("no message"));
    assert!(lines(root, &["tenants", "list"]).is_empty());
}

#[test]
fn volumes_have_names() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let disk = root.join("disk");
    fs::create_dir(&disk).unwrap();
    done(root, &["volumes", "add", "fast", disk.to_str().unwrap()]);
    done(root, &["tenants", "add", "1", "--volume", "fast"]);
    let listed = lines(root, &["volumes", "list"]);
    assert_eq!((&listed[1]["name"], listed[1]["path"].as_str()), (&"fast".into(), disk.to_str()));
    assert!(failed(root, &["volumes", "add", "fast", disk.to_str().unwrap()], 1).contains("volumes move"));
    assert!(failed(root, &["volumes", "move", "fast", "/nowhere"], 1).contains("create it first"));
    let elsewhere = root.join("elsewhere");
    done(root, &["tenants", "add", "2", "--root", elsewhere.to_str().unwrap()]);
    assert_eq!(lines(root, &["tenants", "list"])[1]["volume"], "tenant-2");
    assert!(elsewhere.is_dir());
}

#[test]
fn bad_input_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    assert!(failed(root, &["messages", "list"], 1).contains("holds no store"));
    assert!(!root.join("afterbeep.db").exists());
    done(root, &["tenants", "add", "1001"]);
    for id in ["../x", "a/b", ".hidden", "", "a\nb"] {
        assert!(failed(root, &["tenants", "add", id], 1).contains("is no tenant"), "{id}");
    }
    failed(root, &["tenants", "add", "x", "--root", "../x"], 1);
    failed(root, &["tenants", "add", "x", "--time-zone", "Mars/Olympus"], 1);
    failed(root, &["tenants", "add", "x", "--retention", "soon"], 2);
    failed(root, &["tenants", "add", "x", "--quota", "much"], 2);
    let told =
        failed(root, &["tenants", "add", "x", "--template", "{volume}/{vdn}/{nobody}-{random}.wav"], 2);
    assert!(told.contains("{caller}") && told.contains("{var:NAME}"), "{told}");
    assert!(failed(root, &["messages", "list", "--tenant", "9"], 1).contains("tenants add"));
    failed(root, &["messages", "list", "--status", "done"], 2);
    failed(root, &["messages", "show", "17"], 2);
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    for command in [&["show"][..], &["audio"], &["delete"], &["hold"]] {
        let arguments = [&["messages"], command, &[unknown]].concat();
        assert!(failed(root, &arguments, 1).contains("messages list"), "{command:?}");
    }
    failed(root, &["agents", "import", "/nowhere.csv", "--tenant", "1001"], 1);
    let list = root.join("agents.csv");
    for text in [&b"id\n7\n"[..], b"agent_id\n\xFF\n", b"agent_id\n../x\n"] {
        fs::write(&list, text).unwrap();
        failed(root, &["agents", "import", list.to_str().unwrap(), "--tenant", "1001"], 1);
    }
    failed(root, &["sweep", "--now", "yesterday"], 2);
    failed(root, &["sweep", "--daily", "25:00"], 2);
    fs::write(root.join("afterbeep.db"), "x".repeat(9_000)).unwrap();
    assert!(failed(root, &["messages", "list"], 1).contains("damaged"));
}
