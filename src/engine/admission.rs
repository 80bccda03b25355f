//! What has to be there before a session opens.

use super::OpenError;
use super::slot::EngineShared;
use super::writer::Crew;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering;

/// A session's share of `max_sessions`, given back unless it is kept.
pub(super) struct Place<'a>(&'a EngineShared);

impl<'a> Place<'a> {
    pub(super) fn reserve(shared: &'a EngineShared, max_sessions: u32) -> Result<Self, OpenError> {
        let more = |open: u32| (open < max_sessions).then_some(open + 1);
        match shared.sessions.fetch_update(Ordering::Acquire, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(shared)),
            Err(_) => Err(OpenError::Full(max_sessions)),
        }
    }

    /// The slot gives it back when it is free again.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Release);
    }
}

/// Refuses a directory whose file system does not answer, or is about full, and says what is free in KiB, where it can be
/// known. Whether there is a directory at all, creating the file tells.
pub(super) fn check_file_system(
    crew: &Crew,
    directory: &Path,
    min_free_kib: u32,
) -> Result<Option<u64>, OpenError> {
    let Ok(metadata) = fs::metadata(directory) else { return Ok(None) };
    if crew.is_stalled(metadata.dev()) {
        return Err(OpenError::FileSystemStalled(directory.to_owned()));
    }
    let Ok(space) = rustix::fs::statvfs(directory) else { return Ok(None) };
    let free_kib = (space.f_bavail * space.f_frsize) / 1_024;
    // Some file systems have no size.
    if space.f_blocks == 0 {
        return Ok(None);
    }
    if free_kib < u64::from(min_free_kib) {
        return Err(OpenError::DiskSpace { directory: directory.to_owned(), free_kib });
    }
    Ok(Some(free_kib))
}
