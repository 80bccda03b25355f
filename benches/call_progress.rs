//! What does call progress cost beside DTMF, on silence, on speech and on busy tone?

use afterbeep::cpu;
use afterbeep::dsp::BlockBuffer;
use afterbeep::dsp::call_progress::CallProgressDetector;
use afterbeep::dsp::dtmf::{DtmfDetector, DtmfProfile};
use afterbeep::dsp::tone_plan::TonePlan;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn recording(name: &str) -> Vec<i16> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
}

/// 425 Hz, 500 ms on and off.
fn busy() -> Vec<i16> {
    let tone = |i: usize| (6_000.0 * (std::f32::consts::TAU * 425.0 / 8_000.0 * i as f32).sin()) as i16;
    (0..80_000).map(|i| if i / 4_000 % 2 == 0 { tone(i) } else { 0 }).collect()
}

fn call_progress(criterion: &mut Criterion) {
    let lines = [("silence", vec![0; 26_240]), ("speech", recording("reading.wav")), ("busy", busy())];
    let plans = [
        ("dtmf alone", None),
        ("with gb,us,generic", TonePlan::parse("gb,us,generic").ok()),
        ("with every country", Some(TonePlan::all())),
    ];
    let mut group = criterion.benchmark_group("call_progress");
    for (line, samples) in &lines {
        group.throughput(Throughput::Elements(samples.len() as u64));
        for (name, plan) in &plans {
            let mut blocks = BlockBuffer::new();
            let mut dtmf = DtmfDetector::with_kernel(&DtmfProfile::default(), cpu::kernel()).unwrap();
            let mut tones =
                plan.as_ref().map(|plan| CallProgressDetector::with_kernel(plan, cpu::kernel()).unwrap());
            group.bench_function(format!("{name}/{line}"), |bencher| {
                bencher.iter(|| {
                    let mut rest = black_box(samples.as_slice());
                    while !rest.is_empty() {
                        let (taken, left) = blocks.take(rest);
                        rest = left;
                        if let Some(block) = blocks.complete(taken) {
                            let measured = dtmf.block(block, &blocks);
                            black_box(measured.event);
                            if let Some(tones) = &mut tones {
                                black_box(tones.block(block, &blocks, measured.total));
                            }
                        }
                    }
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, call_progress);
criterion_main!(benches);
