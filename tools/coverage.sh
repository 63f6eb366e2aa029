#!/usr/bin/env bash
# Lines and branches of the library that the host tests reach; `make coverage` calls it with cargo-llvm-cov's path.
#
# The table counts the branches of a generic function's best single instantiation: of a condition on a constant of its types
# one side is then always missed. So the branches are counted once more, over all instantiations.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTUP_TOOLCHAIN=nightly
tool=$1 others='/(dma-model|bcm2837|tests)/'
# Not the compile-fail tests: their texts are those of the stable compiler, and they run nothing.
tests=(chain engine_faults engine_states engine_ways map_on_model on_model stamped words)

"$tool" llvm-cov --branch --locked -p sgdma --features alloc --lib "${tests[@]/#/--test=}" \
    --summary-only --ignore-filename-regex "$others"
"$tool" llvm-cov report --branch --lcov -p sgdma --ignore-filename-regex "$others" | awk -F'[:,]' '
    /^SF:/ { file = $2 }
    /^BRDA:/ { all[file, $2, $4]; if ($5 + 0 > 0) hit[file, $2, $4] }
    END { printf "branches over all instantiations: %d of %d, %.2f %%\n", length(hit), length(all), 100 * length(hit) / length(all) }'
