//! PWM as a pacer: its FIFO takes a word each period, and asks for the next by DREQ 5. Datasheet ch. 9; the clock's registers
//! are those of p. 107-108, at the offsets that pigpio and jbentham/rpi use.
//!
//! The reference is the crystal, which no other clock moves. The PWM's own pins are not touched: nothing shows but the pace.

use crate::bus::offset::{CLOCKS, PWM};
use crate::pins::{self, Function, Pin};
use crate::registers::{Before, LOOKS, Registers};

const CTL: u32 = PWM;
const STA: u32 = PWM + 0x04;
const DMAC: u32 = PWM + 0x08;
const RNG1: u32 = PWM + 0x10;
/// Where the engine writes: the FIFO.
pub const FIFO: u32 = PWM + 0x18;
const CM_CTL: u32 = CLOCKS + 0xA0;
const CM_DIV: u32 = CLOCKS + 0xA4;

/// `CTL`, p. 142-144: channel 1 runs, takes its words from the FIFO; the FIFO is cleared.
const PWEN1: u32 = 1;
const USEF1: u32 = 1 << 5;
const CLRF1: u32 = 1 << 6;
/// `STA`, p. 144-145: the errors, write 1 to clear.
const ERRORS: u32 = 0x1FC;
/// `DMAC`, p. 145: on; asks for more at one word, so that few edges come early (jbentham/rpi).
const ENAB: u32 = 1 << 31;
const THRESHOLD: u32 = 1;
/// The clock's registers take writes with this, p. 107; the crystal as source; on; busy.
const PASSWORD: u32 = 0x5A << 24;
const CRYSTAL: u32 = 1;
const CM_ENAB: u32 = 1 << 4;
const CM_BUSY: u32 = 1 << 7;
const CM_KEPT: u32 = 0x61F;

/// 19.2 MHz / 192: the period counts in steps of 10 microseconds.
const DIVIDER: u32 = 192;
/// A step of the period, in microseconds.
pub const STEP: u32 = 10;

/// Makes `pin` an output that is low, and lets the FIFO take a word every `period` microseconds (rounded down to
/// [`STEP`]s). What it changes is in the answer; `None` where the clock does not start or stop, and then all is as it was, as
/// far as the clock lets itself be set.
#[inline(never)]
pub fn open(registers: &dyn Registers, pin: Pin, period: u32) -> Option<Before> {
    let [ctl, dmac, range] = [CTL, DMAC, RNG1].map(|register| registers.read(register));
    let [clock, divider] = [CM_CTL, CM_DIV].map(|register| registers.read(register));
    registers.write(CTL, 0);
    if set_clock(registers, CRYSTAL | CM_ENAB, DIVIDER << 12).is_none() {
        give_back(registers, [ctl, clock & CM_KEPT, divider & 0x00FF_FFFF]);
        return None;
    }
    let function = pin.function(registers);
    registers.write(pins::CLEAR, pin.bit());
    pin.set_function(registers, Function::Output as u32);
    registers.write(CTL, CLRF1);
    registers.write(STA, ERRORS);
    registers.write(RNG1, (period / STEP).max(1));
    registers.write(DMAC, ENAB | THRESHOLD);
    registers.write(CTL, PWEN1 | USEF1);
    Some(Before([ctl, dmac, range, clock & CM_KEPT, divider & 0x00FF_FFFF, function, 0, 0]))
}

/// Stops the pacer and gives everything back; the pin is low until then.
#[inline(never)]
pub fn close(registers: &dyn Registers, pin: Pin, before: Before) {
    let Before([ctl, dmac, range, clock, divider, function, ..]) = before;
    registers.write(CTL, 0);
    registers.write(CTL, CLRF1);
    registers.write(DMAC, dmac);
    registers.write(RNG1, range);
    give_back(registers, [ctl, clock, divider]);
    registers.write(pins::CLEAR, pin.bit());
    pin.set_function(registers, function);
}

/// The clock as it was, and then what it clocks. A clock that does not stop cannot be helped.
fn give_back(registers: &dyn Registers, [ctl, clock, divider]: [u32; 3]) {
    let _ = set_clock(registers, clock, divider);
    registers.write(CTL, ctl & !CLRF1);
}

/// Stops the clock, changes it while it stands, and starts it if it is to run: p. 107 wants it so, or it may glitch.
fn set_clock(registers: &dyn Registers, control: u32, divider: u32) -> Option<()> {
    let source = registers.read(CM_CTL) & CM_KEPT & !CM_ENAB;
    registers.write(CM_CTL, PASSWORD | source);
    until(registers, 0)?;
    registers.write(CM_DIV, PASSWORD | divider);
    registers.write(CM_CTL, PASSWORD | (control & !CM_ENAB));
    registers.write(CM_CTL, PASSWORD | control);
    if control & CM_ENAB == 0 { Some(()) } else { until(registers, CM_BUSY) }
}

/// Waits until the clock's busy bit is this.
fn until(registers: &dyn Registers, busy: u32) -> Option<()> {
    (0..LOOKS).any(|_| registers.read(CM_CTL) & CM_BUSY == busy).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::recorder::Recorder;

    // The registers by their addresses, p. 90, 107, 141; 0x2000_0000 of the first chip taken off.
    const LEVELS: u32 = 0x20_0028;
    const FUNCTION: u32 = 0x20_0008;
    const CONTROL: u32 = 0x20_C000;
    const STATUS: u32 = 0x20_C004;
    const DMA: u32 = 0x20_C008;
    const RANGE: u32 = 0x20_C010;
    const CLOCK: u32 = 0x10_10A0;
    const DIVISOR: u32 = 0x10_10A4;

    /// A clock that is busy as soon as it is on, and what it was before.
    fn live(offset: u32, value: u32) -> u32 {
        match offset {
            CLOCK => value & 0x61F | (value & 0x10) << 3,
            DIVISOR => value & 0xFF_FFFF,
            _ => value,
        }
    }

    /// One that never is.
    fn dead(offset: u32, value: u32) -> u32 {
        live(offset, value) & if offset == CLOCK { !0x80 } else { u32::MAX }
    }

    const FOUND: [(u32, u32); 6] = [
        (CONTROL, 0x8181),
        (DMA, 0x707),
        (RANGE, 0x20),
        (CLOCK, 0x96),
        (DIVISOR, 0x20_1234),
        (FUNCTION, 0o1_234_567),
    ];

    #[test]
    fn a_pacer_is_opened_and_closed_word_by_word() {
        let registers = Recorder::new(&FOUND, live);
        let pin = Pin::free(21).unwrap();
        let before = open(&registers, pin, 1009).unwrap();
        let clock = [
            (CLOCK, 0x5A00_0006),
            (DIVISOR, 0x5A0C_0000),
            (CLOCK, 0x5A00_0001),
            (CLOCK, 0x5A00_0011),
        ];
        let rest = [
            (LEVELS, 1 << 21),
            (FUNCTION, 0o1_234_517),
            (CONTROL, 0x40),
            (STATUS, 0x1FC),
            (RANGE, 100),
            (DMA, 0x8000_0001),
            (CONTROL, 0x21),
        ];
        let opened = registers.written();
        assert_eq!(opened[0], (CONTROL, 0));
        assert_eq!(opened[1..5], clock);
        assert_eq!(opened[5..], rest);
        assert_eq!(FIFO, 0x20_C018);

        close(&registers, pin, before);
        let closed = [
            (CONTROL, 0),
            (CONTROL, 0x40),
            (DMA, 0x707),
            (RANGE, 0x20),
            (CLOCK, 0x5A00_0001),
            (DIVISOR, 0x5A20_1234),
            (CLOCK, 0x5A00_0006),
            (CLOCK, 0x5A00_0016),
            (CONTROL, 0x8181),
            (LEVELS, 1 << 21),
            (FUNCTION, 0o1_234_567),
        ];
        assert_eq!(registers.written(), closed);
        for (register, value) in FOUND {
            assert_eq!(registers.read(register), value, "{register:x}");
        }
    }

    #[test]
    fn the_period_is_at_least_a_step() {
        for (period, range) in [(0, 1), (9, 1), (10, 1), (19, 1), (20, 2), (u32::MAX, 429_496_729)]
        {
            let registers = Recorder::new(&FOUND, live);
            open(&registers, Pin::free(2).unwrap(), period);
            assert_eq!(registers.read(RANGE), range);
        }
    }

    #[test]
    fn a_clock_that_does_not_start_leaves_all_as_it_was() {
        let found =
            FOUND.map(|(register, value)| (register, if register == CLOCK { 0x6 } else { value }));
        let registers = Recorder::new(&found, dead);
        assert_eq!(open(&registers, Pin::free(21).unwrap(), 1000), None);
        for (register, value) in found {
            assert_eq!(registers.read(register), value, "{register:x}");
        }
    }

    #[test]
    fn a_clock_that_does_not_stop_is_not_changed() {
        let stuck = |offset, value| if offset == CLOCK { 0x96 } else { live(offset, value) };
        let registers = Recorder::new(&FOUND, stuck);
        assert_eq!(open(&registers, Pin::free(21).unwrap(), 1000), None);
        let written = registers.written();
        assert!(written.iter().all(|(register, _)| *register != DIVISOR), "{written:x?}");
        assert_eq!(written.last(), Some(&(CONTROL, 0x8181)));
    }

    #[test]
    fn a_clock_that_was_off_is_left_off() {
        let found = FOUND
            .map(|(register, value)| (register, if register == CLOCK { 0x606 } else { value }));
        let registers = Recorder::new(&found, live);
        let pin = Pin::free(21).unwrap();
        let before = open(&registers, pin, 1000).unwrap();
        close(&registers, pin, before);
        assert_eq!(registers.read(CLOCK), 0x606);
    }
}
