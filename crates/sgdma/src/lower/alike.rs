//! Lists that are cut alike: one block to a pair of entries, before anything else is set up.
//!
//! Most work is this: pages, or buffers that own their cache lines. What is not plainly so goes the general way, from
//! the pair on that was not; [`super::cuts`] would yield the same blocks for those before, several times slower.

use crate::address::BusAddr;
use crate::constraints::{Constraints, Merge};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;

/// The limits, as few numbers as will do.
pub(super) struct Limits {
    /// The bits that must be 0 in every address and length: lines are owned, bursts and granules whole.
    rough: u32,
    max: u32,
    first: u64,
    /// One past the last byte in reach.
    end: u64,
    /// The bits of an address above the boundary.
    beyond: u32,
}

impl Limits {
    #[inline]
    pub(super) fn of(limits: &Constraints) -> Self {
        let window = limits.window();
        Self {
            rough: (limits.burst() - 1) | (limits.line() - 1) | (limits.granule() - 1),
            max: limits.max_segment(),
            first: u64::from(window.first.get()),
            end: u64::from(window.last.get()) + 1,
            beyond: limits.boundary().map_or(0, u32::wrapping_neg),
        }
    }
}

impl Limits {
    /// Whether both are in reach and apart.
    #[inline]
    fn hold(&self, s: u64, d: u64, s_end: u64, d_end: u64) -> bool {
        if s < d {
            s >= self.first && s_end <= d && d_end <= self.end
        } else {
            d >= self.first && d_end <= s && s_end <= self.end
        }
    }

    /// Whether one of the two crosses the boundary.
    #[inline]
    fn crosses(&self, from: BusSegment, to: BusSegment) -> bool {
        let across = |side: BusSegment| {
            let addr = side.addr.get();
            addr ^ addr.wrapping_add(side.len - 1)
        };
        (across(from) | across(to)) & self.beyond != 0
    }
}

/// A run of blocks that came to its end.
pub(super) struct Run {
    /// How many were written.
    pub(super) blocks: usize,
    /// The bytes that they move.
    pub(super) bytes: u64,
    /// The pair after the last: fetched, not used. Both `None` where both lists are through.
    pub(super) source: Option<BusSegment>,
    pub(super) destination: Option<BusSegment>,
}

/// Writes a block for each pair, the first at bus address `chain`, until one is not plain or there is no room.
// By itself, so that it has all registers.
#[inline(never)]
pub(super) fn run<const BOUNDED: bool, S, D>(
    source: &mut S,
    destination: &mut D,
    limits: &Limits,
    (blocks, chain, ti): (&mut [ControlBlock], u32, u32),
) -> Run
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment>,
{
    let mut free = blocks.iter_mut();
    let (mut next, mut bytes) = (chain, 0);
    // No address is as high. Where the source goes on, both may, and be one stretch: that needs thought.
    let mut joint = u64::MAX;
    let (source, destination) = loop {
        let Some(from) = source.next() else { break (None, destination.next()) };
        let Some(to) = destination.next() else { break (Some(from), None) };
        let (s, d, len) = (from.addr.get(), to.addr.get(), from.len);
        if to.len != len || (s | d | len) & limits.rough != 0 || len.wrapping_sub(1) >= limits.max {
            break (Some(from), Some(to));
        }
        let (s_end, d_end) = (u64::from(s) + u64::from(len), u64::from(d) + u64::from(len));
        if u64::from(s) == joint || !limits.hold(u64::from(s), u64::from(d), s_end, d_end) {
            break (Some(from), Some(to));
        }
        if BOUNDED && limits.crosses(from, to) {
            break (Some(from), Some(to));
        }
        let Some(block) = free.next() else { break (Some(from), Some(to)) };
        next = next.wrapping_add(ControlBlock::SIZE);
        *block = ControlBlock { ti, source: s, dest: d, len, stride: 0, next, reserved: [0; 2] };
        bytes += u64::from(len);
        joint = s_end;
    };
    // The caller has seen that the bus has room for all of them.
    let blocks =
        usize::try_from(next.wrapping_sub(chain) / ControlBlock::SIZE).unwrap_or(usize::MAX);
    Run { blocks, bytes, source, destination }
}

/// Where the general way begins: what it must look at first.
pub(super) struct Resume {
    /// Blocks already written.
    pub(super) blocks: usize,
    pub(super) bytes: u64,
    /// The pair before, whose block is not written after all: what follows goes on where it ends.
    pub(super) before: Option<(BusSegment, BusSegment)>,
    pub(super) source: Option<BusSegment>,
    pub(super) destination: Option<BusSegment>,
}

impl Resume {
    /// From the end of a run. Its last block is taken back where both sides go on contiguously: they are one stretch.
    pub(super) fn after(run: &Run, blocks: &[ControlBlock], merge: Merge) -> Self {
        let Run { blocks: count, bytes, source, destination } = *run;
        let mut resume = Self { blocks: count, bytes, before: None, source, destination };
        let last = count.checked_sub(1).and_then(|last| blocks.get(last));
        let (Some(last), Some(s), Some(d)) = (last, source, destination) else { return resume };
        let goes_on =
            |addr: u32, next: BusSegment| addr.checked_add(last.len) == Some(next.addr.get());
        if merge == Merge::Contiguous && goes_on(last.source, s) && goes_on(last.dest, d) {
            let entry = |addr| BusSegment::new(BusAddr::new(addr), last.len);
            resume.before = Some((entry(last.source), entry(last.dest)));
            resume.blocks -= 1;
            resume.bytes -= u64::from(last.len);
        }
        resume
    }
}
