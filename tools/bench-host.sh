#!/bin/sh
# Counts host instructions of mapping, lowering and the verifier with callgrind and prints a table. The counts are the same
# on every run of one binary. Needs valgrind. Linux's figures are those of its own lowering loops on x86-64, gcc -O2.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "bench-host: valgrind is not installed" >&2; exit 1; }

cargo bench --quiet -p sgdma --bench instructions --no-run
binary=$(cargo bench -p sgdma --bench instructions --no-run 2>&1 |
    sed -n 's/.*Executable.*(\(.*\)).*/\1/p')
[ -x "$binary" ] || { echo "bench-host: cargo built no benchmark" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# instructions FUNCTION CASE
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" \
        --toggle-collect="*measured_$1*" "$binary" "$2" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$scratch/log"
}

echo 'host instructions (Linux 6.1: 87 a segment one-sided, 169 a segment memory to memory)'
# column COUNT BLOCKS
column() {
    printf ' | %9d %7s' "$1" "$(echo "$1 $2" | awk '{ printf "%.1f", $1 / $2 }')"
}

printf '%-14s %7s | %9s %7s | %9s %7s | %9s %7s\n' \
    case blocks lower each verify each 'map both' each
"$binary" | while read -r name blocks; do
    printf '%-14s %7d' "$name" "$blocks"
    column "$(instructions lower "$name")" "$blocks"
    column "$(instructions verify "$name")" "$blocks"
    case $name in mapped-*) column "$(instructions map "$name")" "$blocks" ;; esac
    echo
done
