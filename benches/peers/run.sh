#!/bin/bash
# How much CPU does recording take? `afterbeep load` beside the loop that one writes with SpanDSP and libsndfile
# (recorder_loop.c): the same audio, the same number of channels, WAV files on the same disk, in turn.
#
#   benches/peers/run.sh [DIR]
#
# The files go to a directory of their own in DIR, /dev/shm by default, and are removed; 3.2 GB are needed. Each row is the
# best of RUNS runs (default 3), so that what else the machine does counts little. CHANNELS="1000 10000" are the numbers of
# channels; FRAMES (default 10000000: 20 s, a message of the default length, on 10000 channels) the
# frames of all channels in a run. INPUT is what callers say (default
# tests/data/message.wav), AFTERBEEP another program to measure, LOAD_FLAGS more flags for it. Exit status 0 where ours
# takes a quarter at most, an eighth without writing. Needs cc and python3; installs libspandsp-dev and libsndfile1-dev
# where they are missing and it may.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/packages.sh"
need spandsp.h libspandsp-dev sndfile.h libsndfile1-dev

work=$(mktemp -d "${1:-/dev/shm}/afterbeep-peers.XXXXXX")
trap 'rm -rf "$work"' EXIT
cc -O2 -Wall -o "$work/recorder_loop" "$here/recorder_loop.c" -lspandsp -lsndfile
if [ -z "${AFTERBEEP-}" ]; then
    (cd "$root" && cargo build --quiet --locked --release --bin afterbeep)
    AFTERBEEP=${CARGO_TARGET_DIR:-$root/target}/release/afterbeep
fi
input=${INPUT:-$root/tests/data/message.wav}
channels=${CHANNELS:-1000 10000}
most=$(tr ' ' '\n' <<<"$channels" | sort -n | tail -1)
ulimit -n $((most + 100)) 2>/dev/null ||
    [ "$(ulimit -n)" -ge $((most + 100)) ] || { echo "MISSING: ulimit -n $((most + 100))" >&2; exit 1; }

# One run of a program with its files in a directory that is then empty again; its result goes to a file.
measure() {
    local result=$1
    shift
    mkdir "$work/files"
    "$@" --dir "$work/files" --input "$input" --json >>"$result"
    rm -r "$work/files"
}

for count in $channels; do
    seconds=$((${FRAMES:-10000000} / 50 / count))
    seconds=$((seconds > 0 ? seconds : 1))
    for _ in $(seq "${RUNS:-3}"); do
        # shellcheck disable=SC2086
        measure "$work/ours" "$AFTERBEEP" load --pace max --channels "$count" --seconds "$seconds" ${LOAD_FLAGS-}
        measure "$work/theirs" "$work/recorder_loop" --channels "$count" --seconds "$seconds"
        "$work/recorder_loop" --channels "$count" --seconds "$seconds" --input "$input" --no-write --json >>"$work/theirs"
    done
done

# shellcheck disable=SC2086
python3 - "$work/ours" "$work/theirs" $channels <<'END'
import json, sys

def rows(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]

ours, theirs = rows(sys.argv[1]), rows(sys.argv[2])
reached = True
print(f"{'CPU, ns a frame of 20 ms':<62} {'afterbeep':>10} {'loop':>10} {'ratio':>7}  wanted")
for channels in map(int, sys.argv[3:]):
    of = [row for row in ours if row["channels"] == channels]
    lost = max(row["lost_samples"] for row in of)
    if lost:
        sys.exit(f"{channels} channels: {lost} samples were lost: this measures nothing")

    def line(what, figure, written, wanted):
        best = min(row[figure] for row in of) * 1000 / 50
        loop = min(row["ns_per_frame"] for row in theirs if row["channels"] == channels and row["written"] == written)
        print(f"{f'{channels} channels, {what}':<62} {best:10.0f} {loop:10.0f} {loop / best:7.1f}  {wanted}")
        return loop / best >= wanted

    reached &= line("WAV files, whole process", "process_cpu_us_per_channel_second", True, 4)
    reached &= line("not written (ours: threads that push)", "media_cpu_us_per_channel_second", False, 8)
sys.exit(0 if reached else 1)
END
