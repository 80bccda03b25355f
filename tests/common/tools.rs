//! Programs that tests compare with, and which a machine may not have.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether a program is there. Where it is not, the test skips, loudly; CI, which installs all of them, sets
/// AFTERBEEP_REQUIRE_TOOLS, and then it fails.
pub fn have(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    if !found {
        assert!(std::env::var_os("AFTERBEEP_REQUIRE_TOOLS").is_none(), "{program} is missing");
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

/// The same for a C library, by its name for pkg-config, which has to be there.
pub fn have_library(name: &str) -> bool {
    let found =
        Command::new("pkg-config").args(["--exists", name]).status().is_ok_and(|status| status.success());
    if !found {
        assert!(std::env::var_os("AFTERBEEP_REQUIRE_TOOLS").is_none(), "{name} is missing");
        eprintln!("SKIPPED: {name} is not installed");
    }
    found
}

/// Runs a program that has to succeed.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}:\n{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

/// The project's own folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where tests build what takes long.
pub fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Installs the C libraries afresh into a folder of the scratch directory.
pub fn install(folder: &str) -> PathBuf {
    let prefix = scratch().join(folder);
    let _ = std::fs::remove_dir_all(&prefix);
    // A target folder of its own: the surrounding cargo holds the usual one.
    let target = scratch().join("install");
    run(Command::new(root().join("install.sh")).arg(&prefix).env("CARGO_TARGET_DIR", target));
    prefix
}

/// A small file system of its own, unmounted at the end.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where nothing can be mounted: the test then skips, loudly.
    pub fn mount(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(directory.path());
        if have("mount") && mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(directory));
        }
        eprintln!("SKIPPED: no file system can be mounted; this needs root");
        None
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all room that is left.
    pub fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.path().join("filler")).unwrap();
        while file.write_all(&[0; 1_024]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// A file system of its own that can stop answering (`fsfreeze`), as a dead disk does: who writes to it sleeps in the
/// kernel.
pub struct FreezingDisk {
    mount: tempfile::TempDir,
    _image: tempfile::NamedTempFile,
    frozen: bool,
}

impl FreezingDisk {
    /// `None` where nothing can be mounted: the test then skips, loudly.
    pub fn mount() -> Option<Self> {
        if !["mount", "mkfs.ext4", "fsfreeze"].into_iter().all(have) {
            return None;
        }
        let (mount, image) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        image.as_file().set_len(64 << 20).unwrap();
        run(Command::new("mkfs.ext4").arg("-q").arg(image.path()));
        let mut command = Command::new("mount");
        command.args(["-o", "loop"]).arg(image.path()).arg(mount.path());
        if command.status().is_ok_and(|status| status.success()) {
            return Some(Self { mount, _image: image, frozen: false });
        }
        eprintln!("SKIPPED: no image can be mounted; this needs root and loop devices");
        None
    }

    pub fn path(&self) -> &Path {
        self.mount.path()
    }

    pub fn freeze(&mut self) {
        run(Command::new("fsfreeze").arg("-f").arg(self.path()));
        self.frozen = true;
    }

    pub fn thaw(&mut self) {
        run(Command::new("fsfreeze").arg("-u").arg(self.path()));
        self.frozen = false;
    }
}

impl Drop for FreezingDisk {
    fn drop(&mut self) {
        if self.frozen {
            let _ = Command::new("fsfreeze").arg("-u").arg(self.path()).status();
        }
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
