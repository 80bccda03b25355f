use super::args::Sweep;
use super::{json_line, open, told};
use crate::{Failure, warn};
use afterbeep::store::{
    DailySweep, Deletion, Housekeeping, HousekeepingReport, SqliteStore, SweepOptions, SweepReport,
    SystemClock, keep_house, sweep,
};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Write};
use std::sync::Arc;

#[derive(Serialize)]
struct Swept {
    deleted: u64,
    kept: u64,
    failed: u64,
}

pub(crate) fn run(arguments: &Sweep) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    let now = arguments.now.unwrap_or_else(Timestamp::now);
    if let Some(hour) = arguments.daily {
        return daily(Arc::new(store), hour, arguments.json);
    }
    if arguments.dry_run {
        let swept = sweep(&store, &SweepOptions { dry_run: true, ..SweepOptions::new(now) })?;
        return tell(&swept, true, arguments.json);
    }
    tell_all(&keep_house(&store, now)?, arguments.json)
}

fn tell_all(report: &HousekeepingReport, json: bool) -> Result<(), Failure> {
    for (volume, path) in &report.recovered.to_repair {
        warn(&format!("{path} on volume {volume} was interrupted; `afterbeep repair` mends it"));
    }
    for failure in &report.recovered.failures {
        warn(&format!("{}: {}", failure.id, failure.error));
    }
    // They are tried again tomorrow.
    for error in report.tenants.iter().filter_map(|(_, deletion)| deletion.as_ref().err()) {
        warn(&error.to_string());
    }
    tell(&report.swept, false, json)
}

fn tell(report: &SweepReport, dry_run: bool, json: bool) -> Result<(), Failure> {
    let swept = Swept { deleted: report.deletion.deleted, kept: report.kept, failed: report.deletion.failed };
    let mut out = io::stdout().lock();
    if json {
        told(json_line(&mut out, &swept))?;
    } else {
        let would = if dry_run { "would delete" } else { "deleted" };
        let Swept { deleted, kept, failed } = swept;
        told(writeln!(out, "{would} {deleted} messages, kept {kept}, failed on {failed}"))?;
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

fn daily(store: Arc<SqliteStore>, hour: Time, json: bool) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let clock = SystemClock::new(TimeZone::system());
    let sweeping = DailySweep::start(store, hour, clock, move |news| match news {
        Housekeeping::Swept(report) => {
            if let Err(Failure::Usage(text) | Failure::Failed(text)) = tell_all(&report, json) {
                warn(&text);
            }
        }
        Housekeeping::Failed(error) => warn(&format!("{error}; trying again in a minute")),
        Housekeeping::ClockJumped(by) => warn(&format!(
            "the clock has jumped by {} s; nothing is deleted before {hour} has come again",
            by.as_secs()
        )),
    })?;
    signals.forever().next();
    // Not waited for: what a sweep has begun, the next one finishes.
    std::mem::forget(sweeping);
    Ok(())
}
