//! Good chains without edges and all that can be wrong with them: the judge has a quick way for lists cut alike, another for
//! lists cut differently and one for a single block, and none of them may pass what the general one refuses.

use sgdma::chain::{ChainError, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, EngineKind};
use sgdma::control_block::ControlBlock;

use crate::cases::{DEST, LAYOUTS, Layout, Room, SOURCE, at, copy};
use crate::leaving::{List, PLACES, alike, full, halve};
use crate::shifted::shifted;

/// Lists, their limits, and where their chain is.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) layout: Layout,
    pub(crate) limits: Constraints,
    pub(crate) source: List,
    pub(crate) dest: List,
}

impl Case {
    pub(crate) fn new(layout: Layout, limits: Constraints, (source, dest): (List, List)) -> Self {
        Self { layout, limits, source, dest }
    }

    /// The planner's chain.
    pub(crate) fn chain(&self) -> Vec<ControlBlock> {
        let mut room = Room::laid(self.layout, 64, 0);
        copy(&self.source, &self.dest, &self.limits, room.storage()).unwrap().blocks.to_vec()
    }

    pub(crate) fn judged(&self, blocks: &[ControlBlock]) -> Result<(), ChainError> {
        self.judged_between(blocks, &self.source, &self.dest)
    }

    /// The same between other lists.
    fn judged_between(
        &self,
        blocks: &[ControlBlock],
        source: &List,
        dest: &List,
    ) -> Result<(), ChainError> {
        let Layout { chain, slots } = self.layout;
        let chain = verify::Chain { blocks, base: chain, edges: &[], slots };
        verify::copy(&chain, &Rules::new(&self.limits), source, dest)
    }

    /// Flips each bit of the chain in turn; all but those of other legal bursts must be refused, at the block that is
    /// wrong or, where it moves less than it should, the next.
    fn refuses_flipped_bits(&self) {
        let good = self.chain();
        self.judged(&good).unwrap();
        for (index, bit) in (0..good.len()).flat_map(|index| (0..256).map(move |bit| (index, bit)))
        {
            let mut bad = good.clone();
            let mut words = bad[index].words();
            words[bit / 32] ^= 1 << (bit % 32);
            bad[index] = ControlBlock::from_words(words);
            let harmless = (12..16).contains(&bit) && burst_is_legal(&bad[index], &self.limits);
            let verdict = self.judged(&bad);
            assert_eq!(verdict.is_ok(), harmless, "bit {bit} of {index}, {self:?}");
            if let Err(error) = verdict {
                assert!(error.block.wrapping_sub(index) < 2, "{error} for {index}");
            }
        }
        for place in 0..good.len() {
            let mut without = good.clone();
            without.remove(place);
            assert!(self.judged(&without).is_err(), "without {place}");
        }
    }
}

/// Whether the burst is no longer than the FIFO of such a channel holds: 9, 2 and 1 beats of 128 bits, 16, 8 and 4 of 32.
fn burst_is_legal(block: &ControlBlock, limits: &Constraints) -> bool {
    let wide = block.ti & 1 << 9 != 0;
    let most = match limits.kind() {
        ChannelKind::Bulk => [16, 9],
        ChannelKind::Full => [8, 2],
        ChannelKind::Lite => [4, 1],
    };
    (block.ti >> 12 & 15) + 1 <= most[usize::from(wide)]
}

/// Each limit that has a part in what the quick ways compare.
fn all_limits() -> [Constraints; 7] {
    [
        full(),
        full().with_burst(8).unwrap(),
        full().with_line(1).unwrap(),
        full().with_max_segment(0x40).unwrap(),
        full().with_boundary(0x40).unwrap(),
        full().with_engine(EngineKind::Emulated).unwrap(),
        Constraints::memory(ChannelKind::Lite),
    ]
}

#[test]
fn no_flipped_bit_is_overlooked_but_those_of_another_legal_burst() {
    for (layout, limits) in LAYOUTS.into_iter().flat_map(|at| all_limits().map(|l| (at, l))) {
        Case::new(layout, limits, alike(0x80)).refuses_flipped_bits();
        Case::new(layout, limits, shifted(0x40)).refuses_flipped_bits();
        let one = (vec![at(SOURCE, 0x80)], vec![at(DEST, 0x80)]);
        Case::new(layout, limits, one).refuses_flipped_bits();
    }
}

#[test]
fn what_is_unusual_but_right_is_taken() {
    for (layout, place) in LAYOUTS.into_iter().flat_map(|at| PLACES.map(|place| (at, place))) {
        let mut case = Case::new(layout, full(), alike(0x80));
        let mut narrow = case.chain();
        narrow[place].ti &= !(1 << 5 | 1 << 9 | 0xf000);
        case.judged(&narrow).unwrap();
        let short = full().with_max_segment(0x40).unwrap();
        let short = Case::new(layout, short, alike(0x80)).chain();
        case.judged(&short).unwrap();
        halve(&mut case.source, place, 0);
        case.judged(&case.chain()).unwrap();
    }
}

#[test]
fn lists_that_differ_from_the_blocks_are_refused() {
    for (layout, place) in LAYOUTS.into_iter().flat_map(|at| PLACES.map(|place| (at, place))) {
        for lists in [alike(0x80), shifted(0x40)] {
            let case = Case::new(layout, full(), lists);
            let Case { source, dest, .. } = &case;
            let good = case.chain();
            for side in [0, 1] {
                let refused = |change: &dyn Fn(&mut List)| {
                    let mut lists = [source.clone(), dest.clone()];
                    change(&mut lists[side]);
                    let verdict = case.judged_between(&good, &lists[0], &lists[1]);
                    assert!(verdict.is_err(), "{lists:x?}");
                };
                refused(&|list| list[place] = at(list[place].addr.get() + 0x80, 0x80));
                refused(&|list| list[place].len = 0);
                refused(&|list| list[place].len += 0x40);
                refused(&|list| list[place].len -= 0x20);
                refused(&|list| list.push(at(SOURCE + 0xe00, 0x80)));
                refused(&|list| drop(list.remove(place)));
            }
            assert!(case.judged(&good[..good.len() - 1]).is_err());
        }
    }
}

/// Blocks and lists that agree, in places where no block may read or write.
#[test]
fn blocks_where_nothing_may_be_are_refused() {
    for (layout, place) in LAYOUTS.into_iter().flat_map(|at| PLACES.map(|place| (at, place))) {
        let case = Case::new(layout, full(), alike(0x80));
        let good = case.chain();
        let (from, to) = (case.source[place].addr.get(), case.dest[place].addr.get());
        let (slots, chain) = (layout.slots.addr.get(), layout.chain.get());
        for (read, write) in [
            (slots, to),
            (from, slots),
            (chain, to),
            (from, chain & !63),
            (0x1000, to),
            (from, 0x1000),
            (0xFF00_0000, to),
            (from, 0xFF00_0000),
            (0xFEFF_FFC0, to),
            (to, to),
            (to + 0x40, to),
            (to - 0x40, to),
        ] {
            let (mut bad, mut s, mut d) = (good.clone(), case.source.clone(), case.dest.clone());
            (bad[place].source, bad[place].dest) = (read, write);
            (s[place], d[place]) = (at(read, 0x80), at(write, 0x80));
            assert!(case.judged_between(&bad, &s, &d).is_err(), "{read:#x} {write:#x}");
        }
    }
}
