//! Call progress at work: what it hears in recordings.
//!
//! ```sh
//! cargo build --release --example call_progress
//! target/release/examples/call_progress [--plan gb,us,generic] FILE.wav|FILE.raw …
//! ```
//!
//! Without a plan every country and `generic` are on.

use afterbeep::cpu;
use afterbeep::dsp::call_progress::{CallProgressReceiver, ToneEvent};
use afterbeep::dsp::tone_plan::TonePlan;
use std::collections::BTreeMap;

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut plan = TonePlan::all();
    if arguments.next_if(|argument| argument == "--plan").is_some() {
        plan = TonePlan::parse(&arguments.next().expect("a plan")).unwrap();
    }
    let (mut total, mut kinds) = (0, BTreeMap::new());
    for path in arguments {
        let samples = samples(&path);
        total += samples.len();
        let mut receiver = CallProgressReceiver::with_kernel(&plan, cpu::kernel()).unwrap();
        let mut note = |event| {
            if let ToneEvent::Started(tone) = event {
                *kinds.entry(tone.kind.name()).or_insert(0) += 1;
                println!("{path} {:.3} s {tone:?}", tone.start_sample as f64 / 8_000.0);
            }
        };
        samples.chunks(800).for_each(|frame| receiver.push(frame, &mut note));
    }
    println!("{:.2} h: {kinds:?}", total as f64 / 8_000.0 / 3_600.0);
}

fn samples(path: &str) -> Vec<i16> {
    if path.ends_with(".wav") {
        return hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect();
    }
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}
