//! Memory as boards have it: never zero at power-on, less of it on some, the image not where it belongs.

use crate::harness::gdb::{Gdb, number_from};
use crate::harness::qemu::{Machine, under_each_version};
use crate::harness::{elf, image, random, scratch, socket};
use std::ffi::{OsStr, OsString};
use std::fs;

const IMAGE: u64 = 0x8_0000;
const UART: u64 = 0x3F20_1000;

/// QEMU's option that fills memory from `start` on with `bytes` at power-on and at each reset.
fn loader(name: &str, start: u64, bytes: &[u8]) -> [OsString; 2] {
    let path = scratch(name);
    fs::write(&path, bytes).expect("target/ can be written");
    let option = format!("loader,file={},addr={start:#x},force-raw=on", path.display());
    ["-device".into(), option.into()]
}

fn all(options: &[OsString]) -> Vec<&OsStr> {
    options.iter().map(OsString::as_os_str).collect()
}

/// Everything from the end of the image on, .bss, stacks, tables, coherent memory, heap, holds anything but zero.
#[test]
fn boots_over_dirty_memory_again_and_again() {
    let dirty_end = 0x80_0000;
    let start =
        (IMAGE + fs::metadata(image()).expect("a readable image").len()).next_multiple_of(64);
    let bss = elf::symbols()["__bss_start"];
    assert!(start <= bss.next_multiple_of(64), "{start:#x}: .bss at {bss:#x} would stay clean");
    let length = usize::try_from(dirty_end - start).expect("a few MiB");
    let seeds = random();
    under_each_version(|version| {
        let mut random = seeds.clone();
        let noise: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
        for (name, bytes) in [("ones", vec![0xFF; length]), ("noise", noise)] {
            let options = loader(&format!("{name}.bin"), start, &bytes);
            let (mut machine, mut banner) = Machine::boot(version, &all(&options));
            for _ in 0..3 {
                assert!(banner.contains("kernel: ready"), "{name}: {banner}");
                assert!(!banner.contains("error"), "{name}: {banner}");
                machine.ok("a line through the engine");
                machine.ok("/dmatest iterations=20 channels=3 kinds=copy,sg,fill,2d");
                let answer = machine.type_line(b"/reboot").text();
                banner = answer.split_once("ok:").expect("/reboot says so").1.to_owned();
            }
        }
    });
}

/// 512 MB: what is past the end is nobody's.
#[test]
fn a_board_of_half_the_memory_boots_and_refuses_what_it_has_not() {
    under_each_version(|version| {
        let (mut machine, banner) = Machine::boot(version, &["-M", "raspi3ap"].map(OsStr::new));
        assert!(banner.contains("Raspberry Pi 3 A+"), "{banner}");
        assert!(banner.contains("ARM 0x00000000..0x1c000000"), "{banner}");
        assert!(!banner.contains("error"), "{banner}");
        machine.ok("a line through the engine");
        for address in ["0x1c000000", "0x20000000", "0x3c000000", "0x3efffffc"] {
            for command in ["/dump ADDRESS 4", "/poke ADDRESS 1"] {
                let answer = machine.type_line(command.replace("ADDRESS", address).as_bytes());
                let last = answer.final_line().unwrap_or_else(|error| panic!("{error}"));
                assert!(last.starts_with("error:") && last.contains("is not mapped"), "{last}");
            }
        }
        machine.ok("still there");
    });
}

/// The image one page too high, entered by a jump at 0x80000: it says so and does nothing else.
#[test]
fn an_image_at_the_wrong_address_says_so_and_stops() {
    let jump = 0x1400_0400_u32; // b .+0x1000
    let mut bytes = jump.to_le_bytes().to_vec();
    bytes.resize(0x1000, 0);
    bytes.extend(fs::read(image()).expect("a readable image"));
    let path = scratch("misplaced.img");
    fs::write(&path, bytes).expect("target/ can be written");
    under_each_version(|version| {
        let socket = socket(&format!("misplaced{}.sock", version.major));
        let port = OsString::from(format!("unix:{},server=on,wait=off", socket.display()));
        let mut machine = Machine::start(version, &path, &[OsStr::new("-gdb"), &port]);
        let said = machine.ends_in("in config.txt\n");
        let expected = "error: kernel8.img must be loaded at 0x80000; set kernel_address=0x80000 in config.txt";
        assert_eq!(said.trim(), expected);
        // QEMU's device sends whatever its registers say; a board's pins are inputs and its device is off until they say so.
        let mut gdb = Gdb::connect(&socket);
        let mut register = |address| number_from(&gdb.physical(address, 4));
        assert_eq!(register(0x3F20_0004) >> 12 & 0o77, 0o44, "pins 14 and 15 are the UART's");
        assert_eq!([0x24, 0x28].map(|at| register(UART + at)), [26, 3], "115200 baud of 48 MHz");
        assert_eq!(register(UART + 0x2C), 0x70, "8 bits, queues");
        assert_eq!(register(UART + 0x30), 0x301, "on, transmit, receive");
    });
}
