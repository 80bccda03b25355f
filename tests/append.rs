//! Messages that are continued: as if recorded at once; or as they were, byte for byte, where nothing is added or the
//! continuation is refused.

mod common;
#[path = "common/program.rs"]
mod program;

use afterbeep::engine::{Engine, FileConfig, LargeFile, OpenError, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::message::CreateError;
use afterbeep::session::SessionConfig;
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader, WavWriter};
use common::call::{engine, feed, record, result};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn line(samples: usize) -> Vec<i16> {
    (0..samples).map(|i| (9_000.0 * (i as f64 * 0.4).sin()) as i16).collect()
}

fn config() -> SessionConfig {
    SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() }
}

fn file(directory: &Path, name: &str, (format, header): (Format, HeaderStyle)) -> FileConfig {
    FileConfig { name: Some(name.into()), format, header, ..FileConfig::new(directory) }
}

/// A file of any format, by our reader.
fn read_wav(path: &Path) -> Vec<i16> {
    samples(File::open(path).unwrap())
}

fn samples(source: impl Read) -> Vec<i16> {
    let mut reader = WavReader::new(source).unwrap();
    let (mut all, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => return all,
            count => all.extend_from_slice(&piece[..count]),
        }
    }
}

fn variants() -> impl Iterator<Item = (Format, HeaderStyle)> {
    let styles = [HeaderStyle::Full, HeaderStyle::Plain];
    Format::ALL.into_iter().flat_map(move |format| styles.map(|style| (format, style)))
}

fn append(engine: &Engine, config: &SessionConfig, file: &FileConfig, line: &[i16]) -> SessionResult {
    let session = engine.open(config, &FileConfig { append: true, ..file.clone() }).unwrap();
    feed(session, line, 160);
    let _ = session.hangup();
    result(session)
}

#[test]
fn a_continued_message_is_as_if_recorded_at_once() {
    let engine = engine();
    let line = line(30_001);
    for variant in variants() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        record(&config(), &file(directory.path(), "whole.wav", variant), &line);
        let whole = fs::read(at("whole.wav")).unwrap();
        let message = file(directory.path(), "a.wav", variant);
        record(&config(), &message, &line[..10_001]);
        let mut before = 10_001;
        // The new audio's limit is its own.
        for piece in [&line[10_001..10_002], &line[10_002..20_500], &line[20_500..]] {
            let limit = SessionConfig { max_duration_ms: 1_313, ..config() };
            let result = append(&engine, &limit, &message, piece);
            assert_eq!(result.appended_to_samples, before, "{variant:?}");
            before += piece.len() as u64;
            assert_eq!((result.samples, result.duration_ms), (before, before / 8), "{variant:?}");
            assert_eq!((result.path, result.complete), (Some(at("a.wav")), true));
        }
        assert!(fs::read(at("a.wav")).unwrap() == whole, "{variant:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}

#[test]
fn metadata_stays_and_the_file_may_have_another_rate_than_the_line() {
    let (engine, directory) = (engine(), tempfile::tempdir().unwrap());
    let metadata = Metadata { caller: Some("+34 600 123".into()), ..Metadata::now() };
    let message = FileConfig {
        metadata: metadata.clone(),
        file_rate_hz: 16_000,
        ..file(directory.path(), "a.wav", (Format::ImaAdpcm, HeaderStyle::Full))
    };
    let line = line(12_345);
    let path = record(&config(), &message, &line).path.unwrap();
    let earlier = read_wav(&path);
    // From a line of another rate.
    let config = SessionConfig { sample_rate: SampleRate::new(24_000).unwrap(), ..config() };
    let other = FileConfig { metadata: Metadata::default(), ..message };
    let result = append(&engine, &config, &other, &line);
    assert_eq!((result.appended_to_samples, result.samples), (24_690, 24_690 + 8_230));
    let reader = WavReader::new(File::open(&path).unwrap()).unwrap();
    assert_eq!((reader.metadata(), reader.sample_rate().hz()), (&metadata, 16_000));
    let now = read_wav(&path);
    assert!(now.len() == 32_920 && now.starts_with(&earlier));
}

#[test]
fn a_continuation_that_adds_nothing_leaves_every_byte() {
    let engine = engine();
    let line = line(10_000);
    for variant in variants() {
        for samples in [1, 504, 505, 700, 701] {
            let directory = tempfile::tempdir().unwrap();
            let message = file(directory.path(), "a.wav", variant);
            let path = record(&config(), &message, &line[..samples]).path.unwrap();
            let before = fs::read(&path).unwrap();
            let again = FileConfig { append: true, ..message.clone() };
            let short = SessionConfig { min_duration_ms: 3_000, delete_too_short: true, ..config() };
            let unheard = SessionConfig { start_on_speech: true, ..config() };
            for how in ["cancelled", "restarted", "empty", "too short", "unheard"] {
                let config = match how {
                    "too short" => &short,
                    "unheard" => &unheard,
                    _ => &config(),
                };
                let session = engine.open(config, &again).unwrap();
                assert!(!path.exists() && directory.path().join("a.wav.part").exists(), "{how}");
                match how {
                    "empty" => {}
                    "unheard" => feed(session, &[0; 8_000], 160),
                    _ => feed(session, &line, 160),
                }
                match how {
                    "cancelled" => session.cancel().unwrap(),
                    "restarted" => {
                        session.restart(false).unwrap();
                        session.hangup().unwrap();
                    }
                    _ => session.hangup().unwrap(),
                }
                let result = result(session);
                let told = (result.path.as_deref(), result.samples, result.appended_to_samples);
                assert_eq!(told, (Some(&*path), samples as u64, samples as u64), "{how}");
                assert!(fs::read(&path).unwrap() == before, "{variant:?} of {samples}, {how}");
                assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
            }
        }
    }
}

#[test]
fn what_cannot_be_continued_is_told_apart_and_stays() {
    let (engine, directory) = (engine(), tempfile::tempdir().unwrap());
    let variant = (Format::Alaw, HeaderStyle::Full);
    let message = FileConfig { append: true, ..file(directory.path(), "a.wav", variant) };
    let at = |name: &str| directory.path().join(name);
    let refused = |file: &FileConfig| match engine.open(&config(), file) {
        Err(OpenError::File(error)) => error,
        other => panic!("{other:?}"),
    };
    let named = |name: &str| FileConfig { name: Some(name.into()), ..message.clone() };
    assert!(matches!(refused(&message), CreateError::Missing(_)));
    assert!(matches!(refused(&named("../a.wav")), CreateError::Name(_)));
    record(&config(), &FileConfig { append: false, ..message.clone() }, &line(5_000));
    let before = fs::read(at("a.wav")).unwrap();

    fs::write(at("text.wav"), "RIFF of a kind").unwrap();
    fs::write(at("longer.wav"), [&before[..], b"LIST\0\0\0\0"].concat()).unwrap();
    fs::create_dir(at("directory.wav")).unwrap();
    symlink(at("a.wav"), at("link.wav")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo.wav")).status().unwrap().success());
    for name in ["text.wav", "longer.wav", "directory.wav", "link.wav", "fifo.wav"] {
        assert!(matches!(refused(&named(name)), CreateError::Foreign(_)), "{name}");
    }
    let different = |file: FileConfig| match refused(&file) {
        CreateError::Different { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(different(FileConfig { format: Format::Ulaw, ..message.clone() }), "format");
    assert_eq!(different(FileConfig { header: HeaderStyle::Plain, ..message.clone() }), "header");
    assert_eq!(different(FileConfig { file_rate_hz: 16_000, ..message.clone() }), "sample rate");
    assert!(fs::read(at("a.wav")).unwrap() == before);

    // One continuation at a time.
    let session = engine.open(&config(), &message).unwrap();
    assert!(matches!(refused(&message), CreateError::InUse(_)));
    session.cancel().unwrap();
    result(session);
    assert!(fs::read(at("a.wav")).unwrap() == before);
    // An interrupted recording under its final name, as a rename by hand leaves it.
    let mut bytes = before.clone();
    let marker = bytes.windows(4).position(|id| id == b"aftb").unwrap() + 8;
    bytes[marker..marker + 16].copy_from_slice(b"being recorded\x01\0");
    fs::write(at("cut.wav"), bytes).unwrap();
    assert!(matches!(refused(&named("cut.wav")), CreateError::InUse(_)));
    // Its other name is taken.
    fs::write(at("a.wav.part"), "").unwrap();
    assert!(matches!(refused(&message), CreateError::InUse(_)));
    assert!(fs::read(at("a.wav")).unwrap() == before);
}

#[test]
fn of_many_that_continue_at_once_each_goes_behind_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let variant = (Format::Pcm16, HeaderStyle::Plain);
    let message = file(directory.path(), "a.wav", variant);
    let path = record(&config(), &message, &line(1_000)).path.unwrap();
    let appended = std::thread::scope(|scope| {
        let continue_often = || {
            let (engine, mut appended) = (engine(), 0);
            for _ in 0..40 {
                match engine.open(&config(), &FileConfig { append: true, ..message.clone() }) {
                    Ok(session) => {
                        session.push(&line(100)).unwrap();
                        session.hangup().unwrap();
                        assert!(result(session).complete);
                        session.close().unwrap();
                        appended += 1;
                    }
                    Err(OpenError::File(
                        CreateError::InUse(_) | CreateError::Missing(_) | CreateError::Foreign(_),
                    )) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            appended
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(continue_often)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert!(appended >= 4);
    let expected: Vec<i16> =
        std::iter::once(line(1_000)).chain((0..appended).map(|_| line(100))).flatten().collect();
    assert!(read_wav(&path) == expected && fs::read_dir(directory.path()).unwrap().count() == 1);
}

#[test]
fn a_killed_continuation_has_what_was_there_before() {
    let directory = tempfile::tempdir().unwrap();
    let variant = (Format::ImaAdpcm, HeaderStyle::Full);
    let path = record(&config(), &file(directory.path(), "a.wav", variant), &line(7_777)).path.unwrap();
    let before = read_wav(&path);
    let mut child = Command::new(env!("CARGO_BIN_EXE_afterbeep"))
        .args(["record", "-", "--no-beep", "--batch-age", "20ms", "--format", "adpcm", "--append"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&program::bytes(&line(20_000))).unwrap();
    let part = directory.path().join("a.wav.part");
    let began = Instant::now();
    while fs::metadata(&part).map_or(true, |found| found.len() < 8_000) {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(WavReader::new(File::open(&part).unwrap()).unwrap().is_being_recorded());
    let now = read_wav(&part);
    assert!(now.len() > before.len() && now.starts_with(&before) && !path.exists());
}

fn writer(file: File, (format, header): (Format, HeaderStyle)) -> WavWriter {
    WavWriter::with_header(file, format, SampleRate::NARROWBAND, header, &Metadata::default()).unwrap()
}

/// A message of so many samples, all of them a hole, whole blocks.
fn sparse(directory: &Path, variant: (Format, HeaderStyle), samples: u64) -> PathBuf {
    let path = directory.join("a.wav");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    let mut wav = writer(file.try_clone().unwrap(), variant);
    let format = variant.0;
    wav.finish(0).unwrap();
    let length = wav.file_bytes(samples);
    file.set_len(length).unwrap();
    let head_bytes = wav.file_bytes(0);
    let word =
        |at: u64, value: u64| file.write_all_at(&u32::try_from(value).unwrap().to_le_bytes(), at).unwrap();
    word(4, length - 8);
    word(head_bytes - 4, format.data_bytes(samples, SampleRate::NARROWBAND));
    let mut head = vec![0; head_bytes as usize];
    file.read_exact_at(&mut head, 0).unwrap();
    if let Some(fact) = head.windows(4).position(|id| id == b"fact") {
        word(fact as u64 + 8, samples);
    }
    path
}

/// The last samples of a file, as our reader sees them behind its header.
fn tail(path: &Path, head_bytes: u64, bytes: u64) -> Vec<i16> {
    let file = File::open(path).unwrap();
    let length = file.metadata().unwrap().len();
    let mut end = vec![0; (head_bytes + bytes) as usize];
    file.read_exact_at(&mut end[..head_bytes as usize], 0).unwrap();
    file.read_exact_at(&mut end[head_bytes as usize..], length - bytes).unwrap();
    samples(&end[..])
}

#[test]
fn at_4_gib_the_file_becomes_rf64_or_the_message_goes_on_in_another() {
    const FOUR_GIB: u64 = 1 << 32;
    let engine = engine();
    let line = line(24_001);
    for variant in variants() {
        for large_file in [None, Some(LargeFile::Split)] {
            let directory = tempfile::tempdir().unwrap();
            let (format, header) = variant;
            let block = if format == Format::ImaAdpcm { 505 } else { 1 };
            let (block_bytes, head_bytes) = (format.data_bytes(1, SampleRate::NARROWBAND), 128);
            // As many samples as 32 bits count, in `data` or in `fact`.
            let most = ((FOUR_GIB - head_bytes) / block_bytes * block).min((FOUR_GIB - 2) / block * block);
            let earlier = most / block * block - 20 * block.max(505);
            let length_of = |samples| {
                let data_bytes = format.data_bytes(samples, SampleRate::NARROWBAND);
                (writer(tempfile::tempfile().unwrap(), variant).file_bytes(0) + data_bytes)
                    .next_multiple_of(2)
            };
            let path = sparse(directory.path(), variant, earlier);
            let message = FileConfig { large_file, ..file(directory.path(), "a.wav", variant) };
            let result = append(&engine, &config(), &message, &line);
            let named = format!("{variant:?} {large_file:?}");
            assert_eq!((result.appended_to_samples, result.samples), (earlier, earlier + 24_001), "{named}");
            assert!(result.complete, "{named}: {:?}", result.error);
            let mut head = [0; 4];
            File::open(&path).unwrap().read_exact_at(&mut head, 0).unwrap();
            let length = fs::metadata(&path).unwrap().len();
            if large_file.is_none() && header == HeaderStyle::Full {
                assert_eq!((&head, result.more_paths.len()), (b"RF64", 0), "{named}");
                assert_eq!(length, length_of(result.samples));
                if format == Format::Pcm16 {
                    assert!(tail(&path, length_of(0), 48_002) == line, "{named}");
                }
                continue;
            }
            assert_eq!(
                (&head, &result.more_paths[..]),
                (b"RIFF", &[directory.path().join("a_0002.wav")][..]),
                "{named}"
            );
            let further = WavReader::new(File::open(&result.more_paths[0]).unwrap()).unwrap();
            assert!(!further.is_being_recorded());
            let further = read_wav(&result.more_paths[0]);
            // Nothing between the two is lost or doubled, and no whole block more would have found room.
            let in_first = 24_001 - further.len();
            let first_samples = earlier + in_first as u64;
            assert!(length == length_of(first_samples), "{named}");
            assert!(
                first_samples.is_multiple_of(block) && first_samples + 2 * block > most,
                "{named}: {first_samples}"
            );
            let expected = {
                let at = directory.path().join("expected.wav");
                let mut wav = writer(File::create_new(&at).unwrap(), variant);
                wav.append([&line[in_first..], &[]], &mut Vec::new()).unwrap();
                wav.finish(u64::MAX).unwrap();
                fs::read(at).unwrap()
            };
            assert!(fs::read(&result.more_paths[0]).unwrap() == expected, "{named}");
        }
    }
}

#[test]
fn the_command_line_continues_and_splits() {
    let directory = tempfile::tempdir().unwrap();
    let (input, out) = (directory.path().join("line.raw"), directory.path().join("a.wav"));
    fs::write(&input, program::bytes(&line(40_000))).unwrap();
    let raw = fs::read(&input).unwrap();
    let report = program::report(&program::with_input(
        &["record", "-", "--no-beep", "--json", "--out", out.to_str().unwrap()],
        &raw,
    ));
    assert_eq!((&report["samples"], &report["appended_to_samples"]), (&40_000.into(), &0.into()));
    assert_eq!(report["paths"].as_array().unwrap(), &[report["path"].clone()]);
    let more =
        ["record", "-", "--no-beep", "--json", "--max-file-kib", "100", "--append", out.to_str().unwrap()];
    let report = program::report(&program::with_input(&more, &raw));
    assert_eq!((&report["samples"], &report["appended_to_samples"]), (&80_000.into(), &40_000.into()));
    let paths: Vec<PathBuf> =
        report["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().into()).collect();
    assert_eq!(paths, [out.clone(), directory.path().join("a_0002.wav")]);
    let all: Vec<i16> = paths.iter().flat_map(|path| read_wav(path)).collect();
    assert!(all == [line(40_000), line(40_000)].concat());
    for (arguments, said) in [
        (&["--append", "/nowhere/a.wav"][..], "does not exist"),
        (&["--append", out.to_str().unwrap(), "--format", "ulaw"], "another format"),
        // The message goes on in another file.
        (&["--append", out.to_str().unwrap()], "another last file"),
        (&["--append", "."], "no file name"),
        (&["--header", "plain", "--large", "rf64"], "--large takes split"),
        (&["--max-file-kib", "63"], "--max-file-kib takes"),
        (&["--agc-attack", "5ms", "--agc"], "--agc-attack takes 10 to 10000 ms"),
        (&["--agc-max-gain", "41dB", "--agc"], "--agc-max-gain takes 0 to 40 dB"),
        (&["--agc-release", "11s", "--agc"], "--agc-release takes 10 to 10000 ms"),
    ] {
        let output = program::afterbeep(&[&["record", "-"], arguments].concat());
        assert!(
            !output.status.success() && program::error(&output).contains(said),
            "{}",
            program::error(&output)
        );
    }
}
