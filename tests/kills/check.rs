//! What a killed process has left behind.

use crate::common::Random;
use crate::common::readers::{assert_read, stored};
use crate::log::{Log, RECORDINGS};
use crate::recorder::{file_name, format, sample};
use afterbeep::line::SampleRate;
use afterbeep::wav::{HeaderStyle, Metadata, Storage, WavReader, WavWriter};
use std::fs;
use std::io::{self, Cursor, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a round over all recordings takes a writer, at the most, on a machine that does nothing else.
const ROUND: Duration = Duration::from_millis(15);

pub struct Killed {
    pub directory: PathBuf,
    pub log: &'static Log,
    /// Not later than it was killed.
    pub at_ns: u64,
}

/// What the files of a round, or of several, hold and lack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Missing {
    pub files: u64,
    /// Samples in the files.
    pub samples: u64,
    /// Samples that had been pushed, or were just being, and are not there.
    pub unwritten: u64,
    /// The longest ago that one of them had been pushed.
    oldest: Duration,
    /// By how much the machine was late in doing what it was asked, at the most.
    late: Duration,
}

impl std::iter::Sum for Missing {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            files: sum.files + one.files,
            samples: sum.samples + one.samples,
            unwritten: sum.unwritten + one.unwritten,
            oldest: sum.oldest.max(one.oldest),
            late: sum.late.max(one.late),
        })
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} files hold {} samples and lack {}, the oldest of them for {:.1?}; the machine was up to {:.1?} late",
            self.files, self.samples, self.unwritten, self.oldest, self.late
        )
    }
}

impl Killed {
    fn recordings(&self) -> usize {
        (self.log.recordings.load(Ordering::Acquire) as usize).min(RECORDINGS)
    }

    /// The file of a recording, under either name.
    fn file(&self, recording: usize) -> Option<PathBuf> {
        let closed = self.directory.join("files").join(file_name(recording));
        let part = PathBuf::from(format!("{}.part", closed.display()));
        [closed, part].into_iter().find(|path| path.exists())
    }

    /// How late the machine was while the last samples waited: a writer may have been so, too, in its sleep and in a file.
    fn late(&self, window: Duration) -> Duration {
        let since = self.at_ns.saturating_sub((window + Duration::from_secs(1)).as_nanos() as u64);
        let beats = self.log.beats.newest_first().take_while(|(_, done)| *done >= since);
        let worst = beats.map(|(due, done)| done.saturating_sub(due)).max();
        // The beat that never came.
        let open = self.log.beats.newest_first().next().map(|(due, _)| self.at_ns.saturating_sub(due));
        Duration::from_nanos(worst.max(open).unwrap_or_default())
    }

    /// Checks every file; the error says what is wrong.
    pub fn check(&self, window: Duration) -> Result<Missing, String> {
        let late = self.late(window);
        let patience = window + ROUND + 2 * late;
        let mut all = Missing::default();
        for recording in 0..self.recordings() {
            let missing = Missing {
                late,
                ..self.check_one(recording).map_err(|fault| format!("recording {recording}: {fault}"))?
            };
            if missing.oldest > patience {
                return Err(format!("recording {recording}: missing after {patience:?}: {missing}"));
            }
            all = [all, missing].into_iter().sum();
        }
        let files = fs::read_dir(self.directory.join("files")).unwrap().count() as u64;
        if files == all.files { Ok(all) } else { Err(format!("{files} files of {} recordings", all.files)) }
    }

    fn check_one(&self, recording: usize) -> Result<Missing, String> {
        let log = &self.log.recording[recording];
        let opened = log.opened.load(Ordering::Acquire) == 1;
        let Some(path) = self.file(recording) else {
            return if opened { Err("it has no file".into()) } else { Ok(Missing::default()) };
        };
        let bytes = fs::read(&path).unwrap();
        if bytes.is_empty() && !opened {
            return Ok(Missing { files: 1, ..Missing::default() });
        }
        let (held, being_recorded) = read(&bytes).map_err(|error| format!("it does not open: {error}"))?;
        let (claimed, there) = data_bytes(&bytes);
        if claimed > there {
            return Err(format!("it claims {claimed} bytes of audio and has {there}"));
        }
        let (samples, begun) = (held.len() as u64, log.begun.load(Ordering::Acquire));
        if samples > begun {
            return Err(format!("it holds {samples} samples of {begun}"));
        }
        if let Some(wrong) = expected(recording, samples).iter().zip(&held).position(|(is, held)| is != held)
        {
            return Err(format!("sample {wrong} of {samples} is wrong"));
        }
        let closed = path.extension().is_some_and(|extension| extension == "wav");
        if closed && (being_recorded || samples < begun)
            || being_recorded && format(recording).1 == HeaderStyle::Plain
        {
            return Err(format!("it has its name with {samples} samples of {begun}"));
        }
        match log.ended.load(Ordering::Acquire) {
            0 => {}
            ended if closed && samples == ended - 1 => {}
            ended => return Err(format!("its result told of {} samples, it has {samples}", ended - 1)),
        }
        let unwritten = log.pushed.newest_first().filter(|(_, pushed)| *pushed > samples);
        let oldest = unwritten.last().map_or(0, |(time, _)| self.at_ns.saturating_sub(time));
        Ok(Missing {
            files: 1,
            samples,
            unwritten: begun - samples,
            oldest: Duration::from_nanos(oldest),
            ..Missing::default()
        })
    }

    /// Other programs read the files, all of them or one, as ours does.
    pub fn read_by_others(&self, random: &mut Random, all: bool) -> Result<(), String> {
        let held = |recording: &usize| self.log.recording[*recording].opened.load(Ordering::Acquire) == 1;
        let mut chosen: Vec<usize> = (0..self.recordings()).filter(held).collect();
        if !all && !chosen.is_empty() {
            chosen = vec![chosen[random.next() as usize % chosen.len()]];
        }
        // They go by its extension.
        let copy = self.directory.join("copy.wav");
        for recording in chosen {
            fs::copy(self.file(recording).ok_or("no file")?, &copy).unwrap();
            let samples = read(&fs::read(&copy).unwrap())?.0.len() as u64;
            if samples > 0 {
                let line: Vec<i16> = (0..samples).map(|position| sample(recording, position)).collect();
                let read = || assert_read(format(recording).0, &copy, &line);
                catch_unwind(AssertUnwindSafe(read))
                    .map_err(|_| format!("recording {recording} is read otherwise, see above"))?;
            }
        }
        Ok(())
    }

    /// Changes a file, PCM with a full header, and gives its former bytes.
    pub fn tamper(&self, change: fn(&mut Vec<u8>)) -> Vec<u8> {
        let former = fs::read(self.file(4).unwrap()).unwrap();
        let mut bytes = former.clone();
        change(&mut bytes);
        self.restore(&bytes);
        former
    }

    pub fn restore(&self, bytes: &[u8]) {
        fs::write(self.file(4).unwrap(), bytes).unwrap();
    }
}

/// What the file of a recording holds after so many samples.
fn expected(recording: usize, samples: u64) -> Vec<i16> {
    let line: Vec<i16> = (0..samples).map(|position| sample(recording, position)).collect();
    let format = format(recording).0;
    stored(format, &line).unwrap_or_else(|| {
        let memory = Memory::default();
        let mut writer = WavWriter::with_header(
            memory.clone(),
            format,
            SampleRate::NARROWBAND,
            HeaderStyle::Full,
            &Metadata::default(),
        )
        .unwrap();
        writer.append([&line, &[]], &mut Vec::new()).unwrap();
        read(&memory.0.lock().unwrap()).unwrap().0
    })
}

/// The samples, and whether it says that it is being recorded.
fn read(bytes: &[u8]) -> Result<(Vec<i16>, bool), String> {
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let (mut samples, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        match reader.read(&mut piece).map_err(|error| error.to_string())? {
            0 => return Ok((samples, reader.is_being_recorded())),
            count => samples.extend_from_slice(&piece[..count]),
        }
    }
}

/// Where the header counts the bytes of audio.
fn data_size_at(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|id| id == b"data").unwrap() + 4
}

/// Bytes of audio that it claims, and those that are there.
fn data_bytes(bytes: &[u8]) -> (usize, usize) {
    let at = data_size_at(bytes);
    let claimed = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    (claimed as usize, bytes.len() - at - 4)
}

/// Makes the header as it was a second and a half before.
pub fn go_back(bytes: &mut [u8]) {
    let (at, claimed) = (data_size_at(bytes), data_bytes(bytes).0 as u32);
    bytes[at..at + 4].copy_from_slice(&(claimed - 24_000).to_le_bytes());
}

/// A file in memory.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Storage for Memory {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap();
        let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
        let end = offset as usize + bytes.len();
        let length = file.len().max(end);
        file.resize(length, 0);
        file[offset as usize..end].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn read_at(&mut self, _: &mut [u8], _: u64) -> io::Result<usize> {
        unreachable!("only a cut reads")
    }

    fn set_len(&mut self, _: u64) -> io::Result<()> {
        unreachable!("only an end sets the length")
    }

    fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Ok(())
    }
}
