//! A silence detector at work, for callgrind to count its instructions:
//!
//! ```sh
//! cargo build --release --example silence_cost
//! valgrind --tool=callgrind --toggle-collect='*detect*' target/release/examples/silence_cost [adaptive]
//! ```
//!
//! It prints how many blocks went through; instructions a block are callgrind's total by that.

use afterbeep::dsp::BLOCK_SAMPLES;
use afterbeep::dsp::silence::{SilenceConfig, SilenceDetector};
use std::hint::black_box;

fn main() {
    let adaptive = std::env::args().any(|argument| argument == "adaptive");
    let config = if adaptive { SilenceConfig::adaptive() } else { SilenceConfig::default() };
    let mut detector = SilenceDetector::new(&config).unwrap();
    // A second of noise at -50 dBm0, a second of speech at -20, and so on: mean squares that vary by 6 dB.
    let powers: Vec<f32> = (0..10_000_u32)
        .map(|block| {
            let vary = 0.5 + (block.wrapping_mul(2_654_435_761) >> 24) as f32 / 170.0;
            vary * if block / 78 % 2 == 0 { 2.6e3 } else { 2.6e6 }
        })
        .collect();
    detect(&mut detector, black_box(&powers));
    println!("{config:?}: {} blocks", powers.len());
}

#[inline(never)]
fn detect(detector: &mut SilenceDetector, powers: &[f32]) {
    for &power in powers {
        black_box(detector.block(BLOCK_SAMPLES, black_box(power)));
    }
}
