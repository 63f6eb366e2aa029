#!/usr/bin/env bash
# Mutants of one crate, in passes: each takes what lived through the one before, so that most cost a short build and the
# tests of a few seconds. `tools/mutants.sh CARGO-MUTANTS CRATE [ARGUMENTS]`, such as `--shard 1/16` or `-f FILE`; what lives
# in the end is in target/mutants.out/missed.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$1 crate=$2
shift 2

# Tests whose cases are counted in thousands and millions: asked last, of the few that all others let live.
slow=(random_programs a_million_random_buffers twenty_thousand_random_copies cut_differently a_seeded_tenth)

pass() { # CARGO-ARGUMENTS -- ARGUMENTS OF THE TESTS
    local build=()
    while [[ $1 != -- ]]; do build+=("--cargo-arg=$1"); shift; done
    shift
    local code=0
    "$tool" mutants --package "$crate" --profile mutants --cap-lints true --no-shuffle --output target \
        --minimum-test-timeout 20 "${options[@]}" "${build[@]}" -- -- "$@" || code=$?
    # 2: some were missed, 3: some ran out of time.
    case $code in 0 | 2 | 3) ;; *) exit "$code" ;; esac
}

rm -rf target/mutants.out target/mutants.out.old
options=("$@")
if [ "$crate" = sgdma ]; then
    options+=(--features alloc)
    # Not the compile-fail tests, which run nothing.
    tests=(chain engine_faults engine_states engine_ways map_on_model on_model stamped words)
    pass --lib "${tests[@]/#/--test=}" -- "${slow[@]/#/--skip=}"
    options+=(--iterate)
    pass --lib --test=chain -- "${slow[@]}"
else
    pass --lib --
    options+=(--iterate)
    pass --tests --
fi
