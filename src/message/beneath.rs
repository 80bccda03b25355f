//! Directories beneath a recording root, reached so that no link leads out of it.

use rustix::fs::{
    AtFlags, Mode, OFlags, RenameFlags, ResolveFlags, fstat, linkat, mkdirat, openat, openat2, renameat_with,
    unlinkat,
};
use rustix::io::{Errno, Result};
use std::fs::Permissions;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What directories may their owner, and nobody else.
const DIRECTORY_MODE: Mode = Mode::RWXU;

/// The recording root. It is the host's, and may be anything that leads to a directory.
pub(super) fn open_root(root: &Path) -> Result<OwnedFd> {
    rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// A directory beneath it; `path` has neither empty parts nor `.` nor `..`. No part of it may be a link.
pub(super) fn open_directory(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Result<OwnedFd> {
    let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    loop {
        match openat2(root, path, flags, Mode::empty(), resolve) {
            // Somebody renames directories meanwhile, or a signal came.
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Before Linux 5.6, or where a filter of system calls does not know it.
            Err(Errno::NOSYS | Errno::PERM) => return walk(root, path, flags),
            opened => return opened,
        }
    }
}

/// The same, part by part.
fn walk(root: BorrowedFd<'_>, path: &Path, last: OFlags) -> Result<OwnedFd> {
    let passing = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut parts = path.iter().peekable();
    let mut directory: Option<OwnedFd> = None;
    while let Some(part) = parts.next() {
        let from = directory.as_ref().map_or(root, AsFd::as_fd);
        let flags = if parts.peek().is_some() { passing } else { last };
        directory = Some(openat(from, part, flags, Mode::empty())?);
    }
    directory.ok_or(Errno::NOENT)
}

/// The same; directories that are missing are made, for their owner alone whatever the umask.
pub(super) fn make_directory(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    match open_directory(root, path, OFlags::PATH) {
        Err(Errno::NOENT) => {}
        opened => return opened,
    }
    let mut directory: Option<OwnedFd> = None;
    for part in path.iter().map(Path::new) {
        let from = directory.as_ref().map_or(root, AsFd::as_fd);
        let made = match mkdirat(from, part, DIRECTORY_MODE) {
            Err(Errno::EXIST) => false,
            made => made.map(|()| true)?,
        };
        let opened = open_directory(from, part, OFlags::PATH)?;
        if made && Mode::from_raw_mode(fstat(&opened)?.st_mode) != DIRECTORY_MODE {
            // A umask took bits. The descriptor says which directory is meant, whatever its name is by now.
            let known = format!("/proc/self/fd/{}", opened.as_raw_fd());
            let mode = Permissions::from_mode(DIRECTORY_MODE.as_raw_mode());
            std::fs::set_permissions(known, mode)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        }
        directory = Some(opened);
    }
    directory.ok_or(Errno::NOENT)
}

/// Renames a file within a directory, unless that would replace another one.
pub(super) fn rename(directory: BorrowedFd<'_>, from: &Path, to: &Path) -> Result<()> {
    match renameat_with(directory, from, directory, to, RenameFlags::NOREPLACE) {
        // Not every file system knows the flag; a hard link does not replace a file either.
        Err(Errno::INVAL | Errno::NOSYS) => {
            linkat(directory, from, directory, to, AtFlags::empty())?;
            unlinkat(directory, from, AtFlags::empty())
        }
        renamed => renamed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    #[test]
    fn both_ways_find_directories_and_no_links() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        symlink(outside.path(), root.path().join("link")).unwrap();
        symlink("a", root.path().join("inside")).unwrap();
        std::fs::write(root.path().join("a/file"), "").unwrap();
        let opened = open_root(root.path()).unwrap();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        for (path, found) in [
            ("a", true),
            ("a/b", true),
            ("link", false),
            ("link/b", false),
            ("inside/b", false),
            ("a/file", false),
            ("a/file/b", false),
            ("no", false),
        ] {
            let path = Path::new(path);
            let ways =
                [open_directory(opened.as_fd(), path, OFlags::PATH), walk(opened.as_fd(), path, flags)];
            for way in ways {
                match way {
                    Ok(directory) => {
                        let inode = std::fs::metadata(root.path().join(path)).unwrap().ino();
                        assert!(found && fstat(directory).unwrap().st_ino == inode, "{path:?}");
                    }
                    Err(error) => {
                        assert!(!found, "{path:?}: {error}");
                        assert!(matches!(error, Errno::LOOP | Errno::NOTDIR | Errno::NOENT), "{error}");
                    }
                }
            }
        }
        // Nothing is made behind a link.
        assert!(make_directory(opened.as_fd(), Path::new("link/c")).is_err());
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
        make_directory(opened.as_fd(), Path::new("a/c/d")).unwrap();
        for made in ["a/c", "a/c/d"] {
            assert_eq!(std::fs::metadata(root.path().join(made)).unwrap().mode() & 0o7777, 0o700);
        }
    }
}
