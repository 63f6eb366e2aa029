#!/usr/bin/env bash
# A folder with all that an SD card needs, and an image of the card: `tools/sdcard.sh OUT FIRMWARE`.
#
# OUT/ becomes the folder and OUT.img the image. FIRMWARE is a folder with the VideoCore's firmware; empty, it is what
# tools/setup.sh gets from Debian. The firmware is Broadcom's, for use on a Raspberry Pi only: it is not in this repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=$1 firmware=${2:-}

# What the ROM loads, what that loads, and how much memory that may leave to the ARM (Raspberry Pi documentation, "Boot folder contents").
needed=(bootcode.bin start.elf fixup.dat)

stop() {
    printf 'error: %s\n' "$1" >&2
    printf 'Without an image: format a card as FAT32, copy %s/* onto it, and %s of the Raspberry Pi firmware.\n' \
        "$out" "${needed[*]}" >&2
    exit 1
}

# A folder with anything in it that this does not write is somebody else's.
ours=(kernel8.img config.txt "${needed[@]}" LICENCE.broadcom)
mkdir -p "$out"
while read -r name; do
    if [[ " ${ours[*]} " != *" $name "* ]]; then
        printf 'error: %s holds %s, which is not of make sdcard: name an empty OUT\n' "$out" "$name" >&2
        exit 1
    fi
done < <(ls -A "$out")
rm -f "${ours[@]/#/$out/}" "$out.img"
cp kernel8.img config.txt "$out/"

if [ -z "$firmware" ]; then
    tools/setup.sh firmware || stop "no firmware for the VideoCore"
    firmware=$(sed -n 's/^FIRMWARE=//p' target/tools.env)
fi
missing=()
for file in "${needed[@]}"; do
    if [ -s "$firmware/$file" ]; then cp "$firmware/$file" "$out/"; else missing+=("$file"); fi
done
[ ${#missing[@]} = 0 ] || stop "$firmware has no ${missing[*]}"
if [ -r "$firmware/LICENCE.broadcom" ]; then cp "$firmware/LICENCE.broadcom" "$out/"; fi

cargo run --quiet --locked --example sdcard -- "$out" "$out.img"
cat <<END
$out.img is ready. To a card (every byte of the card's first 64 MiB is overwritten):
  sudo dd if=$out.img of=/dev/THE_CARD bs=4M conv=fsync
Or copy the files of $out/ onto a card that is formatted as FAT32. docs/first-board.md says what comes next.
END
