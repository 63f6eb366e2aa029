//! The seam to the machine: what the console asks of what it runs on.
//!
//! The firmware implements [`Machine`] with the Pi's devices, the simulator with a terminal and a model. Everything is
//! `&self`; what changes does so behind the implementor's own cells.

mod facts;
mod memory;

use core::time::Duration;

pub use self::facts::{Clock, Counters, EngineFacts, EngineKind, Facts, Usage};
pub use self::memory::{Denial, MemoryKind, Region, Rights, check};

/// What the console runs on: bytes, time, facts, memory.
///
/// Buffers on the heap come from ordinary `alloc`.
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

    // ---- memory ---------------------------------------------------------------------------------------------------

    /// The memory map, by address, without overlaps. What is in no region is not mapped.
    fn memory_map(&self) -> &[Region];

    /// Reads memory. The console asks only for what lies in readable regions of the memory map; in device memory for
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

    // ---- the end --------------------------------------------------------------------------------------------------

    /// Starts the machine anew, once everything written has left. On a real machine it does not return.
    fn reboot(&self);

    /// Stops the machine, once everything written has left. On a real machine it does not return.
    fn halt(&self);
}
