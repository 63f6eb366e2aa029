//! `make sdcard`: the image, read back by a reader of its own, what is said where there is no firmware, and `config.txt`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test by panicking"
)]

#[path = "sdcard/fat.rs"]
mod fat;
#[expect(dead_code, reason = "other tests ask more of it")]
mod harness;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fat::{Volume, partitions};
use harness::qemu::{Machine, under_each_version};
use harness::{elf, image, repo, scratch};

/// What the firmware's files are for this test: of the real ones' sizes, of no worth.
const FIRMWARE: [(&str, usize); 4] = [
    ("bootcode.bin", 52_476),
    ("start.elf", 2_981_056),
    ("fixup.dat", 7_303),
    ("LICENCE.broadcom", 1594),
];

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder below target/");
    folder
}

fn write_firmware(folder: &Path, files: &[(&str, usize)]) -> BTreeMap<String, Vec<u8>> {
    let mut random = harness::random();
    let files = files.iter().map(|(name, len)| {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(*len).collect();
        fs::write(folder.join(name), &bytes).expect("a file below target/");
        ((*name).to_owned(), bytes)
    });
    files.collect()
}

/// `make sdcard` with this folder of firmware, into `OUT` of the test's own.
fn make(firmware: &Path, out: &Path) -> Output {
    image();
    let mut make = Command::new("make");
    make.arg("sdcard").arg(format!("FIRMWARE={}", firmware.display()));
    make.arg(format!("OUT={}", out.display()));
    make.current_dir(repo("")).env_remove("MAKEFLAGS").output().expect("make starts")
}

fn with_end(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".img");
    PathBuf::from(name)
}

#[test]
fn the_image_holds_what_a_board_boots_from() {
    let (firmware, out) = (folder("firmware"), folder("card"));
    let mut expected = write_firmware(&firmware, &FIRMWARE);
    for name in ["kernel8.img", "config.txt"] {
        image();
        expected.insert(name.to_owned(), fs::read(repo(name)).expect("a file of the repository"));
    }
    let made = make(&firmware, &out);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let card = fs::read(with_end(&out)).expect("make sdcard makes OUT.img");
    assert!(card.len().is_power_of_two(), "QEMU takes no card of {} bytes", card.len());
    let partitions = partitions(&card);
    let [partition] = partitions.as_slice() else { panic!("one partition, not {partitions:?}") };
    assert_eq!((partition.active, partition.kind), (0x80, 0x0C), "active, FAT32 by sector");
    let end = partition.start + partition.sectors;
    assert!(end * 512 == card.len() && partition.start.is_multiple_of(8192), "{partition:?}");
    assert!(card[512..partition.start * 512].iter().all(|byte| *byte == 0), "the gap is empty");

    let volume = Volume::new(&card[partition.start * 512..]);
    assert_eq!((volume.hidden, volume.sectors), (partition.start, partition.sectors));
    let (label, files) = volume.files();
    assert_eq!(label, "RPI3-SGDMA");
    assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, content) in &expected {
        assert!(files[name] == *content, "{name} is not what went in");
    }
    boots(&files["kernel8.img"], &with_end(&out));
}

/// The kernel from the image boots, the card in its slot.
fn boots(kernel: &[u8], card: &Path) {
    let copy = scratch("kernel8.img");
    fs::write(&copy, kernel).expect("a file below target/");
    let drive = format!("if=sd,format=raw,file={}", card.display());
    under_each_version(|version| {
        let mut machine = Machine::start(version, &copy, &["-drive", &drive].map(OsStr::new));
        machine.prompt();
        machine.ok("from the card");
    });
}

#[test]
fn the_same_files_make_the_same_image() {
    let firmware = folder("firmware");
    write_firmware(&firmware, &FIRMWARE);
    let made = [folder("one"), folder("two")].map(|out| {
        assert!(make(&firmware, &out).status.success());
        fs::read(with_end(&out)).expect("make sdcard makes OUT.img")
    });
    assert!(made[0] == made[1]);
}

#[test]
fn without_firmware_it_says_what_is_missing_and_leaves_a_folder_to_copy() {
    let (firmware, out) = (folder("firmware"), folder("card"));
    write_firmware(&firmware, &FIRMWARE[..1]);
    let made = make(&firmware, &out);
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(!made.status.success(), "{said}");
    assert!(said.contains("has no start.elf fixup.dat"), "{said}");
    assert!(said.contains(&format!("copy {}/*", out.display())), "{said}");
    assert!(!with_end(&out).exists(), "half an image");
    for name in ["kernel8.img", "config.txt", "bootcode.bin"] {
        assert!(out.join(name).is_file(), "{name}");
    }
}

#[test]
fn a_folder_with_anything_else_in_it_is_left_alone() {
    let (firmware, out) = (folder("firmware"), folder("card"));
    write_firmware(&firmware, &FIRMWARE);
    for name in ["holiday.jpg", "config.txt"] {
        fs::write(out.join(name), "mine").expect("a file below target/");
    }
    let made = make(&firmware, &out);
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(!made.status.success() && said.contains("holds holiday.jpg"), "{said}");
    for name in ["holiday.jpg", "config.txt"] {
        assert_eq!(fs::read(out.join(name)).expect("it is still there"), b"mine");
    }
}

#[test]
fn every_setting_of_config_txt_has_its_reason_and_source_above_it() {
    let text = fs::read_to_string(repo("config.txt")).expect("config.txt is readable");
    let mut reason = String::new();
    for line in text.lines() {
        match line.strip_prefix('#') {
            Some(comment) => reason.push_str(comment),
            None if line.is_empty() => reason.clear(),
            None => {
                let sourced = reason.contains('[') && reason.trim_end().ends_with(']');
                assert!(sourced, "{line}: no reason with a source above it");
                let plain = |c: char| c.is_ascii_alphanumeric() || "=_.".contains(c);
                assert!(line.chars().all(plain), "{line}: more than a value");
            }
        }
    }
}

#[test]
fn config_txt_asks_for_what_the_image_is_built_for() {
    let text = fs::read_to_string(repo("config.txt")).expect("config.txt is readable");
    let settings = text.lines().filter(|line| !line.starts_with('#'));
    let settings: Vec<_> = settings.filter_map(|line| line.split_once('=')).collect();
    let linked = elf::symbols()["_start"];
    let expected = [
        ("arm_64bit", "1"),
        ("kernel", "kernel8.img"),
        ("kernel_address", &format!("{linked:#x}")),
        ("enable_uart", "1"),
        ("init_uart_clock", "48000000"),
        ("gpu_mem", "64"),
        ("initial_turbo", "0"),
    ];
    assert_eq!(settings, expected);
}
