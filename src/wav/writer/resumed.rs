//! Files that were gone on with are as if they had been written at once.

use super::tests::{Memory, read, tone, variants, writer};
use super::*;
use std::io::IoSlice;
use std::sync::{Arc, Mutex};

const RATE: SampleRate = SampleRate::NARROWBAND;

fn finished(variant: (Format, HeaderStyle), samples: &[i16]) -> Memory {
    let memory = Memory::new();
    let mut writer = writer(&memory, variant);
    writer.append([samples, &[]], &mut Vec::new()).unwrap();
    writer.finish(u64::MAX).unwrap();
    memory
}

fn resume(storage: impl Storage + 'static, variant: (Format, HeaderStyle)) -> Result<WavWriter, ResumeError> {
    WavWriter::resume(storage, variant.0, RATE, variant.1)
}

#[test]
fn a_file_that_is_gone_on_with_is_as_if_written_at_once_or_as_it_was() {
    let line = tone(1_500);
    let mut bytes = Vec::new();
    for variant in variants() {
        let whole = finished(variant, &line).bytes();
        for earlier in [1, 2, 3, 4, 504, 505, 506, 507, 1_009, 1_010, 1_011] {
            let memory = finished(variant, &line[..earlier]);
            let before = memory.bytes();
            let mut writer = resume(memory.clone(), variant).unwrap();
            assert_eq!((writer.samples(), memory.bytes() == before), (earlier as u64, true));
            writer.mark().unwrap();
            for piece in line[earlier..].chunks(171) {
                writer.append([piece, &[]], &mut bytes).unwrap();
            }
            // Starts over.
            writer.clear_behind(earlier as u64).unwrap();
            assert_eq!(memory.bytes().len(), before.len());
            writer.append([&line[earlier..], &[]], &mut bytes).unwrap();
            writer.finish(u64::MAX).unwrap();
            assert!(memory.bytes() == whole, "{variant:?} behind {earlier}");
            // Cut back, it is as it was.
            writer.finish(earlier as u64).unwrap();
            assert!(memory.bytes() == before, "{variant:?} cut back to {earlier}");
        }
    }
}

#[test]
fn what_is_not_ours_or_not_finished_or_different_is_left_alone() {
    let line = tone(700);
    for variant in variants() {
        let refused = |bytes: Vec<u8>| {
            let memory = Memory::new();
            Storage::write_at(&mut memory.clone(), &[IoSlice::new(&bytes)], 0).unwrap();
            let refused = resume(memory.clone(), variant).unwrap_err();
            assert!(memory.bytes() == bytes);
            refused
        };
        let ours = finished(variant, &line).bytes();
        let not_ours =
            |bytes: Vec<u8>| assert!(matches!(refused(bytes), ResumeError::NotOurs), "{variant:?}");
        not_ours(Vec::new());
        not_ours(b"RIFF".to_vec());
        not_ours([&ours[..], &[0]].concat());
        not_ours(ours[..ours.len() - 1].to_vec());
        // Empty messages have no file.
        not_ours(finished(variant, &[]).bytes());
        // Each byte of the header counts, but that what fills a block of IMA ADPCM may be samples, too.
        let header = ours.len() as u64 - variant.0.data_bytes(700, RATE);
        let fact = ours.windows(4).position(|id| id == b"fact").map_or(usize::MAX, |at| at + 8);
        for at in (0..header as usize).filter(|&at| variant.0 != Format::ImaAdpcm || at != fact) {
            let mut changed = ours.clone();
            changed[at] ^= 0x40;
            refused(changed);
        }
        if variant.0 == Format::ImaAdpcm {
            let mut padded = ours.clone();
            *padded.last_mut().unwrap() ^= 1;
            not_ours(padded);
        }
        for (format, style) in variants().filter(|&other| other != variant) {
            let other = resume(finished(variant, &line), (format, style)).unwrap_err();
            let what = if format == variant.0 { "header" } else { "format" };
            assert!(matches!(other, ResumeError::Different(found) if found == what), "{variant:?}");
        }
        let other = WavWriter::resume(finished(variant, &line), variant.0, SampleRate::ALL[1], variant.1);
        assert!(matches!(other, Err(ResumeError::Different("sample rate"))));
        if variant.1 == HeaderStyle::Full {
            let memory = finished(variant, &line);
            resume(memory.clone(), variant).unwrap().mark().unwrap();
            assert!(matches!(refused(memory.bytes()), ResumeError::BeingRecorded));
        }
    }
}

/// A file that remembers each state that a crash may leave: after each write, and in the midst of one of audio.
#[derive(Debug)]
struct Remembered {
    memory: Memory,
    states: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Storage for Remembered {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        // A header is in one sector.
        let step = if offset == 0 { bytes.len() } else { 7 };
        for upto in (0..bytes.len()).step_by(step.max(1)).skip(1).chain([bytes.len()]) {
            self.memory.write_at(&[IoSlice::new(&bytes[..upto])], offset)?;
            self.states.lock().unwrap().push(self.memory.bytes());
        }
        Ok(bytes.len())
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.memory.read_at(bytes, offset)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.memory.set_len(bytes)?;
        self.states.lock().unwrap().push(self.memory.bytes());
        Ok(())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_crash_costs_what_was_there_before() {
    let line = tone(1_500);
    let mut bytes = Vec::new();
    for variant in variants() {
        for earlier in [1, 2, 3, 504, 505, 506, 700, 701] {
            let memory = finished(variant, &line[..earlier]);
            let before = memory.samples();
            let states = Arc::new(Mutex::new(Vec::new()));
            let mut writer = resume(Remembered { memory, states: Arc::clone(&states) }, variant).unwrap();
            writer.mark().unwrap();
            for piece in line[earlier..].chunks(97) {
                writer.append([piece, &[]], &mut bytes).unwrap();
            }
            writer.clear_behind(earlier as u64).unwrap();
            writer.append([&line[earlier..], &[]], &mut bytes).unwrap();
            writer.finish(1_000).unwrap();
            let states = states.lock().unwrap();
            assert!(states.len() > 50);
            for state in &*states {
                assert!(read(state).starts_with(&before), "{variant:?} behind {earlier}");
            }
        }
    }
}
