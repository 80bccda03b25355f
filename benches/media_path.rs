//! What does each detector of the media path cost a sample, what do all of them together, and what a session's `push`?

mod common;

use common::{DETECTORS, Detectors, LINES, SESSIONS, line, listen, session};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn media_path(criterion: &mut Criterion) {
    for name in LINES {
        let samples = line(name);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(samples.len() as u64));
        for set in DETECTORS {
            let mut detectors = Detectors::new(set);
            group.bench_function(set, |bencher| bencher.iter(|| detectors.listen(black_box(&samples))));
        }
        // The tone that says that the caller has gone ends the session.
        if name.starts_with("busy") || name.starts_with("dial") {
            continue;
        }
        for set in SESSIONS {
            let mut session = session(set);
            group.bench_function(set, |bencher| bencher.iter(|| listen(&mut session, black_box(&samples))));
        }
    }
}

criterion_group!(benches, media_path);
criterion_main!(benches);
