//! Verification of rectangles.

use super::bits;
use super::fault::{ChainError, Fault};
use super::rules::{Rules, Zones};
use super::verify::Chain;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::lower::{Blit, End};
use crate::segment::BusSegment;

/// The rows of a rectangle, in order, from one piece of memory to another.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn blit(
    chain: &Chain<'_>,
    rules: &Rules,
    source: BusSegment,
    destination: BusSegment,
    blit: Blit,
) -> Result<(), ChainError> {
    let zones = Zones::new(chain, rules).map_err(|fault| ChainError { block: 0, fault })?;
    let (read, write) = (Rows::source(&blit, source), Rows::destination(&blit, destination));
    let setting = Setting { rules: *rules, zones, read, write };
    let count = chain.blocks.len();
    let (mut done, mut next) = (0, chain.base.get());
    for (index, block) in chain.blocks.iter().enumerate() {
        let fault = |fault| ChainError { block: index, fault };
        next = next.wrapping_add(32);
        let last = index.wrapping_add(1) == count;
        let ends = if last { bits::INTEN | bits::WAIT_RESP } else { 0 };
        setting.words(block, ends, if last { 0 } else { next }).map_err(fault)?;
        done += setting.rows(block, blit.row_bytes, blit.rows - done).map_err(fault)?;
        setting.memory(block, done).map_err(fault)?;
        if last && done != blit.rows {
            let next = BusAddr::new(setting.write.at(done).try_into().unwrap_or(u32::MAX));
            return Err(fault(Fault::Short { end: End::Destination, next }));
        }
    }
    Ok(())
}

/// Where the rows of one side are.
struct Rows {
    end: End,
    memory: BusSegment,
    first: i64,
    pitch: i64,
    row: i64,
}

impl Rows {
    fn source(blit: &Blit, memory: BusSegment) -> Self {
        let first = i64::from(memory.addr.get()) + i64::from(blit.source_offset);
        let row = i64::from(blit.row_bytes);
        let pitch = if blit.rows == 1 { row } else { i64::from(blit.source_pitch) };
        Self { end: End::Source, memory, first, pitch, row }
    }

    fn destination(blit: &Blit, memory: BusSegment) -> Self {
        let first = i64::from(memory.addr.get()) + i64::from(blit.destination_offset);
        let row = i64::from(blit.row_bytes);
        // The engine takes no step from a single row, wherever it would lead.
        let pitch = if blit.rows == 1 { row } else { i64::from(blit.destination_pitch) };
        Self { end: End::Destination, memory, first, pitch, row }
    }

    /// The first byte of a row.
    fn at(&self, row: u32) -> i64 {
        self.first + self.pitch * i64::from(row)
    }

    /// The first and one past the last byte of the rows `from..to`.
    fn extent(&self, from: u32, to: u32) -> (i64, i64) {
        let (a, b) = (self.at(from), self.at(to.saturating_sub(1)));
        (a.min(b), a.max(b) + self.row)
    }

    /// The rows lie in their memory, the memory in reach, and no block crosses a boundary.
    fn check(&self, from: u32, to: u32, setting: &Setting) -> Result<(), Fault> {
        let (segment, end) = (self.memory, self.end);
        let (low, high) = self.extent(from, to);
        let base = i64::from(segment.addr.get());
        let (Ok(first), Ok(last)) = (u32::try_from(low), u32::try_from(high - 1)) else {
            return Err(Fault::Past { end, found: segment.addr });
        };
        let found = BusAddr::new(first);
        if low < base || high > base + i64::from(segment.len) {
            return Err(Fault::Past { end, found });
        }
        if (first ^ last) & setting.rules.beyond != 0 {
            return Err(Fault::Boundary { end, addr: found, len: last.wrapping_sub(first) });
        }
        setting.zones.check(end, segment)
    }
}

struct Setting {
    rules: Rules,
    zones: Zones,
    read: Rows,
    write: Rows,
}

impl Setting {
    /// The words that have nothing to do with place or size.
    fn words(&self, block: &ControlBlock, ends: u32, next: u32) -> Result<(), Fault> {
        let ti = block.ti;
        self.transfer_information(ti, ends)?;
        if let Some(&word) = block.reserved.iter().find(|word| **word != 0) {
            return Err(Fault::Reserved { word });
        }
        if block.next != next {
            return Err(Fault::Next { next: block.next, expected: next });
        }
        Ok(())
    }

    fn transfer_information(&self, ti: u32, ends: u32) -> Result<(), Fault> {
        let shape = bits::SRC_INC | bits::DEST_INC | bits::TDMODE;
        let kind = self.rules.kind;
        if !matches!(
            kind,
            crate::constraints::ChannelKind::Bulk | crate::constraints::ChannelKind::Full
        ) {
            return Err(Fault::Bits { ti, wrong: (ti | bits::TDMODE) & bits::NOT_ON_LITE });
        }
        if (ti ^ ends) & bits::INTEN != 0 {
            return Err(Fault::Interrupt { ti });
        }
        if (ti ^ ends) & bits::WAIT_RESP != 0 {
            return Err(Fault::Response { ti });
        }
        let rest = ti & !(bits::INTEN | bits::WAIT_RESP | bits::WIDTHS | bits::BURST);
        if (rest ^ shape) & (bits::SRC_INC | bits::DEST_INC) != 0 {
            return Err(Fault::Increment { ti });
        }
        if rest != shape {
            return Err(Fault::Bits { ti, wrong: rest ^ shape });
        }
        let wide = ti & bits::WIDTHS;
        if wide != 0 && (wide != bits::WIDTHS || self.rules.burst_mask < 15) {
            return Err(Fault::Width { ti });
        }
        let most = if wide == 0 { bits::narrow_burst(kind) } else { bits::wide_burst(kind) };
        if (ti & bits::BURST) >> bits::BURST_AT > most {
            return Err(Fault::Burst { ti, most });
        }
        Ok(())
    }

    /// How many rows the block moves: rows less one in the upper half, bytes per row in the lower.
    fn rows(&self, block: &ControlBlock, row_bytes: u32, left: u32) -> Result<u32, Fault> {
        let rows = (block.len >> 16).wrapping_add(1);
        let strides = |rows: &Rows| u32::try_from((rows.pitch - rows.row) & 0xFFFF).unwrap_or(0);
        let stride = strides(&self.write) << 16 | strides(&self.read);
        let fits = |rows: &Rows| i16::try_from(rows.pitch - rows.row).is_ok();
        let wrong = block.len & 0xFFFF != row_bytes
            || rows > 0x4000
            || rows > left
            || block.stride != stride
            || !fits(&self.read)
            || !fits(&self.write);
        if wrong {
            return Err(Fault::Rows { len: block.len, stride: block.stride });
        }
        let bytes = u64::from(rows) * u64::from(row_bytes);
        if row_bytes == 0 || bytes > u64::from(self.rules.max) {
            return Err(Fault::Length { len: block.len, most: self.rules.max });
        }
        let wide = block.ti & bits::WIDTHS != 0;
        let burst = if wide { i64::from(self.rules.burst_mask) } else { 0 };
        let bits = row_bytes & self.rules.granule_mask | wide_bits(self, burst);
        if bits != 0 { Err(Fault::Alignment { bits }) } else { Ok(rows) }
    }

    /// The rows up to `done` that this block moves are those that come next.
    fn memory(&self, block: &ControlBlock, done: u32) -> Result<(), Fault> {
        let from = done.saturating_sub((block.len >> 16).wrapping_add(1));
        for (rows, found) in [(&self.read, block.source), (&self.write, block.dest)] {
            let expected = rows.at(from);
            if expected != i64::from(found) {
                let expected = BusAddr::new(u32::try_from(expected).unwrap_or(u32::MAX));
                return Err(Fault::Order { end: rows.end, found: BusAddr::new(found), expected });
            }
            rows.check(from, done, self)?;
        }
        self.lines_and_overlap(done)
    }

    /// Whether the rows of both sides lie in columns that do not meet: seen modulo the pitch, which both share, there is
    /// room for a row from the first byte of each to that of the other, either way round.
    fn side_by_side(&self) -> bool {
        let width = self.write.pitch.abs();
        let column = |rows: &Rows| rows.first.checked_rem(width);
        let (Some(one), Some(other)) = (column(&self.read), column(&self.write)) else {
            return false;
        };
        let gap = (one - other).abs();
        width == self.read.pitch.abs() && gap >= self.read.row && width - gap >= self.read.row
    }

    /// The destination owns its lines and shares no byte with the source; its rows share none with each other.
    fn lines_and_overlap(&self, done: u32) -> Result<(), Fault> {
        let (low, high) = self.write.extent(0, done);
        let (read_low, read_high) = self.read.extent(0, done);
        let first = |rows: &Rows| BusAddr::new(u32::try_from(rows.first).unwrap_or(u32::MAX));
        let (source, destination) = (first(&self.read), first(&self.write));
        let tight = done > 1 && self.write.pitch.abs() < self.write.row;
        let meet = low < read_high && read_low < high && !self.side_by_side();
        if meet || tight {
            return Err(Fault::Overlap { source, destination });
        }
        let line = i64::from(self.rules.line_mask);
        let memory = self.write.memory;
        let base = i64::from(memory.addr.get());
        if low & !line < base || (high + line) & !line > base + i64::from(memory.len) {
            let destination = BusAddr::new(u32::try_from(low).unwrap_or(u32::MAX));
            let len = u32::try_from(high - low).unwrap_or(u32::MAX);
            return Err(Fault::Line { destination, len });
        }
        Ok(())
    }
}

/// What sticks out of whole bursts in addresses, pitches and row.
fn wide_bits(setting: &Setting, burst: i64) -> u32 {
    let Setting { read, write, .. } = setting;
    let all = read.first | read.pitch | write.first | write.pitch | read.row;
    u32::try_from(all & burst).unwrap_or(u32::MAX)
}
