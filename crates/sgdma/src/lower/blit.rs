//! Rectangles: the engine's 2D mode.

use super::plan::{Counts, Plan, Storage};
use super::write::chain_fits;
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::Constraints;
use crate::control_block::{ControlBlock, Length2d, Strides};
use crate::register::ti;
use crate::segment::BusSegment;

/// A rectangle to move: where its rows lie in two pieces of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blit {
    /// Bytes per row, 1 to 65 535.
    pub row_bytes: u32,
    /// Rows.
    pub rows: u32,
    /// Bytes from the start of the source memory to its first row.
    pub source_offset: u32,
    /// Bytes from one source row to the next; negative walks backwards. Of a single row any will do.
    pub source_pitch: i32,
    /// Bytes from the start of the destination memory to its first row.
    pub destination_offset: u32,
    /// Bytes from one destination row to the next; negative walks backwards. Of a single row any will do.
    pub destination_pitch: i32,
}

/// Moves a rectangle within two mapped pieces of memory, in as few blocks as rows allow: each of at most 16 384
/// rows and the longest length, and across no boundary. The two may lie in one frame buffer, in columns that do not meet.
///
/// The destination must be coherent or own its cache lines over its whole extent (`line` of the constraints says how
/// wide these are), rows must be multiples of the granule: there are no edges in 2D.
///
/// # Errors
/// [`LowerError::No2d`] on a lite channel, [`LowerError::Rectangle`] where it does not fit its memory or the
/// registers, [`LowerError::RowCrosses`] where a single row crosses a boundary, [`LowerError::NeedsEdge`],
/// [`LowerError::Overlap`], [`LowerError::OutsideWindow`], [`LowerError::Storage`],
/// [`LowerError::TooManyBlocks`].
pub fn blit<'a>(
    source: BusSegment,
    destination: BusSegment,
    blit: Blit,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError> {
    let kind = limits.kind();
    if !kind.has_2d() {
        return Err(LowerError::No2d { kind });
    }
    if blit.row_bytes == 0 || blit.rows == 0 {
        return Err(LowerError::Empty);
    }
    let read = blit.side(End::Source, source, limits)?;
    let write = blit.side(End::Destination, destination, limits)?;
    check_edges(&blit, destination, &write, limits)?;
    if !read.is_apart_from(&write, u64::from(blit.row_bytes)) {
        let (source, destination) = (BusAddr::new(bus(read.first)), BusAddr::new(bus(write.first)));
        return Err(LowerError::Overlap { offset: 0, source, destination });
    }
    write_blocks(&blit, &read, &write, limits, storage)
}

/// One side of the rectangle on the bus.
struct Extent {
    first: i64,
    low: i64,
    /// One past the last byte.
    high: i64,
    pitch: i64,
    stride: i16,
}

impl Extent {
    /// The first byte of a row.
    fn row(&self, row: u32) -> i64 {
        self.first + self.pitch * i64::from(row)
    }

    /// Whether the two, of rows that are so long, share no byte. Rows that are equally far apart may lie between each
    /// other, as those of one frame buffer do.
    fn is_apart_from(&self, other: &Self, row: u64) -> bool {
        let pitch = self.pitch.unsigned_abs();
        if self.low >= other.high || other.low >= self.high {
            return true;
        }
        if pitch == 0 || pitch != other.pitch.unsigned_abs() {
            return false;
        }
        // In each stretch of one pitch the one row begins so far behind the other.
        let behind = self.first.abs_diff(other.first) % pitch;
        behind >= row && pitch - behind >= row
    }

    /// Whether the rows `from..from + rows` cross no multiple of the boundary, a power of two.
    fn holds(&self, from: u32, rows: u32, row_bytes: u32, boundary: i64) -> bool {
        let (a, b) = (self.row(from), self.row(from + rows - 1));
        let last = a.max(b) + i64::from(row_bytes) - 1;
        a.min(b) / boundary == last / boundary
    }
}

/// A rectangle while it is being cut into blocks.
struct Rectangle<'a> {
    blit: &'a Blit,
    read: &'a Extent,
    write: &'a Extent,
    limits: &'a Constraints,
}

impl Rectangle<'_> {
    /// How many rows the block that begins with row `from` can move.
    fn rows_from(&self, from: u32) -> Result<u32, LowerError> {
        let row_bytes = self.blit.row_bytes;
        let max = self.limits.max_segment();
        let most = (max / row_bytes).min(u32::from(Length2d::MAX_ROWS)).min(self.blit.rows - from);
        if most == 0 {
            return Err(LowerError::RowTooLong { row_bytes, max });
        }
        let Some(boundary) = self.limits.boundary() else { return Ok(most) };
        let bound = i64::from(boundary);
        let fits = |rows: u32| {
            self.read.holds(from, rows, row_bytes, bound)
                && self.write.holds(from, rows, row_bytes, bound)
        };
        if !fits(1) {
            return Err(LowerError::RowCrosses { row: from, row_bytes, boundary });
        }
        // Rows only ever move away from the first: what fits is the shorter, what does not the longer.
        let (mut fitting, mut over) = (1, most + 1);
        while over - fitting > 1 {
            let middle = fitting.midpoint(over);
            if fits(middle) {
                fitting = middle;
            } else {
                over = middle;
            }
        }
        Ok(fitting)
    }
}

impl Blit {
    fn side(
        &self,
        end: End,
        memory: BusSegment,
        limits: &Constraints,
    ) -> Result<Extent, LowerError> {
        let window = limits.window();
        if !window.contains(memory) {
            return Err(LowerError::OutsideWindow { end, entry: 0, segment: memory, window });
        }
        let (offset, pitch) = match end {
            End::Source => (self.source_offset, self.source_pitch),
            End::Destination => (self.destination_offset, self.destination_pitch),
        };
        let wrong =
            LowerError::Rectangle { end, row_bytes: self.row_bytes, rows: self.rows, pitch };
        // Asked first: with longer rows what follows would not fit its numbers.
        if self.row_bytes > 0xFFFF {
            return Err(wrong);
        }
        let row = i64::from(self.row_bytes);
        // From a single row no step is taken, so any pitch will do.
        let pitch = if self.rows == 1 { row } else { i64::from(pitch) };
        let stride = i16::try_from(pitch - row).map_err(|_| wrong)?;
        let base = i64::from(memory.addr.get());
        let first = base + i64::from(offset);
        let last = first + pitch * (i64::from(self.rows) - 1);
        let (low, high) = (first.min(last), first.max(last) + row);
        // Rows that overlap each other in the destination would be written in no promised order.
        let tight = end == End::Destination && pitch.abs() < row;
        if low < base || high > base + i64::from(memory.len) || tight {
            return Err(wrong);
        }
        Ok(Extent { first, low, high, pitch, stride })
    }
}

fn check_edges(
    blit: &Blit,
    memory: BusSegment,
    write: &Extent,
    limits: &Constraints,
) -> Result<(), LowerError> {
    if !blit.row_bytes.is_multiple_of(limits.granule()) {
        return Err(LowerError::NeedsEdge { offset: 0, len: blit.row_bytes % limits.granule() });
    }
    let line = i64::from(limits.line());
    let base = i64::from(memory.addr.get());
    let own_low = (base + line - 1) & !(line - 1);
    let own_high = (base + i64::from(memory.len)) & !(line - 1);
    if write.low < own_low || write.high > own_high {
        return Err(LowerError::NeedsEdge { offset: 0, len: blit.row_bytes });
    }
    Ok(())
}

fn write_blocks<'a>(
    blit: &Blit,
    read: &Extent,
    write: &Extent,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError> {
    let Storage { blocks, chain, slots, .. } = storage;
    if !chain_fits(chain, blocks.len()) {
        return Err(LowerError::Storage { chain, slots });
    }
    let rectangle = Rectangle { blit, read, write, limits };
    let capacity = blocks.len();
    let words = ti_2d(blit, read, write, limits);
    let stride = Strides { source: read.stride, dest: write.stride }.raw();
    let (mut row, mut needed, mut next) = (0, 0, chain.get());
    while row < blit.rows {
        let rows = rectangle.rows_from(row)?;
        next = next.wrapping_add(ControlBlock::SIZE);
        if let Some(block) = blocks.get_mut(needed) {
            let (source, dest) = (bus(read.row(row)), bus(write.row(row)));
            let len = (rows - 1) << 16 | blit.row_bytes;
            *block = ControlBlock { ti: words, source, dest, len, stride, next, reserved: [0; 2] };
        }
        needed += 1;
        row += rows;
    }
    let Some(blocks) = blocks.get_mut(..needed) else {
        return Err(LowerError::TooManyBlocks { needed, capacity });
    };
    if let Some(last) = blocks.last_mut() {
        last.ti |= ti::WAIT_RESP | ti::INTEN;
        last.next = 0;
    }
    let bytes = u64::from(blit.row_bytes) * u64::from(blit.rows);
    let counts = Counts { blocks: needed, bytes, ..Counts::default() };
    Ok(Plan { blocks, edges: &[], chain, counts })
}

/// Wide where every row of both sides begins and ends at a whole burst, else a word at a time.
fn ti_2d(blit: &Blit, read: &Extent, write: &Extent, limits: &Constraints) -> u32 {
    let plain = ti::SRC_INC | ti::DEST_INC | ti::TDMODE;
    let burst = i64::from(limits.burst());
    let all = [read.first, read.pitch, write.first, write.pitch, i64::from(blit.row_bytes)];
    if burst < 16 || all.iter().any(|value| value % burst != 0) {
        return plain;
    }
    plain | ti::SRC_WIDTH | ti::DEST_WIDTH | limits.kind().wide_burst() << ti::BURST_LENGTH_SHIFT
}

/// An address that was checked to lie in a segment on the bus.
fn bus(address: i64) -> u32 {
    u32::try_from(address).unwrap_or_default()
}
