//! The Leave Message element: branches, allocation, names, records, and what the store may do meanwhile.

mod common;

use afterbeep::element::{
    Branch, Call, ElementError, ElementRunner, LeaveMessage, Outcome, Source, Value, Variables,
};
use afterbeep::engine::{Engine, EngineConfig, FileConfig, OpenError, SessionHandle};
use afterbeep::session::{EndReason, State};
use afterbeep::store::{
    Agent, AgentDirectory, MessageRecord, MessageStore, NameTemplate, Query, Recorder, RecorderOptions,
    SqliteStore, Status, StoreError, StoreOptions, Tenant, Volume, recover,
};
use common::call::{engine, feed, result};
use common::tools::SmallDisk;
use common::{Key, Line, Random, samples, speech};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(20);

/// A store with a tenant and an agent, an engine, and what runs elements on them.
struct Place {
    directory: TempDir,
    store: Arc<SqliteStore>,
    engine: Engine,
    runner: ElementRunner,
}

impl Place {
    fn new(tenant: &Tenant) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = StoreOptions { create: true, busy_timeout: Duration::from_millis(50) };
        let store = Arc::new(SqliteStore::open(directory.path(), &options).unwrap());
        store.add_tenant(tenant).unwrap();
        let agent = Agent { agent_id: "1001".to_owned(), name: None };
        store.import_agents(&tenant.id, &[agent]).unwrap();
        let options = RecorderOptions { retry: Duration::from_millis(10), ..RecorderOptions::default() };
        let recorder = Recorder::start(Arc::clone(&store) as _, options).unwrap();
        let runner = ElementRunner::new(Arc::clone(&store) as _, recorder);
        Self { directory, store, engine: engine(), runner }
    }

    /// Leaves a message: audio, and what the host does then.
    fn leave(
        &self,
        element: &LeaveMessage,
        call: &Call,
        line: &[i16],
        end: &dyn Fn(SessionHandle),
    ) -> Outcome {
        self.leave_on(&self.engine, element, call, line, end)
    }

    fn leave_on(
        &self,
        engine: &Engine,
        element: &LeaveMessage,
        call: &Call,
        line: &[i16],
        end: &dyn Fn(SessionHandle),
    ) -> Outcome {
        let running = self.runner.begin(engine, element, call).unwrap();
        let session = running.session();
        feed(session, line, 160);
        end(session);
        let outcome = self.runner.finish(running, &result(session));
        session.close().unwrap();
        outcome
    }

    /// A message of a second that the caller ends.
    fn leave_some(&self, element: &LeaveMessage, call: &Call) -> Outcome {
        self.leave(element, call, &speech("reading.wav")[..samples(1_000)], &hangup)
    }

    fn refused(&self, element: &LeaveMessage, call: &Call) -> ElementError {
        self.runner.begin(&self.engine, element, call).unwrap_err()
    }

    /// The tenant's records, when all are written.
    fn records(&self) -> Vec<MessageRecord> {
        assert!(self.runner.recorder().flush(LONG));
        self.store.list(&Query::of("vdn"), None, 1_000).unwrap().messages
    }

    /// All files but the store's own.
    fn files(&self) -> usize {
        count(&self.directory.path().join("vdn"))
    }
}

fn count(directory: &Path) -> usize {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

fn hangup(session: SessionHandle) {
    let _ = session.hangup();
}

fn call(variables: &[(&str, &str)]) -> Call {
    let mut all = Variables::default();
    variables.iter().for_each(|(name, value)| all.set(name, *value));
    Call::new(all)
}

/// The contract's element, without a beep.
fn element() -> LeaveMessage {
    LeaveMessage::from_json(
        r##"{ "node_name": "Leave a message", "node_id": "n7", "tenant": "vdn",
          "agent": {"variable": "agent"}, "queue": null,
          "file_name_variable": "recording_file", "location_id": "uap1", "location_variable": "recording_location",
          "recording": {"max_duration_ms": 20000, "beep": false, "terminators": "#", "final_silence_ms": null,
                        "tone_plan": null},
          "record_message": true, "caller": {"variable": "caller"}, "called": {"constant": "900"},
          "error_branch": true }"##,
    )
    .unwrap()
}

fn text(outcome: &Outcome, name: &str) -> String {
    outcome.variables.get(name).unwrap().to_string()
}

#[test]
fn every_ending_has_its_branch_and_leaves_a_record_or_none() {
    let place = Place::new(&Tenant::new("vdn"));
    let some = speech("reading.wav")[..samples(2_000)].to_vec();
    let key = Line::new().audio(&some).key(Key::new('#'), &mut Random::new(1)).silence(500).pcm();
    let quiet = Line::new().audio(&some).silence(1_500).pcm();
    let silence = Line::new().silence(1_500).pcm();
    let mut endings = element();
    endings.recording.max_duration_ms = 10_000;
    endings.recording.initial_silence_ms = Some(1_000);
    endings.recording.final_silence_ms = Some(1_000);
    endings.recording.min_duration_ms = Some(300);
    let mut plain = element();
    plain.recording.max_duration_ms = 1_000;
    let mut deletes = endings.clone();
    deletes.recording.delete_initial_silence = true;
    deletes.recording.delete_too_short = true;
    let stop = |session: SessionHandle| session.stop().unwrap();
    let cancel = |session: SessionHandle| session.cancel().unwrap();
    let fail = |session: SessionHandle| session.fail().unwrap();
    let nobody = |_: SessionHandle| ();
    let short = &some[..samples(200)];
    use EndReason::{
        Cancelled, Dtmf, Error, FinalSilence, Hangup, InitialSilence, MaxDuration, Stopped, TooShort,
    };
    type Case<'a> = (&'a LeaveMessage, &'a [i16], &'a dyn Fn(SessionHandle), EndReason, Branch, bool);
    let cases: [Case<'_>; 12] = [
        (&endings, &key, &nobody, Dtmf, Branch::Next, true),
        (&endings, &quiet, &nobody, FinalSilence, Branch::Next, true),
        (&endings, &silence, &nobody, InitialSilence, Branch::Next, true),
        (&deletes, &silence, &nobody, InitialSilence, Branch::Next, false),
        (&plain, &some, &nobody, MaxDuration, Branch::Next, true),
        (&endings, short, &hangup, TooShort, Branch::Next, true),
        (&deletes, short, &hangup, TooShort, Branch::Next, false),
        (&plain, short, &stop, Stopped, Branch::Next, true),
        (&plain, short, &hangup, Hangup, Branch::Hangup, true),
        (&plain, &[], &hangup, Hangup, Branch::Hangup, false),
        (&plain, short, &cancel, Cancelled, Branch::Next, false),
        (&plain, short, &fail, Error, Branch::Error, true),
    ];
    let mut kept = 0;
    for (element, line, end, reason, branch, left) in cases {
        // What an earlier element left must not stand where nothing was left.
        let outcome = place.leave(element, &call(&[("recording_file", "earlier")]), line, end);
        assert_eq!((outcome.end_reason, outcome.branch), (reason, branch));
        assert_eq!((outcome.message_id.is_some(), outcome.status.is_some()), (left, left), "{reason}");
        assert_eq!(text(&outcome, "recording_file"), outcome.path.clone().unwrap_or_default());
        assert_eq!(text(&outcome, "recording_location"), if left { "uap1" } else { "" });
        kept += usize::from(left);
        let records = place.records();
        assert_eq!((records.len(), place.files()), (kept, kept), "{reason}");
        if let Some(id) = outcome.message_id {
            let completion = place.store.get(id).unwrap().completion.unwrap();
            assert_eq!(completion.end_reason, reason);
        }
    }
    assert!(place.store.recording().unwrap().is_empty());
    let unwanted = LeaveMessage { error_branch: false, ..plain.clone() };
    let outcome = place.leave(&unwanted, &call(&[]), short, &fail);
    assert_eq!((outcome.branch.name(), outcome.end_reason), ("exception", Error));
    assert_eq!(unwanted.refused(Variables::default()).branch, Branch::Exception);
}

#[test]
fn a_tone_and_a_line_that_falls_silent_are_hang_ups() {
    let place = Place::new(&Tenant::new("vdn"));
    let some = &speech("reading.wav")[..samples(2_000)];
    let mut tones = element();
    tones.recording.tone_plan = Some("es".to_owned());
    let busy = (0..5).fold(Line::new().audio(some), |line, _| line.tone(425.0, -10.0, 200).silence(200));
    let impatient = EngineConfig { poll_interval_ms: 1, media_timeout_ms: 100, ..EngineConfig::default() };
    let impatient = Engine::new(&impatient).unwrap();
    let nobody = |_: SessionHandle| ();
    for (engine, line, reason, tone) in [
        (&place.engine, &*busy.pcm(), EndReason::DisconnectTone, Some("busy")),
        (&impatient, some, EndReason::MediaTimeout, None),
    ] {
        let outcome = place.leave_on(engine, &tones, &call(&[("agent", "1001")]), line, &nobody);
        assert_eq!((outcome.end_reason, outcome.branch), (reason, Branch::Hangup));
        assert!(place.runner.recorder().flush(LONG));
        let completion = place.store.get(outcome.message_id.unwrap()).unwrap().completion.unwrap();
        assert_eq!((completion.end_reason, completion.tone.as_deref()), (reason, tone));
        assert!(completion.complete && completion.duration_ms.abs_diff(2_000) <= 50, "{completion:?}");
        assert!(completion.spoken_ms.is_some_and(|spoken_ms| spoken_ms > 500 && spoken_ms < 2_000));
    }
}

#[test]
fn a_full_disk_is_an_error_whose_record_says_what_is_missing() {
    let Some(disk) = SmallDisk::mount("256k") else { return };
    let tenant = Tenant { volume: "disk".to_owned(), ..Tenant::new("small") };
    let place = Place::new(&Tenant::new("vdn"));
    place.store.add_volume(&Volume { name: "disk".to_owned(), path: disk.path().to_owned() }).unwrap();
    place.store.add_tenant(&tenant).unwrap();
    let engine = EngineConfig { full_hold_ms: 300, preallocate_kib: 0, ..EngineConfig::default() };
    let engine = Engine::new(&engine).unwrap();
    let element = LeaveMessage { tenant: "small".to_owned(), ..element() };
    let running = place.runner.begin(&engine, &element, &call(&[])).unwrap();
    let session = running.session();
    feed(session, &speech("reading.wav")[..samples(1_000)], 160);
    std::thread::sleep(Duration::from_millis(1_500));
    disk.fill();
    // As long as it takes: what is pushed ends with the session.
    let end = Instant::now() + LONG;
    while session.state() != Ok(State::Ended) && Instant::now() < end {
        let _ = session.push(&[1_000; 160]);
        std::thread::sleep(Duration::from_millis(2));
    }
    let outcome = place.runner.finish(running, &result(session));
    session.close().unwrap();
    assert_eq!((outcome.end_reason, outcome.branch), (EndReason::DiskFull, Branch::Error));
    assert!(place.runner.recorder().flush(LONG));
    let completion = place.store.get(outcome.message_id.unwrap()).unwrap().completion.unwrap();
    assert_eq!((completion.end_reason, completion.complete), (EndReason::DiskFull, false));
    assert!(completion.duration_ms >= 1_000 && completion.loss.lost_samples > 0, "{completion:?}");
    assert!(completion.loss.gap_count > 0 && completion.bytes > 16_000, "{completion:?}");
    drop(engine);
}

#[test]
fn a_record_says_what_the_element_and_the_call_say() {
    let place = Place::new(&Tenant::new("vdn"));
    let call = Call {
        channel: Some("7".to_owned()),
        data: [("case".to_owned(), "12".to_owned())].into(),
        file: FileConfig { metadata: afterbeep::wav::Metadata::now(), ..FileConfig::new("") },
        ..call(&[("agent", "1001"), ("caller", "+34911")])
    };
    let outcome = place.leave_some(&element(), &call);
    let records = place.records();
    let record = place.store.get(outcome.message_id.unwrap()).unwrap();
    assert_eq!(records.len(), 1);
    let draft = &record.draft;
    let said =
        [&draft.node_id, &draft.node_name, &draft.location, &draft.caller, &draft.called, &draft.agent];
    assert_eq!(
        said.map(|text| text.as_deref().unwrap()),
        ["n7", "Leave a message", "uap1", "+34911", "900", "1001"]
    );
    assert_eq!((draft.channel.as_deref(), draft.data["case"].as_str()), (Some("7"), "12"));
    assert_eq!((draft.started_at.as_second(), record.adopted), (call.started_at.as_second(), false));
    let path = place.directory.path().join(&draft.path);
    let completion = record.completion.unwrap();
    assert_eq!((completion.duration_ms, completion.complete), (1_000, true));
    assert_eq!(completion.bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(place.store.tenant("vdn").unwrap().used_bytes, completion.bytes);
    assert!(records[0].sha256.is_some());
    let reader = afterbeep::wav::WavReader::new(File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata();
    assert_eq!(
        (metadata.node_name.as_deref(), metadata.caller.as_deref()),
        (Some("Leave a message"), Some("+34911"))
    );
}

/// Knows one queue, and fails where it is asked for an agent.
#[derive(Debug)]
struct Queues;

impl AgentDirectory for Queues {
    fn knows_agent(&self, _: &str, _: &str) -> Result<bool, StoreError> {
        Err(StoreError::Failing("no answer".to_owned()))
    }

    fn knows_queue(&self, tenant: &str, queue: &str) -> Result<bool, StoreError> {
        Ok((tenant, queue) == ("vdn", "sales"))
    }
}

#[test]
fn messages_are_allocated_to_whom_the_directory_knows() {
    let mut place = Place::new(&Tenant::new("vdn"));
    let constant = |text: &str| Some(Source::Constant(text.to_owned()));
    let variable = |name: &str| Some(Source::Variable(name.to_owned()));
    let with = |agent, queue| LeaveMessage { agent, queue, ..element() };
    let leave = |place: &Place, element: &LeaveMessage, variables: &[(&str, &str)]| {
        let outcome = place.leave_some(element, &call(variables));
        place.records();
        let draft = place.store.get(outcome.message_id.unwrap()).unwrap().draft;
        assert_eq!(outcome.status, Some(draft.status));
        (draft.status, draft.agent, draft.queue)
    };
    let agent = |text: &str| Some(text.to_owned());
    use Status::{AllocationFailed, ToBeAllocated, Unprocessed};
    assert_eq!(leave(&place, &with(None, None), &[("agent", "1001")]), (ToBeAllocated, None, None));
    assert_eq!(leave(&place, &with(constant("1001"), None), &[]), (Unprocessed, agent("1001"), None));
    assert_eq!(leave(&place, &with(constant("9"), None), &[]), (AllocationFailed, agent("9"), None));
    let by_variable = with(variable("agent"), None);
    assert_eq!(leave(&place, &by_variable, &[("agent", "1001")]), (Unprocessed, agent("1001"), None));
    assert_eq!(leave(&place, &by_variable, &[("agent", "9")]), (AllocationFailed, agent("9"), None));
    assert_eq!(leave(&place, &by_variable, &[("agent", "")]), (ToBeAllocated, None, None));
    assert_eq!(leave(&place, &by_variable, &[("other", "1001")]), (ToBeAllocated, None, None));
    let mut number = call(&[]);
    number.variables.set("agent", Value::Number(1_001));
    assert_eq!(place.leave_some(&by_variable, &number).status, Some(Unprocessed));
    assert_eq!(leave(&place, &with(None, constant("any")), &[]), (Unprocessed, None, agent("any")));
    let either = with(variable("agent"), variable("queue"));
    assert_eq!(leave(&place, &either, &[("queue", "q")]), (Unprocessed, None, agent("q")));
    let both = leave(&place, &either, &[("agent", "9"), ("queue", "q")]);
    assert_eq!(both, (AllocationFailed, agent("9"), agent("q")));
    // A directory of the host's; where it does not answer, the administrator does.
    place.runner = place.runner.with_directory(Arc::new(Queues));
    assert_eq!(leave(&place, &either, &[("queue", "sales")]).0, Unprocessed);
    assert_eq!(leave(&place, &either, &[("queue", "other")]).0, AllocationFailed);
    assert_eq!(leave(&place, &either, &[("agent", "1001")]).0, AllocationFailed);
}

#[test]
fn names_come_from_the_template_and_never_meet() {
    let template =
        "{volume}/{vdn}/{yyyymmdd}/{location}-{node}-{caller}-{var:case}/{yyyymmddHHMMSS}-{random:4}.wav";
    let place = Place::new(&Tenant {
        time_zone: "Europe/Madrid".to_owned(),
        template: Some(NameTemplate::parse(template).unwrap()),
        ..Tenant::new("vdn")
    });
    let call = Call {
        started_at: "2026-06-30T23:30:00Z".parse().unwrap(),
        ..call(&[("caller", "../../etc/\0x"), ("case", "a/b")])
    };
    let first = place.leave_some(&element(), &call).path.unwrap();
    let (parent, name) = first.rsplit_once('/').unwrap();
    assert_eq!(parent, "vdn/20260701/uap1-n7-___.._etc__x-a_b");
    assert!(name.starts_with("20260701013000-"), "{name}");
    // Half of all names of this second are taken.
    let beside = place.directory.path().join(parent);
    let taken = |number: usize| beside.join(format!("20260701013000-{number:04}.wav"));
    let mut others = 0;
    for number in (0..10_000).step_by(2) {
        others += usize::from(File::create_new(taken(number)).is_ok());
    }
    let mut paths = BTreeSet::from([first]);
    for _ in 0..20 {
        assert!(paths.insert(place.leave_some(&element(), &call).path.unwrap()));
    }
    let recorded: BTreeSet<String> = place.records().into_iter().map(|record| record.draft.path).collect();
    assert_eq!((&recorded, place.files()), (&paths, others + 21));
    assert!(place.store.recording().unwrap().is_empty());
}

#[test]
fn without_a_record_there_is_a_file_and_nothing_else() {
    let place = Place::new(&Tenant::new("vdn"));
    let element = LeaveMessage { record_message: false, ..element() };
    let outcome = place.leave_some(&element, &call(&[("agent", "1001")]));
    assert_eq!((outcome.branch, outcome.message_id, outcome.status), (Branch::Hangup, None, None));
    assert_eq!(outcome.volume.as_deref(), Some("default"));
    let path = place.directory.path().join(text(&outcome, "recording_file"));
    assert!(path.is_file());
    assert_eq!((place.records().len(), place.files()), (0, 1));
    assert_eq!(place.store.census("vdn").unwrap().records, 0);
}

#[test]
fn what_cannot_be_recorded_is_refused_and_leaves_nothing() {
    // A message of 20 s takes 320 512 bytes at most.
    let place = Place::new(&Tenant { quota_bytes: Some(330_000), ..Tenant::new("vdn") });
    let call = call(&[]);
    let unrecorded = LeaveMessage { record_message: false, ..element() };
    place.leave_some(&element(), &call);
    assert_eq!((place.records().len(), place.files()), (1, 1));
    for element in [&element(), &unrecorded] {
        let error = place.refused(element, &call);
        assert_eq!(error.name(), "quota_exceeded");
        assert!(error.to_string().contains("quota") && error.to_string().contains("vdn"), "{error}");
    }
    // Another one that takes less fits.
    let mut short = element();
    short.recording.max_duration_ms = 1_000;
    let running = place.runner.begin(&place.engine, &short, &call).unwrap();
    let session = running.session();
    session.cancel().unwrap();
    assert_eq!(place.runner.finish(running, &result(session)).end_reason, EndReason::Cancelled);

    let unknown = LeaveMessage { tenant: "nobody".to_owned(), ..element() };
    let error = place.refused(&unknown, &call);
    assert_eq!(error.name(), "unknown_tenant");
    assert!(error.to_string().contains("tenants add"), "{error}");
    let mut number = call.clone();
    number.variables.set("recording_file", Value::Number(7));
    let error = place.refused(&element(), &number);
    assert!(error.name() == "variable" && error.to_string().contains("recording_file"), "{error}");
    // It keeps what it has.
    let refused = element().refused(number.variables);
    assert_eq!(refused.variables.get("recording_file"), Some(&Value::Number(7)));
    let split = FileConfig { max_file_kib: 64, ..FileConfig::new("") };
    assert_eq!(place.refused(&element(), &Call { file: split, ..call.clone() }).name(), "file");
    // The session cannot be opened: the record goes again.
    let tenant = place.directory.path().join("vdn");
    fs::rename(&tenant, place.directory.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("/tmp", &tenant).unwrap();
    assert!(matches!(place.refused(&short, &call), ElementError::Open(OpenError::File(_))));
    assert_eq!((place.records().len(), place.store.census("vdn").unwrap().recording), (1, 0));
    place.store.close_tenant("vdn").unwrap();
    assert_eq!(place.refused(&short, &call).name(), "tenant_closed");
}

#[test]
fn a_locked_or_damaged_store_costs_neither_message_nor_record() {
    let place = Place::new(&Tenant::new("vdn"));
    place.leave_some(&element(), &call(&[]));
    assert_eq!(place.records().len(), 1);
    let locker = Connection::open(place.directory.path().join("afterbeep.db")).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = place.leave_some(&element(), &call(&[("agent", "1001")]));
    assert_eq!(outcome.status, Some(Status::Unprocessed));
    locker.execute_batch("ROLLBACK").unwrap();
    assert_eq!((place.records().len(), place.files()), (2, 2));

    // Not even reading is possible.
    locker.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let database = place.directory.path().join("afterbeep.db");
    let whole = fs::read(&database).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE; UPDATE agent SET name = 'Ana'").unwrap();
    overwrite(&database, &vec![0xA5; whole.len()]);
    // What others have kept of the database is void.
    locker.execute_batch("COMMIT").unwrap();
    assert!(place.store.tenant("vdn").is_err_and(|error| error.is_unavailable()));
    let unreadable = place.leave_some(&element(), &call(&[("agent", "1001")]));
    // Who is known cannot be told; who was named stands in the record.
    assert_eq!(unreadable.status, Some(Status::AllocationFailed));
    assert_eq!(place.files(), 3);
    overwrite(&database, &whole);
    locker.execute_batch("UPDATE agent SET name = 'Bea'").unwrap();
    let end = Instant::now() + LONG;
    let back = || place.store.tenant("vdn").is_ok() && place.runner.recorder().statistics().available;
    while !back() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let records = place.records();
    assert_eq!((records.len(), place.runner.recorder().statistics().lost), (3, 0));
    let id = unreadable.message_id.unwrap();
    assert_eq!(place.store.get(id).unwrap().draft.agent.as_deref(), Some("1001"));
}

/// Changes what a file holds, in place.
fn overwrite(path: &Path, bytes: &[u8]) {
    File::options().write(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_finished_file_whose_record_was_not_completed_is_adopted() {
    let place = Place::new(&Tenant::new("vdn"));
    let running = place.runner.begin(&place.engine, &element(), &call(&[("caller", "+34911")])).unwrap();
    let (session, id) = (running.session(), running.message_id().unwrap());
    feed(session, &speech("reading.wav")[..samples(1_000)], 160);
    hangup(session);
    result(session);
    // The process ends here, as far as the store can tell.
    let Place { directory, store, runner, engine } = place;
    drop((running, runner));
    let report = recover(&*store, Timestamp::now()).unwrap();
    assert_eq!((report.adopted, report.forgotten, report.failures.len()), (1, 0, 0));
    let record = store.get(id).unwrap();
    assert!(record.adopted && record.draft.caller.as_deref() == Some("+34911"));
    assert_eq!(record.completion.unwrap().duration_ms, 1_000);
    drop((engine, directory));
}

#[test]
fn elements_are_read_strictly() {
    let told = |change: serde_json::Value| {
        let mut element = serde_json::to_value(element()).unwrap();
        let whole = element.as_object_mut().unwrap();
        for (key, value) in change.as_object().unwrap() {
            match (value, whole.get_mut(key)) {
                (serde_json::Value::Object(inner), Some(serde_json::Value::Object(outer)))
                    if key == "recording" =>
                {
                    outer.extend(inner.clone());
                }
                _ => drop(whole.insert(key.clone(), value.clone())),
            }
        }
        LeaveMessage::from_json(&element.to_string()).map_err(|error| error.to_string())
    };
    // Written out it says all of its parameters.
    assert_eq!(LeaveMessage { said: element().said, ..told(json!({})).unwrap() }, element());
    for (change, expected) in [
        (json!({"quue": null}), "`quue`"),
        (json!({"recording": {"max_duration": 5}}), "`max_duration`"),
        (json!({"recording": {"max_duration_ms": -1}}), "invalid value"),
        (json!({"recording": {"max_duration_ms": 86_400_001}}), "recording.max_duration_ms"),
        (json!({"recording": {"terminators": "x"}}), "recording.terminators"),
        (json!({"recording": {"tone_plan": "xx"}}), "recording.tone_plan"),
        (json!({"recording": {"continuous_tone_ms": 2_000}}), "recording.continuous_tone_ms"),
        (json!({"recording": {"dtmf_profile": "xx"}}), "recording.dtmf_profile"),
        (json!({"recording": {"silence": "adaptive", "silence_threshold_dbm0": -30.0}}), "silence_threshold"),
        (json!({"agent": "1001"}), "`1001`"),
        (json!({"agent": {"constnt": "1001"}}), "`constnt`"),
        (json!({"agent": {"constant": "1", "variable": "2"}}), "expected"),
        (json!({"agent": {"variable": ""}}), "agent"),
        (json!({"file_name_variable": ""}), "file_name_variable"),
        (json!({"file_name_variable": 5}), "string"),
        (json!({"location_variable": "recording_file"}), "recording_file"),
        (json!({"tenant": null}), "string"),
    ] {
        let error = told(change.clone()).unwrap_err();
        assert!(error.contains(expected), "{change}: {error}");
    }
    let least = LeaveMessage::from_json(r#"{"tenant": "vdn"}"#).unwrap();
    assert_eq!(least, LeaveMessage { said: Some(BTreeSet::new()), ..LeaveMessage::new("vdn") });
    assert!(least.record_message && least.recording.beep && least.recording.max_duration_ms == 20_000);
    assert!(LeaveMessage::from_json("{}").unwrap_err().to_string().contains("`tenant`"));
    assert!(LeaveMessage::from_json("not").is_err());
    let every = json!({"recording": {"initial_silence_ms": 5_000, "final_silence_ms": 3_000,
        "final_silence_tail_ms": 200, "min_duration_ms": 500, "tone_plan": "es,generic", "continuous_tone_ms": 2_000,
        "silence": "adaptive", "dtmf_profile": "etsi", "start_on_speech": true, "line_drop_debounce_ms": 100}});
    let session =
        told(every).unwrap().recording.session_config(afterbeep::line::SampleRate::NARROWBAND).unwrap();
    assert_eq!((session.initial_silence_ms, session.final_silence_ms), (5_000, 3_000));
    assert_eq!(session.tone_plan.unwrap().continuous_ms, 2_000);
    assert_eq!((session.line_drop_debounce_ms, session.final_silence_tail_ms), (100, Some(200)));
}
