//! How full a pool is, and why it gives no more.

use core::fmt;

use super::MIN_BLOCK;
use crate::address::{BusAddr, CpuAddr};

/// Why there is no such memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllocError {
    /// 0 bytes were asked for.
    Empty,
    /// An alignment that is no power of two, or that the memory itself does not have on the bus.
    Alignment(u32),
    /// Too few bytes for a block.
    TooSmall {
        /// The least that do, in bytes.
        least: u32,
        /// How many there are, or were asked for.
        given: u32,
    },
    /// A region that does not begin on a block.
    Misplaced {
        /// Where the CPU sees it begin.
        cpu: CpuAddr,
        /// Where the engine does.
        bus: BusAddr,
    },
    /// No free block is large enough.
    Exhausted {
        /// What was asked for, in bytes.
        wanted: u32,
        /// The largest block that is free, in bytes.
        largest: u32,
        /// All that is free, in bytes.
        free: u32,
    },
    /// More pieces would be needed than there is room for.
    TooManyPieces {
        /// How many there is room for.
        capacity: usize,
    },
    /// The books are too small for the region.
    Books {
        /// How many nodes or words the region needs.
        needed: usize,
        /// How many there are.
        given: usize,
    },
    /// A place outside the buffer.
    OutOfBounds {
        /// The index of the word.
        word: usize,
        /// The buffer's length in bytes.
        len: usize,
    },
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("0 bytes of coherent memory asked for"),
            Self::Alignment(alignment) => {
                write!(f, "coherent memory has no blocks aligned to {alignment}")
            }
            Self::TooSmall { least, given } => {
                write!(
                    f,
                    "{given} bytes are too few for a block of coherent memory; it has {least} or more"
                )
            }
            Self::Misplaced { cpu, bus } => {
                write!(
                    f,
                    "coherent memory at {cpu}, bus {bus}: both must be multiples of {MIN_BLOCK}"
                )
            }
            Self::Exhausted { wanted, largest, free } => {
                write!(
                    f,
                    "no {wanted} bytes of coherent memory: {free} are free, at most {largest} in one piece"
                )
            }
            Self::TooManyPieces { capacity } => {
                write!(f, "more than {capacity} pieces of coherent memory needed")
            }
            Self::Books { needed, given } => {
                write!(f, "the pool's books need {needed} entries and have {given}")
            }
            Self::OutOfBounds { word, len } => {
                write!(f, "word {word} is outside a coherent buffer of {len} bytes")
            }
        }
    }
}

impl core::error::Error for AllocError {}

/// How full a pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// All of it, in bytes.
    pub total: u32,
    /// What is allocated, in bytes, rounding included.
    pub used: u32,
    /// The most that ever was, in bytes.
    pub high_water: u32,
    /// The largest block that is free, in bytes.
    pub largest_free: u32,
    /// How many buffers are out.
    pub buffers: u32,
    /// Frees of what was not allocated. Not 0 says that somebody broke the books.
    pub faults: u32,
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, used, high_water, largest_free, buffers, .. } = self;
        write!(
            f,
            "{used} of {total} bytes in {buffers} buffers (at most {high_water}); largest free {largest_free}"
        )?;
        if self.faults != 0 { write!(f, "; {} bad frees", self.faults) } else { Ok(()) }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Counters {
    pub(super) used: u32,
    pub(super) high_water: u32,
    pub(super) buffers: u32,
    pub(super) faults: u32,
}

impl Counters {
    pub(super) const ZERO: Self = Self { used: 0, high_water: 0, buffers: 0, faults: 0 };

    pub(super) fn taken(self, bytes: u32) -> Self {
        let used = self.used + bytes;
        Self { used, high_water: self.high_water.max(used), buffers: self.buffers + 1, ..self }
    }

    pub(super) fn given_back(self, bytes: u32) -> Self {
        Self { used: self.used - bytes, buffers: self.buffers - 1, ..self }
    }

    pub(super) fn fault(self) -> Self {
        Self { faults: self.faults + 1, ..self }
    }
}
