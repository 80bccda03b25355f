//! The library's own threads.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::thread::{Builder, JoinHandle};

/// Starts a named thread that takes no signals: those of the process are the host's, and SIGXFSZ would kill it.
pub(super) fn start(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    // A thread inherits the mask of the one that starts it; blocking them any later would leave a moment without.
    let blocked = Blocked::all();
    let thread = Builder::new().name(name).spawn(run);
    drop(blocked);
    thread
}

/// All signals are blocked in the calling thread until this is dropped.
struct Blocked {
    before: libc::sigset_t,
}

impl Blocked {
    fn all() -> Self {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: `sigfillset` fills the one set, `pthread_sigmask` the other; neither fails with these arguments.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            Self { before: before.assume_init() }
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set came from the call above, in this thread.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_thread_takes_no_signal_and_the_host_still_does() {
        let mask = || {
            let mut set = MaybeUninit::uninit();
            // SAFETY: it only fills the set.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), set.as_mut_ptr());
                libc::sigismember(set.as_ptr(), libc::SIGXFSZ)
            }
        };
        let (tell, told) = std::sync::mpsc::channel();
        start("test".into(), move || tell.send(mask()).unwrap()).unwrap().join().unwrap();
        assert_eq!((told.recv().unwrap(), mask()), (1, 0));
    }
}
