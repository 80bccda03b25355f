//! What a crash of the machine leaves of a recording, in every state that the disk can be in.
//!
//! A session's changes to its file are traced. At every point between two of them the machine may stop: what was synced is
//! on the disk; of the last ten changes that were not, each may be there, or not, or torn at a sector or a page; the
//! file may be as long as it was in memory, with zeros where nothing arrived; pages may be of different ages.
//!
//! Promised, and asserted of each state:
//! * The file opens. Only where no header was ever synced it may be empty, or zeros.
//! * What a synced header counts is there, bit-exact, unless the session itself has cut or dropped it since.
//! * No sample is anything but what was recorded there, or, where a piece of the file was lost, zero bytes; in IMA ADPCM
//!   damage ends with its block. A restarted recording that was not synced since may show what it had dropped.
//! * After the last sync of a session that ended, the file is what it was in memory.
//!
//! Not promised, as nothing but a sync can: that a header that was not synced counts no zeros.

mod trace;

use afterbeep::line::SampleRate;
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader, WavWriter};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Instant;
use trace::{Change, Kept, PAGE, SECTOR, Tear, Trace, Traced};

const RATE: SampleRate = SampleRate::NARROWBAND;
/// Changes of which every subset is tried.
const UNSYNCED: usize = 10;
/// Samples of each batch: within a sector, over several, over a page.
const BATCHES: [usize; 27] = [
    160, 1, 33, 320, 159, 505, 80, 161, 2_100, 7, 240, 160, 641, 3, 160, 160, 320, 90, 505, 1, 2, 160, 777,
    80, 12, 160, 161,
];

/// When a session syncs, as its durability level says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Level {
    /// Never.
    Cache,
    /// Whatever the writer is doing: after each so many changes, beginning with so many.
    Interval { every: usize, first: usize },
    /// At its end.
    Close,
    /// After each batch, and at its end.
    Batch,
}

const LEVELS: [Level; 6] = [
    Level::Cache,
    Level::Interval { every: 7, first: 2 },
    Level::Interval { every: 9, first: 5 },
    Level::Interval { every: 13, first: 1 },
    Level::Close,
    Level::Batch,
];

/// A session that was traced.
struct Session {
    format: Format,
    trace: Trace,
    /// What was recorded, and before that, where the recording started over.
    line: Vec<i16>,
    dropped: Vec<i16>,
    /// Samples that are kept in the end.
    kept: usize,
    /// What is in memory at its end.
    file: Vec<u8>,
}

/// Never zero, nor what zero bytes mean; a different one at every position.
fn tone(samples: usize, hz: f64) -> Vec<i16> {
    let phase = |position: usize| std::f64::consts::TAU * hz / 8_000.0 * position as f64;
    (0..samples).map(|position| (3_000.0 + 2_000.0 * phase(position).sin()) as i16).collect()
}

fn record(format: Format, style: HeaderStyle, metadata: &Metadata, level: Level, restart: bool) -> Session {
    let file = Traced::default();
    let mut writer = WavWriter::with_header(file.clone(), format, RATE, style, metadata).unwrap();
    let mut bytes = Vec::new();
    let (mut line, mut dropped) = (tone(BATCHES.iter().sum(), 217.0), Vec::new());
    let mut start = 0;
    for (number, samples) in BATCHES.into_iter().enumerate() {
        if restart && number == BATCHES.len() / 2 {
            writer.clear().unwrap();
            dropped = line;
            line = tone(dropped.len() - start, 331.0);
            start = 0;
        }
        let (first, second) = line[start..start + samples].split_at(samples / 3);
        writer.append([first, second], &mut bytes).unwrap();
        start += samples;
        if level == Level::Batch {
            writer.storage().sync_data().unwrap();
        }
    }
    let kept = start - 1_003;
    writer.finish(kept as u64).unwrap();
    if matches!(level, Level::Close | Level::Batch) {
        writer.storage().sync_data().unwrap();
    }
    let mut trace = file.trace();
    if let Level::Interval { every, first } = level {
        trace.syncs = (first..=trace.changes.len()).step_by(every).collect();
    }
    Session { format, trace, line, dropped, kept, file: file.bytes() }
}

/// The samples of a file, where it opens.
fn read(file: &[u8]) -> Option<Vec<i16>> {
    let mut reader = WavReader::new(Cursor::new(file)).ok()?;
    let mut samples = vec![0; file.len() * 2 + 1];
    let mut count = 0;
    loop {
        match reader.read(&mut samples[count..]).unwrap() {
            0 => break,
            more => count += more,
        }
    }
    samples.truncate(count);
    Some(samples)
}

/// What a chunk of a header says in its first word.
fn chunk_word(header: &[u8], id: &[u8; 4], skipped: usize) -> Option<usize> {
    let at = header.windows(4).position(|window| window == id)? + 4 + skipped;
    Some(u32::from_le_bytes(header[at..at + 4].try_into().unwrap()) as usize)
}

/// The samples that a header counts.
fn counted(header: &[u8]) -> usize {
    chunk_word(header, b"fact", 4).unwrap_or_else(|| chunk_word(header, b"data", 0).unwrap() / 2)
}

/// One point at which the machine stops.
struct Crash<'a> {
    session: &'a Session,
    /// Changes that were made.
    point: usize,
    /// In memory, and the samples that its header counts.
    live: Vec<u8>,
    counted: usize,
    /// On the disk for certain: opened, what it holds.
    synced: Option<Vec<i16>>,
    /// Samples that have to be there.
    promised: usize,
    checked: u64,
}

impl<'a> Crash<'a> {
    fn new(session: &'a Session, point: usize, sync: usize) -> Self {
        let changes = &session.trace.changes;
        let synced = read(&after(changes, sync));
        let headers = changes[sync..point].iter().filter(|change| change.is_header());
        let least = headers.map(|header| match header {
            Change::Write { bytes, .. } => counted(bytes),
            Change::Length(_) => usize::MAX,
        });
        let promised = least.chain(synced.as_ref().map(Vec::len)).min().unwrap_or(0);
        let promised = if synced.is_some() { promised } else { 0 };
        let live = after(changes, point);
        let counted = if live.is_empty() { 0 } else { counted(&live) };
        Self { session, point, live, counted, synced, promised, checked: 0 }
    }

    /// Checks a state, and one whose length had arrived ahead of what fills it.
    fn check(&mut self, file: &mut Vec<u8>, what: &dyn Fn() -> String) {
        self.check_one(file, what);
        if file.len() < self.live.len() {
            file.resize(self.live.len(), 0);
            self.check_one(file, what);
        }
    }

    fn check_one(&mut self, file: &[u8], what: &dyn Fn() -> String) {
        self.checked += 1;
        if let Err(fault) = self.fault(file) {
            panic!("{:?}, after {} changes, {}: {fault}", self.session.format, self.point, what());
        }
    }

    fn fault(&self, file: &[u8]) -> Result<(), String> {
        let Some(samples) = read(file) else {
            let nothing = self.synced.is_none() && file.iter().take(12).all(|&byte| byte == 0);
            return if nothing { Ok(()) } else { Err("it does not open".into()) };
        };
        let synced = self.synced.as_deref().unwrap_or_default();
        if samples.len() < self.promised || samples[..self.promised] != synced[..self.promised] {
            return Err(format!("{} samples, not those {} that were synced", samples.len(), self.promised));
        }
        let Session { line, dropped, format, .. } = self.session;
        let audio = file.windows(4).take(SECTOR).position(|id| id == b"data").unwrap() + 8;
        let (block_bytes, block_samples) = match format {
            Format::Pcm16 => (2, 1),
            Format::Alaw | Format::Ulaw => (1, 1),
            Format::ImaAdpcm => (256, 505),
        };
        if samples.len() > line.len().max(dropped.len()) {
            return Err(format!("{} samples, more than there ever were", samples.len()));
        }
        let right = |stored: &[i16], at: usize| stored.get(at) == Some(&samples[at]);
        let wrong = |&at: &usize| !right(line, at) && !right(dropped, at);
        for at in (0..samples.len()).filter(wrong) {
            let start = audio + at / block_samples * block_bytes;
            let block = &file[start..file.len().min(start + block_bytes)];
            // Behind what is counted there is padding.
            let whole = at < self.counted && self.live.get(start..start + block.len()) == Some(block);
            let lost = block.iter().all(|&byte| byte == 0);
            if whole || !lost && *format != Format::ImaAdpcm {
                return Err(format!("sample {at} of {} is wrong", samples.len()));
            }
        }
        Ok(())
    }

    /// Each of the last changes is there, or not, or torn.
    fn subsets(&mut self, sync: usize) {
        let changes = &self.session.trace.changes;
        let from = sync.max(self.point.saturating_sub(UNSYNCED));
        let (before, last) = (after(changes, from), &changes[from..self.point]);
        let headers: usize = (0..last.len()).filter(|&at| last[at].is_header()).map(|at| 1 << at).sum();
        for mask in 0..1_usize << last.len() {
            // Without the latest change it is a state of the point before; two headers are as the later one alone.
            if mask >> (last.len() - 1) == 0 || (mask & headers).count_ones() > 1 {
                continue;
            }
            let present = |at: &usize| mask >> at & 1 == 1;
            let mut file = before.clone();
            (0..last.len()).filter(present).for_each(|at| last[at].apply(&mut file));
            self.check(&mut file, &|| format!("of the last {} those of {mask:#b}", last.len()));
            for torn in (0..last.len()).filter(present) {
                for boundary in last[torn].boundaries() {
                    for kept in [Kept::Before, Kept::Behind] {
                        let tear = Tear { at: boundary, kept };
                        file.clone_from(&before);
                        for at in (0..last.len()).filter(present) {
                            if at == torn {
                                last[at].apply_torn(&mut file, tear);
                            } else {
                                last[at].apply(&mut file);
                            }
                        }
                        self.check(&mut file, &|| format!("of {mask:#b} number {torn} torn: {tear:?}"));
                    }
                }
            }
        }
    }

    /// Each page is as it was after any of the last changes.
    fn pages(&mut self, sync: usize) {
        let changes = &self.session.trace.changes;
        let from = sync.max(self.point.saturating_sub(UNSYNCED));
        let images: Vec<Vec<u8>> = (from..=self.point).map(|point| after(changes, point)).collect();
        let pages = self.live.len().div_ceil(PAGE);
        let of = |image: &[u8], page: usize| -> Vec<u8> {
            let mut bytes: Vec<u8> = image.iter().skip(page * PAGE).take(PAGE).copied().collect();
            bytes.resize(PAGE, 0);
            bytes
        };
        let versions: Vec<Vec<Vec<u8>>> = (0..pages)
            .map(|page| {
                let mut all: Vec<_> = images.iter().map(|image| of(image, page)).collect();
                all.dedup();
                all
            })
            .collect();
        let lengths: Vec<usize> = {
            let mut all: Vec<_> = images.iter().map(Vec::len).collect();
            all.dedup();
            all
        };
        let states: usize = versions.iter().map(Vec::len).product();
        for state in 0..states {
            let mut rest = state;
            let mut whole = Vec::with_capacity(pages * PAGE);
            for page in &versions {
                whole.extend_from_slice(&page[rest % page.len()]);
                rest /= page.len();
            }
            for &length in &lengths {
                self.check_one(&whole[..length.min(whole.len())], &|| {
                    format!("pages {state}, {length} bytes")
                });
            }
        }
    }
}

/// The file after so many changes.
fn after(changes: &[Change], count: usize) -> Vec<u8> {
    let mut file = Vec::new();
    changes[..count].iter().for_each(|change| change.apply(&mut file));
    file
}

fn every_state(session: &Session, level: Level) -> u64 {
    let Trace { changes, syncs } = &session.trace;
    let mut checked = 0;
    for point in 0..=changes.len() {
        let sync = syncs.iter().copied().filter(|&sync| sync <= point).max().unwrap_or(0);
        let mut crash = Crash::new(session, point, sync);
        if sync == point {
            let mut file = after(changes, point);
            crash.check(&mut file, &|| "all of it".into());
        } else {
            crash.subsets(sync);
            crash.pages(sync);
        }
        checked += crash.checked;
    }
    if matches!(level, Level::Close | Level::Batch) {
        assert!(syncs.last() == Some(&changes.len()) && after(changes, changes.len()) == session.file);
        assert_eq!(read(&session.file).unwrap(), session.line[..session.kept]);
    }
    checked
}

/// What the format makes of a line: other than that, the file holds it as it is.
fn stored(format: Format, line: Vec<i16>) -> Vec<i16> {
    let file = Traced::default();
    let mut writer = WavWriter::new(file.clone(), format, RATE).unwrap();
    writer.append([&line, &[]], &mut Vec::new()).unwrap();
    read(&file.bytes()).unwrap()
}

fn every_state_of(format: Format) {
    let began = Instant::now();
    let metadata =
        Metadata { caller: Some("x".repeat(64)), node_name: Some("y".repeat(64)), ..Metadata::now() };
    let none = Metadata::default();
    let mut checked: BTreeMap<String, u64> = BTreeMap::new();
    let headers = [(HeaderStyle::Full, &none), (HeaderStyle::Plain, &none), (HeaderStyle::Full, &metadata)];
    for (number, level) in LEVELS.into_iter().enumerate() {
        for restart in [false, true] {
            let (style, metadata) = headers[(number + usize::from(restart)) % headers.len()];
            let mut session = record(format, style, metadata, level, restart);
            (session.line, session.dropped) = (stored(format, session.line), stored(format, session.dropped));
            *checked.entry(format!("{level:?}")).or_default() += every_state(&session, level);
        }
    }
    let all: u64 = checked.values().sum();
    println!("{format:?}: {all} states in {:.1?}: {checked:?}", began.elapsed());
    assert!(all >= 100_000, "{all}");
}

#[test]
fn every_state_of_pcm16() {
    every_state_of(Format::Pcm16);
}

#[test]
fn every_state_of_alaw() {
    every_state_of(Format::Alaw);
}

#[test]
fn every_state_of_ulaw() {
    every_state_of(Format::Ulaw);
}

#[test]
fn every_state_of_ima_adpcm() {
    every_state_of(Format::ImaAdpcm);
}

/// A header is one sector: none is ever torn.
#[test]
fn a_header_is_one_write_of_one_sector() {
    let long = Some("x".repeat(100));
    let metadata =
        Metadata { caller: long.clone(), node_name: long.clone(), software: long.clone(), start_time: long };
    for format in Format::ALL {
        let session = record(format, HeaderStyle::Full, &metadata, Level::Cache, true);
        let headers = session.trace.changes.iter().filter(|change| change.is_header());
        assert!(
            headers.clone().count() > BATCHES.len()
                && headers.clone().all(|header| header.boundaries().count() == 0)
        );
    }
}

/// What the check above is for is found by it.
#[test]
fn lost_stale_and_torn_audio_is_found() {
    let plant = |fault: fn(&mut Vec<Change>)| {
        let mut session = record(Format::Pcm16, HeaderStyle::Full, &Metadata::default(), Level::Batch, false);
        fault(&mut session.trace.changes);
        std::panic::catch_unwind(|| every_state(&session, Level::Cache)).is_err()
    };
    assert!(!plant(|_| {}));
    // A batch that never arrives though it was synced; one in the wrong place; a header in two halves; none at all.
    assert!(plant(|changes| changes[7] = Change::Length(3_000)));
    assert!(plant(|changes| {
        let Change::Write { offset, .. } = &mut changes[7] else { unreachable!("a batch") };
        *offset += 2;
    }));
    assert!(plant(|changes| {
        let Change::Write { bytes, .. } = &mut changes[8] else { unreachable!("a header") };
        bytes.truncate(50);
        bytes[40..].fill(0xFF);
    }));
    assert!(plant(|changes| changes[0] = Change::Length(104)));
}
