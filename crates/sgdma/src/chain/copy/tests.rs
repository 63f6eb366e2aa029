//! The short ways against the general one: what they let pass it lets pass, and what they doubt it decides.

use std::vec::Vec;

use fastrand::Rng;

use super::*;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;
use crate::lower::{self, Edge, Storage};
use crate::segment::random;

const CHAIN: BusAddr = BusAddr::new(0xC010_0000);
const SLOTS: BusSegment = BusSegment { addr: BusAddr::new(0xC011_0000), len: 4096 };

/// One thing that is wrong with a chain, or none.
fn spoil(rng: &mut Rng, blocks: &mut Vec<ControlBlock>) {
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
            chain_up(blocks);
        }
        // One in two.
        7 if block.len > unit => {
            let (first, rest) = (ControlBlock { len: unit, ..*block }, block.len - unit);
            let [source, dest] = [block.source, block.dest].map(|at| at.wrapping_add(unit));
            (block.source, block.dest, block.len) = (source, dest, rest);
            let ti = block.ti & !(bits::INTEN | bits::WAIT_RESP);
            blocks.insert(at, ControlBlock { ti, ..first });
            chain_up(blocks);
        }
        8 => {
            blocks.swap(at, rng.usize(..count));
            chain_up(blocks);
        }
        _ => (),
    }
}

fn chain_up(blocks: &mut [ControlBlock]) {
    let count = u32::try_from(blocks.len()).unwrap();
    for (index, block) in (1..).zip(blocks) {
        block.next = if index == count { 0 } else { CHAIN.get() + index * 32 };
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
        (chain, rules, zones),
        &Judged::default(),
        [None; 2],
        (lists.0.iter(), lists.1.iter()),
    )
}

#[test]
fn a_short_way_lets_nothing_pass_that_the_general_one_does_not() {
    let (mut passed, mut refused) = (0, 0);
    for seed in 0..if cfg!(miri) { 40 } else { 60_000 } {
        let mut rng = Rng::with_seed(seed);
        let limits = random::limits(&mut rng);
        let (source, dest) = random::lists(&mut rng);
        let (mut blocks, mut edges) = ([ControlBlock::default(); 256], [Edge::default(); 64]);
        let storage =
            Storage { blocks: &mut blocks, chain: CHAIN, edges: &mut edges, slots: SLOTS };
        let Ok(plan) = lower::copy(source.iter(), dest.iter(), &limits, storage) else { continue };
        let mut blocks = plan.blocks.to_vec();
        for _ in 0..rng.u8(..3) {
            spoil(&mut rng, &mut blocks);
        }
        let chain = Chain { blocks: &blocks, base: CHAIN, edges: plan.edges, slots: SLOTS };
        let rules = Rules::new(&limits);
        let general = at_length(&chain, &rules, (&source, &dest));
        assert_eq!(
            copy(&chain, &rules, source.iter(), dest.iter()).is_ok(),
            general.is_ok(),
            "{seed}"
        );
        if let ([from], [to]) = (&source[..], &dest[..]) {
            assert!(general.is_ok() || !copy_only(&chain, &rules, (*from, *to)), "{seed}");
        }
        let count = if general.is_ok() { &mut passed } else { &mut refused };
        *count += 1;
    }
    assert!(cfg!(miri) || passed > 10_000 && refused > 10_000, "{passed} {refused}");
}
