use crate::Failure;
use afterbeep::line::SampleRate;
use afterbeep::wav::WavReader;
use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::Path;

/// Opens a WAV file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<WavReader<Box<dyn Read>>, Failure> {
    if path == Path::new("-") {
        return Ok(WavReader::raw(Box::new(stdin().lock()), SampleRate::NARROWBAND));
    }
    let explain = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| explain(&error))?;
    WavReader::new(Box::new(BufReader::new(file)) as Box<dyn Read>).map_err(|error| explain(&error))
}
