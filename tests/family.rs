//! The other boards of the family, as far as QEMU has them: the 3 A+, with 512 MiB. What the rest answer is replayed on the
//! host (crates/bcm2837/tests/boards.rs).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test by panicking"
)]

#[expect(dead_code, reason = "other tests ask more of it")]
mod harness;

use std::ffi::OsStr;

use harness::qemu::{Machine, under_each_version};

#[test]
fn a_board_with_512_mib_boots_and_nothing_past_its_end_is_memory() {
    under_each_version(|version| {
        let (mut machine, banner) = Machine::boot(version, &["-M", "raspi3ap"].map(OsStr::new));
        assert!(banner.contains("board: Raspberry Pi 3 A+ rev 1.0 (9020e0)"), "{banner}");
        assert!(banner.contains("memory: ARM 0x00000000..0x1c000000"), "{banner}");
        assert!(!banner.contains("error"), "{banner}");
        machine.ok("a line on a small board");
        machine.ok("/dmatest iterations=2");
        // The VideoCore's part, and where the big boards have memory.
        for address in ["0x1c000000", "0x20000000", "0x3bfffff0"] {
            let refused = machine.type_line(format!("/dump {address}").as_bytes()).text();
            let expected = format!("error: /dump: {address} is not mapped; /map shows what is");
            assert!(refused.contains(&expected), "{refused}");
        }
    });
}

#[test]
fn clocks_are_asked_of_the_firmware_each_time() {
    under_each_version(|version| {
        let (mut machine, _) = Machine::boot(version, &[]);
        // QEMU answers a request for a rate with the request, and does nothing; least and most are what is set.
        for line in ["/clocks", "/clocks arm=max core=min"] {
            let text = machine.ok(line);
            let rows: Vec<Vec<&str>> =
                text.lines().map(|line| line.split_whitespace().collect()).collect();
            let core = if version.major < 10 { "700" } else { "350" };
            for (name, mhz) in [("ARM", "700"), ("core", core), ("UART", "3")] {
                let row = [name, mhz, "MHz", "-", mhz, "MHz", mhz, "MHz"];
                assert!(rows.iter().any(|found| *found == row), "{name}: {text}");
            }
            assert!(
                text.contains("temperature: 25.0 °C, clocks are lowered above 99.0 °C"),
                "{text}"
            );
            // 7.2 does not know the tag, and says so with bit 31 and no length.
            let throttled = if version.major < 10 { "not told" } else { "no" };
            assert!(text.contains(&format!("throttled: {throttled}")), "{text}");
            assert!(text.contains("console at 115384 baud"), "3 MHz / 16 / 1.625: {text}");
        }
    });
}
