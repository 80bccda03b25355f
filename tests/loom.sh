#!/bin/sh
# Models of the engine's own synchronisation (src/engine/loom_models.rs), in every order of their threads: prints how many
# executions each took, and how many of its twins with too weak an ordering it caught. They run for seconds; the build takes
# longer, as all is built for loom.
set -eu
cd "$(dirname "$0")/.."

# What stands in for std leaves imports unused.
export RUSTFLAGS="--cfg loom -A unused"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
cargo test --locked --lib --no-default-features --features std loom_models -- --nocapture --test-threads 1
