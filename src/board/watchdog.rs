//! Reset and halt.

use bcm2837::bus;
use bcm2837::power::{self, ResetStatus};
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::register_structs;
use tock_registers::registers::ReadWrite;

use crate::arch::{barrier, interrupt};

register_structs! {
    /// Power management, as far as it is known: U-Boot, Circle.
    Registers {
        (0x00 => _other),
        /// What happens when the watchdog runs out.
        (0x1C => rstc: ReadWrite<u32>),
        /// Why the chip was reset, and what to boot.
        (0x20 => rsts: ReadWrite<u32>),
        /// Ticks of 16 microseconds until then.
        (0x24 => wdog: ReadWrite<u32>),
        (0x28 => @END),
    }
}

fn registers() -> &'static Registers {
    let address = (bus::PERIPHERALS.start + bus::offset::POWER) as usize;
    // SAFETY: the block is at this address on this chip.
    unsafe { &*core::ptr::with_exposed_provenance(address) }
}

/// Why the chip was reset last.
pub(crate) fn reset_status() -> ResetStatus {
    ResetStatus(registers().rsts.get())
}

/// Starts over: the firmware boots again.
pub(crate) fn reboot() -> ! {
    let registers = registers();
    barrier::data_synchronization();
    registers.wdog.set(power::watchdog_soon());
    registers.rstc.set(power::full_reset(registers.rstc.get()));
    interrupt::halt()
}

/// Stops the board until power is cut; ends QEMU.
pub(crate) fn halt() -> ! {
    let registers = registers();
    registers.rsts.set(power::stay_down(registers.rsts.get()));
    reboot()
}
