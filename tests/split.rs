//! Messages that are split: no sample is lost or doubled between two files, wherever the message ends, and all of its files
//! are named together.

mod common;

use afterbeep::engine::{EngineConfig, FileConfig, LargeFile, SessionHandle, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::session::{EndReason, SessionConfig};
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader, WavWriter};
use common::call::{feed, record, result};
use common::read_wav;
use common::tools::SmallDisk;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Of 16-bit PCM in 64 KiB, behind the full header.
const CAPACITY: usize = (65_536 - 104) / 2;

/// Never silent, and different at every position of minutes.
fn line(samples: usize) -> Vec<i16> {
    (0..samples).map(|position| (position % 32_749 + 1) as i16).collect()
}

fn config() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

fn split(directory: &Path) -> FileConfig {
    FileConfig { name: Some("a.wav".into()), max_file_kib: 64, ..FileConfig::new(directory) }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn paths(result: &SessionResult) -> Vec<PathBuf> {
    result.path.iter().chain(&result.more_paths).cloned().collect()
}

fn all_samples(result: &SessionResult) -> Vec<i16> {
    paths(result).iter().flat_map(|path| read_wav(path)).collect()
}

/// The bytes of a file that holds these samples and is written at once.
fn written(samples: &[i16], format: Format, rate: SampleRate, header: HeaderStyle) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let storage = file.as_file().try_clone().unwrap();
    let mut wav = WavWriter::with_header(storage, format, rate, header, &Metadata::default()).unwrap();
    wav.append([samples, &[]], &mut Vec::new()).unwrap();
    wav.finish(u64::MAX).unwrap();
    fs::read(file.path()).unwrap()
}

/// Waits until there is a file of this name, with audio.
fn await_file(path: &Path) {
    let began = Instant::now();
    while fs::metadata(path).map_or(true, |found| found.len() < 200) {
        assert!(began.elapsed() < Duration::from_secs(20), "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// An engine that writes at once, and a session that has passed the seam by so many samples.
fn past_the_seam(
    directory: &Path,
    config: &SessionConfig,
    more: usize,
) -> (afterbeep::engine::Engine, SessionHandle) {
    let engine =
        EngineConfig { poll_interval_ms: 1, batch_ms: 20, batch_age_ms: 20, ..EngineConfig::default() };
    let engine = afterbeep::engine::Engine::new(&engine).unwrap();
    let session = engine.open(config, &split(directory)).unwrap();
    feed(session, &line(CAPACITY + more), 160);
    await_file(&directory.join("a_0002.wav.part"));
    // None of them has its name while there may be more.
    assert_eq!(names(directory), ["a.wav.part", "a_0002.wav.part"]);
    (engine, session)
}

#[test]
fn no_sample_is_lost_or_doubled_at_a_seam() {
    for format in Format::ALL {
        for (header, file_rate_hz) in
            [(HeaderStyle::Full, 0), (HeaderStyle::Plain, 0), (HeaderStyle::Full, 16_000)]
        {
            let directory = tempfile::tempdir().unwrap();
            let line = line(300_001);
            let rate = SampleRate::new(if file_rate_hz == 0 { 8_000 } else { file_rate_hz }).unwrap();
            // What is to be stored, as a file of its own.
            let whole = FileConfig { file_rate_hz, ..FileConfig::new(directory.path()) };
            let whole = read_wav(record(&config(), &whole, &line).path.as_ref().unwrap());
            let file = FileConfig { format, header, file_rate_hz, ..split(directory.path()) };
            let result = record(&config(), &file, &line);
            let named = format!("{format:?} {header:?} {} Hz", rate.hz());
            assert_eq!(result.samples, whole.len() as u64, "{named}");
            assert_eq!((result.complete, result.duration_ms), (true, 37_500), "{named}");
            assert!(result.more_paths.len() > 1 && paths(&result).is_sorted(), "{named}");
            assert_eq!(
                paths(&result)[..2],
                [directory.path().join("a.wav"), directory.path().join("a_0002.wav")]
            );
            assert_eq!(names(directory.path()).len(), paths(&result).len() + 1, "{named}");
            let header_bytes = written(&[], format, rate, header).len() as u64;
            let block = match (format, rate.hz()) {
                (Format::ImaAdpcm, 8_000) => 505,
                (Format::ImaAdpcm, _) => 1_017,
                _ => 1,
            };
            // As many whole blocks as 64 KiB have room for.
            let fits = |samples: &u64| header_bytes + format.data_bytes(*samples, rate) <= 65_536;
            let full = (0..131_072 / block).rev().map(|blocks| blocks * block).find(fits).unwrap() as usize;
            let mut rest = &whole[..];
            for path in paths(&result) {
                let (now, later) = rest.split_at(full.min(rest.len()));
                assert!(fs::read(&path).unwrap() == written(now, format, rate, header), "{named}: {path:?}");
                rest = later;
            }
            assert!(rest.is_empty(), "{named}");
        }
    }
}

#[test]
fn an_end_behind_the_seam_goes_back_to_the_earlier_file() {
    // The silence that is cut off began before the seam.
    let directory = tempfile::tempdir().unwrap();
    let config = SessionConfig { final_silence_ms: 2_000, final_silence_tail_ms: Some(0), ..config() };
    let engine =
        EngineConfig { poll_interval_ms: 1, batch_ms: 20, batch_age_ms: 20, ..EngineConfig::default() };
    let engine = afterbeep::engine::Engine::new(&engine).unwrap();
    let session = engine.open(&config, &split(directory.path())).unwrap();
    let mut sent: Vec<i16> =
        (0..CAPACITY - 3_001).map(|position| (position * 7_919 % 20_011) as i16 - 10_005).collect();
    feed(session, &sent, 160);
    feed(session, &[0; 10_000], 160);
    await_file(&directory.path().join("a_0002.wav.part"));
    feed(session, &[0; 30_000], 160);
    let result = result(session);
    assert_eq!((result.end_reason, result.complete), (EndReason::FinalSilence, true));
    assert_eq!(names(directory.path()), ["a.wav"]);
    assert_eq!(
        (result.more_paths.len(), result.path.as_deref()),
        (0, Some(&*directory.path().join("a.wav")))
    );
    assert!(result.samples < CAPACITY as u64);
    sent.resize(result.samples as usize, 0);
    let expected = written(&sent, Format::Pcm16, SampleRate::NARROWBAND, HeaderStyle::Full);
    assert!(fs::read(directory.path().join("a.wav")).unwrap() == expected);
}

#[test]
fn a_message_that_is_given_up_or_starts_over_leaves_none_of_its_files() {
    let directory = tempfile::tempdir().unwrap();
    let (_engine, session) = past_the_seam(directory.path(), &config(), 2_000);
    session.cancel().unwrap();
    assert_eq!(result(session).path, None);
    assert!(names(directory.path()).is_empty());

    let (_engine, session) = past_the_seam(directory.path(), &config(), 2_000);
    session.restart(false).unwrap();
    let again = line(CAPACITY + 777);
    feed(session, &again, 160);
    session.hangup().unwrap();
    let result = result(session);
    assert_eq!(names(directory.path()), ["a.wav", "a_0002.wav"]);
    assert!(all_samples(&result) == again && result.complete);
}

#[test]
fn names_that_are_taken_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a_0002.wav"), "somebody else's").unwrap();
    fs::write(directory.path().join("a_0003.wav.part"), "being recorded").unwrap();
    let line = line(3 * CAPACITY);
    let result = record(&config(), &split(directory.path()), &line);
    let all = ["a.wav", "a_0002.wav", "a_0003.wav.part", "a_0004.wav", "a_0005.wav"];
    assert_eq!(names(directory.path()), all);
    assert_eq!(result.more_paths, [directory.path().join("a_0004.wav"), directory.path().join("a_0005.wav")]);
    assert!(all_samples(&result) == line);
    assert_eq!(fs::read(directory.path().join("a_0002.wav")).unwrap(), b"somebody else's");
}

#[test]
fn a_full_disk_at_the_seam_is_waited_for() {
    let Some(disk) = SmallDisk::mount("256k") else { return };
    let engine = EngineConfig {
        poll_interval_ms: 1,
        ring_ms: 20_000,
        full_hold_ms: 60_000,
        ..EngineConfig::default()
    };
    let engine = afterbeep::engine::Engine::new(&EngineConfig { preallocate_kib: 0, ..engine }).unwrap();
    for short_of_the_seam in [4_000, 0] {
        let name = Some(format!("b{short_of_the_seam}.wav"));
        let session = engine.open(&config(), &FileConfig { name, ..split(disk.path()) }).unwrap();
        let line = line(CAPACITY + 30_000);
        let (first, second) = line.split_at(CAPACITY - short_of_the_seam);
        feed(session, first, 160);
        std::thread::sleep(Duration::from_millis(1_200));
        disk.fill();
        feed(session, second, 160);
        let began = Instant::now();
        while engine.statistics().full_file_systems == 0 {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(disk.path().join("filler")).unwrap();
        session.hangup().unwrap();
        let result = result(session);
        assert_eq!(
            (result.end_reason, result.complete, result.more_paths.len()),
            (EndReason::Hangup, true, 1)
        );
        assert!(all_samples(&result) == line, "{short_of_the_seam}");
        paths(&result).iter().for_each(|path| fs::remove_file(path).unwrap());
    }
}

#[test]
fn a_killed_process_leaves_all_files_of_the_message_to_be_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_afterbeep"))
        .args([
            "record",
            "-",
            "--no-beep",
            "--max-duration",
            "0",
            "--max-file-kib",
            "64",
            "--batch-age",
            "20ms",
        ])
        .arg("--out")
        .arg(directory.path().join("a.wav"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let sent = line(2 * CAPACITY + 5_000);
    let bytes: Vec<u8> = sent.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&bytes).unwrap();
    await_file(&directory.path().join("a_0003.wav.part"));
    child.kill().unwrap();
    child.wait().unwrap();
    let names = names(directory.path());
    assert_eq!(names, ["a.wav.part", "a_0002.wav.part", "a_0003.wav.part"]);
    let mut kept = Vec::new();
    for name in names {
        let path = directory.path().join(name);
        assert!(WavReader::new(File::open(&path).unwrap()).unwrap().is_being_recorded());
        kept.extend(read_wav(&path));
    }
    assert!(kept.len() > 2 * CAPACITY && sent.starts_with(&kept));
}

#[test]
fn each_file_is_synced_where_the_message_is() {
    if !common::tools::have("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (input, trace) = (directory.path().join("input.raw"), directory.path().join("trace"));
    let bytes: Vec<u8> = line(CAPACITY + 5_000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    fs::write(&input, bytes).unwrap();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y", "-e", "trace=fdatasync,fsync,renameat2", "-o"]).arg(&trace);
    command.arg(env!("CARGO_BIN_EXE_afterbeep")).args(["record", "-", "--no-beep", "--max-duration", "0"]);
    command
        .args(["--max-file-kib", "64", "--durability", "close", "--out"])
        .arg(directory.path().join("a.wav"));
    let output = command.stdin(File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success());
    let trace = fs::read_to_string(trace).unwrap();
    let place = |words: &[&str]| {
        let all: Vec<&str> = trace.lines().collect();
        let mut lines = all.iter().enumerate();
        let found = lines.rfind(|(_, line)| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("{words:?} in {trace}")).0
    };
    let (first, second) = (place(&["fdatasync(", "/a.wav.part"]), place(&["fdatasync(", "/a_0002.wav.part"]));
    let renames = [place(&["renameat2(", "/a_0002.wav.part"]), place(&["renameat2(", "/a.wav.part"])];
    // Both, before either has its name; the first one is named last; then the directory.
    assert!(
        first.max(second) < renames[0] && renames.is_sorted() && renames[1] < place(&[" fsync("]),
        "{trace}"
    );
}

/// Records a message of three files under strace, and gives what that says.
fn traced(directory: &Path, arguments: &[&str]) -> String {
    let (input, trace) = (directory.join("input.raw"), directory.join("trace"));
    let line = line(2 * CAPACITY + 5_000);
    fs::write(&input, line.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-y"]).args(arguments).arg("-o").arg(&trace);
    command.arg(env!("CARGO_BIN_EXE_afterbeep"));
    command.args(["record", "-", "--no-beep", "--max-duration", "0", "--max-file-kib", "64", "--out"]);
    let output = command.arg(directory.join("a.wav")).stdin(File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept: Vec<i16> = ["a.wav", "a_0002.wav", "a_0003.wav"]
        .iter()
        .flat_map(|name| read_wav(&directory.join(name)))
        .collect();
    assert!(kept == line);
    fs::read_to_string(trace).unwrap()
}

#[test]
fn one_file_of_the_message_is_locked_at_any_time() {
    if !common::tools::have("strace") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let trace = traced(directory.path(), &["-e", "trace=flock,close,renameat2"]);
    let (mut locked, mut lines) = (Vec::new(), 0);
    for call in trace.lines().filter(|call| call.contains(".part")) {
        lines += 1;
        let file = (1..=3).rfind(|number| call.contains(&format!("a_000{number}"))).unwrap_or(1);
        if call.contains("renameat2(") {
            assert!(!locked.is_empty(), "{trace}");
        } else if call.contains("flock(") {
            locked.push(file);
        } else {
            locked.retain(|&other| other != file);
            assert!(!locked.is_empty(), "{trace}");
        }
    }
    // Three are created, two of them opened again; these are closed twice.
    assert_eq!((lines, locked), (3 + 2 + 2 * 2 + 3, vec![3]), "{trace}");
}

#[test]
fn a_split_message_does_without_a_second_descriptor() {
    if !common::tools::have("strace") {
        return;
    }
    // The first of these creates the file, the second opens it again.
    for when in [1, 2] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a_0002.wav.part");
        let inject = format!("inject=openat:error=EMFILE:when={when}");
        let trace = traced(directory.path(), &["-P", path.to_str().unwrap(), "-e", &inject]);
        assert_eq!(trace.matches("(INJECTED)").count(), 1, "{trace}");
        assert_eq!(names(directory.path()), ["a.wav", "a_0002.wav", "a_0003.wav", "input.raw", "trace"]);
    }
}

#[test]
fn settings_that_contradict_are_refused_with_the_field() {
    let base = FileConfig::new(".");
    for (file, field) in [
        (FileConfig { max_file_kib: 63, ..base.clone() }, "max_file_kib"),
        (FileConfig { max_file_kib: 4_194_305, ..base.clone() }, "max_file_kib"),
        (FileConfig { max_file_kib: 64, large_file: Some(LargeFile::Rf64), ..base.clone() }, "max_file_kib"),
        (
            FileConfig { header: HeaderStyle::Plain, large_file: Some(LargeFile::Rf64), ..base.clone() },
            "large_file",
        ),
        (
            FileConfig { name: Some("x".repeat(246)), large_file: Some(LargeFile::Split), ..base.clone() },
            "file_name",
        ),
        (FileConfig { append: true, ..base }, "append"),
    ] {
        assert_eq!(file.validate().unwrap_err().field, field);
    }
}
