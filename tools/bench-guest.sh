#!/usr/bin/env bash
# What the library costs on the emulated board, in guest instructions, under each QEMU that the set-up found: the
# console's own bench, run with -icount. Builds the image where it has to, waits for what the console prints and for no
# clock, and fails where a figure grew by more than 3 % (tests/inspect/bench.rs has what was measured).
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo test --locked --test boot inspect::bench -- --nocapture --test-threads=1
