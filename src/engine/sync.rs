//! What our own synchronisation is made of: std's and parking_lot's, and loom's in the models (`tests/loom.sh`).

use std::sync::atomic::Ordering;

#[cfg(all(loom, test))]
pub(super) use super::loom_models::facade::*;
#[cfg(not(all(loom, test)))]
pub(super) use real::*;

/// An ordering that a model depends on. Each has a twin that is too weak, and that the model has to catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seed {
    GateOpened,
    GateTaken,
    GateLeft,
    MailPut,
    MailSeen,
    MailTaken,
    RoomSeen,
    StatePublished,
    StateRead,
    ClosedCleared,
    ClosedRead,
    EndAsked,
    EndSeen,
    RequestCounted,
    RequestCountSeen,
    RingPut,
    RingSeen,
    RingTaken,
    RingRoomSeen,
    AlarmPut,
    AlarmWatched,
}

#[cfg(not(all(loom, test)))]
mod real {
    use super::{Ordering, Seed};
    use rustix::event::{EventfdFlags, eventfd};
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
    // std's are not built for ThreadSanitizer: each of its contended locks would look like a race in what it guards.
    pub use parking_lot::{Condvar, Mutex, MutexGuard};
    pub use std::thread::yield_now;

    #[inline]
    pub const fn ordering(_: Seed, ordering: Ordering) -> Ordering {
        ordering
    }

    #[inline]
    pub fn fence(_: Seed) {
        std::sync::atomic::fence(Ordering::SeqCst);
    }

    /// A descriptor that can be made readable.
    #[derive(Debug)]
    pub struct Readable(OwnedFd);

    impl Readable {
        pub fn new() -> io::Result<Self> {
            Ok(Self(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?))
        }

        pub fn set(&self) {
            // It fails only where it is readable already.
            let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
        }

        pub fn clear(&self) {
            let _ = rustix::io::read(&self.0, &mut [0; 8]);
        }

        pub fn descriptor(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }

    /// Watches who touches what, in the models.
    pub struct Watch;

    impl Watch {
        pub const fn new(_places: usize) -> Self {
            Self
        }

        #[inline]
        pub const fn write(&self, _from: usize, _count: usize) {}

        #[inline]
        pub const fn read(&self, _from: usize, _count: usize) {}
    }

    /// Memory that its users guard.
    #[derive(Debug)]
    pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            read(self.0.get())
        }

        #[inline]
        pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            write(self.0.get())
        }

        /// Begins an access that lasts until it is told to end.
        #[inline]
        pub fn access(&self) -> Access<T> {
            Access(self.0.get())
        }
    }

    pub struct Access<T>(*mut T);

    impl<T> Access<T> {
        #[inline]
        pub const fn pointer(&self) -> *mut T {
            self.0
        }

        #[inline]
        pub const fn end(&mut self) {}
    }
}
