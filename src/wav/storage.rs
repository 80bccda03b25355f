use rustix::fs::FallocateFlags;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;

/// What a [`WavWriter`](super::WavWriter) does to a file. Every call may block, and fail.
pub trait Storage: Debug + Send {
    /// Writes the pieces one behind the other from `offset` on, and says how many bytes of them were taken: that may be
    /// fewer than there are, but none only where nothing was asked.
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;

    /// Reads from `offset` on, and says how many bytes there were: fewer than asked where the file ends, or at any time.
    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Makes the file so long.
    fn set_len(&mut self, bytes: u64) -> io::Result<()>;

    /// Reserves room for `bytes` from `offset` on; the file stays as long as it is.
    fn allocate(&mut self, offset: u64, bytes: u64) -> io::Result<()>;

    /// Returns when what was written would survive a power cut.
    fn sync_data(&mut self) -> io::Result<()>;
}

impl Storage for File {
    fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwritev(self, pieces, offset)?)
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, bytes, offset)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        File::set_len(self, bytes)
    }

    fn allocate(&mut self, offset: u64, bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(&*self, FallocateFlags::KEEP_SIZE, offset, bytes)?)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }
}

/// Writes as much as the storage takes, and says how much that was.
pub(super) fn write_all_at<const N: usize>(
    storage: &mut dyn Storage,
    mut pieces: [&[u8]; N],
    offset: u64,
) -> (u64, io::Result<()>) {
    let mut written = 0;
    while pieces.iter().any(|piece| !piece.is_empty()) {
        match storage.write_at(&pieces.map(IoSlice::new), offset + written) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(mut count) => {
                written += count as u64;
                for piece in &mut pieces {
                    let of_this = count.min(piece.len());
                    *piece = &piece[of_this..];
                    count -= of_this;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

/// Fills `bytes`, which the storage has.
pub(super) fn read_exact_at(storage: &mut dyn Storage, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match storage.read_at(&mut bytes[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;

    /// Takes so many bytes at once, with an interruption before each.
    #[derive(Debug)]
    struct Reluctant {
        bytes: Vec<u8>,
        at_once: usize,
        interrupted: bool,
    }

    impl Storage for Reluctant {
        fn write_at(&mut self, pieces: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            assert_eq!(offset, self.bytes.len() as u64);
            let taken: Vec<u8> =
                pieces.iter().flat_map(|piece| piece.iter().copied()).take(self.at_once).collect();
            self.bytes.extend(&taken);
            Ok(taken.len())
        }

        fn read_at(&mut self, _: &mut [u8], _: u64) -> io::Result<usize> {
            Ok(0)
        }

        fn set_len(&mut self, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn allocate(&mut self, _: u64, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync_data(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn short_writes_are_carried_on() {
        for at_once in 1..12 {
            let mut storage = Reluctant { bytes: Vec::new(), at_once, interrupted: false };
            let (written, done) = write_all_at(&mut storage, [b"abc", b"", b"defgh"], 0);
            done.unwrap();
            assert_eq!((written, &storage.bytes[..]), (8, &b"abcdefgh"[..]));
        }
        let mut storage = Reluctant { bytes: Vec::new(), at_once: 0, interrupted: false };
        let (written, done) = write_all_at(&mut storage, [b"abc"], 0);
        assert_eq!((written, done.unwrap_err().kind()), (0, io::ErrorKind::WriteZero));
    }

    #[test]
    fn allocating_ahead_keeps_the_size() {
        let mut file = tempfile::tempfile().unwrap();
        Storage::write_at(&mut file, &[IoSlice::new(b"abc")], 0).unwrap();
        match file.allocate(3, 1 << 20) {
            // Not every file system can.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return,
            allocated => allocated.unwrap(),
        }
        let metadata = file.metadata().unwrap();
        assert_eq!(metadata.len(), 3);
        assert!(metadata.blocks() * 512 >= 1 << 20);
        let mut bytes = Vec::new();
        io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"abc");
    }
}
