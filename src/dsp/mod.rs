//! Signal in, facts out. Detectors measure and report; they decide nothing.
//!
//! Audio is cut into blocks of [`BLOCK_SAMPLES`]; one pass of the [`goertzel`] bank over each
//! block feeds every detector.

pub mod beep;
mod block;
pub mod call_progress;
mod decimator;
pub mod dtmf;
pub mod gain;
pub mod goertzel;
mod oscillator;
pub mod silence;
pub mod tone_plan;
mod wave;

pub use block::{BlockBuffer, HISTORY_SAMPLES};
pub use decimator::Decimator;
pub use goertzel::BLOCK_SAMPLES;
pub use oscillator::Oscillator;
