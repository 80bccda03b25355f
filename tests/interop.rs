//! sox, ffmpeg, libsndfile and Python's `wave` read our files, finished or not, to the same samples.

mod common;

use afterbeep::engine::{Engine, EngineConfig, FileConfig};
use afterbeep::line::g711::{alaw_decode, ulaw_decode_exact};
use afterbeep::session::SessionConfig;
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader};
use common::call::{feed, record};
use common::readers::{assert_read, ours, sox};
use common::{speech, tools};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn finished_files_are_read_bit_exact() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let notes = Metadata { caller: Some("+34 600 123".into()), ..Metadata::now() };
    let headers = [
        (HeaderStyle::Full, Metadata::default()),
        (HeaderStyle::Full, notes),
        (HeaderStyle::Plain, Metadata::default()),
    ];
    for format in Format::ALL {
        for (header, metadata) in &headers {
            // Odd and even lengths: a pad byte or none, a block that is full or not.
            for samples in [1, 2, 1_010, 8_001, 20_000] {
                let (header, metadata) = (*header, metadata.clone());
                let file = FileConfig { format, header, metadata, ..FileConfig::new(directory.path()) };
                let result = record(&config, &file, &line[..samples]);
                assert_read(format, result.path.as_ref().unwrap(), &line[..samples]);
            }
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
    for format in Format::ALL {
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
            let deadline = Instant::now() + Duration::from_secs(30);
            loop {
                fs::copy(&part, &copy).unwrap();
                if ours(&copy).len() == length {
                    break;
                }
                assert!(Instant::now() < deadline, "{length} samples are not written");
                std::thread::sleep(Duration::from_millis(5));
            }
            if length > 0 {
                assert_read(format, &copy, &line[..length]);
            }
        }
        session.cancel().unwrap();
        session.close().unwrap();
    }
}

/// The bytes behind the header of `data`, which is the last chunk.
fn data_of(path: &Path) -> Vec<u8> {
    let file = fs::read(path).unwrap();
    let at = file.windows(4).position(|id| id == b"data").unwrap() + 8;
    file[at..].to_vec()
}

#[test]
fn ima_adpcm_is_the_references() {
    if !["sox", "ffmpeg", "sndfile-convert"].into_iter().all(tools::have) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let line = speech("reading.wav");
    common::write_wav(&path("line.wav"), &line);
    let config = SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() };
    let file = FileConfig { format: Format::ImaAdpcm, ..FileConfig::new(directory.path()) };
    let ours_path = record(&config, &file, &line).path.unwrap();
    // libsndfile begins as the reference does, too, and fills its last block otherwise.
    tools::run(
        Command::new("sndfile-convert").arg("-ima-adpcm").arg(path("line.wav")).arg(path("libsndfile.wav")),
    );
    let settled = line.len() / 505 * 256;
    let (own, reference) = (data_of(&ours_path), data_of(&path("libsndfile.wav")));
    assert_eq!(own.len(), reference.len());
    assert!(own[..settled] == reference[..settled]);
    // And their files are read as they read them.
    tools::run(
        Command::new("sox").arg("-D").arg(path("line.wav")).args(["-e", "ima-adpcm"]).arg(path("sox.wav")),
    );
    let ffmpeg_codec = ["-c:a", "adpcm_ima_wav", "-block_size", "1024"];
    let input = path("line.wav");
    tools::run(
        Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(&input)
            .args(ffmpeg_codec)
            .arg(path("ffmpeg.wav")),
    );
    for name in ["libsndfile.wav", "sox.wav", "ffmpeg.wav"] {
        let (read, expected) = (ours(&path(name)), sox(&path(name)));
        assert!((line.len()..=expected.len()).contains(&read.len()), "{name}: {}", read.len());
        assert!(read == expected[..read.len()], "{name}");
        let signal: f64 = line.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        let noise: f64 = read
            .iter()
            .zip(&line)
            .map(|(read, sample)| (f64::from(*read) - f64::from(*sample)).powi(2))
            .sum();
        assert!(signal / noise > 100.0, "{name}: {} dB", 10.0 * (signal / noise).log10());
    }
}

/// What a G.711 line delivered stands in the file byte for byte, though the media path takes it as linear samples.
#[test]
fn g711_lines_are_stored_byte_for_byte() {
    let directory = tempfile::tempdir().unwrap();
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let codes: Vec<u8> = (0..=255).collect();
    for format in [Format::Alaw, Format::Ulaw] {
        let decode = if format == Format::Alaw { alaw_decode } else { ulaw_decode_exact };
        let line: Vec<i16> = codes.iter().map(|&code| decode(code)).collect();
        let file = FileConfig { format, ..FileConfig::new(directory.path()) };
        let path = record(&config, &file, &line).path.unwrap();
        assert_eq!(data_of(&path), codes, "{format:?}");
        // So does the command line.
        let again = directory.path().join(format!("{format:?}.wav"));
        let name = if format == Format::Alaw { "alaw" } else { "ulaw" };
        let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
        command.arg("record").arg(&path).args(["--no-beep", "--format", name, "--out"]).arg(&again);
        tools::run(&mut command);
        assert_eq!(data_of(&again), codes, "{format:?}");
    }
}

#[test]
fn metadata_is_read_and_leaves_no_trace_where_it_is_off() {
    let directory = tempfile::tempdir().unwrap();
    let line = &speech("reading.wav")[..1_000];
    let config = SessionConfig { beep: None, ..SessionConfig::default() };
    let metadata = Metadata {
        node_name: Some("Leave a\nmessage".into()),
        caller: Some("+34 600".into()),
        ..Metadata::now()
    };
    let file = FileConfig { metadata: metadata.clone(), ..FileConfig::new(directory.path()) };
    let path = record(&config, &file, line).path.unwrap();
    let reader = WavReader::new(File::open(&path).unwrap()).unwrap();
    let safe = Metadata { node_name: Some("Leave a message".into()), ..metadata };
    assert_eq!((reader.metadata(), reader.is_being_recorded()), (&safe, false));
    if tools::have("ffprobe") {
        let arguments = ["-v", "error", "-show_entries", "format_tags", "-of", "flat"];
        let said = tools::run(Command::new("ffprobe").args(arguments).arg(&path)).stdout;
        let said = String::from_utf8(said).unwrap();
        for (tag, value) in [("title", &safe.node_name), ("artist", &safe.caller), ("date", &safe.start_time)]
        {
            assert!(said.contains(&format!("{tag}=\"{}\"", value.as_ref().unwrap())), "{said}");
        }
    }
    let file = FileConfig::new(directory.path());
    let equal = [(); 2].map(|()| fs::read(record(&config, &file, line).path.unwrap()).unwrap());
    assert!(equal[0] == equal[1]);
    let refused = FileConfig { header: HeaderStyle::Plain, metadata: safe, ..file }.validate().unwrap_err();
    assert_eq!(refused.field, "metadata");
}
