//! Lists that are cut alike: one block to a pair of entries, many pairs at a time.
//!
//! Most work is this: pages, or buffers that own their cache lines. What is not plainly so is left to
//! [`super::aligned`]; [`super::cuts`] would yield the same blocks, several times slower.

use crate::buffer::wide;
use crate::constraints::{Constraints, Merge};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::Cell;
use crate::segment::list::word;

#[cfg(test)]
mod tests;

/// The limits, as few numbers as will do.
pub(super) struct Limits {
    /// The bits that must be 0 in addresses and lengths: bursts and granules are whole.
    pub(super) unit: u32,
    /// The same for the destination, whose cache lines must be owned besides.
    pub(super) lines: u32,
    pub(super) max: u32,
    /// The first byte in reach.
    pub(super) first: u64,
    /// One past the last byte in reach.
    pub(super) end: u64,
    /// The boundary less one; all ones where there is none.
    pub(super) boundary_mask: u32,
    /// Whether contiguous entries are one.
    pub(super) merges: bool,
}

impl Limits {
    #[inline]
    pub(super) fn of(limits: &Constraints) -> Self {
        let window = limits.window();
        let unit = limits.unit_mask();
        let lines = unit | (limits.line() - 1);
        Self {
            unit,
            lines,
            max: limits.max_segment(),
            first: u64::from(window.first.get()),
            end: u64::from(window.last.get()) + 1,
            boundary_mask: limits.boundary_mask(),
            merges: limits.merge() == Merge::Contiguous,
        }
    }

    /// The bits that must be 0 in the addresses of entries of this length, so that a block moves one whole; `None`
    /// where no block does. Within a boundary lie those that are aligned to their length, if that is a power of two.
    #[inline]
    fn odd(&self, len: u32) -> Option<u32> {
        let tail = len.wrapping_sub(1);
        if tail >= self.max || len & self.lines != 0 {
            return None;
        }
        if self.boundary_mask == u32::MAX {
            return Some(self.lines);
        }
        let whole = tail & len == 0 && tail <= self.boundary_mask;
        if whole { Some(self.lines | tail) } else { None }
    }
}

/// A pair of entries.
type Pair = (BusSegment, BusSegment);

impl Limits {
    /// If one block moves the whole of one entry to the other without more thought: the first byte of both, and one
    /// past the last.
    #[inline(always)]
    fn whole(&self, (from, to): Pair) -> Option<(u64, u64)> {
        let (s, d, len) = (from.addr.get(), to.addr.get(), from.len);
        if to.len != len || (s | d | len) & self.lines != 0 || len.wrapping_sub(1) >= self.max {
            return None;
        }
        let (s, d, len) = (u64::from(s), u64::from(d), u64::from(len));
        let (s_end, d_end) = (s + len, d + len);
        if self.boundary_mask != u32::MAX {
            let across = (s ^ (s_end - 1)) | (d ^ (d_end - 1));
            if across & !u64::from(self.boundary_mask) != 0 {
                return None;
            }
        }
        if s < d {
            if s_end <= d { Some((s, d_end)) } else { None }
        } else if d_end <= s {
            Some((d, s_end))
        } else {
            None
        }
    }

    /// Whether a stretch is in reach.
    #[inline(always)]
    fn reach(&self, (first, end): (u64, u64)) -> bool {
        if first < self.first {
            return false;
        }
        end <= self.end
    }
}

/// Whether one block moves the whole of one entry to another, the only ones there are, without more thought.
#[inline(always)]
pub(super) fn alone(pair: Pair, limits: &Constraints) -> bool {
    let few = Limits::of(limits);
    few.whole(pair).is_some_and(|both| few.reach(both))
}

/// Whether the second is of another length than the first.
#[inline]
fn changes(cells: &[impl Cell]) -> bool {
    matches!(cells, [first, second, ..] if first.segment().len != second.segment().len)
}

/// What was done, and where: the TI of the blocks, the bus address of the first, and how far the source was read before.
pub(super) type Page<'p> = (&'p mut [ControlBlock], u32, u32, u64);

/// Writes a block for each pair of cells until one is not plain or there is no room: how many, and the bytes they move.
#[inline]
pub(super) fn pairs<S: Cell, D: Cell>(
    source: &[S],
    destination: &[D],
    limits: &Limits,
    page: Page<'_>,
) -> (usize, u64) {
    if changes(source) {
        return varied(source, destination, limits, page);
    }
    let (count, len) = uniform(source, destination, limits, page);
    (count, count as u64 * u64::from(len))
}

/// The same for pairs of any length.
// By itself, so that it has all registers; likewise the other.
#[inline(never)]
fn varied<S: Cell, D: Cell>(
    source: &[S],
    destination: &[D],
    limits: &Limits,
    (blocks, ti, start, joint): Page<'_>,
) -> (usize, u64) {
    let (mut next, mut joint, mut bytes) = (start, joint, 0);
    for ((from, to), block) in source.iter().zip(destination).zip(blocks) {
        let (from, to) = (from.segment(), to.segment());
        let Some(both) = limits.whole((from, to)) else { break };
        let (s, len) = (u64::from(from.addr.get()), from.len);
        if (!S::MERGED && s == joint) || !limits.reach(both) {
            break;
        }
        joint = s + u64::from(len);
        next = next.wrapping_add(ControlBlock::SIZE);
        bytes += u64::from(len);
        let (source, dest) = (from.addr.get(), to.addr.get());
        *block = ControlBlock { ti, source, dest, len, stride: 0, next, reserved: [0; 2] };
    }
    (blocks_of(next.wrapping_sub(start)), bytes)
}

/// How many blocks take so many bytes of memory. The caller has seen that the bus has room for all of them.
#[inline]
fn blocks_of(bytes: u32) -> usize {
    usize::try_from(bytes / ControlBlock::SIZE).unwrap_or(usize::MAX)
}

/// The distance of two blocks in memory, counted in the upper half.
pub(super) const LINK: u64 = (ControlBlock::SIZE as u64) << 32;

/// The same for pairs that are all of one length, which is not looked at again: how many, and the length.
#[inline(never)]
fn uniform<S: Cell, D: Cell>(
    source: &[S],
    destination: &[D],
    limits: &Limits,
    (blocks, ti, start, joint): Page<'_>,
) -> (usize, u32) {
    let Some(len) = source.first().map(|cell| cell.segment().len) else { return (0, 0) };
    let Some(odd) = limits.odd(len).map(u64::from) else { return (0, 0) };
    let long = u64::from(len);
    // Addresses are counted from here on. Below it they are below 0, and so have high bits; the length is taken off
    // there, so that a longer one has them too, or is past the window.
    let first = (limits.first + odd) & !odd;
    let Some(top) = limits.end.checked_sub(first + long) else { return (0, 0) };
    let (odd, base) = (odd | 0xFFFF_FFFF_0000_0000, first + (long << 32));
    let head = u64::from(ti) + (first << 32);
    // The upper half counts.
    let begin = u64::from(start) << 32;
    let (mut next, mut joint) = (begin, joint.wrapping_sub(first));
    for ((from, to), block) in source.iter().zip(destination).zip(blocks) {
        let (from, to) = (word(from.segment()), word(to.segment()));
        let (s, d) = (from.wrapping_sub(base), to.wrapping_sub(base));
        // Where the source goes on, both may, and be one stretch: that needs thought.
        if (s | d) & odd != 0 || (!S::MERGED && s == joint) {
            break;
        }
        let s_end = s + long;
        if s < d {
            if s_end > d || d > top {
                break;
            }
        } else if d + long > s || s > top {
            break;
        }
        joint = s_end;
        next = next.wrapping_add(LINK);
        wide::write(block, [head.wrapping_add(s << 32), to, next, 0]);
    }
    (blocks_of((next.wrapping_sub(begin) >> 32) as u32), len)
}
