//! Lists cut alike but for one pair: the quick way must leave off just there, and the whole must be what the general
//! way alone yields. That one is asked through `Cuts` and the dry run, which know no quick way.

use sgdma::chain::{ChainError, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, Merge};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, CutKind, Cuts, LowerError};
use sgdma::segment::BusSegment;

use crate::cases::{BASE, DEST, Room, SLOTS, SOURCE, SPAN, at, check_copy, copy};
use crate::oracle::Machine;

type List = Vec<BusSegment>;

const PAIRS: u32 = 5;
const PLACES: [usize; 3] = [0, 2, 4];

fn alike(len: u32) -> (List, List) {
    let list = |start: u32| (0..PAIRS).map(|i| at(start + i * 0x200, len)).collect();
    (list(SOURCE), list(DEST))
}

fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}

/// In two halves, the second `gap` bytes after the first.
fn halve(list: &mut List, place: usize, gap: u32) {
    let whole = list[place];
    let half = whole.len / 2;
    list[place].len = half;
    list.insert(place + 1, at(whole.addr.get() + half + gap, half));
}

/// The blocks of a copy are the cuts of the general way.
fn same_as_general(source: &List, dest: &List, limits: &Constraints) {
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

fn judged(blocks: &[ControlBlock], source: &List, dest: &List) -> Result<(), ChainError> {
    let base = crate::cases::CHAIN;
    let chain = verify::Chain { blocks, base, edges: &[], slots: SLOTS };
    verify::copy(&chain, &Rules::new(&full()), source, dest)
}

fn chain(source: &List, dest: &List, limits: &Constraints) -> Vec<ControlBlock> {
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
        assert_eq!(judged(&bad, &source, &dest).is_ok(), harmless, "bit {bit} of {index}");
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

/// The destination cut so many bytes later than the source, in pieces of the same length.
fn shifted(by: u32) -> (List, List) {
    let (source, mut dest) = alike(0x80);
    let (first, tail) = (at(DEST - 0x200, by), 0x80 - by);
    dest.insert(0, first);
    dest[PAIRS as usize].len = tail;
    (source, dest)
}

/// As `everywhere`, where the lists are cut differently; the change is to one entry of either list.
fn everywhere_shifted(limits: &Constraints, change: impl Fn(&mut List, usize)) {
    let total = |list: &List| list.iter().map(|entry| entry.len).sum::<u32>();
    for (place, side) in PLACES.iter().flat_map(|place| [(*place, 0), (*place, 1)]) {
        let (source, dest) = shifted(0x40);
        let mut lists = [source, dest];
        change(&mut lists[side], place);
        // The other list keeps up with the length.
        let more = total(&lists[side]) - total(&lists[1 - side]);
        lists[1 - side].last_mut().unwrap().len += more;
        same_as_general(&lists[0], &lists[1], limits);
        same_as_general(&lists[0], &lists[1], &limits.with_merge(Merge::Never));
    }
}

#[test]
fn cut_differently() {
    let lines = full().with_line(32).unwrap();
    let small = full().with_max_segment(0x40).unwrap();
    for limits in [full(), lines, small, full().with_boundary(0x40).unwrap()] {
        everywhere_shifted(&limits, |_, _| ());
        everywhere_shifted(&limits, |list, i| list[i].addr = at(list[i].addr.get() + 4, 0).addr);
        everywhere_shifted(&limits, |list, i| list[i].len += 0x14);
        everywhere_shifted(&limits, |list, i| list[i].len += 0x40);
        everywhere_shifted(&limits, |list, i| halve(list, i, 0));
        everywhere_shifted(&limits, |list, i| halve(list, i, 0x40));
        everywhere_shifted(&limits, |list, i| {
            halve(list, i, 0);
            list[i + 1].len += 0x14;
        });
    }
}

#[test]
fn cut_differently_without_room_the_error_says_how_many_would_do() {
    let (source, dest) = shifted(0x40);
    for capacity in 0..10 {
        let mut room = Room::new(capacity, 0);
        let error = copy(&source, &dest, &full(), room.storage()).unwrap_err();
        assert_eq!(error, LowerError::TooManyBlocks { needed: 10, capacity });
    }
}

#[test]
fn cut_differently_errors_are_those_of_the_general_way() {
    let error_of = |change: &dyn Fn(&mut List, &mut List, usize)| {
        for place in PLACES {
            let (mut source, mut dest) = shifted(0x40);
            change(&mut source, &mut dest, place);
            let (s, d) = (source.iter().copied(), dest.iter().copied());
            let error = lower::count(s, d, &full()).unwrap_err();
            let mut room = Room::new(64, 64);
            assert_eq!(copy(&source, &dest, &full(), room.storage()).unwrap_err(), error);
        }
    };
    error_of(&|source, _, i| source[i].len = 0);
    error_of(&|_, dest, i| dest[i].len = 0);
    error_of(&|source, _, i| source[i] = at(0x1000, 0x80));
    error_of(&|_, dest, i| dest[i] = at(0xFEFF_FFC0, 0x80));
    error_of(&|source, dest, i| source[i] = at(dest[i + 1].addr.get() - 0x40, 0x80));
    error_of(&|source, _, i| {
        source.remove(i);
    });
    error_of(&|_, dest, _| dest.push(at(DEST + 0xe00, 0x80)));
}

#[test]
fn the_judge_of_lists_cut_differently_refuses_every_flipped_bit() {
    let (source, dest) = shifted(0x40);
    let good = chain(&source, &dest, &full());
    assert_eq!(good.len(), 10);
    judged(&good, &source, &dest).unwrap();
    for (index, bit) in (0..good.len()).flat_map(|index| (0..256).map(move |bit| (index, bit))) {
        let mut bad = good.clone();
        let mut words = bad[index].words();
        words[bit / 32] ^= 1 << (bit % 32);
        bad[index] = ControlBlock::from_words(words);
        assert_eq!(judged(&bad, &source, &dest).is_ok(), bit == 12, "bit {bit} of {index}");
    }
    for place in 0..good.len() {
        let mut without = good.clone();
        without.remove(place);
        assert!(judged(&without, &source, &dest).is_err());
    }
}

#[test]
fn one_entry_alone_is_as_the_general_way_has_it() {
    let windows = [0xC010_0000, 0xC010_1000, 0xFEFF_FF80];
    for (from, to) in windows.iter().flat_map(|s| windows.iter().map(move |d| (*s, *d))) {
        for (shift, len) in [(0, 0x80), (4, 0x80), (0, 0x7c), (0, 0x100), (0, 0), (0x40, 0x40)] {
            for limits in [full(), full().with_max_segment(0x80).unwrap()] {
                let (source, dest) = (vec![at(from + shift, len)], vec![at(to, len)]);
                let (s, d) = (source.iter().copied(), dest.iter().copied());
                let mut room = Room::new(8, 8);
                let plan = copy(&source, &dest, &limits, room.storage());
                match lower::count(s, d, &limits) {
                    Err(error) => assert_eq!(plan.unwrap_err(), error),
                    Ok(counts) => assert_eq!(plan.unwrap().counts.blocks, counts.blocks),
                }
            }
        }
    }
}

#[test]
fn the_judge_of_one_entry_refuses_every_flipped_bit_and_what_lies_where_nothing_may_be() {
    let (source, dest) = (vec![at(SOURCE, 0x80)], vec![at(DEST, 0x80)]);
    let good = chain(&source, &dest, &full());
    judged(&good, &source, &dest).unwrap();
    for bit in 0..256 {
        let mut words = good[0].words();
        words[bit / 32] ^= 1 << (bit % 32);
        let bad = [ControlBlock::from_words(words)];
        assert_eq!(judged(&bad, &source, &dest).is_ok(), bit == 12, "bit {bit}");
    }
    let (own, slots) = (crate::cases::CHAIN.get(), SLOTS.addr.get());
    for place in [own & !63, slots, slots + SLOTS.len - 0x40, 0xBFFF_FFC0, 0xFEFF_FFC0] {
        for (from, to) in [(place, DEST), (SOURCE, place)] {
            let mut bad = good.clone();
            (bad[0].source, bad[0].dest) = (from, to);
            assert!(
                judged(&bad, &vec![at(from, 0x80)], &vec![at(to, 0x80)]).is_err(),
                "{place:#x}"
            );
        }
    }
    let chain_at = |base: u32, slots: BusSegment| {
        let base = sgdma::address::BusAddr::new(base);
        let chain = verify::Chain { blocks: &good, base, edges: &[], slots };
        verify::copy(&chain, &Rules::new(&full()), &source, &dest)
    };
    chain_at(own, SLOTS).unwrap();
    chain_at(SOURCE - 0x20, at(0, 0)).unwrap();
    for base in [0, own + 4, SOURCE, SOURCE + 0x60, DEST + 0x60, 0xBFFF_FFE0, 0xFEFF_FFF0, slots] {
        assert!(chain_at(base, SLOTS).is_err(), "a chain at {base:#x}");
    }
    for slots in [at(own, 32), at(SOURCE + 0x70, 16), at(DEST, 16), at(0xBFFF_FFF0, 32)] {
        assert!(chain_at(own, slots).is_err(), "slots at {slots}");
    }
}

#[test]
fn every_kind_of_list_yields_the_same_blocks() {
    use sgdma::segment::Each;
    for (source, dest) in [alike(0x80), shifted(0x40), (vec![at(SOURCE, 64)], vec![at(DEST, 64)])] {
        let expected = chain(&source, &dest, &full());
        let mut room = Room::new(64, 0);
        let each = (Each(source.iter().copied()), Each(dest.iter().copied()));
        let plan = lower::copy(each.0.clone(), each.1.clone(), &full(), room.storage()).unwrap();
        assert_eq!(plan.blocks, expected);
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::copy(&chain, &Rules::new(&full()), each.0, each.1).unwrap();
        verify::copy(&chain, &Rules::new(&full()), source.iter(), dest.iter()).unwrap();
    }
    let (source, dest) = alike(0x80);
    let [s, d] = [source.clone(), dest.clone()].map(|list| <[_; 5]>::try_from(list).unwrap());
    let mut room = Room::new(64, 0);
    let plan = lower::copy(s, d, &full(), room.storage()).unwrap();
    assert_eq!(plan.blocks, chain(&source, &dest, &full()));
    verify::copy(&verify::Chain::of(&plan, SLOTS), &Rules::new(&full()), s, d).unwrap();
}
