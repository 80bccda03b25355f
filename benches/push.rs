//! What does a frame of 20 ms cost the media thread?

use afterbeep::engine::{Engine, EngineConfig, FileConfig, Push};
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

    let mut session = Session::new(&endless).unwrap();
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

/// What does a tick of a thousand sessions cost, one by one and by one call?
fn push_many(criterion: &mut Criterion) {
    let frames = frames();
    let endless = SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() };
    let endless = SessionConfig { terminators: Terminators::NONE, ..endless };
    let mut group = criterion.benchmark_group("push_many");
    for count in [100, 1_000] {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let config = EngineConfig { poll_interval_ms: 1, ..EngineConfig::default() };
        let engine = Engine::new(&config).unwrap();
        let file = FileConfig::new(directory.path());
        let sessions: Vec<_> = (0..count).map(|_| engine.open(&endless, &file).unwrap()).collect();
        let mut tick = 0;
        let mut next = || {
            // What is timed is the media thread's work, not the wait for a writer on the same machine.
            while sessions.iter().any(|session| session.writable_samples().unwrap() < FRAME_SAMPLES) {
                std::thread::yield_now();
            }
            tick += 1;
            let frame = |place: usize| &frames[(tick + 7 * place) % frames.len()];
            let push = |(place, &session)| Push { session, frame: frame(place), outcome: Ok(()) };
            sessions.iter().enumerate().map(push).collect::<Vec<_>>()
        };
        group.throughput(Throughput::Elements(count));
        group.bench_function(format!("{count} calls"), |bencher| {
            let run = |pushes: &mut Vec<Push>| {
                for push in pushes {
                    push.outcome = push.session.push(black_box(push.frame));
                }
            };
            bencher.iter_batched_ref(&mut next, run, BatchSize::PerIteration);
        });
        group.bench_function(format!("one call for {count}"), |bencher| {
            let run = |pushes: &mut Vec<Push>| afterbeep::engine::push_many(black_box(pushes));
            bencher.iter_batched_ref(&mut next, run, BatchSize::PerIteration);
        });
        sessions.iter().for_each(|session| session.cancel().unwrap());
    }
    group.finish();
}

criterion_group!(benches, push, push_many);
criterion_main!(benches);
