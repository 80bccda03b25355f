//! Records and files, killed at every step.

use super::*;
use crate::line::SampleRate;
use crate::session::EndReason;
use crate::wav::{Format, WavWriter};
use jiff::{SignedDuration, Timestamp};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Steps that are left to a process that is to die.
static STEPS_LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

pub(super) fn checkpoint() {
    if STEPS_LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        // SIGKILL: no destructor runs, no lock is given back but by the kernel.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

pub(super) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(super) fn store_at(directory: &Path) -> SqliteStore {
    let options = StoreOptions { create: true, busy_timeout: Duration::from_millis(200) };
    SqliteStore::open(directory, &options).unwrap()
}

pub(super) fn with_tenant(directory: &Path, retention: Option<u64>) -> SqliteStore {
    let store = store_at(directory);
    store.add_tenant(&Tenant { retention_s: retention, ..Tenant::new("1001") }).unwrap();
    store
}

pub(super) fn draft(tenant: &str, name: &str) -> Draft {
    Draft {
        caller: Some("+34911".into()),
        ..Draft::new(tenant, now(), "default", &format!("{tenant}/record/{name}.wav"))
    }
}

pub(super) fn completion() -> Completion {
    Completion {
        ended_at: now() + SignedDuration::from_secs(1),
        duration_ms: 1_000,
        spoken_ms: Some(700),
        end_reason: EndReason::Dtmf,
        end_digit: Some('#'),
        tone: None,
        loss: LossSummary::default(),
        complete: true,
        bytes: 16_104,
        path: None,
    }
}

/// The file of a draft, with a second of audio, under its name or as a part.
pub(super) fn write_file(directory: &Path, draft: &Draft, suffix: &str) -> std::path::PathBuf {
    let path = directory.join(format!("{}{suffix}", draft.path));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(&path).unwrap();
    let mut writer = WavWriter::new(file, Format::Pcm16, SampleRate::NARROWBAND).unwrap();
    writer.append([&[1_000; 8_000], &[]], &mut Vec::new()).unwrap();
    path
}

/// Begins, records, completes.
fn leave(recorder: &Recorder, directory: &Path, draft: &Draft) {
    assert_eq!(recorder.begin(draft, Duration::from_secs(5)), Applied::Done);
    checkpoint();
    let part = write_file(directory, draft, ".part");
    checkpoint();
    fs::rename(&part, part.with_extension("")).unwrap();
    checkpoint();
    assert!(recorder.complete(draft, completion()));
    assert!(recorder.flush(Duration::from_secs(5)));
    checkpoint();
}

const DIRECTORY: &str = "AFTERBEEP_TEST_DIRECTORY";
const STEPS: &str = "AFTERBEEP_TEST_STEPS";

/// What the process does that is killed.
#[test]
#[ignore = "the child of a_kill_at_any_step_leaves_nothing_behind"]
fn a_life() {
    let directory = std::env::var(DIRECTORY).unwrap();
    let directory = Path::new(&directory);
    STEPS_LEFT.store(std::env::var(STEPS).unwrap().parse().unwrap(), Ordering::SeqCst);
    let store = Arc::new(store_at(directory));
    let recorder = Recorder::start(Arc::clone(&store) as _, RecorderOptions::default()).unwrap();
    let (first, second) = (draft("1001", "first"), draft("1001", "second"));
    leave(&recorder, directory, &first);
    leave(&recorder, directory, &second);
    delete(&*store, &[first.id], now()).unwrap();
    let later = now() + SignedDuration::from_hours(24 * 31);
    sweep(&*store, &SweepOptions::new(later)).unwrap();
    let third = draft("1001", "third");
    leave(&recorder, directory, &third);
    fs::write(directory.join("1001/record/stray.wav"), "no record").unwrap();
    delete_tenant(&*store, "1001", now()).unwrap();
    drop(recorder);
}

fn files_below(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path.to_str().unwrap().to_owned());
        }
    }
    found
}

#[test]
fn a_kill_at_any_step_leaves_nothing_behind() {
    let mut killed = 0;
    for steps in 1.. {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        drop(with_tenant(root, Some(30 * 86_400)));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::a_life", "--ignored", "--nocapture"])
            .env(DIRECTORY, root)
            .env(STEPS, steps.to_string())
            .output()
            .unwrap();
        let store = store_at(root);
        if child.status.success() {
            // It was not killed any more: nothing is left of it at all.
            assert!(store.tenant("1001").is_err() && files_below(&root.join("1001")).is_empty());
            break;
        }
        assert!(
            child.stderr.is_empty() || !String::from_utf8_lossy(&child.stderr).contains("panicked"),
            "{child:?}"
        );
        killed += 1;
        if store.tenant("1001").is_err() {
            // The last thing a deletion does.
            assert!(files_below(&root.join("1001")).is_empty());
            continue;
        }
        let report = recover(&store, now()).unwrap();
        assert!(report.failures.is_empty() && report.alive == 0, "step {steps}: {report:?}");
        // `repair` gives interrupted files their names.
        for (volume, part) in &report.to_repair {
            let part = store.volume(volume).unwrap().path.join(part);
            fs::rename(&part, part.with_extension("")).unwrap();
        }
        let again = recover(&store, now()).unwrap();
        assert!(
            again.adopted == report.to_repair.len() as u64 && again.to_repair.is_empty(),
            "step {steps}: {again:?}"
        );
        let swept = sweep(&store, &SweepOptions::new(now())).unwrap();
        assert_eq!(swept.deletion.failed, 0);
        // Every record has its file, every file its record.
        let messages = store.list(&Query::of("1001"), None, 100).unwrap().messages;
        let mut recorded: Vec<String> = messages
            .iter()
            .map(|message| root.join(&message.draft.path).to_str().unwrap().to_owned())
            .collect();
        let mut files = files_below(&root.join("1001"));
        files.retain(|file| !file.ends_with("stray.wav"));
        files.sort();
        recorded.sort();
        assert_eq!(files, recorded, "step {steps}");
        assert_eq!(store.census("1001").unwrap().records, recorded.len() as u64, "step {steps}");
        let bytes: u64 = messages.iter().map(|message| message.completion.as_ref().unwrap().bytes).sum();
        assert_eq!(store.tenant("1001").unwrap().used_bytes, bytes, "step {steps}");
        // A deletion that was interrupted goes on.
        let done = delete_tenant(&store, "1001", now()).unwrap();
        assert_eq!((done.remaining_records, done.directory_remains), (0, false));
        assert!(files_below(&root.join("1001")).is_empty() && store.tenant("1001").is_err());
    }
    assert!(killed >= 20, "{killed} kills");
}

#[test]
fn what_lives_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(with_tenant(directory.path(), None));
    let recorder = Recorder::start(Arc::clone(&store) as _, RecorderOptions::default()).unwrap();
    let draft = draft("1001", "a");
    assert_eq!(recorder.begin(&draft, Duration::from_secs(5)), Applied::Done);
    let report = recover(&*store, now()).unwrap();
    assert_eq!((report.alive, report.forgotten), (1, 0));
    assert!(matches!(
        delete_tenant(&*store, "1001", now()),
        Err(StoreError::TenantRecording { count: 1, .. })
    ));
    // Nothing new is taken; what began is completed, and goes with the tenant.
    assert_eq!(recorder.begin(&self::draft("1001", "b"), Duration::from_secs(5)), Applied::Refused);
    let file = write_file(directory.path(), &draft, "");
    assert!(recorder.complete(&draft, completion()) && recorder.flush(Duration::from_secs(5)));
    let done = delete_tenant(&*store, "1001", now()).unwrap();
    assert_eq!((done.messages, done.other_files, done.remaining_records), (1, 0, 0));
    assert!(!file.exists());
}

#[test]
fn a_file_of_its_own_is_adopted_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let draft = draft("1001", "adopted");
    write_file(directory.path(), &draft, "");
    let id = adopt(&store, "default", &draft.path).unwrap();
    assert_eq!(adopt(&store, "default", &draft.path).unwrap(), id);
    let messages = store.list(&Query::of("1001"), None, 10).unwrap().messages;
    let [message] = &messages[..] else { panic!("{messages:?}") };
    let completion = message.completion.as_ref().unwrap();
    assert_eq!((completion.duration_ms, completion.end_reason), (1_000, EndReason::Error));
    assert!(message.adopted && !completion.complete);
    assert!(matches!(adopt(&store, "default", "1001/../../etc/passwd"), Err(StoreError::Name { .. })));
    assert!(matches!(adopt(&store, "default", "afterbeep.db"), Err(StoreError::UnknownTenant(_))));
}

#[test]
fn links_lead_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let store = with_tenant(root, Some(1));
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.wav");
    fs::write(&secret, "secret").unwrap();
    fs::create_dir_all(root.join("1001")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.join("1001/record")).unwrap();
    let draft = draft("1001", "secret");
    store.adopt(&draft, &completion()).unwrap();
    assert!(store.volume("default").unwrap().open(&draft.path).is_err());
    let report = sweep(&store, &SweepOptions::new(now() + SignedDuration::from_hours(1))).unwrap();
    assert_eq!((report.deletion.deleted, report.deletion.failed), (0, 1));
    assert!(secret.exists());
    fs::remove_file(root.join("1001/record")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.join("1001/record")).unwrap();
    assert_eq!(store.volume("default").unwrap().remove_tree("1001").unwrap(), 1);
    assert!(secret.exists() && !root.join("1001").exists());
}

#[test]
fn a_dead_recorders_journal_is_written_and_a_torn_line_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let draft = draft("1001", "late");
    let change = Change::Complete { draft: Box::new(draft.clone()), completion: Box::new(completion()) };
    let line = serde_json::to_string(&change).unwrap();
    fs::create_dir_all(store.journals()).unwrap();
    let dead = store.journals().join("dead.jsonl");
    fs::write(&dead, format!("{line}\nnonsense\n{line}\n{}", &line[..20])).unwrap();
    let living = store.journals().join("living.jsonl");
    fs::write(&living, format!("{line}\n")).unwrap();
    let lock = File::open(&living).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    recover(&store, now()).unwrap();
    assert!(!dead.exists() && living.exists());
    assert_eq!(store.get(draft.id).unwrap().completion.unwrap().duration_ms, 1_000);
    // What comes late does not bring back what was deleted.
    delete(&store, &[draft.id], now()).unwrap();
    drop(lock);
    recover(&store, now()).unwrap();
    assert!(!living.exists() && store.get(draft.id).is_err());
}

#[test]
fn a_part_without_a_byte_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let draft = Draft { expected_bytes: 80, ..draft("1001", "a") };
    let begin = Change::Begin { draft: Box::new(draft.clone()), owner: "dead".into(), deferred: false };
    store.apply(&[begin]).unwrap();
    let part = directory.path().join(format!("{}.part", draft.path));
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    File::create(&part).unwrap();
    assert_eq!(store.tenant("1001").unwrap().used_bytes, 80);
    let report = recover(&store, now()).unwrap();
    assert_eq!((report.forgotten, report.to_repair.len()), (1, 0));
    assert!(!part.exists());
    assert_eq!(store.tenant("1001").unwrap().used_bytes, 0);
}

#[test]
fn what_the_store_refuses_is_kept_until_it_takes_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let lost = draft("2002", "a");
    let change = Change::Complete { draft: Box::new(lost.clone()), completion: Box::new(completion()) };
    fs::create_dir_all(store.journals()).unwrap();
    let line = serde_json::to_string(&change).unwrap() + "\n";
    fs::write(store.journals().join("dead.jsonl"), line).unwrap();
    for _ in 0..3 {
        recover(&store, now()).unwrap();
        assert!(store.get(lost.id).is_err());
        assert!(
            store.journals().join("dead.refused").exists() && !store.journals().join("dead.jsonl").exists()
        );
    }
    store.add_tenant(&Tenant::new("2002")).unwrap();
    recover(&store, now()).unwrap();
    assert_eq!(store.get(lost.id).unwrap().draft.path, lost.path);
    assert!(!store.journals().join("dead.refused").exists());
}
