//! What a transfer costs in guest instructions: the console's own `/bench` under `-icount`, printed beside Linux, Circle
//! and the floor, and kept from growing.

use std::ffi::OsStr;

use crate::harness::qemu::{Machine, under_each_version};

/// What was measured; a figure may grow by 3 %.
const MEASURED: [(&str, u64); 6] = [
    ("copy of one entry, mapped: prepare, run", 369),
    ("copy of one entry, prepared: run", 169),
    ("copy of 256 x 4 KiB, mapped: prepare, run", 15_586),
    ("copy of 256 x 4 KiB: map, prepare, run, unmap", 127_211),
    ("the same, shifted by 2 KiB, mapped", 37_742),
    ("the same, shifted by 2 KiB: map to unmap", 149_430),
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
        println!(
            "{:>8}    a console line of 11 bytes, from its first log line to its last",
            line(&mut machine)
        );
        println!(
            "{:>8}    a test of /dmatest, 64 bytes, from submit to its end as it counts",
            iteration(&mut machine)
        );
        machine.halt();
    });
}

/// Microseconds between the first and the last log line of a typed line: with `-icount shift=0`, as many thousand
/// instructions.
fn line(machine: &mut Machine) -> u64 {
    let answer = machine.ok("hello world");
    let stamp = |line: &str| {
        let (seconds, micros) =
            line.strip_prefix('[')?.split(']').next()?.trim().split_once('.')?;
        Some(seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?)
    };
    let stamps: Vec<u64> = answer.lines().filter_map(stamp).collect();
    let (first, last) = (stamps.first().expect("a log line"), stamps.last().expect("a log line"));
    (last - first) * 1000
}

/// What a test of `/dmatest` takes, by the time that it counts: patterns and comparing are not in it.
fn iteration(machine: &mut Machine) -> u64 {
    let answer = machine.ok("/dmatest iterations=1000 size=64 align=4 kinds=copy");
    let micros =
        answer.lines().find_map(|line| line.split(" us=").nth(1)?.trim().parse::<u64>().ok());
    micros.unwrap_or_else(|| panic!("no time in {answer}"))
}
