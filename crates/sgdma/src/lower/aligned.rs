//! Lists that are cut differently, but everywhere at whole bursts, and the destination's at whole cache lines: no edges,
//! no heads, no tails. What is not plainly so is left to [`super::cuts`], which would yield the same blocks.

use super::alike::Limits;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;
use crate::segment::list::sealed::List;

/// Where one of the lists is.
#[derive(Clone, Copy)]
pub(super) struct Side {
    /// The next byte, or one past the last. No address before the first entry.
    pub(super) at: u64,
    /// How many bytes of the entry are left.
    pub(super) left: u32,
    /// The entry.
    pub(super) entry: BusSegment,
    /// How many entries were taken, this one with them.
    pub(super) taken: usize,
}

impl Side {
    pub(super) const NOWHERE: Self = Self {
        at: u64::MAX,
        left: 0,
        entry: BusSegment::new(BusAddr::new(0), 0),
        taken: 0,
    };

    /// At the end of an entry of this length.
    #[inline]
    pub(super) fn after(addr: u32, len: u32, taken: usize) -> Self {
        let entry = BusSegment::new(BusAddr::new(addr), len);
        Self { at: u64::from(addr) + u64::from(len), left: 0, entry, taken }
    }

    /// At the beginning of the next entry, if it is in reach, aligned, and does not go on where this one ends.
    #[inline]
    fn enter(self, entry: BusSegment, odd: u32, limits: &Limits) -> Option<Self> {
        let (addr, len) = (entry.addr.get(), entry.len);
        let at = u64::from(addr);
        let plain = (addr | len) & odd == 0 && len != 0 && (at != self.at || !limits.merges);
        let within = at >= limits.first && at + u64::from(len) <= limits.end;
        (plain && within).then_some(Self { at, left: len, entry, taken: self.taken + 1 })
    }

    #[inline]
    fn pass(self, len: u32) -> Self {
        Self { at: self.at + u64::from(len), left: self.left - len, ..self }
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
        ControlBlock::SIZE.wrapping_mul((self.blocks & 0xFFFF_FFFF) as u32)
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
    let (mut s, mut d) = (run.source, run.destination);
    let mut next = start;
    let mut bytes = run.bytes;
    let mut count = 0;
    let mut free = blocks.iter_mut();
    let then = loop {
        let (mut from, mut to) = (None, None);
        let (mut s_next, mut d_next) = (s, d);
        if s.left == 0 {
            if d.left == 0 && count != 0 {
                break Then::Pairs;
            }
            from = source.next_segment();
            let Some(entry) = from else {
                if d.left == 0 {
                    to = destination.next_segment();
                }
                let over = d.left == 0 && to.is_none() && run.blocks != 0;
                break if over { Then::End } else { Then::Thought(from, to) };
            };
            let Some(side) = s.enter(entry, limits.unit, limits) else {
                break Then::Thought(from, to);
            };
            s_next = side;
        }
        if d.left == 0 {
            to = destination.next_segment();
            let Some(side) = to.and_then(|entry| d.enter(entry, limits.lines, limits)) else {
                break Then::Thought(from, to);
            };
            d_next = side;
        }
        let len = limits.longest(&s_next, &d_next);
        let long = u64::from(len);
        if s_next.at + long > d_next.at && d_next.at + long > s_next.at {
            break Then::Thought(from, to);
        }
        let Some(block) = free.next() else { break Then::Thought(from, to) };
        next = next.wrapping_add(ControlBlock::SIZE);
        let (source, dest) = (s_next.address(), d_next.address());
        *block = ControlBlock { ti, source, dest, len, stride: 0, next, reserved: [0; 2] };
        (s, d) = (s_next.pass(len), d_next.pass(len));
        bytes += long;
        count += 1;
    };
    *run = Run { blocks: run.blocks + count, bytes, source: s, destination: d };
    then
}

impl Side {
    #[inline]
    fn address(&self) -> u32 {
        (self.at & 0xFFFF_FFFF) as u32
    }
}

impl Limits {
    /// The longest block there can be.
    #[inline]
    fn longest(&self, s: &Side, d: &Side) -> u32 {
        let len = s.left.min(d.left).min(self.max);
        let mask = self.boundary_mask;
        if mask == u32::MAX {
            return len;
        }
        // A boundary is no shorter than a burst or a granule.
        len.min((!s.address() & mask) + 1).min((!d.address() & mask) + 1)
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
    /// The entry that is not through, if it was begun, and how many of its bytes are. What follows may go on where it
    /// ends.
    pub(super) entry: Option<BusSegment>,
    pub(super) passed: u32,
    pub(super) taken: usize,
    /// Fetched, not used.
    pub(super) pending: Option<BusSegment>,
}

impl Resume {
    /// From the end of a run. Its last block is taken back: both sides may go on contiguously, and are one stretch.
    pub(super) fn after(run: &Run, blocks: &[ControlBlock], fetched: [Option<BusSegment>; 2]) -> Self {
        let last = run.blocks.checked_sub(1).and_then(|last| blocks.get(last));
        let len = last.map_or(0, |block| block.len);
        let [from, to] = fetched;
        let begun = |side: &Side, pending| Begun {
            entry: last.map(|_| side.entry),
            passed: side.entry.len - side.left - len,
            taken: side.taken,
            pending,
        };
        Self {
            blocks: run.blocks - usize::from(last.is_some()),
            bytes: run.bytes - u64::from(len),
            source: begun(&run.source, from),
            destination: begun(&run.destination, to),
        }
    }
}
