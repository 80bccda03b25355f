//! A queue of a few values between one thread that puts them in and one that takes them out. Neither ever waits.
//!
//! For what is small and rare. The room is one array, without the cache lines apart that make a ring of audio fast: a
//! session has three of these.

use super::sync::{AtomicU32, Seed, UnsafeCell, ordering};
use std::array;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Room for `N` values, a power of two.
struct Mailbox<T, const N: usize> {
    /// Values that were ever put in and taken out, each counted around 2^32; they differ by `N` at most.
    put: AtomicU32,
    taken: AtomicU32,
    places: [UnsafeCell<MaybeUninit<T>>; N],
}

// SAFETY: a place between `taken` and `put` belongs to the one receiver, any other place to the one sender. What either
// does there happens before it stores its count, and the other one reads that count before it turns to the place.
unsafe impl<T: Copy + Send, const N: usize> Sync for Mailbox<T, N> {}

impl<T, const N: usize> Mailbox<T, N> {
    /// The place of the value that is counted so.
    #[inline]
    fn place(&self, count: u32) -> &UnsafeCell<MaybeUninit<T>> {
        const { assert!(N.is_power_of_two() && N <= 1 << 16) };
        &self.places[count as usize & (N - 1)]
    }
}

/// The end that values are put in at.
pub(super) struct Sender<T, const N: usize> {
    mailbox: Arc<Mailbox<T, N>>,
    /// Our own count, and the other one as it was when it was last looked at.
    put: u32,
    taken: u32,
}

/// The end that values are taken out at.
pub(super) struct Receiver<T, const N: usize> {
    mailbox: Arc<Mailbox<T, N>>,
    taken: u32,
    put: u32,
}

/// The two ends of an empty mailbox.
pub(super) fn mailbox<T: Copy + Send, const N: usize>() -> (Sender<T, N>, Receiver<T, N>) {
    mailbox_after(0)
}

/// The two ends of a mailbox that so many values have gone through.
pub(super) fn mailbox_after<T: Copy + Send, const N: usize>(values: u32) -> (Sender<T, N>, Receiver<T, N>) {
    let places = array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit()));
    let mailbox = Arc::new(Mailbox { put: AtomicU32::new(values), taken: AtomicU32::new(values), places });
    let sender = Sender { mailbox: Arc::clone(&mailbox), put: values, taken: values };
    (sender, Receiver { mailbox, taken: values, put: values })
}

impl<T: Copy + Send, const N: usize> Sender<T, N> {
    /// Values that find room now.
    pub(super) fn room(&mut self) -> usize {
        self.taken = self.mailbox.taken.load(ordering(Seed::RoomSeen, Ordering::Acquire));
        N - self.put.wrapping_sub(self.taken) as usize
    }

    /// Puts a value in, or gives it back where there is no room.
    #[inline]
    pub(super) fn try_push(&mut self, value: T) -> Result<(), T> {
        if self.put.wrapping_sub(self.taken) == N as u32 && self.room() == 0 {
            return Err(value);
        }
        // SAFETY: the place is not counted as put, so that the receiver keeps off it; there is no other sender.
        self.mailbox.place(self.put).with_mut(|place| unsafe { (*place).write(value) });
        self.put = self.put.wrapping_add(1);
        self.mailbox.put.store(self.put, ordering(Seed::MailPut, Ordering::Release));
        Ok(())
    }
}

impl<T: Copy + Send, const N: usize> Receiver<T, N> {
    /// Takes the oldest value out.
    #[inline]
    pub(super) fn try_pop(&mut self) -> Option<T> {
        if self.taken == self.put {
            self.put = self.mailbox.put.load(ordering(Seed::MailSeen, Ordering::Acquire));
            if self.taken == self.put {
                return None;
            }
        }
        // SAFETY: the place is counted as put, so that it was written and the sender keeps off it; there is no other
        // receiver.
        let value = self.mailbox.place(self.taken).with(|place| unsafe { (*place).assume_init() });
        self.taken = self.taken.wrapping_add(1);
        self.mailbox.taken.store(self.taken, ordering(Seed::MailTaken, Ordering::Release));
        Some(value)
    }
}

impl<T, const N: usize> fmt::Debug for Sender<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender(put {})", self.put)
    }
}

impl<T, const N: usize> fmt::Debug for Receiver<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receiver(taken {})", self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_order_and_what_finds_no_room_comes_back() {
        let (mut sender, mut receiver) = mailbox::<u32, 4>();
        for round in 0..5 {
            for value in 0..4 {
                assert_eq!(sender.try_push(round + value), Ok(()));
            }
            assert_eq!(sender.try_push(9), Err(9));
            for value in 0..4 {
                assert_eq!(receiver.try_pop(), Some(round + value));
            }
            assert_eq!(receiver.try_pop(), None);
        }
    }

    #[test]
    fn counts_wrap_around() {
        let (mut sender, mut receiver) = mailbox_after::<u32, 4>(u32::MAX - 1);
        for value in 0..9 {
            assert_eq!(sender.try_push(value), Ok(()));
            if value >= 3 {
                assert_eq!(receiver.try_pop(), Some(value - 3));
            }
        }
    }

    #[test]
    fn two_threads_lose_nothing() {
        let (mut sender, mut receiver) = mailbox::<u64, 8>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for value in 0..100_000 {
                    while sender.try_push(value).is_err() {
                        std::thread::yield_now();
                    }
                }
            });
            for value in 0..100_000 {
                let taken = std::iter::repeat_with(|| receiver.try_pop()).find_map(|taken| {
                    if taken.is_none() {
                        std::thread::yield_now();
                    }
                    taken
                });
                assert_eq!(taken, Some(value));
            }
        });
    }
}
