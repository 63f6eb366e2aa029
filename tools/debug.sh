#!/usr/bin/env bash
# QEMU halted before the first instruction, and gdb-multiarch attached to it; QEMU ends with gdb.
# The console is the Unix socket target/console.sock, for a terminal of your choice in another window.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rm -f target/gdb.sock target/console.sock
find_tool() { sed -n "s/^$1=//p" target/tools.env; }
elf=target/aarch64-unknown-none-softfloat/release/kernel8

setpriv --pdeathsig KILL -- "$(find_tool QEMU)" -M raspi3b -kernel kernel8.img -display none -monitor none \
    -global bcm2837.enabled-cpus=1 -serial unix:target/console.sock,server=on,wait=off \
    -S -gdb unix:target/gdb.sock,server=on,wait=off </dev/null &
qemu=$!
trap 'kill "$qemu" 2>/dev/null || true' EXIT
while [ ! -S target/gdb.sock ]; do sleep 0.1; done
echo "console: target/console.sock (for instance: socat -,raw,echo=0 UNIX-CONNECT:target/console.sock)"
"$(find_tool GDB)" -q -ex 'set language c' -ex 'target remote target/gdb.sock' "$elf"
