//! What a store needs once a day: what a crash left is finished, and what is over is deleted.

use super::{
    MessageStore, RecoverReport, StoreError, SweepOptions, SweepReport, TenantDeletion, delete_tenant,
    recover, sweep,
};
use crossbeam::channel::{RecvTimeoutError, Sender, bounded};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A clock that differs from the time that has passed by more than this has jumped.
const JUMP: SignedDuration = SignedDuration::from_hours(1);
/// A store that could not be written is tried again after this.
const RETRY: Duration = Duration::from_secs(60);

/// What was done for a store.
#[derive(Debug, Default)]
pub struct HousekeepingReport {
    /// What a crash had left.
    pub recovered: RecoverReport,
    /// Tenants whose deletion was interrupted, and what became of it now.
    pub tenants: Vec<(String, Result<TenantDeletion, StoreError>)>,
    /// What was over.
    pub swept: SweepReport,
}

/// Recovers what crashes have left, goes on with interrupted deletions of tenants, and sweeps.
pub fn keep_house(store: &dyn MessageStore, now: Timestamp) -> Result<HousekeepingReport, StoreError> {
    let recovered = recover(store, now)?;
    let deleted = store.tenants()?.into_iter().filter(|tenant| tenant.being_deleted);
    let tenants = deleted.map(|tenant| (tenant.id.clone(), delete_tenant(store, &tenant.id, now))).collect();
    let swept = sweep(store, &SweepOptions::new(now))?;
    Ok(HousekeepingReport { recovered, tenants, swept })
}

/// What a daily sweep tells, on its own thread.
#[derive(Debug)]
pub enum Housekeeping {
    /// It has swept.
    Swept(HousekeepingReport),
    /// The store could not be used; it is tried again a minute later.
    Failed(StoreError),
    /// The clock has jumped by so much against the time that has passed: nothing is deleted before the hour has come
    /// again.
    ClockJumped(SignedDuration),
}

/// The times that a daily sweep goes by.
pub trait Clock: Send {
    /// The time of day, in the time zone that the hour is meant in.
    fn now(&self) -> Zoned;
    /// Time that has passed since some moment, whatever the clock says.
    fn elapsed(&self) -> Duration;
}

/// The system's clock in a time zone.
#[derive(Clone, Debug)]
pub struct SystemClock {
    zone: TimeZone,
    began: Instant,
}

impl SystemClock {
    /// In a time zone; `TimeZone::system()` is the machine's.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, began: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Zoned {
        Timestamp::now().to_zoned(self.zone.clone())
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// [Keeps house](keep_house) each day at a time of day, from a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct DailySweep {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DailySweep {
    /// Starts the thread. Where the hour is past today, tomorrow is the first day.
    pub fn start(
        store: Arc<dyn MessageStore>,
        hour: Time,
        clock: impl Clock + 'static,
        tell: impl FnMut(Housekeeping) + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = bounded(0);
        let mut day = Day::new(hour, Box::new(clock));
        let mut tell = tell;
        let thread = thread::Builder::new().name("daily sweep".to_owned()).spawn(move || {
            while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if let Some(news) = day.look(&*store) {
                    tell(news);
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for DailySweep {
    /// Waits for a sweep that is under way.
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// When the next sweep is due.
struct Day {
    hour: Time,
    clock: Box<dyn Clock>,
    due: Option<Zoned>,
    /// A sweep that failed, and when it is tried again.
    retry_at: Option<Duration>,
    /// Both times when the clock was last set.
    since: (Zoned, Duration),
}

impl Day {
    fn new(hour: Time, clock: Box<dyn Clock>) -> Self {
        let since = (clock.now(), clock.elapsed());
        Self { hour, due: next(&since.0, hour), clock, retry_at: None, since }
    }

    /// Sweeps, if it is time.
    fn look(&mut self, store: &dyn MessageStore) -> Option<Housekeeping> {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let passed = elapsed.saturating_sub(self.since.1);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        let ahead = now.timestamp().duration_since(self.since.0.timestamp()).saturating_sub(passed);
        if ahead.abs() > JUMP {
            self.since = (now.clone(), elapsed);
            (self.due, self.retry_at) = (next(&now, self.hour), None);
            return Some(Housekeeping::ClockJumped(ahead));
        }
        let due = self.due.as_ref().is_some_and(|due| now >= *due);
        if !due && self.retry_at.is_none_or(|at| elapsed < at) {
            return None;
        }
        self.due = next(&now, self.hour);
        match keep_house(store, now.timestamp()) {
            Ok(report) => {
                self.retry_at = None;
                Some(Housekeeping::Swept(report))
            }
            Err(error) => {
                self.retry_at = Some(elapsed + RETRY);
                Some(Housekeeping::Failed(error))
            }
        }
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Day")
            .field("due", &self.due)
            .field("retry_at", &self.retry_at)
            .finish_non_exhaustive()
    }
}

/// When this time of day comes next; never, at the end of the calendar. One that a day leaves out, as clocks go forward,
/// comes an hour later.
fn next(now: &Zoned, hour: Time) -> Option<Zoned> {
    let at = |date: jiff::civil::Date| date.to_datetime(hour).to_zoned(now.time_zone().clone()).ok();
    at(now.date()).filter(|today| today > now).or_else(|| at(now.date().checked_add(1.day()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{completion, draft, with_tenant};
    use crate::store::{Change, SqliteStore};
    use jiff::civil::time;
    use std::sync::Mutex;

    fn zoned(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_time_is_later_today_or_tomorrow() {
        let next = |now: &str| next(&zoned(now), time(2, 30, 0, 0)).unwrap();
        assert_eq!(
            next("2026-01-01T02:29:59+01:00[Europe/Madrid]"),
            zoned("2026-01-01T02:30:00+01:00[Europe/Madrid]")
        );
        assert_eq!(
            next("2026-01-01T02:30:00+01:00[Europe/Madrid]"),
            zoned("2026-01-02T02:30:00+01:00[Europe/Madrid]")
        );
        // Clocks go forward from 2 to 3.
        assert_eq!(
            next("2026-03-28T12:00:00+01:00[Europe/Madrid]"),
            zoned("2026-03-29T03:30:00+02:00[Europe/Madrid]")
        );
    }

    /// A clock that is set by hand.
    #[derive(Clone)]
    struct Fake(Arc<Mutex<(Zoned, Duration)>>);

    impl Fake {
        fn at(now: &str) -> Self {
            Self(Arc::new(Mutex::new((zoned(now), Duration::ZERO))))
        }

        fn pass(&self, hours: i64) {
            let (now, elapsed) = &mut *self.0.lock().unwrap();
            *now = now.checked_add(hours.hours()).unwrap();
            *elapsed += Duration::from_secs(3_600 * hours.unsigned_abs());
        }

        fn jump(&self, hours: i64) {
            let (now, _) = &mut *self.0.lock().unwrap();
            *now = now.checked_add(hours.hours()).unwrap();
        }
    }

    impl Clock for Fake {
        fn now(&self) -> Zoned {
            self.0.lock().unwrap().0.clone()
        }

        fn elapsed(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }

    /// A store with one message, whose time is over two hours after the clock's.
    fn with_message(clock: &Fake, directory: &std::path::Path) -> SqliteStore {
        let store = with_tenant(directory, Some(7_200));
        let mut draft = draft("1001", "a");
        draft.started_at = clock.now().timestamp();
        let completion =
            crate::store::Completion { ended_at: draft.started_at, duration_ms: 0, ..completion() };
        let change = Change::Complete { draft: Box::new(draft), completion: Box::new(completion) };
        store.apply(&[change]).unwrap();
        store
    }

    fn deleted(news: Option<Housekeeping>) -> Option<u64> {
        match news? {
            Housekeeping::Swept(report) => Some(report.swept.deletion.deleted),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_sweeps_once_a_day_at_its_hour() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Fake::at("2026-03-27T22:00:00+01:00[Europe/Madrid]");
        let store = with_message(&clock, directory.path());
        let mut day = Day::new(time(2, 30, 0, 0), Box::new(clock.clone()));
        clock.pass(4);
        assert_eq!(deleted(day.look(&store)), None);
        clock.pass(1);
        assert_eq!(deleted(day.look(&store)), Some(1));
        assert_eq!(deleted(day.look(&store)), None);
        clock.pass(23);
        assert_eq!(deleted(day.look(&store)), None);
        // 2:30 is left out on this day, 3:30 is not: an hour and a half after midnight of 23.
        clock.pass(1);
        assert_eq!(deleted(day.look(&store)), Some(0));
    }

    #[test]
    fn a_clock_that_jumps_deletes_nothing_before_the_hour_has_come_again() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Fake::at("2026-01-01T02:00:00+01:00[Europe/Madrid]");
        let store = with_message(&clock, directory.path());
        let mut day = Day::new(time(3, 0, 0, 0), Box::new(clock.clone()));
        for ahead in [24 * 365, -24 * 365] {
            clock.jump(ahead);
            match day.look(&store) {
                Some(Housekeeping::ClockJumped(by)) => assert_eq!(by.as_hours(), ahead),
                other => panic!("{other:?}"),
            }
            assert!(day.look(&store).is_none());
        }
        assert_eq!(store.kept().unwrap(), 1);
        clock.pass(25);
        assert_eq!(deleted(day.look(&store)), Some(1));
    }

    #[test]
    fn a_store_that_is_away_is_tried_again_soon() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Fake::at("2026-01-01T00:00:00+01:00[Europe/Madrid]");
        let store = with_message(&clock, directory.path());
        let mut day = Day::new(time(3, 0, 0, 0), Box::new(clock.clone()));
        clock.pass(4);
        let other = rusqlite::Connection::open(directory.path().join("afterbeep.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(matches!(day.look(&store), Some(Housekeeping::Failed(StoreError::Locked))));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(deleted(day.look(&store)), None);
        clock.pass(1);
        assert_eq!(deleted(day.look(&store)), Some(1));
        clock.pass(2);
        assert_eq!(deleted(day.look(&store)), None);
    }
}
