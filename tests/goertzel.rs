//! The bank against a DFT in double precision, and against goertzel-nostd, over every kind of signal.

mod common;

use afterbeep::dsp::BLOCK_SAMPLES;
use afterbeep::dsp::dtmf::{BANK, HIGH_HZ, LOW_HZ};
use common::Random;
use std::f64::consts::TAU;

type Block = [i16; BLOCK_SAMPLES];

fn frequencies() -> impl Iterator<Item = f32> {
    LOW_HZ.into_iter().chain(HIGH_HZ)
}

/// |X|² of a DFT at one frequency, the offset removed, in f64.
fn dft(block: &Block, hz: f64) -> f64 {
    let mean = block.iter().map(|&s| f64::from(s)).sum::<f64>() / BLOCK_SAMPLES as f64;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (i, &sample) in block.iter().enumerate() {
        let angle = TAU * hz / 8_000.0 * i as f64;
        real += (f64::from(sample) - mean) * angle.cos();
        imaginary += (f64::from(sample) - mean) * angle.sin();
    }
    real * real + imaginary * imaginary
}

/// Random, tonal, silent and full-scale blocks.
fn blocks() -> Vec<Block> {
    let mut random = Random::new(11);
    let mut blocks =
        vec![[0; BLOCK_SAMPLES], [1; BLOCK_SAMPLES], [i16::MIN; BLOCK_SAMPLES], [i16::MAX; BLOCK_SAMPLES]];
    blocks.push(std::array::from_fn(|i| if i % 2 == 0 { i16::MAX } else { i16::MIN }));
    for _ in 0..2_000 {
        let peak = 10f64.powf(random.between(0.0, 4.5));
        blocks.push(std::array::from_fn(|_| (peak * random.between(-1.0, 1.0)) as i16));
        let (hz, phase) = (random.between(50.0, 3_950.0), random.between(0.0, TAU));
        blocks.push(std::array::from_fn(|i| (peak * (TAU * hz / 8_000.0 * i as f64 + phase).sin()) as i16));
        let key = frequencies().nth(random.next() as usize % 8).unwrap();
        blocks
            .push(std::array::from_fn(|i| (peak * (TAU * f64::from(key) / 8_000.0 * i as f64).sin()) as i16));
    }
    blocks
}

/// The largest error of powers against the DFT, as a part of (N/2)·Σx²: the most a frequency can hold.
fn worst_error(measure: impl Fn(&Block) -> [f64; 8]) -> f64 {
    let mut worst = 0.0f64;
    for block in blocks() {
        let energy: f64 = block.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
        for (power, hz) in measure(&block).into_iter().zip(frequencies()) {
            let error = (power - dft(&block, hz.into())).abs();
            worst = worst.max(error / (BLOCK_SAMPLES as f64 / 2.0 * energy).max(1.0));
        }
    }
    worst
}

#[test]
fn the_bank_agrees_with_a_dft() {
    let scale = (BLOCK_SAMPLES * BLOCK_SAMPLES) as f64 / 2.0;
    for kernel in afterbeep::cpu::kernels() {
        let powers =
            |block: &Block| BANK.measure(kernel, block).powers().map(|power| f64::from(power) * scale);
        let worst = worst_error(powers);
        println!("{kernel:?}: largest error {worst:.1e} of (N/2)·Σx²");
        assert!(worst < 1e-5, "{kernel:?}: {worst:e}");
    }
}

#[test]
fn goertzel_nostd_is_held_to_the_same_yardstick() {
    let filters: Vec<_> =
        frequencies().map(|hz| goertzel_nostd::Parameters::new(hz, 8_000, BLOCK_SAMPLES)).collect();
    let worst = worst_error(|block| {
        let mean = block.iter().map(|&s| f32::from(s)).sum::<f32>() / BLOCK_SAMPLES as f32;
        let power = |tone: usize| filters[tone].mag_squared(block.iter().map(|&s| f32::from(s) - mean));
        std::array::from_fn(|tone| f64::from(power(tone)))
    });
    println!("goertzel-nostd: largest error {worst:.1e} of (N/2)·Σx²");
    assert!(worst < 1e-3, "{worst:e}");
}

#[test]
fn total_power_is_the_variance() {
    for block in blocks() {
        let mean = block.iter().map(|&s| f64::from(s)).sum::<f64>() / BLOCK_SAMPLES as f64;
        let variance =
            block.iter().map(|&s| (f64::from(s) - mean).powi(2)).sum::<f64>() / BLOCK_SAMPLES as f64;
        for kernel in afterbeep::cpu::kernels() {
            let total = f64::from(BANK.measure(kernel, &block).total);
            assert!((total - variance).abs() <= 1e-5 * variance + 1e-3, "{total} for {variance}");
        }
    }
}
