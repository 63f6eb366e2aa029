#!/usr/bin/env bash
# Where the image's bytes go: its size, then the code by crate, then the largest functions. `tools/size.sh ELF NM [N]`.
# With fat link-time optimisation a generic function counts where it is named, not where it was instantiated, and what
# was inlined counts for its caller.
set -euo pipefail

elf=$1 nm=$2 most=${3:-30}

symbols() { "$nm" --print-size --size-sort --reverse-sort --radix=d --demangle "$elf"; }

echo "by crate, in bytes (t: code, d: constants and data):"
symbols | awk '
    {
        kind = tolower($3)
        if (kind == "b") next
        if (kind != "t") kind = "d"
        name = $0
        sub(/^[0-9]+ [0-9]+ . /, "", name)
        sub(/^</, "", name)
        sub(/^(&|\*mut |\*const |mut |dyn |\[|\()+/, "", name)
        crate = name ~ /^[a-z_0-9]+::/ ? substr(name, 1, index(name, "::") - 1) : "(no crate)"
        bytes[kind " " crate] += $2
    }
    END { for (crate in bytes) printf "%8d %s\n", bytes[crate], crate }' | sort -rn

echo "the $most largest:"
symbols | awk -v most="$most" 'tolower($3) != "b" && most-- > 0 {
    size = $2
    sub(/^[0-9]+ [0-9]+ . /, "")
    printf "%8d %s\n", size, substr($0, 1, 160)
}'
