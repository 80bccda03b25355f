use super::fresh_name;
use rustix::fs::{CWD, Mode, OFlags, RenameFlags, open, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The longest name that leaves room for `.part`.
const NAME_MAX_BYTES: usize = 250;
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
    #[error("`{0}` is not a file name; it takes 1 to 250 bytes without `/` and NUL, other than `.` and `..`")]
    Name(String),
    /// A file of that name exists already.
    #[error("{0} exists already; choose another name or move it away")]
    Exists(PathBuf),
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

/// A file that is being recorded: `NAME.part`, `NAME` once it is finished. Neither ever replaces
/// another file.
#[derive(Debug)]
pub(crate) struct PartFile {
    /// The one path that is kept, as a session has to be small: `NAME.part`.
    part: Box<Path>,
}

impl PartFile {
    /// Creates the file for a name in a directory, readable by its owner alone; `None` makes a fresh name.
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

    fn create_named(directory: &Path, name: &str) -> Result<(Self, File), CreateError> {
        let usable = (1..=NAME_MAX_BYTES).contains(&name.len())
            && !name.contains(['/', '\0'])
            && !matches!(name, "." | "..");
        if !usable {
            return Err(CreateError::Name(name.to_owned()));
        }
        let path = directory.join(name);
        let part = directory.join(format!("{name}.part"));
        if path.symlink_metadata().is_ok() {
            return Err(CreateError::Exists(path));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match open(&part, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Ok((Self { part: part.into_boxed_path() }, File::from(file))),
            // The directory is there, so that this is no directory to create files in.
            Err(Errno::NOENT) => Err(CreateError::Permission(part)),
            Err(error) => Err(CreateError::from_io(&part, error.into())),
        }
    }

    /// The file as it is now.
    pub(crate) fn part(&self) -> &Path {
        &self.part
    }

    /// Gives the finished file its name. Where that fails, the file stays under the name that comes
    /// with the error.
    pub(crate) fn commit(self) -> Result<PathBuf, (PathBuf, io::Error)> {
        // `.part` is all that an extension can be.
        let path = self.part.with_extension("");
        let renamed = match renameat_with(CWD, &*self.part, CWD, &path, RenameFlags::NOREPLACE) {
            // Not every file system knows the flag; a hard link does not replace a file either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                fs::hard_link(&self.part, &path).and_then(|()| fs::remove_file(&self.part))
            }
            renamed => renamed.map_err(io::Error::from),
        };
        match renamed {
            Ok(()) => Ok(path),
            Err(error) => Err((self.leave(), error)),
        }
    }

    /// Leaves the file as it is.
    pub(crate) fn leave(self) -> PathBuf {
        self.part.into_path_buf()
    }

    /// Removes the file.
    pub(crate) fn delete(self) {
        // Whoever removed it before did the same.
        let _ = fs::remove_file(&self.part);
    }
}
