//! Good chains without edges and all that can be wrong with them: the judge has a quick way for lists cut alike, another for
//! lists cut differently and one for a single block, and none of them may pass what the general one refuses.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, EngineKind};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{Edge, End};
use sgdma::segment::BusWindow;

use crate::cases::{
    BELOW, DEST, LAYOUTS, Layout, Room, SOURCE, at, bits, copy, flipped_twice, sampled,
};
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
        for (index, bit) in bits(good.len()) {
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
            let mut bad = good.clone();
            for block in flipped_twice(&good[place]) {
                bad[place] = block;
                assert!(self.judged(&bad).is_err(), "{block:x?} for {place}, {self:?}");
            }
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
    (block.ti >> 12 & 15) < most[usize::from(wide)]
}

/// Each limit that has a part in what the quick ways compare.
fn all_limits() -> [Constraints; 8] {
    [
        full(),
        full().with_burst(8).unwrap(),
        full().with_line(1).unwrap(),
        full().with_max_segment(0x40).unwrap(),
        full().with_boundary(0x40).unwrap(),
        full().with_engine(EngineKind::Emulated).unwrap(),
        Constraints::memory(ChannelKind::Lite),
        full().with_window(BusWindow::ALL),
    ]
}

#[test]
fn no_flipped_bit_is_overlooked_but_those_of_another_legal_burst() {
    let all = LAYOUTS.into_iter().flat_map(|at| all_limits().map(|l| (at, l)));
    for (layout, limits) in sampled(all, 3) {
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
    let all = LAYOUTS.into_iter().flat_map(|at| PLACES.map(|place| (at, place)));
    for (layout, place) in sampled(all, 5) {
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
                refused(&|list| list.iter_mut().for_each(|entry| entry.len = 0));
                refused(&|list| list[place].len += 0x40);
                refused(&|list| list[place].len -= 0x20);
                refused(&|list| list[place].len /= 2);
                refused(&|list| list.push(at(SOURCE + 0xe00, 0x80)));
                refused(&|list| {
                    list.remove(place);
                });
            }
            assert!(case.judged(&good[..good.len() - 1]).is_err());
        }
    }
}

/// Lists of one entry have a way of their own to be judged.
#[test]
fn one_block_that_agrees_with_its_lists_is_refused_where_they_are_wrong() {
    let one = |from: u32, to: u32, len| (vec![at(from, len)], vec![at(to, len)]);
    for layout in LAYOUTS {
        let fault = |(source, dest): (List, List), limits: Constraints| {
            let (from, to, len) = (source[0].addr.get(), dest[0].addr.get(), source[0].len);
            let mut block = Case::new(layout, full(), one(SOURCE, DEST, 0x80)).chain();
            (block[0].source, block[0].dest, block[0].len) = (from, to, len);
            Case::new(layout, limits, (source, dest)).judged(&block).unwrap_err().fault
        };
        let short = full().with_max_segment(0x40).unwrap();
        let long = fault(one(SOURCE, DEST, 0x80), short);
        assert_eq!(long, Fault::Length { len: 0x80, most: 0x40 });
        assert_eq!(
            fault(one(SOURCE, DEST, 0x80), full().with_boundary(0x40).unwrap()),
            Fault::Boundary { end: End::Source, addr: BusAddr::new(SOURCE), len: 0x80 }
        );
        for (from, to) in [(SOURCE, SOURCE + 0x40), (SOURCE + 0x40, SOURCE)] {
            let (source, destination) = (BusAddr::new(from), BusAddr::new(to));
            let overlap = Fault::Overlap { source, destination };
            assert_eq!(fault(one(from, to, 0x80), full()), overlap);
        }
        let destination = BusAddr::new(DEST + 32);
        let line = fault(one(SOURCE, DEST + 32, 0x80), full());
        assert_eq!(line, Fault::Line { destination, len: 0x80 });
        let misaligned = fault(one(SOURCE + 4, DEST, 0x80), full());
        assert_eq!(misaligned, Fault::Alignment { bits: 4 });
    }
    // Slots that begin within the block.
    let chain = BELOW.chain;
    let layout = Layout { chain, slots: at(chain.get() + 16, 64) };
    let block = Case::new(BELOW, full(), one(SOURCE, DEST, 0x80)).chain();
    let fault =
        Case::new(layout, full(), one(SOURCE, DEST, 0x80)).judged(&block).unwrap_err().fault;
    assert_eq!(fault, Fault::Storage { base: chain });
}

/// Where the quick ways have judged every block, and something is left all the same.
#[test]
fn edges_that_no_block_fills_are_found_after_the_quick_ways_too() {
    for layout in LAYOUTS {
        for lists in [alike(0x80), shifted(0x40), (vec![at(SOURCE, 0x80)], vec![at(DEST, 0x80)])] {
            let case = Case::new(layout, full(), lists);
            let (blocks, edges) = (case.chain(), [Edge { offset: 0, slot: 0, len: 1 }]);
            let Layout { chain, slots } = layout;
            let chain = verify::Chain { blocks: &blocks, base: chain, edges: &edges, slots };
            let rules = Rules::new(&case.limits);
            let error = verify::copy(&chain, &rules, &case.source, &case.dest).unwrap_err();
            let (block, fault) = (blocks.len() - 1, Fault::EdgesLeft { edges: 1 });
            assert_eq!(error, ChainError { block, fault });
        }
    }
}

/// Moves an entry of one list to `place`, and the blocks with it.
fn moved(blocks: &mut [ControlBlock], list: &mut List, (side, entry): (usize, usize), place: u32) {
    let old = list[entry];
    list[entry].addr = BusAddr::new(place);
    for block in blocks {
        let addr = [&mut block.source, &mut block.dest].into_iter().nth(side).unwrap();
        if old.overlaps(at(*addr, 1)) {
            *addr = addr.wrapping_sub(old.addr.get()).wrapping_add(place);
        }
    }
}

/// Blocks and lists that agree, in places where no block may read or write.
#[test]
fn blocks_where_nothing_may_be_are_refused() {
    // Bursts of one byte leave no bits to tell a bad address by.
    let (bytes, bursts) = (full().with_burst(1).unwrap(), full());
    let limits = [bursts, bytes].into_iter().flat_map(|limits| LAYOUTS.map(|at| (at, limits)));
    let all = limits.flat_map(|at| PLACES.map(|place| (at, place)));
    for ((layout, limits), place) in sampled(all, 5) {
        for (lists, side) in [alike(0x80), shifted(0x40)].iter().flat_map(|l| [(l, 0), (l, 1)]) {
            let case = Case::new(layout, limits, lists.clone());
            let (good, own) = (case.chain(), [&lists.0, &lists.1][side][place]);
            let ends = |block: &ControlBlock| [block.source, block.dest];
            let first = good.iter().find(|block| ends(block)[side] == own.addr.get()).unwrap();
            let other = ends(first)[1 - side];
            let mut bad = vec![
                layout.slots.addr.get(),
                layout.chain.get() & !63,
                0x1000,
                0xBFFF_FFC0,
                0xFF00_0000 - own.len / 2,
                0xFF00_0000,
                // Over what the same block reads or writes.
                other,
                other + 0x20,
                other - 0x20,
            ];
            if limits == bursts {
                // No whole bursts.
                bad.push(own.addr.get() + 4);
            }
            if side == 1 {
                // Half a cache line.
                bad.push(own.addr.get() + 32);
            }
            if (first.len, own.len) == (0x80, 0x80) {
                bad.extend([other + 0x40, other - 0x40]);
            }
            for to in bad {
                let (mut blocks, mut lists) = (good.clone(), [lists.0.clone(), lists.1.clone()]);
                moved(&mut blocks, &mut lists[side], (side, place), to);
                let verdict = case.judged_between(&blocks, &lists[0], &lists[1]);
                assert!(verdict.is_err(), "{to:#x} {layout:?} {lists:x?}");
            }
            // Where there is nothing wrong with it.
            for to in [0xC200_0000, 0xFF00_0000 - own.len] {
                let (mut blocks, mut lists) = (good.clone(), [lists.0.clone(), lists.1.clone()]);
                moved(&mut blocks, &mut lists[side], (side, place), to);
                case.judged_between(&blocks, &lists[0], &lists[1]).unwrap();
            }
        }
    }
}

#[test]
fn entries_longer_than_the_window_are_refused() {
    for len in [0x40, 0x80] {
        let window = BusWindow { first: BELOW.chain, last: BusAddr::new(SOURCE + len - 1) };
        let (source, dest) = (vec![at(SOURCE, 0x80); 2], vec![at(DEST, 0x80); 2]);
        let good = Case::new(BELOW, full(), (source.clone(), dest.clone())).chain();
        let limits = full().with_window(window);
        let error = Case::new(BELOW, limits, (source, dest)).judged(&good).unwrap_err();
        let (end, start) =
            if len == 0x40 { (End::Source, SOURCE) } else { (End::Destination, DEST) };
        let fault = Fault::Window { end, segment: at(start, 0x80), window };
        assert_eq!(error, ChainError { block: 0, fault });
    }
}

#[test]
fn a_chain_may_have_no_slots() {
    for layout in LAYOUTS.map(|layout| Layout { slots: at(0, 0), ..layout }) {
        for lists in [alike(0x80), shifted(0x40), (vec![at(SOURCE, 0x80)], vec![at(DEST, 0x80)])] {
            let case = Case::new(layout, full(), lists);
            let mut good = case.chain();
            case.judged(&good).unwrap();
            good[0].dest += 32;
            assert!(case.judged(&good).is_err());
        }
    }
}
