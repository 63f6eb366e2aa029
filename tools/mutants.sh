#!/usr/bin/env bash
# Mutants of one crate, each against the tests of a few seconds. `tools/mutants.sh CARGO-MUTANTS CRATE [ARGUMENTS]`, such as
# `--shard 1/16` or `-f FILE`; what lives is in target/mutants.out/missed.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1 crate=$2
shift 2

options=(--package "$crate" --profile mutants --cap-lints true --no-shuffle --output target --minimum-test-timeout 20)
tests=()
if [ "$crate" = sgdma ]; then
    # Not the compile-fail tests, which run nothing.
    for test in chain engine_faults engine_states engine_ways examples full_heap map_on_model on_model stamped words; do
        options+=("--cargo-arg=--test=$test")
    done
    options+=(--cargo-arg=--lib --features alloc)
    # Their cases are counted in thousands and millions.
    for slow in random_programs a_million_random_buffers twenty_thousand_random_copies cut_differently a_seeded_tenth; do
        tests+=("--skip=$slow")
    done
fi
exec "$tool" mutants "${options[@]}" "$@" -- -- "${tests[@]}"
