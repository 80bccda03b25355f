//! A session's audio between its media thread and its writer: one puts samples in, one takes them out, neither waits.
//!
//! Ours, as a push's cost is that of the cache lines that it touches. The end that puts in knows its place without a
//! look at the other one's count, and says where it will write next, so that the cache can fetch that early
//! (`docs/architecture.md` has the figures).

use super::prefetch::{LINE_BYTES, prefetch_to_write};
use super::sync::{AtomicU32, Seed, Watch, ordering};
use crossbeam::utils::CachePadded;
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The most samples of a ring: counts are told apart around 2^32.
const CAPACITY_MAX: usize = 1 << 31;

/// No processor has smaller pages.
const PAGE_BYTES_MIN: usize = 4_096;

struct Ring {
    sent: CachePadded<Sent>,
    /// Samples that were taken out, counted around 2^32.
    taken: CachePadded<AtomicU32>,
}

/// What the sender touches.
struct Sent {
    /// Samples that were ever put in, counted so, too.
    put: AtomicU32,
    places: Places,
}

/// Places of samples that both ends share.
struct Places {
    samples: Box<[UnsafeCell<i16>]>,
    watch: Watch,
}

// SAFETY: who reads or writes a place vouches that nobody else writes it meanwhile.
unsafe impl Sync for Places {}

impl Places {
    /// So many, each of them touched: not mere memory to come.
    fn new(count: usize) -> Self {
        let mut samples: Box<[_]> = (0..count).map(|_| UnsafeCell::new(0)).collect();
        samples
            .iter_mut()
            .step_by(PAGE_BYTES_MIN / size_of::<i16>())
            .for_each(|sample| *sample.get_mut() = black_box(0));
        Self { samples, watch: Watch::new(count) }
    }

    /// # Safety
    /// Nobody else touches these places meanwhile.
    #[inline]
    unsafe fn write(&self, from: u32, samples: &[i16]) {
        let from = from as usize;
        self.watch.write(from, samples.len());
        let places = &self.samples[from..from + samples.len()];
        // SAFETY: a cell is laid out as what it holds, and these are the caller's.
        unsafe {
            samples.as_ptr().copy_to_nonoverlapping(UnsafeCell::raw_get(places.as_ptr()), samples.len())
        };
    }

    /// # Safety
    /// Nobody writes these places as long as the samples are borrowed.
    #[inline]
    unsafe fn read(&self, from: u32, count: u32) -> &[i16] {
        let (from, count) = (from as usize, count as usize);
        self.watch.read(from, count);
        let places = &self.samples[from..from + count];
        // SAFETY: a cell is laid out as what it holds, and nobody writes these.
        unsafe { std::slice::from_raw_parts(UnsafeCell::raw_get(places.as_ptr()), count) }
    }
}

/// The end that samples are put in at.
pub(super) struct RingSender {
    ring: Arc<Ring>,
    /// Address of the first place, for a cache.
    start: usize,
    capacity: u32,
    /// Where the next sample goes.
    place: u32,
    put: u32,
    /// The other count as it was when it was last looked at.
    taken: u32,
}

/// The end that samples are taken out at.
pub(super) struct RingReceiver {
    ring: Arc<Ring>,
    capacity: u32,
    place: u32,
    taken: u32,
}

/// The two ends of an empty ring of so many samples, touched so that nobody meets a page fault.
pub(super) fn ring(samples: usize) -> (RingSender, RingReceiver) {
    ring_after(samples, 0)
}

/// The two ends of a ring that so many samples have gone through.
pub(super) fn ring_after(samples: usize, count: u32) -> (RingSender, RingReceiver) {
    let samples = samples.clamp(1, CAPACITY_MAX);
    let ring = Arc::new(Ring {
        sent: CachePadded::new(Sent { put: AtomicU32::new(count), places: Places::new(samples) }),
        taken: CachePadded::new(AtomicU32::new(count)),
    });
    let (capacity, start) = (samples as u32, ring.sent.places.samples.as_ptr().addr());
    let sender = RingSender { ring: Arc::clone(&ring), start, capacity, place: 0, put: count, taken: count };
    (sender, RingReceiver { ring, capacity, place: 0, taken: count })
}

/// Runs of places: up to the ring's end, and from its start on.
fn runs(capacity: u32, place: u32, count: u32) -> (u32, u32) {
    let first = count.min(capacity - place);
    (first, count - first)
}

/// The place after some more.
fn later(capacity: u32, place: u32, count: u32) -> u32 {
    let place = place + count;
    if place < capacity { place } else { place - capacity }
}

impl RingSender {
    pub(super) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Samples that find room now.
    pub(super) fn room(&mut self) -> usize {
        self.taken = self.ring.taken.load(ordering(Seed::RingRoomSeen, Ordering::Acquire));
        self.known_room() as usize
    }

    /// Samples that found room when that was last looked at; there may be more now.
    #[inline]
    fn known_room(&self) -> u32 {
        self.capacity - self.put.wrapping_sub(self.taken)
    }

    /// Puts in the first ones, as many as find room, and says how many those are.
    #[inline]
    pub(super) fn push(&mut self, samples: &[i16]) -> usize {
        let mut room = self.known_room() as usize;
        if room < samples.len() {
            room = self.room();
        }
        let count = samples.len().min(room) as u32;
        let (first, second) = runs(self.capacity, self.place, count);
        // SAFETY: these places are not counted as put, so that the receiver keeps off them; there is no other sender.
        unsafe {
            self.ring.sent.places.write(self.place, &samples[..first as usize]);
            if second > 0 {
                self.ring.sent.places.write(0, &samples[first as usize..][..second as usize]);
            }
        }
        self.place = later(self.capacity, self.place, count);
        self.put = self.put.wrapping_add(count);
        self.ring.sent.put.store(self.put, ordering(Seed::RingPut, Ordering::Release));
        count as usize
    }

    /// Has the cache fetch the places of the next samples, and the count.
    #[inline]
    pub(super) fn prefetch(&self, samples: usize) {
        prefetch_to_write(&raw const *self.ring.sent);
        let place = self.start + self.place as usize * size_of::<i16>();
        for offset in (0..=samples * size_of::<i16>()).step_by(LINE_BYTES) {
            prefetch_to_write(std::ptr::without_provenance::<i16>(place + offset));
        }
    }
}

impl RingReceiver {
    pub(super) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Samples that can be taken out now.
    pub(super) fn len(&self) -> usize {
        let put = self.ring.sent.put.load(ordering(Seed::RingSeen, Ordering::Acquire));
        put.wrapping_sub(self.taken) as usize
    }

    /// The oldest `count` samples, which lie in two pieces; no more than there are.
    pub(super) fn peek(&self, count: usize) -> [&[i16]; 2] {
        let count = count.min(self.len()) as u32;
        let (first, second) = runs(self.capacity, self.place, count);
        // SAFETY: these places are counted as put, so that the sender keeps off them until they are counted as taken,
        // which takes this end for itself.
        unsafe { [self.ring.sent.places.read(self.place, first), self.ring.sent.places.read(0, second)] }
    }

    /// Takes out the oldest samples, no more than there are.
    pub(super) fn skip(&mut self, count: usize) {
        let count = count.min(self.len()) as u32;
        self.place = later(self.capacity, self.place, count);
        self.taken = self.taken.wrapping_add(count);
        self.ring.taken.store(self.taken, ordering(Seed::RingTaken, Ordering::Release));
    }
}

impl std::fmt::Debug for RingSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RingSender(put {})", self.put)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn take(receiver: &mut RingReceiver, count: usize) -> Vec<i16> {
        let taken = receiver.peek(count).concat();
        // There may be more by now.
        receiver.skip(taken.len());
        taken
    }

    #[test]
    fn samples_come_in_order_around_the_end_and_what_finds_no_room_is_left() {
        let (mut sender, mut receiver) = ring_after(10, u32::MAX - 3);
        let (mut next, mut expected) = (0, 0);
        for (put, taken) in [(7, 3), (6, 10), (10, 9), (0, 1), (25, 4), (1, 100), (3, 0), (8, 2)] {
            let samples: Vec<i16> = (next..next + put).collect();
            let room = sender.room();
            let count = sender.push(&samples);
            assert_eq!(count, samples.len().min(room));
            next += count as i16;
            let got = take(&mut receiver, taken);
            assert_eq!(got, (expected..expected + got.len() as i16).collect::<Vec<_>>());
            expected += got.len() as i16;
            assert_eq!(receiver.len() + sender.room(), 10);
            assert_eq!(receiver.len() as i16, next - expected);
        }
        assert!(next > 30, "the counts and the places went around");
    }

    #[test]
    fn two_threads_lose_nothing() {
        let (mut sender, mut receiver) = ring(333);
        let stream: Vec<i16> = (0..1_000_000u32).map(|i| (i * 7 / 3) as i16).collect();
        let got = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = &stream[..];
                while !rest.is_empty() {
                    let count = sender.push(&rest[..rest.len().min(160)]);
                    rest = &rest[count..];
                    if count == 0 {
                        std::thread::yield_now();
                    }
                }
            });
            let mut got = Vec::new();
            while got.len() < stream.len() {
                let piece = take(&mut receiver, 500);
                if piece.is_empty() {
                    std::thread::yield_now();
                }
                got.extend(piece);
            }
            got
        });
        assert!(got == stream);
    }
}
