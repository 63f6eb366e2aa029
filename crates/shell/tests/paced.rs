//! The commands that need a board, on the model of one: the same sequences, the same transfers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/desk.rs"]
mod desk;
#[path = "../examples/simulator/machine.rs"]
mod machine;

use dma_model::{Fault, Model, Occurs, Profile};

use crate::desk::Desk;

/// Offsets of what the commands take and must give back: GPFSEL0-2; SPI CS, CLK; the PWM's clock; PWM CTL, DMAC, RNG1.
const TAKEN: [u32; 10] = [
    0x20_0000, 0x20_0004, 0x20_0008, 0x20_4000, 0x20_4008, 0x10_10A0, 0x10_10A4, 0x20_C000,
    0x20_C008, 0x20_C010,
];

fn registers(model: &Model) -> Vec<u32> {
    TAKEN.into_iter().map(|offset| model.read_peripheral(offset)).collect()
}

/// A desk whose pins and clocks somebody uses already: the console's pins, others as ALT5, PWM on PLLD, SPI mode 3.
fn desk(seed: u64) -> Desk {
    let desk = Desk::new(Profile::Hardware, seed);
    let model = desk.console.machine().model();
    model.write_peripheral(0x20_0000, 0o2222_2222);
    model.write_peripheral(0x20_0004, 4 << 12 | 4 << 15 | 2 << 24);
    model.write_peripheral(0x20_0008, 0o2200);
    model.write_peripheral(0x20_4000, 0xC);
    model.write_peripheral(0x20_4008, 250);
    model.write_peripheral(0x10_10A4, 0x5A00_5000);
    model.write_peripheral(0x10_10A0, 0x5A00_0016);
    model.write_peripheral(0x20_C010, 1024);
    model.write_peripheral(0x20_C000, 0x81);
    desk
}

#[test]
fn what_goes_out_through_spi_comes_back_and_everything_is_given_back() {
    for (seed, bytes, rounds) in [(1, 4, 1), (2, 8, 2), (3, 4096, 1), (4, 1000, 3), (5, 65_532, 1)]
    {
        let mut desk = desk(seed);
        let model = desk.console.machine().model();
        let before = registers(model);
        let lines = desk.send(format!("/loopback bytes={bytes} rounds={rounds}").as_bytes());
        let expected =
            format!("ok: {rounds} × {bytes} bytes out and back, every one as it was sent, ");
        assert!(lines.last().unwrap().starts_with(&expected), "{lines:#?}");
        assert!(lines[0].contains("spi: 3.906 MHz: out by dma"), "{lines:#?}");
        assert_eq!(registers(model), before);
        model.finish();
    }
}

#[test]
fn without_the_wire_the_first_byte_is_wrong_and_everything_is_given_back() {
    let mut desk = desk(1);
    let model = desk.console.machine().model();
    model.cut_spi();
    let before = registers(model);
    let lines = desk.send(b"/loopback bytes=64");
    assert_eq!(
        lines.last().unwrap(),
        "error: /loopback: byte 0 of 64 came back wrong: is pin 19 (MOSI) wired to pin 21 (MISO)?"
    );
    assert_eq!(registers(model), before);
    desk.assert_comes_back(b"and the console goes on");
}

#[test]
fn a_device_that_never_asks_is_timed_out_and_everything_is_given_back() {
    for dreq in [6, 7] {
        let mut desk = desk(1);
        let model = desk.console.machine().model();
        model.plan(Fault::DreqNever { dreq }, Occurs::Always);
        let before = registers(model);
        let lines = desk.send(b"/loopback bytes=256");
        let last = lines.last().unwrap();
        assert!(last.starts_with("error: /loopback: ") && last.contains("time"), "{lines:#?}");
        assert_eq!(registers(model), before);
        desk.assert_comes_back(b"and the channels too");
    }
}

#[test]
fn words_that_spi_cannot_take_are_refused() {
    let mut desk = Desk::new(Profile::Hardware, 1);
    assert_eq!(
        desk.send(b"/loopback bytes=10"),
        ["error: /loopback: bytes=10 is no multiple of 4: SPI takes whole words"]
    );
}

#[test]
fn the_emulated_engine_is_refused_and_nothing_is_touched() {
    let mut desk = Desk::new(Profile::Qemu, 1);
    assert_eq!(
        desk.send(b"/loopback"),
        [
            "error: /loopback: needs a board: the emulated engine knows no DREQ; see docs/first-board.md"
        ]
    );
}
