//! The seam to the machine: what the console asks of what it runs on.
//!
//! The firmware implements [`Machine`] with the Pi's devices, the simulator with a terminal and a model. Everything is
//! `&self`; what changes does so behind the implementor's own cells.

mod crash;
mod dma;
mod facts;
mod fault;
mod memory;
mod paced;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

pub use self::crash::Crash;
pub use self::dma::{Buffer, Channel, Device, Dma, Engine, NoBuffer};
pub use self::facts::{
    Clock, ClockState, Counters, EngineFacts, EngineKind, Facts, Health, Settable, Usage,
};
pub use self::fault::{Failing, PlannedFault};
pub(crate) use self::memory::region_at;
pub use self::memory::{Denial, MemoryKind, Region, Registers, Rights, check};
pub use self::paced::{LONGEST_SPI, Opened, PacedDevice, SHORTEST_PERIOD};

/// Why no failure can be planned on an engine that is none of the model's, and what can be done instead.
pub const NOT_TO_BE_PLANNED: &str =
    "this engine cannot be made to fail so: /fault stuck shows a failure, make sim has the others";

/// What the console runs on: bytes, time, facts, memory.
///
/// Memory that the engine never sees comes from ordinary `alloc`. The console knows it as `&dyn Machine`, so that every
/// command is compiled once, with this crate and for size.
pub trait Machine {
    // ---- bytes and time -------------------------------------------------------------------------------------------

    /// Writes to the console. Returns when all bytes are accepted.
    fn write(&self, bytes: &[u8]);

    /// A byte that has come in, if one has. The console asks while a long command runs (for Ctrl-C); the main loop
    /// hands over the others with [`Console::feed`](crate::console::Console::feed).
    fn poll(&self) -> Option<u8>;

    /// Time since the start.
    fn uptime(&self) -> Duration;

    /// What the console's line has counted.
    fn counters(&self) -> Counters;

    // ---- facts ----------------------------------------------------------------------------------------------------

    /// What the machine is.
    fn facts(&self) -> Facts;

    /// The heap now.
    fn heap(&self) -> Usage;

    /// The pool of coherent memory now.
    fn coherent_pool(&self) -> Usage;

    /// Clocks and temperature now.
    ///
    /// # Errors
    /// Why they are not known, in a few words.
    fn health(&self) -> Result<Health, String> {
        Err("this machine has no clocks of its own".into())
    }

    /// Asks for a clock's rate, in Hz; [`health`](Self::health) tells what came of it. The console's rate stays what it is.
    ///
    /// # Errors
    /// Why it cannot be asked for.
    fn set_clock(&self, _clock: Settable, _hertz: u32) -> Result<(), String> {
        Err("this machine has no clocks of its own".into())
    }

    // ---- memory ---------------------------------------------------------------------------------------------------

    /// The memory map, by address, without overlaps. What is in no region is not mapped.
    fn memory_map(&self) -> Vec<Region>;

    /// Reads memory. The console asks only for what lies in readable regions of the memory map, in several perhaps; in device memory for
    /// aligned 32-bit words only, each of which is to be read with one access.
    ///
    /// # Errors
    /// Why it cannot be read, in a few words, as in "`the simulator has no such memory`".
    fn read_memory(&self, address: u64, into: &mut [u8]) -> Result<(), &'static str>;

    /// Writes one aligned 32-bit word. The console asks only for what lies in writable regions of the memory map.
    ///
    /// # Errors
    /// Why it may not be written.
    fn write_word(&self, address: u64, value: u32) -> Result<(), &'static str>;

    // ---- the DMA engine -------------------------------------------------------------------------------------------

    /// The engine and its coherent memory, which are there for good: the console keeps a channel between two lines.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn dma(&self) -> Result<Dma<'static>, &'static str>;

    /// A buffer of `len` bytes, not 0, that shares no cache line with anything else.
    ///
    /// # Errors
    /// The heap has no room.
    fn buffer(&self, len: usize) -> Result<Box<dyn Buffer>, NoBuffer>;

    /// Counts the instructions of the library's paths, a line of a table at a time; how many figures that were.
    ///
    /// # Errors
    /// Why it cannot be counted here.
    fn bench(&self, line: &mut dyn FnMut(&str)) -> Result<usize, String>;

    // ---- what goes wrong ------------------------------------------------------------------------------------------

    /// Breaks down in this way; a machine that reports it does not return. Why it did not happen, where it returns.
    fn crash(&self, _: Crash) -> &'static str {
        "this machine has nothing that could break down"
    }

    /// From now on, or no more with `None`, a console that does not answer for so long ends in a reset.
    ///
    /// # Errors
    /// Why there is no such thing here.
    fn watchdog(&self, _: Option<Duration>) -> Result<(), &'static str> {
        Err("this machine has no watchdog")
    }

    // ---- devices of a board that pace a transfer --------------------------------------------------------------------

    /// Takes a device, its clock and its pins. What it was is given back by [`close`](Self::close), which must follow.
    ///
    /// # Errors
    /// Why it cannot be had, in a few words.
    fn open(&self, _device: PacedDevice) -> Result<Opened, String> {
        Err("this machine has no such device".into())
    }

    /// Stops the device and gives everything back. Nothing may be in flight to it or from it.
    fn close(&self, _device: PacedDevice, _opened: Opened) {}

    /// The level of a pin: 0 or 1.
    fn level(&self, _pin: u32) -> u32 {
        0
    }

    /// Makes the engine fail once.
    ///
    /// # Errors
    /// Why it cannot be made to.
    fn plan_fault(&self, _fault: PlannedFault) -> Result<(), &'static str> {
        Err(NOT_TO_BE_PLANNED)
    }

    /// Drops what was planned and has not happened yet; how many failures that were.
    fn forget_faults(&self) -> usize {
        0
    }

    // ---- the end --------------------------------------------------------------------------------------------------

    /// Starts the machine anew, once everything written has left. On a real machine it does not return.
    fn reboot(&self);

    /// Stops the machine, once everything written has left. On a real machine it does not return.
    fn halt(&self);
}
