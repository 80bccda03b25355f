use crate::Failure;
use afterbeep::engine::Engine;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);

/// Tells Prometheus's text collector what the engine counts.
pub(super) struct Metrics<'a> {
    file: Option<&'a Path>,
    next: Instant,
}

impl<'a> Metrics<'a> {
    pub(super) fn new(file: Option<&'a Path>) -> Self {
        Self { file, next: Instant::now() }
    }

    /// Writes the file if a second has passed.
    pub(super) fn tick(&mut self, engine: &Engine) -> Result<(), Failure> {
        if Instant::now() < self.next {
            return Ok(());
        }
        self.next = Instant::now() + INTERVAL;
        self.write(engine)
    }

    /// Writes the file. Whoever reads it meanwhile finds the one before.
    pub(super) fn write(&self, engine: &Engine) -> Result<(), Failure> {
        let Some(file) = self.file else { return Ok(()) };
        let mut new = OsString::from(file);
        new.push(".new");
        fs::write(&new, engine.statistics().to_prometheus())
            .and_then(|()| fs::rename(&new, file))
            .map_err(|error| Failure::Failed(format!("{} cannot be written: {error}", file.display())))
    }
}
