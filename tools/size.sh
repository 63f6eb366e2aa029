#!/usr/bin/env bash
# Where a program's bytes go: `tools/size.sh ELF LLVM_TOOLS SYMBOLIZER [N]`. Its sections; the code by the crate that it was
# written in (what was inlined counts for where it was written, what core does for a crate for that crate; outlined pieces and
# hand-written assembly have no lines); the N largest functions (there what was inlined counts for its caller).
set -euo pipefail

elf=$1 tools=$2 symbolizer=$3 most=${4:-30}

"$tools/llvm-size" -A "$elf" | awk '$1 !~ /debug/'

# Every instruction of .text, four bytes each.
addresses() {
    "$tools/llvm-size" -A "$elf" | awk '$1 == ".text" { for (at = 0; at < $2; at += 4) printf "0x%x\n", $3 + at }'
}

lines() {
    case ${symbolizer##*/} in
    llvm-symbolizer*) addresses | "$symbolizer" --output-style=GNU --obj="$elf" --inlines --no-demangle --addresses ;;
    *) addresses | "$symbolizer" --exe="$elf" --inlines --functions --addresses ;;
    esac
}

echo "code by crate, in bytes:"
lines | awk -v here="$PWD/" '
    function count() { if (crate != "") bytes[crate] += 4 }
    /^0x[0-9a-f]+$/ { count(); crate = "(no lines)"; next }
    crate != "(no lines)" && crate != "core" { next }
    /^\/rustc\// { crate = "core"; next }
    index($0, here "src/") == 1 { crate = "the firmware (src)"; next }
    {
        path = index($0, here) == 1 ? substr($0, length(here) + 1) : $0
        # The last folder that has a src names the crate.
        while (match(path, /[^\/]+\/src\//)) {
            crate = substr(path, RSTART, RLENGTH - 5)
            path = substr(path, RSTART + RLENGTH)
        }
    }
    END { count(); for (crate in bytes) printf "%8d %s\n", bytes[crate], crate }' | sort -rn

echo "the $most largest:"
"$tools/llvm-nm" --print-size --size-sort --reverse-sort --radix=d --demangle "$elf" |
    awk -v most="$most" 'tolower($3) != "b" && most-- > 0 {
    size = $2
    sub(/^[0-9]+ [0-9]+ . /, "")
    printf "%8d %s\n", size, substr($0, 1, 160)
}'
