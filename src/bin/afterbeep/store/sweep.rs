use super::args::Sweep;
use super::{json_line, open, told};
use crate::{Failure, warn};
use afterbeep::store::{Deletion, MessageStore, RecoverReport, SweepOptions, delete_tenant, recover, sweep};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often the daily sweep looks at the clock.
const LOOK: Duration = Duration::from_secs(1);
/// A clock that goes ahead of the time that has passed by more than this has jumped.
const JUMP: SignedDuration = SignedDuration::from_hours(1);

#[derive(Serialize)]
struct Swept {
    deleted: u64,
    kept: u64,
    failed: u64,
}

pub(crate) fn run(arguments: &Sweep) -> Result<(), Failure> {
    match arguments.daily {
        None => once(arguments, arguments.now.unwrap_or_else(Timestamp::now)),
        Some(time) => daily(arguments, time),
    }
}

fn once(arguments: &Sweep, now: Timestamp) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    let mut unrecovered = RecoverReport::default();
    if !arguments.dry_run {
        unrecovered = recover(&store, Timestamp::now())?;
        for tenant in store.tenants()?.into_iter().filter(|tenant| tenant.being_deleted) {
            // It says why, and is tried again tomorrow.
            let _ = delete_tenant(&store, &tenant.id, now).map_err(|error| warn(&error.to_string()));
        }
    }
    let report = sweep(&store, &SweepOptions { dry_run: arguments.dry_run, ..SweepOptions::new(now) })?;
    let swept = Swept { deleted: report.deletion.deleted, kept: report.kept, failed: report.deletion.failed };
    let mut out = io::stdout().lock();
    if arguments.json {
        told(json_line(&mut out, &swept))?;
    } else {
        let would = if arguments.dry_run { "would delete" } else { "deleted" };
        let Swept { deleted, kept, failed } = swept;
        told(writeln!(out, "{would} {deleted} messages, kept {kept}, failed on {failed}"))?;
    }
    for (volume, path) in &unrecovered.to_repair {
        warn(&format!("{path} on volume {volume} was interrupted; `afterbeep repair` mends it"));
    }
    for failure in &unrecovered.failures {
        warn(&format!("{}: {}", failure.id, failure.error));
    }
    failed(&report.deletion)
}

/// Says what could not be deleted, and why.
pub(super) fn failed(deletion: &Deletion) -> Result<(), Failure> {
    for failure in &deletion.failures {
        warn(&format!("{}: {}", failure.id, failure.error));
    }
    match deletion.failed {
        0 => Ok(()),
        count => {
            Err(Failure::Failed(format!("{count} messages could not be deleted; the next sweep tries again")))
        }
    }
}

fn daily(arguments: &Sweep, time: Time) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    // A store that is not there is told now, not tonight.
    open(&arguments.store)?;
    let (mut began, mut clock) = (Instant::now(), Timestamp::now());
    let mut due = next(&Zoned::now(), time)?;
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(LOOK);
        let now = Zoned::now();
        let passed = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX);
        let ahead = now.timestamp().duration_since(clock).saturating_sub(passed);
        if ahead.abs() > JUMP {
            warn(&format!(
                "the clock has jumped by {} s; nothing is deleted before {time} has come again",
                ahead.as_secs()
            ));
            (began, clock) = (Instant::now(), now.timestamp());
            due = next(&now, time)?;
            continue;
        }
        if now < due {
            continue;
        }
        if let Err(Failure::Usage(text) | Failure::Failed(text)) = once(arguments, now.timestamp()) {
            warn(&text);
        }
        due = next(&now, time)?;
    }
    Ok(())
}

/// When this time of day comes next. One that a day leaves out, as clocks go forward, comes an hour later.
fn next(now: &Zoned, time: Time) -> Result<Zoned, Failure> {
    let at = |date: jiff::civil::Date| date.to_datetime(time).to_zoned(now.time_zone().clone());
    let today = at(now.date())?;
    if today > *now { Ok(today) } else { Ok(at(now.date().checked_add(1.day())?)?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_is_later_today_or_tomorrow() {
        let at = |text: &str| text.parse::<Zoned>().unwrap();
        let next = |now: &str| next(&at(now), jiff::civil::time(2, 30, 0, 0)).ok().unwrap();
        assert_eq!(
            next("2026-01-01T02:29:59+01:00[Europe/Madrid]"),
            at("2026-01-01T02:30:00+01:00[Europe/Madrid]")
        );
        assert_eq!(
            next("2026-01-01T02:30:00+01:00[Europe/Madrid]"),
            at("2026-01-02T02:30:00+01:00[Europe/Madrid]")
        );
        // Clocks go forward from 2 to 3.
        assert_eq!(
            next("2026-03-28T12:00:00+01:00[Europe/Madrid]"),
            at("2026-03-29T03:30:00+02:00[Europe/Madrid]")
        );
    }
}
