use super::*;
use rustix::fs::{RenameFlags, renameat_with};
use rustix::process::umask;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

const ROUNDS: usize = 100_000;

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn a_message_is_part_until_it_has_its_name_and_replaces_nothing() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.wav", "1001/record/20260102/b.wav"] {
        let (part, file) = PartFile::create(root.path(), Some(name)).unwrap();
        assert_eq!(&**part.part(), root.path().join(format!("{name}.part")));
        assert!(matches!(PartFile::create(root.path(), Some(name)), Err(CreateError::Exists(_))));
        // Others see that it is being recorded.
        let other = File::open(part.part()).unwrap();
        let locked = || flock(&other, FlockOperation::NonBlockingLockExclusive);
        assert_eq!(locked(), Err(Errno::WOULDBLOCK));
        part.commit().unwrap();
        part.sync_directory().unwrap();
        assert!(part.path() == root.path().join(name) && part.path().is_file() && !part.part().exists());
        drop(file);
        // A child that another test forks has it until it runs its program.
        while locked().is_err() {
            std::thread::yield_now();
        }
        // The name is taken now: by the time of the next one's creation, or by that of its naming.
        assert!(matches!(PartFile::create(root.path(), Some(name)), Err(CreateError::Exists(_))));
        fs::rename(part.path(), root.path().join("away")).unwrap();
        let (late, _file) = PartFile::create(root.path(), Some(name)).unwrap();
        fs::write(late.path(), "somebody's").unwrap();
        assert_eq!(late.commit().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(late.path()).unwrap(), b"somebody's");
        late.delete();
        assert!(!late.part().exists());
    }
}

#[test]
fn what_is_not_the_file_any_more_is_neither_named_nor_deleted() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.wav", "d/a.wav"] {
        let (part, _file) = PartFile::create(root.path(), Some(name)).unwrap();
        fs::remove_file(part.part()).unwrap();
        fs::write(part.part(), "somebody's").unwrap();
        assert!(part.commit().unwrap_err().to_string().contains("another file"));
        part.delete();
        assert_eq!(fs::read(part.part()).unwrap(), b"somebody's");
    }
}

#[test]
fn the_longest_name_has_room_for_further_files() {
    let root = tempfile::tempdir().unwrap();
    let longest = "x".repeat(NAME_MAX_BYTES);
    let (part, _file) = PartFile::create(root.path(), Some(&longest)).unwrap();
    fs::write(root.path().join(format!("{}{PART}", numbered(&longest, 10_000))), "").unwrap();
    part.commit().unwrap();
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_make_nothing() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("file"), "").unwrap();
    for place in ["", "real/"] {
        symlink(outside.path(), at(&format!("{place}out"))).unwrap();
        symlink("/proc/self/fd", at(&format!("{place}magic"))).unwrap();
        symlink("nowhere", at(&format!("{place}dangling.wav"))).unwrap();
        symlink("nowhere", at(&format!("{place}dangling2.wav.part"))).unwrap();
        let fifo = at(&format!("{place}fifo.wav"));
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(fifo.metadata().unwrap().file_type().is_fifo());
    }
    let (before, before_real) = (entries(root.path()), entries(&at("real")));
    let refused = |name: &str| PartFile::create(root.path(), Some(name)).unwrap_err();
    for place in ["", "real/"] {
        for name in ["out/a.wav", "out/../a.wav", "magic/0", "magic/0/a.wav", "fifo.wav/a.wav", "out/b/c.wav"]
        {
            let error = refused(&format!("{place}{name}"));
            let right = if name.contains("..") {
                matches!(error, CreateError::Name(_))
            } else {
                matches!(error, CreateError::NotBeneath(_))
            };
            assert!(right, "{place}{name}: {error}");
        }
        for name in ["out", "dangling.wav", "dangling2.wav", "fifo.wav"] {
            let error = refused(&format!("{place}{name}"));
            assert!(matches!(error, CreateError::Exists(_)), "{place}{name}: {error}");
        }
    }
    assert!(matches!(refused("file/a.wav"), CreateError::NotBeneath(_)));
    assert!(matches!(refused("real"), CreateError::Exists(_)));
    let long = "x".repeat(245);
    let deep = "x/".repeat(600);
    for name in [
        "",
        ".",
        "..",
        "/",
        "/a.wav",
        "a/",
        "a//b",
        "./a",
        "a/./b",
        "../a",
        "a/..",
        "real/../a",
        "a\0",
        "a\0/b",
        "a\nb",
        "\u{7f}",
        "a.part",
        "real/a.part",
        &long,
        &format!("{long}/a"),
        &format!("{deep}a"),
    ] {
        let error = refused(name);
        assert!(matches!(error, CreateError::Name(_)), "{name:?}: {error}");
        assert!(!error.to_string().contains(|c: char| c.is_ascii_control()), "{error}");
    }
    assert_eq!((entries(root.path()), entries(&at("real"))), (before, before_real));
    assert_eq!(entries(outside.path()), 0);
    // The longest ones, and what other writing systems have.
    for name in [&long[1..], "ありがとう/благодаря.wav", "-rf", "a\\b", "a b"] {
        PartFile::create(root.path(), Some(name)).unwrap().0.commit().unwrap();
        assert!(at(name).is_file());
    }
}

#[test]
fn no_race_leads_out_of_the_root() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("d")).unwrap();
    symlink(outside.path(), at("trap")).unwrap();
    let over = AtomicBool::new(false);
    let (mut refused, mut made) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // Now a directory, now a link to outside.
                renameat_with(CWD, at("d"), CWD, at("trap"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        for round in 0..ROUNDS {
            match PartFile::create(root.path(), Some(&format!("d/{round}.wav"))) {
                // Both find their way anew, and it is no error to find none.
                Ok((part, _file)) if part.commit().is_ok() => made += 1,
                Ok((part, _file)) => part.delete(),
                Err(CreateError::NotBeneath(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(entries(outside.path()), 0);
    // Both happened often, or this says nothing.
    println!("{refused} refused, {made} made");
    assert!(refused > 100 && made > 100);
}

/// Set in the process that has its own umask.
const MODES: &str = "AFTERBEEP_TEST_MODES";

#[test]
fn files_are_their_owners_alone_whatever_the_umask_and_nobody_inherits_them() {
    // The umask is the process's: other tests run here.
    let Ok(mask) = std::env::var(MODES) else {
        for mask in ["0", "22", "777"] {
            let this = std::env::current_exe().unwrap();
            let name = "files_are_their_owners_alone_whatever_the_umask_and_nobody_inherits_them";
            let mut child = Command::new(this);
            let output = child.arg(name).arg("--nocapture").env(MODES, mask).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        }
        return;
    };
    let root = tempfile::tempdir().unwrap();
    umask(Mode::from_raw_mode(u32::from_str_radix(&mask, 8).unwrap()));
    let made = ["a.wav", "x/y/b.wav"].map(|name| PartFile::create(root.path(), Some(name)).unwrap());
    for (part, file) in &made {
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
        part.commit().unwrap();
        let inherited = Command::new("sh")
            .args(["-c", &format!("test -e /proc/self/fd/{}", file.as_raw_fd())])
            .status()
            .unwrap();
        assert!(!inherited.success());
    }
    for directory in ["x", "x/y"] {
        assert_eq!(fs::metadata(root.path().join(directory)).unwrap().mode() & 0o7777, 0o700);
    }
}
