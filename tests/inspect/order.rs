//! Order, as the plugin sees it: barriers before starts, no exclusive before the MMU, instructions of a boot.

use super::plugin::{Report, plugin};
use super::{run_hand_made, session, symbol};
use crate::harness::qemu::{Machine, Version, under_each_version};
use crate::harness::{image, scratch};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// Boots an image under the plugin, runs the session, halts, and gives the report.
fn watched(version: &Version, image: &Path) -> Report {
    let path = scratch("report.txt");
    let coherent = (symbol("__coherent_start"), symbol("__coherent_end"));
    let plugin = plugin(version, &path, coherent);
    let mut machine = Machine::start(version, image, &[OsStr::new("-plugin"), &plugin]);
    machine.prompt();
    session(&mut machine);
    machine.halt();
    Report::read(&path)
}

#[test]
fn a_dsb_stands_before_every_start_and_no_exclusive_before_the_mmu() {
    under_each_version(|version| {
        let report = watched(version, &image());
        assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
        assert!(report.total("cs_judged") >= 5, "too little to judge: {:?}", report.totals);
        assert!(report.total("sctlr_writes") >= 1, "{:?}", report.totals);
        assert!(
            report.total("exclusives") >= 1,
            "no exclusive at all: is the plugin blind? {:?}",
            report.totals
        );
    });
}

/// The same firmware with its barriers taken out runs as well under QEMU, and the plugin must say what QEMU does not.
#[test]
fn without_its_barriers_the_firmware_is_caught() {
    let barriers = [0xd503_3f9f_u32, 0xd503_3e9f].map(u32::to_le_bytes);
    let nop = 0xd503_201f_u32.to_le_bytes();
    let mut bytes = fs::read(image()).expect("a readable image");
    for word in bytes.chunks_exact_mut(4) {
        if barriers.iter().any(|barrier| barrier == word) {
            word.copy_from_slice(&nop);
        }
    }
    let bare = scratch("without-barriers.img");
    fs::write(&bare, bytes).expect("target/ can be written");
    under_each_version(|version| {
        let report = watched(version, &bare);
        assert_eq!(report.total("cs_unordered"), report.breaches.len() as u64);
        assert!(report.total("cs_unordered") >= 5, "{:?}", report.totals);
    });
}

#[test]
fn an_exclusive_before_the_mmu_is_caught() {
    // ldxr w1, [x0]; stxr w2, w1, [x0]; msr sctlr_el1, x3
    let bad = [0x885f_7c01, 0x8802_7c01, 0xd518_1003];
    // The same after it.
    let good = [0xd518_1003, 0x885f_7c01, 0x8802_7c01];
    // ldar w1, [x0]; stlr w1, [x0]: ordered, not exclusive.
    let ordered = [0x88df_fc01, 0x889f_fc01, 0xd518_1003];
    under_each_version(|version| {
        let breaches = |name, program: [u32; 3]| hand_made(version, name, &program).breaches.len();
        assert_eq!(breaches("exclusive-early", bad), 1);
        assert_eq!(breaches("exclusive-late", good), 0);
        assert_eq!(breaches("ordered-early", ordered), 0);
    });
}

#[test]
fn a_start_without_a_barrier_is_caught() {
    // movz x4, #0x20, lsl 16; movz x5, #0x3f00, lsl 16; add x5, x5, #7, lsl 12; str w6, [x4]
    let store = [0xd2a0_0404, 0xd2a7_e005, 0x9140_1ca5, 0xb900_0086];
    // dsb sy; dsb ld: the second waits for loads only.
    let (dsb, dsb_ld) = (0xd503_3f9f, 0xd503_3d9f);
    // str wzr, [x5, #0x500]
    let start = 0xb905_00bf;
    under_each_version(|version| {
        let unordered = |name, between: &[u32]| {
            let program = [&store[..], between, &[start]].concat();
            let report = hand_made(version, name, &program);
            assert_eq!(report.total("cs_judged"), 1, "{report:?}");
            report.total("cs_unordered")
        };
        assert_eq!(unordered("start-bare", &[]), 1);
        assert_eq!(unordered("start-load-barrier", &[dsb_ld]), 1);
        assert_eq!(unordered("start-ordered", &[dsb]), 0);
    });
}

/// The same under the plugin.
fn hand_made(version: &Version, name: &str, program: &[u32]) -> Report {
    let path = scratch(&format!("{name}.txt"));
    let plugin = plugin(version, &path, (0x20_0000, 0x40_0000));
    run_hand_made(version, name, program, &[OsStr::new("-plugin"), &plugin]);
    Report::read(&path)
}

/// Guest instructions until the channels are set up (no DMA register is touched later), and until the prompt is out.
fn count_boot(version: &Version) -> (u64, u64) {
    let path = scratch("count.txt");
    let plugin = plugin(version, &path, (0, 0));
    let options = ["-icount", "shift=0,sleep=off", "-plugin"].map(OsStr::new);
    let options = [&options[..], &[plugin.as_os_str()]].concat();
    let (machine, _) = Machine::boot(version, &options);
    // The prompt ends in a CSI sequence, which is still on its way when the prompt itself has been seen.
    std::thread::sleep(std::time::Duration::from_secs(1));
    machine.terminate();
    let report = Report::read(&path);
    let prompt = report.sent.last().expect("the firmware printed something");
    (report.total("dma_access"), *prompt)
}

#[test]
fn boot_takes_few_instructions() {
    under_each_version(|version| {
        let (ready, prompt) = count_boot(version);
        println!("QEMU {}: first transfer possible after {ready} instructions", version.major);
        println!("QEMU {}: prompt after {prompt} instructions", version.major);
        assert!(0 < ready && ready < 150_000, "{ready} instructions until a transfer is possible");
        assert!(prompt < 600_000, "{prompt} instructions until the prompt");
        assert_eq!(count_boot(version), (ready, prompt), "a second count differs");
    });
}
