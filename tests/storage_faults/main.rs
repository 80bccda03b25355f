//! A disk that fails at its Nth call, N from 1 until nothing fails any more: once or from then on, with each error that a
//! disk knows, in the middle of a write or before it. After each failing call the file is valid and holds what
//! `samples()` says; where the disk recovers, the file becomes what it would have been.

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod small_disks;

use afterbeep::line::SampleRate;
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader, WavWriter, WriteError};
use disk::{Disk, Fault};
use std::io::Cursor;

const RATE: SampleRate = SampleRate::NARROWBAND;
const ERRORS: [i32; 8] = [
    libc::EIO,
    libc::ENOSPC,
    libc::EFBIG,
    libc::EDQUOT,
    libc::EROFS,
    libc::ESTALE,
    libc::EAGAIN,
    libc::EINTR,
];

fn tone(samples: usize, hz: f64) -> Vec<i16> {
    let phase = |position: usize| std::f64::consts::TAU * hz / 8_000.0 * position as f64;
    (0..samples).map(|position| (3_000.0 + 2_000.0 * phase(position).sin()) as i16).collect()
}

fn read(file: &[u8]) -> Vec<i16> {
    let mut reader = WavReader::new(Cursor::new(file)).unwrap();
    let mut samples = vec![0; 2 * file.len()];
    let mut count = 0;
    loop {
        match reader.read(&mut samples[count..]).unwrap() {
            0 => break,
            more => count += more,
        }
    }
    samples.truncate(count);
    samples
}

/// A session on a disk: begun, in batches, dropped and begun again, with silence, cut at the end.
struct Session {
    disk: Disk,
    format: Format,
    style: HeaderStyle,
    /// What was appended and is counted; as it is stored, where that is told.
    line: Vec<i16>,
    /// Calls that failed.
    failed: u32,
}

enum Outcome {
    /// The disk took everything in the end.
    Whole(Vec<u8>),
    /// It did not recover.
    Failed,
}

impl Session {
    fn new(format: Format, style: HeaderStyle, fault: Option<Fault>) -> Self {
        Self { disk: Disk::new(fault), format, style, line: Vec::new(), failed: 0 }
    }

    /// The file is valid, and says what the writer says.
    fn check(&self, writer: &WavWriter) {
        let file = self.disk.bytes();
        let held = read(&file);
        let counted = writer.samples() as usize;
        assert_eq!(counted, self.line.len(), "{self}");
        // Behind a plain header that counts nothing readers go on to the end.
        if counted > 0 || self.style == HeaderStyle::Full {
            assert_eq!(held.len(), counted, "{self}");
        }
        assert!(held.starts_with(&stored(self.format, &self.line)), "{self}");
    }

    /// Whether it is worth trying again.
    fn again(&mut self, error: &WriteError) -> bool {
        self.failed += 1;
        assert!(matches!(error, WriteError::Io(_)), "{error}");
        assert!(self.failed < 50, "a fault that happened once goes on: {self}");
        !self.disk.fails_for_ever()
    }

    fn append(&mut self, writer: &mut WavWriter, samples: &[i16]) -> bool {
        let before = self.line.len();
        loop {
            let done = self.line.len() - before;
            let (first, second) = samples[done..].split_at((samples.len() - done) / 3);
            let appended = writer.append([first, second], &mut Vec::new());
            let arrived = writer.samples() as usize - self.line.len();
            self.line.extend_from_slice(&samples[done..done + arrived]);
            self.check(writer);
            match appended {
                Ok(()) => {
                    assert_eq!(self.line.len() - before, samples.len(), "{self}");
                    return true;
                }
                Err(error) if self.again(&error) => {}
                Err(_) => return false,
            }
        }
    }

    fn append_silence(&mut self, writer: &mut WavWriter, samples: usize) -> bool {
        let end = self.line.len() + samples;
        loop {
            let appended = writer.append_silence((end - self.line.len()) as u64, &mut Vec::new());
            self.line.resize(writer.samples() as usize, 0);
            self.check(writer);
            match appended {
                Ok(()) => return self.line.len() == end,
                Err(error) if self.again(&error) => {}
                Err(_) => return false,
            }
        }
    }

    fn clear(&mut self, writer: &mut WavWriter) -> bool {
        loop {
            let cleared = writer.clear();
            self.line.truncate(writer.samples() as usize);
            self.check(writer);
            match cleared {
                Ok(()) => return self.line.is_empty(),
                Err(error) if self.again(&error) => {}
                Err(_) => return false,
            }
        }
    }

    fn finish(&mut self, writer: &mut WavWriter, kept: usize) -> bool {
        loop {
            let finished = writer.finish(kept as u64);
            self.line.truncate(writer.samples() as usize);
            self.check(writer);
            match finished {
                Ok(samples) => return samples as usize == self.line.len() && self.line.len() == kept,
                Err(error) if self.again(&error) => {}
                Err(_) => return false,
            }
        }
    }

    fn run(&mut self) -> Outcome {
        let line = tone(3_000, 217.0);
        let mut writer = loop {
            let made = WavWriter::with_header(
                self.disk.clone(),
                self.format,
                RATE,
                self.style,
                &Metadata::default(),
            );
            match made {
                Ok(writer) => break writer,
                Err(error) if self.again(&error) => {}
                Err(_) => return Outcome::Failed,
            }
        };
        let done = self.append(&mut writer, &line[..700])
            && self.append(&mut writer, &line[700..861])
            && self.clear(&mut writer)
            && self.append(&mut writer, &line[..505])
            && self.append_silence(&mut writer, 5_000)
            && self.append(&mut writer, &line[505..1_300])
            && self.append(&mut writer, &line[1_300..1_301])
            && self.append(&mut writer, &line[1_301..])
            && self.finish(&mut writer, 7_333);
        if !done {
            // What the disk took stays, also when it is asked to end.
            let _ = writer.finish(u64::MAX);
            self.check(&writer);
        }
        if done { Outcome::Whole(self.disk.bytes()) } else { Outcome::Failed }
    }
}

impl std::fmt::Display for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}, {:?}, {} failed", self.format, self.style, self.disk.fault, self.failed)
    }
}

/// What the format makes of a line.
fn stored(format: Format, line: &[i16]) -> Vec<i16> {
    let disk = Disk::new(None);
    let mut writer = WavWriter::new(disk.clone(), format, RATE).unwrap();
    writer.append([line, &[]], &mut Vec::new()).unwrap();
    read(&disk.bytes())
}

fn every_call_fails(format: Format) {
    let (mut runs, mut calls) = (0, 0);
    for style in [HeaderStyle::Full, HeaderStyle::Plain] {
        let Outcome::Whole(whole) = Session::new(format, style, None).run() else { panic!("nothing fails") };
        for error in ERRORS {
            for for_ever in [false, true] {
                // An interruption for ever is none that a system knows.
                if for_ever && error == libc::EINTR {
                    continue;
                }
                for short in [false, true] {
                    for call in 1.. {
                        let fault = Fault { call, error, for_ever, short };
                        let mut session = Session::new(format, style, Some(fault));
                        let outcome = session.run();
                        runs += 1;
                        match outcome {
                            Outcome::Whole(file) => assert!(file == whole, "{session}"),
                            Outcome::Failed => assert!(for_ever, "{session}"),
                        }
                        if !session.disk.has_failed() {
                            calls = call - 1;
                            break;
                        }
                        assert!(session.failed > 0 || error == libc::EINTR || short, "{session}: not told");
                        assert!(for_ever || session.failed <= 1, "{session}: told twice");
                    }
                }
            }
        }
    }
    println!("{format:?}: {runs} sessions, up to {calls} calls each");
    assert!(calls > 20, "{calls}");
}

#[test]
fn every_call_of_pcm16_fails() {
    every_call_fails(Format::Pcm16);
}

#[test]
fn every_call_of_alaw_fails() {
    every_call_fails(Format::Alaw);
}

#[test]
fn every_call_of_ulaw_fails() {
    every_call_fails(Format::Ulaw);
}

#[test]
fn every_call_of_ima_adpcm_fails() {
    every_call_fails(Format::ImaAdpcm);
}
