//! Reset and halt, and the reset of a machine that has gone silent.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use bcm2837::bus;
use bcm2837::power::{self, ResetStatus};
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::register_structs;
use tock_registers::registers::ReadWrite;

use crate::arch::{barrier, interrupt};

register_structs! {
    /// Power management, as far as it is known: Linux `bcm2835_wdt.c`, U-Boot, Circle.
    Registers {
        (0x00 => _other),
        /// What happens when the watchdog runs out.
        (0x1C => rstc: ReadWrite<u32>),
        /// Why the chip was reset, and what to boot.
        (0x20 => rsts: ReadWrite<u32>),
        /// Ticks until then, 65,536 a second.
        (0x24 => wdog: ReadWrite<u32>),
        (0x28 => @END),
    }
}

/// Where the block is.
pub(crate) const BASE: usize = (bus::PERIPHERALS.start + bus::offset::POWER) as usize;

fn registers() -> &'static Registers {
    // SAFETY: the block is at this address on this chip.
    unsafe { &*core::ptr::with_exposed_provenance(BASE) }
}

/// Why the chip was reset last. To be asked once: reading clears it (raspberrypi/linux #932).
pub(crate) fn reset_status() -> ResetStatus {
    let status = registers().rsts.get();
    barrier::data_memory();
    ResetStatus(status)
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

/// How long the machine may be silent, in ticks; 0 where the watchdog is off.
static LIMIT: AtomicU32 = AtomicU32::new(0);

/// From now on, silence of so long ends in a reset; less than 16 seconds.
pub(crate) fn start(limit: Duration) {
    LIMIT.store(power::watchdog_ticks(limit), Ordering::Relaxed);
    feed();
    let registers = registers();
    registers.rstc.set(power::full_reset(registers.rstc.get()));
}

/// No more.
pub(crate) fn stop() {
    LIMIT.store(0, Ordering::Relaxed);
    registers().rstc.set(power::watchdog_off());
}

/// Whether silence ends in a reset.
pub(crate) fn is_on() -> bool {
    LIMIT.load(Ordering::Relaxed) != 0
}

/// The time begins anew.
#[inline]
pub(crate) fn feed() {
    let ticks = LIMIT.load(Ordering::Relaxed);
    if ticks != 0 {
        barrier::data_memory();
        registers().wdog.set(power::watchdog_in(ticks));
        barrier::data_memory();
    }
}
