//! Any bytes are read as a WAV file, or refused: in memory that does not depend on what they claim, to an end that they
//! reach. Half of the inputs are files of ours with a few bytes changed.
#![no_main]

#[path = "../src/input.rs"]
mod input;

use afterbeep::wav::WavReader;
use input::{Input, wav};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let file = wav(&mut input);
    let Ok(mut reader) = WavReader::new(Cursor::new(&file)) else { return };
    let mut piece = [0; 777];
    let mut samples = 0;
    loop {
        match reader.read(&mut piece).unwrap() {
            0 => break,
            count => samples += count,
        }
    }
    // Four bits a sample, and one in a block's head.
    assert!(samples <= 2 * file.len(), "{samples} samples of {} bytes", file.len());
    let _ = (reader.is_cut(), reader.is_being_recorded(), reader.metadata().clone());
    assert_eq!(reader.read(&mut piece).unwrap(), 0);
});
