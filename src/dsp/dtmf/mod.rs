//! The DTMF receiver (ITU-T Q.23, Q.24).
//!
//! Two stages: a block of the [bank](super::goertzel) finds a candidate cheaply; a fit of two
//! sinusoids to the candidate alone decides by frequency, level, twist and purity, and finds the
//! first and the last sample of the tone.

mod digit;
mod fit;
mod profile;
mod receiver;

pub use digit::{Digit, HIGH_HZ, LOW_HZ};
pub use profile::DtmfProfile;
pub use receiver::{BANK, DtmfDetector, DtmfEvent, DtmfReceiver, Tone};
