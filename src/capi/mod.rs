//! The C ABI of `include/afterbeep.h`: one file per object, over the public Rust API alone.
//!
//! Doc comments here are the C manual: they are written for C readers and copied into the header.
#![allow(non_camel_case_types, reason = "these are the names that C sees")]
#![allow(rustdoc::broken_intra_doc_links, reason = "thread tags stand in brackets")]

pub mod status;
pub mod version;

pub mod dtmf;
pub mod dtmf_profile;
pub mod error;
pub mod g711;
pub mod level;
pub mod telephone_event;
pub mod tone_pattern;

#[cfg(feature = "std")]
pub mod engine;
#[cfg(feature = "std")]
pub mod engine_event;
#[cfg(feature = "std")]
pub mod repair;
#[cfg(feature = "std")]
pub mod result;
#[cfg(feature = "std")]
pub mod session;
#[cfg(feature = "std")]
pub mod session_config;
#[cfg(feature = "std")]
pub mod session_event;
#[cfg(feature = "std")]
pub mod silence;
#[cfg(feature = "std")]
pub mod statistics;

#[cfg(feature = "store")]
pub mod element;
#[cfg(feature = "store")]
pub mod leave_message;
#[cfg(feature = "store")]
pub mod message;
#[cfg(feature = "store")]
pub mod message_change;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "store")]
pub mod store_agent;
#[cfg(feature = "store")]
mod store_failure;
#[cfg(feature = "store")]
pub mod store_sweep;
#[cfg(feature = "store")]
pub mod store_tenant;
#[cfg(feature = "store")]
pub mod store_volume;
#[cfg(feature = "store")]
pub mod variables;

mod memory;

use status::afterbeep_status;

/// Runs the body of an exported function: no panic crosses the boundary. A panic is a fault of ours
/// and becomes `AFTERBEEP_STATUS_INTERNAL`.
fn guard(body: impl FnOnce() -> Result<(), afterbeep_status>) -> afterbeep_status {
    #[cfg(feature = "std")]
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body))
        .unwrap_or(Err(afterbeep_status::INTERNAL));
    // The core does not panic, and without an operating system nothing unwinds.
    #[cfg(not(feature = "std"))]
    let done = body();
    done.err().unwrap_or(afterbeep_status::OK)
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        assert_eq!(guard(|| panic!("planted")), afterbeep_status::INTERNAL);
        assert_eq!(guard(|| Err(afterbeep_status::STALE)), afterbeep_status::STALE);
        assert_eq!(guard(|| Ok(())), afterbeep_status::OK);
    }
}
