//! Records are written whatever becomes of the store, and nobody waits for that.

use afterbeep::session::EndReason;
use afterbeep::store::{
    Applied, Completion, Draft, LossSummary, MessageStore, Query, Recorder, RecorderOptions, SqliteStore,
    StoreOptions, Tenant, recover,
};
use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

fn open(directory: &Path) -> Arc<SqliteStore> {
    let options = StoreOptions { create: true, busy_timeout: Duration::from_millis(50) };
    let store = Arc::new(SqliteStore::open(directory, &options).unwrap());
    let _ = store.add_tenant(&Tenant::new("1001"));
    store
}

fn quick() -> RecorderOptions {
    RecorderOptions { retry: Duration::from_millis(10), ..RecorderOptions::default() }
}

fn draft(name: &str) -> Draft {
    Draft::new("1001", Timestamp::now(), "default", &format!("1001/{name}.wav"))
}

fn completion() -> Completion {
    Completion {
        ended_at: Timestamp::now(),
        duration_ms: 1_000,
        spoken_ms: None,
        end_reason: EndReason::Hangup,
        end_digit: None,
        tone: None,
        loss: LossSummary::default(),
        complete: true,
        bytes: 16_044,
        path: None,
    }
}

fn kept(store: &SqliteStore) -> usize {
    store.list(&Query::of("1001"), None, 10_000).unwrap().messages.len()
}

#[test]
fn messages_are_recorded_and_digested() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let observer: afterbeep::store::Observer = Box::new(move |change, applied| {
        told.lock().unwrap().push((format!("{change:?}").split_once(' ').unwrap().0.to_owned(), applied));
    });
    let options = RecorderOptions { observer: Some(observer), ..quick() };
    let recorder = Recorder::start(Arc::clone(&store) as _, options).unwrap();
    let (left, absent) = (draft("left"), draft("absent"));
    for draft in [&left, &absent] {
        assert_eq!(recorder.begin(draft, LONG), Applied::Done);
    }
    fs::create_dir(directory.path().join("1001")).unwrap();
    let reading = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reading.wav");
    fs::copy(reading, directory.path().join(&left.path)).unwrap();
    assert!(recorder.complete(&left, completion()) && recorder.abandon(absent.id));
    assert!(recorder.flush(LONG));
    let messages = store.list(&Query::of("1001"), None, 10).unwrap().messages;
    assert_eq!(messages.len(), 1);
    // hound's samples, as an independent judge of what the audio is.
    let mut reader = hound::WavReader::open(directory.path().join(&left.path)).unwrap();
    let audio: Vec<u8> = reader.samples::<i16>().flat_map(|sample| sample.unwrap().to_le_bytes()).collect();
    assert_eq!(messages[0].sha256, Some(Sha256::digest(audio).into()));
    let seen = seen.lock().unwrap();
    let kinds: Vec<&str> = seen.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["Begin", "Begin", "Complete", "Abandon"]);
    assert!(seen.iter().all(|(_, applied)| *applied == Applied::Done));
    drop(recorder);
    // Its journal went with it.
    assert_eq!(fs::read_dir(directory.path().join("journal")).unwrap().count(), 0);
}

#[test]
fn a_locked_store_holds_up_nobody_and_gets_everything() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let recorder =
        Recorder::start(Arc::clone(&store) as _, RecorderOptions { digests: false, ..quick() }).unwrap();
    let other = Connection::open(directory.path().join("afterbeep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let drafts: Vec<Draft> = (0..2_000).map(|number| draft(&number.to_string())).collect();
    assert_eq!(recorder.begin(&drafts[0], LONG), Applied::Deferred);
    let began = Instant::now();
    assert!(drafts.iter().all(|draft| recorder.complete(draft, completion())));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(!recorder.flush(LONG) && !recorder.statistics().available);
    assert_eq!(kept(&store), 0);
    other.execute_batch("ROLLBACK").unwrap();
    let until = Instant::now() + LONG;
    while !recorder.statistics().available && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(recorder.flush(LONG));
    assert_eq!((kept(&store), recorder.statistics().lost), (2_000, 0));
}

#[test]
fn what_a_full_store_did_not_take_waits_for_the_next_process() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let recorder =
        Recorder::start(Arc::clone(&store) as _, RecorderOptions { digests: false, ..quick() }).unwrap();
    let other = Connection::open(directory.path().join("afterbeep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let draft = draft("late");
    assert!(recorder.complete(&draft, completion()));
    // The process ends, and the store is back afterwards.
    drop(recorder);
    drop(other);
    let journals = || fs::read_dir(directory.path().join("journal")).unwrap().count();
    assert_eq!((kept(&store), journals()), (0, 1));
    let recorder =
        Recorder::start(Arc::clone(&store) as _, RecorderOptions { digests: false, ..quick() }).unwrap();
    assert_eq!((kept(&store), journals()), (1, 1));
    drop(recorder);
    assert_eq!(journals(), 0);
}

#[test]
fn what_was_begun_and_not_completed_is_recovered_when_the_process_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let options = RecorderOptions { digests: false, ..quick() };
    let recorder = Recorder::start(Arc::clone(&store) as _, options).unwrap();
    let draft = draft("a");
    assert_eq!(recorder.begin(&draft, LONG), Applied::Done);
    fs::create_dir(directory.path().join("1001")).unwrap();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reading.wav"),
        directory.path().join(&draft.path),
    )
    .unwrap();
    assert_eq!(recover(&*store, Timestamp::now()).unwrap().alive, 1);
    drop(recorder);
    let report = recover(&*store, Timestamp::now()).unwrap();
    assert_eq!((report.adopted, report.alive, kept(&store)), (1, 0, 1));
}

#[test]
fn what_is_personal_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("store");
    let store = open(&root);
    let recorder = Recorder::start(Arc::clone(&store) as _, quick()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&root), mode(&root.join("journal"))), (0o700, 0o700));
    for file in ["afterbeep.db", "afterbeep.db-wal", "afterbeep.db-shm"] {
        assert_eq!(mode(&root.join(file)), 0o600, "{file}");
    }
    drop(recorder);
}
