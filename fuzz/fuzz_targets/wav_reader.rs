//! Any bytes are read as a WAV file, or refused: in memory that does not depend on what they claim, to an end that they
//! reach. Half of the inputs are files of ours with a few bytes changed.
#![no_main]

#[path = "../src/input.rs"]
mod input;

use afterbeep::line::SampleRate;
use afterbeep::wav::{Format, HeaderStyle, Metadata, WavReader, WavWriter};
use input::{Input, Memory};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fn ours(input: &mut Input) -> Option<Vec<u8>> {
    let format = Format::from_number(u32::from(input.byte()) % 4 + 1)?;
    let header = HeaderStyle::from_number(u32::from(input.byte()) % 2 + 1)?;
    let metadata = Metadata { caller: input.text(), node_name: input.text(), ..Metadata::default() };
    let memory = Memory::default();
    let mut writer =
        WavWriter::with_header(memory.clone(), format, SampleRate::NARROWBAND, header, &metadata).ok()?;
    let samples = usize::from(input.byte()) * 5;
    let line: Vec<i16> = (0..samples).map(|position| (position * 37) as i16).collect();
    writer.append([&line, &[]], &mut Vec::new()).ok()?;
    if input.byte() % 2 == 0 {
        writer.finish(samples as u64 / 2).ok()?;
    }
    let mut file = memory.bytes();
    file.truncate(usize::from(input.half()).max(8));
    while !input.is_empty() {
        let place = usize::from(input.half()) % file.len();
        file[place] = input.byte();
    }
    Some(file)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let file =
        if input.byte() % 2 == 0 { input.rest().to_vec() } else { ours(&mut input).unwrap_or_default() };
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
