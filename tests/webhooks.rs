//! What happens to messages reaches those who are to be told, whatever they answer and whoever dies meanwhile.

#[path = "common/program.rs"]
mod program;

use afterbeep::element::{Call, ElementRunner, LeaveMessage, Variables, tell_engine};
use afterbeep::engine::{Engine, EngineConfig, EngineEvent, MessageEventKind};
use afterbeep::store::{
    MessageStore, Recorder, RecorderOptions, SenderOptions, SqliteStore, StoreOptions, Tenant, Webhook,
    WebhookSecret, WebhookSender, delete,
};
use jiff::Timestamp;
use program::{afterbeep, error};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Debug)]
struct Request {
    headers: BTreeMap<String, String>,
    body: String,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).ok().filter(|&read| read > 0)?;
        assert!(line.starts_with("POST /hook?x=1 HTTP/1.1"), "{line}");
        let mut headers = BTreeMap::new();
        loop {
            line.clear();
            lines.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        lines.read_exact(&mut body).ok()?;
        Some(Self { headers, body: String::from_utf8(body).unwrap() })
    }

    fn data(&self) -> Value {
        let frame: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(frame["id"], self.headers["webhook-id"]);
        frame["data"].clone()
    }

    fn kind(&self) -> String {
        let frame: Value = serde_json::from_str(&self.body).unwrap();
        frame["type"].as_str().unwrap().to_owned()
    }

    fn is_signed_with(&self, secret: &WebhookSecret) -> bool {
        let at = self.headers["webhook-timestamp"].parse().unwrap();
        let age = Timestamp::now().as_second() - at;
        secret.sign(&self.headers["webhook-id"], at, &self.body) == self.headers["webhook-signature"]
            && (0..60).contains(&age)
    }
}

/// Somebody who is told, and what they answer to each request: the last answer to all further ones. 0 closes the
/// connection without a word, 1 says nothing for a while.
fn receiver(answers: &[u16]) -> (String, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    let answers = Arc::new(Mutex::new(answers.to_vec()));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (sender, answers) = (sender.clone(), Arc::clone(&answers));
            std::thread::spawn(move || {
                while let Some(request) = Request::read(&stream) {
                    let answer = {
                        let mut answers = answers.lock().unwrap();
                        if answers.len() > 1 { answers.remove(0) } else { answers[0] }
                    };
                    let _ = sender.send(request);
                    match answer {
                        0 => return,
                        1 => return std::thread::sleep(Duration::from_secs(3)),
                        302 => {
                            let _ = (&stream).write_all(
                                b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
                            );
                        }
                        _ => {
                            let _ = write!(&stream, "HTTP/1.1 {answer} X\r\ncontent-length: 2\r\n\r\nok");
                        }
                    }
                }
            });
        }
    });
    (url, requests)
}

fn open(directory: &Path) -> Arc<SqliteStore> {
    let options = StoreOptions { create: true, ..StoreOptions::default() };
    Arc::new(SqliteStore::open(directory, &options).unwrap())
}

fn with_tenant(directory: &Path) -> Arc<SqliteStore> {
    let store = open(directory);
    store.add_tenant(&Tenant::new("1001")).unwrap();
    store
        .import_agents("1001", &afterbeep::store::Agent::from_csv("agent_id\n2001\n".as_bytes()).unwrap())
        .unwrap();
    store
}

fn quick() -> SenderOptions {
    SenderOptions {
        timeout: Duration::from_secs(1),
        first_retry: Duration::from_millis(10),
        longest_retry: Duration::from_millis(50),
        ..SenderOptions::default()
    }
}

/// Leaves a message through the element, or nothing.
fn call(store: &Arc<SqliteStore>, engine: &Engine, says_something: bool) {
    let recorder = Recorder::start(Arc::clone(store) as _, RecorderOptions::default()).unwrap();
    let runner = ElementRunner::new(Arc::clone(store) as _, recorder);
    let element = LeaveMessage::from_json(r#"{"tenant": "1001", "recording": {"beep": false}}"#).unwrap();
    let running = runner.begin(engine, &element, &Call::new(Variables::default())).unwrap();
    let session = running.session();
    if says_something {
        session.push(&[1_000; 1_600]).unwrap();
    }
    session.hangup().unwrap();
    let result = session.result(WAIT).unwrap();
    runner.finish(running, &result);
    assert!(runner.recorder().flush(WAIT));
    session.close().unwrap();
}

#[test]
fn everything_that_happens_is_told_and_signed() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path());
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    tell_engine(&store, &engine);
    let secret = WebhookSecret::fresh().unwrap();
    let (url, requests) = receiver(&[200]);
    store.add_webhook(&Webhook::new(Some("1001"), &url, secret.clone())).unwrap();
    let _sender = WebhookSender::start(Arc::clone(&store), quick()).unwrap();
    let mut events = Vec::new();
    let mut told = |kind: &str, event: MessageEventKind| {
        let request = requests.recv_timeout(WAIT).unwrap();
        assert_eq!(request.kind(), format!("message.{kind}"));
        assert!(request.is_signed_with(&secret), "{request:?}");
        assert!(!request.is_signed_with(&WebhookSecret::fresh().unwrap()));
        let data = request.data();
        let deadline = Instant::now() + WAIT;
        // The session's own events come in between.
        let id = loop {
            match engine.wait_event(deadline.saturating_duration_since(Instant::now())).unwrap().unwrap() {
                EngineEvent::Message { kind, id } if kind == event => break id,
                EngineEvent::Message { kind, .. } => panic!("{kind:?} instead of {event:?}"),
                _ => {}
            }
        };
        assert_eq!(data["id"], afterbeep::store::MessageId::from_bytes(id).to_string());
        events.push(event);
        data
    };
    call(&store, &engine, true);
    let data = told("completed", MessageEventKind::Completed);
    assert_eq!(
        (&data["tenant"], &data["end_reason"], &data["duration_ms"]),
        (&"1001".into(), &"hangup".into(), &200.into())
    );
    let id = data["id"].as_str().unwrap().parse().unwrap();
    store.allocate(id, "2001", None, Timestamp::now()).unwrap();
    let data = told("allocated", MessageEventKind::Allocated);
    assert_eq!((&data["agent"], &data["status"]), (&"2001".into(), &"unprocessed".into()));
    delete(&*store, &[id], Timestamp::now()).unwrap();
    let data = told("deleted", MessageEventKind::Deleted);
    assert_eq!(data["reason"], "request");
    assert!(data.get("caller").is_none(), "{data}");
    call(&store, &engine, false);
    let data = told("absent", MessageEventKind::Absent);
    assert_eq!((&data["end_reason"], &data["path"]), (&"hangup".into(), &"".into()));
    assert_eq!(events.len(), 4);
    let deadline = Instant::now() + WAIT;
    while store.webhooks().unwrap()[0].pending > 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_is_not_taken_is_told_again_and_others_do_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path());
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    // An error, a redirection, a connection that closes, silence; then it is taken.
    let (difficult, hard) = receiver(&[500, 302, 0, 1, 201]);
    let (easy, soft) = receiver(&[200]);
    let (closed, gone) = receiver(&[410]);
    let nobody = format!("http://{}/hook?x=1", {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    });
    for url in [&difficult, &nobody, &closed, &easy] {
        store.add_webhook(&Webhook::new(None, url, WebhookSecret::fresh().unwrap())).unwrap();
    }
    let sender = WebhookSender::start(Arc::clone(&store), quick()).unwrap();
    call(&store, &engine, true);
    soft.recv_timeout(WAIT).unwrap();
    gone.recv_timeout(WAIT).unwrap();
    let ids: Vec<String> =
        (0..5).map(|_| hard.recv_timeout(WAIT).unwrap().headers["webhook-id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let deadline = Instant::now() + WAIT;
    while store.webhooks().unwrap()[0].pending > 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(sender);
    let states = store.webhooks().unwrap();
    assert_eq!(states.iter().map(|state| state.pending).collect::<Vec<_>>(), [0, 1, 0, 0]);
    assert!(states[1].last_error.as_ref().is_some_and(|error| !error.is_empty()));
    assert!(states[2].disabled && states[2].failed == 1 && !states[1].disabled);
    // Nobody who wants nothing more is asked again.
    assert!(gone.try_recv().is_err() && soft.try_recv().is_err());
    call(&store, &engine, true);
    assert_eq!(store.webhooks().unwrap()[2].failed, 1);
    assert_eq!(store.retry_webhook(states[2].number, Timestamp::now()).unwrap(), 1);
    assert!(!store.webhooks().unwrap()[2].disabled);
}

#[test]
fn a_notice_outlives_the_process_and_its_sender() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path());
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let (url, requests) = receiver(&[200]);
    store.add_webhook(&Webhook::new(None, &url, WebhookSecret::fresh().unwrap())).unwrap();
    call(&store, &engine, true);
    // Somebody has taken it, and died: nobody else has it before the lease is over.
    let now = Timestamp::now();
    let until = now.checked_add(jiff::SignedDuration::from_secs(600)).unwrap();
    let taken = store.claim_notices(now, until, &[]).unwrap();
    assert_eq!((taken.len(), taken[0].deliveries.len()), (1, 1));
    assert!(store.claim_notices(now, until, &[]).unwrap().is_empty());
    drop(store);
    let store = open(directory.path());
    assert!(store.claim_notices(now, until, &[]).unwrap().is_empty());
    let again = store.claim_notices(until, until, &[]).unwrap();
    assert_eq!(again[0].deliveries[0].id, taken[0].deliveries[0].id);
    let number = again[0].number;
    let settled = [(again[0].deliveries[0].clone(), afterbeep::store::Settled::Untried)];
    store.settle(number, &settled, now).unwrap();
    let _sender = WebhookSender::start(Arc::clone(&store), quick()).unwrap();
    assert_eq!(
        requests.recv_timeout(WAIT).unwrap().headers["webhook-id"],
        taken[0].deliveries[0].id.to_string()
    );
}

#[test]
fn what_is_too_old_is_given_up_and_told_again_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path());
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let (url, requests) = receiver(&[500, 200]);
    let number = store.add_webhook(&Webhook::new(None, &url, WebhookSecret::fresh().unwrap())).unwrap();
    call(&store, &engine, true);
    let options = SenderOptions { give_up: Duration::ZERO, ..quick() };
    let _sender = WebhookSender::start(Arc::clone(&store), options).unwrap();
    requests.recv_timeout(WAIT).unwrap();
    let deadline = Instant::now() + WAIT;
    while store.webhooks().unwrap()[0].failed == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(requests.try_recv().is_err());
    store.retry_webhook(number, Timestamp::now()).unwrap();
    requests.recv_timeout(WAIT).unwrap();
}

/// The commands.
#[test]
fn webhooks_from_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path());
    let place = directory.path().to_str().unwrap();
    let run = |arguments: &[&str], status: i32| {
        let output = afterbeep(&[arguments, &["--store", place]].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", error(&output));
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (url, requests) = receiver(&[200, 500]);
    let added =
        run(&["webhooks", "add", &url, "--tenant", "1001", "--events", "completed,absent", "--json"], 0).0;
    let added: Value = serde_json::from_str(&added).unwrap();
    let secret = WebhookSecret::parse(added["secret"].as_str().unwrap()).unwrap();
    run(&["webhooks", "ping", "1"], 0);
    let ping = requests.recv_timeout(WAIT).unwrap();
    assert!(ping.is_signed_with(&secret) && ping.kind() == "message.ping");
    assert!(run(&["webhooks", "ping", "1"], 1).1.contains("500"));
    let listed: Value = serde_json::from_str(&run(&["webhooks", "list", "--json"], 0).0).unwrap();
    assert_eq!(
        (&listed["webhook"], &listed["pending"], &listed["disabled"]),
        (&1.into(), &0.into(), &false.into())
    );
    assert_eq!(listed["events"], serde_json::json!(["completed", "absent"]));
    // What was not asked for is not told.
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    call(&store, &engine, true);
    let page = store.list(&afterbeep::store::Query::of("1001"), None, 1).unwrap();
    delete(&*store, &[page.messages[0].draft.id], Timestamp::now()).unwrap();
    assert_eq!(store.webhooks().unwrap()[0].pending, 1);
    run(&["webhooks", "retry", "1"], 0);
    for bad in [
        &["webhooks", "add", "example.com"][..],
        &["webhooks", "add", "https://example.com", "--tenant", "9"],
        &["webhooks", "remove", "7"],
        &["webhooks", "retry", "7"],
        &["webhooks", "ping", "7"],
    ] {
        assert!(run(bad, 1).1.len() > 20);
    }
    run(&["webhooks", "add", "https://example.com", "--events", "nonsense"], 2);
    run(&["webhooks", "remove", "1"], 0);
    assert!(run(&["webhooks", "list"], 0).0.is_empty());
}
