//! The commands on a store: messages, tenants, volumes, agents, the sweep.

pub(crate) mod args;
pub(crate) mod directory;
pub(crate) mod messages;
pub(crate) mod sweep;
pub(crate) mod webhooks;

use crate::Failure;
use afterbeep::store::{SqliteStore, StoreOptions};
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a store that is there.
fn open(store: &args::Store) -> Result<SqliteStore, Failure> {
    open_with(store, &StoreOptions::default())
}

fn open_with(store: &args::Store, options: &StoreOptions) -> Result<SqliteStore, Failure> {
    SqliteStore::open(&store.store, options)
        .map_err(|error| Failure::Failed(format!("{}: {error}", store.store.display())))
}

/// Where results go; a reader who has read enough is no failure.
fn told(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a line of JSON.
fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(value)?)
}

/// A file that is created for its owner alone, or standard output.
fn create(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(io::stdout().lock())));
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    Ok(Box::new(BufWriter::new(file)))
}
