//! The DTMF receiver (ITU-T Q.23, Q.24).
//!
//! Two stages: a block of the [bank](super::goertzel) finds a candidate cheaply; fits of two sinusoids to the candidate
//! alone decide by frequency, level, twist, purity, harmonics, steadiness and length, and find the first and the last
//! sample of the tone.

mod detector;
mod dial_tone;
mod digit;
mod fit;
mod limits;
mod look;
mod profile;
mod receiver;

pub use detector::{BANK, DtmfDetector, DtmfEvent, Measured, Tone};
pub use digit::{Digit, HIGH_HZ, LOW_HZ};
pub use profile::{DtmfProfile, DtmfProfileError};
pub use receiver::DtmfReceiver;
