# rpi3-sgdma: `make` lists what can be done.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

BARE := aarch64-unknown-none-softfloat
export CARGO_TARGET_DIR := $(CURDIR)/target
ELF := target/$(BARE)/release/kernel8
# What tools/setup.sh found, read when a recipe needs it: on the first run the file is not there yet.
tool = $$(sed -n 's/^$(1)=//p' target/tools.env)
DENY := -D warnings

.PHONY: help run test kernel8.img minimal.img sdcard lint addr2line debug inspect bench soak miri miri-stacked miri-tree fuzz coverage mutants deny reproducible size sim clean setup-%

help: ## this list
	@sed -n 's/^\([a-z0-9.]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

run: setup-run kernel8.img ## build the image and open its console under QEMU; `echo 123 | make run` types and ends
	@tools/run.sh

test: setup-test kernel8.img ## every test: the library's, the console's, and the image under every QEMU version
	cargo test --workspace --locked --no-fail-fast
	cargo test --locked --no-fail-fast -p sgdma --features alloc,small --lib --test engine_ways --test map_on_model --test chain -- \
	    --skip a_seeded_tenth

kernel8.img: setup-rust ## the image for the SD card
	@cargo kernel --config "target.$(BARE).rustflags=['--remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}/registry/src/=']"
	@new=target/$@.$$$$; "$(call tool,OBJCOPY)" -O binary $(ELF) $$new && \
	    if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

# Of .cargo/config.toml all but the frame records, which nobody reads here. And as much is inlined as in a fast program: most
# of it has one caller, and is smaller so (from 180 to 195 it is the same).
SMALL := -Ctarget-feature=+fix-cortex-a53-835769 -Ccode-model=tiny \
    -Cllvm-args=-homogeneous-prolog-epilog -Cllvm-args=-inline-max-stacksize=768 -Cllvm-args=-inline-threshold=190

minimal.img: setup-rust ## the least program on the library, examples/minimal, built for size
	@RUSTFLAGS="$(SMALL)" cargo build --profile small --locked --target $(BARE) -p minimal --features small
	@"$(call tool,OBJCOPY)" -O binary target/$(BARE)/small/minimal $@

# FIRMWARE=folder has the VideoCore's firmware; without it, it comes from Debian. OUT=name: OUT/ and OUT.img.
OUT ?= target/sdcard
sdcard: kernel8.img ## an image of an SD card that boots a board; FIRMWARE=folder instead of Debian's firmware
	@tools/sdcard.sh "$(OUT)" "$(FIRMWARE)"

lint: setup-rust ## formatting, clippy for host and bare metal, rustdoc; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- $(DENY)
	cargo clippy --locked -p sgdma --no-default-features --features alloc --all-targets -- $(DENY)
	cargo clippy --release --locked --target $(BARE) --bins -- $(DENY)
	cargo clippy --release --locked --target $(BARE) -p minimal -- $(DENY)
	RUSTDOCFLAGS="$(DENY)" cargo doc --workspace --no-deps --locked
	RUSTDOCFLAGS="$(DENY)" cargo doc -p sgdma --no-default-features --no-deps --locked
	# Checked only, so the fuzzer's own library need not be there.
	CUSTOM_LIBFUZZER_PATH=target/none.a RUSTFLAGS="$(DENY)" cargo check --locked --manifest-path fuzz/Cargo.toml
	for script in tools/*.sh .ci/run; do bash -n "$$script" || exit 1; done

addr2line: setup-symbols ## functions and lines of a saved report of a panic or an exception: `make addr2line < report`
	@tools/addr2line.sh

debug: setup-debug kernel8.img ## QEMU halted before the first instruction, gdb-multiarch attached
	@tools/debug.sh

inspect: setup-test kernel8.img ## the instruments alone: MMIO trace, barriers, page tables, instruction counts
	cargo test --locked --test boot inspect -- --nocapture

bench: setup-bench kernel8.img ## what everything costs, ratios first; fails where a figure grew by more than 3 %
	@tools/bench.sh

soak: setup-test kernel8.img ## a million verified transfers with stuck channels, the console in use; SOAK=n does n
	cargo test --locked --test soak -- --ignored --nocapture

# Memory is shared with a device that knows addresses only: its provenance is exposed, on purpose.
MIRI = -Zmiri-permissive-provenance
# Tests with whole machines leak some on purpose, as who forgets a handle does; unit tests may not. Cargo is not to
# look for this make's jobs.
MIRI_TEST = env -u MAKEFLAGS -u MFLAGS cargo +nightly miri test --locked --no-fail-fast -p sgdma --features alloc
miri: ## every test of the library under Miri, with both models of aliasing side by side
	@$(MAKE) -j2 miri-stacked miri-tree

miri-tree: MIRI += -Zmiri-tree-borrows
miri-stacked miri-tree: setup-miri
	@set -o pipefail; { MIRIFLAGS="$(MIRI)" $(MIRI_TEST) --lib && \
	    MIRIFLAGS="$(MIRI) -Zmiri-ignore-leaks" $(MIRI_TEST) --test '*'; } 2>&1 | sed -u 's/^/$(@:miri-%=%): /'

# Each target for TIME seconds; what it finds new stays below target/fuzz, a finding in fuzz/artifacts.
TIME ?= 60
fuzz: setup-fuzz ## random input, guided by what it reaches, for every parser and planner: TIME=60 seconds each
	@for target in fuzz/fuzz_targets/*.rs; do \
	    name=$$(basename "$$target" .rs); mkdir -p "target/fuzz/$$name"; \
	    RUSTUP_TOOLCHAIN=nightly "$(call tool,FUZZ)" fuzz run "$$name" "target/fuzz/$$name" "fuzz/corpus/$$name" -- \
	        -max_total_time=$(TIME) -timeout=20 || exit 1; \
	done

coverage: setup-coverage ## lines and branches of the library that the host tests reach
	@tools/coverage.sh "$(call tool,COVERAGE)"

CRATE ?= sgdma
mutants: setup-mutants ## changes CRATE in small ways and wants a test to fail; SHARD=k/n takes a part, MUTANTS='-f FILE' some
	@tools/mutants.sh "$(call tool,MUTANTS)" $(CRATE) $(if $(SHARD),--shard $(SHARD) --sharding round-robin) $(MUTANTS)

deny: setup-deny ## licences, sources and doubled versions of what is linked
	@cargo fetch --quiet --locked
	"$(call tool,DENY)" --locked --offline check bans licenses sources

reproducible: setup-rust ## builds the commit in two folders and compares the images
	@tools/reproducible.sh

# IMAGE=minimal.img: of the least program.
IMAGE ?= kernel8.img
size: setup-symbols $(IMAGE) ## size of the image and where it goes; IMAGE=minimal.img: of the least program
	@wc -c $(IMAGE)
	@tools/size.sh target/$(BARE)/$(if $(filter minimal%,$(IMAGE)),small/minimal,release/kernel8) \
	    "$$(dirname "$(call tool,OBJCOPY)")" "$(call tool,SYMBOLIZER)"

sim: setup-rust ## the console on this computer, with a model of the engine
	@cargo run --quiet --locked -p shell --example simulator

clean: ## remove what was built (the QEMU copies and tools below target/ stay)
	@rm -f kernel8.img minimal.img
	@find target -mindepth 1 -maxdepth 1 ! -name qemu ! -name apt ! -name tools ! -name tools.env -exec rm -rf {} + 2>/dev/null || true

setup-%:
	@tools/setup.sh $*
