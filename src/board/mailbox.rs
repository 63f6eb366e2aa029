//! Property messages to the VideoCore and back.
//!
//! The buffer is the first page of the coherent memory: uncached before the MMU is on because nothing is cached then,
//! and afterwards because it is mapped so. Circle found that cleaning and invalidating a cached buffer is not reliable
//! (rsta2/circle #16).

use core::ops::Range;

use bcm2837::bus;
use bcm2837::mailbox::{CHANNEL, Error, Message};
use tock_registers::interfaces::{Readable, Writeable};
use tock_registers::register_structs;
use tock_registers::registers::{ReadOnly, WriteOnly};

use super::{memory_map, system_timer};
use crate::arch::barrier;

/// What the buffer takes of the coherent memory, in bytes: a page.
pub(crate) const BUFFER_SIZE: usize = 4096;
/// How long the firmware may take, in microseconds.
const LIMIT: u32 = 1_000_000;
/// Words that a mailbox holds.
const DEPTH: usize = 8;
const EMPTY: u32 = 1 << 30;
const FULL: u32 = 1 << 31;

register_structs! {
    /// Mailbox 0 (to the ARM) and mailbox 1 (to the VideoCore).
    Registers {
        /// Mailbox 0: takes a word out.
        (0x00 => read: ReadOnly<u32>),
        (0x04 => _peek),
        /// Mailbox 0: bit 30 is set while it is empty.
        (0x18 => status: ReadOnly<u32>),
        (0x1C => _config),
        /// Mailbox 1: puts a word in.
        (0x20 => write: WriteOnly<u32>),
        (0x24 => _peek_1),
        /// Mailbox 1: bit 31 is set while it is full.
        (0x38 => status_1: ReadOnly<u32>),
        (0x3C => @END),
    }
}

fn registers() -> &'static Registers {
    let address = (bus::PERIPHERALS.start + bus::offset::MAILBOX) as usize;
    // SAFETY: the block is at this address on this chip. Only the one thread of this program uses it.
    unsafe { &*core::ptr::with_exposed_provenance(address) }
}

/// Where the buffer is.
pub(crate) fn buffer() -> Range<usize> {
    let start = memory_map::coherent().start;
    start..start + BUFFER_SIZE
}

/// Gives `message` to the firmware and waits for its answer, which replaces the words of the message.
///
/// # Errors
/// [`Error::Silent`] after a second, [`Error::Full`] where the message is longer than the buffer.
pub(crate) fn call<const WORDS: usize>(message: &mut Message<WORDS>) -> Result<(), Error> {
    call_words(message.words_mut())
}

fn call_words(words: &mut [u32]) -> Result<(), Error> {
    if words.len() * 4 > BUFFER_SIZE {
        return Err(Error::Full(BUFFER_SIZE / 4));
    }
    let buffer = core::ptr::with_exposed_provenance_mut::<u32>(buffer().start);
    for (at, word) in words.iter().enumerate() {
        // SAFETY: within the buffer's page, as checked above, which only this function uses.
        unsafe { buffer.wrapping_add(at).write_volatile(*word) };
    }
    barrier::data_synchronization();
    exchange(buffer.addr())?;
    barrier::data_synchronization();
    for (at, word) in words.iter_mut().enumerate() {
        // SAFETY: as above; the firmware has given the buffer back.
        *word = unsafe { buffer.wrapping_add(at).read_volatile() };
    }
    Ok(())
}

/// Rings, and waits until the firmware gives back the word that was rung with.
fn exchange(address: usize) -> Result<(), Error> {
    let registers = registers();
    let bus = u32::try_from(address).ok().and_then(bus::ram_to_bus).ok_or(Error::Silent)?;
    let ring = bus | CHANNEL;
    let silent = |_| Error::Silent;
    system_timer::wait_until(LIMIT, || registers.status_1.get() & FULL == 0).map_err(silent)?;
    // A late answer to a question that was given up would be taken for this one's: it is the same word.
    for _ in 0..DEPTH {
        if registers.status.get() & EMPTY != 0 {
            break;
        }
        let _ = registers.read.get();
    }
    registers.write.set(ring);
    system_timer::wait_until(LIMIT, || {
        registers.status.get() & EMPTY == 0 && registers.read.get() == ring
    })
    .map_err(silent)
}
