//! The detectors' decimator at one line rate, for callgrind to count its instructions.
//!
//! ```sh
//! cargo build --release --example decimator_cost
//! for hz in 16000 24000 32000 44100 48000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*decimate*' \
//!         target/release/examples/decimator_cost $hz 2>&1 | grep -E 'frames|Collected'
//! done
//! ```
//!
//! It prints how many frames of 20 ms went through; instructions a frame are callgrind's total by that.

use afterbeep::dsp::Decimator;
use afterbeep::line::SampleRate;
use std::hint::black_box;

const FRAMES: usize = 1_000;

#[inline(never)]
fn decimate(decimator: &mut Decimator, frame: &[i16], detector: &mut [i16]) -> usize {
    decimator.push(frame, detector).0
}

fn main() {
    let hz = std::env::args().nth(1).and_then(|hz| hz.parse().ok()).unwrap_or(48_000);
    let rate = SampleRate::ALL.into_iter().find(|rate| rate.hz() == hz);
    let Some(mut decimator) = rate.and_then(Decimator::new) else {
        println!("16000 24000 32000 44100 48000");
        return;
    };
    let frame: Vec<i16> = (0..hz / 50).map(|n| (n.wrapping_mul(2_654_435_761) >> 17) as i16).collect();
    let mut detector = [0; 200];
    let mut made = 0;
    for _ in 0..FRAMES {
        made += decimate(&mut decimator, black_box(&frame), &mut detector);
    }
    println!(
        "{FRAMES} frames of {} samples, {made} samples at 8 kHz, {} bytes of state",
        frame.len(),
        size_of::<Decimator>()
    );
}
