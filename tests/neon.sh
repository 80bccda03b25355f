#!/bin/bash
# The NEON kernel on 64-bit Arm, emulated: the bank against a DFT.
#
#   tests/neon.sh [WORK]
#
# Debian's rustc-web and its standard library for arm64 are downloaded and unpacked into WORK (default: target/neon;
# 130 MB to download), not installed, and no architecture is added to the system. Needs apt-get, dpkg-deb, a 64-bit Arm
# compiler (gcc-aarch64-linux-gnu) and emulator (qemu-user). What is missing makes it skip, loudly, or fail where
# AFTERBEEP_REQUIRE_TOOLS is set.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$root/target/neon}

skip() {
    echo "SKIPPED: $*" >&2
    [ -z "${AFTERBEEP_REQUIRE_TOOLS-}" ] || exit 1
    exit 0
}

for program in apt-get dpkg-deb cargo cc qemu-aarch64; do
    command -v "$program" >/dev/null || skip "$program is missing"
done
linker=$(command -v aarch64-linux-gnu-gcc aarch64-linux-gnu-gcc-12 | head -n 1) || skip "aarch64-linux-gnu-gcc is missing"

mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/debs" "$work/crate"
work=$(cd "$work" && pwd)
if [ ! -x "$work/tree/usr/bin/rustc" ]; then
    # apt with a state of its own, so that the system need not know the other architecture.
    : >"$work/apt/status"
    cat >"$work/apt/apt.conf" <<END
APT::Architectures { "amd64"; "arm64"; };
Dir::State "$work/apt";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
END
    export APT_CONFIG=$work/apt/apt.conf
    apt-get -qq update || skip "apt cannot be updated"
    libraries=$(apt-cache depends rustc-web libstd-rust-web-dev 2>/dev/null |
        sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | head -n 1)
    [ -n "$libraries" ] || skip "apt has no rustc-web"
    llvm=$(apt-cache depends "$libraries" | sed -n 's/.*Depends: \(libllvm[0-9]*\)$/\1/p')
    # shellcheck disable=SC2086
    (cd "$work/debs" && rm -f ./*.deb &&
        apt-get -qq download rustc-web libstd-rust-web-dev libstd-rust-web-dev:arm64 "$libraries" $llvm) ||
        skip "apt cannot download the compiler"
    rm -rf "$work/tree.part"
    for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/tree.part"; done
    rm -rf "$work/debs" "$work/tree"
    mv "$work/tree.part" "$work/tree"
    unset APT_CONFIG
fi

# A crate with no more dependencies than this test has.
cat >"$work/crate/Cargo.toml" <<END
[package]
name = "neon"
version = "0.0.0"
edition = "2024"
autotests = false

[lib]
path = "lib.rs"

[dev-dependencies]
afterbeep = { path = "$root", default-features = false, features = ["std"] }
goertzel-nostd = "0.3"
hound = "3.5"
tempfile = "3"

[[test]]
name = "goertzel"

[profile.dev]
opt-level = 1
debug = false

[workspace]
END
: >"$work/crate/lib.rs"
ln -sfn "$root/tests" "$work/crate/tests"
cp "$root/Cargo.lock" "$work/crate/Cargo.lock"

libraries=$(dirname "$(find "$work/tree/usr/lib" -name 'librustc_driver-*.so')")
export LD_LIBRARY_PATH=$libraries RUSTC=$work/tree/usr/bin/rustc CARGO_TARGET_DIR=$work/target
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$linker CC_aarch64_unknown_linux_gnu=$linker
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
"$RUSTC" --version
cd "$work/crate"
cargo test --quiet --target aarch64-unknown-linux-gnu -- --nocapture
