//! Call progress at work: what it hears in recordings, and, for callgrind, what it costs beside DTMF.
//!
//! ```sh
//! cargo build --release --example call_progress
//! target/release/examples/call_progress [--plan gb,us,generic] FILE.wav|FILE.raw …
//! valgrind --tool=callgrind --toggle-collect='*listen*' target/release/examples/call_progress \
//!     --cost dtmf|both FILE.wav
//! ```
//!
//! Without a plan every country and `generic` are on.

use afterbeep::cpu;
use afterbeep::dsp::BlockBuffer;
use afterbeep::dsp::call_progress::{CallProgressDetector, CallProgressReceiver, ToneEvent};
use afterbeep::dsp::dtmf::{DtmfDetector, DtmfProfile};
use afterbeep::dsp::tone_plan::TonePlan;
use std::collections::BTreeMap;
use std::hint::black_box;

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut plan = TonePlan::all();
    let mut cost = None;
    while let Some(flag) = arguments.next_if(|argument| argument.starts_with("--")) {
        let value = arguments.next().expect("a value");
        match flag.as_str() {
            "--plan" => plan = TonePlan::parse(&value).unwrap(),
            _ => cost = Some(value == "both"),
        }
    }
    if let Some(both) = cost {
        let line: Vec<i16> = arguments.flat_map(|path| samples(&path)).collect();
        let mut call_progress =
            both.then(|| CallProgressDetector::with_kernel(&plan, cpu::kernel()).unwrap());
        listen(&mut call_progress, black_box(&line));
        println!("{} samples", line.len());
        return;
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

#[inline(never)]
fn listen(call_progress: &mut Option<CallProgressDetector>, mut samples: &[i16]) {
    let mut blocks = BlockBuffer::new();
    let mut dtmf = DtmfDetector::with_kernel(&DtmfProfile::default(), cpu::kernel()).unwrap();
    while !samples.is_empty() {
        let (taken, _) = blocks.take(&samples[..samples.len().min(160)]);
        samples = &samples[taken.len()..];
        if let Some(block) = blocks.complete(taken) {
            let measured = dtmf.block(block, &blocks);
            black_box(measured.event);
            if let Some(call_progress) = call_progress {
                black_box(call_progress.block(block, &blocks, measured.total));
            }
        }
    }
}
