//! What other programs make of our files.
#![allow(dead_code, reason = "every test file uses its own part")]

use super::tools;
use afterbeep::line::g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};
use afterbeep::wav::{Format, WavReader};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// ffmpeg computes a difference of IMA ADPCM in one division where the reference adds up shifted steps. What that makes
/// of a block of speech.
const FFMPEG_IMA_ERROR: u16 = 64;
/// What the rest of a last block of IMA ADPCM may move by where a reader plays it: it holds the last sample.
const HOLD_ERROR: u16 = 2_000;

/// What a format makes of samples; `None` where that depends on the samples before.
pub fn stored(format: Format, samples: &[i16]) -> Option<Vec<i16>> {
    let each = |of: fn(i16) -> i16| Some(samples.iter().map(|&sample| of(sample)).collect());
    match format {
        Format::Pcm16 => Some(samples.to_vec()),
        Format::Alaw => each(|sample| alaw_decode(alaw_encode(sample))),
        Format::Ulaw => each(|sample| ulaw_decode(ulaw_encode(sample))),
        Format::ImaAdpcm => None,
    }
}

/// Our own reader.
pub fn ours(path: &Path) -> Vec<i16> {
    let mut reader = WavReader::new(File::open(path).unwrap()).unwrap();
    let (mut samples, mut piece) = (Vec::new(), [0; 1_000]);
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => return samples,
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
}

fn raw(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

type Reader = fn(&Path) -> Vec<i16>;

pub fn sox(path: &Path) -> Vec<i16> {
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
    let samples = super::read_wav(&converted);
    fs::remove_file(converted).unwrap();
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

/// Every reader that knows the format gives what was stored.
pub fn assert_read(format: Format, path: &Path, line: &[i16]) {
    let own = ours(path);
    assert_eq!(own.len(), line.len(), "{format:?}, {}", path.display());
    if let Some(stored) = stored(format, line) {
        assert!(own == stored, "{format:?}, {}", path.display());
    }
    for (name, reader) in readers(format) {
        let mut read = reader(path);
        let error = if (name, format) == ("ffmpeg", Format::ImaAdpcm) { FFMPEG_IMA_ERROR } else { 0 };
        if format == Format::ImaAdpcm && read.len() > own.len() {
            // Not all of them ask `fact` where the last block ends.
            let behind = read.split_off(own.len());
            let last = own.last().copied().unwrap_or_default();
            assert!(behind.iter().all(|value| value.abs_diff(last) < HOLD_ERROR), "{name}: {behind:?}");
        }
        assert_eq!(read.len(), own.len(), "{name}: {format:?}, {}", path.display());
        let most = read.iter().zip(&own).map(|(read, own)| read.abs_diff(*own)).max();
        assert!(most <= Some(error), "{name} is off by {most:?}: {format:?}, {}", path.display());
    }
}
