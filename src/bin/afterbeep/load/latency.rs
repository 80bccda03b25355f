//! How long single pushes take. Timing each of them would cost a fifth of what is measured: samples do.

use super::usage::ThreadCounts;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Successive pushes that are timed, out of so many. A prime number, so that every channel gets its turn.
const RUN: u32 = 32;
const PERIOD: u32 = 1_021;
/// No preemption is shorter than this.
const PREEMPTION_MIN: Duration = Duration::from_micros(1);
const LONGEST_NS: u64 = 60_000_000_000;

/// Times some of a thread's pushes, and as many empty runs in the same way: what interrupts, the virtual machine and
/// the clock add is in both.
pub(super) struct Sampler {
    pushes: Latencies,
    empty: Latencies,
    position: u32,
    /// How often the thread had been preempted when it was last asked.
    preemptions: i64,
    /// When the last sample was done with.
    left: Instant,
}

/// What was measured, those samples apart in which the thread lost its processor.
pub(super) struct Latencies {
    pub(super) undisturbed: Histogram<u64>,
    pub(super) preempted: Histogram<u64>,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self { undisturbed: histogram(), preempted: histogram() }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (sum, part) in
            [(&mut self.undisturbed, &other.undisturbed), (&mut self.preempted, &other.preempted)]
        {
            // All have the same bounds.
            let _ = sum.add(part);
        }
    }
}

/// An empty histogram, each page of it touched: no sample shall meet a page fault.
fn histogram() -> Histogram<u64> {
    let mut histogram =
        Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("bounds as the crate documents them");
    histogram.reset();
    histogram
}

impl Sampler {
    pub(super) fn new() -> Self {
        Self {
            pushes: Latencies::new(),
            empty: Latencies::new(),
            position: PERIOD - 1,
            preemptions: 0,
            left: Instant::now(),
        }
    }

    /// Does a push, and times it if it is its turn.
    #[inline]
    pub(super) fn push<T>(&mut self, push: impl FnOnce() -> T) -> T {
        self.position += 1;
        if self.position == PERIOD {
            self.position = 0;
            self.ask();
        } else if self.position == PERIOD / 2 {
            self.ask();
            for _ in 0..RUN {
                self.time(|| black_box(()), |sampler| &mut sampler.empty);
            }
        }
        if self.position < RUN { self.time(push, |sampler| &mut sampler.pushes) } else { push() }
    }

    /// Whether something is to be timed, or asked, with one of the next pushes.
    #[inline]
    pub(super) const fn times(&self, pushes: usize) -> bool {
        let last = self.position + pushes as u32;
        self.position + 1 < RUN || (self.position < PERIOD / 2 && last >= PERIOD / 2) || last >= PERIOD
    }

    /// Takes note of pushes that were not timed.
    #[inline]
    pub(super) const fn pass(&mut self, pushes: usize) {
        self.position += pushes as u32;
    }

    #[inline]
    fn time<T>(&mut self, work: impl FnOnce() -> T, kind: impl FnOnce(&mut Self) -> &mut Latencies) -> T {
        let mut start = Instant::now();
        if start - self.left >= PREEMPTION_MIN {
            // Between two samples.
            self.ask();
            start = self.left;
        }
        let done = work();
        self.left = Instant::now();
        let took = self.left - start;
        let preempted = took >= PREEMPTION_MIN && self.ask();
        let latencies = kind(self);
        let histogram = if preempted { &mut latencies.preempted } else { &mut latencies.undisturbed };
        histogram.saturating_record(took.as_nanos() as u64);
        done
    }

    /// Whether the thread was preempted since this was last asked.
    fn ask(&mut self) -> bool {
        let before = self.preemptions;
        self.preemptions = ThreadCounts::now().preemptions;
        self.left = Instant::now();
        self.preemptions != before
    }

    /// Pushes, and empty runs.
    pub(super) fn finish(self) -> (Latencies, Latencies) {
        (self.pushes, self.empty)
    }
}

/// A histogram in figures, to a thousandth.
#[derive(Serialize)]
pub(super) struct Percentiles {
    pub(super) samples: u64,
    pub(super) p50: u64,
    pub(super) p90: u64,
    pub(super) p99: u64,
    pub(super) p99_9: u64,
    pub(super) p99_99: u64,
    pub(super) max: u64,
}

impl From<&Histogram<u64>> for Percentiles {
    fn from(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile);
        Self {
            samples: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            p99_99: at(0.9999),
            max: histogram.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::spin_loop;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    fn spin(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {}
    }

    #[test]
    fn one_push_in_thirty_is_timed_and_as_many_empty_runs() {
        let mut sampler = Sampler::new();
        (0..10 * PERIOD).for_each(|_| sampler.push(|| spin(Duration::from_nanos(500))));
        let (pushes, empty) = sampler.finish();
        let samples = |kind: &Latencies| kind.undisturbed.len() + kind.preempted.len();
        assert_eq!((samples(&pushes), samples(&empty)), (320, 320));
        assert!(pushes.undisturbed.min() >= 500 && empty.undisturbed.value_at_quantile(0.5) < 500);
    }

    #[test]
    fn samples_that_lost_their_processor_are_told_apart() {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 * thread::available_parallelism().unwrap().get() {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        spin_loop()
                    }
                });
            }
            let mut sampler = Sampler::new();
            for _ in 0..RUN {
                sampler.push(|| spin(Duration::from_millis(5)));
            }
            done.store(true, Ordering::Relaxed);
            let (pushes, _) = sampler.finish();
            assert!(!pushes.preempted.is_empty());
        });
    }

    #[test]
    fn percentiles_are_those_of_the_samples() {
        let mut histogram = histogram();
        (1..=10_000).for_each(|ns| histogram.saturating_record(ns));
        let found = Percentiles::from(&histogram);
        let near = |value: u64, exact: u64| value.abs_diff(exact) <= exact / 1_000;
        assert!(near(found.p50, 5_000) && near(found.p90, 9_000) && near(found.p99, 9_900));
        assert!(near(found.p99_9, 9_990) && near(found.p99_99, 9_999) && near(found.max, 10_000));
        assert_eq!(found.samples, 10_000);
    }
}
