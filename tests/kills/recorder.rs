//! The process that is killed: it records 64 channels of known audio until that happens.

use crate::common::Random;
use crate::log::{Log, RECORDINGS, now_ns};
use afterbeep::engine::{Durability, Engine, EngineConfig, FileConfig, SessionHandle};
use afterbeep::session::{SessionConfig, Terminators};
use afterbeep::wav::{Format, HeaderStyle};
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

pub const CHANNELS: usize = 64;
/// 20 ms.
pub const FRAME: usize = 160;

/// How a process records.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    pub name: &'static str,
    /// Of the engine; otherwise its defaults hold.
    pub batch_ms: u32,
    pub batch_age_ms: u32,
    pub poll_interval_ms: u32,
    /// Times faster than a call.
    pub pace: u32,
    /// Recordings end, and others begin.
    pub turnover: bool,
    /// It is killed within so many milliseconds.
    pub life_ms: u64,
    /// One out of so many rounds.
    pub weight: usize,
}

const DEFAULT: Mode = Mode {
    name: "default",
    batch_ms: 900,
    batch_age_ms: 900,
    poll_interval_ms: 20,
    pace: 1,
    turnover: false,
    life_ms: 2_200,
    weight: 2,
};
const LOW_LOSS: Mode = Mode {
    name: "low-loss",
    batch_ms: 80,
    batch_age_ms: 80,
    poll_interval_ms: 20,
    life_ms: 500,
    weight: 3,
    ..DEFAULT
};

const DEFAULT_FAST: Mode = Mode { name: "default, 10 times real time", pace: 10, life_ms: 500, ..DEFAULT };
/// Its writer does little but write, so that it is killed between two writes often enough.
const BUSY: Mode = Mode {
    name: "every frame written, short messages",
    batch_ms: 20,
    poll_interval_ms: 1,
    pace: 5,
    turnover: true,
    ..LOW_LOSS
};

/// What is proved.
pub const MODES: [Mode; 4] = [DEFAULT, LOW_LOSS, DEFAULT_FAST, BUSY];
/// Fails the proof.
pub const SLOW: Mode = Mode { name: "slow", batch_ms: 4_000, batch_age_ms: 4_000, ..DEFAULT };
pub const ALL_MODES: [Mode; 5] = [DEFAULT, LOW_LOSS, DEFAULT_FAST, BUSY, SLOW];

impl Mode {
    /// Audio that may be missing: what the engine says of its batches.
    pub fn window(&self) -> Duration {
        Duration::from_millis((self.batch_age_ms + self.poll_interval_ms).into())
    }

    fn engine(&self) -> EngineConfig {
        EngineConfig {
            batch_ms: self.batch_ms,
            batch_age_ms: self.batch_age_ms,
            poll_interval_ms: self.poll_interval_ms,
            ring_ms: 10_000,
            // What a kill costs has nothing to do with what is synced; the sync of a busy disk makes writers late.
            durability: Durability::Cache,
            ..EngineConfig::default()
        }
    }
}

/// How a recording's file is made.
pub fn format(recording: usize) -> (Format, HeaderStyle) {
    let format = Format::ALL[recording % Format::ALL.len()];
    (format, if recording.is_multiple_of(5) { HeaderStyle::Plain } else { HeaderStyle::Full })
}

pub fn file_name(recording: usize) -> String {
    format!("{recording:04}.wav")
}

/// What the caller says: different at every position, and in every recording.
pub fn sample(recording: usize, position: u64) -> i16 {
    if format(recording).0 == Format::ImaAdpcm {
        // Four bits a sample follow a tone, and readers differ little in one.
        let hz = 200.0 + recording as f64;
        return (2_000.0 * (std::f64::consts::TAU * hz / 8_000.0 * position as f64).sin()) as i16;
    }
    (Random::new((recording as u64) << 40 | (position + 1)).next() >> 48) as u16 as i16
}

struct Channel {
    recording: usize,
    session: SessionHandle,
    position: u64,
    /// Samples after which it ends.
    end: u64,
}

fn open(engine: &Engine, log: &Log, directory: &Path) -> Channel {
    let recording = log.recordings.fetch_add(1, Ordering::Relaxed) as usize;
    assert!(recording < RECORDINGS, "more messages than there is room for");
    let (format, header) = format(recording);
    let file = FileConfig {
        name: Some(file_name(recording)),
        format,
        header,
        ..FileConfig::new(directory.join("files"))
    };
    let config = SessionConfig {
        beep: None,
        max_duration_ms: 0,
        terminators: Terminators::NONE,
        ..SessionConfig::default()
    };
    let session = engine.open(&config, &file).unwrap();
    log.recording[recording].opened.store(1, Ordering::Release);
    // Not whole frames, nor blocks.
    let end = 400 + Random::new(recording as u64).next() % 20_000;
    Channel { recording, session, position: 0, end }
}

fn push(channel: &mut Channel, log: &Log, samples: usize) {
    let of = &log.recording[channel.recording];
    if channel.session.writable_samples().unwrap() < samples {
        return;
    }
    let end = channel.position + samples as u64;
    let frame: Vec<i16> =
        (channel.position..end).map(|position| sample(channel.recording, position)).collect();
    of.begun.store(end, Ordering::Release);
    channel.session.push(&frame).unwrap();
    channel.position = end;
    of.pushed(end);
}

/// Does as a writer does, at its times and to the same disk, so that it is known how late that can be.
fn beat(log: &Log, directory: &Path, interval: Duration) -> ! {
    let mut file = std::fs::File::create(directory.join("beat")).unwrap();
    let mut due = Instant::now();
    let mut due_ns = now_ns();
    loop {
        due += interval;
        due_ns += interval.as_nanos() as u64;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        file.rewind().unwrap();
        file.write_all(&[0; 512]).unwrap();
        // New files and names wait for the file system's journal where writes do not.
        let name = directory.join("beat.part");
        std::fs::write(&name, [0; 512]).unwrap();
        std::fs::rename(&name, directory.join("beat.wav")).unwrap();
        log.beats.put(due_ns, now_ns());
    }
}

/// Records until it is killed, or has outlived its parent's patience.
pub fn record(mode: &Mode, directory: &Path) {
    let log = Log::in_file(&directory.join("log"));
    let engine = Engine::new(&mode.engine()).unwrap();
    let beats = directory.to_path_buf();
    log.beats.put(now_ns(), now_ns());
    let interval = Duration::from_millis(5);
    std::thread::spawn(move || beat(log, &beats, interval));
    log.ready.store(1, Ordering::Release);
    let mut channels: Vec<Channel> = (0..CHANNELS).map(|_| open(&engine, log, directory)).collect();
    let mut ending: Vec<Channel> = Vec::new();
    let tick = Duration::from_millis(20) / mode.pace;
    let start = Instant::now();
    let mut ticks = 0;
    while start.elapsed() < Duration::from_secs(60) {
        for (place, channel) in channels.iter_mut().enumerate() {
            // Some lines deliver now and then.
            if place % 8 == 7 && ticks % 7 > 0 {
                continue;
            }
            if mode.turnover && channel.position >= channel.end {
                channel.session.hangup().unwrap();
                ending.push(std::mem::replace(channel, open(&engine, log, directory)));
            }
            push(channel, log, FRAME - place);
        }
        ending.retain(|channel| match channel.session.result(Duration::ZERO) {
            Ok(result) => {
                assert!(result.complete, "{result:?}");
                log.recording[channel.recording].ended.store(result.samples + 1, Ordering::Release);
                channel.session.close().unwrap();
                false
            }
            Err(_) => true,
        });
        ticks += 1;
        std::thread::sleep((start + tick * ticks).saturating_duration_since(Instant::now()));
    }
}
