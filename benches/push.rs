//! What does a frame of 20 ms cost the media thread?

use afterbeep::cpu;
use afterbeep::dsp::call_progress::CallProgressDetector;
use afterbeep::engine::{Engine, EngineConfig, FileConfig};
use afterbeep::session::{Session, SessionConfig, Terminators};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const FRAME_SAMPLES: usize = 160;

fn frames() -> Vec<[i16; FRAME_SAMPLES]> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reading.wav");
    let samples: Vec<i16> = hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect();
    samples.chunks_exact(FRAME_SAMPLES).map(|frame| frame.try_into().unwrap()).collect()
}

fn push(criterion: &mut Criterion) {
    let frames = frames();
    let endless = SessionConfig {
        beep: None,
        terminators: Terminators::NONE,
        max_duration_ms: 0,
        ..SessionConfig::default()
    };
    let mut group = criterion.benchmark_group("push");
    group.throughput(Throughput::Elements(FRAME_SAMPLES as u64));

    let mut session = Session::<CallProgressDetector>::with_kernel(&endless, cpu::kernel()).unwrap();
    let mut speech = frames.iter().cycle();
    group.bench_function("session", |bencher| {
        bencher.iter(|| session.push(black_box(speech.next().unwrap())));
    });

    // The whole call, slot and ring included; a batch fits into the ring, and the writer empties it in between.
    let directory = tempfile::tempdir().unwrap();
    let config = EngineConfig { poll_interval_ms: 1, batch_ms: 20, ..EngineConfig::default() };
    let engine = Engine::new(&config).unwrap();
    let session = engine.open(&endless, &FileConfig::new(directory.path())).unwrap();
    let wait_for_room = || {
        while session.writable_samples().unwrap() < 64 * FRAME_SAMPLES {
            std::thread::yield_now();
        }
    };
    let mut speech = frames.iter().cycle();
    group.bench_function("handle", |bencher| {
        bencher.iter_batched(
            || {
                wait_for_room();
                speech.next().unwrap()
            },
            |frame| session.push(black_box(frame)).unwrap(),
            BatchSize::NumIterations(64),
        );
    });
    session.cancel().unwrap();
    group.finish();
}

criterion_group!(benches, push);
criterion_main!(benches);
