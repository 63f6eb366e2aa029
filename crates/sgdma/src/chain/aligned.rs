//! Chains over lists that are cut differently, but everywhere at whole bursts and the destination's at whole cache
//! lines: judged block by block. What is not plainly right goes to [`super::judge`]; it is not wrong by that alone.

use core::slice::Iter;

use super::alike::{Pattern, blocks_of, both};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::{Cell, List};

/// How far one of the lists is moved.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    /// The next byte, or one past the last.
    pub(super) at: u64,
    /// Bytes of the entry to come.
    pub(super) left: u32,
    /// Where the entry began.
    pub(super) run: u32,
}

impl Reached {
    /// The end of a block.
    #[inline]
    pub(super) fn end_of(addr: u32, len: u32) -> Self {
        Self { at: u64::from(addr) + u64::from(len), left: 0, run: addr }
    }

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
        let ends = judged.source.left == 0 && judged.dest.left == 0;
        if judged.blocks == body.len() {
            if !ends {
                judged.last(last, pattern);
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
    /// Judges the last block, if there is no doubt about it.
    fn last(&mut self, last: &ControlBlock, pattern: &Pattern) {
        let (from, to) = (self.source, self.dest);
        let most = from.left.min(to.left);
        if last.len <= most && pattern.right(last, from.at, to.at, (pattern.ti | pattern.last, 0)) {
            self.blocks += 1;
            self.source = from.moved(last.len);
            self.dest = to.moved(last.len);
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
    let (mut from, mut to) = (judged.source.at, judged.dest.at);
    let (mut reads, mut writes) = (judged.source.left, judged.dest.left);
    let (mut read_on, mut write_on) = (source.iter(), dest.iter());
    let passed = 32_u32.wrapping_mul(u32::try_from(judged.blocks).unwrap_or(u32::MAX));
    let start = u64::from(base.wrapping_add(passed)) << 32;
    let mut link = start;
    for block in blocks.get(judged.blocks..).unwrap_or_default() {
        let len = block.len;
        let after = link.wrapping_add(32 << 32);
        if len > reads || len > writes || !pattern.right(block, from, to, (pattern.ti, after)) {
            break;
        }
        link = after;
        (from, to) = (from + u64::from(len), to + u64::from(len));
        reads -= len;
        writes -= len;
        if reads == 0 {
            if writes == 0 {
                break;
            }
            let Some(entry) = pattern.begin(&mut read_on, pattern.unit) else { break };
            (from, reads) = (u64::from(entry.addr.get()), entry.len);
        } else if writes == 0 {
            let Some(entry) = pattern.begin(&mut write_on, pattern.lines) else { break };
            (to, writes) = (u64::from(entry.addr.get()), entry.len);
        }
    }
    let begun = (source.len() - read_on.len(), dest.len() - write_on.len());
    let entry = begun.1.checked_sub(1).and_then(|last| dest.get(last)).map(Cell::segment);
    let run = entry.map_or(judged.dest.run, |entry| entry.addr.get());
    judged.blocks += blocks_of(link.wrapping_sub(start));
    judged.source = Reached { at: from, left: reads, run: judged.source.run };
    judged.dest = Reached { at: to, left: writes, run };
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

    /// The next entry, if there is no doubt about it; if there is, it stays the next.
    #[inline(always)]
    fn begin<C: Cell>(&self, cells: &mut Iter<'_, C>, free: u32) -> Option<BusSegment> {
        let mut on = cells.clone();
        let entry = on.next()?.segment();
        if !self.well(entry, free) {
            return None;
        }
        *cells = on;
        Some(entry)
    }

    /// Whether a block moves bytes from here to there as it should, however many, and leads where it should: the
    /// address in the upper half of `link`.
    #[inline(always)]
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
