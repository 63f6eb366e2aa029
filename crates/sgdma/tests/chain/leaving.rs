//! Lists cut alike but for one pair: the quick way must leave off just there, and the whole must be what the general
//! way alone yields. That one is asked through `Cuts` and the dry run, which know no quick way.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, Merge};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, CutKind, Cuts, LowerError};
use sgdma::segment::{BusSegment, BusWindow};

use crate::cases::{BASE, DEST, Room, SLOTS, SOURCE, SPAN, at, check_copy, copy};
use crate::oracle::Machine;

pub(crate) type List = Vec<BusSegment>;

pub(crate) const PAIRS: u32 = 5;
pub(crate) const PLACES: [usize; 3] = [0, 2, 4];

pub(crate) fn alike(len: u32) -> (List, List) {
    let list = |start: u32| (0..PAIRS).map(|i| at(start + i * 0x200, len)).collect();
    (list(SOURCE), list(DEST))
}

pub(crate) fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}

/// In two halves, the second `gap` bytes after the first.
pub(crate) fn halve(list: &mut List, place: usize, gap: u32) {
    let whole = list[place];
    let half = whole.len / 2;
    list[place].len = half;
    list.insert(place + 1, at(whole.addr.get() + half + gap, half));
}

/// The blocks of a copy are the cuts of the general way.
pub(crate) fn same_as_general(source: &List, dest: &List, limits: &Constraints) {
    let mut room = Room::new(64, 64);
    let plan = copy(source, dest, limits, room.storage()).unwrap();
    let cuts = Cuts::new(source.iter().copied(), dest.iter().copied(), limits);
    let cuts: Vec<_> = cuts.map(Result::unwrap).collect();
    assert_eq!(plan.blocks.len(), cuts.len(), "{source:?} {dest:?}");
    for (block, cut) in plan.blocks.iter().zip(&cuts) {
        if let CutKind::Edge { lead, read } = cut.kind {
            assert_eq!((block.source, block.len), (cut.source.get() - lead, read));
        } else {
            let (source, dest) = (cut.source.get(), cut.destination.get());
            assert_eq!((block.source, block.dest, block.len), (source, dest, cut.len));
        }
    }
    let mut machine = Machine::new(BASE, SPAN, 3);
    check_copy(source, dest, limits, &mut Room::new(64, 64), &mut machine);
}

/// One change at the first, a middle and the last pair, or from there on.
fn everywhere(limits: &Constraints, change: impl Fn(&mut List, &mut List, usize)) {
    for places in [&PLACES[..1], &PLACES[1..2], &PLACES[2..], &PLACES] {
        let (mut source, mut dest) = alike(0x80);
        for place in places.iter().rev() {
            change(&mut source, &mut dest, *place);
        }
        same_as_general(&source, &dest, limits);
        same_as_general(&source, &dest, &limits.with_merge(Merge::Never));
    }
}

#[test]
fn nothing_to_leave_for() {
    everywhere(&full(), |_, _, _| ());
    everywhere(&full().with_boundary(0x100).unwrap(), |_, _, _| ());
}

#[test]
fn unaligned() {
    everywhere(&full(), |source, _, i| source[i] = at(source[i].addr.get() + 4, 0x80));
    everywhere(&full(), |_, dest, i| dest[i] = at(dest[i].addr.get() + 4, 0x80));
    everywhere(&full(), |source, dest, i| (source[i].len, dest[i].len) = (0x7c, 0x7c));
}

#[test]
fn unequal() {
    everywhere(&full(), |source, _, i| halve(source, i, 0x40));
    everywhere(&full(), |_, dest, i| halve(dest, i, 0x40));
    everywhere(&full(), |source, _, i| halve(source, i, 0));
    everywhere(&full(), |_, dest, i| halve(dest, i, 0));
}

#[test]
fn contiguous_on_one_side_or_both() {
    for (gap_s, gap_d) in [(0, 0), (0, 0x40), (0x40, 0), (0x40, 0x40)] {
        everywhere(&full(), |source, dest, i| {
            halve(source, i, gap_s);
            halve(dest, i, gap_d);
        });
        everywhere(&full().with_max_segment(0x60).unwrap(), |source, dest, i| {
            halve(source, i, gap_s);
            halve(dest, i, gap_d);
        });
    }
}

#[test]
fn contiguous_with_what_is_rough() {
    everywhere(&full(), |source, dest, i| {
        halve(source, i, 0);
        halve(dest, i, 0);
        (source[i + 1].len, dest[i + 1].len) = (0x14, 0x14);
    });
}

#[test]
fn too_long_or_across_a_boundary() {
    everywhere(&full().with_max_segment(0x80).unwrap(), |source, dest, i| {
        (source[i].len, dest[i].len) = (0xc0, 0xc0);
    });
    let bounded = full().with_boundary(0x100).unwrap();
    everywhere(&bounded, |source, _, i| source[i] = at(source[i].addr.get() + 0xc0, 0x80));
    everywhere(&bounded, |_, dest, i| dest[i] = at(dest[i].addr.get() + 0xc0, 0x80));
}

/// The error is the one of the dry run.
fn same_error(change: impl Fn(&mut List, &mut List, usize)) {
    for place in PLACES {
        let (mut source, mut dest) = alike(0x80);
        change(&mut source, &mut dest, place);
        let (s, d) = (source.iter().copied(), dest.iter().copied());
        let error = lower::count(s, d, &full()).unwrap_err();
        let mut room = Room::new(64, 64);
        assert_eq!(copy(&source, &dest, &full(), room.storage()).unwrap_err(), error);
    }
}

#[test]
fn errors_are_those_of_the_general_way() {
    same_error(|source, _, i| source[i].len = 0);
    same_error(|_, dest, i| dest[i].len = 0);
    same_error(|source, dest, i| (source[i].len, dest[i].len) = (0, 0));
    same_error(|source, _, i| source[i] = at(0x1000, 0x80));
    same_error(|_, dest, i| dest[i] = at(0xFEFF_FFC0, 0x80));
    same_error(|source, dest, i| source[i] = dest[i]);
    same_error(|source, dest, i| dest[i] = at(source[i].addr.get() + 0x40, 0x80));
    same_error(|source, _, i| {
        source.remove(i);
    });
    same_error(|_, dest, i| {
        dest.remove(i);
    });
    same_error(|source, _, _| source.push(at(SOURCE + 0xe00, 0x80)));
    same_error(|source, dest, _| {
        source.clear();
        dest.clear();
    });
}

#[test]
fn without_room_the_error_says_how_many_would_do() {
    let (source, dest) = alike(0x80);
    for capacity in 0..5 {
        let mut room = Room::new(capacity, 0);
        let error = copy(&source, &dest, &full(), room.storage()).unwrap_err();
        assert_eq!(error, LowerError::TooManyBlocks { needed: 5, capacity });
    }
}

pub(crate) fn judged(
    blocks: &[ControlBlock],
    source: &List,
    dest: &List,
) -> Result<(), ChainError> {
    let base = crate::cases::CHAIN;
    let chain = verify::Chain { blocks, base, edges: &[], slots: SLOTS };
    verify::copy(&chain, &Rules::new(&full()), source, dest)
}

/// The same with chain and slots behind the data, where no stretch is plainly clear of them: the general way judges.
pub(crate) fn judged_in_general(
    blocks: &[ControlBlock],
    source: &List,
    dest: &List,
) -> Result<(), ChainError> {
    let (base, slots) = (BASE + 0x10_0000, at(BASE + 0x20_0000, 0x1000));
    let by = base - crate::cases::CHAIN.get();
    let moved = |block: &ControlBlock| match block.next {
        0 => *block,
        next => ControlBlock { next: next.wrapping_add(by), ..*block },
    };
    let blocks: Vec<ControlBlock> = blocks.iter().map(moved).collect();
    let window =
        BusWindow { first: BusAddr::new(BASE), last: BusAddr::new(slots.addr.get() + 0xFFF) };
    let rules = Rules::new(&full().with_window(window));
    let chain = verify::Chain { blocks: &blocks, base: BusAddr::new(base), edges: &[], slots };
    verify::copy(&chain, &rules, source, dest)
}

pub(crate) fn chain(source: &List, dest: &List, limits: &Constraints) -> Vec<ControlBlock> {
    copy(source, dest, limits, Room::new(64, 0).storage()).unwrap().blocks.to_vec()
}

#[test]
fn the_judge_refuses_every_flipped_bit_but_those_of_shorter_bursts() {
    let (source, dest) = alike(0x80);
    let good = chain(&source, &dest, &full());
    judged(&good, &source, &dest).unwrap();
    for (index, bit) in (0..good.len()).flat_map(|index| (0..256).map(move |bit| (index, bit))) {
        let mut bad = good.clone();
        let mut words = bad[index].words();
        words[bit / 32] ^= 1 << (bit % 32);
        bad[index] = ControlBlock::from_words(words);
        let harmless = bit == 12;
        for judge in [judged, judged_in_general] {
            assert_eq!(judge(&bad, &source, &dest).is_ok(), harmless, "bit {bit} of {index}");
        }
    }
}

#[test]
fn the_judge_takes_what_is_unusual_but_right() {
    for place in PLACES {
        let (mut source, dest) = alike(0x80);
        let mut narrow = chain(&source, &dest, &full());
        narrow[place].ti &= !(1 << 5 | 1 << 9 | 0xf000);
        judged(&narrow, &source, &dest).unwrap();
        let short = chain(&source, &dest, &full().with_max_segment(0x40).unwrap());
        judged(&short, &source, &dest).unwrap();
        halve(&mut source, place, 0);
        judged(&chain(&source, &dest, &full()), &source, &dest).unwrap();
    }
}

#[test]
fn the_judge_refuses_lists_that_differ_from_the_blocks_or_are_where_nothing_may_be() {
    let (source, dest) = alike(0x80);
    let good = chain(&source, &dest, &full());
    for place in PLACES {
        let mut other = source.clone();
        other[place] = at(other[place].addr.get() + 0x80, 0x80);
        assert!(judged(&good, &other, &dest).is_err());
        for len in [0x40, 0xc0, 0] {
            let (mut short_s, mut short_d) = (source.clone(), dest.clone());
            (short_s[place].len, short_d[place].len) = (len, len);
            assert!(judged(&good, &short_s, &dest).is_err());
            assert!(judged(&good, &source, &short_d).is_err());
        }
        for (read, write) in [
            (SLOTS.addr.get(), dest[place].addr.get()),
            (source[place].addr.get(), SLOTS.addr.get()),
            (crate::cases::CHAIN.get(), dest[place].addr.get()),
            (source[place].addr.get(), crate::cases::CHAIN.get() & !63),
            (0x1000, dest[place].addr.get()),
            (source[place].addr.get(), 0xFF00_0000),
            (dest[place].addr.get() + 0x40, dest[place].addr.get()),
        ] {
            let (mut bad, mut s, mut d) = (good.clone(), source.clone(), dest.clone());
            (bad[place].source, bad[place].dest) = (read, write);
            (s[place], d[place]) = (at(read, 0x80), at(write, 0x80));
            assert!(judged(&bad, &s, &d).is_err(), "{read:#x} {write:#x}");
        }
    }
    for list in [&source, &dest] {
        let more: List = list.iter().copied().chain([at(SOURCE + 0xe00, 0x80)]).collect();
        let (s, d) = if list == &source { (&more, &dest) } else { (&source, &more) };
        assert!(judged(&good, s, d).is_err());
    }
    assert!(judged(&good[..4], &source, &dest).is_err());
}
