//! The 1 MHz counter that runs from power-on, whatever the clocks do. Bounds every wait of the boot.

use tock_registers::interfaces::Readable;
use tock_registers::register_structs;
use tock_registers::registers::ReadOnly;

use bcm2837::bus;

use crate::arch::barrier;

register_structs! {
    /// System timer. Datasheet p. 172.
    Registers {
        (0x00 => _control),
        /// Lower half of the counter.
        (0x04 => clo: ReadOnly<u32>),
        (0x08 => @END),
    }
}

const BASE: usize = (bus::PERIPHERALS.start + bus::offset::SYSTEM_TIMER) as usize;
/// Where the lower half of the counter is read.
pub(crate) const COUNTER: usize = BASE + 4;

fn registers() -> &'static Registers {
    // SAFETY: the block is at this address on this chip; reading its counter has no effect.
    unsafe { &*core::ptr::with_exposed_provenance(BASE) }
}

/// Microseconds, from 0 to 2^32 - 1 and over again.
///
/// Whoever asks waits for another peripheral. Reads of two that are on their way at once may come back in the wrong order
/// (datasheet p. 7), so none is when this begins, nor when it ends.
pub(crate) fn micros() -> u32 {
    barrier::data_memory();
    let now = registers().clo.get();
    barrier::data_memory();
    now
}

/// Asks `done` until it holds; gives up `limit` microseconds later.
pub(crate) fn wait_until(limit: u32, mut done: impl FnMut() -> bool) -> Result<(), TimedOut> {
    let start = micros();
    loop {
        if done() {
            return Ok(());
        }
        if micros().wrapping_sub(start) > limit {
            return Err(TimedOut { limit });
        }
    }
}

/// The status bit did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedOut {
    /// How long it was waited for, in microseconds.
    pub(crate) limit: u32,
}
