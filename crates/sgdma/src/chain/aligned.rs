//! Chains over lists that are cut differently, but everywhere at whole bursts and the destination's at whole cache
//! lines: judged block by block. What is not plainly right goes to [`super::judge`]; it is not wrong by that alone.

use super::alike::Pattern;
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::List;

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

    /// The beginning of an entry, if there is no doubt about it.
    #[inline]
    fn begin_of(entry: BusSegment, free: u32, pattern: &Pattern) -> Option<Self> {
        let BusSegment { addr, len } = entry;
        let (addr, at) = (addr.get(), u64::from(addr.get()));
        let aligned = (addr | len) & free == 0 && len != 0;
        let clear = pattern.low <= at && at + u64::from(len) <= pattern.high;
        (aligned && clear).then_some(Self { at, left: len, run: addr })
    }

    #[inline]
    fn moved(self, len: u32) -> Option<Self> {
        let left = self.left.checked_sub(len)?;
        Some(Self { at: self.at + u64::from(len), left, ..self })
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
    let Judged { blocks: first, source: mut from, dest: mut to } = *judged;
    let mut index = first;
    let halt = loop {
        let (mut read, mut write) = (None, None);
        let (mut s, mut d) = (from, to);
        let ends = (s.left | d.left) == 0;
        if index + 1 < blocks.len() && ends && index != first {
            break Halt::Pairs;
        }
        if s.left == 0 {
            read = source.next_segment();
        }
        if d.left == 0 {
            write = dest.next_segment();
        }
        let Some(block) = blocks.get(index) else {
            let over = ends && read.is_none() && write.is_none();
            break if over { Halt::End } else { Halt::Doubt(read, write) };
        };
        if s.left == 0 {
            let begun = read.and_then(|entry| Reached::begin_of(entry, pattern.unit, pattern));
            let Some(begun) = begun else { break Halt::Doubt(read, write) };
            s = begun;
        }
        if d.left == 0 {
            let begun = write.and_then(|entry| Reached::begin_of(entry, pattern.lines, pattern));
            let Some(begun) = begun else { break Halt::Doubt(read, write) };
            d = begun;
        }
        let place = if index + 1 == blocks.len() { Place::Last } else { Place::After(base, index) };
        let moved = if pattern.right(block, s.at, d.at, place) {
            s.moved(block.len).zip(d.moved(block.len))
        } else {
            None
        };
        let Some(moved) = moved else { break Halt::Doubt(read, write) };
        (from, to) = moved;
        index += 1;
    };
    *judged = Judged { blocks: index, source: from, dest: to };
    halt
}

/// Where a block is in its chain.
#[derive(Clone, Copy)]
enum Place {
    Last,
    /// So many blocks come before it, the first of which is there.
    After(u32, usize),
}

impl Pattern {
    /// Whether a block moves bytes from here to there as it should, however many.
    #[inline]
    fn right(&self, block: &ControlBlock, from: u64, to: u64, place: Place) -> bool {
        let [ti, source, dest, len, stride, next, r6, r7] = block.words();
        let (want, link) = match place {
            Place::Last => (self.ti | self.last, 0),
            Place::After(base, index) => {
                (self.ti, base.wrapping_add(((index & 0xFFFF_FFFF) as u32).wrapping_add(1) << 5))
            }
        };
        let words = (ti ^ want) | (next ^ link) | stride | r6 | r7 | (len & self.unit);
        let addresses = (from ^ u64::from(source)) | (to ^ u64::from(dest));
        if u64::from(words) | addresses != 0 || len == 0 || len > self.most {
            return false;
        }
        let long = u64::from(len);
        let (read_last, write_last) = (from + (long - 1), to + (long - 1));
        let across = ((from ^ read_last) | (to ^ write_last)) & u64::from(self.beyond);
        across == 0 && (read_last < to || write_last < from)
    }
}
