//! How far the engine is in a chain, by its registers.
//!
//! While a block is fetched `CONBLK_AD` names it already, and the other registers still hold what the block before left
//! there: no bytes to go, its addresses, its `NEXTCONBK`. So a block counts as begun only where the registers fit it.

use crate::control_block::ControlBlock;
use crate::engine::Snapshot;
use crate::register::ti;

/// How far the engine is in the block that `CONBLK_AD` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The block is not loaded yet.
    Ahead,
    /// It is at work: bytes to go, and the addresses that are next.
    Within {
        /// Bytes to go.
        left: u64,
        /// The next one to be read.
        source: u32,
        /// The next one to be written.
        dest: u32,
    },
    /// All bytes are moved, and the end is not yet noted.
    Behind,
}

impl Progress {
    pub(super) fn of(block: &ControlBlock, registers: &Snapshot) -> Self {
        let &Snapshot { source_ad: source, dest_ad: dest, txfr_len, next, .. } = registers;
        if next != block.next {
            return Self::Ahead;
        }
        if txfr_len != 0 {
            return Self::Within { left: left(block, txfr_len), source, dest };
        }
        // Where the very same block was the last that ran, its addresses are still there; nothing tells the two apart.
        let [source_half, dest_half] = halves(block.stride);
        let moved = is_end(block, (block.source, source_half, ti::SRC_INC), source)
            && is_end(block, (block.dest, dest_half, ti::DEST_INC), dest);
        if moved { Self::Behind } else { Self::Ahead }
    }
}

/// Whether a side's live address is what it is after the last byte. Whether a last row's stride is added as well is not
/// documented (p. 54), so either will do.
fn is_end(block: &ControlBlock, (from, stride, inc): (u32, i16, u32), at: u32) -> bool {
    let rows = rows(block);
    let row = row_bytes(block) & if block.ti & inc == 0 { 0 } else { u32::MAX };
    let stride = i32::from(stride).cast_unsigned();
    let end = from.wrapping_add(row.wrapping_add(stride).wrapping_mul(rows));
    at == end || at == end.wrapping_sub(stride)
}

/// All bytes of a block.
pub(super) fn bytes(block: &ControlBlock) -> u64 {
    u64::from(rows(block)) * u64::from(row_bytes(block))
}

/// Bytes to go by the live length: in 2D the rows behind this one, and what is left of this one. p. 53.
fn left(block: &ControlBlock, live: u32) -> u64 {
    if block.ti & ti::TDMODE == 0 {
        return u64::from(live);
    }
    u64::from(live >> 16 & 0x3FFF) * u64::from(row_bytes(block)) + u64::from(live & 0xFFFF)
}

fn rows(block: &ControlBlock) -> u32 {
    if block.ti & ti::TDMODE == 0 { 1 } else { (block.len >> 16 & 0x3FFF) + 1 }
}

fn row_bytes(block: &ControlBlock) -> u32 {
    if block.ti & ti::TDMODE == 0 { block.len } else { block.len & 0xFFFF }
}

/// The strides of source and destination.
fn halves(stride: u32) -> [i16; 2] {
    let [a, b, c, d] = stride.to_le_bytes();
    [i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])]
}

#[cfg(test)]
mod tests {
    use super::*;

    const INC: u32 = ti::SRC_INC | ti::DEST_INC;

    fn block() -> ControlBlock {
        ControlBlock {
            ti: INC,
            source: 0x100,
            dest: 0x900,
            len: 0x40,
            next: 0x20,
            ..Default::default()
        }
    }

    fn live(source_ad: u32, dest_ad: u32, txfr_len: u32, next: u32) -> Snapshot {
        Snapshot { source_ad, dest_ad, txfr_len, next, ..Snapshot::default() }
    }

    #[test]
    fn registers_of_the_block_before_do_not_count() {
        assert_eq!(Progress::of(&block(), &live(0x50, 0x60, 0, 0x0)), Progress::Ahead);
        assert_eq!(Progress::of(&block(), &live(0x50, 0x60, 0, 0x20)), Progress::Ahead);
        assert_eq!(Progress::of(&block(), &Snapshot::default()), Progress::Ahead);
        assert_eq!(Progress::of(&block(), &live(0x110, 0x904, 0x3C, 0x40)), Progress::Ahead);
    }

    #[test]
    fn a_block_at_work_says_what_is_left() {
        let within = Progress::Within { left: 0x3C, source: 0x110, dest: 0x904 };
        assert_eq!(Progress::of(&block(), &live(0x110, 0x904, 0x3C, 0x20)), within);
    }

    #[test]
    fn a_block_whose_end_is_not_noted_is_behind() {
        assert_eq!(Progress::of(&block(), &live(0x140, 0x940, 0, 0x20)), Progress::Behind);
        let fill = ControlBlock { ti: ti::DEST_INC, ..block() };
        assert_eq!(Progress::of(&fill, &live(0x100, 0x940, 0, 0x20)), Progress::Behind);
    }

    /// A linear length has 30 bits, where 2D has rows and row.
    #[test]
    fn a_long_line_is_no_rectangle() {
        let long = ControlBlock { len: 0x0102_0040, ..block() };
        assert_eq!(bytes(&long), 0x0102_0040);
        let within = Progress::Within { left: 0x0101_003C, source: 1, dest: 2 };
        assert_eq!(Progress::of(&long, &live(1, 2, 0x0101_003C, 0x20)), within);
        let end = live(0x100 + 0x0102_0040, 0x900 + 0x0102_0040, 0, 0x20);
        assert_eq!(Progress::of(&long, &end), Progress::Behind);
    }

    #[test]
    fn what_stands_in_reserved_bits_is_no_rows() {
        let two_d = ControlBlock { ti: INC | ti::TDMODE, len: 0xC002_0020, ..block() };
        assert_eq!(bytes(&two_d), 0x60);
        let within = Progress::Within { left: 0x38, source: 0, dest: 0 };
        assert_eq!(Progress::of(&two_d, &live(0, 0, 0xC001_0018, 0x20)), within);
    }

    #[test]
    fn one_side_that_is_through_is_not_the_end() {
        assert_eq!(Progress::of(&block(), &live(0x140, 0x93C, 0, 0x20)), Progress::Ahead);
        assert_eq!(Progress::of(&block(), &live(0x13C, 0x940, 0, 0x20)), Progress::Ahead);
    }

    #[test]
    fn rows_behind_this_one_count_whole() {
        let stride = 0x0010_0008;
        let two_d = ControlBlock { ti: INC | ti::TDMODE, len: 2 << 16 | 0x20, stride, ..block() };
        assert_eq!(bytes(&two_d), 0x60);
        let registers = live(0, 0, 1 << 16 | 0x18, 0x20);
        let within = Progress::Within { left: 0x38, source: 0, dest: 0 };
        assert_eq!(Progress::of(&two_d, &registers), within);
        let (source, dest) = (0x100 + 3 * 0x28, 0x900 + 3 * 0x30);
        for (more, less) in [(0, 0), (8, 0x10)] {
            let end = live(source - more, dest - less, 0, 0x20);
            assert_eq!(Progress::of(&two_d, &end), Progress::Behind);
        }
        let back = ControlBlock { stride: 0xFFC0_FFC0, ..two_d };
        let end = live(0x100 - 3 * 0x20, 0x900 - 3 * 0x20, 0, 0x20);
        assert_eq!(Progress::of(&back, &end), Progress::Behind);
    }
}
