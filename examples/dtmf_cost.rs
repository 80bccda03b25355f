//! A DTMF receiver at work, for callgrind to count its instructions:
//!
//! ```sh
//! cargo build --release --example dtmf_cost
//! valgrind --tool=callgrind --toggle-collect='dtmf_cost::receive*' target/release/examples/dtmf_cost [portable] [WAV]
//! ```
//!
//! It prints how many samples went through; instructions a sample are callgrind's total by that.

use afterbeep::cpu;
use afterbeep::dsp::dtmf::{DtmfProfile, DtmfReceiver};
use afterbeep::dsp::goertzel::Kernel;
use std::hint::black_box;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let portable = arguments.iter().any(|argument| argument == "portable");
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reading.wav").to_owned();
    let path = arguments.iter().find(|argument| argument.ends_with(".wav")).unwrap_or(&default);
    let samples: Vec<i16> = hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect();
    let kernel = if portable { Kernel::PORTABLE } else { cpu::kernel() };
    let mut receiver = DtmfReceiver::with_kernel(&DtmfProfile::default(), kernel).unwrap();
    let rounds = 10;
    (0..rounds).for_each(|_| receive(&mut receiver, black_box(&samples)));
    println!("{kernel:?}: {} samples", rounds * samples.len());
}

#[inline(never)]
fn receive(receiver: &mut DtmfReceiver, samples: &[i16]) {
    samples.chunks(160).for_each(|frame| receiver.push(frame, |event| _ = black_box(event)));
}
