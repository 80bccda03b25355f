//! What the line delivers: samples, their rate and time, their coding, their level.

pub mod g711;
pub mod level;
mod noise;
mod rate;
mod rtp;

pub use noise::ComfortNoise;
pub use rate::{SampleRate, UnsupportedSampleRate};
pub use rtp::{Placed, RtpTimeline};

/// The longest frame that one call takes, in samples: a fifth of a second at 48 kHz.
///
/// It bounds the work of a single [`push`](crate::session::Session::push).
pub const FRAME_MAX_SAMPLES: usize = 9_600;
