//! The core needs no operating system, no allocator and no libc, and cannot panic: `tests/firmware` links it with
//! nothing below it but a start and an exit, and a panic handler that calls what nobody defines. The program
//! records `message.wav` and says whether `#` cut it where it should.

use std::path::Path;
use std::process::Command;

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn the_core_links_and_runs_on_bare_metal() {
    let firmware = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/firmware");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("firmware");
    run(Command::new(env!("CARGO"))
        .args(["build", "--release"])
        .current_dir(&firmware)
        .env("CARGO_TARGET_DIR", &target));
    let program = target.join("firmware");
    let message = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/message.wav");
    run(Command::new("cc")
        .args([
            "-O2",
            "-ffreestanding",
            "-fno-builtin",
            "-fno-tree-loop-distribute-patterns",
            "-Wall",
            "-Werror",
        ])
        .args(["-nostdlib", "-static", "-no-pie", "-Wl,--gc-sections"])
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .arg(format!("-DMESSAGE=\"{}\"", message.display()))
        .arg(firmware.join("main.c"))
        .arg(target.join("release/libafterbeep_firmware.a"))
        .arg("-o")
        .arg(&program));
    run(&mut Command::new(&program));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
