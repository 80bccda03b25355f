//! `afterbeep repair`.

use crate::Failure;
use crate::args::RepairArguments;
use afterbeep::message::{RepairEntry, RepairOptions, Repaired, repair};
use serde::Serialize;
use std::io::{self, Write};

/// One file, as `--json` prints it.
#[derive(Serialize)]
struct Line {
    path: String,
    outcome: &'static str,
    samples: u64,
    duration_ms: u64,
    cut_bytes: u64,
    error: Option<String>,
}

impl From<RepairEntry> for Line {
    fn from(entry: RepairEntry) -> Self {
        let error = match &entry.outcome {
            Repaired::Failed(error) => Some(error.to_string()),
            _ => None,
        };
        Self {
            path: entry.path.display().to_string(),
            outcome: entry.outcome.name(),
            samples: entry.samples,
            duration_ms: entry.duration_ms(),
            cut_bytes: entry.cut_bytes,
            error,
        }
    }
}

pub(crate) fn run(arguments: &RepairArguments) -> Result<(), Failure> {
    let options = RepairOptions { plain: arguments.plain, dry_run: arguments.dry_run };
    let mut written = Ok(());
    let report = repair(&arguments.directory, &options, |entry| {
        let print = |line: Line| -> io::Result<()> {
            let mut out = io::stdout().lock();
            if arguments.json {
                return writeln!(out, "{}", serde_json::to_string(&line)?);
            }
            let Line { path, outcome, duration_ms, error, .. } = line;
            let error = error.map(|error| format!(": {error}")).unwrap_or_default();
            writeln!(out, "{outcome:<10} {path} ({duration_ms} ms){error}")
        };
        // Whoever does not listen any more still wants the files repaired.
        if written.is_ok() {
            written = print(entry.into());
        }
    });
    let report =
        report.map_err(|error| Failure::Failed(format!("{}: {error}", arguments.directory.display())))?;
    written?;
    match report.failed + report.name_taken {
        0 => Ok(()),
        count => Err(Failure::Failed(format!("{count} could not be repaired, or not be given their names"))),
    }
}
