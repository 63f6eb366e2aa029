#!/usr/bin/env bash
# Counts host instructions of mapping, lowering and the verifier with callgrind and prints a table, beside Linux's own
# lowering loops on x86-64 (gcc -O2). The counts are the same on every run of one binary. Fails where a figure is more
# than 3 % above the committed baseline.
#
#   tools/bench-host.sh            prints and checks
#   tools/bench-host.sh --accept   writes tools/bench-host.baseline
#
# Needs valgrind (`tools/setup.sh bench`).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "error: valgrind is not installed: tools/setup.sh bench" >&2; exit 1; }
baseline=tools/bench-host.baseline

binary=$(cargo bench --locked -p sgdma --bench instructions --no-run 2>&1 |
    sed -n 's/.*Executable.*(\(.*\)).*/\1/p')
[ -x "$binary" ] || { echo "error: cargo built no benchmark" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# instructions FUNCTION CASE, of the benchmark's own functions; of a frame's short way where none is named
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" \
        --toggle-collect="*${1:+measured_}${1:-plan_only}*" "$binary" "$2" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$scratch/log"
}

echo 'host instructions; /Linux: lowering against the 169 a segment, memory to memory, of Linux 6.1'
printf '%6s  %9s %7s | %9s %7s | %9s %7s  %s\n' /Linux lower each verify each 'map both' each 'case, blocks'
"$binary" | while read -r name blocks; do
    if [ "$name" = frame-1 ]; then
        both=$(instructions "" "$name")
        printf '%s|both|%s\n' "$name" "$both" >>"$scratch/new"
        printf '%6s  %9d, lowered and verified by one function%17s  %s, %s\n' - "$both" '' "$name" "$blocks"
        continue
    fi
    lower=$(instructions lower "$name") verify=$(instructions verify "$name") map=
    case $name in mapped-*) map=$(instructions map "$name") ;; esac
    printf '%s|lower|%s\n%s|verify|%s\n' "$name" "$lower" "$name" "$verify" >>"$scratch/new"
    [ -z "$map" ] || printf '%s|map|%s\n' "$name" "$map" >>"$scratch/new"
    awk -v l="$lower" -v v="$verify" -v m="$map" -v b="$blocks" -v name="$name" 'BEGIN {
        printf "%6.2f  %9d %7.1f | %9d %7.1f | ", l / b / 169.1, l, l / b, v, v / b
        if (m != "") printf "%9d %7.1f", m, m / b; else printf "%9s %7s", "-", "-"
        printf "  %s, %d\n", name, b
    }'
done

if [ "${1:-}" = --accept ]; then
    cp "$scratch/new" "$baseline"
    echo "accepted: $(wc -l <"$baseline") figures"
    exit
fi
awk -F'|' '
    NR == FNR { was[$1 "|" $2] = $3; next }
    { key = $1 "|" $2; count++ }
    !(key in was) { print "error: " $2 " of " $1 " is not in the baseline; tools/bench-host.sh --accept"; bad = 1; next }
    $3 > was[key] * 1.03 { printf "error: %s of %s: %d instructions, %d before\n", $2, $1, $3, was[key]; bad = 1 }
    END { if (!count) { print "error: no figures"; bad = 1 } if (!bad) print "ok: " count " figures within 3 % of the baseline"; exit bad }
' "$baseline" "$scratch/new"
