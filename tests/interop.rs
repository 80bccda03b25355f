//! sox, ffmpeg, libsndfile and Python's `wave` read our files, finished or not, to the same samples.

mod common;

use afterbeep::engine::{Engine, EngineConfig, FileConfig};
use afterbeep::line::g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};
use afterbeep::session::SessionConfig;
use afterbeep::wav::Format;
use common::call::{feed, record};
use common::{speech, tools};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a format makes of a sample.
fn stored(format: Format, sample: i16) -> i16 {
    match format {
        Format::Pcm16 => sample,
        Format::Alaw => alaw_decode(alaw_encode(sample)),
        Format::Ulaw => ulaw_decode(ulaw_encode(sample)),
    }
}

fn raw(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

type Reader = fn(&Path) -> Vec<i16>;

fn sox(path: &Path) -> Vec<i16> {
    let arguments = ["-D", "-V1"];
    let output = ["-t", "raw", "-e", "signed", "-b", "16", "-L", "-"];
    raw(&tools::run(Command::new("sox").args(arguments).arg(path).args(output)).stdout)
}

fn ffmpeg(path: &Path) -> Vec<i16> {
    let output = ["-f", "s16le", "-"];
    raw(&tools::run(Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(path).args(output)).stdout)
}

fn libsndfile(path: &Path) -> Vec<i16> {
    let converted = path.with_extension("sndfile.wav");
    tools::run(Command::new("sndfile-convert").arg("-pcm16").arg(path).arg(&converted));
    let samples = common::read_wav(&converted);
    std::fs::remove_file(converted).unwrap();
    samples
}

fn python(path: &Path) -> Vec<i16> {
    let program =
        "import sys,wave; w=wave.open(sys.argv[1]); sys.stdout.buffer.write(w.readframes(w.getnframes()))";
    raw(&tools::run(Command::new("python3").args(["-c", program]).arg(path)).stdout)
}

/// The readers that are here, and know the format.
fn readers(format: Format) -> Vec<(&'static str, Reader)> {
    let all: [(&str, &str, Reader); 4] = [
        ("sox", "sox", sox),
        ("ffmpeg", "ffmpeg", ffmpeg),
        ("libsndfile", "sndfile-convert", libsndfile),
        ("python", "python3", python),
    ];
    all.into_iter()
        .filter(|(name, ..)| *name != "python" || format == Format::Pcm16)
        .filter(|(_, program, _)| tools::have(program))
        .map(|(name, _, reader)| (name, reader))
        .collect()
}

fn assert_read(format: Format, path: &Path, expected: &[i16]) {
    for (name, reader) in readers(format) {
        let read = reader(path);
        assert_eq!(read.len(), expected.len(), "{name}: {format:?}, {}", path.display());
        assert!(read == expected, "{name} reads other samples: {format:?}, {}", path.display());
    }
}

#[test]
fn finished_files_are_read_bit_exact() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
        // Odd and even lengths: a pad byte or none.
        for samples in [1, 2, 8_001, 20_000] {
            let file = FileConfig { format, ..FileConfig::new(directory.path()) };
            let result = record(&config, &file, &line[..samples]);
            let expected: Vec<i16> = line[..samples].iter().map(|&sample| stored(format, sample)).collect();
            assert_read(format, result.path.as_ref().unwrap(), &expected);
        }
    }
}

#[test]
fn files_are_valid_while_they_are_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let engine =
        Engine::new(&EngineConfig { poll_interval_ms: 1, batch_ms: 20, ..Default::default() }).unwrap();
    let line = speech("reading.wav");
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
        let name = format!("{format:?}.wav");
        let part: PathBuf = directory.path().join(format!("{name}.part"));
        let file = FileConfig { name: Some(name), format, ..FileConfig::new(directory.path()) };
        let session = engine.open(&config, &file).unwrap();
        // A player wants a file to be called .wav.
        let copy = directory.path().join("copy.wav");
        let mut sent = 0;
        for length in [0, 161, 2_000, 15_999] {
            feed(session, &line[sent..length], 160);
            sent = length;
            let expected: Vec<i16> = line[..length].iter().map(|&sample| stored(format, sample)).collect();
            let bytes = length * usize::from(format.bytes_per_sample());
            let deadline = Instant::now() + Duration::from_secs(30);
            while std::fs::metadata(&part).unwrap().len() < bytes as u64 + 44 {
                assert!(Instant::now() < deadline, "{length} samples are not written");
                std::thread::sleep(Duration::from_millis(5));
            }
            // The header follows the audio within the same round of the writer.
            std::thread::sleep(Duration::from_millis(50));
            std::fs::copy(&part, &copy).unwrap();
            if length > 0 {
                assert_read(format, &copy, &expected);
            }
        }
        session.cancel().unwrap();
        session.close().unwrap();
    }
}
