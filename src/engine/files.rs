//! A message's files: one, or several where it is split. One of them is open at a time, but for a moment two at each change
//! from one to another; all of them are named together, at the message's end.

use super::error::is_short_of_descriptors;
use crate::line::SampleRate;
use crate::message::{CreateError, PartFile};
use crate::wav::{Storage, WavWriter, WriteError};
use std::io;
use std::path::PathBuf;

/// A message's last file has this number at most, as names sort up to it.
const NUMBER_MAX: u32 = 9_999;

pub(super) struct Files {
    /// The one that is written, and its name.
    wav: WavWriter,
    part: PartFile,
    /// What only few messages need; behind a pointer, as a session has to be small.
    series: Option<Box<Series>>,
}

struct Series {
    /// Samples that a file takes.
    capacity: u64,
    /// Samples that all of them may have.
    most_samples: u64,
    /// Samples that an earlier message left.
    appended_to: u64,
    /// The full files before the one that is written, and their samples.
    earlier: Vec<(PartFile, u64)>,
    /// Of the one that is written.
    number: u32,
    /// None of them is open.
    closed: bool,
}

impl Series {
    /// Creates the file behind the one that is written.
    fn create_next(&mut self, part: &PartFile, wav: &WavWriter) -> Result<(PartFile, WavWriter), WriteError> {
        let first = self.earlier.first().map_or(part, |(part, _)| part);
        let (part, file) = loop {
            if self.number == NUMBER_MAX {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
            }
            match first.create_numbered(self.number + 1) {
                // It is somebody else's.
                Err(CreateError::Exists(_)) => self.number += 1,
                created => break created.map_err(io::Error::from)?,
            }
        };
        match wav.another(file) {
            Ok(next) => {
                self.number += 1;
                Ok((part, next))
            }
            Err(error) => {
                part.delete();
                Err(error)
            }
        }
    }
}

impl Files {
    /// Goes on behind the samples that the first file has. `capacity` is what a file takes, `most_samples` what the message
    /// may come to.
    pub(super) fn new(part: PartFile, wav: WavWriter, capacity: u64, most_samples: u64) -> Self {
        let appended_to = wav.samples();
        let series = || {
            Box::new(Series {
                capacity,
                most_samples,
                appended_to,
                earlier: Vec::new(),
                number: 1,
                closed: false,
            })
        };
        // A message that stays in its file needs none.
        let series = (appended_to > 0 || most_samples > capacity).then(series);
        Self { wav, part, series }
    }

    pub(super) const fn sample_rate(&self) -> SampleRate {
        self.wav.sample_rate()
    }

    /// Samples in all of them.
    pub(super) fn samples(&self) -> u64 {
        self.samples_before() + self.wav.samples()
    }

    /// Samples that were there before.
    pub(super) fn appended_to(&self) -> u64 {
        self.series.as_ref().map_or(0, |series| series.appended_to)
    }

    /// Bytes written to all of them.
    pub(super) const fn written_bytes(&self) -> u64 {
        self.wav.written_bytes()
    }

    /// How many samples the one that is written still takes.
    pub(super) fn room(&self) -> u64 {
        self.series.as_ref().map_or(u64::MAX, |series| series.capacity.saturating_sub(self.wav.samples()))
    }

    /// The one that is written is open.
    pub(super) fn is_open(&self) -> bool {
        self.series.as_ref().is_none_or(|series| !series.closed)
    }

    /// The one that is written.
    pub(super) fn wav(&mut self) -> &mut WavWriter {
        &mut self.wav
    }

    /// How long that is.
    pub(super) fn length(&self) -> u64 {
        self.wav.file_bytes(self.wav.samples())
    }

    /// How long that may become, where it is one of several, or has a beginning.
    pub(super) fn most_bytes(&self) -> Option<u64> {
        let series = self.series.as_ref()?;
        let most = series.capacity.min(series.most_samples.saturating_sub(self.samples_before()));
        Some(if most == u64::MAX { most } else { self.wav.file_bytes(most) })
    }

    /// Begins the next one: the one that is written is full, and is closed. `sync` has the last word on it.
    ///
    /// For a moment both are open, as one of them has to be locked at any time: a message without a lock is an interrupted
    /// one to whoever repairs. Where no second descriptor is to be had, that is the lesser evil.
    pub(super) fn begin_next(&mut self, sync: impl FnOnce(&mut dyn Storage)) -> Result<(), WriteError> {
        let Some(series) = &mut self.series else { return Ok(()) };
        let mut next = series.create_next(&self.part, &self.wav);
        let short = matches!(&next, Err(WriteError::Io(error)) if is_short_of_descriptors(error));
        if (next.is_ok() || short) && !series.closed {
            sync(self.wav.storage());
            self.wav.close(self.wav.samples());
            series.closed = true;
        }
        if short {
            next = series.create_next(&self.part, &self.wav);
        }
        let (part, next) = next?;
        series.closed = false;
        let full = std::mem::replace(&mut self.wav, next);
        series.earlier.push((std::mem::replace(&mut self.part, part), full.samples()));
        Ok(())
    }

    /// Drops all that was written, but what was there before.
    pub(super) fn clear(&mut self) -> Result<(), WriteError> {
        let kept = self.appended_to();
        if let Err(error) = self.go_back_to(kept) {
            // What is dropped does not come back.
            self.wav.close(kept);
            return Err(error.into());
        }
        if let Some(series) = &mut self.series {
            series.number = 1;
        }
        self.wav.clear_behind(kept)
    }

    /// Ends them after so many samples, the last one first. What `sync` is told has all of its bytes.
    pub(super) fn end(
        &mut self,
        kept: u64,
        mut sync: impl FnMut(&mut dyn Storage),
    ) -> Result<(), WriteError> {
        self.go_back_to(kept)?;
        let last = self.wav.finish(kept - self.samples_before())?;
        sync(self.wav.storage());
        let Some(series) = self.series.as_mut().filter(|series| !series.earlier.is_empty()) else {
            return Ok(());
        };
        series.earlier.iter().rev().try_for_each(|(part, samples)| {
            // The last one stays open, and locked, if a second descriptor is to be had.
            let file = part.reopen().or_else(|_| {
                self.wav.close(last);
                series.closed = true;
                part.reopen()
            })?;
            self.wav.work_on(file, *samples, |wav| {
                wav.finish(*samples)?;
                sync(wav.storage());
                Ok(())
            })
        })
    }

    /// Gives them their names, the first one last: it is there when all are. Where one fails, it stays as it is.
    pub(super) fn commit(&self) -> (Vec<PathBuf>, io::Result<()>) {
        let mut done = Ok(());
        let mut paths: Vec<PathBuf> = self
            .last_first()
            .map(|part| match part.commit() {
                Ok(()) => part.path(),
                Err(error) => {
                    done = Err(error);
                    part.part().to_path_buf()
                }
            })
            .collect();
        paths.reverse();
        (paths, done)
    }

    /// Makes their names survive a power cut.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        // All of them are in one.
        self.part.sync_directory()
    }

    /// What they are called while they are recorded.
    pub(super) fn parts(&self) -> Vec<PathBuf> {
        let mut parts: Vec<_> = self.last_first().map(|part| part.part().to_path_buf()).collect();
        parts.reverse();
        parts
    }

    /// Removes them.
    pub(super) fn delete(&self) {
        self.last_first().for_each(PartFile::delete);
    }

    fn last_first(&self) -> impl Iterator<Item = &PartFile> {
        let earlier = self.series.iter().flat_map(|series| series.earlier.iter().rev());
        std::iter::once(&self.part).chain(earlier.map(|(part, _)| part))
    }

    fn samples_before(&self) -> u64 {
        self.series.as_ref().map_or(0, |series| series.earlier.iter().map(|(_, samples)| samples).sum())
    }

    /// Writes to the one again that the first so many samples end in; those behind it are deleted.
    fn go_back_to(&mut self, samples: u64) -> io::Result<()> {
        while samples <= self.samples_before()
            && let Some(series) = &mut self.series
            && let Some((part, full)) = series.earlier.pop()
        {
            // Locked before the one behind it is given up, if a second descriptor is to be had.
            let locked = part.reopen();
            self.wav.close(full);
            series.closed = true;
            std::mem::replace(&mut self.part, part).delete();
            if let Ok(file) = locked {
                self.wav.reopen(file)?;
                series.closed = false;
            }
        }
        if let Some(series) = &mut self.series
            && series.closed
        {
            self.wav.reopen(self.part.reopen()?)?;
            series.closed = false;
        }
        Ok(())
    }
}
