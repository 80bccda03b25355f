//! Afterbeep
#![cfg_attr(not(any(feature = "std", test)), no_std)]

#[forbid(unsafe_code)]
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
pub mod engine;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod message;
#[cfg(feature = "std")]
#[forbid(unsafe_code)]
pub mod wav;
