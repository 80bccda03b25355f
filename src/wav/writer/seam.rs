//! Files that pass 4 GiB: they begin just before, with a hole where their audio would be.

use super::*;
use crate::wav::WavReader;
use crate::wav::format::Coding;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

const RATE: SampleRate = SampleRate::NARROWBAND;
const TAIL_SAMPLES: usize = 12_000;

/// A writer that has written so many samples, whole blocks, and all of them a hole.
fn late(file: &File, format: Format, style: HeaderStyle, samples: u64) -> WavWriter {
    let storage = file.try_clone().unwrap();
    let mut writer = WavWriter::with_header(storage, format, RATE, style, &Metadata::default()).unwrap();
    writer.samples = samples;
    writer.storage.set_len(writer.file_bytes(samples)).unwrap();
    writer.write_header(samples, true).unwrap();
    writer
}

/// What a program prints; `None`, loudly, where it is missing, but in CI, which has all of them.
fn output(command: &mut Command) -> Option<Vec<u8>> {
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(output.stdout)
        }
        Err(error) => {
            assert!(std::env::var_os("AFTERBEEP_REQUIRE_TOOLS").is_none(), "{command:?}: {error}");
            eprintln!("SKIPPED: {command:?}: {error}");
            None
        }
    }
}

/// How many samples a program counts.
fn count(command: &mut Command) -> Option<u64> {
    let text = output(command)?;
    let text = String::from_utf8_lossy(&text);
    Some(text.trim().parse().unwrap_or_else(|_| panic!("{command:?}: {text}")))
}

/// The samples from `start` on as libsndfile gives them.
fn libsndfile_tail(path: &Path, start: u64) -> Option<Vec<i16>> {
    const PROGRAM: &str = r#"
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    SF_INFO info = {0};
    short sample;
    SNDFILE *file = sf_open(argv[1], SFM_READ, &info);
    if (argc < 3 || file == NULL || sf_seek(file, atoll(argv[2]), SEEK_SET) < 0)
        return 1;
    while (sf_read_short(file, &sample, 1) == 1)
        fwrite(&sample, sizeof sample, 1, stdout);
    return sf_close(file);
}
"#;
    let directory = tempfile::tempdir().unwrap();
    let (source, program) = (directory.path().join("tail.c"), directory.path().join("tail"));
    std::fs::write(&source, PROGRAM).unwrap();
    output(Command::new("pkg-config").args(["--exists", "sndfile"]))?;
    output(Command::new("cc").arg(&source).arg("-o").arg(&program).arg("-lsndfile"))?;
    output(Command::new(&program).arg(path).arg(start.to_string())).map(|samples| samples_of(&samples))
}

fn samples_of(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The file's end as our reader sees it: its header, then its last whole blocks.
fn tail(file: &File, writer: &WavWriter) -> Vec<i16> {
    let coding = writer.header.coding();
    let mut bytes = vec![0; writer.header.len() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let kept = coding.data_bytes(TAIL_SAMPLES as u64);
    let end = writer.header.len() + coding.data_bytes(writer.samples());
    let mut behind = vec![0; kept as usize];
    file.read_exact_at(&mut behind, end - kept).unwrap();
    bytes.extend(behind);
    let mut reader = WavReader::new(io::Cursor::new(bytes)).unwrap();
    let (mut samples, mut piece) = (Vec::new(), [0; 1_000]);
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => return samples,
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
}

#[test]
fn no_sample_is_lost_where_riff_ends() {
    let line: Vec<i16> = (0..TAIL_SAMPLES).map(|i| (9_000.0 * (i as f64 * 0.4).sin()) as i16).collect();
    let past_4_gib = 1 << 32;
    for (format, seam) in [
        (Format::Pcm16, past_4_gib / 2),
        (Format::Alaw, past_4_gib),
        (Format::Ulaw, past_4_gib),
        // Where `fact` ends, and where the data passes 4 GiB.
        (Format::ImaAdpcm, past_4_gib),
        (Format::ImaAdpcm, past_4_gib / 256 * 505),
    ] {
        let named = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
        let file = named.as_file();
        let block = u64::from(Coding::new(format, RATE).block_samples);
        let start = (seam - TAIL_SAMPLES as u64 / 2) / block * block;
        let mut writer = late(file, format, HeaderStyle::Full, start);
        let mut bytes = Vec::new();
        for (batch, samples) in line.chunks(997).enumerate() {
            writer.append([samples, &[]], &mut bytes).unwrap();
            let total = start + (batch * 997 + samples.len()) as u64;
            assert_eq!(writer.samples(), total);
            assert_eq!(file.metadata().unwrap().len(), writer.file_bytes(total), "{format:?}");
        }
        let total = writer.finish(u64::MAX).unwrap();
        assert_eq!(total, start + TAIL_SAMPLES as u64);
        let mut head = [0; 48];
        file.read_exact_at(&mut head, 0).unwrap();
        assert_eq!((&head[..4], &head[12..16]), (&b"RF64"[..], &b"ds64"[..]), "{format:?}");
        let size = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        let sizes = [size(20), size(28), size(36)];
        let length = file.metadata().unwrap().len();
        assert_eq!(sizes, [length - 8, format.data_bytes(total, RATE), total], "{format:?}");
        let own = tail(file, &writer);
        if format == Format::Pcm16 {
            assert!(own == line);
        }
        let entry = ["-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0"];
        let ffmpeg = count(Command::new("ffprobe").args(entry).arg(named.path()));
        assert!(ffmpeg.is_none_or(|count| count == total), "{format:?}: {ffmpeg:?} of {total}");
        // libsndfile 1.2 knows no IMA ADPCM in RF64, and sox 14.4 loses itself in so much of it.
        if format != Format::ImaAdpcm {
            assert_eq!(own.len(), TAIL_SAMPLES);
            let libsndfile = libsndfile_tail(named.path(), start);
            assert!(libsndfile.is_none_or(|read| read == own), "{format:?}");
        }
        // sox reads all of an RF64 file to find its place in it, which takes a minute.
        if format == Format::Pcm16 && std::env::var_os("AFTERBEEP_REQUIRE_TOOLS").is_some() {
            let raw = ["-t", "raw", "-e", "signed", "-b", "16", "-L", "-", "trim"];
            let mut sox = Command::new("sox");
            sox.args(["-D", "-V1"]).arg(named.path()).args(raw).arg(format!("{start}s"));
            assert!(output(&mut sox).is_none_or(|read| samples_of(&read) == own), "{format:?}");
        }
        // Cut again, it is RIFF again.
        assert_eq!(writer.finish(start).unwrap(), start);
        file.read_exact_at(&mut head, 0).unwrap();
        let rf64 = format == Format::ImaAdpcm && start > past_4_gib;
        assert_eq!(&head[..4], if rf64 { b"RF64" } else { b"RIFF" });
    }
}

#[test]
fn a_plain_header_ends_there() {
    for format in Format::ALL {
        let file = tempfile::tempfile().unwrap();
        let coding = Coding::new(format, RATE);
        let most = (u64::from(u32::MAX) - 1_000) / u64::from(coding.block_bytes);
        let most = (most * u64::from(coding.block_samples)).min(u64::from(u32::MAX) / 505 * 505 - 505);
        let mut writer = late(&file, format, HeaderStyle::Plain, most);
        let mut bytes = Vec::new();
        writer.append([&[5; 200], &[]], &mut bytes).unwrap();
        let refused = writer.append([&[5; 3_000], &[]], &mut bytes);
        assert!(matches!(refused, Err(WriteError::TooLarge)), "{format:?}");
        assert_eq!(writer.finish(u64::MAX).unwrap(), most + 200);
        assert_eq!(file.metadata().unwrap().len(), writer.file_bytes(most + 200));
    }
}
