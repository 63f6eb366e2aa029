//! The DMA engine as the machine hands it to the console.

use core::fmt;
use core::ops::DerefMut;

use sgdma::buffer::{Exclusive, LineBuffer, Piece, Shared};
use sgdma::coherence::Pool;
use sgdma::engine::Engine;
use sgdma::ledger::Ledger;
use sgdma::map::{Device, Mapper};

/// The engine and its coherent memory.
#[derive(Debug)]
pub struct Dma<'a, P> {
    /// The engine.
    pub engine: &'a Engine<P>,
    /// The memory for control blocks and slots.
    pub pool: &'a Pool<'a>,
    /// The record of who mapped what.
    pub ledger: &'a Ledger,
}

impl<'a, P: Mapper> Dma<'a, P> {
    /// Whom memory is mapped for: this engine, with each mapping in the ledger.
    pub fn device(&self) -> Device<'a, P> {
        Device::new(self.engine.platform()).with_ledger(self.ledger)
    }
}

impl<P> Clone for Dma<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Dma<'_, P> {}

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
