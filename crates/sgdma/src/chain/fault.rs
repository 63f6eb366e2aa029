//! What can be wrong with a chain.

use core::fmt;

use crate::address::BusAddr;
use crate::lower::End;
use crate::segment::{BusSegment, BusWindow};

/// The first thing that is wrong with a chain, and in which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainError {
    /// The block, counted from 0.
    pub block: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "control block {}: {}", self.block, self.fault)
    }
}

impl core::error::Error for ChainError {}

/// What is wrong with a block. Every variant carries the value that was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// There is no block.
    Empty,
    /// The chain's own storage is misaligned, at 0, out of the engine's reach, or over the slots.
    Storage {
        /// Its bus address.
        base: BusAddr,
    },
    /// TI has bits that are reserved, that this kind of channel has not, or that this transfer has no use for; or bits are
    /// missing.
    Bits {
        /// The word.
        ti: u32,
        /// The bits that must be the other way.
        wrong: u32,
    },
    /// TI steps an address that must stand still, or the reverse.
    Increment {
        /// The word.
        ti: u32,
    },
    /// TI's widths differ, or are 128 bits where only 32 will do.
    Width {
        /// The word.
        ti: u32,
    },
    /// TI asks for a burst that can stall the bus.
    Burst {
        /// The word.
        ti: u32,
        /// The largest value of the field.
        most: u32,
    },
    /// TI's DREQ is not the device's, or gates the wrong side.
    Pacing {
        /// The word.
        ti: u32,
    },
    /// `WAIT_RESP` is missing, or where it has no business.
    Response {
        /// The word.
        ti: u32,
    },
    /// `INTEN` is missing, or where it has no business.
    Interrupt {
        /// The word.
        ti: u32,
    },
    /// The length is 0 or more than allowed.
    Length {
        /// The length in bytes.
        len: u32,
        /// The most it may be.
        most: u32,
    },
    /// The length is not one the engine can move, or the block is not aligned as its width or its device asks.
    Alignment {
        /// The bits that are set in source, destination or length and must be 0.
        bits: u32,
    },
    /// STRIDE is not 0 in a linear block.
    Stride {
        /// The word.
        stride: u32,
    },
    /// A reserved word is not 0.
    Reserved {
        /// The first of the two that is not.
        word: u32,
    },
    /// NEXTCONBK does not lead where it must.
    Next {
        /// Where it leads.
        next: u32,
        /// Where it must.
        expected: u32,
    },
    /// The block crosses a boundary.
    Boundary {
        /// On which side.
        end: End,
        /// The first byte there.
        addr: BusAddr,
        /// The length in bytes.
        len: u32,
    },
    /// Memory that is not in the engine's reach, or has no bytes.
    Window {
        /// On which side.
        end: End,
        /// The memory.
        segment: BusSegment,
        /// The reach.
        window: BusWindow,
    },
    /// Memory over the chain itself or over the slots.
    Forbidden {
        /// On which side.
        end: End,
        /// The memory.
        segment: BusSegment,
    },
    /// No peripheral is there.
    Device {
        /// The address.
        address: BusAddr,
    },
    /// The block reads what it writes.
    Overlap {
        /// The first byte read.
        source: BusAddr,
        /// The first byte written.
        destination: BusAddr,
    },
    /// The block does not go on where the one before it ended.
    Order {
        /// On which side.
        end: End,
        /// The address in the block.
        found: BusAddr,
        /// Where the list goes on.
        expected: BusAddr,
    },
    /// The block goes on past the end of the list, or over a gap in it.
    Past {
        /// On which side.
        end: End,
        /// The address in the block.
        found: BusAddr,
    },
    /// The chain ends before the list does.
    Short {
        /// On which side.
        end: End,
        /// The first byte that no block moves.
        next: BusAddr,
    },
    /// The block writes straight into a cache line that the destination does not own whole.
    Line {
        /// The first byte written.
        destination: BusAddr,
        /// The length in bytes.
        len: u32,
    },
    /// The block writes a slot, and the list of edges does not say so for these bytes.
    Edge {
        /// Bytes from the start of the transfer.
        offset: u64,
        /// Where it writes.
        slot: BusAddr,
    },
    /// The block writes outside the slots or into one that is taken.
    Slot {
        /// Where it writes.
        slot: BusAddr,
        /// The length in bytes.
        len: u32,
    },
    /// The block of an edge reads more or less than the granules that hold its bytes.
    EdgeRead {
        /// The first byte read.
        source: BusAddr,
        /// The length in bytes.
        len: u32,
    },
    /// There are edges that no block fills.
    EdgesLeft {
        /// How many.
        edges: usize,
    },
    /// The block runs over the end of a period, or the ring ends within one.
    Period {
        /// The length in bytes.
        len: u32,
        /// What the period has left.
        left: u32,
    },
    /// The block is not the next rows of the rectangle.
    Rows {
        /// `TXFR_LEN`.
        len: u32,
        /// `STRIDE`.
        stride: u32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits { .. }
            | Self::Increment { .. }
            | Self::Width { .. }
            | Self::Burst { .. }
            | Self::Pacing { .. }
            | Self::Response { .. }
            | Self::Interrupt { .. } => self.in_ti(f),
            Self::Edge { .. }
            | Self::Slot { .. }
            | Self::EdgeRead { .. }
            | Self::EdgesLeft { .. }
            | Self::Line { .. } => self.in_edges(f),
            Self::Order { .. }
            | Self::Past { .. }
            | Self::Short { .. }
            | Self::Window { .. }
            | Self::Forbidden { .. }
            | Self::Boundary { .. } => self.in_memory(f),
            _ => self.in_words(f),
        }
    }
}

impl Fault {
    fn in_ti(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits { ti, wrong } => {
                write!(f, "TI {ti:#010x} differs in bits {wrong:#x} from what it must be")
            }
            Self::Increment { ti } => write!(f, "TI {ti:#010x} steps the wrong address"),
            Self::Width { ti } => write!(f, "TI {ti:#010x} has the wrong width"),
            Self::Burst { ti, most } => {
                write!(f, "TI {ti:#010x} bursts longer than {} beats", most.saturating_add(1))
            }
            Self::Pacing { ti } => write!(f, "TI {ti:#010x} has the wrong DREQ"),
            Self::Response { ti } => write!(f, "TI {ti:#010x}: WAIT_RESP is in the wrong place"),
            Self::Interrupt { ti } => write!(f, "TI {ti:#010x}: INTEN is in the wrong place"),
            _ => Ok(()),
        }
    }

    fn in_edges(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { destination, len } => write!(
                f,
                "{len:#x} bytes straight to {destination}, in a cache line that others share"
            ),
            Self::Edge { offset, slot } => {
                write!(f, "writes {slot} at offset {offset:#x}, which is no edge's slot")
            }
            Self::Slot { slot, len } => {
                write!(f, "{len:#x} bytes to {slot}, not a free place in the slots")
            }
            Self::EdgeRead { source, len } => {
                write!(f, "reads {len:#x} bytes at {source}, not the granules of its edge")
            }
            Self::EdgesLeft { edges } => write!(f, "{edges} edges are filled by no block"),
            _ => Ok(()),
        }
    }

    fn in_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { end, found, expected } => {
                write!(f, "{end} {found} where the list goes on at {expected}")
            }
            Self::Past { end, found } => write!(f, "{end} {found} runs past its segment"),
            Self::Short { end, next } => write!(f, "the chain ends before the {end}, at {next}"),
            Self::Window { end, segment, window } => {
                write!(f, "{end} {segment} is outside {window}")
            }
            Self::Forbidden { end, segment } => {
                write!(f, "{end} {segment} lies over the chain or its slots")
            }
            Self::Boundary { end, addr, len } => {
                write!(f, "{end} {addr}, {len:#x} bytes, crosses a boundary")
            }
            _ => Ok(()),
        }
    }

    fn in_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is none"),
            Self::Storage { base } => write!(f, "a chain cannot be at {base}"),
            Self::Length { len, most } => write!(f, "length {len:#x}: must be 1 to {most:#x}"),
            Self::Alignment { bits } => write!(f, "misaligned by {bits:#x}"),
            Self::Stride { stride } => write!(f, "STRIDE {stride:#010x} in a linear block"),
            Self::Reserved { word } => write!(f, "reserved word {word:#010x}, must be 0"),
            Self::Next { next, expected } => {
                write!(f, "leads to {next:#010x}, must lead to {expected:#010x}")
            }
            Self::Device { address } => write!(f, "{address} is no peripheral's"),
            Self::Overlap { source, destination } => {
                write!(f, "source {source} and destination {destination} share bytes")
            }
            Self::Period { len, left } => {
                write!(f, "{len:#x} bytes where the period has {left:#x} left")
            }
            Self::Rows { len, stride } => write!(
                f,
                "TXFR_LEN {len:#010x}, STRIDE {stride:#010x} are not the next rows of the rectangle"
            ),
            _ => Ok(()),
        }
    }
}
