//! The short ways write what the general one writes.

use std::vec::Vec;

use fastrand::Rng;

use super::*;
use crate::segment::random;

/// A plan by one of the ways: blocks, edges, counts.
type Way = fn(
    &[BusSegment],
    &[BusSegment],
    &Constraints,
    Storage<'_>,
) -> Result<(Vec<ControlBlock>, Vec<Edge>, Counts), LowerError>;

fn told(plan: &Plan<'_>) -> (Vec<ControlBlock>, Vec<Edge>, Counts) {
    (plan.blocks.to_vec(), plan.edges.to_vec(), plan.counts)
}

#[test]
fn a_short_way_writes_what_the_general_one_writes() {
    let short: Way = |source, dest, limits, storage| {
        copy(source.iter(), dest.iter(), limits, storage).map(|plan| told(&plan))
    };
    let general: Way = |source, dest, limits, storage| {
        copy_rest(&Run::NONE, [None; 2], (source.iter(), dest.iter()), limits, storage)
            .map(|plan| told(&plan))
    };
    let mut planned = 0;
    for seed in 0..if cfg!(miri) { 40 } else { 40_000 } {
        let mut rng = Rng::with_seed(seed);
        let (mut source, mut dest, limits) = random::copy(&mut rng);
        if rng.u8(..16) == 0
            && let Some(last) = [&mut source, &mut dest][rng.usize(..2)].last_mut()
        {
            // There is more on this side than on the other.
            last.len += [4, 64, 128][rng.usize(..3)];
        }
        let room = if rng.u8(..8) == 0 { rng.usize(..4) } else { 256 };
        let plan = |way: Way| {
            let (mut blocks, mut edges) = ([ControlBlock::default(); 256], [Edge::default(); 64]);
            let slots = BusSegment { addr: BusAddr::new(0xC011_0000), len: 4096 };
            let chain = BusAddr::new(0xC010_0000);
            let storage = Storage { blocks: &mut blocks[..room], chain, edges: &mut edges, slots };
            way(&source, &dest, &limits, storage)
        };
        let by_short = plan(short);
        assert_eq!(by_short, plan(general), "{seed}");
        planned += usize::from(by_short.is_ok());
    }
    assert!(cfg!(miri) || planned > 20_000, "{planned}");
}

/// A list walked by bytes, as long as its entries are aligned whole and within reach.
struct Plain<'a> {
    entries: core::slice::Iter<'a, BusSegment>,
    odd: u32,
    addr: u32,
    left: u32,
    /// The entry has just begun, where the one before it ended.
    joint: bool,
}

impl<'a> Plain<'a> {
    fn new(entries: &'a [BusSegment], odd: u32) -> Self {
        Self { entries: entries.iter(), odd, addr: 0, left: 0, joint: false }
    }

    /// Whether there is a byte more that needs no thought.
    fn goes_on(&mut self, limits: &Constraints) -> bool {
        self.joint = false;
        if self.left != 0 {
            return true;
        }
        let Some(entry) = self.entries.next() else { return false };
        self.joint = entry.addr.get() == self.addr;
        (self.addr, self.left) = (entry.addr.get(), entry.len);
        (self.addr | self.left) & self.odd == 0 && limits.window().contains(*entry)
    }

    fn advance(&mut self, len: u32) {
        (self.addr, self.left) = (self.addr + len, self.left - len);
    }
}

fn has_joints(entries: &[BusSegment]) -> bool {
    entries.windows(2).any(|pair| pair[0].merged(pair[1]).is_some())
}

/// How many blocks need no thought, and their bytes: those of entries that are aligned whole, to bursts and granules and the destination's
/// to cache lines, until one goes on where the one before it ended (but in the destination where a block moves the whole
/// of an entry to the whole of another), and that do not read what they write.
fn plain_blocks(source: &[BusSegment], dest: &[BusSegment], limits: &Constraints) -> (usize, u32) {
    let unit = (limits.burst() - 1) | (limits.granule() - 1);
    let (mut from, mut to) =
        (Plain::new(source, unit), Plain::new(dest, unit | (limits.line() - 1)));
    let (mut blocks, mut bytes) = (0, 0);
    loop {
        let begins = from.left | to.left == 0;
        if !(from.goes_on(limits) & to.goes_on(limits)) || from.joint {
            return (blocks, bytes);
        }
        let mut len = from.left.min(to.left).min(limits.max_segment());
        if let Some(boundary) = limits.boundary() {
            len = len.min(boundary - from.addr % boundary).min(boundary - to.addr % boundary);
        }
        // The loop over pairs wants whole lines of both.
        let lines = from.addr & (limits.line() - 1) == 0;
        let whole = begins && lines && len == from.left && len == to.left;
        let [read, write] =
            [from.addr, to.addr].map(|addr| BusSegment { addr: BusAddr::new(addr), len });
        if to.joint && !whole || read.overlaps(write) {
            return (blocks, bytes);
        }
        from.advance(len);
        to.advance(len);
        (blocks, bytes) = (blocks + 1, bytes + len);
    }
}

#[test]
#[cfg_attr(feature = "small", ignore = "there is no short way")]
fn the_short_ways_go_as_far_as_nothing_needs_thought() {
    let mut to_the_end = 0;
    for seed in 0..if cfg!(miri) { 40 } else { 20_000 } {
        let mut rng = Rng::with_seed(seed);
        let (source, dest, limits) = random::copy(&mut rng);
        if limits.boundary().is_some() && has_joints(&dest) {
            // Some go past joints here too, if not all.
            continue;
        }
        let (plain, bytes) = plain_blocks(&source, &dest, &limits);
        if let ([from], [to]) = (&source[..], &dest[..]) {
            // Not asked for by need, but for speed: the source's lines are whole too.
            let lines = from.addr.is_aligned(limits.line());
            let alone = plain == 1 && from.len == bytes && to.len == bytes && lines;
            let mut block = ControlBlock::default();
            assert_eq!(copy_only((*from, *to), &limits, &mut block), alone, "{seed}");
        }
        let room = if rng.u8(..8) == 0 { rng.usize(..4) } else { 256 };
        let mut blocks = [ControlBlock::default(); 256];
        let chain = BusAddr::new(0xC010_0000);
        let slots = BusSegment { addr: BusAddr::new(0xC011_0000), len: 4096 };
        let mut storage = Storage { blocks: &mut blocks[..room], chain, edges: &mut [], slots };
        let mut run = Run::NONE;
        let lists = (&mut source.iter(), &mut dest.iter());
        let rest = copy_plain(lists, &limits, &mut storage, &mut run);
        assert_eq!(run.blocks, plain.min(room), "{seed}");
        to_the_end += usize::from(rest.is_none());
    }
    assert!(cfg!(miri) || to_the_end > 3_000, "{to_the_end}");
}
