#!/bin/bash
# Runs every fuzz target: fuzz/run.sh [SECONDS], a minute each by default, two at once.
#
# Finds crashes, inputs that take longer than a second, allocations above 16 MiB and processes above 512 MiB. What it
# finds is in fuzz/artifacts; the inputs that it learned from stay in fuzz/corpus. Needs a nightly compiler; without one it
# skips, loudly, or fails where AFTERBEEP_REQUIRE_TOOLS is set. Installs cargo-fuzz where that is missing.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
toolchain=${AFTERBEEP_NIGHTLY:-nightly}

if ! cargo "+$toolchain" --version >/dev/null 2>&1; then
    echo "SKIPPED: there is no Rust toolchain called $toolchain (rustup toolchain install nightly)" >&2
    [ -z "${AFTERBEEP_REQUIRE_TOOLS-}" ] || exit 1
    exit 0
fi
cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz

targets=$(sed -n 's/^name = "\([a-z0-9_]*\)"$/\1/p' Cargo.toml)
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# The address sanitizer watches the C ABI's pointers.
cargo "+$toolchain" fuzz build --fuzz-dir . >"$log/build" 2>&1 || { cat "$log/build"; exit 1; }

fuzz() {
    local dictionary=()
    [ ! -f "$1.dict" ] || dictionary=(-dict="$1.dict")
    if cargo "+$toolchain" fuzz run --fuzz-dir . "$1" -- -max_total_time="$seconds" -timeout=1 -rss_limit_mb=512 \
        -malloc_limit_mb=16 -max_len=4096 -print_final_stats=1 "${dictionary[@]}" >"$log/$1" 2>&1; then
        echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log/$1") inputs in $seconds s: nothing found"
    else
        tail -n 60 "$log/$1"
        echo "$1: FAILED" >&2
        return 1
    fi
}
export -f fuzz
export toolchain seconds log
xargs -P 2 -I{} bash -c 'fuzz {}' <<<"$(grep -v '^afterbeep-fuzz$' <<<"$targets")"
