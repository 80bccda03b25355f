use crate::Failure;
use afterbeep::line::SampleRate;
use afterbeep::wav::{ReadError, WavReader};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, stdin};
use std::path::Path;

/// Opens a WAV file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<WavReader<Box<dyn Read>>, Failure> {
    if path == Path::new("-") {
        return Ok(WavReader::raw(Box::new(stdin().lock()), SampleRate::NARROWBAND));
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
    WavReader::new(Box::new(BufReader::new(file)) as Box<dyn Read>).map_err(explain)
}
