//! The file that a session begins with: a new one, or an earlier message.

use super::{FileConfig, OpenError};
use crate::line::SampleRate;
use crate::message::{CreateError, PartFile};
use crate::wav::{ResumeError, WavWriter};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io;

/// The least limit on a file's size that a recording can begin with: its header fits.
const LEAST_FILE_BYTES: u64 = 512;

pub(super) struct Opening {
    pub(super) part: PartFile,
    pub(super) wav: WavWriter,
    /// Number of its file system.
    pub(super) device: u64,
}

impl Opening {
    pub(super) fn new(config: &FileConfig, rate: SampleRate) -> Result<Self, OpenError> {
        if config.append { Self::append(config, rate) } else { Self::create(config, rate) }
    }

    fn create(config: &FileConfig, rate: SampleRate) -> Result<Self, OpenError> {
        let (part, file) = PartFile::create(&config.directory, config.name.as_deref())?;
        let FileConfig { format, header, metadata, .. } = config;
        let begun =
            check_limit().and_then(|()| Ok(WavWriter::with_header(file, *format, rate, *header, metadata)?));
        match begun {
            Ok(wav) => Ok(Self { device: part.device(), part, wav }),
            Err(error) => {
                let error = CreateError::from_io(part.part(), error);
                part.delete();
                Err(error.into())
            }
        }
    }

    /// What cannot be continued keeps its name; and once the name is ours, nobody else changes what is looked at again.
    fn append(config: &FileConfig, rate: SampleRate) -> Result<Self, OpenError> {
        let (part, file) = PartFile::find(&config.directory, config.name.as_deref().unwrap_or_default())?;
        let path = part.path();
        let failed = |error| CreateError::from_io(&path, error);
        check_limit().map_err(failed)?;
        let resume = |file| {
            WavWriter::resume(file, config.format, rate, config.header).map_err(|refused| match refused {
                ResumeError::NotOurs => CreateError::Foreign(path.clone()),
                ResumeError::BeingRecorded => CreateError::InUse(path.clone()),
                ResumeError::Different(what) => CreateError::Different { path: path.clone(), what },
                ResumeError::Io(error) => failed(error),
            })
        };
        drop(resume(file.try_clone().map_err(failed)?)?);
        if part.is_continued() {
            return Err(CreateError::Different { path, what: "last file" }.into());
        }
        part.retake(&file)?;
        match resume(file) {
            Ok(wav) => {
                let mut begun = Self { device: part.device(), part, wav };
                if let Err(error) = begun.wav.mark() {
                    begun.give_up();
                    return Err(failed(error.into()).into());
                }
                Ok(begun)
            }
            Err(error) => {
                // Where that fails the message is there as it is after a crash.
                let _ = part.commit();
                Err(error.into())
            }
        }
    }

    /// No recording comes of it: a new file goes, an earlier message is as it was.
    pub(super) fn give_up(mut self) {
        if self.wav.samples() == 0 {
            self.part.delete();
        } else if self.wav.finish(u64::MAX).is_ok() {
            // Where that fails the message is there as it is after a crash.
            let _ = self.part.commit();
        }
    }
}

/// Refuses to begin where SIGXFSZ would meet the host's own thread.
fn check_limit() -> io::Result<()> {
    if getrlimit(Resource::Fsize).current.is_some_and(|bytes| bytes < LEAST_FILE_BYTES) {
        return Err(Errno::FBIG.into());
    }
    Ok(())
}
