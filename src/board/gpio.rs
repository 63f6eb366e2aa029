//! Pins: the PL011 goes to the header, and away from Bluetooth. Datasheet p. 89-104.

use bcm2837::bus;
use tock_registers::interfaces::{ReadWriteable, Writeable};
use tock_registers::registers::ReadWrite;
use tock_registers::{register_bitfields, register_structs};

register_bitfields! { u32,
    FSEL1 [
        /// Pin 15: 0 input, 4 ALT0 (UART receive).
        PIN15 OFFSET(15) NUMBITS(3) [Alt0 = 4],
        /// Pin 14: 0 input, 4 ALT0 (UART transmit).
        PIN14 OFFSET(12) NUMBITS(3) [Alt0 = 4]
    ],
    FSEL3 [
        /// Pin 33: 0 input.
        PIN33 OFFSET(9) NUMBITS(3) [Input = 0],
        /// Pin 32: 0 input.
        PIN32 OFFSET(6) NUMBITS(3) [Input = 0]
    ]
}

register_structs! {
    /// GPIO.
    Registers {
        (0x00 => _fsel0),
        /// Function of pins 10 to 19.
        (0x04 => fsel1: ReadWrite<u32, FSEL1::Register>),
        (0x08 => _fsel2),
        /// Function of pins 30 to 39.
        (0x0C => fsel3: ReadWrite<u32, FSEL3::Register>),
        (0x10 => _other),
        /// What pull the clocked pins get: 0 none, 1 down, 2 up.
        (0x94 => pud: ReadWrite<u32>),
        /// Which of pins 0 to 31 get it.
        (0x98 => pudclk0: ReadWrite<u32>),
        (0x9C => @END),
    }
}

/// The pull's control lines must be stable for this many cycles of the core clock (p. 101); there is no status bit.
const PULL_CYCLES: u32 = 150;

/// Where the block is.
pub(crate) const BASE: usize = (bus::PERIPHERALS.start + bus::offset::GPIO) as usize;
/// The fields of pins 14 and 15 in `fsel1`, and the PL011 on both, for `boot/start.S`.
pub(crate) const PINS_14_15: u32 = 0b11_1111 << 12;
/// See [`PINS_14_15`].
pub(crate) const PINS_14_15_ALT0: u32 = FSEL1::PIN14::Alt0.value | FSEL1::PIN15::Alt0.value;

fn registers() -> &'static Registers {
    // SAFETY: the block is at this address on this chip; only the boot uses it.
    unsafe { &*core::ptr::with_exposed_provenance(BASE) }
}

/// Puts the PL011 on pins 14 and 15 of the header, the receiver pulled up, and takes it off the Bluetooth chip, whose
/// pins 32 and 33 carry it by default.
pub(crate) fn route_uart() {
    let registers = registers();
    registers.fsel3.modify(FSEL3::PIN32::Input + FSEL3::PIN33::Input);
    registers.fsel1.modify(FSEL1::PIN14::Alt0 + FSEL1::PIN15::Alt0);
    registers.pud.set(2);
    settle();
    registers.pudclk0.set(1 << 15);
    settle();
    registers.pud.set(0);
    registers.pudclk0.set(0);
}

fn settle() {
    for _ in 0..PULL_CYCLES {
        aarch64_cpu::asm::nop();
    }
}
