//! Files that are gone on with: an earlier message, and those of a message that is split.

use super::*;
use crate::wav::header::HEADER_MAX;
use crate::wav::opening::Opening;
use crate::wav::reader::ReadError;
use rustix::io::Errno;
use std::io::IoSlice;

/// Why a file is not gone on with. It is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResumeError {
    #[error("it is no file that this writer has finished")]
    NotOurs,
    #[error("it is being recorded, or its recording was interrupted")]
    BeingRecorded,
    /// What of it is not as asked for.
    #[error("its {0} is another one")]
    Different(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl WavWriter {
    /// Takes a finished file of ours that has audio, to go on behind it. Nothing is written yet: see
    /// [`mark`](Self::mark).
    ///
    /// Ours is what this writer would write, byte by byte, but for the audio. Of a plain header others write the same.
    pub(crate) fn resume(
        storage: impl Storage + 'static,
        format: Format,
        rate: SampleRate,
        style: HeaderStyle,
    ) -> Result<Self, ResumeError> {
        let mut storage: Box<dyn Storage> = Box::new(storage);
        let mut head = [0; HEADER_MAX];
        let read = read_up_to(&mut *storage, &mut head, 0)?;
        let head = &head[..read];
        let opening = Opening::read(&mut &*head).map_err(|error| match error {
            ReadError::Io(error) => ResumeError::Io(error),
            _ => ResumeError::NotOurs,
        })?;
        let Opening { coding, rate: found_rate, .. } = opening;
        let data_bytes = opening.data_bytes.unwrap_or(0);
        let samples = opening.samples.unwrap_or(coding.whole_samples(data_bytes));
        let header = [HeaderStyle::Full, HeaderStyle::Plain]
            .map(|style| Header::new(coding.format, found_rate, style, &opening.metadata))
            .into_iter()
            .find(|header| {
                let count = |recording| header.count(samples, recording);
                let counts = |counted: HeaderBytes| head.starts_with(counted.bytes());
                header.coding() == coding
                    && header.takes(samples)
                    && (counts(count(false)) || counts(count(true)) || counts(count(true).cut()))
            });
        let header = header.filter(|_| samples > 0).ok_or(ResumeError::NotOurs)?;
        if opening.being_recorded {
            return Err(ResumeError::BeingRecorded);
        }
        for (same, what) in [
            (header.format() == format, "format"),
            (header.rate() == rate, "sample rate"),
            (header.style() == style, "header"),
        ] {
            if !same {
                return Err(ResumeError::Different(what));
            }
        }
        let encoder = Encoder::default();
        let mut writer = Self { storage, header, encoder, samples, written_bytes: 0 };
        // A file that is too short is none that was finished.
        writer.encoder = writer.encoder_after(samples).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ResumeError::NotOurs,
            _ => ResumeError::Io(error),
        })?;
        // Its last byte, too, and none behind it.
        let padding = writer.padding();
        let last = &mut [0; 2];
        let at_end = read_up_to(&mut *writer.storage, last, writer.header.file_bytes(samples) - 1)?;
        let mut found = vec![0; padding.len()];
        let end = writer.settled_end();
        let whole = at_end == 1 && read_up_to(&mut *writer.storage, &mut found, end)? == found.len();
        if whole && found == padding { Ok(writer) } else { Err(ResumeError::NotOurs) }
    }

    /// Marks the file as being recorded.
    pub(crate) fn mark(&mut self) -> Result<(), WriteError> {
        self.write_header(self.samples, true)
    }

    /// The most samples, in whole blocks, of a file like this one that is no longer than so many bytes, and than 32 bits
    /// can count.
    pub(crate) fn capacity(&self, most_bytes: u64) -> u64 {
        self.header.capacity(most_bytes)
    }

    /// Begins another file like this one.
    pub(crate) fn another(&self, storage: impl Storage + 'static) -> Result<Self, WriteError> {
        let mut writer = Self {
            storage: Box::new(storage),
            header: self.header.clone(),
            encoder: Encoder::default(),
            samples: 0,
            written_bytes: self.written_bytes,
        };
        writer.write_header(0, true)?;
        Ok(writer)
    }

    /// Does something to another file like this one, that has so many samples, and goes on with this one.
    pub(crate) fn work_on(
        &mut self,
        storage: impl Storage + 'static,
        samples: u64,
        work: impl FnOnce(&mut Self) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let this = (std::mem::replace(&mut self.storage, Box::new(storage)), self.samples, self.encoder);
        let encoder = self.encoder_after(samples);
        let done = encoder.map_err(WriteError::from).and_then(|encoder| {
            (self.samples, self.encoder) = (samples, encoder);
            work(self)
        });
        (self.storage, self.samples, self.encoder) = this;
        done
    }

    /// Closes the file, or stands for another one like it with so many samples, until [`reopen`](Self::reopen).
    pub(crate) fn close(&mut self, samples: u64) {
        self.storage = Box::new(Closed);
        self.samples = samples;
    }

    /// The file of which [`close`](Self::close) told.
    pub(crate) fn reopen(&mut self, storage: impl Storage + 'static) -> io::Result<()> {
        self.storage = Box::new(storage);
        self.encoder = self.encoder_after(self.samples)?;
        Ok(())
    }
}

/// A file that is not open.
#[derive(Debug)]
struct Closed;

impl Storage for Closed {
    fn write_at(&mut self, _: &[IoSlice<'_>], _: u64) -> io::Result<usize> {
        Err(Errno::BADF.into())
    }

    fn read_at(&mut self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Err(Errno::BADF.into())
    }

    fn set_len(&mut self, _: u64) -> io::Result<()> {
        Err(Errno::BADF.into())
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Err(Errno::BADF.into())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Err(Errno::BADF.into())
    }
}

/// Reads as much as there is.
fn read_up_to(storage: &mut dyn Storage, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match storage.read_at(&mut bytes[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}
