use super::*;
use crate::wav::{WavReader, WavWriter};
use std::io::{Cursor, IoSlice};
use std::sync::{Arc, Mutex};

const SCOPE: RepairScope = RepairScope { part: true, plain: true };

/// A file in memory; the call of this number fails, and so do all behind it.
#[derive(Clone, Debug, Default)]
struct Memory {
    file: Arc<Mutex<Vec<u8>>>,
    calls_left: Option<usize>,
}

impl Memory {
    fn of(bytes: &[u8]) -> Self {
        Self { file: Arc::new(Mutex::new(bytes.to_vec())), calls_left: None }
    }

    fn bytes(&self) -> Vec<u8> {
        self.file.lock().unwrap().clone()
    }

    fn call(&mut self) -> io::Result<()> {
        let Some(left) = &mut self.calls_left else { return Ok(()) };
        *left = left.checked_sub(1).ok_or(io::Error::from_raw_os_error(5))?;
        Ok(())
    }
}

impl Storage for Memory {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        self.call()?;
        let (mut file, offset) = (self.file.lock().unwrap(), offset as usize);
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let length = file.len().max(offset + bytes.len());
        file.resize(length, 0);
        file[offset..][..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.call()?;
        let file = self.file.lock().unwrap();
        let there = &file[file.len().min(offset as usize)..];
        let count = bytes.len().min(there.len());
        bytes[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.call()?;
        self.file.lock().unwrap().resize(bytes as usize, 0);
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.call()
    }
}

/// The same noise every time, none of it 0 in any format.
fn noise(samples: usize) -> Vec<i16> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 17) as i16 | 0x101
    };
    std::iter::repeat_with(next).take(samples).collect()
}

/// A recording after each batch, and finished.
fn recording(format: Format, rate: u32, style: HeaderStyle, batches: &[usize]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let memory = Memory::default();
    let metadata = Metadata { caller: Some("+34 600 123".into()), ..Metadata::default() };
    let rate = SampleRate::new(rate).unwrap();
    let mut writer = WavWriter::with_header(memory.clone(), format, rate, style, &metadata).unwrap();
    let line = noise(batches.iter().sum());
    let mut rest = &line[..];
    let mut states = vec![memory.bytes()];
    for &batch in batches {
        let (samples, behind) = rest.split_at(batch);
        writer.append([samples, &[]], &mut Vec::new()).unwrap();
        rest = behind;
        states.push(memory.bytes());
    }
    writer.finish(u64::MAX).unwrap();
    (states, memory.bytes())
}

fn examine(bytes: &[u8], scope: RepairScope) -> Option<Repair> {
    Repair::examine(&mut Memory::of(bytes), bytes.len() as u64, scope).unwrap()
}

fn repaired(bytes: &[u8]) -> Vec<u8> {
    let mut memory = Memory::of(bytes);
    if let Some(repair) = examine(bytes, SCOPE) {
        repair.apply(&mut memory).unwrap();
    }
    memory.bytes()
}

fn decoded(bytes: &[u8]) -> Vec<i16> {
    let mut reader = WavReader::new(Cursor::new(bytes)).unwrap();
    let mut samples = vec![0; bytes.len() * 2 + 2];
    let mut count = 0;
    while let more @ 1.. = reader.read(&mut samples[count..]).unwrap() {
        count += more;
    }
    samples.truncate(count);
    samples
}

/// Each format and header, at the rates whose blocks differ.
fn kinds() -> impl Iterator<Item = (Format, u32, HeaderStyle)> {
    let styles = [HeaderStyle::Full, HeaderStyle::Plain];
    let formats = Format::ALL.into_iter().flat_map(move |format| styles.map(|style| (format, style)));
    formats.flat_map(|(format, style)| [8_000, 16_000, 48_000].map(|rate| (format, rate, style)))
}

#[test]
fn a_repaired_file_is_the_finished_one_byte_for_byte() {
    for (format, rate, style) in kinds() {
        for batches in [&[1][..], &[505], &[7, 998], &[506, 1, 1_000, 2_047], &[33_333, 40_001]] {
            let (states, finished) = recording(format, rate, style, batches);
            let what = format!("{format:?} {rate} {style:?} {batches:?}");
            let last = states.last().unwrap();
            assert!(repaired(last) == finished, "{what}");
            assert!(repaired(&finished) == finished, "{what}");
            assert!(!examine(&finished, SCOPE).unwrap().is_needed(), "{what}");
            // The last batch's data arrived, its header did not; what is reserved behind reads as zeros.
            let before = &states[states.len() - 2];
            let header = examine(last, SCOPE).unwrap().header.len() as usize;
            let mut torn = [&before[..header], &last[header..], &[0; 100_000]].concat();
            if format != Format::ImaAdpcm {
                assert!(repaired(&torn) == finished, "{what}");
            } else {
                // A code of the last block may look like what fills it.
                let missing = decoded(&finished).len() - decoded(&repaired(&torn)).len();
                assert!(missing <= 4, "{what}: {missing}");
            }
            // A header beyond the file counts what is there.
            torn = [&last[..header], &before[header..]].concat();
            let mut kept = decoded(&repaired(&torn));
            if matches!(format, Format::Alaw | Format::Ulaw) {
                // A pad byte is no other than a sample there.
                kept.pop();
            }
            // Nor is what fills a block.
            assert!(format == Format::ImaAdpcm || decoded(&finished).starts_with(&kept), "{what}");
        }
    }
}

#[test]
fn cut_anywhere_a_file_keeps_its_whole_blocks() {
    for (format, rate, style) in kinds().filter(|kind| kind.1 == 8_000) {
        let (states, finished) = recording(format, rate, style, &[600, 611]);
        let all = decoded(&finished);
        let bytes = &states[2];
        let header = examine(bytes, SCOPE).unwrap().header.len() as usize;
        for length in 0..bytes.len() {
            let cut = repaired(&bytes[..length]);
            if length < header {
                assert!(cut == bytes[..length], "{format:?} at {length}");
                continue;
            }
            let coding = Coding::new(format, SampleRate::new(rate).unwrap());
            let kept = decoded(&cut);
            assert_eq!(
                kept.len() as u64,
                coding.whole_samples((length - header) as u64).min(1_211),
                "{length}"
            );
            assert!(all.starts_with(&kept), "{format:?} at {length}");
            assert!(repaired(&cut) == cut, "{format:?} at {length}");
        }
    }
}

#[test]
fn an_error_at_any_call_leaves_a_file_that_can_be_repaired() {
    for (format, rate, style) in kinds() {
        let (states, _) = recording(format, rate, style, &[700, 3, 804]);
        let header = examine(&states[3], SCOPE).unwrap().header.len() as usize;
        let stale = [&states[1][..header], &states[3][header..], &[0; 999]].concat();
        for torn in [&states[3][..], &states[3][..states[3].len() - 300], &states[3][..header + 601], &stale]
        {
            let wanted = repaired(torn);
            let mut calls = 0;
            loop {
                let mut memory = Memory { calls_left: Some(calls), ..Memory::of(torn) };
                let repair = Repair::examine(&mut memory, torn.len() as u64, SCOPE);
                let done = repair.and_then(|repair| repair.unwrap().apply(&mut memory));
                assert!(repaired(&memory.bytes()) == wanted, "{format:?} {style:?} after {calls} calls");
                if done.is_ok() {
                    break;
                }
                calls += 1;
            }
            assert!(calls > 5 || wanted == torn, "{calls}");
        }
    }
}

#[test]
fn what_was_cut_off_does_not_come_back() {
    /// Its file is never made shorter, as if the power had failed before.
    #[derive(Debug)]
    struct Long(Memory);
    impl Storage for Long {
        fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
            self.0.write_at(pieces, offset)
        }
        fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
            self.0.read_at(bytes, offset)
        }
        fn set_len(&mut self, _: u64) -> io::Result<()> {
            Err(io::Error::from_raw_os_error(5))
        }
        fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
            Ok(())
        }
        fn sync_data(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for format in Format::ALL {
        let memory = Memory::default();
        let rate = SampleRate::NARROWBAND;
        let mut writer = WavWriter::new(Long(memory.clone()), format, rate).unwrap();
        writer.append([&noise(2_000), &[]], &mut Vec::new()).unwrap();
        writer.finish(777).unwrap_err();
        assert_eq!(decoded(&repaired(&memory.bytes())).len(), 777, "{format:?}");
        writer.clear().unwrap_err();
        assert_eq!(examine(&memory.bytes(), SCOPE).unwrap().samples(), 0, "{format:?}");
        writer.append([&noise(5), &[]], &mut Vec::new()).unwrap();
        assert!(WavReader::new(Cursor::new(memory.bytes())).unwrap().is_being_recorded());
    }
}

#[test]
fn files_of_others_and_finished_ones_are_left_alone() {
    let (states, finished) = recording(Format::Pcm16, 8_000, HeaderStyle::Full, &[100]);
    let plain = recording(Format::Pcm16, 8_000, HeaderStyle::Plain, &[100]).0.remove(0);
    for scope in [RepairScope::default(), RepairScope { part: true, plain: false }] {
        assert!(examine(&plain, scope).is_none());
        assert!(examine(b"RIFF", scope).is_none());
        assert!(examine(b"", scope).is_none());
        assert!(!examine(&finished, scope).unwrap().is_needed());
        assert!(examine(&states[1], scope).unwrap().is_needed());
    }
    assert!(examine(&plain, RepairScope { part: false, plain: true }).is_none());
    assert!(examine(&plain, SCOPE).is_some());
    // Someone has made it longer since.
    let longer = [&finished[..], b"LIST"].concat();
    assert!(!examine(&longer, RepairScope::default()).unwrap().is_needed());
}

#[test]
fn mutated_files_are_left_alone_or_mended_for_good() {
    const FILES: usize = 100_000;
    let originals: Vec<Vec<u8>> =
        kinds().flat_map(|(format, rate, style)| recording(format, rate, style, &[300, 233]).0).collect();
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut foreign, mut mended) = (0, 0);
    for _ in 0..FILES {
        let mut bytes = originals[random(originals.len())].clone();
        for _ in 0..random(4) {
            let within = if random(2) == 0 { bytes.len() } else { 130 };
            let place = random(within).min(bytes.len() - 1);
            bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, random(256) as u8][random(6)];
        }
        if random(3) == 0 {
            bytes.truncate(random(bytes.len()));
        }
        if random(5) == 0 {
            bytes.resize(bytes.len() + random(5_000), 0);
        }
        let scope = RepairScope { part: random(4) > 0, plain: random(2) == 0 };
        let Some(repair) = examine(&bytes, scope) else {
            foreign += 1;
            continue;
        };
        let mut memory = Memory::of(&bytes);
        repair.apply(&mut memory).unwrap();
        let whole = memory.bytes();
        if !repair.is_needed() {
            assert!(whole == bytes);
            continue;
        }
        mended += 1;
        // A pad byte aside.
        assert!(whole.len() <= bytes.len() + 1);
        let again = examine(&whole, scope).unwrap();
        assert!(!again.is_needed());
        assert_eq!(again.samples(), repair.samples());
        if repair.samples() > 0 {
            assert_eq!(decoded(&whole).len() as u64, repair.samples());
        }
    }
    println!("{FILES} files: {foreign} foreign, {mended} mended");
    assert!(foreign > FILES / 10 && mended > FILES / 10);
}
