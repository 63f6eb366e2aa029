//! Random lists and limits, and one copy from plan to bytes.

use sgdma::address::BusAddr;
use sgdma::chain::{Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, EngineKind, Merge};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Counts, Edge, LowerError, Plan, Storage};
use sgdma::segment::{BusSegment, BusWindow};

use crate::oracle::{Machine, WAIT_RESP, bit};

pub(crate) const BASE: u32 = 0xC00F_F000;
/// Other slots, source, destination and slots, one after the other.
const LOW_SLOTS: BusSegment = at(BASE, 0x1000);
pub(crate) const SOURCE: u32 = BASE + 0x1000;
pub(crate) const DEST: u32 = BASE + 0x2000;
pub(crate) const SLOTS: BusSegment = at(BASE + 0x3000, 0x1000);
pub(crate) const SPAN: usize = 0x4000;
pub(crate) const CHAIN: BusAddr = BusAddr::new(SOURCE + 0x1_0000);

/// Where a chain and its slots are. The judge has a quick way for what lies wholly to the side of both where the window
/// is larger: below the data they leave it that way, above the data they take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) chain: BusAddr,
    pub(crate) slots: BusSegment,
}

pub(crate) const ABOVE: Layout = Layout { chain: CHAIN, slots: SLOTS };
pub(crate) const BELOW: Layout = Layout { chain: BusAddr::new(BASE - 0x1_0000), slots: LOW_SLOTS };
pub(crate) const LAYOUTS: [Layout; 2] = [ABOVE, BELOW];

/// So many cases, or under Miri, which is some thousand times slower, one in 1000 of them.
pub(crate) const fn times(cases: u64) -> u64 {
    if cfg!(miri) { cases / 1000 } else { cases }
}

/// All of them, or under Miri one in so many, for a loop over what is the same but for a number.
pub(crate) fn sampled<T>(
    all: impl IntoIterator<Item = T>,
    one_in: usize,
) -> impl Iterator<Item = T> {
    all.into_iter().step_by(if cfg!(miri) { one_in } else { 1 })
}

/// The bits of so many blocks, as (block, bit); under Miri one in a prime number of them, so that each block shows others.
pub(crate) fn bits(blocks: usize) -> impl Iterator<Item = (usize, usize)> {
    sampled((0..blocks).flat_map(|block| (0..256).map(move |bit| (block, bit))), 509)
}

pub(crate) const fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

/// Room for a plan.
pub(crate) struct Room {
    pub(crate) blocks: Vec<ControlBlock>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) layout: Layout,
}

impl Room {
    pub(crate) fn new(blocks: usize, edges: usize) -> Self {
        Self::laid(ABOVE, blocks, edges)
    }

    pub(crate) fn laid(layout: Layout, blocks: usize, edges: usize) -> Self {
        let (blocks, edges) = (vec![ControlBlock::default(); blocks], vec![Edge::default(); edges]);
        Self { blocks, edges, layout }
    }

    pub(crate) fn storage(&mut self) -> Storage<'_> {
        let Self { blocks, edges, layout: Layout { chain, slots } } = self;
        Storage { blocks, chain: *chain, edges, slots: *slots }
    }
}

pub(crate) fn copy<'a>(
    source: &[BusSegment],
    dest: &[BusSegment],
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError> {
    lower::copy(source, dest, limits, storage)
}

/// Lengths of up to `most` entries that are `total` bytes together.
pub(crate) fn lengths(random: &mut fastrand::Rng, total: u32, most: usize, word: u32) -> Vec<u32> {
    let mut left = total / word;
    let mut lengths = Vec::new();
    while left > 0 {
        let part = if lengths.len() + 1 == most { left } else { random.u32(1..=left) };
        lengths.push(part * word);
        left -= part;
    }
    random.shuffle(&mut lengths);
    lengths
}

/// Puts them somewhere from `start` on: disjoint, some of them neighbours, in any order.
pub(crate) fn place(
    random: &mut fastrand::Rng,
    lengths: &[u32],
    start: u32,
    word: u32,
) -> Vec<BusSegment> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    if random.bool() {
        random.shuffle(&mut order);
    }
    let mut list = vec![at(0, 0); lengths.len()];
    let mut next = start + random.u32(0..=80 / word) * word;
    for index in order {
        list[index] = at(next, lengths[index]);
        let gap = if random.bool() { 0 } else { random.u32(0..=80 / word) * word };
        next += lengths[index] + gap;
    }
    list
}

pub(crate) fn limits(random: &mut fastrand::Rng) -> Constraints {
    loop {
        let kind =
            random.choice([ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite]).unwrap();
        let burst = 1 << random.u32(0..=6);
        let Ok(mut limits) = Constraints::memory(kind).with_burst(burst) else { continue };
        limits = limits.with_line(random.choice([1, 4, 8, 16, 64]).unwrap()).unwrap();
        if random.bool() {
            limits = limits.with_engine(EngineKind::Emulated).unwrap();
        }
        if random.bool() {
            limits = limits.with_merge(Merge::Never);
        }
        if random.bool() {
            let Ok(less) = limits.with_max_segment(random.u32(1..=200)) else { continue };
            limits = less;
        }
        if random.bool() {
            let Ok(less) = limits.with_boundary(1 << random.u32(0..=9)) else { continue };
            limits = less;
        }
        return limits.with_window(BusWindow::SDRAM);
    }
}

/// The bus addresses of a list, byte by byte.
pub(crate) fn addresses(list: &[BusSegment]) -> Vec<u32> {
    list.iter()
        .flat_map(|segment| (0..segment.len).map(|i| segment.addr.get().wrapping_add(i)))
        .collect()
}

/// Lowers, judges, runs and finishes one copy, and checks every byte.
pub(crate) fn check_copy(
    source: &[BusSegment],
    dest: &[BusSegment],
    limits: &Constraints,
    room: &mut Room,
    machine: &mut Machine,
) -> Counts {
    let slots = room.layout.slots;
    let plan = copy(source, dest, limits, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, slots);
    verify::copy(&chain, &Rules::new(limits), source, dest).unwrap();
    let dry = lower::count(source.iter().copied(), dest.iter().copied(), limits).unwrap();
    assert!(dry.slot_bytes >= plan.counts.slot_bytes, "{dry:?} {:?}", plan.counts);
    if let Some(boundary) = limits.boundary() {
        // At each multiple of it no more than a slot is left free.
        let (bytes, longest) = (plan.counts.slot_bytes, u64::from(boundary).min(160));
        let most = bytes + (bytes / u64::from(boundary) + 1) * longest;
        assert!(dry.slot_bytes <= most, "{dry:?} {:?}", plan.counts);
    }
    assert_eq!(Counts { slot_bytes: plan.counts.slot_bytes, ..dry }, plan.counts);

    let ran = machine.run(plan.blocks, plan.chain.get(), limits, usize::MAX);
    let last = plan.blocks.len() - 1;
    assert_eq!((ran.blocks, ran.interrupts), (plan.blocks.len(), vec![last]));
    let awaited = |block: &ControlBlock| bit(block.ti, WAIT_RESP);
    assert_eq!(plan.blocks.iter().position(awaited), Some(last), "WAIT_RESP on the last alone");
    check_bytes((source, dest), &plan, slots, limits, machine);
    plan.counts
}

/// After a chain has run: every byte is where it belongs, once its edges are carried on, and nothing else was written.
pub(crate) fn check_bytes(
    (source, dest): (&[BusSegment], &[BusSegment]),
    plan: &Plan<'_>,
    slots: BusSegment,
    limits: &Constraints,
    machine: &mut Machine,
) {
    let (reads, writes) = (addresses(source), addresses(dest));
    let mut edge_at = vec![None; writes.len()];
    for edge in plan.edges {
        for i in 0..edge.len {
            let place = &mut edge_at[usize::try_from(edge.offset + u64::from(i)).unwrap()];
            assert_eq!(*place, None, "two edges for one byte");
            *place = Some(slots.addr.get() + edge.slot + i);
        }
    }
    // Neighbours share a line: each is looked at once.
    let mut last_owned = None;
    for (i, slot) in edge_at.iter().enumerate() {
        if let Some(slot) = slot {
            assert_eq!(machine.writes_to(writes[i]), 0, "byte {i} was left to the CPU");
            assert_eq!(machine.writes_to(*slot), 1);
            machine.finish(writes[i], *slot);
        } else {
            assert_eq!(machine.writes_to(writes[i]), 1, "byte {i} once");
            let line = writes[i] & !(limits.line() - 1);
            if last_owned != Some(line) {
                assert!(owned(line, dest, limits), "byte {i} shares its line");
                last_owned = Some(line);
            }
        }
        assert_eq!(machine.byte(writes[i]), machine.byte(reads[i]), "byte {i}");
    }
    assert_eq!(machine.stray(&writes, slots), None, "an address that was written");
}

/// Whether every byte of the line that begins at `first` is the destination's.
fn owned(first: u32, dest: &[BusSegment], limits: &Constraints) -> bool {
    (first..first + limits.line()).all(|byte| dest.iter().any(|entry| entry.overlaps(at(byte, 1))))
}

/// A block with the same bit flipped in two of its words, for every two and every bit: what is wrong in one word may not make
/// up for what is wrong in another.
pub(crate) fn flipped_twice(block: &ControlBlock) -> impl Iterator<Item = ControlBlock> + use<> {
    let words = block.words();
    let pairs = (0..8).flat_map(|one| (one + 1..8).map(move |other| (one, other)));
    let all = pairs.flat_map(|pair| (0..32).map(move |bit| (pair, bit)));
    sampled(all, 101).map(move |((one, other), bit)| {
        let mut bad = words;
        bad[one] ^= 1 << bit;
        bad[other] ^= 1 << bit;
        ControlBlock::from_words(bad)
    })
}
