#!/usr/bin/env bash
# Finds what the commands of the Makefile need and gets what is missing. Silent and quick when all is there.
#
#   tools/setup.sh rust            target and components of rust-toolchain.toml, and a C compiler (Rust links with it)
#   tools/setup.sh run             rust, and one QEMU
#   tools/setup.sh test            run, and every QEMU version this machine's archive offers
#   tools/setup.sh debug           run, and gdb-multiarch
#   tools/setup.sh symbols         llvm-symbolizer or addr2line
#   tools/setup.sh miri            rust, and Miri on nightly
#   tools/setup.sh firmware        the VideoCore's firmware for an SD card, unpacked below target/, never installed
#   tools/setup.sh fuzz            rust, nightly, a C++ compiler and cargo-fuzz
#   tools/setup.sh coverage        rust, nightly with llvm-tools and cargo-llvm-cov
#   tools/setup.sh mutants         rust and cargo-mutants
#   tools/setup.sh deny            rust and cargo-deny
#   tools/setup.sh bench           test and valgrind
#
# The cargo tools are compiled once (minutes) and live below target/tools.
#
# What was found is written to target/tools.env (KEY=value lines) for the Makefile and the tests.
# Nothing installed is removed or downgraded, and the machine's apt configuration is read, never written:
# lists, sources and downloads of our own live below target/apt. SETUP_PRIVATE=1 unpacks below target/qemu
# instead of installing, and looks past a QEMU that is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
env_file=target/tools.env
bare_target=aarch64-unknown-none-softfloat

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: could not get %s\n' "$*" >&2; exit 1; }

# ---- what an earlier run found -----------------------------------------------------------------------------

declare -A found=()

load_found() {
    local key value
    [ -r "$env_file" ] || return 0
    [ rust-toolchain.toml -nt "$env_file" ] && return 0
    while IFS='=' read -r key value; do found[$key]=$value; done <"$env_file"
}

# Written anew by a rename, so that a reader never sees half of it.
save_found() {
    local key
    mkdir -p target
    for key in "${!found[@]}"; do printf '%s=%s\n' "$key" "${found[$key]}"; done | sort >"$env_file.$$"
    mv "$env_file.$$" "$env_file"
}

have() { [ -n "${found[$1]:-}" ] && [ -x "${found[$1]}" ]; }

rust_ready() {
    local lib=${found[SYSROOT]:-/nonexistent}/lib/rustlib tool
    [ -d "$lib/$bare_target/lib" ] && have OBJCOPY && have CC || return 1
    for tool in cargo-clippy cargo-fmt; do [ -x "${found[SYSROOT]}/bin/$tool" ] || return 1; done
}

every_qemu_ready() {
    local key
    [ "${found[QEMU_LOOKED]:-}" = yes ] || return 1
    for key in "${!found[@]}"; do
        case $key in QEMU_[0-9]*) have "$key" || return 1 ;; esac
    done
}

ready() {
    case $1 in
    rust) rust_ready ;;
    run) rust_ready && have QEMU ;;
    test) rust_ready && have QEMU && every_qemu_ready ;;
    debug) rust_ready && have QEMU && have GDB ;;
    symbols) have SYMBOLIZER ;;
    miri) rust_ready && have MIRI ;;
    fuzz) rust_ready && have CXX && have FUZZ ;;
    coverage) rust_ready && have COVERAGE ;;
    mutants) rust_ready && have MUTANTS ;;
    deny) rust_ready && have DENY ;;
    bench) ready test && have VALGRIND ;;
    firmware) have FIRMWARE && [ -r "${found[FIRMWARE]}/bootcode.bin" ] ;;
    *) die "'$1': not a group; the head of tools/setup.sh lists them" ;;
    esac
}

# ---- Rust --------------------------------------------------------------------------------------------------

# The words of a list in rust-toolchain.toml: `components = ["a", "b"]`.
toolchain_list() { sed -n "s/^$1 *= *\[\(.*\)\]/\1/p" rust-toolchain.toml | tr -d '",'; }

get_rust() {
    rust_ready && return
    command -v rustup >/dev/null || die "rustup (install it first, as its home page says)"
    if ! rustc --version >/dev/null 2>&1; then
        say "rustup: the toolchain of rust-toolchain.toml"
        rustup toolchain install --no-self-update >&2 || die "the Rust toolchain of rust-toolchain.toml"
    fi
    # Asked for by name: with RUSTUP_AUTO_INSTALL=0 the lists in rust-toolchain.toml are ignored in silence.
    local installed item
    installed=$(rustup target list --installed)
    for item in $(toolchain_list targets); do
        grep -qx "$item" <<<"$installed" && continue
        say "rustup: target $item"
        rustup --quiet target add "$item" >&2 || die "Rust target $item"
    done
    installed=$(rustup component list --installed)
    for item in $(toolchain_list components); do
        grep -q "^$item" <<<"$installed" && continue
        say "rustup: component $item"
        rustup --quiet component add "$item" >&2 || die "Rust component $item"
    done
    get_package CC cc gcc libc6-dev
    found[SYSROOT]=$(rustc --print sysroot)
    found[OBJCOPY]=$(find "${found[SYSROOT]}"/lib/rustlib/*/bin -name rust-objcopy -o -name llvm-objcopy | sort | head -n 1)
    rust_ready || die "the components of rust-toolchain.toml"
}

get_nightly() { # COMPONENT…
    if ! rustup run nightly rustc --version >/dev/null 2>&1; then
        say "rustup: nightly toolchain"
        rustup toolchain install --no-self-update --profile minimal nightly >&2 || die "Rust nightly"
    fi
    local item
    for item in "$@"; do
        rustup component list --toolchain nightly --installed | grep -q "^$item" && continue
        say "rustup: component $item for nightly"
        rustup --quiet component add --toolchain nightly "$item" >&2 || die "Rust component $item (nightly)"
    done
}

get_miri() {
    have MIRI && return
    get_nightly miri rust-src
    found[MIRI]=$(rustup run nightly rustc --print sysroot)/bin/cargo-miri
}

get_cargo_tool() { # KEY CRATE VERSION
    have "$1" && return
    local path=$root/target/tools/bin/$2
    if [ ! -x "$path" ]; then
        say "cargo: building $2 $3 below target/tools"
        mkdir -p target/tools
        CARGO_TARGET_DIR=target/tools/build cargo install --quiet --locked --root target/tools "$2@$3" \
            >target/tools/install.log 2>&1 || { tail -n 5 target/tools/install.log >&2; die "$2 $3"; }
        rm -rf target/tools/build
    fi
    found[$1]=$path
}

# ---- apt ---------------------------------------------------------------------------------------------------

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
can_install() { [ -z "${SETUP_PRIVATE:-}" ] && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

apt_dir=$root/target/apt
# Options that make apt work on lists of our own: the system's sources, and perhaps the backports suite beside them.
apt_options=(
    -o "Dir::State::lists=$apt_dir/lists" -o "Dir::Etc::sourcelist=$apt_dir/sources.list"
    -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o "APT::Sandbox::User=root"
    -o "Acquire::Retries=3" -o "Acquire::Languages=none"
    -o "DPkg::Lock::Timeout=300" -o "APT::Install-Recommends=false" -o "APT::Get::AutomaticRemove=false"
)
apt_get() { LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q "${apt_options[@]}" "$@"; }

system_sources() {
    local list
    list=$(apt-config shell list Dir::Etc::sourcelist/f | sed "s/^list='\(.*\)'/\1/")
    if [ -r "$list" ]; then cat "$list"; fi
}

# The archive's own address and the release's backports suite, from what `apt-get update` would ask for.
backports_line() {
    local id="" code="" base options="" components=main
    id=$(. /etc/os-release && echo "${ID:-}")
    code=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    base=$(apt_get --print-uris update 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/$code/InRelease'.*|\1|p" | head -n 1)
    [ -n "$code" ] && [ -n "$base" ] || return 0
    if apt_get --print-uris update 2>/dev/null | grep -q "/dists/$code-backports/"; then return 0; fi
    [ -r "/usr/share/keyrings/$id-archive-keyring.gpg" ] &&
        options="[signed-by=/usr/share/keyrings/$id-archive-keyring.gpg] "
    [ "$id" = ubuntu ] && components="main universe"
    echo "deb $options$base $code-backports $components"
}

apt_lists_ready=
apt_lists() {
    [ -z "$apt_lists_ready" ] || return 0
    command -v apt-get >/dev/null || die "$1: this machine has no apt-get; install it by hand, then run this again"
    mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
    system_sources >"$apt_dir/sources.list"
    local backports
    backports=$(backports_line)
    say "apt: package lists (below target/apt)"
    if [ -n "$backports" ]; then
        echo "$backports" >>"$apt_dir/sources.list"
        if ! apt_get update >"$apt_dir/update.log" 2>&1; then
            say "apt: the archive has no backports for this release"
            system_sources >"$apt_dir/sources.list"
            backports=
        fi
    fi
    [ -n "$backports" ] || apt_get update >"$apt_dir/update.log" 2>&1 || die "package lists (see target/apt/update.log)"
    apt_lists_ready=yes
}

# Would installing these leave every installed package in place, and no older than it is?
installs_cleanly() {
    local plan
    plan=$(apt_get --simulate --no-remove install "$@" 2>/dev/null) || return 1
    ! grep -qE '^Remv |DOWNGRADED' <<<"$plan"
}

install() {
    can_install && installs_cleanly "$@" || return 1
    say "apt: installing $*"
    as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -q -y "${apt_options[@]}" --no-remove install "$@" \
        >"$apt_dir/install.log" 2>&1 || { tail -n 5 "$apt_dir/install.log" >&2; return 1; }
}

# unpack FOLDER PACKAGE…: the packages, and the libraries they need that are not installed, into a folder of ours.
# apt resolves them as if to install (what it would remove for that does not matter: nothing is installed).
unpack() {
    local folder=$1 archives=$apt_dir/archives/${1##*/} deb
    shift
    say "apt: unpacking $* below ${folder#"$root/"}"
    mkdir -p "$archives/partial"
    apt_get -y -o "Dir::Cache::archives=$archives" -o Debug::NoLocking=1 --download-only --allow-downgrades --reinstall install "$@" \
        >"$apt_dir/download.log" 2>&1 || { tail -n 5 "$apt_dir/download.log" >&2; return 1; }
    rm -rf "$folder.part"
    mkdir -p "$folder.part"
    for deb in "$archives"/*.deb; do
        # The C library belongs to the loader of the running system; a second one beside it would not start.
        case ${deb##*/} in libc6_* | libc-bin_*) continue ;; esac
        dpkg-deb -x "$deb" "$folder.part" || return 1
    done
    rm -rf "$folder" "$archives"
    mv "$folder.part" "$folder"
}

get_package() { # KEY BINARY PACKAGE…
    local key=$1 binary=$2 path
    shift 2
    have "$key" && return
    if ! command -v "$binary" >/dev/null; then
        apt_lists "$*"
        install "$@" || true
    fi
    path=$(command -v "$binary") || die "$binary (package $1)"
    found[$key]=$path
}

# Either reads the lines of a program for another processor. The second comes with every C compiler.
get_symbolizer() {
    have SYMBOLIZER && return
    found[SYMBOLIZER]=$(command -v llvm-symbolizer || true)
    have SYMBOLIZER || get_package SYMBOLIZER addr2line binutils
}

# ---- QEMU --------------------------------------------------------------------------------------------------

qemu_major() { "$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p'; }

note_qemu() {
    local major
    major=$(qemu_major "$1")
    [ -n "$major" ] || return 1
    found[QEMU_$major]=$1
}

# "VERSION MAJOR", newest first, one for each major version that the archive offers.
offered_qemus() {
    LC_ALL=C apt-cache "${apt_options[@]}" madison qemu-system-arm | awk -F'|' '
        { gsub(/ /, "", $2); v = $2; sub(/^[0-9]+:/, "", v); sub(/\..*/, "", v) }
        v + 0 >= 7 && !(v in seen) { seen[v] = 1; print $2, v }'
}

unpack_qemu() { # VERSION MAJOR
    local folder=$root/target/qemu/$2 data
    # The data package is built for all machines and lacks the rebuild mark (+bN) of the others.
    data=${1%+b[0-9]*}
    if [ ! -x "$folder/usr/bin/qemu-system-aarch64" ]; then
        unpack "$folder" "qemu-system-arm=$1" "qemu-system-common=$1" "qemu-system-data=$data" || return 1
    fi
    # A wrapper, so that every user of it just starts a program.
    cat >"$folder/qemu-system-aarch64" <<'WRAPPER'
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
for lib in "$here"/usr/lib/*-linux-gnu "$here"/lib/*-linux-gnu; do
    [ -d "$lib" ] && LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$lib"
done
export LD_LIBRARY_PATH
exec "$here/usr/bin/qemu-system-aarch64" -L "$here/usr/share/qemu" "$@"
WRAPPER
    chmod +x "$folder/qemu-system-aarch64"
    note_qemu "$folder/qemu-system-aarch64"
}

get_one_qemu() {
    have QEMU && return
    local path="" version
    [ -n "${SETUP_PRIVATE:-}" ] || path=$(command -v qemu-system-aarch64 || true)
    if [ -z "$path" ] || [ "$(qemu_major "$path" || true)" -lt 7 ] 2>/dev/null; then
        apt_lists qemu-system-arm
        install qemu-system-arm || while read -r version _; do
            install "qemu-system-arm=$version" "qemu-system-common=$version" "qemu-system-data=${version%+b[0-9]*}" && break
        done < <(offered_qemus)
        hash -r
        [ -n "${SETUP_PRIVATE:-}" ] || path=$(command -v qemu-system-aarch64 || true)
    fi
    if [ -n "$path" ]; then
        note_qemu "$path" || die "a working $path"
    else
        read -r -a version < <(offered_qemus) || die "qemu-system-arm (the archive offers none from version 7 on)"
        unpack_qemu "${version[@]}" || die "qemu-system-arm (see target/apt/download.log)"
        path=${found[QEMU_${version[1]}]}
    fi
    found[QEMU]=$path
}

get_every_qemu() {
    every_qemu_ready && return
    local version major
    note_qemu "${found[QEMU]}" || die "a working ${found[QEMU]}"
    if command -v apt-get >/dev/null; then
        apt_lists qemu-system-arm
        while read -r version major; do
            have "QEMU_$major" || unpack_qemu "$version" "$major" || die "QEMU $major (qemu-system-arm=$version)"
        done < <(offered_qemus)
    fi
    local -a majors
    mapfile -t majors < <(printf '%s\n' "${!found[@]}" | sed -n 's/^QEMU_\([0-9]*\)$/\1/p')
    [ "${#majors[@]}" -gt 1 ] || say "QEMU: version ${majors[*]} is all that is to be had here; the tests use it alone"
    found[QEMU_LOOKED]=yes
}

# ---- the VideoCore's firmware ------------------------------------------------------------------------------

# Where the machine's own apt configuration gets this release from; one address a line.
release_archives() {
    LC_ALL=C apt-get --print-uris update 2>/dev/null | sed -n "s|^'\(.*\)/dists/$1/InRelease'.*|\1|p" | sort -u
}

# Debian keeps it in a component that few machines list (non-free-firmware, from bookworm on), so it is asked for with a
# source list of its own. It is data for another processor: it is unpacked, never installed.
get_firmware() {
    ready firmware && return
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg code base folder=$root/target/firmware
    local instead="name a folder that has bootcode.bin, start.elf and fixup.dat: make sdcard FIRMWARE=folder"
    code=$(. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || true
    [ -n "$code" ] && command -v apt-get >/dev/null || die "raspi-firmware, which is Debian's; $instead"
    local lists=$root/target/apt/firmware log=$root/target/apt/firmware.log
    local -a options=(
        "${apt_options[@]}" -o "Dir::State::lists=$lists/lists" -o "Dir::Etc::sourcelist=$lists/sources.list"
        -o "Dir::Etc::sourceparts=/dev/null"
    )
    say "apt: unpacking raspi-firmware below target/firmware"
    mkdir -p "$lists/lists/partial"
    for base in $(release_archives "$code"); do
        echo "deb [signed-by=$keyring] $base $code non-free-firmware" >"$lists/sources.list"
        (cd "$lists" && rm -f ./*.deb && apt-get -q "${options[@]}" update &&
            apt-get -q "${options[@]}" download raspi-firmware) >"$log" 2>&1 && break
    done
    set -- "$lists"/*.deb
    [ -r "$1" ] || die "raspi-firmware (see target/apt/firmware.log); $instead"
    rm -rf "$folder" "$folder.part"
    dpkg-deb -x "$1" "$folder.part"
    mv "$folder.part/usr/lib/raspi-firmware" "$folder"
    mv "$folder.part/usr/share/doc/raspi-firmware/copyright" "$folder/LICENCE.broadcom"
    rm -rf "$folder.part" "$lists"
    found[FIRMWARE]=$folder
}

# ---- main --------------------------------------------------------------------------------------------------

all_ready() {
    local group
    for group in "$@"; do ready "$group" || return 1; done
}

get_group() {
    case $1 in
    rust) get_rust ;;
    run) get_rust; get_one_qemu ;;
    test) get_rust; get_one_qemu; get_every_qemu ;;
    debug)
        get_rust; get_one_qemu
        get_package GDB gdb-multiarch gdb-multiarch
        ;;
    symbols) get_symbolizer ;;
    miri) get_rust; get_miri ;;
    fuzz) get_rust; get_package CXX g++ g++; get_nightly; get_cargo_tool FUZZ cargo-fuzz 0.13.2 ;;
    coverage) get_rust; get_nightly llvm-tools; get_cargo_tool COVERAGE cargo-llvm-cov 0.9.1 ;;
    mutants) get_rust; get_cargo_tool MUTANTS cargo-mutants 27.1.0 ;;
    deny) get_rust; get_cargo_tool DENY cargo-deny 0.20.2 ;;
    bench) get_group test; get_package VALGRIND valgrind valgrind ;;
    firmware) get_firmware ;;
    esac
}

[ $# -gt 0 ] || set -- run
load_found
all_ready "$@" && exit 0
mkdir -p target
exec 9>target/setup.lock
flock 9
load_found # somebody else may have got it all meanwhile
for group in "$@"; do
    get_group "$group"
    save_found
done
