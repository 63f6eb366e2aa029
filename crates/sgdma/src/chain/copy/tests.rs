//! The short ways against the general one: what they let pass it lets pass, and what they doubt it decides.

use std::vec::Vec;

use fastrand::Rng;

use super::*;
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, Constraints};
use crate::control_block::ControlBlock;
use crate::lower::{self, Edge, Storage};
use crate::segment::{BusWindow, random};

fn piece(addr: u32, len: u32) -> BusSegment {
    BusSegment { addr: BusAddr::new(addr), len }
}

const CHAIN: BusAddr = BusAddr::new(0xC010_0000);
const SLOTS: BusSegment = BusSegment { addr: BusAddr::new(0xC011_0000), len: 4096 };

/// One thing that is wrong with a chain, or none.
fn spoil(rng: &mut Rng, (blocks, chain): (&mut Vec<ControlBlock>, BusAddr)) {
    let count = blocks.len();
    let at = rng.usize(..count);
    let unit = [1, 4, 16, 64][rng.usize(..4)];
    let by = if rng.bool() { unit } else { 0_u32.wrapping_sub(unit) };
    let block = &mut blocks[at];
    match rng.u8(..9) {
        0 => block.len = block.len.wrapping_add(by),
        1 => block.source = block.source.wrapping_add(by),
        2 => block.dest = block.dest.wrapping_add(by),
        3 => block.next ^= 1 << rng.u32(..32),
        4 => block.ti ^= 1 << rng.u32(..32),
        5 => block.stride ^= 1 << rng.u32(..32),
        // Two in one.
        6 if at + 1 < count => {
            let next = blocks.remove(at + 1);
            let block = &mut blocks[at];
            (block.len, block.ti) = (block.len.wrapping_add(next.len), next.ti);
            chain_up(blocks, chain);
        }
        // One in two.
        7 if block.len > unit => {
            let (first, rest) = (ControlBlock { len: unit, ..*block }, block.len - unit);
            let [source, dest] = [block.source, block.dest].map(|at| at.wrapping_add(unit));
            (block.source, block.dest, block.len) = (source, dest, rest);
            let ti = block.ti & !(bits::INTEN | bits::WAIT_RESP);
            blocks.insert(at, ControlBlock { ti, ..first });
            chain_up(blocks, chain);
        }
        8 => {
            blocks.swap(at, rng.usize(..count));
            chain_up(blocks, chain);
        }
        _ => (),
    }
}

fn chain_up(blocks: &mut [ControlBlock], chain: BusAddr) {
    let count = u32::try_from(blocks.len()).unwrap();
    for (index, block) in (1..).zip(blocks) {
        block.next = if index == count { 0 } else { chain.get() + index * 32 };
    }
}

/// What the general way says.
fn at_length(
    chain: &Chain<'_>,
    rules: &Rules,
    lists: (&[BusSegment], &[BusSegment]),
) -> Result<(), ChainError> {
    let zones = Zones::new(chain, rules).map_err(at(0))?;
    copy_rest(
        (chain, rules, &zones),
        &Judged::default(),
        [None; 2],
        (lists.0.iter(), lists.1.iter()),
    )
}

/// Where the blocks and slots are: far below the lists, or just below or above them; the window has them in it.
fn place(rng: &mut Rng, lists: &[&[BusSegment]], limits: Constraints) -> (Storing, Constraints) {
    let entries = || lists.iter().copied().flatten();
    let (chain_len, len) = (8192, 4096);
    let place = match rng.u8(..4) {
        0 => {
            let lowest = entries().map(|entry| entry.addr.get()).min().unwrap_or(0) & !15;
            let slots = lowest - len - [0, 0, 16][rng.usize(..3)];
            Storing { chain: BusAddr::new((slots & !31) - chain_len), slots: piece(slots, len) }
        }
        1 => {
            let end = entries().map(|entry| entry.addr.get() + entry.len).max().unwrap_or(0);
            let chain = end.next_multiple_of(32) + [0, 0, 32][rng.usize(..3)];
            Storing { chain: BusAddr::new(chain), slots: piece(chain + chain_len, len) }
        }
        2 => Storing { chain: CHAIN, slots: piece(CHAIN.get() - len, [0, len][rng.usize(..2)]) },
        _ => Storing { chain: CHAIN, slots: SLOTS },
    };
    let BusWindow { first, last } = limits.window();
    let end = place.slots.addr.get().max(place.chain.get() + chain_len) + len;
    let last = if rng.bool() { last.max(BusAddr::new(end)) } else { BusAddr::new(end) };
    let first = first.min(place.chain).min(place.slots.addr);
    (place, limits.with_window(BusWindow { first, last }))
}

struct Storing {
    chain: BusAddr,
    slots: BusSegment,
}

/// The first byte, and one past the last.
fn span(segment: BusSegment) -> (u64, u64) {
    let first = u64::from(segment.addr.get());
    (first, first + u64::from(segment.len))
}

fn own(chain: &Chain<'_>) -> BusSegment {
    piece(chain.base.get(), u32::try_from(chain.blocks.len()).unwrap() * 32)
}

/// A list walked by bytes, as long as its entries are aligned whole and in the stretch from `low` to `high`.
struct Plain<'a> {
    entries: core::slice::Iter<'a, BusSegment>,
    odd: u32,
    addr: u64,
    left: u32,
}

impl<'a> Plain<'a> {
    fn new(entries: &'a [BusSegment], odd: u32) -> Self {
        Self { entries: entries.iter(), odd, addr: 0, left: 0 }
    }

    /// Whether there is a byte more without a doubt about it.
    fn goes_on(&mut self, (low, high): (u64, u64)) -> bool {
        if self.left != 0 {
            return true;
        }
        let Some(entry) = self.entries.next() else { return false };
        let (first, end) = span(*entry);
        (self.addr, self.left) = (first, entry.len);
        (entry.addr.get() | entry.len) & self.odd == 0 && first >= low && end <= high
    }

    fn advance(&mut self, len: u32) {
        (self.addr, self.left) = (self.addr + u64::from(len), self.left - len);
    }
}

/// The longer of the stretches of the window that are below and above both chain and slots, less a byte at its end.
fn clear(chain: &Chain<'_>, limits: &Constraints) -> (u64, u64) {
    let (mut low, mut high) = span(own(chain));
    if chain.slots.len != 0 {
        let (first, end) = span(chain.slots);
        (low, high) = (low.min(first), high.max(end));
    }
    let window = limits.window();
    let below = (u64::from(window.first.get()), low - 1);
    let above = (high, u64::from(window.last.get()));
    if above.1.saturating_sub(above.0) >= below.1.saturating_sub(below.0) { above } else { below }
}

/// Whether a block has the words of whole bursts, with a length that every limit allows.
fn is_plain(block: &ControlBlock, limits: &Constraints, next: u32) -> bool {
    let last = if next == 0 { bits::INTEN | bits::WAIT_RESP } else { 0 };
    let beats = bits::wide_burst(limits.kind()) << bits::BURST_AT;
    let wide = if limits.burst() < 16 { 0 } else { bits::WIDTHS | beats };
    let ti = bits::SRC_INC | bits::DEST_INC | wide | last;
    let (source, dest, len) = (block.source, block.dest, block.len);
    let within = |boundary| [source, dest].iter().all(|at| at % boundary + len <= boundary);
    (block.ti, block.next, block.stride, block.reserved) == (ti, next, 0, [0; 2])
        && len != 0
        && len & unit(limits) == 0
        && len <= limits.max_segment()
        && limits.boundary().is_none_or(within)
        && source.abs_diff(dest) >= len
}

fn unit(limits: &Constraints) -> u32 {
    (limits.burst() - 1) | (limits.granule() - 1)
}

/// How many blocks are right without a doubt: within two entries that are plain, with the right words.
fn plain_blocks(chain: &Chain<'_>, limits: &Constraints, lists: [&[BusSegment]; 2]) -> usize {
    let lines = unit(limits) | (limits.line() - 1);
    let (mut from, mut to) = (Plain::new(lists[0], unit(limits)), Plain::new(lists[1], lines));
    let clear = clear(chain, limits);
    let count = chain.blocks.len();
    for (index, block) in chain.blocks.iter().enumerate() {
        let link = chain.base.get() + 32 * u32::try_from(index + 1).unwrap();
        let next = if index + 1 == count { 0 } else { link };
        let there = from.goes_on(clear) & to.goes_on(clear)
            && (u64::from(block.source), u64::from(block.dest)) == (from.addr, to.addr)
            && block.len <= from.left.min(to.left);
        if !there || !is_plain(block, limits, next) {
            return index;
        }
        from.advance(block.len);
        to.advance(block.len);
    }
    count
}

/// Whether the only block moves the whole of one entry to another, the stretch that both lie in wholly to one side of the
/// one that chain and slots lie in, and all that in the window less its last byte.
fn is_plain_alone(chain: &Chain<'_>, limits: &Constraints, [from, to]: [BusSegment; 2]) -> bool {
    let [block] = chain.blocks else { return false };
    let whole = (block.source, block.dest, block.len) == (from.addr.get(), to.addr.get(), to.len);
    let lines = unit(limits) | (limits.line() - 1);
    let aligned = (block.source | block.dest | block.len) & lines == 0;
    let both = |[one, two]: [BusSegment; 2]| {
        let ((first, end), (other, other_end)) = (span(one), span(two));
        (first.min(other), end.max(other_end))
    };
    let data = both([from, to]);
    let own = own(chain);
    let slots = if chain.slots.len == 0 { own } else { chain.slots };
    let keep = both([own, slots]);
    let window = limits.window();
    whole
        && from.len == to.len
        && aligned
        && is_plain(block, limits, 0)
        && (data.1 <= keep.0 || keep.1 <= data.0)
        && data.0.min(keep.0) >= u64::from(window.first.get())
        && data.1.max(keep.1) <= u64::from(window.last.get())
}

/// A random chain for random lists, spoilt or not, and what the test has to say of it; how many there were.
fn of_chains(seeds: u64, mut test: impl FnMut(u64, &Chain<'_>, &Constraints, [&[BusSegment]; 2])) {
    for seed in 0..if cfg!(miri) { 40 } else { seeds } {
        let mut rng = Rng::with_seed(seed);
        let (mut source, mut dest, limits) = random::copy(&mut rng);
        let (Storing { chain, slots }, wider) = place(&mut rng, &[&source, &dest], limits);
        let (mut blocks, mut edges) = ([ControlBlock::default(); 256], [Edge::default(); 64]);
        let storage = Storage { blocks: &mut blocks, chain, edges: &mut edges, slots };
        let Ok(plan) = lower::copy(source.iter(), dest.iter(), &wider, storage) else { continue };
        let mut blocks = plan.blocks.to_vec();
        for _ in 0..rng.u8(..3) {
            spoil(&mut rng, (&mut blocks, chain));
        }
        if rng.u8(..16) == 0
            && let Some(last) = [&mut source, &mut dest][rng.usize(..2)].last_mut()
        {
            // What there is more of is not moved.
            last.len += [4, 64, 128][rng.usize(..3)];
        }
        // Now and then the window the lists were made for, which may be too small.
        let limits = if rng.u8(..8) == 0 { limits } else { wider };
        let chain = Chain { blocks: &blocks, base: chain, edges: plan.edges, slots };
        test(seed, &chain, &limits, [&source, &dest]);
    }
}

#[test]
fn a_short_way_lets_nothing_pass_that_the_general_one_does_not() {
    let (mut passed, mut refused) = (0, 0);
    of_chains(60_000, |seed, chain, limits, [source, dest]| {
        let rules = Rules::new(limits);
        let general = at_length(chain, &rules, (source, dest));
        let short = copy(chain, &rules, source.iter(), dest.iter());
        assert_eq!(short.is_ok(), general.is_ok(), "{seed}");
        if let ([from], [to]) = (source, dest) {
            assert!(general.is_ok() || !copy_only(chain, &rules, (*from, *to)), "{seed}");
        }
        let count = if general.is_ok() { &mut passed } else { &mut refused };
        *count += 1;
    });
    assert!(cfg!(miri) || passed > 10_000 && refused > 10_000, "{passed} {refused}");
}

#[test]
#[cfg_attr(feature = "small", ignore = "there is no short way")]
fn the_short_ways_go_as_far_as_there_is_no_doubt() {
    let (mut whole, mut part, mut alone) = (0, 0, 0);
    of_chains(40_000, |seed, chain, limits, lists| {
        let rules = Rules::new(limits);
        if let ([from], [to]) = (lists[0], lists[1])
            && chain.edges.is_empty()
        {
            let plain = is_plain_alone(chain, limits, [*from, *to]);
            assert_eq!(copy_only(chain, &rules, (*from, *to)), plain, "{seed}");
            alone += usize::from(plain);
        }
        let Ok(zones) = Zones::new(chain, &rules) else { return };
        let pattern = Pattern::copy(&rules, &zones);
        let mut judged = Judged::default();
        let lists = lists.map(<[BusSegment]>::iter);
        let [mut source, mut dest] = lists.clone();
        let halt = copy_plain(chain, &pattern, (&mut source, &mut dest), &mut judged);
        let end = matches!(halt, Halt::End);
        let blocks = if end { chain.blocks.len() } else { judged.blocks };
        let plain = plain_blocks(chain, limits, lists.map(|list| list.as_slice()));
        assert_eq!(blocks, plain, "{seed}");
        whole += usize::from(end);
        part += usize::from(!end && blocks != 0);
    });
    assert!(cfg!(miri) || whole.min(part) > 1_000 && alone > 300, "{whole} {part} {alone}");
}

#[test]
fn what_is_left_of_an_entry_is_not_passed_over_where_whole_ones_follow() {
    // A length that only the loop over pairs takes: it may be over the longest block's.
    let limits = Constraints::memory(ChannelKind::Full).with_max_segment(0x300).unwrap();
    let wide = bits::WIDTHS | bits::wide_burst(limits.kind()) << bits::BURST_AT;
    let ti = bits::SRC_INC | bits::DEST_INC | wide;
    let after = [0xC020_1000, 0xC030_1000].map(|at| [0, 0x400].map(|by| piece(at + by, 0x280)));
    let block = |(read, write): (BusSegment, BusSegment)| ControlBlock {
        ti,
        source: read.addr.get(),
        dest: write.addr.get(),
        len: read.len.min(write.len),
        ..Default::default()
    };
    for (read, write) in [(0x100, 0x180), (0x180, 0x100)] {
        let (read, write) = (piece(0xC020_0000, read), piece(0xC030_0000, write));
        let source = [read, after[0][0], after[0][1]];
        let dest = [write, after[1][0], after[1][1]];
        let mut blocks: Vec<_> = source.into_iter().zip(dest).map(block).collect();
        chain_up(&mut blocks, CHAIN);
        blocks[2].ti |= bits::INTEN | bits::WAIT_RESP;
        let chain = Chain { blocks: &blocks, base: CHAIN, edges: &[], slots: SLOTS };
        assert!(copy(&chain, &Rules::new(&limits), source.iter(), dest.iter()).is_err());
    }
}
