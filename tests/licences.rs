//! Everything that ships with Afterbeep is permissively licensed.

use serde_json::Value;
use std::process::Command;

const PERMISSIVE: [&str; 11] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // Of lists of certificates, which are data.
    "CDLA-Permissive-2.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];
/// Programs that only the tests run.
const TESTS_ONLY: [(&str, &str); 1] = [("cbindgen", "MPL-2.0")];

/// Whether one alternative of a licence expression is permissive as a whole.
fn is_permissive(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain
        .split(" OR ")
        .any(|alternative| alternative.split(" AND ").all(|licence| PERMISSIVE.contains(&licence.trim())))
}

#[test]
fn the_dependency_tree_is_permissively_licensed() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "the tree is not whole");
    for package in packages {
        let (name, licence) = (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or(""));
        let excused = TESTS_ONLY.contains(&(name, licence));
        assert!(excused || is_permissive(licence), "{name} is licensed under `{licence}`");
    }
}

#[test]
fn copyleft_is_recognised() {
    for licence in ["GPL-3.0", "LGPL-2.1 AND MIT", "MPL-2.0", "", "Apache-2.0 AND GPL-2.0"] {
        assert!(!is_permissive(licence), "{licence}");
    }
    assert!(is_permissive("MIT OR GPL-2.0") && is_permissive("(MIT OR Apache-2.0) AND Unicode-3.0"));
}
