//! With a device tree and without one.

#[path = "../../crates/bcm2837/tests/support/fdt.rs"]
mod fdt;

use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::scratch;
use fdt::{Board, PI_3B, Tree, blob_of};
use std::ffi::OsStr;
use std::fs;

/// Boots with this tree, under each version; what it printed is looked at, and a line has to go through.
fn with_tree(name: &str, blob: &[u8], judge: impl Fn(&str)) {
    let path = scratch(&format!("{name}.dtb"));
    fs::write(&path, blob).expect("target/ can be written");
    under_each_version(|version| {
        let options = [OsStr::new("-dtb"), path.as_os_str()];
        let (mut machine, banner) = Machine::boot(version, &options);
        assert!(!banner.contains("error"), "{banner}");
        judge(&banner);
        machine.ok("a line through the engine");
        let map = machine.ok("/map");
        let row = map.lines().find(|line| line.contains("device tree"));
        assert!(row.is_some_and(|row| row.contains("r--")), "not mapped read-only: {map}");
    });
}

fn lines<'a>(banner: &'a str, part: &str) -> Vec<&'a str> {
    banner.lines().filter_map(|line| line.split_once("] ")?.1.strip_prefix(part)).collect()
}

#[test]
fn without_a_tree_none_is_spoken_of() {
    under_each_version(|version| {
        let (_machine, banner) = Machine::boot(version, &[]);
        assert_eq!(lines(&banner, "dtb: "), [""; 0], "{banner}");
    });
}

/// QEMU's firmware offers fewer channels than the chip's tree; it has no serial number, so the tree's is shown.
#[test]
fn a_trees_model_serial_and_channels_are_told_and_crossed() {
    with_tree("good", &blob_of(&PI_3B), |banner| {
        let told = lines(banner, "dtb: ");
        let [place, serial, channels] = told.as_slice() else {
            panic!("{banner}");
        };
        assert_eq!(*place, "at 0x08000000: Raspberry Pi 3 Model B Rev 1.2");
        assert_eq!(*serial, "serial 00000000a1b2c3d4");
        assert_eq!(*channels, "channels 0x7f35, not 0x003c: those of both hold");
        assert!(banner.contains("dma: channels 0x0034;"), "{banner}");
        assert!(banner.contains("reset by power-on"), "{banner}");
    });
}

#[test]
fn what_only_one_of_them_allows_is_not_used() {
    let board = Board {
        compatible: b"raspberrypi,model-zero-2-w\0brcm,bcm2837\0",
        channels: 0x7F11,
        rsts: 0x20,
        ..PI_3B
    };
    with_tree("other", &blob_of(&board), |banner| {
        assert!(banner.contains("dma: channels 0x0010;"), "{banner}");
        let firmwares = "for Raspberry Pi Zero 2 W, this is a02082";
        assert!(lines(banner, "dtb: ").contains(&firmwares), "{banner}");
        // The tree has what the firmware read before it was cleared.
        assert!(banner.contains("reset by watchdog"), "{banner}");
    });
}

/// What QEMU itself insists on, and nothing else.
#[test]
fn a_tree_that_tells_nothing_changes_nothing() {
    let mut tree = Tree::default();
    tree.node("", |root| {
        root.property("#address-cells", &[0, 0, 0, 1]);
        root.property("#size-cells", &[0, 0, 0, 1]);
    });
    with_tree("bare", &tree.blob(), |banner| {
        let told = lines(banner, "dtb: ");
        assert!(told.len() == 1 && told[0].ends_with(": no model"), "{banner}");
        assert!(banner.contains("ARM 0x00000000..0x3c000000"), "{banner}");
        assert!(banner.contains("dma: channels 0x0034;"), "{banner}");
    });
}
