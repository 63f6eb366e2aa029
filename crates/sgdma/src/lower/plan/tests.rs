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
        let limits = random::limits(&mut rng);
        let (source, mut dest) = random::lists(&mut rng);
        if rng.u8(..16) == 0
            && let Some(last) = dest.last_mut()
        {
            // Not as much as there is to be read.
            last.len += 4;
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
