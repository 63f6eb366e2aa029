//! The DMA engine as the machine hands it to the console.

use core::fmt;
use core::ops::DerefMut;

use sgdma::buffer::{Exclusive, LineBuffer, Piece, Shared};
use sgdma::coherence::Pool;
use sgdma::ledger::Ledger;
use sgdma::platform::Platform;

/// The engine of whatever machine the console runs on. `&Engine<P>` becomes `&Engine<dyn Platform>` by itself.
pub type Engine = sgdma::engine::Engine<dyn Platform>;

/// A channel of it.
pub type Channel<'e> = sgdma::channel::Channel<'e, dyn Platform>;

/// Whom memory is mapped for.
pub type Device<'p> = sgdma::map::Device<'p, dyn Platform>;

/// The engine and its coherent memory.
#[derive(Clone, Copy, Debug)]
pub struct Dma<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The memory for control blocks and slots.
    pub pool: &'a Pool<'a>,
    /// The record of who mapped what.
    pub ledger: &'a Ledger,
}

impl<'a> Dma<'a> {
    /// Whom memory is mapped for: this engine, with each mapping in the ledger.
    pub fn device(&self) -> Device<'a> {
        self.engine.device().with_ledger(self.ledger)
    }
}

/// A buffer that can be lent to the engine. Where it can be, as memory whose cache lines hold nothing else.
pub trait Buffer: DerefMut<Target = [u8]> {
    /// Its bytes, for the engine to read.
    fn to_read(&self) -> Piece<'_, Shared>;

    /// Its bytes, for the engine to write.
    fn to_write(&mut self) -> Piece<'_, Exclusive>;
}

impl Buffer for LineBuffer {
    fn to_read(&self) -> Piece<'_, Shared> {
        self.into()
    }

    fn to_write(&mut self) -> Piece<'_, Exclusive> {
        self.into()
    }
}

/// The heap has no room for a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoBuffer {
    /// What was asked for, in bytes.
    pub len: usize,
}

impl fmt::Display for NoBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the heap has no room for a buffer of {} bytes", self.len)
    }
}
