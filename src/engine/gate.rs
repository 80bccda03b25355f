//! One value that one thread at a time may enter, without waiting.
//!
//! The gate holds a generation and a mark. A handle names the generation it was given, so a stale one is
//! turned away by the same compare-and-swap that would let a good one in. Nobody waits: who finds the gate
//! taken is told so.

use super::sync::{Access, AtomicU64, Seed, UnsafeCell, ordering};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;

/// Nothing is behind the gate.
const VACANT: u64 = 0;
/// The value may be entered.
const FREE: u64 = 1;
/// A thread is in.
const TAKEN: u64 = 2;

/// The gate's word for a generation and a mark.
const fn word(generation: u32, mark: u64) -> u64 {
    (generation as u64) << 32 | mark
}

/// Why a gate let nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Another thread is in.
    Taken,
    /// The gate belongs to another generation, or to none.
    Gone,
}

/// A value behind a gate.
pub(super) struct Gated<T> {
    word: AtomicU64,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is reached only by the thread that took the gate (`enter`, `remove`) or that
// opens a vacant one (`install`, whose callers hold the slot's control lock); the acquiring
// compare-and-swap and the releasing store order one thread's access before the next one's.
unsafe impl<T: Send> Sync for Gated<T> {}

impl<T> Gated<T> {
    pub(super) fn vacant() -> Self {
        Self { word: AtomicU64::new(VACANT), value: UnsafeCell::new(None) }
    }

    /// Puts a value behind a vacant gate and opens it for a generation.
    ///
    /// # Safety
    /// The gate is vacant, and no other thread installs a value at the same time.
    pub(super) unsafe fn install(&self, generation: u32, value: T) {
        // SAFETY: nobody enters a vacant gate, and the caller alone installs.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        self.word.store(word(generation, FREE), ordering(Seed::GateOpened, Ordering::Release));
    }

    /// Enters, if the gate belongs to the generation and nobody is in. One read-modify-write in,
    /// one store out.
    #[inline]
    pub(super) fn enter(&self, generation: u32) -> Result<Entered<'_, T>, Refused> {
        self.take(generation)?;
        let access = self.value.access();
        // SAFETY: the gate is taken by this thread until `Entered` is dropped.
        match unsafe { (*access.pointer()).as_mut() } {
            Some(value) => Ok(Entered { gate: self, generation, value, access }),
            // A gate is never open without a value.
            None => Err(Refused::Gone),
        }
    }

    /// Takes the value out and leaves the gate vacant.
    pub(super) fn remove(&self, generation: u32) -> Result<Option<T>, Refused> {
        self.take(generation)?;
        // SAFETY: the gate is taken by this thread.
        let value = self.value.with_mut(|place| unsafe { (*place).take() });
        self.word.store(word(generation, VACANT), Ordering::Release);
        Ok(value)
    }

    #[inline]
    fn take(&self, generation: u32) -> Result<(), Refused> {
        let (free, taken) = (word(generation, FREE), word(generation, TAKEN));
        let acquire = ordering(Seed::GateTaken, Ordering::Acquire);
        match self.word.compare_exchange(free, taken, acquire, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(actual) if actual == taken => Err(Refused::Taken),
            Err(_) => Err(Refused::Gone),
        }
    }
}

impl<T> fmt::Debug for Gated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gated({:#x})", self.word.load(Ordering::Relaxed))
    }
}

/// The value, for as long as this thread is in.
pub(super) struct Entered<'a, T> {
    gate: &'a Gated<T>,
    generation: u32,
    value: &'a mut T,
    access: Access<Option<T>>,
}

impl<T> Deref for Entered<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> DerefMut for Entered<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.value
    }
}

impl<T> Drop for Entered<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.access.end();
        self.gate.word.store(word(self.generation, FREE), ordering(Seed::GateLeft, Ordering::Release));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_generation_enters_and_only_once() {
        let gate = Gated::vacant();
        assert_eq!(gate.enter(0).err(), Some(Refused::Gone));
        // SAFETY: the gate is new, and this thread is alone.
        unsafe { gate.install(7, 1) };
        assert_eq!(gate.enter(6).err(), Some(Refused::Gone));
        {
            let mut inside = gate.enter(7).unwrap();
            *inside += 1;
            assert_eq!(gate.enter(7).err(), Some(Refused::Taken));
            assert_eq!(gate.remove(7), Err(Refused::Taken));
        }
        assert_eq!(gate.remove(7), Ok(Some(2)));
        assert_eq!(gate.enter(7).err(), Some(Refused::Gone));
    }

    #[test]
    fn threads_do_not_meet_inside() {
        let gate = Gated::vacant();
        // SAFETY: the gate is new, and this thread is alone.
        unsafe { gate.install(1, 0u64) };
        let entered: u64 = std::thread::scope(|scope| {
            let count =
                || (0..100_000).filter(|_| gate.enter(1).map(|mut value| *value += 1).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap() as u64).sum()
        });
        assert_eq!(gate.remove(1), Ok(Some(entered)));
    }
}
