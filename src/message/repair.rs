//! Finds interrupted recordings in a directory, makes whole files of them and gives them their names.

use super::beneath::{open_directory, open_root, rename};
use super::name::message_of;
use super::part_file::PART;
use crate::line::SampleRate;
use crate::wav::{Repair, RepairScope};
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, Timespec, Timestamps};
use rustix::fs::{flock, fstat, fsync, futimens, openat, statat, unlinkat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Directories within directories that are gone into.
const DEPTH_MAX: usize = 64;

/// What [`repair`] does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepairOptions {
    /// `NAME.part` with a plain header is repaired, too. Such a header does not tell whose file it is: only where none but
    /// recordings of ours have such names.
    pub plain: bool,
    /// Reports what there is to do, and changes nothing.
    pub dry_run: bool,
}

/// What became of an interrupted recording.
#[derive(Debug)]
#[non_exhaustive]
pub enum Repaired {
    /// It is whole now, and has its name.
    Mended,
    /// It was whole; it has its name now.
    Renamed,
    /// It held no sample, and is gone.
    Removed,
    /// It is whole now, but a file of its name exists: it keeps its `.part`.
    NameTaken,
    /// Somebody records it, or repairs it, at this moment.
    InUse,
    /// It could not be repaired, nothing of it is lost.
    Failed(io::Error),
}

impl Repaired {
    /// A word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Mended => "repaired",
            Self::Renamed => "renamed",
            Self::Removed => "removed",
            Self::NameTaken => "name_taken",
            Self::InUse => "in_use",
            Self::Failed(_) => "failed",
        }
    }
}

/// An interrupted recording, and what became of it.
#[derive(Debug)]
pub struct RepairEntry {
    /// Where it is now, or was, if it is gone; in a dry run, where it is.
    pub path: PathBuf,
    /// What was done.
    pub outcome: Repaired,
    /// Samples in it.
    pub samples: u64,
    /// Their rate; `None` where it could not be read.
    pub sample_rate: Option<SampleRate>,
    /// Bytes at its end that were no whole audio.
    pub cut_bytes: u64,
}

impl RepairEntry {
    /// How long it is.
    pub fn duration_ms(&self) -> u64 {
        self.sample_rate.map_or(0, |rate| rate.milliseconds(self.samples))
    }
}

/// How many files there were of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairReport {
    /// Made whole.
    pub repaired: u64,
    /// Only given their names.
    pub renamed: u64,
    /// Without a sample, removed.
    pub removed: u64,
    /// Whole, but without their names, which other files have.
    pub name_taken: u64,
    /// Being recorded.
    pub in_use: u64,
    /// Files and directories that an error kept from being repaired, or looked at.
    pub failed: u64,
    /// Finished recordings, other people's files, and whatever else there is.
    pub others: u64,
}

impl RepairReport {
    fn count(&mut self, outcome: &Repaired) {
        *match outcome {
            Repaired::Mended => &mut self.repaired,
            Repaired::Renamed => &mut self.renamed,
            Repaired::Removed => &mut self.removed,
            Repaired::NameTaken => &mut self.name_taken,
            Repaired::InUse => &mut self.in_use,
            Repaired::Failed(_) => &mut self.failed,
        } += 1;
    }
}

/// Repairs the interrupted recordings in a directory and in those beneath it; links are not followed. `tell` is called for
/// each of them, the last name of a directory first. May run while others record there, and again at any time: a second run
/// finds nothing to do.
///
/// Recordings of ours are known by the marker in their header, whatever their names. A file that is locked (`flock`), as each is
/// that is being recorded, is left alone.
///
/// # Errors
/// The directory cannot be read. What else goes wrong is told, and stops nothing.
pub fn repair(
    directory: &Path,
    options: &RepairOptions,
    mut tell: impl FnMut(RepairEntry),
) -> io::Result<RepairReport> {
    let place = open_root(directory)?;
    let names = names_in(&place)?;
    let mut walk = Walk { options, tell: &mut tell, report: RepairReport::default() };
    walk.all(&place, directory, names, 0);
    Ok(walk.report)
}

struct Walk<'a> {
    options: &'a RepairOptions,
    tell: &'a mut dyn FnMut(RepairEntry),
    report: RepairReport,
}

impl Walk<'_> {
    fn all(&mut self, place: &OwnedFd, path: &Path, names: Vec<OsString>, depth: usize) {
        let mut renamed = false;
        // Of a split message the first file is named last: where it is, all are.
        for name in names.iter().rev() {
            let (path, name) = (path.join(name), Path::new(name));
            let Ok(found) = statat(place, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            match FileType::from_raw_mode(found.st_mode) {
                FileType::Directory if depth == DEPTH_MAX => {
                    let error = io::Error::other("it lies too deep; repair it by itself");
                    self.tell(Candidate::new(path).is(Repaired::Failed(error)));
                }
                FileType::Directory => {
                    let entered = open_directory(place.as_fd(), name, OFlags::PATH).map_err(io::Error::from);
                    match entered.and_then(|inner| Ok((names_in(&inner)?, inner))) {
                        Ok((names, inner)) => self.all(&inner, &path, names, depth + 1),
                        Err(error) => self.tell(Candidate::new(path).is(Repaired::Failed(error))),
                    }
                }
                FileType::RegularFile => match self.file(place, name, path) {
                    Some(entry) => {
                        renamed |= !matches!(entry.outcome, Repaired::InUse | Repaired::Failed(_));
                        self.tell(entry);
                    }
                    None => self.report.others += 1,
                },
                _ => self.report.others += 1,
            }
        }
        if renamed && !self.options.dry_run {
            // Names, too, are to survive; where they do not, the next run gives them again.
            let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let _ = openat(place, ".", readable, Mode::empty()).map(fsync);
        }
    }

    fn tell(&mut self, entry: RepairEntry) {
        self.report.count(&entry.outcome);
        (self.tell)(entry);
    }

    /// `None` where it is no interrupted recording of ours.
    fn file(&self, place: &OwnedFd, name: &Path, path: PathBuf) -> Option<RepairEntry> {
        let mut candidate = Candidate::new(path);
        let outcome =
            candidate.mend(place, name, self.options).unwrap_or_else(|error| Some(Repaired::Failed(error)));
        outcome.map(|outcome| candidate.is(outcome))
    }
}

/// A file that may be an interrupted recording.
struct Candidate {
    path: PathBuf,
    samples: u64,
    sample_rate: Option<SampleRate>,
    cut_bytes: u64,
}

impl Candidate {
    const fn new(path: PathBuf) -> Self {
        Self { path, samples: 0, sample_rate: None, cut_bytes: 0 }
    }

    fn is(self, outcome: Repaired) -> RepairEntry {
        let Self { path, samples, sample_rate, cut_bytes } = self;
        RepairEntry { path, outcome, samples, sample_rate, cut_bytes }
    }

    fn mend(
        &mut self,
        place: &OwnedFd,
        name: &Path,
        options: &RepairOptions,
    ) -> io::Result<Option<Repaired>> {
        let finished =
            name.as_os_str().as_bytes().strip_suffix(PART.as_bytes()).filter(|name| !name.is_empty());
        let scope = RepairScope { part: finished.is_some(), plain: options.plain };
        let looked = match open(place, name, OFlags::RDONLY) {
            // Another's file, if it is none of ours: nobody expects us to read it.
            Err(Errno::ACCESS | Errno::PERM) if finished.is_none() => return Ok(None),
            Err(Errno::NOENT) => return Ok(None),
            opened => opened?,
        };
        // An error may come from somebody who makes it shorter, as recorders do.
        if let Ok(found) = self.look(&mut File::from(looked), scope)
            && found.is_none_or(|repair| !repair.is_needed() && finished.is_none())
        {
            return Ok(None);
        }
        // Other people's files are never even opened for writing.
        let mode = if options.dry_run { OFlags::RDONLY } else { OFlags::RDWR };
        let mut file = File::from(open(place, name, mode)?);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Ok(Some(Repaired::InUse)),
            locked => locked?,
        }
        // Now that nobody changes it any more. It may have been finished, and renamed, a moment ago.
        let status = fstat(&file)?;
        match statat(place, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino) => {}
            Ok(_) | Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // The message may have gone on in a further file since the directory was read; none is added while this one is locked
        // and unfinished, as whoever records locks the next one before this one is free.
        if let Some(finished) = finished
            && is_message_in_use(place, &names_in(place)?, finished)
        {
            return Ok(Some(Repaired::InUse));
        }
        let Some(repair) = self.look(&mut file, scope)? else { return Ok(None) };
        if !repair.is_needed() && finished.is_none() {
            return Ok(None);
        }
        let finished = finished.map(|name| Path::new(std::ffi::OsStr::from_bytes(name)));
        if repair.samples() == 0 {
            if !options.dry_run {
                unlinkat(place, name, AtFlags::empty())?;
            }
            return Ok(Some(Repaired::Removed));
        }
        let done = if repair.is_needed() { Repaired::Mended } else { Repaired::Renamed };
        if options.dry_run {
            let taken = finished.is_some_and(|name| statat(place, name, AtFlags::SYMLINK_NOFOLLOW).is_ok());
            return Ok(Some(if taken { Repaired::NameTaken } else { done }));
        }
        if repair.is_needed() {
            repair.apply(&mut file)?;
            keep_time(&file, Timespec { tv_sec: status.st_mtime as _, tv_nsec: status.st_mtime_nsec as _ })?;
        }
        let Some(finished) = finished else { return Ok(Some(done)) };
        match rename(place.as_fd(), name, finished) {
            Err(Errno::EXIST) => return Ok(Some(Repaired::NameTaken)),
            renamed => renamed?,
        }
        self.path.set_file_name(finished);
        Ok(Some(done))
    }

    fn look(&mut self, file: &mut File, scope: RepairScope) -> io::Result<Option<Repair>> {
        let length = file.metadata()?.len();
        let found = Repair::examine(file, length, scope)?;
        if let Some(repair) = &found {
            self.samples = repair.samples();
            self.sample_rate = Some(repair.sample_rate());
            self.cut_bytes = repair.cut_bytes();
        }
        Ok(found)
    }
}

/// Whether another file of the same message is being recorded: of a message that is split only the last one is open.
fn is_message_in_use(place: &OwnedFd, names: &[OsString], finished: &[u8]) -> bool {
    let message = message_of(finished);
    let first = names.partition_point(|name| name.as_bytes() < message.0);
    let alike = names[first..].iter().take_while(|name| name.as_bytes().starts_with(message.0));
    let mut others = alike.filter(|name| {
        let other = name.as_bytes().strip_suffix(PART.as_bytes());
        other.is_some_and(|other| other != finished && message_of(other) == message)
    });
    others.any(|name| {
        let opened = open(place, Path::new(name), OFlags::RDONLY);
        opened.is_ok_and(|file| flock(file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK))
    })
}

/// A regular file, and nothing that has taken its place.
fn open(place: &OwnedFd, name: &Path, mode: OFlags) -> Result<OwnedFd, Errno> {
    let flags = mode | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    openat(place, name, flags, Mode::empty())
}

/// The time of the last audio stays the file's.
fn keep_time(file: impl AsFd, modified: Timespec) -> Result<(), Errno> {
    futimens(
        file,
        &Timestamps {
            last_access: Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
            last_modification: modified,
        },
    )
}

/// What is in a directory, in order.
fn names_in(place: &OwnedFd) -> io::Result<Vec<OsString>> {
    let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut names = Vec::new();
    for entry in Dir::new(openat(place, ".", readable, Mode::empty())?)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    names.sort();
    Ok(names)
}
