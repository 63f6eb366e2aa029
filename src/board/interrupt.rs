//! From the two pending words to the handlers. Datasheet p. 109-118, QA7 rev. 3.4.
//!
//! Both words are always read and masked with what was enabled; the summary bits of the basic word are not looked at:
//! on the chip the lines that have shortcut bits, DMA 2 and 3 and the UART among them, do not raise them.

use core::sync::atomic::{AtomicU32, Ordering};

use bcm2837::bus;
use bcm2837::irq::{Bank, Line, Pending};
use sgdma::register::ChannelId;
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::register_structs;
use tock_registers::registers::{ReadOnly, ReadWrite, WriteOnly};

use super::{dma, uart};
use crate::arch::barrier;

register_structs! {
    /// The chip's interrupt controller.
    Registers {
        (0x00 => _basic),
        /// Lines 0 to 31 and 32 to 63 that ask, enabled or not.
        (0x04 => pending: [ReadOnly<u32>; 2]),
        (0x0C => _fiq),
        /// Writing a 1 enables the line.
        (0x10 => enable: [WriteOnly<u32>; 2]),
        (0x18 => _enable_basic),
        /// Writing a 1 disables the line.
        (0x1C => disable: [WriteOnly<u32>; 2]),
        (0x24 => disable_basic: WriteOnly<u32>),
        (0x28 => @END),
    }
}

register_structs! {
    /// The ARM's own controller.
    LocalRegisters {
        (0x00 => _control),
        /// Which core gets the chip's interrupts.
        (0x0C => gpu_routing: ReadWrite<u32>),
        (0x10 => _other),
        /// Which of the generic timer's interrupts core 0 gets.
        (0x40 => timer_control_0: ReadWrite<u32>),
        (0x44 => @END),
    }
}

/// `CNTPNSIRQ`: the alarm of [`crate::arch::timer`].
const PHYSICAL_TIMER: u32 = 1 << 1;

/// The channels that share a line, bit n for channel n.
const DMA_11_TO_14: u32 = 0x7800;

static ENABLED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

#[inline]
fn registers() -> &'static Registers {
    let address = (bus::PERIPHERALS.start + bus::offset::INTERRUPT) as usize;
    // SAFETY: the block is at this address on this chip; single writes enable or disable single lines.
    unsafe { &*core::ptr::with_exposed_provenance(address) }
}

/// Routes the chip's interrupts and core 0's timer to core 0, with every line disabled.
pub(crate) fn init() {
    let address = bus::LOCAL_PERIPHERALS.start as usize;
    // SAFETY: the block is at this address on this chip.
    let local: &LocalRegisters = unsafe { &*core::ptr::with_exposed_provenance(address) };
    let registers = registers();
    barrier::data_memory();
    for bank in &registers.disable {
        bank.set(u32::MAX);
    }
    registers.disable_basic.set(u32::MAX);
    local.gpu_routing.set(0);
    local.timer_control_0.set(PHYSICAL_TIMER);
    barrier::data_synchronization();
}

/// Lets a line through. Line 28 has no [`Line`] and so cannot be enabled.
pub(crate) fn enable(line: Line) {
    of(&ENABLED, line).fetch_or(line.bit(), Ordering::Relaxed);
    of(&registers().enable, line).set(line.bit());
    barrier::data_synchronization();
}

/// Lets a line through no more.
pub(crate) fn disable(line: Line) {
    of(&ENABLED, line).fetch_and(!line.bit(), Ordering::Relaxed);
    of(&registers().disable, line).set(line.bit());
    barrier::data_synchronization();
}

/// The one of two that is for the line's bank.
fn of<T>([first, second]: &[T; 2], line: Line) -> &T {
    match line.bank() {
        Bank::First => first,
        Bank::Second => second,
    }
}

/// Takes what is pending; `dma` is called with each channel that asks. For the exception's entry: interrupts are masked.
///
/// The generic timer's interrupt only ends a `WFI` and is disarmed before interrupts are let in: it has no handler. If
/// its level is still seen here, nothing is pending and this returns.
#[inline(always)]
pub(crate) fn take(dma: impl Fn(ChannelId)) {
    // Not only DMB: a handler writes to a channel, and the code it interrupts may have been writing control blocks.
    barrier::data_synchronization();
    let [first, second] = &registers().pending;
    let [first_enabled, second_enabled] = &ENABLED;
    let pending = Pending::new(
        [first.get(), second.get()],
        [first_enabled.load(Ordering::Relaxed), second_enabled.load(Ordering::Relaxed)],
    );
    // From here on each access to a peripheral depends on the one before, so two are never on their way at once.
    match pending.only_dma_channel().and_then(ChannelId::new) {
        Some(channel) => dma(channel),
        None => dispatch(pending, &dma),
    }
    // The handlers' last writes have reached their peripherals before the level is looked at again.
    barrier::data_synchronization();
}

/// Whatever is pending, one after the other.
#[cold]
#[inline(never)]
fn dispatch(pending: Pending, dma: &dyn Fn(ChannelId)) {
    let mut channels = pending.dma_channels();
    if pending.has(Line::DMA_11_TO_14) {
        // If this line is let through, all four are ours; it is up, so where none says that it asked, all are looked at.
        channels |= match dma::asking() & DMA_11_TO_14 {
            0 => DMA_11_TO_14,
            asking => asking,
        };
    }
    while channels != 0 {
        if let Some(channel) = next(&mut channels) {
            dma(channel);
        }
    }
    if pending.has(Line::UART) {
        uart::on_interrupt();
    }
}

/// Takes the lowest channel out of the set.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a position in 32 bits fits into 8")]
fn next(channels: &mut u32) -> Option<ChannelId> {
    let number = channels.trailing_zeros() as u8;
    *channels &= *channels - 1;
    ChannelId::new(number)
}
