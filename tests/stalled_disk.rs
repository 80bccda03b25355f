//! A disk that does not answer: the media thread never notices, what the ring holds is not lost, what it does not hold is
//! declared to the sample, other file systems go on, and closing ends in time.
//!
//! A frozen loop mount (`fsfreeze`) makes every write to it sleep in the kernel, as a dead disk does. Needs root.

mod common;

use afterbeep::engine::{
    Engine, EngineConfig, EngineEvent, FileConfig, GapCause, OpenError, SessionError, SessionHandle,
    SessionResult,
};
use afterbeep::session::{EndReason, SessionConfig};
use common::read_wav;
use common::tools::FreezingDisk;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FRAME: usize = 160;

fn no_end() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

/// The caller's audio: never silent, and different at every position of minutes.
fn sample(position: usize) -> i16 {
    (position % 32_749 + 1) as i16
}

/// Feeds sessions at the pace of a call, 20 ms a tick, and returns the slowest tick.
struct Pace {
    start: Instant,
    ticks: usize,
    slowest: Duration,
}

impl Pace {
    fn new() -> Self {
        Self { start: Instant::now(), ticks: 0, slowest: Duration::ZERO }
    }

    fn feed(&mut self, sessions: &[SessionHandle], duration: Duration) {
        let end = self.start.elapsed() + duration;
        while self.start.elapsed() < end {
            let from = self.ticks * FRAME;
            let frame: Vec<i16> = (from..from + FRAME).map(sample).collect();
            let began = Instant::now();
            for session in sessions {
                match session.push(&frame) {
                    Ok(()) | Err(SessionError::Overrun) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            self.slowest = self.slowest.max(began.elapsed());
            self.ticks += 1;
            let due = self.start + Duration::from_millis(20) * self.ticks as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

fn open(engine: &Engine, directory: &Path, count: usize) -> Vec<SessionHandle> {
    (0..count).map(|_| engine.open(&no_end(), &FileConfig::new(directory)).unwrap()).collect()
}

fn hang_up(session: SessionHandle) -> SessionResult {
    session.hangup().unwrap();
    session.result(Duration::from_secs(30)).unwrap()
}

/// Every sample is in its place, or in a listed gap and silent.
fn check(result: &SessionResult, pushed: usize, cause: GapCause) {
    assert_eq!((result.end_reason, result.samples), (EndReason::Hangup, pushed as u64));
    let recorded = read_wav(result.path.as_ref().unwrap());
    let mut silent = 0;
    for (position, &heard) in recorded.iter().enumerate() {
        let gap = result
            .gaps
            .iter()
            .any(|gap| (gap.start_sample..gap.start_sample + gap.samples).contains(&(position as u64)));
        silent += u64::from(gap);
        assert_eq!(heard, if gap { 0 } else { sample(position) }, "sample {position}");
    }
    assert_eq!((silent, result.complete), (result.lost_samples, silent == 0));
    assert_eq!(result.gaps.len() as u64, result.gap_count);
    assert!(result.gaps.iter().all(|gap| gap.cause == cause), "{:?}", result.gaps);
}

#[test]
fn a_stall_costs_nothing_while_the_ring_holds_and_declared_gaps_after_that() {
    let Some(mut disk) = FreezingDisk::mount() else { return };
    let healthy = tempfile::tempdir().unwrap();
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let slow = open(&engine, disk.path(), 6);
    let others = open(&engine, healthy.path(), 6);
    let all: Vec<_> = slow.iter().chain(&others).copied().collect();
    let mut pace = Pace::new();
    pace.feed(&all, Duration::from_millis(500));
    disk.freeze();
    pace.feed(&all, Duration::from_secs(1));
    disk.thaw();
    pace.feed(&all, Duration::from_millis(1_500));
    // No session has lost anything so far; the next stall outlasts the ring.
    assert_eq!(engine.statistics().lost_samples, 0);
    disk.freeze();
    pace.feed(&all, Duration::from_secs(5));
    let stalled = engine.statistics();
    assert!(stalled.stalls >= 4 && stalled.stalled_file_systems == 1, "{stalled:?}");
    let refused = engine.open(&no_end(), &FileConfig::new(disk.path()));
    assert!(matches!(refused, Err(OpenError::FileSystemStalled(_))), "{refused:?}");
    disk.thaw();
    pace.feed(&all, Duration::from_millis(1_000));
    let back = engine.statistics();
    assert_eq!((back.stalled_writers, back.stalled_file_systems), (0, 0));
    // The session opens again.
    engine.open(&no_end(), &FileConfig::new(disk.path())).unwrap();

    let pushed = pace.ticks * FRAME;
    for session in others {
        let result = hang_up(session);
        check(&result, pushed, GapCause::RingFull);
        assert!(result.complete, "another file system paid: {:?}", result.gaps);
    }
    for session in slow {
        let result = hang_up(session);
        check(&result, pushed, GapCause::DiskStalled);
        // 5 s of which the ring holds 2 s, and the writers need a moment.
        assert!((16_000..48_000).contains(&result.lost_samples), "{} samples lost", result.lost_samples);
        assert!(result.gaps.iter().all(|gap| gap.start_sample > 24_000), "{:?}", result.gaps);
    }
    let mut told = Vec::new();
    while let Some(event) = engine.poll_event().unwrap() {
        told.push(event);
    }
    let count = |wanted: fn(&EngineEvent) -> bool| told.iter().filter(|event| wanted(event)).count();
    let stalls = count(|event| matches!(event, EngineEvent::WriterStalled(_)));
    assert_eq!(stalls, count(|event| matches!(event, EngineEvent::WriterReturned(_))));
    assert_eq!(stalls as u64, engine.statistics().stalls);
    assert!(count(|event| matches!(event, EngineEvent::FileSystemStalled(_))) >= 1);
    assert_eq!(count(|event| matches!(event, EngineEvent::Finished(_))), 12);
    println!("slowest tick of 12 pushes beside a stalled disk: {:?}", pace.slowest);
}

#[test]
fn closing_ends_in_time_whatever_the_disk_does_and_says_what_did_not_make_it() {
    let Some(mut disk) = FreezingDisk::mount() else { return };
    let healthy = tempfile::tempdir().unwrap();
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let (slow, other) = (open(&engine, disk.path(), 2), open(&engine, healthy.path(), 2));
    let all: Vec<_> = slow.iter().chain(&other).copied().collect();
    let mut pace = Pace::new();
    pace.feed(&all, Duration::from_millis(300));
    disk.freeze();
    // Neither of these waits for the disk.
    let began = Instant::now();
    slow[0].hangup().unwrap();
    assert_eq!(slow[0].result(Duration::from_millis(100)).err(), Some(SessionError::NotFinished));
    slow[1].close().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    let report = engine.close(Duration::from_secs(2));
    let took = began.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&took), "{took:?}");
    assert!(report.callback_returned);
    let mut unfinished: Vec<PathBuf> = report.unfinished.into_iter().map(|message| message.part).collect();
    unfinished.sort();
    assert_eq!(unfinished.len(), 2);
    for session in all {
        assert_eq!(session.push(&[0; FRAME]), Err(SessionError::Stale));
    }
    // The others are whole already.
    let finished: Vec<_> =
        std::fs::read_dir(healthy.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(finished.len(), 2);
    finished.iter().for_each(|path| assert_eq!(read_wav(path).len(), pace.ticks * FRAME));
    // The disk comes back: the writers that were left behind finish their messages.
    disk.thaw();
    let deadline = Instant::now() + Duration::from_secs(20);
    while unfinished.iter().any(|part| part.exists()) {
        assert!(Instant::now() < deadline, "a message was left unfinished");
        std::thread::sleep(Duration::from_millis(10));
    }
    unfinished
        .iter()
        .for_each(|part| assert_eq!(read_wav(&part.with_extension("")).len(), pace.ticks * FRAME));
    // They leave soon after; until then the file system is in use.
    std::thread::sleep(Duration::from_millis(200));
}
