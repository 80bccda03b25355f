#!/bin/bash
# The C hosts of tests/hosts under LLVM's sanitizers.
#
#   tests/sanitizers.sh [--long] [asan|tsan|rtsan]...     default: all three, in a few minutes with the builds
#
# asan   AddressSanitizer and its search for leaks: the hosts that misbehave; sessions are destroyed under hostile calls
# tsan   ThreadSanitizer: the same hosts, whose threads are pthreads. Of std, only what tests/hosts/tsan.supp names is
#        let off
# rtsan  RealtimeSanitizer: every function that afterbeep.h marks as non-blocking, in every state
# --long 20 000 sessions destroyed under 10^8 hostile calls (asan), half an hour of 20 000 under 10^7 (tsan)
#
# Each one has to find a fault that was planted for it as well. Needs gcc and Rust's own compiler, whose runtimes are
# linked in; std itself is not rebuilt, so that stable Rust does. What is missing makes it skip, loudly, or fail where
# AFTERBEEP_REQUIRE_TOOLS is set.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
hosts=$root/tests/hosts
target=${CARGO_TARGET_DIR:-$root/target}/sanitizers
runtimes=$(rustc --print target-libdir)
triple=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cycles=2000 calls=2000000 race_calls=2000000 race_seconds=0
summary=()

fail() {
    echo "sanitizers.sh: $*" >&2
    exit 1
}

step() { printf '\n--- %s\n' "$*"; }

# Builds the static library with a sanitizer: `library NAME FLAGS [MANIFEST_FOLDER]`. With --target, the flags do not
# concern build scripts.
library() {
    (cd "${3:-$root}" &&
        RUSTC_BOOTSTRAP=1 RUSTFLAGS=$2 CARGO_PROFILE_RELEASE_LTO=off \
            cargo rustc --quiet --locked --release --lib --no-default-features --features std,capi \
            --crate-type staticlib --target "$triple" --target-dir "$target/$1")
    cp "$target/$1/$triple/release/libafterbeep.a" "$work/lib$1.a"
}

# `program NAME SANITIZER LIBRARY [GCC_FLAG]`: builds work/SANITIZER-NAME.
program() {
    gcc -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror ${4-} -I "$root/include" -c "$hosts/$1.c" -o "$work/$1.o"
    # Not by gcc's own -fsanitize, which would link gcc's runtime.
    gcc -rdynamic "$work/$1.o" "$3" -Wl,--whole-archive "$(runtime "$2")" -Wl,--no-whole-archive \
        -lpthread -ldl -lm -lrt -lgcc_s -o "$work/$2-$1"
}

runtime() { ls "$runtimes"/librustc-*_rt."$1".a 2>/dev/null; }

# An empty directory for recordings.
fresh() {
    rm -rf "$work/files"
    mkdir "$work/files"
}

host() {
    local program=$1 mode=$2
    shift 2
    fresh
    "$program" "$mode" "$work/files" "$@" || fail "${program##*/} $mode: exit code $?"
}

# `caught WHAT PATTERN COMMAND...`: the command has to fail, and to say so.
caught() {
    local what=$1 pattern=$2
    shift 2
    if "$@" >"$work/log" 2>&1 || ! grep -q "$pattern" "$work/log"; then
        cat "$work/log"
        fail "a planted $what went unnoticed"
    fi
    echo "a planted $what is caught"
}

asan() {
    step "AddressSanitizer"
    library asan -Zsanitizer=address
    for name in host planted; do program $name asan "$work/libasan.a" -fsanitize=address; done
    export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
    caught "use after free" "heap-use-after-free" "$work/asan-planted" use-after-free
    caught leak "LeakSanitizer: detected memory leaks" "$work/asan-planted" leak
    for mode in threads signals fork; do host "$work/asan-host" $mode; done
    host "$work/asan-host" hammer $cycles $calls
    summary+=("asan: threads, signals, fork, $cycles sessions destroyed under $calls calls: nothing found")
}

tsan() {
    step "ThreadSanitizer"
    local flags="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    library tsan "$flags"
    for name in host planted; do program $name tsan "$work/libtsan.a" -fsanitize=thread; done
    export TSAN_OPTIONS=suppressions=$hosts/tsan.supp:history_size=7
    caught race "ThreadSanitizer: data race" "$work/tsan-planted" race
    for mode in threads signals fork; do host "$work/tsan-host" $mode; done
    local rounds=0
    SECONDS=0
    while [ $rounds = 0 ] || [ $SECONDS -lt $race_seconds ]; do
        host "$work/tsan-host" hammer $cycles $race_calls
        rounds=$((rounds + 1))
    done
    summary+=("tsan: threads, signals, fork, $rounds x $cycles sessions destroyed under $race_calls calls: nothing found")

    # The library with one wrong memory ordering: the gate's.
    local twin=$target/twin
    rm -rf "$twin"
    mkdir "$twin"
    ln -s "$root"/{Cargo.toml,Cargo.lock,benches,examples,tests} "$twin"
    cp -r "$root/src" "$twin/src"
    sed -i 's/ordering(Seed::GateTaken, Ordering::Acquire)/Ordering::Relaxed/' "$twin/src/engine/gate.rs"
    cmp -s "$root/src/engine/gate.rs" "$twin/src/engine/gate.rs" && fail "the gate's ordering is not where it was"
    # In a target folder of its own: cargo takes the one library for the other.
    library tsan-twin "$flags -Adead_code" "$twin"
    program host tsan "$work/libtsan-twin.a" -fsanitize=thread
    fresh
    caught "wrong ordering in the gate" "ThreadSanitizer: data race" \
        "$work/tsan-host" hammer "$work/files" 2000 2000000
}

rtsan() {
    step "RealtimeSanitizer"
    # As it ships: the sanitizer watches the calls to other libraries.
    (cd "$root" && cargo rustc --quiet --locked --release --lib --no-default-features --features std,capi \
        --crate-type staticlib --target-dir "$target/rtsan")
    for name in realtime realtime_parts; do program $name rtsan "$target/rtsan/release/libafterbeep.a"; done
    caught allocation "unsafe function .malloc. in real-time context" "$work/rtsan-realtime_parts" planted
    # What the header marks is called, all of it.
    local functions function
    functions=$(tr '\n' ' ' <"$root/include/afterbeep.h" | grep -o 'AFTERBEEP_API[^;]*AFTERBEEP_NONBLOCKING;' |
        sed 's/.*[ *]\(afterbeep_[a-z0-9_]*\)(.*/\1/')
    [ "$(wc -w <<<"$functions")" -ge 25 ] || fail "the header's non-blocking functions are not recognised"
    for function in $functions; do
        grep -q "$function(" "$hosts"/realtime*.c || fail "$function is not tried"
    done
    "$work/rtsan-realtime_parts" || fail "realtime_parts: exit code $?"
    fresh
    "$work/rtsan-realtime" "$work/files" || fail "realtime: exit code $?"
    summary+=("rtsan: $(wc -w <<<"$functions") functions, in every state: nothing found")
}

chosen=()
for argument in "$@"; do
    case $argument in
    --long) cycles=20000 calls=100000000 race_calls=10000000 race_seconds=1800 ;;
    asan | tsan | rtsan) chosen+=("$argument") ;;
    *) fail "$argument is no sanitizer; the head of this file tells which there are" ;;
    esac
done
[ ${#chosen[@]} -gt 0 ] || chosen=(asan tsan rtsan)
for sanitizer in "${chosen[@]}"; do
    if ! command -v gcc >/dev/null || [ -z "$(runtime "$sanitizer")" ]; then
        [ -z "${AFTERBEEP_REQUIRE_TOOLS-}" ] || fail "gcc or Rust's runtime for $sanitizer is missing"
        echo "SKIPPED: gcc or Rust's runtime for $sanitizer is missing" >&2
        summary+=("$sanitizer: SKIPPED")
        continue
    fi
    "$sanitizer"
done
step "sanitizers"
printf '%s\n' "${summary[@]}"
