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

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use dma_model::{Fault, Model, Occurs, Profile};

use shell::console::Console;
use shell::render::Paint;

use crate::desk::Desk;
use crate::machine::Simulated;

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
        ["error: /loopback: bytes=10: expected a multiple of 4"]
    );
}

#[test]
fn the_emulated_engine_is_refused_and_nothing_is_touched() {
    let mut desk = Desk::new(Profile::Qemu, 1);
    assert_eq!(
        desk.send(b"/loopback"),
        [
            "error: /loopback: not on an emulated engine: `make sim` plays it, docs/first-board.md wires it"
        ]
    );
}

#[test]
fn a_pin_is_set_and_cleared_at_the_pace_of_pwm_and_everything_is_given_back() {
    for (seed, pin, period) in [(1, 21, 100), (2, 2, 250), (3, 29, 1000)] {
        let mut desk = desk(seed);
        let model = desk.console.machine().model();
        let before = registers(model);
        let lines = desk.send(format!("/blink pin={pin} period={period} count=12").as_bytes());
        let expected = format!("ok: 12 edges at GPIO{pin} by dma");
        assert!(lines.last().unwrap().starts_with(&expected), "{lines:#?}");
        let edges = model.edges();
        assert!(edges.iter().all(|edge| edge.levels & !(1 << pin) == 0), "another pin: {edges:x?}");
        // The FIFO takes the first few at once; then each waits for its word. (The last is the pin given back.)
        let pace = edges[4..edges.len() - 1].windows(2).map(|pair| pair[1].at - pair[0].at);
        for (n, nanos) in pace.enumerate() {
            let off = nanos.abs_diff(period * 1000);
            assert!(off < period * 1000 / 5, "edge {n}: {nanos} ns, seed {seed}: {edges:?}");
        }
        assert_eq!(model.clock_glitches(), 0, "the clock was changed while it ran");
        assert_eq!(registers(model), before);
        model.finish();
    }
}

#[test]
fn a_pacer_that_does_not_ask_is_told_and_the_pin_is_given_back() {
    let mut desk = desk(1);
    let model = desk.console.machine().model();
    model.plan(Fault::DreqNever { dreq: 5 }, Occurs::Always);
    let before = registers(model);
    let lines = desk.send(b"/blink period=100");
    let last = lines.last().unwrap();
    assert!(last.ends_with("the ring stands still: PWM does not ask for words"), "{lines:#?}");
    assert_eq!(registers(model), before);
    desk.assert_comes_back(b"and the console goes on");
}

#[test]
fn the_consoles_pins_are_not_for_blinking() {
    let mut desk = Desk::new(Profile::Hardware, 1);
    for pin in [14, 15] {
        assert_eq!(
            desk.send(format!("/blink pin={pin}").as_bytes()),
            ["error: /blink: the console needs this pin"]
        );
    }
}

#[test]
fn ctrl_c_ends_either_and_everything_is_given_back() {
    for (line, stopped) in [
        ("/blink period=1000 count=1000", "error: stopped after "),
        ("/loopback bytes=64 rounds=1000000", "error: stopped after "),
    ] {
        let (written, polls) = (Rc::new(RefCell::new(Vec::new())), Cell::new(0));
        let sink = Rc::clone(&written);
        let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
        let poll = move || (polls.replace(polls.get() + 1) == 20).then_some(3);
        let machine = Simulated::new(Profile::Hardware, 1, write, poll);
        let mut console = Console::new(machine, Paint::Plain);
        console.start();
        let model = console.machine().model();
        let before = registers(model);
        for byte in line.bytes().chain(*b"\r") {
            console.feed(byte, Duration::ZERO);
        }
        let text = String::from_utf8_lossy(&written.borrow()).into_owned();
        assert!(text.contains(stopped), "{text}");
        assert_eq!(registers(model), before);
        model.finish();
    }
}

/// What the model makes of these is its own guess: they say it, end, and leave a channel that works.
#[test]
fn what_no_document_says_is_asked_and_leaves_a_channel_that_works() {
    for seed in 0..8 {
        let mut desk = Desk::new(Profile::Hardware, seed);
        let hole = desk.send(b"/fault hole");
        let read = "ok: a read of 0x7e0ff000 ";
        assert!(hole.last().unwrap().starts_with(read), "{hole:#?}");
        assert!(hole.iter().any(|line| line.contains("DEBUG")), "{hole:#?}");
        let zero = desk.send(b"/fault zero");
        assert!(zero.last().unwrap().starts_with("ok: a block of length 0 "), "{zero:#?}");
        for _ in 0..3 {
            desk.assert_comes_back(b"the channel is as it was");
        }
    }
}

/// The error asks for an interrupt, whose handler knows of no transfer: it may clear nothing before it was looked at.
#[test]
fn a_read_that_the_bus_refuses_is_told_as_such() {
    for seed in 0..8 {
        let mut desk = Desk::new(Profile::Hardware, seed);
        let fault = Fault::ReadError { channel: 5, block: 0, byte: 0 };
        desk.console.machine().model().plan(fault, Occurs::Always);
        let hole = desk.send(b"/fault hole");
        let told = "ok: a read of 0x7e0ff000 ended in READ_ERROR";
        assert_eq!(hole.last().unwrap(), told, "{hole:#?}");
        let debug = hole.iter().find(|line| line.contains("DEBUG")).unwrap();
        assert!(debug.contains("READ_ERROR"), "{hole:#?}");
        let irq = desk.send(b"/irq");
        assert!(irq.last().unwrap().ends_with(" 0 late or spurious"), "{irq:#?}");
    }
}

/// It would be taken for the answer to a question about the engine.
#[test]
fn what_is_planned_for_a_typed_line_befalls_no_probe() {
    let mut desk = Desk::new(Profile::Hardware, 3);
    let planned = desk.send(b"/fault stuck at=0");
    let promise = " is planned: the next transfer on dma5 that has such a block meets it";
    assert_eq!(planned.last().unwrap(), &format!("ok: stuck{promise}"));
    let hole = desk.send(b"/fault hole");
    assert!(hole.iter().any(|line| line.ends_with("1 planned failures are dropped")), "{hole:#?}");
    let unplanned = Desk::new(Profile::Hardware, 3).send(b"/fault hole");
    assert_eq!(hole.last(), unplanned.last());
    desk.assert_comes_back(b"and no line is met by it");
    let far = desk.send(b"/fault read-error at=10000");
    assert_eq!(far.last().unwrap(), &format!("ok: read-error{promise}"));
    desk.assert_comes_back(b"a line without such a block does not meet it");
}

#[test]
fn ctrl_c_stops_a_ring() {
    let (written, looks) = (Rc::new(RefCell::new(Vec::new())), Cell::new(0));
    let sink = Rc::clone(&written);
    let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
    let poll = move || {
        looks.set(looks.get() + 1);
        (looks.get() == 10).then_some(0x03)
    };
    let machine = Simulated::new(Profile::Hardware, 1, write, poll);
    let mut desk = Desk { console: Console::new(machine, Paint::Plain), written };
    desk.console.start();
    let answer = desk.send(b"/ring 64");
    assert_eq!(answer.last().unwrap(), "error: stopped after 9 interrupts", "{answer:#?}");
    desk.assert_comes_back(b"the channel is as it was");
}

#[test]
fn a_ring_is_judged_by_what_the_engine_wrote_of_it() {
    let line = "/ring 1|/ring 3|/ring 4|/ring 5|/ring 8 periods=9|/ring bytes=16384 periods=64";
    for (line, seed) in line.split('|').flat_map(|line| (0..4).map(move |seed| (line, seed))) {
        let mut desk = Desk::new(Profile::Hardware, seed);
        let answer = desk.send(line.as_bytes());
        let last = answer.last().unwrap();
        assert!(last.starts_with("ok: ") && last.contains(" time stamps in order"), "{answer:#?}");
        assert!(!last.contains(" 0 time stamps"), "{answer:#?}");
    }
}
