use crate::{Failure, warn};
use afterbeep::line::SampleRate;
use afterbeep::wav::{ReadError, WavReader};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, stdin};
use std::path::Path;

/// INPUT, open.
pub(crate) type Line = WavReader<Box<dyn Read + Send>>;

/// Opens a WAV file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Line, Failure> {
    if path == Path::new("-") {
        return Ok(WavReader::raw(Box::new(stdin()), SampleRate::NARROWBAND));
    }
    let explain = |error: ReadError| {
        let advice = match &error {
            ReadError::Io(error) if error.kind() == ErrorKind::NotFound => "; check the name",
            ReadError::Io(error) if error.kind() == ErrorKind::IsADirectory => "; give a WAV file",
            ReadError::NotWav(_) => "; give a WAV file, or `-` for raw samples on standard input",
            _ => "",
        };
        Failure::Failed(format!("{}: {error}{advice}", path.display()))
    };
    let file = File::open(path).map_err(|error| explain(error.into()))?;
    WavReader::new(Box::new(BufReader::new(file)) as Box<dyn Read + Send>).map_err(explain)
}

/// Warns where INPUT ended within a sample.
pub(crate) fn warn_of_cut(path: &Path, line: &Line) {
    if line.is_cut() {
        let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
        warn(&format!("{name} ends in the middle of a sample; its last byte was left out"));
    }
}
