//! What an engine tells its host, and what it refuses: the event queue by poll, wait, descriptor and callback; counts;
//! admission.

mod common;

use afterbeep::engine::{
    CloseReport, Engine, EngineConfig, EngineEvent, FileConfig, Gap, MessageEventKind, OpenError,
    SessionError, SessionHandle, SessionResult,
};
use afterbeep::session::{SessionConfig, SessionEvent, Terminators};
use common::call::{engine, feed};
use common::tools::SmallDisk;
use common::{Key, Line, Random, tools};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn no_beep() -> SessionConfig {
    SessionConfig { beep: None, ..SessionConfig::default() }
}

fn open(engine: &Engine, directory: &tempfile::TempDir) -> SessionHandle {
    engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap()
}

#[test]
fn keys_and_the_end_are_told_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let session = open(&engine, &directory);
    assert_eq!(engine.poll_event(), Ok(None));
    let mut random = Random::new(1);
    let line = Line::new().silence(200).key(Key::new('5'), &mut random).silence(200);
    feed(session, &line.pcm(), 160);
    let wait = || engine.wait_event(Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!(wait(), EngineEvent::SessionEvents(session));
    assert!(matches!(session.poll_event(), Ok(Some(SessionEvent::Digit(_)))));
    session.hangup().unwrap();
    assert_eq!(wait(), EngineEvent::Finished(session));
    assert_eq!(session.result(Duration::ZERO).unwrap().samples, line.pcm().len() as u64);
    assert_eq!(engine.wait_event(Duration::from_millis(20)), Ok(None));
    // Whose handle was given back is told of no more.
    let session = open(&engine, &directory);
    session.close().unwrap();
    assert_eq!(
        engine.close(Duration::from_secs(20)),
        CloseReport { unfinished: vec![], synced: true, callback_returned: true }
    );
}

#[test]
fn the_descriptor_wakes_a_hosts_own_loop() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let readable = |timeout_ms| {
        let mut poll =
            libc::pollfd { fd: engine.event_descriptor().as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one descriptor, and room for its answer.
        unsafe { libc::poll(&raw mut poll, 1, timeout_ms) == 1 }
    };
    let sessions: Vec<_> = (0..50).map(|_| open(&engine, &directory)).collect();
    assert!(!readable(0));
    sessions.iter().for_each(|session| session.hangup().unwrap());
    let mut finished = 0;
    while finished < 50 {
        assert!(readable(20_000));
        while let Some(event) = engine.poll_event().unwrap() {
            assert!(matches!(event, EngineEvent::Finished(session) if sessions.contains(&session)));
            finished += 1;
        }
    }
    assert!(!readable(50));
}

#[test]
fn a_callback_is_called_on_a_thread_of_its_own_and_never_after_the_close() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let (tell, told) = mpsc::channel();
    engine
        .on_event(move |event| tell.send((event, std::thread::current().name().map(str::to_owned))).unwrap())
        .unwrap();
    let session = open(&engine, &directory);
    session.hangup().unwrap();
    let (event, thread) = told.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!((event, thread.as_deref()), (EngineEvent::Finished(session), Some("afterbeep-event")));
    // Closing ends a message; that is told, too, and then nobody is left to tell.
    let last = open(&engine, &directory);
    assert!(engine.close(Duration::from_secs(20)).callback_returned);
    let rest: Vec<_> = told.iter().map(|(event, _)| event).collect();
    assert_eq!(rest, [EngineEvent::Finished(last)]);
}

#[test]
fn a_callback_that_panics_is_told_the_next_event() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let (tell, told) = mpsc::channel();
    let mut calls = 0;
    engine
        .on_event(move |event| {
            calls += 1;
            assert!(calls > 1, "the first one fails");
            tell.send(event).unwrap();
        })
        .unwrap();
    open(&engine, &directory).hangup().unwrap();
    while engine.statistics().finished_messages == 0 {
        std::thread::yield_now();
    }
    let second = open(&engine, &directory);
    second.hangup().unwrap();
    assert_eq!(told.recv_timeout(Duration::from_secs(20)).unwrap(), EngineEvent::Finished(second));
}

#[test]
fn a_callback_that_does_not_return_does_not_hold_up_the_close() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let (release, released) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    engine
        .on_event(move |_| {
            let _ = tell.send(());
            let _ = released.recv();
        })
        .unwrap();
    (0..2).for_each(|_| open(&engine, &directory).hangup().unwrap());
    told.recv_timeout(Duration::from_secs(20)).unwrap();
    let began = Instant::now();
    assert!(!engine.close(Duration::from_millis(300)).callback_returned);
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(release);
    // The second event is not told any more: the engine is closed.
    assert!(told.recv_timeout(Duration::from_millis(300)).is_err());
}

#[test]
fn an_engine_takes_one_callback() {
    let engine = engine();
    engine.on_event(|_| {}).unwrap();
    assert!(matches!(engine.on_event(|_| {}), Err(OpenError::CallbackSet)));
}

#[test]
fn a_disk_without_room_for_a_file_is_refused() {
    let Some(disk) = SmallDisk::mount("64k,nr_inodes=2") else { return };
    let engine = engine();
    let first = engine.open(&no_beep(), &FileConfig::new(disk.path())).unwrap();
    assert!(matches!(engine.open(&no_beep(), &FileConfig::new(disk.path())), Err(OpenError::DiskFull(_))));
    first.cancel().unwrap();
}

/// Overruns the ring of a writer that looks once a second.
fn overrun(disk: &std::path::Path, after: impl Fn(SessionHandle)) -> SessionResult {
    let engine = Engine::new(&EngineConfig { poll_interval_ms: 1_000, ..Default::default() }).unwrap();
    let session = engine.open(&no_beep(), &FileConfig::new(disk)).unwrap();
    for frame in [[1_000; 160]; 250] {
        assert!(matches!(session.push(&frame), Ok(()) | Err(SessionError::Overrun)));
    }
    after(session);
    session.hangup().unwrap();
    session.result(Duration::from_secs(20)).unwrap()
}

#[test]
fn what_the_ring_and_the_disk_lost_is_counted_once() {
    let Some(disk) = SmallDisk::mount("32k") else { return };
    let result = overrun(disk.path(), |_| {});
    assert!(!result.complete && result.error.is_some());
    // The ring held 2 s; of the silence in place of the rest a part is in the file.
    assert_eq!(result.lost_samples, 40_000 - 16_000);
    assert_eq!(result.gaps.iter().map(|gap| gap.samples).sum::<u64>(), result.lost_samples);
    let in_order = |pair: &[Gap]| pair[0].start_sample + pair[0].samples <= pair[1].start_sample;
    assert!(result.gaps.windows(2).all(in_order), "{:?}", result.gaps);
    assert_eq!(result.gaps.len() as u64, result.gap_count);
}

#[test]
fn what_was_lost_before_starting_over_is_no_loss() {
    let directory = tempfile::tempdir().unwrap();
    let result = overrun(directory.path(), |session| {
        session.restart(false).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        session.push(&[]).unwrap();
        while session.writable_samples().unwrap() < 8_000 {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(5));
        }
        feed(session, &[7; 8_000], 160);
    });
    assert_eq!((result.samples, result.dropped_samples, result.lost_samples), (8_000, 40_000, 0));
    assert!(result.complete && result.gaps.is_empty() && result.gap_count == 0);
}

#[test]
fn an_engine_counts() {
    let directory = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineConfig { max_sessions: 2, poll_interval_ms: 1, ..Default::default() }).unwrap();
    let (first, second) = (open(&engine, &directory), open(&engine, &directory));
    assert!(matches!(engine.open(&no_beep(), &FileConfig::new(directory.path())), Err(OpenError::Full(2))));
    feed(first, &[1_000; 8_000], 160);
    first.push_lost(800).unwrap();
    first.hangup().unwrap();
    first.result(Duration::from_secs(20)).unwrap();
    // How long that took is counted right after the result.
    let deadline = Instant::now() + Duration::from_secs(20);
    while engine.statistics().write_latency.count() == 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(5));
    let counts = engine.statistics();
    assert_eq!((counts.open_sessions, counts.opened_sessions, counts.refused_sessions), (2, 2, 1));
    assert_eq!((counts.finished_messages, counts.incomplete_messages), (1, 0));
    assert_eq!((counts.lost_samples, counts.line_lost_samples, counts.ring_samples), (0, 800, 16_000));
    // What was recorded, and a header for each time that something was written.
    assert!((17_600 + 2 * 44..20_000).contains(&counts.written_bytes), "{}", counts.written_bytes);
    assert!((1..=8_800).contains(&counts.ring_high_water_samples));
    assert!(counts.write_latency.count() >= 1 && counts.write_latency.max_us <= counts.write_latency.sum_us);
    first.close().unwrap();
    second.close().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while engine.statistics().open_sessions > 0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(engine.statistics().finished_messages, 2);
}

#[test]
fn a_thousand_sessions_open_and_close_with_nothing_left_behind() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    for _ in 0..10 {
        let sessions: Vec<_> = (0..100).map(|_| open(&engine, &directory)).collect();
        sessions.iter().for_each(|session| session.close().unwrap());
    }
    engine.close(Duration::from_secs(20));
    assert!(descriptors() <= before + 2, "descriptors leak");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_disk_that_is_about_full_is_refused() {
    let Some(disk) = SmallDisk::mount("256k") else { return };
    let engine = Engine::new(&EngineConfig { min_free_kib: 512, ..Default::default() }).unwrap();
    match engine.open(&no_beep(), &FileConfig::new(disk.path())) {
        Err(OpenError::DiskSpace { directory, free_kib }) => {
            assert_eq!(directory, disk.path());
            assert!((1..=256).contains(&free_kib));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 0);
}

/// In a process of its own: the limit is the process's.
#[test]
fn running_short_of_descriptors_is_refused_and_costs_no_other_message() {
    let directory = tempfile::tempdir().unwrap();
    if std::env::var_os("AFTERBEEP_FEW_DESCRIPTORS").is_none() {
        let name = "running_short_of_descriptors_is_refused_and_costs_no_other_message";
        let mut again = Command::new(std::env::current_exe().unwrap());
        tools::run(again.args(["--exact", name]).env("AFTERBEEP_FEW_DESCRIPTORS", "1"));
        return;
    }
    let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    // SAFETY: the limit is whole.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    let engine = engine();
    let mut sessions = Vec::new();
    let refused = loop {
        match engine.open(&no_beep(), &FileConfig::new(directory.path())) {
            Ok(session) => sessions.push(session),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, OpenError::Descriptors), "{refused:?}");
    assert!(sessions.len() > 40, "{}", sessions.len());
    assert!(matches!(Engine::new(&EngineConfig::default()), Err(OpenError::Descriptors)));
    for session in &sessions {
        feed(*session, &[1_000; 1_600], 160);
        session.hangup().unwrap();
        assert!(session.result(Duration::from_secs(20)).unwrap().complete);
    }
    // There is room again.
    engine.open(&no_beep(), &FileConfig::new(directory.path())).unwrap();
}

#[test]
fn what_nobody_takes_is_told_as_lost() {
    let directory = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineConfig { max_sessions: 1, poll_interval_ms: 1, ..Default::default() }).unwrap();
    let config = SessionConfig { terminators: Terminators::NONE, ..no_beep() };
    for _ in 0..70 {
        let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
        session.hangup().unwrap();
        session.result(Duration::from_secs(20)).unwrap();
        session.close().unwrap();
    }
    // The event comes right after the result.
    let deadline = Instant::now() + Duration::from_secs(20);
    while engine.statistics().lost_events < 4 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut told = 0;
    let lost = loop {
        match engine.poll_event() {
            Ok(Some(_)) => told += 1,
            other => break other,
        }
    };
    assert_eq!((told, lost), (66, Err(SessionError::Overrun)));
    assert_eq!((engine.poll_event(), engine.statistics().lost_events), (Ok(None), 4));
}

#[test]
fn messages_are_told_beside_the_sessions() {
    let engine = engine();
    let (events, id) = (engine.message_events(), [3; 16]);
    let others = events.clone();
    std::thread::spawn(move || others.tell(MessageEventKind::Completed, id)).join().unwrap();
    let told = engine.wait_event(Duration::from_secs(20));
    assert_eq!(told, Ok(Some(EngineEvent::Message { kind: MessageEventKind::Completed, id })));
    (0..100_000).for_each(|_| events.tell(MessageEventKind::Deleted, id));
    let deleted = EngineEvent::Message { kind: MessageEventKind::Deleted, id };
    let mut told = 0;
    while let Ok(Some(event)) = engine.poll_event() {
        assert_eq!(event, deleted);
        told += 1;
    }
    assert_eq!(told + engine.statistics().lost_events, 100_000);
    assert!((1..100_000).contains(&told));
    engine.close(Duration::from_secs(20));
    events.tell(MessageEventKind::Absent, id);
}
