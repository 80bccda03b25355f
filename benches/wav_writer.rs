//! What does a batch of audio cost the writer thread: 0.9 s of one channel, data and header?

use afterbeep::line::SampleRate;
use afterbeep::wav::{Format, WavWriter};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const BATCH_SAMPLES: usize = 7_200;
/// Batches into one file, so that it stays of a message's size.
const BATCHES: u64 = 64;

fn append(criterion: &mut Criterion) {
    let batch: Vec<i16> = (0..BATCH_SAMPLES).map(|i| (i as i16).wrapping_mul(7_919)).collect();
    let mut group = criterion.benchmark_group("wav_writer");
    group.throughput(Throughput::Elements(BATCH_SAMPLES as u64));
    for format in [Format::Pcm16, Format::Alaw, Format::Ulaw] {
        let mut bytes = Vec::new();
        let open = || WavWriter::new(tempfile::tempfile().unwrap(), format, SampleRate::NARROWBAND).unwrap();
        let mut writer = open();
        group.bench_function(format!("append_{format:?}"), |bencher| {
            bencher.iter_batched(
                || (),
                |()| {
                    if writer.samples() >= BATCHES * BATCH_SAMPLES as u64 {
                        writer = open();
                    }
                    writer.append([&batch, &[]], &mut bytes).unwrap();
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, append);
criterion_main!(benches);
