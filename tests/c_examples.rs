//! The library as a C user gets it: installed, found by CMake, run by ctest; and the same bytes as the
//! command line's.

mod common;

use common::{Key, Line, Random, data, tools};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_examples_build_against_the_installed_tree_and_pass() {
    if !tools::have("cmake") {
        return;
    }
    let (prefix, build) = (tools::install("prefix"), tools::scratch().join("c-examples"));
    let _ = fs::remove_dir_all(&build);
    tools::run(
        Command::new("cmake")
            .arg("-S")
            .arg(tools::root().join("c-examples"))
            .arg("-B")
            .arg(&build)
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())),
    );
    tools::run(Command::new("cmake").arg("--build").arg(&build));
    let ctest = tools::run(Command::new("ctest").arg("--test-dir").arg(&build).arg("--output-on-failure"));
    println!("{}", String::from_utf8_lossy(&ctest.stdout));

    exported_symbols_are_those_of_the_header(&prefix.join("lib/libafterbeep.so"));
    the_program_of_the_readme_compiles_and_records(&prefix);
    the_linker_words_of_the_pkg_config_file_are_right(&prefix);
    both_ways_give_the_same_bytes(&build.join("record_message"));
}

fn both_ways_give_the_same_bytes(record_message: &Path) {
    let directory = tempfile::tempdir().unwrap();
    for name in ["message.wav", "reading.wav", "numbers.wav"] {
        let (by_c, by_command) = (format!("c-{name}"), directory.path().join(format!("command-{name}")));
        tools::run(Command::new(record_message).arg(data(name)).arg(directory.path()).arg(&by_c));
        let command = env!("CARGO_BIN_EXE_afterbeep");
        tools::run(Command::new(command).arg("record").arg(data(name)).arg("--out").arg(&by_command));
        let (c, rust) = (fs::read(directory.path().join(by_c)).unwrap(), fs::read(by_command).unwrap());
        assert!(c == rust, "{name}: {} bytes from C, {} from the command line", c.len(), rust.len());
    }
}

fn the_program_of_the_readme_compiles_and_records(prefix: &Path) {
    let readme = fs::read_to_string(tools::root().join("README.md")).unwrap();
    let (_, program) = readme.split_once("```c\n").unwrap();
    let (program, _) = program.split_once("```").unwrap();
    let (source, binary) = (prefix.join("call.c"), prefix.join("call"));
    fs::write(&source, program).unwrap();
    let library = prefix.join("lib");
    tools::run(
        Command::new("cc")
            .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
            .arg(prefix.join("include"))
            .arg(&source)
            .arg(format!("-L{0}", library.display()))
            .arg(format!("-Wl,-rpath,{}", library.display()))
            .args(["-lafterbeep", "-o"])
            .arg(&binary),
    );
    // Less than the ring holds, since nobody paces it.
    let line = Line::new().silence(1_000).key(Key::new('#'), &mut Random::new(1)).silence(200).pcm();
    let input = prefix.join("line.raw");
    fs::write(&input, line.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let output = tools::run(Command::new(binary).stdin(fs::File::open(input).unwrap()));
    let said = String::from_utf8(output.stdout).unwrap();
    let ms = said
        .strip_prefix("ended by dtmf, ")
        .and_then(|rest| rest.strip_suffix(" ms, 0 samples lost\n"))
        .unwrap();
    assert!(ms.parse::<i32>().unwrap().abs_diff(600) <= 5, "{said}");
}

fn exported_symbols_are_those_of_the_header(library: &Path) {
    if !tools::have("nm") {
        return;
    }
    let nm = tools::run(Command::new("nm").args(["-D", "--defined-only"]).arg(library));
    let nm = String::from_utf8(nm.stdout).unwrap();
    let mut exported: Vec<&str> = nm.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let header = fs::read_to_string(tools::root().join("include/afterbeep.h")).unwrap();
    let mut declared: Vec<&str> = header
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '#']) && !line.starts_with("typedef"))
        .filter_map(|line| line.split_once('(').and_then(|(before, _)| before.rsplit([' ', '*']).next()))
        .collect();
    exported.sort_unstable();
    declared.sort_unstable();
    assert_eq!(exported, declared);
}

/// A program links statically with nothing but what `pkg-config --static` says.
fn the_linker_words_of_the_pkg_config_file_are_right(prefix: &Path) {
    if !tools::have("pkg-config") || !tools::have("cc") {
        return;
    }
    let pkg_config = tools::run(
        Command::new("pkg-config")
            .args(["--static", "--cflags", "--libs", "afterbeep"])
            .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")),
    );
    let words = String::from_utf8(pkg_config.stdout).unwrap();
    let words = words.split_whitespace().map(|word| {
        if word == "-lafterbeep" {
            prefix.join("lib/libafterbeep.a").display().to_string()
        } else {
            word.to_owned()
        }
    });
    let program = prefix.join("static_check");
    tools::run(
        Command::new("cc")
            .arg(tools::root().join("c-examples/abi_check.c"))
            .args(words)
            .arg("-o")
            .arg(&program),
    );
    tools::run(Command::new(program).arg(prefix));
}
