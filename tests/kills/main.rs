//! A process that records is killed (SIGKILL) at a random time, again and again: every file opens, every sample is right,
//! and no more is missing than the engine says: `batch_age_ms` and one `poll_interval_ms`.
//!
//! AFTERBEEP_KILLS=2000 is the long run, AFTERBEEP_KILLS_SEED=n repeats one.

mod check;
#[path = "../common/mod.rs"]
mod common;
mod log;
mod recorder;

use check::{Killed, Missing};
use common::Random;
use log::{Log, now_ns};
use recorder::{ALL_MODES, MODES, Mode, SLOW};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const DIRECTORY: &str = "AFTERBEEP_KILLS_DIRECTORY";
const MODE: &str = "AFTERBEEP_KILLS_MODE";
/// Processes that record at once.
const AT_ONCE: usize = 4;
/// Other programs read all files of one round in so many, otherwise one file.
const ALL_FILES: usize = 100;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Not a test: the process that is killed.
#[test]
#[ignore = "the test below runs it"]
fn recorder() {
    if let (Some(directory), Some(mode)) = (std::env::var_os(DIRECTORY), number(MODE)) {
        recorder::record(&ALL_MODES[mode as usize], Path::new(&directory));
    }
}

/// Has a process record, and kills it.
fn kill_one(mode: &Mode, directory: &Path, life: Duration) -> Killed {
    std::fs::create_dir(directory.join("files")).unwrap();
    let log = Log::in_file(&directory.join("log"));
    let index = ALL_MODES.iter().position(|other| other.name == mode.name).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recorder", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(MODE, index.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while log.ready.load(Ordering::Acquire) == 0 {
        assert!(Instant::now() < deadline, "the recorder does not start");
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(life);
    let at_ns = now_ns();
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert_eq!(by_signal, Some(libc::SIGKILL), "the recorder ended by itself: {status}");
    Killed { directory: directory.into(), log, at_ns }
}

fn mode_of(round: usize) -> &'static Mode {
    let turn = round % MODES.iter().map(|mode| mode.weight).sum::<usize>();
    let each = MODES.iter().flat_map(|mode| std::iter::repeat_n(mode, mode.weight));
    each.clone().nth(turn).unwrap()
}

#[test]
fn killed_at_any_time_every_file_opens_and_lacks_no_more_than_the_window() {
    let kills = number("AFTERBEEP_KILLS").unwrap_or(200) as usize;
    let seed = number("AFTERBEEP_KILLS_SEED").unwrap_or_else(now_ns);
    println!("AFTERBEEP_KILLS_SEED={seed}");
    let next = AtomicUsize::new(0);
    let missing: Mutex<Vec<(usize, Missing)>> = Mutex::default();
    std::thread::scope(|scope| {
        let rounds = || {
            loop {
                let round = next.fetch_add(1, Ordering::Relaxed);
                if round >= kills {
                    break;
                }
                let mut random = Random::new(seed.wrapping_add(round as u64));
                let mode = mode_of(round);
                let directory = tempfile::tempdir().unwrap();
                let life = Duration::from_micros(random.next() % (mode.life_ms * 1_000));
                let killed = kill_one(mode, directory.path(), life);
                let outcome = killed.check(mode.window()).and_then(|missing| {
                    killed.read_by_others(&mut random, round % ALL_FILES == ALL_FILES / 2)?;
                    Ok(missing)
                });
                match outcome {
                    Ok(lacks) => missing.lock().unwrap().push((round, lacks)),
                    Err(fault) => {
                        let kept = directory.keep();
                        panic!("round {round}, {}: {fault}; see {}", mode.name, kept.display());
                    }
                }
                killed.log.unmap();
            }
        };
        (0..AT_ONCE).for_each(|_| drop(scope.spawn(rounds)));
    });
    let missing = missing.into_inner().unwrap();
    assert_eq!(missing.len(), kills);
    for mode in &MODES {
        let of_mode = missing.iter().filter(|(round, _)| mode_of(*round).name == mode.name);
        let sum: Missing = of_mode.map(|(_, lacks)| *lacks).sum();
        println!("{}: {sum}; the window is {:?}", mode.name, mode.window());
        // A recorder that never got to record proves nothing.
        assert!(kills < 100 || sum.samples > 0 && sum.unwritten > 0, "{}: {sum}", mode.name);
    }
}

/// What the check above is for is found by it.
#[test]
fn a_wrong_sample_a_header_that_claims_too_much_and_a_batch_that_is_missing_are_found() {
    type Fault = fn(&mut Vec<u8>);
    let faults: [(&str, Fault); 4] = [
        ("is wrong", |file| file[1_000] ^= 0x40),
        ("claims", |file| file.truncate(file.len() / 2)),
        ("missing", |file| check::go_back(file)),
        ("does not open", |file| file[..4].fill(0)),
    ];
    let directory = tempfile::tempdir().unwrap();
    let mode = &MODES[0];
    let killed = kill_one(mode, directory.path(), Duration::from_millis(2_500));
    killed.check(mode.window()).unwrap();
    for (what, plant) in faults {
        let former = killed.tamper(plant);
        let fault = killed.check(mode.window()).unwrap_err();
        assert!(fault.contains(what), "{what}: {fault}");
        killed.restore(&former);
    }
    killed.check(mode.window()).unwrap();
    killed.log.unmap();
    // A writer that takes its time.
    let directory = tempfile::tempdir().unwrap();
    let killed = kill_one(&SLOW, directory.path(), Duration::from_millis(2_500));
    let fault = killed.check(mode.window()).unwrap_err();
    assert!(fault.contains("missing"), "{fault}");
    killed.log.unmap();
}
