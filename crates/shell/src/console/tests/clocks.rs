//! `/clocks` on a machine whose firmware is scripted.

use super::*;
use crate::machine::{ClockState, Health};

/// A 3 B at its minimum, as the Raspberry Pi documentation has it ("Overclocking options"); nothing is measured.
fn at_minimum() -> Health {
    let clock = |name, least: u32, most| {
        let [least, most] = [least, most].map(|mhz| Some(mhz * 1_000_000));
        ClockState { name, set: least, measured: None, least, most }
    };
    Health {
        clocks: [clock("ARM", 600, 1200), clock("core", 250, 400), clock("UART", 48, 48)],
        temperature: Some(48_312),
        limit: Some(85_000),
        throttling: Some("no".into()),
        baud: 115_176,
    }
}

fn typed(health: Option<Health>, stubborn: Option<u32>, line: &[u8]) -> Vec<String> {
    let mut console = console();
    *console.machine().health.borrow_mut() = health;
    console.machine().stubborn.set(stubborn);
    answer(&mut console, line)
}

#[test]
fn clocks_are_shown_with_their_ends() {
    assert_eq!(
        typed(Some(at_minimum()), None, b"/clocks"),
        [
            "clock   set to  measured    least     most",
            "ARM    600 MHz         -  600 MHz  1.2 GHz",
            "core   250 MHz         -  250 MHz  400 MHz",
            "UART    48 MHz         -   48 MHz   48 MHz",
            "temperature: 48.3 °C, clocks are lowered above 85.0 °C",
            "throttled: no",
            "ok: ARM 600 MHz, core 250 MHz, console at 115176 baud",
        ]
    );
}

#[test]
fn clocks_are_set_to_an_end_of_their_range() {
    let lines = typed(Some(at_minimum()), None, b"/clocks core=max arm=max");
    assert_eq!(lines.last().unwrap(), "ok: ARM 1.2 GHz, core 400 MHz, console at 115176 baud");
    let near = typed(Some(at_minimum()), Some(1_199_995_000), b"/clocks arm=max");
    assert!(near.last().unwrap().starts_with("ok: ARM 1.199 GHz, "), "{near:?}");
}

#[test]
fn a_clock_that_stays_is_an_error() {
    assert_eq!(
        typed(Some(at_minimum()), Some(600_000_000), b"/clocks arm=max"),
        ["error: /clocks: ARM stays at 600 MHz; asked for 1.2 GHz"]
    );
}

#[test]
fn what_the_firmware_does_not_tell_is_not_made_up() {
    let mut health = at_minimum();
    health.clocks[1] =
        ClockState { name: "core", set: None, measured: None, least: None, most: None };
    (health.temperature, health.limit, health.throttling) = (None, None, None);
    let lines = typed(Some(health.clone()), None, b"/clocks");
    assert_eq!(lines[2], "core         -         -        -        -");
    assert_eq!(lines[4], "temperature: not told, clocks are lowered above not told");
    assert_eq!(lines[5], "throttled: not told");
    assert_eq!(
        typed(Some(health), None, b"/clocks core=max"),
        ["error: /clocks: the firmware does not tell the clock's max"]
    );
    assert_eq!(typed(None, None, b"/clocks"), ["error: /clocks: the fake has no clocks"]);
}
