use crate::args::Input;
use crate::{Failure, warn};
use afterbeep::dsp::Decimator;
use afterbeep::line::SampleRate;
use afterbeep::wav::{ReadError, WavReader};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, stdin};
use std::path::Path;

/// INPUT, open.
pub(crate) type Line = WavReader<Box<dyn Read + Send>>;

/// Opens a WAV file, or standard input for `-`.
pub(crate) fn open(input: &Input) -> Result<Line, Failure> {
    if input.path == Path::new("-") {
        let rate = input.rate.unwrap_or(SampleRate::NARROWBAND);
        return Ok(WavReader::raw(Box::new(stdin()), rate));
    }
    if input.rate.is_some() {
        return Err(Failure::Usage("--rate is for raw samples; a WAV file says its own".to_owned()));
    }
    open_wav(&input.path)
}

/// Opens a WAV file.
pub(crate) fn open_wav(path: &Path) -> Result<Line, Failure> {
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

/// A line as the detectors hear it, at 8 kHz.
pub(crate) struct Narrowband<R> {
    pub(crate) line: WavReader<R>,
    decimator: Option<Decimator>,
    /// Samples of the line that were read.
    samples: u64,
    piece: Vec<i16>,
    ended: bool,
}

impl<R: Read> Narrowband<R> {
    pub(crate) fn new(line: WavReader<R>) -> Self {
        let decimator = Decimator::new(line.sample_rate());
        Self { line, decimator, samples: 0, piece: Vec::new(), ended: false }
    }

    /// Reads what is there, at most as many samples as fit, and returns how many; 0 at the end.
    pub(crate) fn read(&mut self, heard: &mut [i16]) -> io::Result<usize> {
        let Some(decimator) = &mut self.decimator else {
            let count = self.line.read(heard)?;
            self.samples += count as u64;
            return Ok(count);
        };
        loop {
            self.piece.resize(decimator.until(heard.len()), 0);
            let count = if self.ended { 0 } else { self.line.read(&mut self.piece)? };
            self.samples += count as u64;
            let made = match count {
                0 if self.ended => return Ok(0),
                0 => {
                    self.ended = true;
                    decimator.flush(heard)
                }
                _ => decimator.push(&self.piece[..count], heard).0,
            };
            if made > 0 {
                return Ok(made);
            }
        }
    }

    /// The sample of the line that one at 8 kHz stands for.
    pub(crate) fn on_line(&self, heard_sample: u64) -> u64 {
        self.line.sample_rate().of_narrowband(heard_sample).min(self.samples)
    }
}

/// Warns where INPUT ended within a sample.
pub(crate) fn warn_of_cut<R: Read>(path: &Path, line: &WavReader<R>) {
    if line.is_cut() {
        let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
        warn(&format!("{name} ends in the middle of a sample; its last byte was left out"));
    }
}
