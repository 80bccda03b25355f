#!/bin/sh
# Instructions a sample of every detector of the media path, of all together, and of a session's `push`: a table over
# the lines of benches/common/mod.rs. Needs valgrind.
#
#   benches/instructions.sh [SET …]
set -eu
cd "$(dirname "$0")/.."
cargo build --quiet --release --example media_path_cost
program=${CARGO_TARGET_DIR:-target}/release/examples/media_path_cost
sets=$("$program" | head -1)
lines=$("$program" | tail -1)
[ $# = 0 ] || sets=$*

printf '| |'; printf ' %s |' $lines
printf '\n|---|'; for _ in $lines; do printf -- '---|'; done
for set in $sets; do
    printf '\n| %s |' "$set"
    for line in $lines; do
        # The tone that says that the caller has gone ends the session.
        case $set-$line in session*call_progress-busy*|session*call_progress-dial*|session_all-busy*|session_all-dial*)
            printf ' – |'
            continue
        esac
        valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*listen*' "$program" "$set" "$line" 2>&1 |
            awk '/ samples$/ { samples = $1 } /Collected/ { sum = $NF } END { printf " %.2f |", sum / samples }'
    done
done
echo
