//! Bad arguments and bad disks: each has its own error, nothing half-written is left, the host lives.

mod common;

use afterbeep::dsp::dtmf::Digit;
use afterbeep::engine::{
    Engine, EngineConfig, EngineEvent, FileConfig, OpenError, SessionError, SessionHandle,
};
use afterbeep::line::FRAME_MAX_SAMPLES;
use afterbeep::message::CreateError;
use afterbeep::session::{EndReason, SessionConfig};
use common::call::{engine, feed, result};
use common::{speech, tools};
use std::path::Path;
use std::time::Duration;

#[test]
fn engine_configurations_out_of_range_are_refused_with_the_field() {
    let default = EngineConfig::default();
    let cases = [
        (EngineConfig { writer_threads: 0, ..default.clone() }, "writer_threads"),
        (EngineConfig { max_sessions: 65_537, ..default.clone() }, "max_sessions"),
        (EngineConfig { poll_interval_ms: 0, ..default.clone() }, "poll_interval_ms"),
        (EngineConfig { batch_ms: 19, ..default.clone() }, "batch_ms"),
        (EngineConfig { sync_interval_ms: 99, ..default.clone() }, "sync_interval_ms"),
        (EngineConfig { preallocate_kib: 65_537, ..default.clone() }, "preallocate_kib"),
        (EngineConfig { full_hold_ms: 3_600_001, ..default.clone() }, "full_hold_ms"),
        (EngineConfig { batch_ms: 1_001, ..default.clone() }, "batch_ms"),
        (EngineConfig { ring_ms: 99, ..default }, "ring_ms"),
    ];
    for (config, field) in cases {
        match Engine::new(&config) {
            Err(OpenError::Config(error)) => assert_eq!(error.field, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn names_and_directories_that_cannot_be_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let engine = engine();
    let open = |directory: &Path, name: Option<&str>| {
        let file = FileConfig { name: name.map(str::to_owned), ..FileConfig::new(directory) };
        match engine.open(&SessionConfig::default(), &file) {
            Err(OpenError::File(error)) => error,
            other => panic!("{name:?} in {}: {other:?}", directory.display()),
        }
    };
    let long = "x".repeat(245);
    for name in [
        "",
        ".",
        "..",
        "../a.wav",
        "a/../b.wav",
        "a//b.wav",
        "a/",
        "a\0.wav",
        "a\n.wav",
        "/etc/a.wav",
        "a.part",
        &long,
    ] {
        assert!(matches!(open(directory.path(), Some(name)), CreateError::Name(_)), "{name}");
    }
    assert!(matches!(open(directory.path(), Some("file")), CreateError::Exists(_)));
    assert!(matches!(open(&directory.path().join("no"), None), CreateError::DirectoryMissing(_)));
    assert!(matches!(open(&file, None), CreateError::NotADirectory(_)));
    // Not even root creates files here.
    assert!(matches!(open(Path::new("/sys"), None), CreateError::Permission(_)));
    // A dangling link of that name is no free name.
    std::os::unix::fs::symlink("/nowhere", directory.path().join("link.wav")).unwrap();
    assert!(matches!(open(directory.path(), Some("link.wav")), CreateError::Exists(_)));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn stale_and_foreign_handles_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let file = FileConfig::new(directory.path());
    let mut frame = [0; 160];
    let mut all = |handle: SessionHandle, error: SessionError| {
        assert_eq!(handle.push(&frame), Err(error));
        assert_eq!(handle.push_lost(160), Err(error));
        assert_eq!(handle.pull(&mut frame), Err(error));
        assert_eq!(handle.writable_samples(), Err(error));
        assert_eq!(handle.state(), Err(error));
        assert_eq!(handle.hangup(), Err(error));
        assert_eq!(handle.result(Duration::ZERO).err(), Some(error));
        assert_eq!(handle.close(), Err(error));
    };
    for bits in [0, 1, u64::MAX, 1 << 63, 0xFFFF_FFFF] {
        all(SessionHandle::from_bits(bits), SessionError::Foreign);
    }
    let first = engine.open(&SessionConfig::default(), &file).unwrap();
    // A generation that this slot has not had yet.
    all(SessionHandle::from_bits(first.to_bits() + (1 << 40)), SessionError::Foreign);
    first.cancel().unwrap();
    result(first);
    first.close().unwrap();
    all(first, SessionError::Stale);
    // The slot is used again, and the old handle does not reach the new session.
    let again: Vec<_> = (0..200).map(|_| engine.open(&SessionConfig::default(), &file).unwrap()).collect();
    assert!(again.iter().any(|handle| handle.to_bits() as u32 == first.to_bits() as u32));
    all(first, SessionError::Stale);
    again.iter().for_each(|handle| handle.push(&[0; 160]).unwrap());
    drop(engine);
}

#[test]
fn frames_longer_than_the_limit_are_refused_and_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    let long = vec![0; FRAME_MAX_SAMPLES + 1];
    assert_eq!(session.push(&long), Err(SessionError::FrameTooLong));
    assert_eq!(session.push_lost(long.len()), Err(SessionError::FrameTooLong));
    assert_eq!(session.pull(&mut long.clone()), Err(SessionError::FrameTooLong));
    session.push(&long[1..]).unwrap();
    session.push(&[]).unwrap();
    session.hangup().unwrap();
    assert_eq!(result(session).samples as usize, FRAME_MAX_SAMPLES);
}

#[test]
fn more_sessions_than_allowed_are_refused_until_one_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineConfig { max_sessions: 3, poll_interval_ms: 1, ..Default::default() }).unwrap();
    let open = || engine.open(&SessionConfig::default(), &FileConfig::new(directory.path()));
    let sessions: Vec<_> = (0..3).map(|_| open().unwrap()).collect();
    assert!(matches!(open(), Err(OpenError::Full(3))));
    sessions[0].cancel().unwrap();
    result(sessions[0]);
    // A finished message holds its slot until the host gives the handle back.
    assert!(matches!(open(), Err(OpenError::Full(3))));
    sessions[0].close().unwrap();
    let again = open().unwrap();
    // What is asked of a message that is over changes nothing, however often.
    again.cancel().unwrap();
    result(again);
    (0..100).for_each(|_| again.hangup().unwrap());
}

#[test]
fn a_second_pusher_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() };
    let session = engine.open(&config, &FileConfig::new(directory.path())).unwrap();
    let push = || {
        let pushed = (0..20_000).map(|_| session.push(&[1; 8]));
        pushed.filter(|pushed| !matches!(pushed, Err(SessionError::Busy))).count() as u64
    };
    let taken: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(push)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    session.stop().unwrap();
    let result = result(session);
    // Each frame was taken whole, or not at all.
    assert_eq!(result.samples, 8 * taken);
}

#[test]
fn a_full_disk_ends_the_session_and_keeps_what_it_could_write() {
    let Some(disk) = tools::SmallDisk::mount("64k") else { return };
    let engine = engine();
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let session = engine.open(&config, &FileConfig::new(disk.path())).unwrap();
    let line: Vec<i16> = [speech("reading.wav"), speech("numbers.wav")].concat();
    feed(session, &line, 160);
    let _ = session.hangup();
    let full = result(session);
    assert_eq!((full.end_reason, full.complete), (EndReason::DiskFull, false));
    // Of the batch that did not fit, what did is kept: 64 KiB less the header.
    assert!(full.samples > 31_000, "{}", full.samples);
    assert_eq!(full.error.as_ref().unwrap().raw_os_error(), Some(libc::ENOSPC));
    let kept = common::read_wav(full.path.as_ref().unwrap());
    assert_eq!(kept.len() as u64, full.samples);
    assert!(full.samples > 0 && kept == line[..kept.len()]);
    assert!(full.lost_samples > 0);

    // No room for a header: nothing starts, and nothing is left.
    disk.fill();
    let files = std::fs::read_dir(disk.path()).unwrap().count();
    assert!(engine.open(&config, &FileConfig::new(disk.path())).is_err());
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), files);
}

#[test]
fn a_directory_deleted_underneath_costs_its_messages_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let open = |name: &str| {
        let file = FileConfig { name: Some(name.to_owned()), ..FileConfig::new(directory.path()) };
        engine.open(&config, &file).unwrap()
    };
    let (gone, there) = (open("gone/a.wav"), open("there/a.wav"));
    let line = speech("numbers.wav");
    feed(gone, &line, 160);
    feed(there, &line, 160);
    std::fs::remove_dir_all(directory.path().join("gone")).unwrap();
    [gone, there].iter().for_each(|session| session.hangup().unwrap());
    let lost = result(gone);
    assert_eq!((lost.end_reason, lost.complete, lost.samples), (EndReason::WriteError, false, 0));
    assert_eq!((lost.path, lost.lost_samples, lost.gap_count), (None, line.len() as u64, 1));
    assert_eq!(lost.error.unwrap().kind(), std::io::ErrorKind::NotFound);
    let other = result(there);
    assert!(other.complete && common::read_wav(&other.path.unwrap()) == line);
    let events = std::iter::from_fn(|| engine.poll_event().unwrap());
    let told = events.filter(|event| matches!(event, EngineEvent::WriteFailed(session) if *session == gone));
    assert_eq!(told.count(), 1);
}

#[test]
fn a_session_ends_though_its_requests_pile_up_and_no_frame_comes() {
    type End = fn(SessionHandle) -> Result<(), SessionError>;
    let ends: [(End, EndReason); 4] = [
        (SessionHandle::hangup, EndReason::Hangup),
        (SessionHandle::stop, EndReason::Stopped),
        (SessionHandle::cancel, EndReason::Cancelled),
        (SessionHandle::fail, EndReason::Error),
    ];
    let directory = tempfile::tempdir().unwrap();
    let engine = engine();
    let open = || {
        let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
        (0..40).for_each(|_| session.push(&[100; 160]).unwrap());
        let piled = (0..100).filter(|_| session.digit(Digit::new('5').unwrap()).is_ok()).count();
        assert_eq!(piled, 16);
        assert_eq!(session.digit(Digit::new('5').unwrap()), Err(SessionError::Busy));
        session
    };
    for (end, reason) in ends {
        let session = open();
        end(session).unwrap();
        // Whoever asked first is answered.
        session.hangup().unwrap();
        assert_eq!(result(session).end_reason, reason);
        session.close().unwrap();
    }
    // What nobody ends, the engine does.
    let left = open();
    drop(engine);
    assert_eq!(left.state(), Err(SessionError::Stale));
}
