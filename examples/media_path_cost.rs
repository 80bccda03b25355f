//! A detector of the media path, all of them, or a session at work on a line, for callgrind to count its instructions;
//! `benches/instructions.sh` makes the table.
//!
//! ```sh
//! cargo build --release --example media_path_cost
//! valgrind --tool=callgrind --toggle-collect='*listen*' target/release/examples/media_path_cost all speech
//! ```
//!
//! It prints how many samples went through; instructions a sample are callgrind's total by that. A line is a name of
//! `benches/common/mod.rs` or a WAV file.

#[path = "../benches/common/mod.rs"]
mod common;

use common::{DETECTORS, Detectors, LINES, SESSIONS, line, listen, session};
use std::hint::black_box;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, name] = arguments.as_slice() else {
        println!("{} {}\n{}", DETECTORS.join(" "), SESSIONS.join(" "), LINES.join(" "));
        return;
    };
    let samples = if name.ends_with(".wav") {
        hound::WavReader::open(name).unwrap().samples().map(Result::unwrap).collect()
    } else {
        line(name)
    };
    if SESSIONS.contains(&set.as_str()) {
        listen(&mut session(set), black_box(&samples));
    } else {
        Detectors::new(set).listen(black_box(&samples));
    }
    println!("{} samples", samples.len());
}
