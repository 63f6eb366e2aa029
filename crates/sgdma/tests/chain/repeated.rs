//! What the judge says of fills and rings that are not what they claim to be.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, End, LowerError};
use sgdma::segment::BusSegment;

use crate::cases::{CHAIN, DEST, Room, SLOTS, SOURCE, at};

fn fifo() -> DeviceFifo {
    let dreq = Dreq::new(5).unwrap();
    DeviceFifo::new(BusAddr::new(0x7E20_C018), dreq, Width::Bits32).unwrap()
}

fn device() -> Constraints {
    Constraints::device(ChannelKind::Full)
}

/// A good ring over 160 bytes in blocks of at most 96, with one period.
fn ring() -> Vec<ControlBlock> {
    let limits = device().with_max_segment(96).unwrap();
    let list = [at(SOURCE, 160)].into_iter();
    let mut room = Room::new(4, 0);
    lower::ring_to_device(list, fifo(), 160, &limits, room.storage()).unwrap().blocks.to_vec()
}

fn judged(
    blocks: &[ControlBlock],
    edges: &[Edge],
    period: u32,
    limits: &Constraints,
) -> Result<(), ChainError> {
    let chain = verify::Chain { blocks, base: CHAIN, edges, slots: SLOTS };
    let list = [at(SOURCE, 160)].into_iter();
    verify::ring_to_device(&chain, &Rules::new(limits), list, fifo(), period)
}

#[test]
fn a_ring_of_nothing_is_found() {
    assert_eq!(judged(&ring(), &[], 160, &device()), Ok(()));
    let empty = ChainError { block: 0, fault: Fault::Empty };
    assert_eq!(judged(&[], &[], 160, &device()), Err(empty));
    let chain = verify::Chain { blocks: &[], base: CHAIN, edges: &[], slots: SLOTS };
    let rules = Rules::new(&device());
    let list = [at(DEST, 160)].into_iter();
    assert_eq!(verify::ring_from_device(&chain, &rules, fifo(), 160, list), Err(empty));
}

#[test]
fn a_ring_has_no_edges() {
    let edges = [Edge { offset: 4, slot: 0, len: 1 }];
    let fault = Fault::Edge { offset: 4, slot: SLOTS.addr };
    assert_eq!(judged(&ring(), &edges, 160, &device()), Err(ChainError { block: 0, fault }));
}

#[test]
fn a_ring_that_ends_within_a_period_is_found() {
    let mut blocks = ring();
    // Interrupts after 96 bytes, and not after the other 64.
    blocks[0].ti |= 1;
    blocks[1].ti &= !1;
    let fault = Fault::Period { len: 0, left: 32 };
    assert_eq!(judged(&blocks, &[], 96, &device()), Err(ChainError { block: 1, fault }));
}

#[test]
fn a_ring_may_not_lead_back_on_the_emulated_engine() {
    let emulated = device().with_engine(EngineKind::Emulated).unwrap();
    let fault = Fault::Next { next: CHAIN.get(), expected: 0 };
    assert_eq!(judged(&ring(), &[], 160, &emulated), Err(ChainError { block: 1, fault }));
}

const PATTERN: BusAddr = BusAddr::new(SOURCE + 0x800);

/// What is said of a fill whose blocks read from elsewhere too.
fn filled(pattern: BusAddr, dest: &[BusSegment], spoil: impl Fn(&mut ControlBlock)) -> Fault {
    let limits = Constraints::memory(ChannelKind::Full);
    let mut room = Room::new(4, 4);
    let list = || [at(DEST, 0x100), at(DEST + 0x200, 0x100)].into_iter();
    let plan = lower::fill(PATTERN, list(), &limits, room.storage()).unwrap();
    plan.blocks.iter_mut().for_each(spoil);
    let chain = verify::Chain::of(&plan, SLOTS);
    let rules = Rules::new(&limits);
    verify::fill(&chain, &rules, pattern, dest.iter().copied()).unwrap_err().fault
}

#[test]
fn a_pattern_is_32_aligned_bytes_in_reach() {
    let dest = [at(DEST, 0x100), at(DEST + 0x200, 0x100)];
    let pattern = |addr| filled(BusAddr::new(addr), &dest, |block| block.source = addr);
    assert_eq!(pattern(PATTERN.get() + 4), Fault::Alignment { bits: 4 });
    assert!(matches!(pattern(0x1000), Fault::Window { end: End::Source, .. }));
    assert!(matches!(pattern(CHAIN.get()), Fault::Forbidden { end: End::Source, .. }));
    let limits = Constraints::memory(ChannelKind::Full);
    let mut room = Room::new(4, 4);
    let mut refused = |addr| {
        lower::fill(BusAddr::new(addr), dest.into_iter(), &limits, room.storage()).unwrap_err()
    };
    let pattern = BusAddr::new(PATTERN.get() + 4);
    assert_eq!(refused(pattern.get()), LowerError::Pattern { pattern });
    let (end, segment, window) = (End::Source, at(0x1000, 32), limits.window());
    assert_eq!(refused(0x1000), LowerError::OutsideWindow { end, entry: 0, segment, window });
}

#[test]
fn a_fill_reads_no_more_in_a_burst_than_its_pattern_holds() {
    let list = || [at(DEST, 0x1000)].into_iter();
    for (kind, field) in [(ChannelKind::Bulk, 1), (ChannelKind::Full, 1), (ChannelKind::Lite, 0)] {
        let limits = Constraints::memory(kind);
        let mut room = Room::new(1, 0);
        let plan = lower::fill(PATTERN, list(), &limits, room.storage()).unwrap();
        let block = plan.blocks[0];
        assert_eq!((block.ti & 0x220, block.ti >> 12 & 15), (0x220, field), "{kind}");
        let judged = |ti: u32| {
            let blocks = [ControlBlock { ti, ..block }];
            let chain = verify::Chain { blocks: &blocks, base: CHAIN, edges: &[], slots: SLOTS };
            verify::fill(&chain, &Rules::new(&limits), PATTERN, list()).map_err(|no| no.fault)
        };
        // The bits of the field, and the field of 32-bit reads: 8 of them are a pattern too.
        let most = if kind == ChannelKind::Lite { 3 } else { 7 };
        for (widths, most) in [(0x220, field), (0, most)] {
            for burst in 0..16 {
                let ti = block.ti & !0xF220 | widths | burst << 12;
                let long = Err(Fault::Burst { ti, most });
                let expected = if burst > most { long } else { Ok(()) };
                assert_eq!(judged(ti), expected, "{kind} {ti:#x}");
            }
        }
    }
}

#[test]
fn a_fill_over_its_own_pattern_is_refused() {
    // Between others, so that the judge is at full speed when it comes.
    let (before, after) = (at(DEST + 0x800, 0x40), at(DEST + 0xA00, 0x40));
    // The first and the last byte of the pattern, all of it, and what lies just beside it.
    let over = [at(DEST + 0x200, 0x40), at(DEST + 0x1C0, 0x41), at(DEST + 0x21F, 0x40)];
    let beside = [at(DEST + 0x1C0, 0x40), at(DEST + 0x220, 0x40)];
    let pattern = BusAddr::new(DEST + 0x200);
    for limits in
        [1, 64].map(|line| Constraints::memory(ChannelKind::Full).with_line(line).unwrap())
    {
        for entry in over.into_iter().chain(beside) {
            let list = || [before, entry, after].into_iter();
            let mut room = Room::new(8, 8);
            let planned = lower::fill(pattern, list(), &limits, room.storage()).map(drop);
            // The chain of a fill whose pattern is elsewhere, its sources set right.
            let mut room = Room::new(8, 8);
            let plan = lower::fill(PATTERN, list(), &limits, room.storage()).unwrap();
            plan.blocks.iter_mut().for_each(|block| block.source = pattern.get());
            let chain = verify::Chain::of(&plan, SLOTS);
            let judged = verify::fill(&chain, &Rules::new(&limits), pattern, list());
            if beside.contains(&entry) {
                assert_eq!((planned, judged), (Ok(()), Ok(())), "{entry}");
                continue;
            }
            let destination = entry.addr;
            let overlap = LowerError::Overlap { offset: 0x40, source: pattern, destination };
            assert_eq!(planned, Err(overlap));
            let fault = judged.unwrap_err().fault;
            let same = matches!(fault, Fault::Overlap { source, .. } if source == pattern);
            assert!(same, "{entry}: {fault}");
        }
    }
}

#[test]
fn a_device_has_no_bursts() {
    let list = || [at(SOURCE, 160)].into_iter();
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        let limits = Constraints::device(kind);
        let rules = Rules::new(&limits);
        for burst in 1..16_u32 {
            let burst = |block: &mut ControlBlock| block.ti |= burst << 12;
            let mut room = Room::new(4, 4);
            let plan = lower::to_device(list(), fifo(), &limits, room.storage()).unwrap();
            plan.blocks.iter_mut().for_each(burst);
            let chain = verify::Chain::of(&plan, SLOTS);
            let out = verify::to_device(&chain, &rules, list(), fifo()).unwrap_err();
            assert!(matches!(out.fault, Fault::Burst { most: 0, .. }), "{out}");
            let plan = lower::from_device(fifo(), list(), &limits, room.storage()).unwrap();
            plan.blocks.iter_mut().for_each(burst);
            let chain = verify::Chain::of(&plan, SLOTS);
            let back = verify::from_device(&chain, &rules, fifo(), list()).unwrap_err();
            assert!(matches!(back.fault, Fault::Burst { most: 0, .. }), "{back}");
        }
    }
}

#[test]
fn a_fill_that_reads_from_elsewhere_or_fills_another_list_is_found() {
    let dest = [at(DEST, 0x100), at(DEST + 0x200, 0x100)];
    let moved = filled(PATTERN, &dest, |block| block.source += 32);
    let (found, expected) = (BusAddr::new(PATTERN.get() + 32), PATTERN);
    assert_eq!(moved, Fault::Order { end: End::Source, found, expected });
    let other = filled(PATTERN, &[at(DEST, 0x100), at(DEST + 0x240, 0x100)], |_| ());
    let (found, expected) = (BusAddr::new(DEST + 0x200), BusAddr::new(DEST + 0x240));
    assert_eq!(other, Fault::Order { end: End::Destination, found, expected });
    let short = filled(PATTERN, &dest[..1], |_| ());
    assert_eq!(short, Fault::Past { end: End::Destination, found });
    let more = filled(PATTERN, &[dest[0], dest[1], at(DEST + 0x400, 4)], |_| ());
    let next = BusAddr::new(DEST + 0x400);
    assert_eq!(more, Fault::Short { end: End::Destination, next });
}
