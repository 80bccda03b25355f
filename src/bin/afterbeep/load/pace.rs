use super::FRAME_MS;
use super::usage::monotonic;
use rustix::io::Errno;
use rustix::thread::{ClockId, clock_nanosleep_absolute};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(FRAME_MS);

/// When a thread's turns begin.
pub(super) enum Turns {
    /// As soon as the one before is over.
    Max,
    Real(Ticks),
}

/// A turn every 20 ms by absolute time: a late one delays none of those to come.
pub(super) struct Ticks {
    due: Duration,
    pub(super) begun: u64,
    /// Turns that were not over when the next one was due.
    pub(super) late: u64,
    /// The longest time from when a turn was due to its beginning.
    pub(super) lateness_max: Duration,
}

impl Turns {
    pub(super) fn real() -> Self {
        Self::Real(Ticks { due: monotonic() + TICK, begun: 0, late: 0, lateness_max: Duration::ZERO })
    }

    /// Waits for the next turn.
    pub(super) fn wait(&mut self) {
        if let Self::Real(ticks) = self {
            ticks.wait();
        }
    }
}

impl Ticks {
    fn wait(&mut self) {
        if monotonic() > self.due {
            self.late += 1;
        } else {
            sleep_until(self.due);
        }
        self.lateness_max = self.lateness_max.max(monotonic() - self.due);
        self.begun += 1;
        self.due += TICK;
    }
}

/// Signals do not shorten it.
fn sleep_until(time: Duration) {
    let Ok(time) = time.try_into() else { return };
    while clock_nanosleep_absolute(ClockId::Monotonic, &time) == Err(Errno::INTR) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;

    #[test]
    fn a_late_turn_delays_none_to_come() {
        let mut turns = Turns::real();
        let due = |turns: &Turns| match turns {
            Turns::Real(ticks) => ticks.due,
            Turns::Max => Duration::ZERO,
        };
        let first = due(&turns);
        turns.wait();
        sleep(3 * TICK);
        (0..5).for_each(|_| turns.wait());
        assert!(due(&turns) == first + 6 * TICK && monotonic() >= first + 5 * TICK);
        let Turns::Real(ticks) = turns else { panic!("a turn every 20 ms") };
        assert!(ticks.late >= 3 && ticks.lateness_max >= 2 * TICK && ticks.begun == 6);
    }
}
