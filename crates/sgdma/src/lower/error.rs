//! What cannot be lowered, and why.

use core::fmt;

use super::End;
use crate::address::BusAddr;
use crate::constraints::ChannelKind;
use crate::segment::{BusSegment, BusWindow};

/// Why there is no plan. Every variant carries the value that was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LowerError {
    /// There is nothing to move.
    Empty,
    /// An entry has no bytes.
    ZeroLength {
        /// Which list.
        end: End,
        /// The entry, counted from 0.
        entry: usize,
    },
    /// An entry does not lie in the range the engine may reach (or runs past the end of the address space).
    OutsideWindow {
        /// Which list.
        end: End,
        /// The entry, counted from 0.
        entry: usize,
        /// The entry itself.
        segment: BusSegment,
        /// The range.
        window: BusWindow,
    },
    /// The lists are not equally long.
    LengthMismatch {
        /// Bytes in the source.
        source: u64,
        /// Bytes in the destination.
        destination: u64,
    },
    /// A block would read what it writes. That one block writes what another reads is not looked for here
    /// ([`overlap`](super::overlap) does).
    Overlap {
        /// Bytes from the start of the transfer to the block.
        offset: u64,
        /// Where it would be read.
        source: BusAddr,
        /// Where it would be written.
        destination: BusAddr,
    },
    /// The storage has too few blocks.
    TooManyBlocks {
        /// How many would do.
        needed: usize,
        /// How many there are.
        capacity: usize,
    },
    /// The storage has too few edges, or too little memory for their slots.
    TooManyEdges {
        /// How many edges there would be.
        needed: usize,
        /// How many there can be.
        capacity: usize,
        /// How many bytes of slots there would be.
        slot_bytes: u64,
        /// How many there can be.
        slot_capacity: u32,
    },
    /// The storage's first block is at 0 or not 32-byte aligned, its slots are not 16-byte aligned, or its blocks or
    /// slots run past the end of the bus.
    Storage {
        /// The bus address of the first block.
        chain: BusAddr,
        /// The slots.
        slots: BusSegment,
    },
    /// The pattern of a fill is not 32-byte aligned.
    Pattern {
        /// Its bus address.
        pattern: BusAddr,
    },
    /// A device takes whole words at addresses that are multiples of 4, and a fill by words likewise.
    Misaligned {
        /// Which list.
        end: End,
        /// The entry, counted from 0.
        entry: usize,
        /// Where in memory.
        addr: BusAddr,
        /// How many bytes.
        len: u32,
    },
    /// The transfer needs an edge where there can be none: 2D and cyclic destinations must be coherent or own their
    /// cache lines, and their rows and periods must be multiples of what the engine can move.
    NeedsEdge {
        /// Bytes from the start of the transfer.
        offset: u64,
        /// How many bytes would have to go through a slot.
        len: u32,
    },
    /// The channel has no 2D mode.
    No2d {
        /// The kind of channel.
        kind: ChannelKind,
    },
    /// The rectangle does not fit the registers, or not its memory.
    Rectangle {
        /// Which side.
        end: End,
        /// Bytes per row.
        row_bytes: u32,
        /// Rows.
        rows: u32,
        /// Bytes from one row to the next.
        pitch: i32,
    },
    /// A row of a rectangle crosses a boundary: no block can move it.
    RowCrosses {
        /// The row, counted from 0.
        row: u32,
        /// Bytes per row.
        row_bytes: u32,
        /// The boundary in bytes.
        boundary: u32,
    },
    /// A row of a rectangle is longer than a block may be: no block can move it.
    RowTooLong {
        /// Bytes per row.
        row_bytes: u32,
        /// The longest block allowed, in bytes.
        max: u32,
    },
    /// A ring on the emulated engine would hang it for ever.
    RingOnEmulated,
    /// The period of a ring must be a whole part of its length.
    Period {
        /// What was asked for, in bytes.
        period: u32,
        /// The ring's length in bytes.
        total: u64,
    },
    /// The period of a ring must be whole words.
    PeriodOfWords {
        /// What was asked for, in bytes.
        period: u32,
    },
    /// The longest block allowed is shorter than a word.
    MaxSegment {
        /// What is allowed, in bytes.
        max: u32,
    },
    /// Words cross a boundary that is shorter than they are.
    Boundary {
        /// The boundary in bytes.
        boundary: u32,
    },
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing to move: the lists are empty"),
            Self::ZeroLength { end, entry } => write!(f, "{end} entry {entry} has no bytes"),
            Self::OutsideWindow { end, entry, segment, window } => {
                write!(f, "{end} entry {entry}, {segment}, is outside {window}")
            }
            Self::LengthMismatch { source, destination } => {
                write!(f, "{source:#x} bytes into {destination:#x}: the lists must be equally long")
            }
            Self::Overlap { offset, source, destination } => write!(
                f,
                "source {source} and destination {destination} share bytes (at offset {offset:#x})"
            ),
            Self::TooManyBlocks { needed, capacity } => {
                write!(f, "{needed} control blocks needed, room for {capacity}")
            }
            Self::TooManyEdges { needed, capacity, slot_bytes, slot_capacity } => write!(
                f,
                "{needed} edges in {slot_bytes} bytes needed, room for {capacity} in {slot_capacity}"
            ),
            Self::Storage { chain, slots } => write!(
                f,
                "control blocks at {chain}, slots at {slots}: the blocks must be 32-byte aligned and not at 0, the \
                 slots 16-byte aligned, and neither may run past the end of the bus"
            ),
            Self::Pattern { pattern } => {
                write!(f, "the pattern of a fill at {pattern}: must be 32-byte aligned")
            }
            Self::Misaligned { end, entry, addr, len } => write!(
                f,
                "{end} entry {entry}: {len:#x} bytes at {addr}; words need multiples of 4 in both"
            ),
            Self::NeedsEdge { offset, len } => write!(
                f,
                "{len:#x} bytes at offset {offset:#x} cannot be moved in place: use coherent or line-owned memory, \
                 and whole granules"
            ),
            _ => self.in_shape(f),
        }
    }
}

impl LowerError {
    /// Of rectangles, rings and words.
    fn in_shape(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::No2d { kind } => write!(f, "a {kind} channel has no 2D mode: take a full one"),
            Self::Rectangle { end, row_bytes, rows, pitch } => write!(
                f,
                "{end}: {rows} rows of {row_bytes} bytes with a pitch of {pitch}: does not fit its memory \
                 or the engine's registers"
            ),
            Self::RowCrosses { row, row_bytes, boundary } => write!(
                f,
                "row {row} of {row_bytes} bytes crosses a multiple of {boundary:#x}: move the rectangle or its rows"
            ),
            Self::RowTooLong { row_bytes, max } => write!(
                f,
                "rows of {row_bytes} bytes in blocks of at most {max}: take shorter rows or longer blocks"
            ),
            Self::RingOnEmulated => f.write_str(
                "a ring hangs the emulated engine for ever; the chip and the model run it",
            ),
            Self::Period { period, total } => {
                write!(f, "a period of {period:#x} bytes is no whole part of a ring of {total:#x}")
            }
            Self::PeriodOfWords { period } => {
                write!(f, "a period of {period:#x} bytes: must be a multiple of 4, and not 0")
            }
            Self::MaxSegment { max } => {
                write!(f, "blocks of at most {max} bytes cannot carry words of 4")
            }
            Self::Boundary { boundary } => {
                write!(
                    f,
                    "blocks that cross no multiple of {boundary} bytes cannot carry words of 4"
                )
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for LowerError {}
