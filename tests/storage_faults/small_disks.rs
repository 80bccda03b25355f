//! Disks that are full in earnest: small file systems of their own. Needs root.

use crate::common::call::{engine, feed, result};
use crate::common::{read_wav, tools::SmallDisk};
use afterbeep::engine::{FileConfig, OpenError, SessionHandle};
use afterbeep::session::{EndReason, SessionConfig};

fn config() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

fn hang_up(session: SessionHandle, line: &[i16]) {
    feed(session, line, 160);
    session.hangup().unwrap();
    let result = result(session);
    assert_eq!((result.end_reason, result.complete), (EndReason::Hangup, true), "{:?}", result.error);
    assert!(read_wav(&result.path.unwrap()) == line);
    session.close().unwrap();
}

#[test]
fn where_no_file_can_be_made_opening_is_refused_and_open_messages_go_on() {
    let Some(disk) = SmallDisk::mount("1m,nr_inodes=6") else { return };
    let line = super::tone(20_000, 217.0);
    let engine = engine();
    let file = FileConfig::new(disk.path());
    let mut sessions = Vec::new();
    let refused = loop {
        match engine.open(&config(), &file) {
            Ok(session) => sessions.push(session),
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, OpenError::DiskFull(_)), "{refused:?}");
    assert!((3..=6).contains(&sessions.len()), "{}", sessions.len());
    let first = sessions.pop().unwrap();
    sessions.into_iter().for_each(|session| hang_up(session, &line));
    // One that is cancelled makes room for another.
    first.cancel().unwrap();
    result(first);
    first.close().unwrap();
    hang_up(engine.open(&config(), &file).unwrap(), &line);
}

#[test]
fn a_full_disk_costs_no_message_on_another() {
    let (Some(small), healthy) = (SmallDisk::mount("128k"), tempfile::tempdir().unwrap()) else { return };
    let line = super::tone(100_000, 217.0);
    let engine = engine();
    let open = |directory: &std::path::Path| engine.open(&config(), &FileConfig::new(directory)).unwrap();
    let others: Vec<SessionHandle> = (0..4).map(|_| open(healthy.path())).collect();
    let full = [open(small.path()), open(small.path())];
    for session in full {
        feed(session, &line, 160);
        let _ = session.hangup();
    }
    others.into_iter().for_each(|session| hang_up(session, &line));
    let mut room = 0;
    for session in full {
        let result = result(session);
        assert!(!result.complete, "{result:?}");
        assert_eq!(result.error.as_ref().unwrap().raw_os_error(), Some(libc::ENOSPC));
        let held = result.path.map_or_else(Vec::new, |path| read_wav(&path));
        assert_eq!(held.len() as u64, result.samples);
        assert!(line.starts_with(&held));
        room += held.len() * 2;
    }
    // Nearly all of it was used.
    assert!(room > 100_000, "{room} bytes");
}
