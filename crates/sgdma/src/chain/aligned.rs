//! Chains over lists that are cut differently, but everywhere at whole bursts and the destination's at whole cache
//! lines: judged block by block. What is not plainly right goes to [`super::judge`]; it is not wrong by that alone.

use core::slice::Iter;

use super::alike::{LINK, Pattern, both};
use crate::buffer::wide;
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::{Cell, List};
use crate::segment::list::word;

#[cfg(test)]
mod tests;

/// How far one of the lists is moved.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    /// The next byte, or one past the last; nowhere after blocks that moved whole entries.
    pub(super) at: u64,
    /// Bytes of the entry to come.
    pub(super) left: u32,
    /// Where the entry began.
    pub(super) run: u32,
}

impl Reached {
    /// Here, or where nothing is left at the beginning of the next entry, if there is no doubt about that.
    #[inline]
    fn or_next(self, next: Option<BusSegment>, free: u32, pattern: &Pattern) -> Option<Self> {
        if self.left != 0 {
            return Some(self);
        }
        let entry = next.filter(|entry| pattern.well(*entry, free))?;
        let run = entry.addr.get();
        Some(Self { at: u64::from(run), left: entry.len, run })
    }
}

impl Reached {
    /// Here, in an entry that ends there and began at `run`.
    #[inline]
    fn before(at: u64, end: u64, run: u32) -> Self {
        Self { at, left: ((end - at) & 0xFFFF_FFFF) as u32, run }
    }

    /// The next byte, and the end of the entry.
    #[inline]
    fn rest(&self) -> (u64, u64) {
        (self.at, self.at + u64::from(self.left))
    }

    /// So many bytes on, at most as many as are left.
    #[inline]
    fn moved(self, len: u32) -> Self {
        Self { at: self.at + u64::from(len), left: self.left - len, ..self }
    }
}

/// How far the judge went.
#[derive(Default)]
pub(super) struct Judged {
    /// So many blocks are right.
    pub(super) blocks: usize,
    pub(super) source: Reached,
    pub(super) dest: Reached,
}

/// Why it went no further.
pub(super) enum Halt {
    /// Both sides are at the end of an entry; there are more blocks.
    Pairs,
    /// Everything is judged and right.
    End,
    /// Something needs a closer look. These entries were fetched and not used.
    Doubt(Option<BusSegment>, Option<BusSegment>),
}

/// Judges blocks while there is no doubt, until both sides are at the end of an entry.
#[inline(never)]
pub(super) fn judge<S: List, D: List>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    (source, dest): (&mut S, &mut D),
    judged: &mut Judged,
) -> Halt {
    let Some((last, body)) = blocks.split_last() else { return Halt::Doubt(None, None) };
    loop {
        let ends = judged.source.left == 0 && judged.dest.left == 0;
        let read = if judged.source.left == 0 { source.next_segment() } else { None };
        let write = if judged.dest.left == 0 { dest.next_segment() } else { None };
        if judged.blocks >= blocks.len() {
            let over = ends && read.is_none() && write.is_none();
            return if over { Halt::End } else { Halt::Doubt(read, write) };
        }
        let from = judged.source.or_next(read, pattern.unit, pattern);
        let to = judged.dest.or_next(write, pattern.lines, pattern);
        let (Some(from), Some(to)) = (from, to) else { return Halt::Doubt(read, write) };
        (judged.source, judged.dest) = (from, to);
        let first = judged.blocks;
        let (reads, writes) = within(body, base, pattern, (source.cells(), dest.cells()), judged);
        source.pass(reads);
        dest.pass(writes);
        if judged.blocks == first {
            judged.pieces(body, base, pattern);
        }
        let ends = judged.source.left == 0 && judged.dest.left == 0;
        if judged.blocks == body.len() {
            if !ends {
                let _ = judged.piece(last, pattern, (pattern.ti | pattern.last, 0));
            }
        } else if ends {
            return Halt::Pairs;
        }
        if judged.blocks == first {
            return Halt::Doubt(None, None);
        }
    }
}

impl Judged {
    /// Judges one block that leads to `link` (in the upper half) and lies within an entry of either side; whether there
    /// is no doubt about it.
    fn piece(&mut self, block: &ControlBlock, pattern: &Pattern, is: (u32, u64)) -> bool {
        let (from, to) = (self.source, self.dest);
        let most = from.left.min(to.left);
        let right = block.len <= most && pattern.right(block, from.at, to.at, is);
        if right {
            self.blocks += 1;
            self.source = from.moved(block.len);
            self.dest = to.moved(block.len);
        }
        right
    }

    /// Judges blocks that are not the last until either side is at the end of an entry, if there is no doubt about
    /// them: there may be many to one pair of entries.
    #[cold]
    #[inline(never)]
    fn pieces(&mut self, blocks: &[ControlBlock], base: u32, pattern: &Pattern) {
        while let Some(block) = blocks.get(self.blocks) {
            let after = u64::from(base) + 32 * (self.blocks as u64 + 1);
            // No block moves nothing: where nothing is left, none is right.
            if !self.piece(block, pattern, (pattern.ti, after << 32)) {
                return;
            }
        }
    }
}

/// Judges blocks that are not the last and goes on into the next cells of either side as long as there is no doubt, and
/// not both sides are at an end. How many cells of each were begun.
// By itself, so that it has all registers.
#[inline(never)]
fn within<S: Cell, D: Cell>(
    blocks: &[ControlBlock],
    base: u32,
    pattern: &Pattern,
    (source, dest): (&[S], &[D]),
    judged: &mut Judged,
) -> (usize, usize) {
    let (mut from, mut from_end) = judged.source.rest();
    let (mut to, mut to_end) = judged.dest.rest();
    let (mut read_on, mut write_on) = (source.iter(), dest.iter());
    let passed = 32_u32.wrapping_mul(u32::try_from(judged.blocks).unwrap_or(u32::MAX));
    // Where the next block leads, in the upper half.
    let mut link = (u64::from(base.wrapping_add(passed)) << 32).wrapping_add(LINK);
    // One side's entries are all short enough, and what is begun is apart from what is left of the other's.
    let short = (from_end - from).min(to_end - to) <= u64::from(pattern.easy);
    let apart = from_end <= to || to_end <= from;
    let rest = if short && apart { blocks.get(judged.blocks..) } else { None };
    let mut rest = rest.unwrap_or_default().iter();
    let unjudged = rest.len();
    let (unit, lines) = (pattern.foul(pattern.unit), pattern.foul(pattern.lines));
    let head = u64::from(pattern.ti);
    while let Some(block) = rest.as_slice().first() {
        let (reads, writes) = (from_end - from, to_end - to);
        if reads < writes {
            if !wide::is(block, [head | from << 32, to | reads << 32, link, 0]) {
                break;
            }
            rest.next();
            link = link.wrapping_add(LINK);
            (from, to) = (from_end, to + reads);
            let Some(entry) = pattern.begin(&mut read_on, unit, (to, to_end)) else { break };
            (from, from_end) = entry;
        } else {
            if !wide::is(block, [head | from << 32, to | writes << 32, link, 0]) {
                break;
            }
            rest.next();
            link = link.wrapping_add(LINK);
            (from, to) = (from + writes, to_end);
            if reads == writes {
                break;
            }
            let Some(entry) = pattern.begin(&mut write_on, lines, (from, from_end)) else { break };
            (to, to_end) = entry;
        }
    }
    let begun = (source.len() - read_on.len(), dest.len() - write_on.len());
    let entry = begun.1.checked_sub(1).and_then(|last| dest.get(last)).map(Cell::segment);
    let run = entry.map_or(judged.dest.run, |entry| entry.addr.get());
    judged.blocks += unjudged - rest.len();
    judged.source = Reached::before(from, from_end, judged.source.run);
    judged.dest = Reached::before(to, to_end, run);
    begun
}

impl Pattern {
    /// Whether there is no doubt about an entry: aligned, and clear of where nothing may be.
    #[inline]
    fn well(&self, entry: BusSegment, free: u32) -> bool {
        let (addr, len) = (entry.addr.get(), entry.len);
        let at = u64::from(addr);
        let clear = self.low <= at && at + u64::from(len) <= self.high;
        (addr | len) & free == 0 && len != 0 && clear
    }

    /// Bits that an entry may not have, its address in the lower half and its length in the upper one, once the first
    /// of the two is taken off: one unit of length, so that 0 has them too. To them belong those of a length that may be
    /// over the longest block's.
    #[inline]
    fn foul(&self, free: u32) -> (u64, u64) {
        let far = self.easy.checked_ilog2().map_or(u32::MAX, |bit| u32::MAX << bit);
        let one = u64::from(free.wrapping_add(1)) << 32;
        (one, u64::from(free) | u64::from(free | far) << 32)
    }

    /// The first byte of the next entry and the one past its last, if there is no doubt about it, nor that a block takes
    /// the whole of it without touching what is left of the other side's; if there is, it stays the next.
    #[inline(always)]
    fn begin<C: Cell>(
        &self,
        cells: &mut Iter<'_, C>,
        (one, foul): (u64, u64),
        (left, left_end): (u64, u64),
    ) -> Option<(u64, u64)> {
        let entry = word(cells.as_slice().first()?.segment());
        let (first, len) = (entry & 0xFFFF_FFFF, entry >> 32);
        let end = first + len;
        if entry.wrapping_sub(one) & foul != 0 {
            return None;
        }
        // What is left of the other lies between `low` and `high`.
        if end > left {
            if first < left_end || end > self.high {
                return None;
            }
        } else if first < self.low {
            return None;
        }
        cells.next();
        Some((first, end))
    }

    /// Whether a block moves bytes from here to there as it should, however many, and leads where it should: the
    /// address in the upper half of `link`.
    #[inline(never)]
    fn right(&self, block: &ControlBlock, from: u64, to: u64, (ti, link): (u32, u64)) -> bool {
        let [head, source, dest, len, stride, next, r6, r7] = block.words();
        if head != ti || u64::from(source) != from || u64::from(dest) != to {
            return false;
        }
        if both(stride, next) != link || both(r6, r7) != 0 || len & self.unit != 0 {
            return false;
        }
        if len.wrapping_sub(1) >= self.easy && !self.hard(from, to, len) {
            return false;
        }
        if from < to { from + u64::from(len) <= to } else { to + u64::from(len) <= from }
    }

    /// Whether the length is right where not every one is.
    #[cold]
    fn hard(&self, from: u64, to: u64, len: u32) -> bool {
        let tail = u64::from(len.wrapping_sub(1));
        let across = (from ^ (from + tail)) | (to ^ (to + tail));
        len != 0 && len <= self.most && across & u64::from(self.beyond) == 0
    }
}
