//! Every bit of every word of good chains, flipped: refused, or harmless and shown to be.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Blit, Edge};
use sgdma::segment::BusSegment;

use crate::cases::{BASE, CHAIN, DEST, Room, SLOTS, SOURCE, SPAN, at, bits, copy, flipped_twice};
use crate::oracle::Machine;

/// What the memory and the device hold in the end, after at most twice as many blocks as there are.
fn outcome(blocks: &[ControlBlock], limits: &Constraints) -> (Vec<u8>, Vec<u8>, usize) {
    let mut machine = Machine::new(BASE, SPAN, 7);
    let ran = machine.run(blocks, CHAIN.get(), limits, 2 * blocks.len());
    (machine.bytes, machine.got, ran.blocks)
}

/// Flips each bit in turn; how many flips were found harmless. Only read bursts of another legal length are.
fn flip(
    blocks: &[ControlBlock],
    limits: &Constraints,
    judge: impl Fn(&[ControlBlock]) -> Result<(), ChainError>,
) -> usize {
    judge(blocks).unwrap();
    let good = outcome(blocks, limits);
    let mut harmless = 0;
    for (index, bit) in bits(blocks.len()) {
        let mut bad = blocks.to_vec();
        let mut words = bad[index].words();
        words[bit / 32] ^= 1 << (bit % 32);
        bad[index] = ControlBlock::from_words(words);
        if let Err(error) = judge(&bad) {
            assert!(error.block <= index + 1, "{error} for block {index}");
            continue;
        }
        assert!((12..16).contains(&bit), "bit {bit} of block {index}, {:x?}", blocks[index]);
        assert_eq!(outcome(&bad, limits), good, "bit {bit} of block {index}");
        harmless += 1;
    }
    flip_twice(blocks, judge);
    harmless
}

fn flip_twice(blocks: &[ControlBlock], judge: impl Fn(&[ControlBlock]) -> Result<(), ChainError>) {
    for index in 0..blocks.len() {
        let mut bad = blocks.to_vec();
        for block in flipped_twice(&blocks[index]) {
            bad[index] = block;
            assert!(judge(&bad).is_err(), "block {index}: {block:x?} for {:x?}", blocks[index]);
        }
    }
}

/// Lists with heads, bodies, tails, edges, and two entries that are neighbours.
fn lists() -> ([BusSegment; 3], [BusSegment; 3]) {
    let source = [at(SOURCE + 20, 300), at(SOURCE + 0x200, 150), at(SOURCE + 0x400, 550)];
    let dest = [at(DEST + 20, 400), at(DEST + 0x300, 256), at(DEST + 0x400, 344)];
    (source, dest)
}

fn chain<'a>(blocks: &'a [ControlBlock], edges: &'a [Edge]) -> verify::Chain<'a> {
    verify::Chain { blocks, base: CHAIN, edges, slots: SLOTS }
}

#[test]
fn no_flipped_bit_of_a_copy_is_overlooked() {
    let (source, dest) = lists();
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        for engine in [EngineKind::Hardware, EngineKind::Emulated] {
            let limits = Constraints::memory(kind).with_engine(engine).unwrap();
            let limits = limits.with_max_segment(128).unwrap().with_boundary(0x1000).unwrap();
            let mut room = Room::new(64, 64);
            let plan = copy(&source, &dest, &limits, room.storage()).unwrap();
            assert!(plan.blocks.len() > 8 && plan.edges.len() > 2);
            let rules = Rules::new(&limits);
            let harmless = flip(plan.blocks, &limits, |blocks| {
                verify::copy(&chain(blocks, plan.edges), &rules, &source, &dest)
            });
            assert!(harmless <= 4 * plan.blocks.len(), "{harmless}");
        }
    }
}

#[test]
fn no_flipped_bit_of_a_fill_is_overlooked() {
    let dest = lists().1;
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        let limits = Constraints::memory(kind);
        let pattern = BusAddr::new(SOURCE + 0x800);
        let mut room = Room::new(64, 64);
        let plan = lower::fill(pattern, dest.iter().copied(), &limits, room.storage()).unwrap();
        flip(plan.blocks, &limits, |blocks| {
            let chain = chain(blocks, plan.edges);
            verify::fill(&chain, &Rules::new(&limits), pattern, dest.iter().copied())
        });
    }
}

fn fifo() -> DeviceFifo {
    let dreq = Dreq::new(5).unwrap();
    DeviceFifo::new(BusAddr::new(0x7E20_C018), dreq, Width::Bits32).unwrap()
}

#[test]
fn no_flipped_bit_of_a_device_transfer_is_overlooked() {
    let list = [at(SOURCE + 64, 128), at(DEST + 20, 364)];
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        let limits = Constraints::device(kind).with_max_segment(100).unwrap();
        let rules = Rules::new(&limits);
        let mut room = Room::new(64, 64);
        let list = || list.iter().copied();
        let plan = lower::to_device(list(), fifo(), &limits, room.storage()).unwrap();
        let harmless = flip(plan.blocks, &limits, |blocks| {
            verify::to_device(&chain(blocks, &[]), &rules, list(), fifo())
        });
        assert_eq!(harmless, 0);
        let plan = lower::from_device(fifo(), list(), &limits, room.storage()).unwrap();
        assert!(!plan.edges.is_empty());
        let harmless = flip(plan.blocks, &limits, |blocks| {
            verify::from_device(&chain(blocks, plan.edges), &rules, fifo(), list())
        });
        assert_eq!(harmless, 0);
    }
}

#[test]
fn no_flipped_bit_of_a_ring_is_overlooked() {
    let limits = Constraints::device(ChannelKind::Full).with_max_segment(100).unwrap();
    let rules = Rules::new(&limits);
    let list = || [at(SOURCE, 128), at(DEST, 256)].into_iter();
    let mut room = Room::new(64, 0);
    let plan = lower::ring_to_device(list(), fifo(), 96, &limits, room.storage()).unwrap();
    flip(plan.blocks, &limits, |blocks| {
        verify::ring_to_device(&chain(blocks, &[]), &rules, list(), fifo(), 96)
    });
    let plan = lower::ring_from_device(fifo(), list(), 192, &limits, room.storage()).unwrap();
    flip(plan.blocks, &limits, |blocks| {
        verify::ring_from_device(&chain(blocks, &[]), &rules, fifo(), 192, list())
    });
}

#[test]
fn no_flipped_bit_of_a_rectangle_is_overlooked() {
    let blit = Blit {
        row_bytes: 64,
        rows: 20,
        source_offset: 0x40,
        source_pitch: 96,
        destination_offset: 0x800,
        destination_pitch: -64,
    };
    let limits = Constraints::memory(ChannelKind::Full).with_max_segment(500).unwrap();
    let (from, to) = (at(SOURCE, 0x1000), at(DEST, 0x1000));
    let mut room = Room::new(64, 0);
    let plan = lower::blit(from, to, blit, &limits, room.storage()).unwrap();
    assert!(plan.blocks.len() > 2);
    flip(plan.blocks, &limits, |blocks| {
        verify::blit(&chain(blocks, &[]), &Rules::new(&limits), from, to, blit)
    });
}
