//! The WAV reader takes anything without panic, and reads what is there.

mod common;

use afterbeep::wav::{ReadError, WavReader};
use common::data;
use proptest::prelude::*;
use std::io::Cursor;

/// Every sample, or why there are none.
fn read(bytes: &[u8]) -> Result<Vec<i16>, ReadError> {
    let mut reader = WavReader::new(Cursor::new(bytes))?;
    let mut samples = Vec::new();
    let mut piece = [0; 1_000];
    loop {
        match reader.read(&mut piece)? {
            0 => return Ok(samples),
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
}

/// A WAV file of these chunks.
fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (id, bytes) in chunks {
        body.extend(*id);
        body.extend((bytes.len() as u32).to_le_bytes());
        body.extend(*bytes);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

const PCM: [u8; 16] = [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0];

#[test]
fn chunks_that_say_nothing_to_us_are_passed_over() {
    let file = riff(&[(b"JUNK", &[0; 28]), (b"fmt ", &PCM), (b"odd ", &[7; 3]), (b"data", &[1, 0, 2, 0])]);
    assert_eq!(read(&file).unwrap(), [1, 2]);
    let mut extensible = [&PCM[..], &[22, 0, 16, 0, 4, 0, 0, 0, 1, 0], &[0; 14]].concat();
    extensible[..2].copy_from_slice(&[0xFE, 0xFF]);
    let guid = *b"\x01\0\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71";
    extensible[24..40].copy_from_slice(&guid);
    let file = riff(&[(b"fmt ", &extensible), (b"data", &[1, 0, 2, 0])]);
    assert_eq!(read(&file).unwrap(), [1, 2]);
}

#[test]
fn sizes_that_the_file_does_not_reach_mean_its_end() {
    for size in [0xFFFF_FFFFu32, 0x7FFF_F000, 5, 0] {
        let mut file = riff(&[(b"fmt ", &PCM), (b"data", &[1, 0, 2, 0])]);
        let at = file.len() - 8;
        file[at..at + 4].copy_from_slice(&size.to_le_bytes());
        assert_eq!(read(&file).unwrap(), [1, 2]);
    }
}

#[test]
fn nothing_in_a_chunk_is_nothing_and_rf64_sizes_hold() {
    assert_eq!(read(&riff(&[(b"fmt ", &PCM), (b"data", &[]), (b"LIST", &[1; 40])])).unwrap(), []);
    assert_eq!(read(&riff(&[(b"fmt ", &PCM), (b"data", &[])])).unwrap(), []);
    let mut ds64 = [0; 28];
    ds64[8] = 4;
    let mut file = riff(&[(b"ds64", &ds64), (b"fmt ", &PCM), (b"data", &[1, 0, 2, 0]), (b"LIST", &[9; 40])]);
    file[..4].copy_from_slice(b"RF64");
    let at = file.len() - 48 - 8;
    file[at..at + 4].copy_from_slice(&[0xFF; 4]);
    assert_eq!(read(&file).unwrap(), [1, 2]);
}

#[test]
fn formats_that_contradict_themselves_are_refused() {
    let mut fmt = PCM;
    fmt[12] = 4;
    assert!(matches!(read(&riff(&[(b"fmt ", &fmt), (b"data", &[])])), Err(ReadError::NotWav(_))));
}

#[test]
fn order_matters() {
    let file = riff(&[(b"data", &[1, 0]), (b"fmt ", &PCM)]);
    assert!(matches!(read(&file), Err(ReadError::NotWav(_))));
    assert!(matches!(read(&riff(&[(b"fmt ", &PCM[..12])])), Err(ReadError::NotWav(_))));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[b"RIFF\xFF\xFF\xFF\xFFWAVE", &bytes[..]].concat());
    }

    #[test]
    fn a_damaged_file_is_answered(
        damage in prop::collection::vec((0usize..60, any::<u8>()), 1..6),
        length in 0usize..2_000,
    ) {
        let mut file = std::fs::read(data("digits.wav")).unwrap();
        file.truncate(length);
        for (at, byte) in damage {
            if let Some(slot) = file.get_mut(at) {
                *slot = byte;
            }
        }
        if let Ok(samples) = read(&file) {
            prop_assert!(samples.len() <= length);
        }
    }
}
