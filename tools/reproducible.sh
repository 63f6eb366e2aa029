#!/usr/bin/env bash
# Builds the commit that is checked out in two folders of different names, and compares the images bit for bit.
# `make reproducible` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
unset CARGO_TARGET_DIR
folders=(target/reproducible/a "target/reproducible/a longer name")
for folder in "${folders[@]}"; do
    rm -rf "$folder"
    mkdir -p "$folder"
    git archive HEAD | tar -x -C "$folder"
    echo "building in $folder"
    make -C "$folder" kernel8.img >/dev/null 2>&1
done
sha256sum "${folders[@]/%//kernel8.img}"
if cmp "${folders[@]/%//kernel8.img}"; then
    rm -r "${folders[@]}"
    echo "ok: the same image from both"
else
    echo "error: the images differ; they are kept below target/reproducible" >&2
    exit 1
fi
