//! A full disk: what it refuses is held, the recording goes on where there is room again, what was lost meanwhile is
//! declared to the sample, and who finds no room in time ends as `disk_full`.

mod common;

use afterbeep::engine::{
    Engine, EngineConfig, EngineEvent, FileConfig, GapCause, SessionError, SessionHandle, SessionResult,
};
use afterbeep::session::{EndReason, SessionConfig};
use afterbeep::wav::Format;
use common::call::result;
use common::read_wav;
use common::tools::SmallDisk;
use std::time::{Duration, Instant};

const FRAME: usize = 160;

/// Never silent, and different at every position of minutes.
fn sample(position: usize) -> i16 {
    (position % 32_749 + 1) as i16
}

fn config() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

/// Feeds frames, each when it is due, from a position on, and says where it ends.
fn feed(session: SessionHandle, from: usize, duration: Duration) -> usize {
    let (began, mut position) = (Instant::now(), from);
    while began.elapsed() < duration {
        let frame: Vec<i16> = (position..position + FRAME).map(sample).collect();
        match session.push(&frame) {
            Ok(()) | Err(SessionError::Overrun) => {}
            Err(SessionError::Ended) => break,
            Err(error) => panic!("{error}"),
        }
        position += FRAME;
        let due = Duration::from_micros(125 * (position - from) as u64);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
    }
    position
}

fn told(engine: &Engine) -> Vec<EngineEvent> {
    std::iter::from_fn(|| engine.poll_event().unwrap()).collect()
}

/// Every sample is in its place, or in a listed gap and silent.
fn check(result: &SessionResult, pushed: usize) {
    let recorded = read_wav(result.path.as_ref().unwrap());
    assert_eq!((result.samples, recorded.len()), (pushed as u64, pushed));
    let lost = |position: usize| {
        let within = |start: u64, samples: u64| (start..start + samples).contains(&(position as u64));
        result.gaps.iter().any(|gap| within(gap.start_sample, gap.samples))
    };
    for (position, &heard) in recorded.iter().enumerate() {
        assert_eq!(heard, if lost(position) { 0 } else { sample(position) }, "sample {position}");
    }
    let listed: u64 = result.gaps.iter().map(|gap| gap.samples).sum();
    assert_eq!((listed, result.gaps.len() as u64), (result.lost_samples, result.gap_count));
}

#[test]
fn a_recording_goes_on_where_there_is_room_again() {
    // Held in the ring, and beyond it; with room reserved ahead, and without.
    for (full_ms, preallocate_kib, lossy) in [(700, 0, false), (700, 64, false), (2_500, 64, true)] {
        let Some(disk) = SmallDisk::mount("1m") else { return };
        let engine = Engine::new(&EngineConfig {
            ring_ms: 1_500,
            batch_ms: 100,
            batch_age_ms: 100,
            preallocate_kib,
            ..EngineConfig::default()
        })
        .unwrap();
        let session = engine.open(&config(), &FileConfig::new(disk.path())).unwrap();
        let pushed = feed(session, 0, Duration::from_millis(300));
        disk.fill();
        // What was reserved is used up first: a 64th of the disk, each time.
        let reserved = Duration::from_millis(if preallocate_kib > 0 { 1_024 } else { 0 });
        let pushed = feed(session, pushed, reserved + Duration::from_millis(full_ms));
        assert_eq!(engine.statistics().full_file_systems, 1);
        std::fs::remove_file(disk.path().join("filler")).unwrap();
        let pushed = feed(session, pushed, Duration::from_millis(1_500));
        assert_eq!(engine.statistics().full_file_systems, 0);
        session.hangup().unwrap();
        let result = result(session);
        assert_eq!(result.end_reason, EndReason::Hangup);
        check(&result, pushed);
        assert_eq!((result.complete, result.gaps.is_empty()), (!lossy, !lossy), "{:?}", result.gaps);
        assert!(result.gaps.iter().all(|gap| gap.cause == GapCause::DiskFull), "{:?}", result.gaps);
        let about_the_disk = [EngineEvent::DiskFull(session), EngineEvent::DiskResumed(session)];
        assert_eq!(told(&engine)[..2], about_the_disk);
    }
}

#[test]
fn each_format_and_rate_goes_on_without_a_wrong_sample() {
    for (format, file_rate_hz) in
        [(Format::Ulaw, 0), (Format::Alaw, 0), (Format::ImaAdpcm, 0), (Format::Pcm16, 16_000)]
    {
        let Some(disk) = SmallDisk::mount("256k") else { return };
        let free = tempfile::tempdir().unwrap();
        let engine = Engine::new(&EngineConfig {
            ring_ms: 5_000,
            batch_ms: 100,
            batch_age_ms: 100,
            preallocate_kib: 0,
            ..EngineConfig::default()
        })
        .unwrap();
        let open = |directory| {
            let file = FileConfig { format, file_rate_hz, ..FileConfig::new(directory) };
            engine.open(&config(), &file).unwrap()
        };
        let sessions = [open(disk.path()), open(free.path())];
        let feed_both = |from, count| {
            for frame in (from..from + count).map(|frame| frame * FRAME) {
                let frame: Vec<i16> = (frame..frame + FRAME).map(sample).collect();
                sessions.iter().for_each(|session| session.push(&frame).unwrap());
                std::thread::sleep(Duration::from_millis(3));
            }
        };
        feed_both(0, 50);
        disk.fill();
        feed_both(50, 100);
        std::fs::remove_file(disk.path().join("filler")).unwrap();
        std::thread::sleep(Duration::from_millis(1_200));
        feed_both(150, 50);
        sessions.iter().for_each(|session| session.hangup().unwrap());
        let [held, other] = sessions.map(result);
        assert!(held.complete && other.complete, "{format:?}: {held:?}");
        // Byte for byte what a disk with room has.
        assert!(std::fs::read(held.path.unwrap()).unwrap() == std::fs::read(other.path.unwrap()).unwrap());
    }
}

#[test]
fn what_is_no_part_of_the_message_is_not_waited_for() {
    let Some(disk) = SmallDisk::mount("256k") else { return };
    let config_of_engine = EngineConfig {
        ring_ms: 4_000,
        batch_ms: 100,
        batch_age_ms: 100,
        full_hold_ms: 60_000,
        ..EngineConfig::default()
    };
    let engine = Engine::new(&config_of_engine).unwrap();
    let begin = || {
        let session = engine.open(&config(), &FileConfig::new(disk.path())).unwrap();
        let pushed = feed(session, 0, Duration::from_millis(300));
        disk.fill();
        (session, feed(session, pushed, Duration::from_millis(600)))
    };
    let free = || std::fs::remove_file(disk.path().join("filler")).unwrap();
    // Cancelled: it goes at once, and takes what is held with it.
    let (session, _) = begin();
    session.cancel().unwrap();
    let cancelled = session.result(Duration::from_secs(5)).unwrap();
    assert_eq!(
        (cancelled.end_reason, cancelled.path, cancelled.complete),
        (EndReason::Cancelled, None, true)
    );
    free();
    // Started over: what was recorded since is whole.
    let (session, restarted) = begin();
    session.restart(false).unwrap();
    let pushed = feed(session, restarted, Duration::from_millis(400));
    free();
    let pushed = feed(session, pushed, Duration::from_millis(600));
    session.hangup().unwrap();
    let result = result(session);
    assert!(result.complete, "{result:?}");
    let kept = read_wav(&result.path.unwrap());
    assert!(
        kept.iter().copied().eq((restarted..pushed).map(sample)),
        "{} of {}",
        kept.len(),
        pushed - restarted
    );
}

#[test]
fn who_finds_no_room_in_time_ends_and_keeps_what_was_written() {
    let Some(disk) = SmallDisk::mount("256k") else { return };
    let other = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineConfig { full_hold_ms: 700, preallocate_kib: 16, ..EngineConfig::default() })
            .unwrap();
    let sessions = [0; 3].map(|_| engine.open(&config(), &FileConfig::new(disk.path())).unwrap());
    let healthy = engine.open(&config(), &FileConfig::new(other.path())).unwrap();
    disk.fill();
    let began = Instant::now();
    let pushed = std::thread::scope(|scope| {
        for session in sessions {
            scope.spawn(move || feed(session, 0, Duration::from_secs(4)));
        }
        feed(healthy, 0, Duration::from_secs(4))
    });
    for session in sessions {
        let result = result(session);
        assert_eq!((result.end_reason, result.complete), (EndReason::DiskFull, false));
        let kept = read_wav(result.path.as_ref().unwrap());
        assert!(kept.iter().copied().eq((0..kept.len()).map(sample)) && kept.len() as u64 == result.samples);
        // The gap reaches from there to the end.
        let gap = result.gaps.last().unwrap();
        assert_eq!((gap.start_sample, gap.cause), (result.samples, GapCause::DiskFull));
        assert_eq!(result.error.unwrap().raw_os_error(), Some(libc::ENOSPC));
    }
    assert!(began.elapsed() < Duration::from_secs(6));
    // One event for the one cause, and none for a disk that is as full as before.
    let told = told(&engine);
    let count = |wanted: fn(&EngineEvent) -> bool| told.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, EngineEvent::DiskFull(_))), 1, "{told:?}");
    assert_eq!(count(|event| matches!(event, EngineEvent::DiskResumed(_) | EngineEvent::WriteFailed(_))), 0);
    assert_eq!(engine.statistics().full_file_systems, 0);
    healthy.hangup().unwrap();
    let whole = result(healthy);
    assert!(whole.complete);
    check(&whole, pushed);
}
