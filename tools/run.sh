#!/usr/bin/env bash
# The console under QEMU: interactive at a terminal; otherwise every line of standard input is typed at the prompt,
# and the run ends by itself: status 0 if every non-empty line was answered by `ok:`, 1 otherwise. Of a line that no prompt
# follows, `/reboot` or `/crash`, the answer is waited for in vain, a minute at most.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
qemu=$(sed -n 's/^QEMU=//p' target/tools.env)

# signal=off: the terminal belongs to the console, Ctrl-C included. One core: the parked ones would only burn the host's.
machine=(
    "$qemu" -M raspi3b -kernel kernel8.img -display none -monitor none -global bcm2837.enabled-cpus=1
    -chardev stdio,id=s,signal=off -serial chardev:s
)

if [ -t 0 ]; then
    exec "${machine[@]}"
fi
cargo build --quiet --locked --example type_lines
# QEMU dies with the program that types, however that one ends.
exec target/debug/examples/type_lines setpriv --pdeathsig KILL -- "${machine[@]}"
