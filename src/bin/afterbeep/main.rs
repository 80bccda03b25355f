//! The command line: records a call from a file, shows what the detectors hear, measures what calls cost.

mod args;
mod detect;
mod element;
mod feed;
mod input;
mod keys;
mod load;
mod record;
mod repair;
mod report;
mod schedule;
mod silence;
mod store;
mod tones;
mod waveform;

use args::{Arguments, Command};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// Status where nothing could start, or the file failed.
const FAILED: u8 = 1;
/// Status for arguments that make no sense, as clap's own.
const USAGE: u8 = 2;

/// Why a command did not do its work.
enum Failure {
    Usage(String),
    Failed(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Record(arguments) => record::run(&arguments),
        Command::Detect(arguments) => detect::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Repair(arguments) => repair::run(&arguments),
        Command::Messages(command) => store::messages::run(&command),
        Command::Sweep(arguments) => store::sweep::run(&arguments),
        Command::Volumes(command) => store::directory::volumes(&command),
        Command::Webhooks(command) => store::webhooks::run(&command),
        Command::Tenants(command) => store::directory::tenants(&command),
        Command::Agents(command) => store::directory::agents(&command),
        Command::Tones(args::Tones::Learn(arguments)) => tones::learn(&arguments),
    };
    let (status, text) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(text)) => (USAGE, text),
        Err(Failure::Failed(text)) => (FAILED, text),
    };
    warn(&text);
    ExitCode::from(status)
}

/// Tells the user; where standard error is gone, the status tells.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "afterbeep: {text}");
}
