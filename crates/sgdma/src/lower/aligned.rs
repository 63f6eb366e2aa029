//! Lists that are cut differently, but everywhere at whole bursts, and the destination's at whole cache lines: no edges,
//! no heads, no tails. What is not plainly so is left to [`super::cuts`], which would yield the same blocks.

use core::slice::Iter;

use super::alike::{LINK, Limits};
use super::cuts::Cuts;
use super::{LowerError, side};
use crate::address::BusAddr;
use crate::buffer::wide;
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::{Cell, List};
use crate::segment::list::word;

#[cfg(test)]
mod tests;

/// Where one of the lists is.
#[derive(Clone, Copy)]
pub(super) struct Side {
    /// The next byte, or one past the last. No address before the first entry.
    pub(super) at: u64,
    /// How many bytes of the entry are left.
    pub(super) left: u32,
    /// The entry.
    entry: BusSegment,
    /// How many entries were taken, this one with them.
    taken: usize,
}

impl Side {
    const NOWHERE: Self =
        Self { at: u64::MAX, left: 0, entry: BusSegment::new(BusAddr::new(0), 0), taken: 0 };

    /// At the end of an entry of this length.
    #[inline]
    fn after(addr: u32, len: u32, taken: usize) -> Self {
        let entry = BusSegment::new(BusAddr::new(addr), len);
        Self { at: u64::from(addr) + u64::from(len), left: 0, entry, taken }
    }

    /// At the beginning of the next entry.
    #[inline]
    fn enter(self, entry: BusSegment) -> Self {
        let at = u64::from(entry.addr.get());
        Self { at, left: entry.len, entry, taken: self.taken + 1 }
    }

    /// The next byte, and the end of the entry.
    #[inline]
    fn rest(&self) -> (u64, u64) {
        (self.at, self.at + u64::from(self.left))
    }

    /// At another place, before the end of its entry, after entering so many of these.
    #[inline]
    fn moved(self, (at, end): (u64, u64), cells: &[impl Cell], entered: usize) -> Self {
        let left = low(end - at);
        let entry = entered.checked_sub(1).and_then(|last| cells.get(last)).map(Cell::segment);
        Self { at, left, entry: entry.unwrap_or(self.entry), taken: self.taken + entered }
    }

    /// Whether the last block need not have ended here: the entry has more, or this one goes on where it ended.
    fn goes_on(&self, next: Option<BusSegment>) -> bool {
        if self.left != 0 {
            return self.left != self.entry.len;
        }
        next.is_some_and(|next| u64::from(next.addr.get()) == self.at)
    }
}

/// What has been done, and where the lists are.
pub(super) struct Run {
    pub(super) blocks: usize,
    pub(super) bytes: u64,
    pub(super) source: Side,
    pub(super) destination: Side,
}

impl Run {
    pub(super) const NONE: Self =
        Self { blocks: 0, bytes: 0, source: Side::NOWHERE, destination: Side::NOWHERE };

    /// The bytes of memory that the blocks take.
    #[inline]
    pub(super) fn length(&self) -> u32 {
        ControlBlock::SIZE.wrapping_mul(u32::try_from(self.blocks).unwrap_or(u32::MAX))
    }

    /// Both sides after so many pairs, of which this is the last.
    #[inline]
    pub(super) fn paired(&mut self, last: &ControlBlock, count: usize) {
        self.source = Side::after(last.source, last.len, self.source.taken + count);
        self.destination = Side::after(last.dest, last.len, self.destination.taken + count);
    }
}

/// What comes next.
pub(super) enum Then {
    /// Pairs, perhaps: both sides are at the end of an entry.
    Pairs,
    /// Nothing: both lists are through.
    End,
    /// Something that needs thought, or more room. These entries were fetched and not used.
    Thought(Option<BusSegment>, Option<BusSegment>),
}

/// Writes blocks until both sides are at the end of an entry.
#[inline(never)]
pub(super) fn run<S: List, D: List>(
    source: &mut S,
    destination: &mut D,
    limits: &Limits,
    (blocks, ti, start): (&mut [ControlBlock], u32, u32),
    run: &mut Run,
) -> Then {
    let mut page = Page { blocks, ti, next: start };
    loop {
        let (mut from, mut to) = (None, None);
        if run.source.left == 0 {
            from = source.next_segment();
        }
        if run.destination.left == 0 {
            to = destination.next_segment();
        }
        let ends = run.source.left == 0 && run.destination.left == 0;
        if ends && from.is_none() && to.is_none() && run.blocks != 0 {
            return Then::End;
        }
        let s = limits.enter(run.source, from, limits.unit);
        let d = limits.enter(run.destination, to, limits.lines);
        let (Some(s), Some(d)) = (s, d) else { return Then::Thought(from, to) };
        (run.source, run.destination) = (s, d);
        let (begun, entered) =
            (run.blocks, within(source.cells(), destination.cells(), limits, &mut page, run));
        source.pass(entered.0);
        destination.pass(entered.1);
        if run.blocks == begun {
            pieces(limits, &mut page, run);
        }
        if run.source.left == 0 && run.destination.left == 0 {
            return Then::Pairs;
        }
        if run.blocks == begun {
            return Then::Thought(None, None);
        }
    }
}

/// Where blocks are written.
struct Page<'p> {
    blocks: &'p mut [ControlBlock],
    ti: u32,
    /// The bus address of the next block.
    next: u32,
}

impl Page<'_> {
    /// Goes on so many blocks on.
    #[inline]
    fn turn(&mut self, count: usize) -> usize {
        self.blocks = core::mem::take(&mut self.blocks).get_mut(count..).unwrap_or_default();
        let bytes = ControlBlock::SIZE.wrapping_mul(u32::try_from(count).unwrap_or(u32::MAX));
        self.next = self.next.wrapping_add(bytes);
        count
    }
}

/// Writes blocks, and goes on into the next cells of either side, as long as that is plain, one block is enough for
/// what is left of an entry, there is room, and not both sides are at an end. How many cells of each were entered.
// By itself, so that it has all registers.
#[inline(never)]
fn within<S: Cell, D: Cell>(
    source: &[S],
    destination: &[D],
    limits: &Limits,
    page: &mut Page<'_>,
    run: &mut Run,
) -> (usize, usize) {
    let (mut s, mut s_end) = run.source.rest();
    let (mut d, mut d_end) = run.destination.rest();
    let (mut read_on, mut write_on) = (source.iter(), destination.iter());
    let head = u64::from(page.ti);
    // Where the next block leads; the upper half counts.
    let mut link = (u64::from(page.next) << 32).wrapping_add(LINK);
    let mut bytes = run.bytes + (s_end - s);
    // One side's entries are all short enough, and what is entered is apart from what is left of the other's.
    let easy = if limits.has_easy_lengths() { u64::from(limits.max) } else { 0 };
    let well = (s_end - s).min(d_end - d) <= easy && (s_end <= d || d_end <= s);
    let mut blocks = if well { page.blocks.iter_mut() } else { [].iter_mut() };
    let room = blocks.len();
    let (unit, lines) = (limits.bars(limits.unit), limits.bars(limits.lines));
    for block in blocks.by_ref() {
        let (s_left, d_left) = (s_end - s, d_end - d);
        let next = link;
        link = link.wrapping_add(LINK);
        if s_left < d_left {
            wide::write(block, [head | s << 32, d | s_left << 32, next, 0]);
            (s, d) = (s_end, d + s_left);
            let Some(entry) = limits.next(&mut read_on, unit, s, (d, d_end)) else { break };
            (s, s_end) = entry;
            bytes += s_end - s;
        } else {
            wide::write(block, [head | s << 32, d | d_left << 32, next, 0]);
            (s, d) = (s + d_left, d_end);
            if s_left == d_left {
                break;
            }
            let Some(entry) = limits.next(&mut write_on, lines, d, (s, s_end)) else { break };
            (d, d_end) = entry;
        }
    }
    let count = room - blocks.len();
    run.blocks += page.turn(count);
    run.bytes = bytes - (s_end - s);
    let (i, j) = (source.len() - read_on.len(), destination.len() - write_on.len());
    run.source = run.source.moved((s, s_end), source, i);
    run.destination = run.destination.moved((d, d_end), destination, j);
    (i, j)
}

/// The low half.
#[inline(always)]
fn low(word: u64) -> u32 {
    (word & 0xFFFF_FFFF) as u32
}

/// A block that moves so many bytes from the first place to the second.
#[inline(always)]
fn plain(ti: u32, (source, dest): (u64, u64), len: u64, next: u32) -> ControlBlock {
    let (source, dest, len) = (low(source), low(dest), low(len));
    ControlBlock { ti, source, dest, len, stride: 0, next, reserved: [0; 2] }
}

/// Writes the blocks of one pair of entries until either is through: where one block is not enough.
#[cold]
#[inline(never)]
fn pieces(limits: &Limits, page: &mut Page<'_>, run: &mut Run) {
    let (source, dest) = (&mut run.source, &mut run.destination);
    let (mut next, mut count) = (page.next, 0);
    for block in page.blocks.iter_mut() {
        let len = limits.longest(source.at, dest.at, source.left.min(dest.left));
        let long = u64::from(len);
        if source.at.abs_diff(dest.at) < long {
            break;
        }
        next = next.wrapping_add(ControlBlock::SIZE);
        count += 1;
        *block = plain(page.ti, (source.at, dest.at), long, next);
        (source.at, dest.at) = (source.at + long, dest.at + long);
        source.left -= len;
        dest.left -= len;
        run.bytes += long;
        if source.left == 0 || dest.left == 0 {
            break;
        }
    }
    run.blocks += page.turn(count);
}

impl Limits {
    /// Whether an entry is in reach, aligned, and does not go on where the one before ended.
    #[inline]
    fn plain(&self, entry: BusSegment, end: u64, odd: u32) -> bool {
        let (addr, len) = (entry.addr.get(), entry.len);
        let at = u64::from(addr);
        (addr | len) & odd == 0
            && len != 0
            && (at != end || !self.merges)
            && at >= self.first
            && at + u64::from(len) <= self.end
    }

    /// What is taken off an entry, its address the lower half and its length the upper one, and the bits that must then
    /// be 0. Off the length comes one unit, so that no length has high bits too; and as too long counts what may be longer
    /// than a block. Off the address comes the first in reach: one below it goes round to 2³² less that first one or more,
    /// and as too high counts what has a bit of such. (With a window that does not begin at a power of two below 2³², as
    /// the RAM's does, what is far up in it needs thought. A length that was too great by one and lent its one to the
    /// address would look right, but for that bit.)
    #[inline]
    fn bars(&self, odd: u32) -> (u64, u64) {
        let long = self.max.checked_ilog2().map_or(u32::MAX, |bits| u32::MAX << bits);
        let first = (self.first + u64::from(odd)) & !u64::from(odd);
        let Some(bits) = (1_u64 << 32).saturating_sub(first).checked_ilog2() else {
            return (u64::MAX, u64::MAX);
        };
        let high = !((1_u64 << bits) - 1) & 0xFFFF_FFFF;
        let least = (u64::from(odd.wrapping_add(1)) << 32).wrapping_add(first);
        (least, u64::from(odd) | high | u64::from(odd | long) << 32)
    }

    /// The first byte of the next entry and the one past its last, if it is plain, short, and apart from what is left of
    /// the other side's; if not, it stays the next.
    #[inline(always)]
    fn next<C: Cell>(
        &self,
        cells: &mut Iter<'_, C>,
        (least, bars): (u64, u64),
        end: u64,
        (other, other_end): (u64, u64),
    ) -> Option<(u64, u64)> {
        let entry = word(cells.as_slice().first()?.segment());
        let (at, len) = (entry & 0xFFFF_FFFF, entry >> 32);
        let after = at + len;
        if entry.wrapping_sub(least) & bars != 0 || (!C::MERGED && at == end && self.merges) {
            return None;
        }
        // The other one is in reach: what is below it is not too high.
        if after > other && (at < other_end || after > self.end) {
            return None;
        }
        cells.next();
        Some((at, after))
    }

    /// The side itself where its entry is not through, or at the beginning of the next one, if that is plain.
    #[inline]
    fn enter(&self, side: Side, next: Option<BusSegment>, odd: u32) -> Option<Side> {
        if side.left != 0 {
            return Some(side);
        }
        next.filter(|entry| self.plain(*entry, side.at, odd)).map(|entry| side.enter(entry))
    }

    /// Whether there are lengths of which every block is right. (Not where a line is longer than a block may be: one would
    /// not show in what [`bars`](Self::bars) leaves of it.)
    #[inline]
    fn has_easy_lengths(&self) -> bool {
        self.boundary_mask == u32::MAX && self.max > self.lines
    }

    /// The longest block there can be of so many bytes.
    #[inline]
    fn longest(&self, s: u64, d: u64, len: u32) -> u32 {
        let len = len.min(self.max);
        let mask = u64::from(self.boundary_mask);
        if self.boundary_mask == u32::MAX {
            return len;
        }
        // A boundary is no shorter than a burst or a granule.
        let room = (!s & mask).min(!d & mask) + 1;
        u32::try_from(room).map_or(len, |room| len.min(room))
    }
}

/// Where the general way begins: what it must look at first.
pub(super) struct Resume {
    /// Blocks already written.
    pub(super) blocks: usize,
    pub(super) bytes: u64,
    pub(super) source: Begun,
    pub(super) destination: Begun,
}

/// One side of it.
pub(super) struct Begun {
    /// The entry that is not through, if it was begun, and how many of its bytes are.
    pub(super) entry: Option<BusSegment>,
    pub(super) passed: u32,
    pub(super) taken: usize,
    /// Fetched, not used.
    pub(super) pending: Option<BusSegment>,
}

impl Resume {
    /// From the end of a run. Its last block is taken back where both sides go on: it may have to be longer.
    pub(super) fn after(
        run: &Run,
        blocks: &[ControlBlock],
        [from, to]: [Option<BusSegment>; 2],
    ) -> Self {
        let goes_on = run.source.goes_on(from) && run.destination.goes_on(to);
        let last = run.blocks.checked_sub(1).and_then(|last| blocks.get(last));
        let len = last.filter(|_| goes_on).map_or(0, |block| block.len);
        let begun = |side: &Side, pending| {
            let Side { left, entry, taken, .. } = *side;
            let whole = if left + len == 0 { None } else { Some(entry) };
            Begun { entry: whole, passed: entry.len - left - len, taken, pending }
        };
        Self {
            blocks: run.blocks - usize::from(len != 0),
            bytes: run.bytes - u64::from(len),
            source: begun(&run.source, from),
            destination: begun(&run.destination, to),
        }
    }
}

impl<S: side::Side, D: side::Side> Cuts<S, D> {
    /// Begins the stretch of each side that was begun, and passes what is cut already.
    pub(super) fn pass(&mut self, source: &Begun, destination: &Begun) -> Result<(), LowerError> {
        if source.entry.is_some() {
            self.source.refill(&self.limits)?;
            self.source.advance(source.passed);
        }
        if destination.entry.is_some() {
            self.destination.refill(&self.limits)?;
            self.own_lines();
            self.destination.advance(destination.passed);
        }
        Ok(())
    }
}
