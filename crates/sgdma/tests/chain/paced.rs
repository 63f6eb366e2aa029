//! Paced rings: words into two registers in turn, each held back by a word into a FIFO.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, End, LowerError, Paced, Plan, Storage};
use sgdma::segment::BusSegment;

use crate::cases::{CHAIN, Room, SLOTS, SOURCE, at, bits};

/// GPSET0, GPCLR0 and the PWM's FIFO, whose DREQ is 5: by number, not by the crate's.
const SET: u32 = 0x7E20_001C;
const CLEAR: u32 = 0x7E20_0028;
const PWM: u32 = 0x7E20_C018;
/// `SRC_INC` and `WAIT_RESP`; with `DEST_DREQ` and PERMAP 5; `INTEN`. p. 51-52.
const REGISTER: u32 = 0x108;
const PACER: u32 = 0x5_0148;
const INTEN: u32 = 1;

fn device(address: u32, dreq: u8) -> DeviceFifo {
    DeviceFifo::new(BusAddr::new(address), Dreq::new(dreq).unwrap(), Width::Bits32).unwrap()
}

fn pins() -> Paced {
    Paced { registers: [device(SET, 0), device(CLEAR, 0)], pacer: device(PWM, 5) }
}

fn limits() -> Constraints {
    Constraints::device(ChannelKind::Lite)
}

fn lowered<'a>(list: &[BusSegment], storage: Storage<'a>) -> Result<Plan<'a>, LowerError> {
    lower::ring_paced(list.iter().copied(), &pins(), &limits(), storage)
}

fn judged(blocks: &[ControlBlock], list: &[BusSegment]) -> Result<(), Fault> {
    let chain = verify::Chain { blocks, base: CHAIN, edges: &[], slots: SLOTS };
    let verdict = verify::ring_paced(&chain, &Rules::new(&limits()), list.iter().copied(), &pins());
    verdict.map_err(|error| error.fault)
}

#[test]
fn each_word_goes_to_its_register_and_waits_for_the_pacer() {
    for list in [
        vec![at(SOURCE, 8)],
        vec![at(SOURCE + 4, 4), at(SOURCE + 0x40, 12)],
        vec![at(SOURCE, 4), at(SOURCE, 4), at(SOURCE + 0x80, 40)],
    ] {
        let mut room = Room::new(64, 0);
        let plan = lowered(&list, room.storage()).unwrap();
        let words =
            list.iter().flat_map(|piece| (0..piece.len / 4).map(move |n| piece.addr.get() + 4 * n));
        let words: Vec<u32> = words.collect();
        assert_eq!(plan.blocks.len(), 2 * words.len());
        assert_eq!(plan.counts.bytes, 8 * words.len() as u64);
        for ((index, block), number) in plan.blocks.iter().enumerate().zip(1_u32..) {
            let (word, last) = (words[index / 2], index + 1 == 2 * words.len());
            let (ti, dest) = match index % 4 {
                0 => (REGISTER, SET),
                2 => (REGISTER, CLEAR),
                _ => (PACER, PWM),
            };
            let next = if last { CHAIN.get() } else { CHAIN.get() + 32 * number };
            let ti = if last { ti | INTEN } else { ti };
            assert_eq!(block.words(), [ti, word, dest, 4, 0, next, 0, 0], "block {index}");
        }
        judged(plan.blocks, &list).unwrap();
    }
}

#[test]
fn no_flipped_bit_is_overlooked() {
    let list = [at(SOURCE, 8), at(SOURCE + 0x40, 8)];
    let mut room = Room::new(8, 0);
    let plan = lowered(&list, room.storage()).unwrap();
    for (index, bit) in bits(plan.blocks.len()) {
        let mut bad = plan.blocks.to_vec();
        let mut words = bad[index].words();
        words[bit / 32] ^= 1 << (bit % 32);
        bad[index] = ControlBlock::from_words(words);
        assert!(judged(&bad, &list).is_err(), "bit {bit} of block {index}");
    }
}

#[test]
fn a_flipped_bit_of_ti_is_named_for_what_it_does() {
    let list = [at(SOURCE, 8)];
    let mut room = Room::new(8, 0);
    let plan = lowered(&list, room.storage()).unwrap();
    for (index, bit) in
        (0..plan.blocks.len()).flat_map(|index| (0..32).map(move |bit| (index, bit)))
    {
        let mut bad = plan.blocks.to_vec();
        bad[index].ti ^= 1 << bit;
        let fault = judged(&bad, &list).unwrap_err();
        let named = match bit {
            0 => matches!(fault, Fault::Interrupt { .. }),
            3 => matches!(fault, Fault::Response { .. }),
            4 | 8 => matches!(fault, Fault::Increment { .. }),
            6 | 10 | 16..=20 => matches!(fault, Fault::Pacing { .. }),
            _ => matches!(fault, Fault::Bits { wrong, .. } if wrong == 1 << bit),
        };
        assert!(named, "bit {bit} of block {index}: {fault:?}");
    }
}

#[test]
fn a_chain_of_another_list_is_found() {
    let list = [at(SOURCE, 16)];
    let mut room = Room::new(8, 0);
    let plan = lowered(&list, room.storage()).unwrap();
    let source = End::Source;
    let next = BusAddr::new(SOURCE + 16);
    assert_eq!(judged(plan.blocks, &[at(SOURCE, 24)]), Err(Fault::Short { end: source, next }));
    // The ring closes where its list does: a shorter one leaves blocks over.
    let found = BusAddr::new(SOURCE + 8);
    assert_eq!(judged(plan.blocks, &[at(SOURCE, 8)]), Err(Fault::Past { end: source, found }));
    let other = judged(plan.blocks, &[at(SOURCE + 4, 16)]);
    assert!(matches!(other, Err(Fault::Order { end: End::Source, .. })), "{other:?}");
    assert_eq!(judged(&[], &list), Err(Fault::Empty));
}

#[test]
fn what_cannot_be_a_paced_ring_is_refused_with_the_value() {
    let refused = |list: &[BusSegment], blocks| {
        let mut room = Room::new(blocks, 0);
        lowered(list, room.storage()).unwrap_err()
    };
    let end = End::Source;
    assert_eq!(refused(&[], 8), LowerError::Empty);
    assert_eq!(refused(&[at(SOURCE, 0)], 8), LowerError::ZeroLength { end, entry: 0 });
    assert_eq!(refused(&[at(SOURCE, 12)], 8), LowerError::Period { period: 8, total: 12 });
    let (addr, len) = (BusAddr::new(SOURCE + 2), 8);
    assert_eq!(
        refused(&[at(SOURCE + 2, 8)], 8),
        LowerError::Misaligned { end, entry: 0, addr, len }
    );
    let (addr, len) = (BusAddr::new(SOURCE + 8), 6);
    let list = [at(SOURCE, 8), at(SOURCE + 8, 6)];
    assert_eq!(refused(&list, 8), LowerError::Misaligned { end, entry: 1, addr, len });
    assert_eq!(refused(&[at(SOURCE, 16)], 7), LowerError::TooManyBlocks { needed: 8, capacity: 7 });
    let outside = refused(&[at(0x1000, 8)], 8);
    assert!(matches!(outside, LowerError::OutsideWindow { entry: 0, .. }), "{outside:?}");
    let mut room = Room::new(8, 0);
    let chain = BusAddr::new(CHAIN.get() + 16);
    let storage = Storage { chain, ..room.storage() };
    assert_eq!(
        lowered(&[at(SOURCE, 8)], storage).unwrap_err(),
        LowerError::Storage { chain, slots: SLOTS }
    );
    let emulated = limits().with_engine(EngineKind::Emulated).unwrap();
    let list = [at(SOURCE, 8)];
    let refused = lower::ring_paced(list.iter().copied(), &pins(), &emulated, room.storage());
    assert_eq!(refused.unwrap_err(), LowerError::RingOnEmulated);
}

#[test]
fn a_chain_that_is_no_ring_of_pairs_of_words_is_found() {
    let list = [at(SOURCE, 8)];
    let mut room = Room::new(4, 0);
    let blocks = lowered(&list, room.storage()).unwrap().blocks.to_vec();
    // One word and no second one.
    let mut half = blocks[..2].to_vec();
    (half[1].ti, half[1].next) = (PACER | INTEN, CHAIN.get());
    assert_eq!(judged(&half, &[at(SOURCE, 4)]), Err(Fault::Period { len: 4, left: 4 }));
    assert_eq!(judged(&blocks, &[at(SOURCE + 2, 8)]), Err(Fault::Alignment { bits: 2 }));
    let outside = judged(&blocks, &[at(0x1000, 8)]);
    assert!(matches!(outside, Err(Fault::Window { end: End::Source, .. })), "{outside:?}");
    let judge = |edges: &[Edge], limits: &Constraints| {
        let chain = verify::Chain { blocks: &blocks, base: CHAIN, edges, slots: SLOTS };
        verify::ring_paced(&chain, &Rules::new(limits), list.iter().copied(), &pins())
    };
    let fault = Fault::Edge { offset: 1, slot: SLOTS.addr };
    let edge = Edge { offset: 1, slot: 0, len: 1 };
    assert_eq!(judge(&[edge], &limits()), Err(ChainError { block: 0, fault }));
    let emulated = limits().with_engine(EngineKind::Emulated).unwrap();
    let fault = Fault::Next { next: CHAIN.get(), expected: 0 };
    assert_eq!(judge(&[], &emulated), Err(ChainError { block: 3, fault }));
}
