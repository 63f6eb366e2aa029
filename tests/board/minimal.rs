//! The least program on the library: it copies on every machine, and stays as small as it was.

use super::errata;
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::{repo, run};
use std::fs;
use std::process::Command;

/// What `make minimal.img` gives (docs/performance.md).
const MEASURED: usize = 14_244;

#[test]
fn a_program_on_the_library_alone_copies_and_does_not_grow_unseen() {
    run(Command::new("make").args(["setup-test", "minimal.img"]).env_remove("MAKEFLAGS"));
    let image = repo("minimal.img");
    let bytes = fs::read(&image).expect("a readable image");
    // Its flags are its own (Makefile).
    errata::assert_none_in(&bytes);
    let size = bytes.len();
    println!("minimal.img: {size} bytes, target {}", 16 * 1024);
    assert!(size <= 16 * 1024);
    assert!(size <= MEASURED * 103 / 100, "minimal.img has {size} bytes, measured {MEASURED}");
    under_each_version(|version| {
        assert_eq!(Machine::start(version, &image, &[]).ends_in("ok\n").trim(), "ok");
    });
}
