use super::FRAME_SAMPLES;
use crate::input::Narrowband;
use crate::{Failure, input};
use afterbeep::wav::WavReader;
use std::io::Read;
use std::path::Path;

/// What callers say where no file is given: a sentence that LibriVox published, in the public domain.
const SPEECH: &[u8] = include_bytes!("../../../../tests/data/reading.wav");

/// Audio without an end: what follows the last sample is the first one.
pub(super) struct Source {
    /// Once around, and so much more that every frame is in one piece.
    samples: Vec<i16>,
    period: usize,
}

impl Source {
    pub(super) fn new(input: Option<&Path>) -> Result<Self, Failure> {
        let samples = match input {
            Some(path) => read(input::open_wav(path)?)?,
            None => read(WavReader::new(SPEECH)?)?,
        };
        if samples.is_empty() {
            let name = input.unwrap_or(Path::new("the input")).display();
            return Err(Failure::Failed(format!("{name} holds no samples; give a recording of speech")));
        }
        let period = samples.len();
        let around = samples.iter().copied().cycle().take(period + FRAME_SAMPLES - 1).collect();
        Ok(Self { samples: around, period })
    }

    /// Where a channel begins.
    pub(super) const fn start(&self, channel: usize, channels: usize) -> usize {
        channel * self.period / channels
    }

    /// The frame at a position, and where the next one is.
    pub(super) fn frame(&self, position: usize) -> (&[i16], usize) {
        (&self.samples[position..position + FRAME_SAMPLES], (position + FRAME_SAMPLES) % self.period)
    }
}

fn read<R: Read>(line: WavReader<R>) -> Result<Vec<i16>, Failure> {
    let mut line = Narrowband::new(line);
    let mut samples = Vec::new();
    let mut piece = [0; 8_000];
    loop {
        let count = line.read(&mut piece)?;
        if count == 0 {
            return Ok(samples);
        }
        samples.extend_from_slice(&piece[..count]);
    }
}
