#!/usr/bin/env bash
# Builds the commit that is checked out in two folders of different names, and compares the images bit for bit.
# `make reproducible` calls it; llvm-objcopy comes from target/tools.env.
set -euo pipefail
cd "$(dirname "$0")/.."
objcopy=$(sed -n 's/^OBJCOPY=//p' target/tools.env)
unset CARGO_TARGET_DIR
folders=(target/reproducible/a "target/reproducible/a longer name")
for folder in "${folders[@]}"; do
    rm -rf "$folder"
    mkdir -p "$folder"
    git archive HEAD | tar -x -C "$folder"
    echo "building in $folder"
    (cd "$folder" && cargo kernel --quiet)
    "$objcopy" -O binary "$folder/target/aarch64-unknown-none-softfloat/release/kernel8" "$folder/kernel8.img"
done
sha256sum "${folders[@]/%//kernel8.img}"
if cmp "${folders[@]/%//kernel8.img}"; then
    rm -r "${folders[@]}"
    echo "ok: the same image from both"
else
    echo "error: the images differ; they are kept below target/reproducible" >&2
    exit 1
fi
