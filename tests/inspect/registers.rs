//! The writes of DMA registers, from QEMU's own trace.

use super::{run_hand_made, session};
use crate::harness::mmio::{Write, judge, writes};
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::scratch;
use std::ffi::OsStr;
use std::fs;

#[test]
fn dma_registers_are_written_by_the_rules() {
    under_each_version(|version| {
        let log = scratch("mmio.log");
        let options = ["-d", "trace:memory_region_ops_write", "-D"].map(OsStr::new);
        let options = [&options[..], &[log.as_os_str()]].concat();
        let (mut machine, _) = Machine::boot(version, &options);
        session(&mut machine);
        machine.halt();
        let trace = fs::read_to_string(&log).expect("QEMU wrote its trace");
        let verdict = judge(&writes(&trace));
        assert!(verdict.broken.is_empty(), "{:#?}", verdict.broken);
        assert!(
            verdict.starts >= 5 && verdict.acknowledges >= 4,
            "too little to judge: {verdict:?}"
        );
    });
}

/// CS and `CONBLK_AD` writes of channel 5: what a correct driver does for one chain.
const GOOD: [(u64, u64); 4] =
    [(0x00, 0x6), (0x04, 0xc020_0020), (0x00, 0x1088_0001), (0x00, 0x1088_0007)];

fn verdict_on(changes: &[(usize, (u64, u64))]) -> Vec<String> {
    let mut writes: Vec<_> =
        GOOD.iter().map(|&(register, value)| Write { channel: 5, register, value }).collect();
    for &(at, (register, value)) in changes {
        writes[at] = Write { channel: 5, register, value };
    }
    judge(&writes).broken
}

#[test]
fn the_rules_for_dma_registers_object_to_each_breach() {
    assert_eq!(verdict_on(&[]), Vec::<String>::new());
    for (at, write, words) in [
        (1, (0x04, 0x0020_0020), "outside the 0xC0000000 alias"),
        (1, (0x04, 0xc020_0010), "not 32-byte aligned"),
        (1, (0x04, 0), "a start without a chain"),
        (0, (0x04, 0xc020_0040), "a second chain before"),
        (2, (0x00, 0x0088_0001), "does not wait for outstanding writes"),
        (2, (0x00, 0x0000_0000), "never started"),
        (3, (0x00, 0x0000_0007), "changes the policy"),
        (3, (0x00, 0x1088_0001), "a start without a chain"),
    ] {
        let broken = verdict_on(&[(at, write)]);
        assert!(broken.iter().any(|line| line.contains(words)), "{words}: {broken:?}");
    }
}

/// A chain loaded, started and acknowledged by hand, once right and once in the wrong alias, as each version traces it.
#[test]
fn a_trace_of_each_version_is_understood() {
    let program = |alias| {
        [
            // movz x5, #0x3f00, lsl 16; add x5, x5, #7, lsl 12
            0xd2a7_e005,
            0x9140_1ca5,
            // movz w6, #0x20; movk w6, #alias, lsl 16; str w6, [x5, #0x504]
            0x5280_0406,
            alias,
            0xb905_04a6,
            // movz w7, #1; movk w7, #0x1088, lsl 16; str w7, [x5, #0x500]
            0x5280_0027,
            0x72a2_1107,
            0xb905_00a7,
            // movz w7, #7; movk w7, #0x1088, lsl 16; str w7, [x5, #0x500]
            0x5280_00e7,
            0x72a2_1107,
            0xb905_00a7,
        ]
    };
    let (uncached, physical) = (0x72b8_0406, 0x72a0_0406);
    under_each_version(|version| {
        let judged = |name, alias| {
            let log = scratch("hand-made.log");
            let options = ["-d", "trace:memory_region_ops_write", "-D"].map(OsStr::new);
            let options = [&options[..], &[log.as_os_str()]].concat();
            run_hand_made(version, name, &program(alias), &options);
            judge(&writes(&fs::read_to_string(&log).expect("QEMU wrote its trace")))
        };
        let good = judged("chain", uncached);
        assert!(good.broken.is_empty() && good.starts == 1 && good.acknowledges == 1, "{good:?}");
        assert_eq!(judged("chain-physical", physical).broken.len(), 1);
    });
}

#[test]
fn a_trace_line_becomes_a_write() {
    let line = "memory_region_ops_write cpu 0 mr 0x55 addr 0x3f007504 value 0xc0820000 size 4 name 'bcm2835-dma'";
    assert_eq!(writes(line), [Write { channel: 5, register: 4, value: 0xc082_0000 }]);
    assert_eq!(writes(&line.replace("3f007504", "3f201000")), []);
    assert_eq!(writes(&line.replace("3f007504", "3fe05000"))[0].channel, 15);
}
