//! Interrupted recordings in a directory, as `afterbeep repair` and a host find them.

mod common;

use afterbeep::capi::repair::{
    afterbeep_repair, afterbeep_repair_file, afterbeep_repair_options, afterbeep_repair_outcome,
    afterbeep_repair_report,
};
use afterbeep::capi::status::afterbeep_status;
use afterbeep::engine::{Engine, EngineConfig, FileConfig, OpenError};
use afterbeep::message::{CreateError, RepairOptions, RepairReport, Repaired, repair};
use afterbeep::session::SessionConfig;
use afterbeep::wav::{Format, HeaderStyle};
use common::call::{engine, record};
use std::ffi::{CStr, CString, c_void};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const LINE: [i16; 8_000] = [1_001; 8_000];

fn session() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

/// Repairs, and tells what became of each file by its name.
fn run(directory: &Path, options: RepairOptions) -> (RepairReport, Vec<(String, Repaired)>) {
    let mut told = Vec::new();
    let tell = |entry: afterbeep::message::RepairEntry| {
        let name = entry.path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
        told.push((name, entry.outcome));
    };
    let report = repair(directory, &options, tell).unwrap();
    (report, told)
}

/// A recording that a killed process would leave, as a copy of one that is under way.
fn interrupt(engine: &Engine, directory: &Path, name: &str, header: HeaderStyle) {
    let file = FileConfig { name: Some("under-way".into()), header, ..FileConfig::new(directory) };
    let session = engine.open(&session(), &file).unwrap();
    common::call::feed(session, &LINE, 160);
    let path = directory.join("under-way.part");
    let began = Instant::now();
    // The batch has waited long enough.
    while fs::metadata(&path).unwrap().len() < 16_000 {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::create_dir_all(directory.join(name).parent().unwrap()).unwrap();
    fs::copy(path, directory.join(name)).unwrap();
    session.cancel().unwrap();
    common::call::result(session);
}

#[test]
fn interrupted_recordings_become_what_a_hang_up_would_have_made_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let engine = engine();
    interrupt(&engine, root, "a/b/x.wav.part", HeaderStyle::Full);
    let torn = fs::read(root.join("a/b/x.wav.part")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(root.join(name), bytes).unwrap();
    write("taken.wav.part", &torn);
    write("taken.wav", b"another's");
    write("empty.wav.part", &torn[..104]);
    // Named, but its header did not reach the disk.
    write("named.wav", &torn);
    // Of a message whose next file is being recorded.
    write("live.wav.part", &torn);
    write("foreign.wav.part", b"RIFF....WAVE, but of another kind");
    interrupt(&engine, root, "plain.wav.part", HeaderStyle::Plain);
    let plain = fs::read(root.join("plain.wav.part")).unwrap();
    std::os::unix::fs::symlink(root.join("a/b/x.wav.part"), root.join("link.wav.part")).unwrap();
    let file = FileConfig { name: Some("live_0002.wav".into()), ..FileConfig::new(root) };
    let live = engine.open(&session(), &file).unwrap();

    let dry = RepairOptions { dry_run: true, ..RepairOptions::default() };
    let (report, _) = run(root, dry);
    assert_eq!((report.repaired, report.removed, report.name_taken, report.in_use), (2, 1, 1, 2));
    assert_eq!(fs::read(root.join("taken.wav.part")).unwrap(), torn);

    let (report, told) = run(root, RepairOptions::default());
    let told: Vec<(&str, &str)> = told.iter().map(|(name, outcome)| (&**name, outcome.name())).collect();
    let expected = [
        ("taken.wav.part", "name_taken"),
        ("named.wav", "repaired"),
        ("live_0002.wav.part", "in_use"),
        ("live.wav.part", "in_use"),
        ("empty.wav.part", "removed"),
        ("a/b/x.wav", "repaired"),
    ];
    assert_eq!(told, expected);
    assert_eq!(report.failed, 0);
    let whole = record(&session(), &FileConfig::new(root), &LINE).path.unwrap();
    for name in ["a/b/x.wav", "named.wav", "taken.wav.part"] {
        assert!(fs::read(root.join(name)).unwrap() == fs::read(&whole).unwrap(), "{name}");
    }
    assert_eq!(fs::read(root.join("taken.wav")).unwrap(), b"another's");
    assert_eq!(fs::read(root.join("plain.wav.part")).unwrap(), plain);
    assert!(!root.join("empty.wav.part").exists());

    let (report, told) = run(root, RepairOptions::default());
    assert_eq!((report.repaired, report.renamed, report.removed, told.len()), (0, 0, 0, 3), "{told:?}");
    let (_, told) = run(root, RepairOptions { plain: true, ..RepairOptions::default() });
    assert!(told.iter().any(
        |(name, outcome)| name == "plain.wav" && matches!(outcome, Repaired::Renamed | Repaired::Mended)
    ));
    live.cancel().unwrap();
}

#[test]
fn an_engine_repairs_when_it_starts_and_leaves_what_another_one_records() {
    let directory = tempfile::tempdir().unwrap();
    let other = engine();
    interrupt(&other, directory.path(), "1001/x.wav.part", HeaderStyle::Full);
    let live = other.open(&session(), &FileConfig::new(directory.path())).unwrap();
    let config =
        EngineConfig { repair_directory: Some(directory.path().to_owned()), ..EngineConfig::default() };
    let engine = Engine::new(&config).unwrap();
    let counts = engine.statistics();
    assert_eq!((counts.repaired_files, counts.unrepaired_files), (1, 0));
    assert_eq!(common::read_wav(&directory.path().join("1001/x.wav")), LINE);
    live.push(&LINE[..160]).unwrap();
    live.hangup().unwrap();
    assert!(common::call::result(live).complete);
    let missing = EngineConfig { repair_directory: Some(directory.path().join("no")), ..config };
    let refused = Engine::new(&missing);
    assert!(matches!(refused, Err(OpenError::File(CreateError::DirectoryMissing(_)))), "{refused:?}");
}

#[test]
fn the_command_prints_a_line_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    interrupt(&engine(), root, "x.wav.part", HeaderStyle::Full);
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
        command.arg("repair").args(arguments).output().unwrap()
    };
    let root = root.to_str().unwrap();
    let output = command(&[root, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&line["outcome"], &line["samples"], &line["duration_ms"]),
        (&"repaired".into(), &8_000.into(), &1_000.into())
    );
    let output = command(&[root, "--json"]);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b""[..]));
    fs::copy(directory.path().join("x.wav"), directory.path().join("x.wav.part")).unwrap();
    let output = command(&[root]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("name_taken"));
    assert_eq!(command(&[&format!("{root}/none")]).status.code(), Some(1));
    assert_eq!(command(&[]).status.code(), Some(2));
}

#[test]
fn every_format_is_repaired_on_disk_wherever_it_was_cut() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for format in Format::ALL {
        let file = FileConfig { format, ..FileConfig::new(root) };
        let whole = record(&session(), &file, &LINE[..2_000]).path.unwrap();
        let mut bytes = fs::read(&whole).unwrap();
        fs::remove_file(whole).unwrap();
        let marker = bytes.windows(4).position(|id| id == b"aftb").unwrap() + 8;
        bytes[marker..][..16].copy_from_slice(b"being recorded\x01\0");
        for length in (0..bytes.len()).step_by(5) {
            fs::write(root.join(format!("{length}.wav.part")), &bytes[..length]).unwrap();
        }
        let (first, told) = run(root, RepairOptions::default());
        assert_eq!(first.failed + first.in_use + first.name_taken, 0);
        assert!(first.repaired > 100, "{format:?}: {first:?}");
        for (name, outcome) in &told {
            assert!(matches!(outcome, Repaired::Mended | Repaired::Removed), "{name}: {outcome:?}");
        }
        let (second, told) = run(root, RepairOptions::default());
        assert_eq!((told.len(), second.others), (0, first.repaired + first.others));
        for entry in fs::read_dir(root).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

/// Counts what it is told.
unsafe extern "C" fn count(file: *const afterbeep_repair_file, told: *mut c_void) {
    // SAFETY: the library gives a file, and the test its own list.
    let (file, told) = unsafe { (&*file, &mut *told.cast::<Vec<(u32, u64)>>()) };
    told.push((file.outcome, file.samples));
}

#[test]
fn c_hosts_repair_too() {
    let directory = tempfile::tempdir().unwrap();
    interrupt(&engine(), directory.path(), "x.wav.part", HeaderStyle::Full);
    let root = CString::new(directory.path().to_str().unwrap()).unwrap();
    let size = size_of::<afterbeep_repair_report>();
    let mut told: Vec<(u32, u64)> = Vec::new();
    // SAFETY: all pointers are valid.
    unsafe {
        let mut report = std::mem::zeroed::<afterbeep_repair_report>();
        let data = (&raw mut told).cast();
        let mut run = |root: &CStr, options| {
            let error = std::ptr::null_mut();
            let status =
                afterbeep_repair(root.as_ptr(), options, Some(count), data, error, &mut report, size);
            (status, report.repaired)
        };
        let dry = afterbeep_repair_options { struct_size: 16, plain: 0, dry_run: 1, reserved: 0 };
        let wrong = afterbeep_repair_options { dry_run: 2, ..dry };
        assert_eq!(run(&root, &wrong).0, afterbeep_status::INVALID_ARGUMENT);
        assert_eq!(run(c"/nowhere", std::ptr::null()).0, afterbeep_status::NOT_FOUND);
        assert_eq!(run(&root, &dry), (afterbeep_status::OK, 1));
        assert!(directory.path().join("x.wav.part").exists());
        assert_eq!(run(&root, std::ptr::null()), (afterbeep_status::OK, 1));
        assert_eq!(run(&root, std::ptr::null()), (afterbeep_status::OK, 0));
    }
    assert!(directory.path().join("x.wav").exists());
    assert_eq!(told, [(afterbeep_repair_outcome::REPAIRED as u32, 8_000); 2]);
}
