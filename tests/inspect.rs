//! The instruments: what QEMU itself does not object to, read from a trace, a plugin and the page tables.
//! Each was seen to object: to a broken trace, a broken map, an image without its barriers, a hand-made bad program.

mod bench;
mod order;
mod plugin;
mod registers;
mod tables;

use crate::harness::elf::symbols;
use crate::harness::qemu::{Machine, Version};
use crate::harness::{image, scratch};
use std::ffi::OsStr;
use std::fs;

fn symbol(name: &str) -> u64 {
    *symbols().get(name).unwrap_or_else(|| panic!("the firmware has no symbol {name}"))
}

/// A session with something of everything that drives the engine.
fn session(machine: &mut Machine) {
    for line in ["123", "a", "the quick brown fox jumps over the lazy dog", "/info"] {
        machine.ok(line);
    }
    machine.type_line(b"/fault stuck");
    machine.ok(&"x".repeat(4096));
}

/// Runs a few hand-assembled instructions from 0x80000, up to the prompt that they end in.
fn run_hand_made(version: &Version, name: &str, program: &[u32], options: &[&OsStr]) {
    let image = scratch(&format!("{name}.img"));
    let words = program.iter().chain(&PROMPT_AND_STAY);
    let bytes: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
    fs::write(&image, bytes).expect("target/ can be written");
    let mut machine = Machine::start(version, &image, options);
    machine.prompt();
    machine.terminate();
}

/// `movz x9, #0x3f20, lsl 16; movz w8, #'>'; add x9, x9, #1, lsl 12; str w8, [x9]; movz w8, #' '; str …; b .`
const PROMPT_AND_STAY: [u32; 7] =
    [0xd2a7_e409, 0x5280_07c8, 0x9140_0529, 0xb900_0128, 0x5280_0408, 0xb900_0128, 0x1400_0000];

/// The target is 128 KiB, which is missed by far (docs/performance.md says by what). This only keeps it from growing.
#[test]
fn the_image_does_not_grow_unseen() {
    const MEASURED: u64 = 372_880;
    let size = fs::metadata(image()).expect("a readable image").len();
    println!("kernel8.img: {size} bytes, target {}", 128 * 1024);
    assert!(size <= MEASURED * 103 / 100, "kernel8.img has {size} bytes, measured {MEASURED}");
}
