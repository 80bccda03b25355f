#!/bin/bash
# What does the whole process cost? CPU time of `afterbeep detect - --json` against a plain C loop over SpanDSP's
# receiver (spandsp_loop.c), on the same 40 minutes of audio: the best of several runs, both in turn.
#
#   benches/peers/detect_cpu.sh [AUDIO]
#
# AUDIO is raw 16-bit PCM at 8 kHz, such as a line that tests/talk_off/run.sh keeps; without it, the recordings of
# tests/data are repeated. Exit code 0 where ours takes an eighth at most. RUNS says how many runs (default 7), AFTERBEEP
# names another program to measure. Needs cc and python3; installs libspandsp-dev where it is missing and it may.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/packages.sh"
need spandsp.h libspandsp-dev
bytes=$((40 * 60 * 8000 * 2))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cc -O2 -Wall -o "$work/spandsp_loop" "$here/spandsp_loop.c" -lspandsp
if [ -z "${AFTERBEEP-}" ]; then
    (cd "$root" && cargo build --quiet --locked --release --bin afterbeep)
    AFTERBEEP=${CARGO_TARGET_DIR:-$root/target}/release/afterbeep
fi

if [ $# -gt 0 ]; then
    head -c "$bytes" "$1" >"$work/audio"
else
    # The samples of the WAV files follow their headers of 44 bytes.
    for name in reading numbers digits message; do
        tail -c +45 "$root/tests/data/$name.wav"
    done >"$work/once"
    while [ "$(stat -c %s "$work/audio" 2>/dev/null || echo 0)" -lt "$bytes" ]; do
        cat "$work/once" "$work/once" "$work/once" "$work/once" >>"$work/audio"
    done
    truncate -s "$bytes" "$work/audio"
fi
echo "$(($(stat -c %s "$work/audio") / 16000)) s of audio"

# `user system` of one run, in microseconds; the output is kept to show that work was done.
cpu() {
    python3 - "$work/audio" "$1" "${@:2}" <<'END'
import os, subprocess, sys
audio, output, *program = sys.argv[1:]
with open(audio, "rb") as source, open(output, "wb") as sink:
    pid = subprocess.Popen(program, stdin=source, stdout=sink)
    _, status, usage = os.wait4(pid.pid, 0)
if status:
    sys.exit(f"{program[0]} failed")
print(round(usage.ru_utime * 1e6), round(usage.ru_stime * 1e6))
END
}

: >"$work/ours"
: >"$work/theirs"
for _ in $(seq "${RUNS:-7}"); do
    cpu "$work/ours.out" "$AFTERBEEP" detect - --json >>"$work/ours"
    cpu "$work/theirs.out" "$work/spandsp_loop" >>"$work/theirs"
done
awk '
    FNR == 1 { side++ }
    !(side in best) || $1 + $2 < best[side] { best[side] = $1 + $2; user[side] = $1; system_time[side] = $2 }
    END {
        split("afterbeep detect,SpanDSP loop", name, ",")
        printf "%-18s %10s %10s %10s\n", "CPU, ms", "user", "system", "both"
        for (side = 1; side <= 2; side++)
            printf "%-18s %10.1f %10.1f %10.1f\n", name[side], user[side] / 1e3, system_time[side] / 1e3, best[side] / 1e3
        printf "ours is 1/%.1f of the whole, 1/%.1f of the user time\n", best[2] / best[1], user[2] / user[1]
        exit (8 * best[1] > best[2])
    }' "$work/ours" "$work/theirs"
