#!/usr/bin/env bash
# The function and the line of each address of a saved report of a panic or an exception, or of a list of addresses:
# from standard input to standard output. The program below target/ must be the one that made the report.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
elf=target/aarch64-unknown-none-softfloat/release/kernel8
tool=$(sed -n 's/^SYMBOLIZER=//p' target/tools.env)

[ -r "$elf" ] || { echo "addr2line: no $elf: build it from the sources of the report, by 'make kernel8.img'" >&2; exit 1; }
text=$(tr -d '\r')
# Of a report only what lies in code: its backtrace, where an interrupt was taken, the last ELR. Of a list all.
if grep -qE '^ *backtrace:|the last exception:' <<<"$text"; then
    text=$(sed -nE 's/.*taken at (0x[0-9a-f]+).*/\1/p; s/.*  ELR (0x[0-9a-f]+)  FAR (0x[0-9a-f]+)$/\1/p
        /^ *backtrace:/,/^stopped/p' <<<"$text")
fi
mapfile -t addresses < <(grep -oE '0x[0-9a-fA-F]+' <<<"$text" | uniq)
[ "${#addresses[@]}" -gt 0 ] || { echo "addr2line: no address like 0x00080000 in what was read" >&2; exit 1; }

case ${tool##*/} in
llvm-symbolizer*) set -- --output-style=GNU --obj="$elf" --functions --inlines --demangle --addresses --pretty-print ;;
*) set -- --exe="$elf" --functions --inlines --demangle --addresses --pretty-print ;;
esac
"$tool" "$@" "${addresses[@]}" | sed -E "s|$PWD/||; s|::h[0-9a-f]{16}( at )|\1|"
