#!/usr/bin/env bash
# What the library costs on the emulated board, in guest instructions, under each QEMU that the set-up found: the
# console's own bench, run with -icount, beside the committed baseline. Fails where a figure grew by more than 3 %.
#
#   tools/bench-guest.sh            prints and checks
#   tools/bench-guest.sh --accept   writes tools/bench-guest.baseline
#
# Build first: `make kernel8.img`. QEMU's paths come from target/tools.env, or from QEMUS="path path".
set -euo pipefail
cd "$(dirname "$0")/.."
baseline=tools/bench-guest.baseline
image=${IMAGE:-kernel8.img}
qemus=${QEMUS:-$(sed -n 's/^QEMU_[0-9]*=//p' target/tools.env)}
new=$(mktemp)
trap 'rm -f "$new" "$new".*' EXIT

for qemu in $qemus; do
    version=$("$qemu" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
    # What is typed must wait for the prompt: bytes that come before the UART is set up are lost.
    mkfifo "$new.in"
    timeout -k 2 60 "$qemu" -M raspi3b -kernel "$image" -display none -serial stdio -monitor none \
        -global bcm2837.enabled-cpus=1 -icount shift=0,sleep=off <"$new.in" >"$new.out" 2>/dev/null &
    exec 3>"$new.in"
    until grep -aq '^> ' "$new.out"; do sleep 0.1; kill -0 $!; done
    printf '/bench\r' >&3
    until grep -aqE '^(ok|error): ' "$new.out"; do sleep 0.1; kill -0 $!; done
    printf '/halt\r' >&3
    exec 3>&-
    wait $! || true
    rm "$new.in"
    printf '\nQEMU %s\n' "$version"
    tr -d '\r' <"$new.out" | grep -aE '/target|  [0-9]+  |^(ok|error): ' | grep -av '^\[' | sed 's/.*\(.target\)/\1/'
    grep -aq '^ok: .* figures' "$new.out"
    tr -d '\r' <"$new.out" | awk -v version="$version" '
        NF > 5 && $5 ~ /^[0-9]+$/ { count = $5; $1 = $2 = $3 = $4 = $5 = ""; sub(/^ +/, ""); print version "|" $0 "|" count }
    ' >>"$new"
done

if [ "${1:-}" = --accept ]; then
    cp "$new" "$baseline"
    echo "accepted: $(wc -l <"$baseline") figures"
    exit
fi
awk -F'|' '
    NR == FNR { was[$1 "|" $2 "|" ++seen[$1 "|" $2]] = $3; next }
    { key = $1 "|" $2 "|" ++now[$1 "|" $2]; count++ }
    !(key in was) { print "error: QEMU " $1 ", " $2 ": not in the baseline; tools/bench-guest.sh --accept"; bad = 1; next }
    $3 > was[key] * 1.03 { printf "error: QEMU %s, %s: %d instructions, %d before\n", $1, $2, $3, was[key]; bad = 1 }
    END { if (!count) { print "error: no figures"; bad = 1 } if (!bad) print "ok: " count " figures within 3 % of the baseline"; exit bad }
' "$baseline" "$new"
