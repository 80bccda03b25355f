//! Leave a message after the beep.
//!
//! Afterbeep plays the beep, records what the caller says and ends the message on `#`, silence, a hang-up
//! or the maximum duration. It lives inside a telephony host: a switch, a media server, a DSP
//! card.
//!
//! * [`push`](engine::SessionHandle::push) and [`pull`](engine::SessionHandle::pull) take no lock, allocate
//!   nothing, make no system call and wait for nobody; their work is bounded by the frame.
//! * The file is a valid WAV after every write; a killed process loses what was not written yet,
//!   about a second by default.
//! * The key that ends a message is not in it: the cut is where its tone begins.
//! * What is lost is declared: gaps keep their place, the result counts them.
//! * Time is counted in samples: the same audio gives the same result, however fast it comes.
//! * A stale handle is an error, never a crash.
//!
//! ```text
//!   media thread: real-time, core only                             |  writer threads: may block
//!                                                                  |
//!   caller ─push─> line ──> dsp ──────────> session ──> queue ════════> writer ──> wav ──> message
//!                  G.711,   level, DTMF,    beep ->     one SPSC   |    polls,     valid     NAME.part,
//!                  time     silence         record ->   ring per   |    batches    after     then NAME
//!                                           ended       session    |               every
//!   caller <─pull─ beep <──────────────────────┘                   |               batch
//!   ───────────────────────────────────────────────────────────────┴────────────────────────────────
//!   capi: one thin file per object of include/afterbeep.h; it calls only the public Rust API
//! ```
//!
//! A message in Rust (with the feature `std`):
//!
//! ```
//! use afterbeep::engine::{Engine, EngineConfig, FileConfig};
//! use afterbeep::session::{EndReason, SessionConfig};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let engine = Engine::new(&EngineConfig::default())?;
//! let session = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path()))?;
//! // Every 20 ms the caller sends a frame and hears one.
//! let (sent, mut heard) = ([0; 160], [0; 160]);
//! for _ in 0..50 {
//!     session.push(&sent)?;
//!     session.pull(&mut heard)?;
//! }
//! session.hangup()?;
//! let result = session.result(Duration::from_secs(10))?;
//! // 1 s came in; 0.4 s of it belong to the beep.
//! assert_eq!((result.end_reason, result.duration_ms), (EndReason::Hangup, 600));
//! session.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! The layers, each of which knows only those before it: [`mod@line`], [`dsp`] and [`session`] are the core,
//! which needs no operating system and no allocator; `wav` and `message` write files; `engine` runs
//! sessions; `store` keeps records of messages, and `element` runs a flow's Leave Message element on both;
//! `capi` is the C ABI. Features: `std` (all up to the engine), `store` (with the element), `capi`, `cli`
//! (the command line; on by default).
//!
//! Words. *Frame*: a run of consecutive samples as the line delivers it. *Block*: the run of samples that the
//! detectors integrate. *Session*: one message from the beep to its end. *Message*: what is kept.
//! *End reason*: why it ended. *Twist*: the level of the high DTMF tone less that of the low one.
//! *dBm0*: level relative to the line's zero point; a full-scale sine has +3.14 ([`line::level`]).
//! *Lost* by the line: told by `push_lost`; *lost* by us: the ring was full, or the disk.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

// But for the bank's SIMD kernels, each in a file of its own.
#[deny(unsafe_code)]
#[deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod dsp;
#[forbid(unsafe_code)]
#[deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod line;
#[forbid(unsafe_code)]
#[deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub mod session;

#[cfg(feature = "capi")]
pub mod capi;
#[cfg(feature = "std")]
pub mod cpu;
#[cfg(feature = "store")]
#[forbid(unsafe_code)]
pub mod element;
#[cfg(feature = "std")]
pub mod engine;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod message;
#[cfg(feature = "store")]
#[forbid(unsafe_code)]
pub mod store;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod wav;
