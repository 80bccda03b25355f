//! What does one block of the bank cost: eight DTMF frequencies and the total power over 102 samples?
//! goertzel-nostd, which needs a pass a frequency and gives no total, stands beside it.

use afterbeep::dsp::BLOCK_SAMPLES;
use afterbeep::dsp::dtmf::{BANK, HIGH_HZ, LOW_HZ};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use goertzel_nostd::Parameters;
use std::hint::black_box;

fn bank(criterion: &mut Criterion) {
    let block: [i16; BLOCK_SAMPLES] = std::array::from_fn(|i| (i as i16).wrapping_mul(7_919));
    let floats = block.map(f32::from);
    let filters = [LOW_HZ, HIGH_HZ].concat().into_iter().map(|hz| Parameters::new(hz, 8_000, BLOCK_SAMPLES));
    let filters: Vec<_> = filters.collect();
    let mut group = criterion.benchmark_group("goertzel_bank");
    group.throughput(Throughput::Elements(BLOCK_SAMPLES as u64));
    for kernel in afterbeep::cpu::kernels() {
        let name = format!("afterbeep {kernel:?}");
        group.bench_function(name, |bencher| bencher.iter(|| BANK.measure(kernel, black_box(&block))));
    }
    group.bench_function("goertzel-nostd", |bencher| {
        bencher.iter(|| {
            let powers = filters.iter().map(|filter| filter.mag_squared(black_box(&floats).iter()));
            powers.sum::<f32>()
        });
    });
    group.finish();
}

criterion_group!(benches, bank);
criterion_main!(benches);
