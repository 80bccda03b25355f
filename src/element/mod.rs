//! The Leave Message element of a call flow: one configuration says who handles the message, where it goes, what ends it
//! and which branch the flow takes then. `docs/element.md` has the whole of it.
//!
//! [`ElementRunner::begin`] resolves the tenant, allocates the message, begins its record and opens a session; the host
//! feeds that as any other, and hands its result to [`ElementRunner::finish`], which completes the record and says what
//! the flow does next.

mod config;
mod error;
mod notices;
mod outcome;
mod recording;
mod runner;
mod variables;

pub use config::{LeaveMessage, Source};
pub use error::ElementError;
pub use notices::tell_engine;
pub use outcome::{Branch, Outcome};
pub use recording::{RecordingParameters, SilenceThreshold};
pub use runner::{Call, ElementRunner, RunningElement};
pub use variables::{Value, Variables};
