//! SPI 0 for the DMA engine: what comes out at MOSI goes in at MISO if the two are wired together. Datasheet ch. 10.
//!
//! The length goes into `DLEN` as Linux' `spi-bcm2835` does it, not into a first word of the FIFO as p. 158 has it.

use crate::bus::offset::SPI0;
use crate::pins::{Function, Pin};
use crate::registers::{Before, Registers};

const CS: u32 = SPI0;
/// Where the engine reads and writes: the FIFOs.
pub const FIFO: u32 = SPI0 + 0x04;
const CLK: u32 = SPI0 + 0x08;
const DLEN: u32 = SPI0 + 0x0C;

/// `CS`, p. 153-155: the transfer is active; DREQs are driven; both FIFOs are cleared.
const TA: u32 = 1 << 7;
const DMAEN: u32 = 1 << 8;
const CLEAR: u32 = 3 << 4;
/// Bits of `CS` that software sets for good: polarity, phase, select. The rest are states and commands.
const KEPT: u32 = 0x03E0_3E4F;

/// MISO, MOSI, SCLK. The selects, pins 7 and 8, stay what they are, so that nothing is selected.
const PINS: [Option<Pin>; 3] = [Pin::free(9), Pin::free(10), Pin::free(11)];

/// The most a transfer can have, in bytes: `DLEN` has 16 bits, and the engine moves words.
pub const LONGEST: u32 = 0xFFFC;
/// Slow enough for a wire of any kind, in Hz.
const FASTEST: u32 = 4_000_000;

/// The divider for the core clock, a power of two as p. 156 wants it, and the rate it makes, in Hz.
///
/// ```
/// assert_eq!(bcm2837::spi::rate(250_000_000), (64, 3_906_250));
/// ```
pub fn rate(core_clock: u32) -> (u32, u32) {
    let divider = core_clock.div_ceil(FASTEST).next_power_of_two().clamp(2, 1 << 15);
    (divider, core_clock / divider)
}

/// Takes the pins and makes SPI 0 wait for the engine: it shifts `bytes` bytes, a multiple of 4, as soon as they come. What
/// it changes is in the answer.
#[inline(never)]
pub fn open(registers: &dyn Registers, core_clock: u32, bytes: u32) -> Before {
    let [miso, mosi, sclk] = PINS.map(|pin| pin.map_or(0, |pin| pin.function(registers)));
    let [cs, clk, dlen] = [CS, CLK, DLEN].map(|register| registers.read(register));
    let (divider, _) = rate(core_clock);
    registers.write(CS, CLEAR);
    registers.write(CLK, divider);
    registers.write(DLEN, bytes);
    for pin in PINS.into_iter().flatten() {
        pin.set_function(registers, Function::Alt0 as u32);
    }
    registers.write(CS, DMAEN | TA);
    Before([cs & KEPT, clk, dlen, miso, mosi, sclk, 0, 0])
}

/// Stops SPI 0 and gives everything back.
#[inline(never)]
pub fn close(registers: &dyn Registers, before: Before) {
    let Before([cs, clk, dlen, functions @ ..]) = before;
    registers.write(CS, CLEAR);
    for (pin, function) in PINS.into_iter().flatten().zip(functions) {
        pin.set_function(registers, function);
    }
    registers.write(CLK, clk);
    registers.write(DLEN, dlen);
    registers.write(CS, cs);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_clock_makes_a_rate_that_a_wire_carries() {
        for (clock, expected) in [
            (250_000_000, (64, 3_906_250)),
            (400_000_000, (128, 3_125_000)),
            (350_000_000, (128, 2_734_375)),
            (0, (2, 0)),
        ] {
            assert_eq!(rate(clock), expected, "{clock}");
        }
        let (divider, hertz) = rate(u32::MAX);
        assert!(divider.is_power_of_two() && hertz <= FASTEST);
    }

    #[test]
    fn spi_is_opened_and_closed_word_by_word() {
        use crate::registers::recorder::Recorder;

        // By their addresses, p. 90 and 152; 0x2000_0000 of the first chip taken off.
        const LOW: u32 = 0x20_0000;
        const HIGH: u32 = 0x20_0004;
        const CONTROL: u32 = 0x20_4000;
        const RATE: u32 = 0x20_4008;
        const LENGTH: u32 = 0x20_400C;
        let found = [
            (CONTROL, 0xFFFF_FFFF),
            (RATE, 0x20),
            (LENGTH, 0x30),
            (LOW, 0o5_123_456_701),
            (HIGH, 0o76),
        ];
        let registers = Recorder::new(&found, |_, value| value);
        let before = open(&registers, 250_000_000, 0x1234);
        let opened = [
            (CONTROL, 0x30),
            (RATE, 64),
            (LENGTH, 0x1234),
            (LOW, 0o4_123_456_701),
            (HIGH, 0o74),
            (HIGH, 0o44),
            (CONTROL, 0x180),
        ];
        assert_eq!(registers.written(), opened);
        assert_eq!(FIFO, 0x20_4004);
        close(&registers, before);
        let closed = [
            (CONTROL, 0x30),
            (LOW, 0o5_123_456_701),
            (HIGH, 0o46),
            (HIGH, 0o76),
            (RATE, 0x20),
            (LENGTH, 0x30),
            // What software sets for good; states and commands are not given back.
            (CONTROL, 0x03E0_3E4F),
        ];
        assert_eq!(registers.written(), closed);
    }
}
