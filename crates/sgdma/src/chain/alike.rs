//! Chains with one block to a pair of entries, judged many at a time with the lists beside them. What is not plainly
//! right goes to [`super::aligned`]; it is not wrong by that alone.

use super::rules::{Rules, Zones};
use super::{alone, bits};
use crate::buffer::wide;
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::Cell;
use crate::segment::list::word;

#[cfg(test)]
mod tests;

/// What every block of a plain chain is compared with.
pub(super) struct Pattern {
    pub(super) ti: u32,
    /// What the last block has besides.
    pub(super) last: u32,
    /// Bits that addresses and lengths may not have.
    pub(super) unit: u32,
    /// Nor those of the destination.
    pub(super) lines: u32,
    pub(super) most: u32,
    /// Up to this every length is right: none where there is a boundary or blocks are short.
    pub(super) easy: u32,
    /// The bits of an address above the boundary; 0 where there is none.
    pub(super) beyond: u32,
    /// All entries lie from here to there.
    pub(super) low: u64,
    pub(super) high: u64,
}

impl Pattern {
    /// A copy in whole bursts, 128 bits at a time where bursts are as long.
    #[inline]
    pub(super) fn copy(rules: &Rules, zones: &Zones) -> Self {
        let wide = bits::WIDTHS | bits::wide_burst(rules.kind) << bits::BURST_AT;
        let (low, high) = zones.clear_stretch();
        let unit = rules.granule_mask | rules.burst_mask;
        let lines = unit | rules.line_mask;
        // Not where a line is longer than a block may be: one would not show in what `foul` is asked of.
        let easy = rules.beyond == 0 && rules.max > lines;
        Self {
            ti: bits::SRC_INC | bits::DEST_INC | if rules.burst_mask < 15 { 0 } else { wide },
            last: bits::INTEN | bits::WAIT_RESP,
            unit,
            lines,
            most: rules.max,
            easy: if easy { rules.max } else { 0 },
            beyond: rules.beyond,
            low: u64::from(low),
            high: u64::from(high),
        }
    }

    /// Whether a block moves the whole of one entry to the other, and there is no doubt about it.
    #[inline(always)]
    fn fits(&self, block: &ControlBlock, is: (u32, u64), pair: (BusSegment, BusSegment)) -> bool {
        let limits = alone::Limits { free: self.lines, most: self.most, beyond: self.beyond };
        let Some((first, end)) = alone::whole(block, &limits, is, pair) else { return false };
        if first < self.low {
            return false;
        }
        end <= self.high
    }

    /// The same of the last block and the last entries.
    #[inline]
    pub(super) fn ends(&self, block: &ControlBlock, read: BusSegment, write: BusSegment) -> bool {
        self.fits(block, (self.ti | self.last, 0), (read, write))
    }

    /// Bits that addresses may not have where a block moves a whole entry of this length; `None` where none may.
    #[inline]
    fn free_bits(&self, len: u32) -> Option<u32> {
        if len == 0 || len > self.most || len & self.lines != 0 {
            return None;
        }
        if self.beyond == 0 {
            return Some(self.lines);
        }
        // Aligned to its length, a power of two within the boundary, it cannot lie across one.
        let natural = len.is_power_of_two() && (len - 1) & self.beyond == 0;
        natural.then(|| self.lines | (len - 1))
    }
}

/// Whether the second is of another length than the first.
#[inline]
fn varies(cells: &[impl Cell]) -> bool {
    matches!(cells, [one, two, ..] if one.segment().len != two.segment().len)
}

/// Judges blocks, the first at bus address `base`, each with a pair of cells that it moves the whole of. How many are
/// right beyond doubt.
#[inline]
pub(super) fn judge<S: Cell, D: Cell>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    source: &[S],
    dest: &[D],
) -> usize {
    let judge = if varies(source) { varied } else { uniform };
    judge(blocks, base, pattern, source, dest)
}

/// The same for pairs of any length.
// By itself, so that it has all registers; likewise the other.
#[inline(never)]
fn varied<S: Cell, D: Cell>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    source: &[S],
    dest: &[D],
) -> usize {
    let begin = u64::from(base) << 32;
    let mut link = begin;
    for ((read, write), block) in source.iter().zip(dest).zip(blocks) {
        let after = link.wrapping_add(32 << 32);
        if !pattern.fits(block, (pattern.ti, after), (read.segment(), write.segment())) {
            break;
        }
        link = after;
    }
    blocks_of(link.wrapping_sub(begin))
}

/// The distance of two blocks in memory, counted in the upper half.
pub(super) const LINK: u64 = 32 << 32;

/// How many blocks there are in so many bytes, counted in the upper half.
#[inline]
pub(super) fn blocks_of(bytes: u64) -> usize {
    usize::try_from(bytes >> 37).unwrap_or(usize::MAX)
}

/// The same for pairs of one length.
#[inline(never)]
fn uniform<S: Cell, D: Cell>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    source: &[S],
    dest: &[D],
) -> usize {
    let Some(len) = source.first().map(|cell| cell.segment().len) else { return 0 };
    let Some(free) = pattern.free_bits(len).map(u64::from) else { return 0 };
    let len = u64::from(len);
    // Both addresses are taken relative to `zero`, with the length in the upper half taken off: what is left above
    // bit 31 shows a length that differs or an address too low. (A length too great by one with an address too low
    // would not show; that is beyond `top`.)
    let zero = (pattern.low + free) & !free;
    let Some(top) = pattern.high.checked_sub(zero + len) else { return 0 };
    let (off, foul) = (zero + (len << 32), free | u64::from(u32::MAX) << 32);
    // Two words of a block are compared at once.
    let head = u64::from(pattern.ti) + (zero << 32);
    let begin = (u64::from(base) << 32).wrapping_add(LINK);
    let mut link = begin;
    for ((read, write), block) in source.iter().zip(dest).zip(blocks) {
        let (read, write) = (word(read.segment()), word(write.segment()));
        let (from, to) = (read.wrapping_sub(off), write.wrapping_sub(off));
        if (from | to) & foul != 0 {
            break;
        }
        if !wide::is(block, [head.wrapping_add(from << 32), write, link, 0]) {
            break;
        }
        if from < to {
            if from + len > to || to > top {
                break;
            }
        } else if to + len > from || from > top {
            break;
        }
        link = link.wrapping_add(LINK);
    }
    blocks_of(link.wrapping_sub(begin))
}

/// Two words of memory as one.
#[inline]
pub(super) fn both(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}
