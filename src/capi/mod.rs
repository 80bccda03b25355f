//! The C ABI of `include/afterbeep.h`: one file per object, over the public Rust API alone.
//!
//! Doc comments here are the C manual: they are written for C readers and copied into the header.
#![allow(non_camel_case_types, reason = "these are the names that C sees")]
#![allow(rustdoc::broken_intra_doc_links, reason = "thread tags stand in brackets")]

pub mod status;
pub mod version;

pub mod g711;

#[cfg(feature = "std")]
pub mod dtmf;
#[cfg(feature = "std")]
pub mod engine;
#[cfg(feature = "std")]
pub mod error;
#[cfg(feature = "std")]
pub mod result;
#[cfg(feature = "std")]
pub mod session;
#[cfg(feature = "std")]
pub mod session_config;
#[cfg(feature = "std")]
pub mod silence;

#[cfg(feature = "std")]
mod memory;

#[cfg(feature = "std")]
use status::afterbeep_status;

/// Runs the body of an exported function: no panic crosses the boundary. A panic is a fault of ours
/// and becomes `AFTERBEEP_STATUS_INTERNAL`.
#[cfg(feature = "std")]
fn guard(body: impl FnOnce() -> Result<(), afterbeep_status>) -> afterbeep_status {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    done.unwrap_or(Err(afterbeep_status::INTERNAL)).err().unwrap_or(afterbeep_status::OK)
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
