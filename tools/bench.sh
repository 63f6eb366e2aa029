#!/usr/bin/env bash
# Everything that is counted, in one table, ratios first; `make bench` calls it. Fails where a figure is more than 3 %
# above what was measured before (tests/inspect, tools/bench-host.baseline).
set -euo pipefail
cd "$(dirname "$0")/.."
guest=$(mktemp) host=$(mktemp)
trap 'rm -f "$guest" "$host"' EXIT
status=0

cargo test --quiet --locked --test boot inspect -- --nocapture --test-threads=1 >"$guest" 2>&1 || status=1
tools/bench-host.sh >"$host" 2>&1 || status=1
make minimal.img >/dev/null 2>&1
image=$(wc -c <kernel8.img) minimal=$(wc -c <minimal.img)

row() { printf '%7s  %7s  %11s  %s\n' "$@"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b == "-") print "-"; else printf "%.2f", a / b }'; }
row /target /Linux figure what
row - - '' 'guest instructions, QEMU -icount (emulated)'
# The same under every QEMU: the last table is shown.
tr -d '\r' <"$guest" | awk '/^\/target/ { n = 0 } $5 ~ /^[0-9]+$/ && $1 ~ /^[0-9.-]+$/ { line[n++] = $0 }
    END { for (i = 0; i < n; i++) print line[i] }' | while read -r target _ _ linux count what; do
    row "$target" "$linux" "$count" "$what"
done
last() { tr -d '\r' <"$guest" | sed -n "s/$1/\1/p" | tail -n 1; }
ready=$(last '.*first transfer possible after \([0-9]*\) instr.*') prompt=$(last '.*prompt after \([0-9]*\) instr.*')
line=$(last ' *\([0-9]*\) *a console line.*') iteration=$(last ' *\([0-9]*\) *a test of .dmatest.*')
row "$(ratio "$ready" 100000)" "$(ratio "$ready" 49000000)" "$ready" 'boot: entry to first transfer possible'
row "$(ratio "$prompt" 400000)" "$(ratio "$prompt" 74300000)" "$prompt" 'boot: entry to prompt'
row - - "$line" 'a console line of 11 bytes, all its stages printed (to the thousand)'
row - "$(ratio "$iteration" 2875)" "$iteration" 'a test of /dmatest, 64 bytes, as it counts'
row - - '' 'host instructions, callgrind: lower and verify a block'
sed -n 's/^ *-  *\([0-9]*\), lowered and verified by one function.*/      -        -  \1  one entry through a frame, both/p' "$host"
awk '$1 ~ /^[0-9.]+$/ && /,/ { split($0, part, "  "); name = $0; sub(/.*  /, "", name)
    printf "%7s  %7s  %5s %5s  %s blocks\n", "-", $1, $3, $6, name }' "$host"
row - - '' 'bytes'
row "$(ratio "$image" 131072)" "$(ratio "$image" 3874824)" "$image" 'kernel8.img'
row "$(ratio "$minimal" 16384)" - "$minimal" 'a minimal program on the library'
grep -hE '^(error|ok: .*baseline)|panicked|were [0-9]+$' "$guest" "$host" || true
exit $status
