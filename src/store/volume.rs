use super::StoreError;
use super::tenant::check_relative;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, fsync, open, openat, unlinkat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A place for recordings that has a name. Records say the name, so that the place may move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Where it is. A relative path is relative to the store's directory.
    pub path: PathBuf,
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Volume {
    /// Opens a recording for reading. No symbolic link below the volume is followed.
    pub fn open(&self, path: &str) -> Result<File, StoreError> {
        let failed = |cause: io::Error| StoreError::io(self.path.join(path), cause);
        let (directory, name) = self.parent(path)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = openat(&directory, name, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        let kind = fstat(&file).map_err(|error| failed(error.into()))?.st_mode;
        if FileType::from_raw_mode(kind) != FileType::RegularFile {
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file")));
        }
        Ok(File::from(file))
    }

    /// The directory that a recording is in, without following symbolic links below the volume, and its name there.
    pub(super) fn parent<'a>(&self, path: &'a str) -> Result<(OwnedFd, &'a str), StoreError> {
        check_relative("path", path)?;
        let mut at = self.path.clone();
        // The volume's own path is the administrator's: links are allowed there.
        let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
        let mut directory = open(&at, flags, Mode::empty()).map_err(|error| StoreError::io(&at, error))?;
        let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
        for part in parents.split('/').filter(|part| !part.is_empty()) {
            at.push(part);
            directory = openat(&directory, part, DIRECTORY, Mode::empty())
                .map_err(|error| StoreError::io(&at, error))?;
        }
        Ok((directory, name))
    }

    /// Removes a recording, finished or not, and says whether there was one. The directory that it was in comes back, to be
    /// synchronised.
    pub(super) fn remove(&self, path: &str) -> Result<Option<OwnedFd>, StoreError> {
        let (directory, name) = match self.parent(path) {
            // A volume that is not there may come back with its files; a directory that is not in it has none.
            Err(StoreError::Io { path, cause })
                if cause.kind() == io::ErrorKind::NotFound && path != self.path =>
            {
                return Ok(None);
            }
            parent => parent?,
        };
        let mut removed = false;
        for name in [name.to_owned(), format!("{name}.part")] {
            match unlinkat(&directory, &name, AtFlags::empty()) {
                Ok(()) => removed = true,
                Err(Errno::NOENT | Errno::NAMETOOLONG) => {}
                Err(error) => return Err(StoreError::io(self.path.join(path).with_file_name(name), error)),
            }
        }
        Ok(removed.then_some(directory))
    }

    /// Whether a recording is there: finished, or not yet.
    pub(super) fn find(&self, path: &str) -> Result<Found, StoreError> {
        match self.open(path) {
            Ok(file) => return Ok(Found::Finished(file)),
            Err(StoreError::Io { path, cause })
                if cause.kind() == io::ErrorKind::NotFound && path != self.path => {}
            Err(error) => return Err(error),
        }
        match self.open(&format!("{path}.part")) {
            Ok(_) => Ok(Found::Part),
            Err(StoreError::Io { path, cause })
                if cause.kind() == io::ErrorKind::NotFound && path != self.path =>
            {
                Ok(Found::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes a directory with all that is in it, and counts the files. Links are removed, not followed.
    pub(super) fn remove_tree(&self, path: &str) -> Result<u64, StoreError> {
        let at = self.path.join(path);
        let (parent, name) = match self.parent(path) {
            Err(StoreError::Io { path, cause })
                if cause.kind() == io::ErrorKind::NotFound && path != self.path =>
            {
                return Ok(0);
            }
            parent => parent?,
        };
        let files = empty(&parent, OsStr::new(name), &at)?;
        match unlinkat(&parent, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(StoreError::io(at, error)),
        }
        fsync(&parent).map_err(|error| StoreError::io(at, error))?;
        Ok(files)
    }

    /// Whether a directory is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.parent(path)
            .is_ok_and(|(parent, name)| openat(&parent, name, OFlags::PATH, Mode::empty()).is_ok())
    }
}

/// What there is of a recording.
#[derive(Debug)]
pub(super) enum Found {
    Finished(File),
    Part,
    Nothing,
}

/// Empties a directory.
fn empty(parent: &OwnedFd, name: &OsStr, at: &Path) -> Result<u64, StoreError> {
    let failed = |error: Errno| StoreError::io(at, error);
    let directory = match openat(parent, name, DIRECTORY, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(0),
        directory => directory.map_err(failed)?,
    };
    let mut files = 0;
    // All of them first: a directory that changes while it is read may leave some out.
    let entries: Vec<_> = Dir::read_from(&directory).and_then(Iterator::collect).map_err(failed)?;
    for entry in &entries {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match unlinkat(&directory, name, AtFlags::empty()) {
            Ok(()) => files += 1,
            Err(Errno::NOENT) => {}
            // POSIX says EPERM for a directory, Linux EISDIR.
            Err(Errno::ISDIR | Errno::PERM) => {
                let path = at.join(OsStr::from_bytes(name.to_bytes()));
                files += empty(&directory, path.file_name().unwrap_or_default(), &path)?;
                unlinkat(&directory, name, AtFlags::REMOVEDIR).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(files)
}
