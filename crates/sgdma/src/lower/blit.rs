//! Rectangles: the engine's 2D mode.

use super::plan::{Counts, Plan, Storage};
use super::{End, LowerError};
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
    /// Bytes from one source row to the next; negative walks backwards.
    pub source_pitch: i32,
    /// Bytes from the start of the destination memory to its first row.
    pub destination_offset: u32,
    /// Bytes from one destination row to the next; negative walks backwards.
    pub destination_pitch: i32,
}

/// Moves a rectangle within two mapped pieces of memory, in one block per 16 384 rows.
///
/// The destination must be coherent or own its cache lines over its whole extent (`line` of the constraints says how
/// wide these are), rows must be multiples of the granule: there are no edges in 2D.
///
/// # Errors
/// [`LowerError::No2d`] on a lite channel, [`LowerError::Rectangle`] where it does not fit its memory or the
/// registers, [`LowerError::NeedsEdge`], [`LowerError::Overlap`], [`LowerError::OutsideWindow`],
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
    if read.low < write.high && write.low < read.high {
        let (source, destination) = (source.addr, destination.addr);
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
        let row = i64::from(self.row_bytes);
        let stride = i16::try_from(i64::from(pitch) - row).map_err(|_| wrong)?;
        let base = i64::from(memory.addr.get());
        let first = base + i64::from(offset);
        let last = first + i64::from(pitch) * (i64::from(self.rows) - 1);
        let (low, high) = (first.min(last), first.max(last) + row);
        // Rows that overlap each other in the destination would be written in no promised order.
        let tight = end == End::Destination && self.rows > 1 && i64::from(pitch).abs() < row;
        if low < base || high > base + i64::from(memory.len) || self.row_bytes > 0xFFFF || tight {
            return Err(wrong);
        }
        Ok(Extent { first, low, high, pitch: i64::from(pitch), stride })
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
    let Storage { blocks, chain, .. } = storage;
    if !chain.is_aligned(ControlBlock::SIZE) {
        return Err(LowerError::Storage { chain });
    }
    let per_block = (limits.max_segment() / blit.row_bytes).min(u32::from(Length2d::MAX_ROWS));
    if per_block == 0 {
        return Err(LowerError::MaxSegment { max: limits.max_segment() });
    }
    let needed = usize::try_from(blit.rows.div_ceil(per_block)).unwrap_or(usize::MAX);
    let capacity = blocks.len();
    let Some(blocks) = blocks.get_mut(..needed) else {
        return Err(LowerError::TooManyBlocks { needed, capacity });
    };
    let strides = Strides { source: read.stride, dest: write.stride }.raw();
    let words = ti_2d(blit, read, write, limits);
    let (mut row, mut next) = (0, chain.get());
    for block in blocks.iter_mut() {
        let rows = per_block.min(blit.rows - row);
        next = next.wrapping_add(ControlBlock::SIZE);
        *block = ControlBlock {
            ti: words,
            source: bus(read.first + read.pitch * i64::from(row)),
            dest: bus(write.first + write.pitch * i64::from(row)),
            len: (rows - 1) << 16 | blit.row_bytes,
            stride: strides,
            next,
            reserved: [0; 2],
        };
        row += rows;
    }
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
