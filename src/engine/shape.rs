//! What becomes of the line's samples before they are encoded: the file's rate and level. On a writer thread.

use super::resample::{Resampler, file_samples};
use crate::dsp::gain::{Gain, GainConfig, GainConfigError};
use crate::line::SampleRate;
use std::time::Duration;

pub(super) struct Shape {
    /// What there is to do; behind a pointer, as a session has to be small.
    work: Option<Box<Work>>,
}

struct Work {
    line: SampleRate,
    file: SampleRate,
    resampler: Option<Resampler>,
    gain: Gain,
    /// The gain at the recording's start.
    fresh_gain: Gain,
}

impl Shape {
    pub(super) fn new(
        line: SampleRate,
        file: SampleRate,
        gain: &GainConfig,
    ) -> Result<Self, GainConfigError> {
        let plain = line == file && gain.is_off();
        let gain = Gain::new(gain, file)?;
        let work =
            || Work { line, file, resampler: Resampler::new(line, file), fresh_gain: gain.clone(), gain };
        Ok(Self { work: (!plain).then(|| Box::new(work())) })
    }

    /// The line's rate, for a file's.
    pub(super) fn line_rate(&self, file: SampleRate) -> SampleRate {
        self.work.as_ref().map_or(file, |work| work.line)
    }

    /// How much of the line it keeps at most while more is to come.
    pub(super) fn delay(&self) -> Duration {
        let resampler = self.work.as_ref().and_then(|work| work.resampler.as_ref());
        resampler.map_or(Duration::ZERO, Resampler::delay)
    }

    /// The file holds the line's samples as they are.
    pub(super) const fn is_plain(&self) -> bool {
        self.work.is_none()
    }

    /// The length of the file for so many samples of the line.
    pub(super) fn file_samples(&self, line_samples: u64) -> u64 {
        self.work.as_ref().map_or(line_samples, |work| file_samples(line_samples, work.line, work.file))
    }

    /// Line samples that a file of so many samples stands for.
    pub(super) fn line_samples(&self, in_file: u64) -> u64 {
        self.work.as_ref().map_or(in_file, |work| file_samples(in_file, work.file, work.line))
    }

    /// Adds what can be made of the next samples of the line.
    pub(super) fn push(&mut self, line: &[i16], made: &mut Vec<i16>) {
        let from = made.len();
        match self.work.as_deref_mut() {
            Some(Work { resampler: Some(resampler), .. }) => resampler.push(line, made),
            _ => made.extend_from_slice(line),
        }
        self.level(&mut made[from..]);
    }

    /// Adds the rest.
    pub(super) fn finish(&mut self, made: &mut Vec<i16>) {
        let from = made.len();
        if let Some(Work { resampler: Some(resampler), .. }) = self.work.as_deref_mut() {
            resampler.finish(made);
        }
        self.level(&mut made[from..]);
    }

    /// Forgets what came so far: the recording starts over.
    pub(super) fn restart(&mut self) {
        if let Some(work) = &mut self.work {
            if let Some(resampler) = &mut work.resampler {
                resampler.restart();
            }
            work.gain = work.fresh_gain.clone();
        }
    }

    fn level(&mut self, samples: &mut [i16]) {
        if let Some(work) = &mut self.work {
            work.gain.apply(samples);
        }
    }
}
