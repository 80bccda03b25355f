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
    assert_eq!(read(&riff(&[(b"fmt ", &PCM), (b"data", &[]), (b"LIST", &[1; 40])])).unwrap(), [0_i16; 0]);
    assert_eq!(read(&riff(&[(b"fmt ", &PCM), (b"data", &[])])).unwrap(), [0_i16; 0]);
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

/// A `fmt ` chunk of IMA ADPCM with such blocks.
fn ima_fmt(block_bytes: u16, block_samples: u16) -> Vec<u8> {
    let mut fmt = [&PCM[..], &[2, 0], &block_samples.to_le_bytes()].concat();
    fmt[..2].copy_from_slice(&[0x11, 0]);
    fmt[12..14].copy_from_slice(&block_bytes.to_le_bytes());
    fmt[14..16].copy_from_slice(&[4, 0]);
    fmt
}

#[test]
fn ima_adpcm_is_read_as_far_as_fact_and_file_go() {
    // Two blocks; in each: the first sample, then codes of the smallest steps.
    let block = [&[100, 0, 0, 0][..], &[0x80; 4]].concat();
    let data = [&block[..], &block].concat();
    let with_fact = |fact: u32, data: &[u8]| {
        riff(&[(b"fmt ", &ima_fmt(8, 9)), (b"fact", &fact.to_le_bytes()), (b"data", data)])
    };
    assert_eq!(read(&with_fact(12, &data)).unwrap(), [100; 12]);
    // What contradicts the data is not believed.
    for fact in [0, 5, 19, u32::MAX] {
        assert_eq!(read(&with_fact(fact, &data)).unwrap(), [100; 18], "{fact}");
    }
    assert_eq!(read(&with_fact(18, &data[..13])).unwrap(), [100; 12]);
    // Blocks with room behind their samples, and blocks that contradict themselves.
    assert_eq!(read(&riff(&[(b"fmt ", &ima_fmt(8, 3)), (b"data", &data)])).unwrap(), [100; 6]);
    assert_eq!(read(&riff(&[(b"fmt ", &ima_fmt(4, 1)), (b"data", &block)])).unwrap().len(), 2);
    for (block_bytes, block_samples) in [(0, 0), (3, 1), (8, 0), (8, 10), (256, 506)] {
        let file = riff(&[(b"fmt ", &ima_fmt(block_bytes, block_samples)), (b"data", &data)]);
        assert!(matches!(read(&file), Err(ReadError::NotWav(_))), "{block_bytes} {block_samples}");
    }
}

#[test]
fn what_a_file_says_about_itself_is_bounded() {
    let list = [&b"INFOINAM\xFF\xFF\xFF\x7F"[..], &[b'x'; 100_000]].concat();
    let file = riff(&[(b"LIST", &list), (b"fmt ", &PCM), (b"data", &[1, 0])]);
    let reader = WavReader::new(Cursor::new(&file[..])).unwrap();
    assert_eq!(reader.metadata().node_name.as_ref().map(String::len), Some(64));
    assert_eq!(read(&file).unwrap(), [1]);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[b"RIFF\xFF\xFF\xFF\xFFWAVE", &bytes[..]].concat());
        let ima = riff(&[(b"fmt ", &ima_fmt(8, 9)), (b"data", &bytes)]);
        prop_assert!(read(&ima).unwrap().len() <= bytes.len().div_ceil(8) * 9);
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
