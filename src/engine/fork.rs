//! A host that forks: the library's threads are not in the child, and whoever held a lock is not there to give it back.
//! The child's calls are refused; it may run another program.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static IN_CHILD: AtomicBool = AtomicBool::new(false);
static WATCHED: OnceLock<()> = OnceLock::new();

/// Learns of forks from now on.
pub(super) fn watch() {
    extern "C" fn note() {
        IN_CHILD.store(true, Ordering::Relaxed);
    }
    // SAFETY: the handler only stores to a static.
    WATCHED.get_or_init(|| unsafe {
        // It fails only where memory is short; forks then go unnoticed, as without it.
        libc::pthread_atfork(None, None, Some(note));
    });
}

/// This process is a fork of the one that the sessions and engines are in.
#[inline]
pub(super) fn is_child() -> bool {
    IN_CHILD.load(Ordering::Relaxed)
}
