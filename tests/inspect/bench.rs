//! What a transfer costs in guest instructions: the console's own `/bench` under `-icount`, printed beside Linux, Circle
//! and the floor, and kept from growing.

use std::ffi::OsStr;

use crate::harness::qemu::{Machine, under_each_version};

/// What was measured; a figure may grow by 3 %.
const MEASURED: [(&str, u64); 6] = [
    ("copy of one entry, mapped: prepare, run", 622),
    ("copy of one entry, prepared: run", 174),
    ("copy of 256 x 4 KiB, mapped: prepare, run", 19_647),
    ("copy of 256 x 4 KiB: map, prepare, run, unmap", 139_303),
    ("the same, shifted by 2 KiB, mapped", 43_860),
    ("the same, shifted by 2 KiB: map to unmap", 163_598),
];

/// The instructions in a line of the table: the last number before the name.
fn figure(table: &str, name: &str) -> u64 {
    let line = table.lines().find_map(|line| line.trim_end().strip_suffix(name));
    let count = line.and_then(|line| line.split_whitespace().last()).and_then(|n| n.parse().ok());
    count.unwrap_or_else(|| panic!("no figure for \"{name}\" in\n{table}"))
}

#[test]
fn what_a_transfer_costs_does_not_grow_unseen() {
    under_each_version(|version| {
        let options = ["-global", "bcm2837.enabled-cpus=1", "-icount", "shift=0,sleep=off"];
        let (mut machine, _) = Machine::boot(version, &options.map(OsStr::new));
        let table = machine.ok("/bench");
        println!("{table}");
        for (name, measured) in MEASURED {
            let count = figure(&table, name);
            assert!(count > 100, "{name}: {count} instructions are too few to be true");
            assert!(count <= measured * 103 / 100, "{name}: {count} instructions, were {measured}");
        }
        machine.halt();
    });
}
