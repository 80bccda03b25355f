//! Call-progress tones (ITU-T E.180, Q.35): what a line sounds like when the caller has gone, and what only sounds
//! like it.
//!
//! A block of the [bank](super::goertzel) that may be a tone's starts a run; after four blocks alike a fit of one or
//! two sinusoids says whether it is one, at which frequencies, and since which sample. Sounds of the same tone make a
//! chain, which is held against the patterns of a [plan](super::tone_plan).

mod bank;
mod cadence;
mod detector;
mod find;
mod fit;
mod learn;
mod onset;
mod pending;
mod receiver;
mod scores;
mod sounding;
mod special_information;
mod steadiness;
mod tracker;
mod voice;

pub use detector::{CallProgressDetector, Tone, ToneEvent};
pub use learn::{LearnError, ToneLearner};
pub use receiver::CallProgressReceiver;
