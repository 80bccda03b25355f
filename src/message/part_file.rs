use super::beneath::{make_directory, open_directory, open_root, rename};
use super::fresh_name;
use super::name::{next_name, numbered};
use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, fchmod, flock, fstat, fsync, openat, statat,
    unlinkat,
};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the name of a file has while it is recorded.
pub(super) const PART: &str = ".part";
/// The longest name that leaves room for that, and for the number of a further file.
const NAME_MAX_BYTES: usize = 244;
/// The longest path beneath the root.
const PATH_MAX_BYTES: usize = 1_024;
/// What files may their owner, and nobody else.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// Fresh names that are tried before giving up.
const ATTEMPTS: usize = 16;

/// Why a message's file could not be created. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The directory is missing.
    #[error("the directory {0} does not exist; create it first")]
    DirectoryMissing(PathBuf),
    /// What should be the directory is something else.
    #[error("{0} is not a directory")]
    NotADirectory(PathBuf),
    /// The name would leave the directory, or is none.
    #[error(
        "`{}` is no path beneath the directory; it takes names of 1 to 244 bytes with `/` between them, without control \
         characters, none of them `.` or `..`, and the last one without `.part` at its end",
        .0.escape_default()
    )]
    Name(String),
    /// Something on the way from the directory to the file is a link, or no directory.
    #[error(
        "{0} leads through a symbolic link, or something that is no directory; let the name have real directories"
    )]
    NotBeneath(PathBuf),
    /// A file of that name exists already.
    #[error("{0} exists already; choose another name or move it away")]
    Exists(PathBuf),
    /// The message that was to be continued does not exist.
    #[error("{0} does not exist; only a finished message can be continued")]
    Missing(PathBuf),
    /// The message that was to be continued is being recorded, or its recording was interrupted.
    #[error(
        "{0} is being recorded, or its recording was interrupted; wait until it is finished, or repair it"
    )]
    InUse(PathBuf),
    /// The file that was to be continued is not one of ours, or was changed.
    #[error("{0} is no message that afterbeep has finished, and stays as it is")]
    Foreign(PathBuf),
    /// The message that was to be continued is of another kind.
    #[error("{path} has another {what} than asked for; a message goes on as it began")]
    Different {
        /// The message.
        path: PathBuf,
        /// What of it: `format`, `sample rate`, `header` or `last file`.
        what: &'static str,
    },
    /// The process may not write there.
    #[error("{0} cannot be written; check its owner, its mode, and whether the disk is mounted read-only")]
    Permission(PathBuf),
    /// The operating system refused otherwise.
    #[error("{path}: {cause}")]
    Io {
        /// The file or directory concerned.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl CreateError {
    pub(crate) fn from_io(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::NotFound => Self::DirectoryMissing(path),
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Permission(path),
            _ => Self::Io { path, cause },
        }
    }
}

impl From<CreateError> for io::Error {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Io { cause, .. } => cause,
            CreateError::Exists(_) => Self::new(io::ErrorKind::AlreadyExists, error),
            CreateError::Permission(_) => Self::new(io::ErrorKind::PermissionDenied, error),
            CreateError::DirectoryMissing(_) => Self::new(io::ErrorKind::NotFound, error),
            _ => Self::other(error),
        }
    }
}

/// A file that is being recorded: `NAME.part`, `NAME` once it is finished. Neither ever replaces another file. Whoever
/// records holds a lock on it (`flock`).
#[derive(Debug)]
pub(crate) struct PartFile {
    /// `ROOT/NAME.part`: the one path that is kept, as a session has to be small.
    part: Arc<Path>,
    /// So many bytes of it are the root.
    root_bytes: u32,
    /// What tells the file from another one of its name.
    device: u64,
    inode: u64,
}

impl PartFile {
    /// Creates the file for a name beneath a directory, with the directories that it names, all of them for their owner
    /// alone; `None` makes a fresh name.
    pub(crate) fn create(directory: &Path, name: Option<&str>) -> Result<(Self, File), CreateError> {
        match fs::metadata(directory) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(CreateError::NotADirectory(directory.to_owned())),
            Err(error) => return Err(CreateError::from_io(directory, error)),
        }
        if let Some(name) = name {
            return Self::create_named(directory, name);
        }
        let mut created = Self::create_named(directory, &fresh_name());
        for _ in 1..ATTEMPTS {
            if !matches!(created, Err(CreateError::Exists(_))) {
                break;
            }
            created = Self::create_named(directory, &fresh_name());
        }
        created
    }

    /// Creates the file of a message's part of this number, 2 or above, beside this first one.
    pub(crate) fn create_numbered(&self, number: u32) -> Result<(Self, File), CreateError> {
        let (root, name) = self.split();
        let name = name.with_extension("");
        let base = name.file_name().and_then(|base| base.to_str()).unwrap_or_default();
        let numbered = name.with_file_name(numbered(base, number));
        Self::create_named(root, numbered.to_str().unwrap_or_default())
    }

    /// Finds a finished file to be continued; it is as it was until [`retake`](Self::retake).
    pub(crate) fn find(root: &Path, name: &str) -> Result<(Self, File), CreateError> {
        if !is_usable(name) {
            return Err(CreateError::Name(name.to_owned()));
        }
        let mut this =
            Self { part: part_of(&root.join(name)).into(), root_bytes: length(root), device: 0, inode: 0 };
        let path = this.path();
        let place = this.place().map_err(|error| match Errno::from_io_error(&error) {
            Some(Errno::LOOP | Errno::NOTDIR | Errno::XDEV) => CreateError::NotBeneath(path.clone()),
            Some(Errno::NOENT) => CreateError::Missing(path.clone()),
            _ => CreateError::from_io(&path, error),
        })?;
        let base = split(Path::new(name)).1;
        let file = match place.open(base) {
            Ok(file) => file,
            Err(Errno::NOENT) if place.stat(&part_of(base)).is_ok() => return Err(CreateError::InUse(path)),
            Err(Errno::NOENT) => return Err(CreateError::Missing(path)),
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => return Err(CreateError::Foreign(path)),
            Err(error) => return Err(CreateError::from_io(&path, error.into())),
        };
        let found = fstat(&file).map_err(|error| CreateError::from_io(&path, error.into()))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(CreateError::Foreign(path));
        }
        (this.device, this.inode) = (found.st_dev, found.st_ino);
        Ok((this, file.into()))
    }

    /// Takes the finished file's name from it again: it is being recorded, by the one whose renaming it is.
    pub(crate) fn retake(&self, file: &File) -> Result<(), CreateError> {
        let path = self.path();
        let retaken = self.place().and_then(|place| {
            let base = split(&path).1;
            self.check(&place, base)?;
            place.rename(base, &part_of(base))?;
            // A child that was forked while another recorded may have the lock for a moment longer.
            let _ = lock(file);
            Ok(())
        });
        retaken.map_err(|error| match error.kind() {
            // Somebody else has begun meanwhile.
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound => CreateError::InUse(path),
            _ => CreateError::from_io(&path, error),
        })
    }

    /// Opens it again.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        let place = self.place()?;
        let file = place.open(self.own_part(&place)?)?;
        let found = fstat(&file)?;
        if (found.st_dev, found.st_ino) != (self.device, self.inode) {
            return Err(replaced());
        }
        lock(&file)?;
        Ok(file.into())
    }

    fn create_named(root: &Path, name: &str) -> Result<(Self, File), CreateError> {
        if !is_usable(name) {
            return Err(CreateError::Name(name.to_owned()));
        }
        let path = root.join(name);
        let refused = |error: Errno| CreateError::from_io(&path, error.into());
        let part = part_of(&path);
        let (parent, base) = split(Path::new(name));
        let place = match parent {
            None => Place::Root(root),
            Some(parent) => {
                let made = open_root(root).and_then(|root| make_directory(root.as_fd(), parent));
                Place::Directory(made.map_err(|error| match error {
                    Errno::LOOP | Errno::NOTDIR | Errno::XDEV => CreateError::NotBeneath(path.clone()),
                    error => refused(error),
                })?)
            }
        };
        match place.stat(base) {
            Ok(_) => return Err(CreateError::Exists(path)),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(refused(error)),
        }
        let base_part = part_of(base);
        let file = match place.create(&base_part) {
            Ok(file) => file,
            // The directory is there, so that this is no directory to create files in.
            Err(Errno::NOENT) => return Err(CreateError::Permission(part)),
            Err(error) => return Err(CreateError::from_io(&part, error.into())),
        };
        let found = own(&file).map_err(|error| {
            let _ = place.unlink(&base_part);
            refused(error)
        })?;
        Ok((
            Self { part: part.into(), root_bytes: length(root), device: found.st_dev, inode: found.st_ino },
            file.into(),
        ))
    }

    /// The file as it is now.
    pub(crate) const fn part(&self) -> &Arc<Path> {
        &self.part
    }

    /// Number of its file system (`st_dev`).
    pub(crate) const fn device(&self) -> u64 {
        self.device
    }

    /// The file as it is called once it is finished.
    pub(crate) fn path(&self) -> PathBuf {
        // `.part` is all that an extension can be.
        self.part.with_extension("")
    }

    /// Gives the finished file its name. Where that fails it stays as it is.
    pub(crate) fn commit(&self) -> io::Result<()> {
        let place = self.place()?;
        let part = self.own_part(&place)?;
        Ok(place.rename(part, &part.with_extension(""))?)
    }

    /// Opens the directory that it is in.
    pub(crate) fn open_directory(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let (root, name) = self.split();
        Ok(match split(name).0 {
            None => rustix::fs::open(root, flags, Mode::empty())?,
            Some(parent) => open_directory(open_root(root)?.as_fd(), parent, OFlags::RDONLY)?,
        })
    }

    /// Whether its message goes on in a further file.
    pub(crate) fn is_continued(&self) -> bool {
        let path = self.path();
        let (_, base) = split(&path);
        let next = base.to_str().map(next_name).unwrap_or_default();
        self.place().is_ok_and(|place| place.stat(Path::new(&next)).is_ok())
    }

    /// Makes the name survive a power cut: syncs the directory, and those between it and the root.
    pub(crate) fn sync_directory(&self) -> io::Result<()> {
        let (root, name) = self.split();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty())?;
        let mut parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
        while let Some(directory) = parent {
            fsync(open_directory(root.as_fd(), directory, OFlags::RDONLY)?)?;
            parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
        }
        Ok(fsync(root)?)
    }

    /// Removes the file.
    pub(crate) fn delete(&self) {
        // Whoever removed it before did the same.
        let _ = self.place().and_then(|place| Ok(place.unlink(self.own_part(&place)?)?));
    }

    /// The root, and the path beneath it.
    fn split(&self) -> (&Path, &Path) {
        use std::os::unix::ffi::OsStrExt;
        let (root, _) = self.part.as_os_str().as_bytes().split_at(self.root_bytes as usize);
        let root = Path::new(std::ffi::OsStr::from_bytes(root));
        (root, self.part.strip_prefix(root).unwrap_or(&self.part))
    }

    /// Where it is.
    fn place(&self) -> io::Result<Place<'_>> {
        let (root, name) = self.split();
        Ok(match split(name).0 {
            None => Place::Root(root),
            Some(parent) => Place::Directory(open_directory(open_root(root)?.as_fd(), parent, OFlags::PATH)?),
        })
    }

    /// Its name there, if what has it is this file.
    fn own_part(&self, place: &Place<'_>) -> io::Result<&Path> {
        let name = split(self.split().1).1;
        self.check(place, name)?;
        Ok(name)
    }

    /// Whether what has a name is this file.
    fn check(&self, place: &Place<'_>, name: &Path) -> io::Result<()> {
        let found = place.stat(name)?;
        let same = (found.st_dev, found.st_ino) == (self.device, self.inode);
        if same { Ok(()) } else { Err(replaced()) }
    }
}

fn replaced() -> io::Error {
    io::Error::other("another file has taken its place")
}

/// The directory that a file is in.
enum Place<'a> {
    /// The root itself: one system call does it all, as the host vouches for its path.
    Root(&'a Path),
    Directory(OwnedFd),
}

impl Place<'_> {
    fn directory(&self) -> BorrowedFd<'_> {
        match self {
            Self::Root(_) => CWD,
            Self::Directory(directory) => directory.as_fd(),
        }
    }

    /// A file in it, as seen from [`directory`](Self::directory).
    fn name<'a>(&self, name: &'a Path) -> std::borrow::Cow<'a, Path> {
        match self {
            Self::Root(root) => root.join(name).into(),
            Self::Directory(_) => name.into(),
        }
    }

    fn stat(&self, name: &Path) -> rustix::io::Result<rustix::fs::Stat> {
        statat(self.directory(), &*self.name(name), AtFlags::SYMLINK_NOFOLLOW)
    }

    fn create(&self, name: &Path) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(self.directory(), &*self.name(name), flags, FILE_MODE)
    }

    /// Opens a file, or anything else but a link, without waiting for it.
    fn open(&self, name: &Path) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(self.directory(), &*self.name(name), flags, Mode::empty())
    }

    /// Renames a file unless that would replace another one.
    fn rename(&self, from: &Path, to: &Path) -> rustix::io::Result<()> {
        rename(self.directory(), &self.name(from), &self.name(to))
    }

    fn unlink(&self, name: &Path) -> rustix::io::Result<()> {
        unlinkat(self.directory(), &*self.name(name), AtFlags::empty())
    }
}

/// Takes a file that was just created: for its owner alone whatever the umask, and locked.
fn own(file: &OwnedFd) -> rustix::io::Result<rustix::fs::Stat> {
    let found = fstat(file)?;
    if Mode::from_raw_mode(found.st_mode) != FILE_MODE {
        fchmod(file, FILE_MODE)?;
    }
    lock(file)?;
    Ok(found)
}

/// Tells everybody that the file is being recorded.
fn lock(file: impl AsFd) -> rustix::io::Result<()> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        // Not every file system knows locks.
        Err(Errno::NOSYS | Errno::NOTSUP | Errno::NOLCK | Errno::INVAL) => Ok(()),
        locked => locked,
    }
}

/// Whether a name stays beneath the directory that it is taken from, and is one that programs can handle.
fn is_usable(name: &str) -> bool {
    let part = |part: &str| (1..=NAME_MAX_BYTES).contains(&part.len()) && !matches!(part, "." | "..");
    name.len() <= PATH_MAX_BYTES
        && !name.bytes().any(|byte| byte.is_ascii_control())
        && !name.ends_with(PART)
        && name.split('/').all(part)
}

/// What a file is called while it is recorded.
fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(PART);
    part.into()
}

fn length(root: &Path) -> u32 {
    root.as_os_str().len() as u32
}

/// The directory that a path names, if it does, and the file.
fn split(path: &Path) -> (Option<&Path>, &Path) {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    (parent, path.file_name().map_or(path, Path::new))
}

#[cfg(test)]
mod tests;
