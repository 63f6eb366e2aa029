//! The machine as the console sees it: bytes in, bytes out, time, facts, memory, the end.
#![expect(
    clippy::unused_self,
    dead_code,
    reason = "the shape of the shell crate's `Machine`, whose console asks for all of it once it is here"
)]

use core::time::Duration;

use sgdma::platform::{Clock, Idle, Instant, Woken};
use sgdma::register::ChannelId;

use crate::arch::mmu::Kind;
use crate::arch::timer;
use crate::board::dma::{EngineKind, Platform};
use crate::board::firmware::Facts;
use crate::board::memory_map::{self, Region};
use crate::board::{uart, watchdog};
use crate::heap::{self, Usage};

/// The channel that is used first, and what runs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Engine {
    /// The channel.
    pub(crate) channel: ChannelId,
    /// The kind of engine.
    pub(crate) kind: EngineKind,
}

/// What the boot found, and the way to the rest.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// What the firmware told.
    pub(crate) facts: Facts,
    /// The DMA engine; `None` where the boot refused it.
    pub(crate) engine: Option<Engine>,
}

/// Why memory cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It is not in one mapped region.
    Unmapped,
    /// The region of this name cannot be written.
    ReadOnly(&'static str),
    /// Device memory is touched in aligned words only.
    Unaligned,
}

impl Machine {
    /// The next received byte, if one is there.
    pub(crate) fn read_byte(&self) -> Option<u8> {
        uart::read()
    }

    /// Sleeps until a byte is there or `deadline` passes; [`Instant::NEVER`] waits for the byte alone.
    pub(crate) fn wait_for_byte(&self, deadline: Instant) -> Woken {
        Platform.sleep_until(deadline, uart::has_input)
    }

    /// The moment `wait` from now.
    pub(crate) fn after(&self, wait: Duration) -> Instant {
        Platform.after(wait)
    }

    /// Sends bytes as they are; returns when the device has taken them all.
    pub(crate) fn write(&self, bytes: &[u8]) {
        uart::write(bytes);
    }

    /// Time since the counter started: since power-on, or since the firmware set it.
    pub(crate) fn uptime(&self) -> Duration {
        Platform.between(Instant::default(), Instant::from_ticks(timer::now()))
    }

    /// What the line has counted.
    pub(crate) fn counters(&self) -> uart::Counters {
        uart::counters()
    }

    /// How full the heap is.
    pub(crate) fn heap(&self) -> Usage {
        heap::usage()
    }

    /// Reads memory, device memory word by word with one access each.
    ///
    /// # Errors
    /// The stretch is not all in one mapped region, or not made of words where it must be.
    pub(crate) fn read_memory(&self, address: usize, into: &mut [u8]) -> Result<(), Denied> {
        let region = region_of(address, into.len())?;
        if region.kind != Kind::Device {
            for (at, byte) in into.iter_mut().enumerate() {
                let from = core::ptr::with_exposed_provenance::<u8>(address + at);
                // SAFETY: mapped memory; volatile, since others may own it.
                *byte = unsafe { from.read_volatile() };
            }
            return Ok(());
        }
        let (words, rest) = into.as_chunks_mut::<4>();
        if !address.is_multiple_of(4) || !rest.is_empty() {
            return Err(Denied::Unaligned);
        }
        for (at, word) in words.iter_mut().enumerate() {
            let from = core::ptr::with_exposed_provenance::<u32>(address + 4 * at);
            // SAFETY: an aligned word of device memory, mapped; what the read does is what was asked for.
            *word = unsafe { from.read_volatile() }.to_le_bytes();
        }
        Ok(())
    }

    /// Writes one word, with one access.
    ///
    /// # Safety
    /// Whoever owns the word can stand it: this is the console's poke.
    ///
    /// # Errors
    /// The word is not aligned, not mapped, or not writable.
    pub(crate) unsafe fn write_word(&self, address: usize, value: u32) -> Result<(), Denied> {
        let region = region_of(address, 4)?;
        if !address.is_multiple_of(4) {
            return Err(Denied::Unaligned);
        }
        if matches!(region.kind, Kind::Text | Kind::ReadOnly) {
            return Err(Denied::ReadOnly(region.name));
        }
        let to = core::ptr::with_exposed_provenance_mut::<u32>(address);
        // SAFETY: an aligned word of a writable region; the caller answers for its owner.
        unsafe { to.write_volatile(value) };
        Ok(())
    }

    /// Starts the board over, once everything is sent.
    pub(crate) fn reboot(&self) -> ! {
        uart::flush();
        watchdog::reboot()
    }

    /// Stops the board, once everything is sent; ends QEMU.
    pub(crate) fn halt(&self) -> ! {
        uart::flush();
        watchdog::halt()
    }
}

/// The mapped region that holds all of a stretch.
fn region_of(address: usize, len: usize) -> Result<Region, Denied> {
    let end = address.checked_add(len).ok_or(Denied::Unmapped)?;
    memory_map::regions()
        .find(|region| region.range.start <= address && end <= region.range.end)
        .ok_or(Denied::Unmapped)
}
