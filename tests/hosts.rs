//! Hosts in C that behave as real ones do, against the installed shared library: `tests/hosts/host.c` says how.
//! `tests/sanitizers.sh` runs the same under AddressSanitizer and ThreadSanitizer.

mod common;

use common::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

fn build(prefix: &Path, name: &str, libraries: &[&str]) -> PathBuf {
    let program = prefix.join(name);
    let library = prefix.join("lib");
    tools::run(
        Command::new("cc")
            .args(["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-I"])
            .arg(prefix.join("include"))
            .arg(tools::root().join(format!("tests/hosts/{name}.c")))
            .arg(format!("-L{}", library.display()))
            .arg(format!("-Wl,-rpath,{}", library.display()))
            .args(libraries)
            .arg("-o")
            .arg(&program),
    );
    program
}

fn run(command: &mut Command) {
    print!("{}", String::from_utf8_lossy(&tools::run(command).stdout));
}

#[test]
fn hosts_that_misbehave_live_and_are_told() {
    if !tools::have("cc") {
        return;
    }
    let prefix = tools::install("hosts");
    let program = build(&prefix, "host", &["-lafterbeep", "-lpthread"]);
    for arguments in [&["fork"][..], &["threads"], &["signals"], &["hammer", "2000", "2000000"]] {
        let directory = tempfile::tempdir().unwrap();
        run(Command::new(&program).arg(arguments[0]).arg(directory.path()).args(&arguments[1..]));
    }
    // This one does not link it.
    let program = build(&prefix, "unload", &["-ldl"]);
    run(Command::new(program).arg(prefix.join("lib/libafterbeep.so")).arg("1000"));
}
