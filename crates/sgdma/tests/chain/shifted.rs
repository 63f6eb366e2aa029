//! Lists that are cut differently but everywhere aligned, and lists of one entry: each has a quick way of its own, which
//! must yield what the general way does and judge as the general judge does.

use sgdma::address::BusAddr;
use sgdma::chain::{Rules, verify};
use sgdma::constraints::{Constraints, Merge};
use sgdma::lower::{self, End, LowerError, Storage};
use sgdma::segment::{BusSegment, Each};

use crate::cases::{
    self, ABOVE, DEST, LAYOUTS, Room, SLOTS, SOURCE, at, copy, lengths, place, sampled, times,
};
use crate::judging::Case;
use crate::leaving::{List, PAIRS, PLACES, alike, full, halve, same_as_general};

/// The destination cut so many bytes later than the source, in pieces of the same length.
pub(crate) fn shifted(by: u32) -> (List, List) {
    let (source, mut dest) = alike(0x80);
    let (first, tail) = (at(DEST - 0x200, by), 0x80 - by);
    dest.insert(0, first);
    dest[PAIRS as usize].len = tail;
    (source, dest)
}

/// As `everywhere`, where the lists are cut differently; the change is to one entry of either list.
fn everywhere_shifted(limits: &Constraints, change: impl Fn(&mut List, usize)) {
    let total = |list: &List| list.iter().map(|entry| entry.len).sum::<u32>();
    let all = PLACES.iter().flat_map(|place| [(*place, 0), (*place, 1)]);
    for (place, side) in sampled(all, 6) {
        let (source, dest) = shifted(0x40);
        let mut lists = [source, dest];
        change(&mut lists[side], place);
        // The other list keeps up with the length.
        let more = total(&lists[side]) - total(&lists[1 - side]);
        lists[1 - side].last_mut().unwrap().len += more;
        let [one, other] = &lists;
        let apart = limits.with_merge(Merge::Never);
        for (from, to, limits) in
            sampled([(one, other, limits), (other, one, limits), (one, other, &apart)], 3)
        {
            same_as_general(from, to, limits);
        }
    }
}

#[test]
fn cut_differently() {
    let lines = full().with_line(32).unwrap();
    let small = full().with_max_segment(0x40).unwrap();
    for limits in sampled([full(), lines, small, full().with_boundary(0x40).unwrap()], 4) {
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
    // Outside the window, wholly or in part.
    for outside in [0x1000, 0xBFFF_FF80, 0xBFFF_FFC0, 0xFEFF_FFC0, 0xFF00_0000] {
        error_of(&|source, _, i| source[i] = at(outside, 0x80));
        error_of(&|_, dest, i| dest[i] = at(outside, 0x80));
    }
    // All of both.
    error_of(&|source, dest, _| {
        for entry in source.iter_mut().chain(dest) {
            *entry = at(entry.addr.get() - 0x100_0000, entry.len);
        }
    });
    error_of(&|source, dest, i| source[i] = at(dest[i + 1].addr.get() - 0x40, 0x80));
    error_of(&|source, _, i| {
        source.remove(i);
    });
    error_of(&|_, dest, _| dest.push(at(DEST + 0xe00, 0x80)));
}

#[test]
fn one_entry_alone_is_as_the_general_way_has_it() {
    let windows = [0xC010_0000, 0xC010_1000, 0xFEFF_FF80];
    let all = windows.iter().flat_map(|s| windows.iter().map(move |d| (*s, *d)));
    for (from, to) in sampled(all, 4) {
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
fn the_judge_of_one_entry_refuses_what_lies_where_nothing_may_be() {
    let (source, dest) = (vec![at(SOURCE, 0x80)], vec![at(DEST, 0x80)]);
    let good = Case::new(ABOVE, full(), (source.clone(), dest.clone())).chain();
    let (own, slots) = (crate::cases::CHAIN.get(), SLOTS.addr.get());
    for place in [own & !63, slots, slots + SLOTS.len - 0x40, 0xBFFF_FFC0, 0xFEFF_FFC0] {
        for (from, to) in [(place, DEST), (SOURCE, place)] {
            let mut bad = good.clone();
            (bad[0].source, bad[0].dest) = (from, to);
            let lists = (vec![at(from, 0x80)], vec![at(to, 0x80)]);
            assert!(Case::new(ABOVE, full(), lists).judged(&bad).is_err(), "{place:#x}");
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
    let lists = [alike(0x80), shifted(0x40), (vec![at(SOURCE, 64)], vec![at(DEST, 64)])];
    for (layout, lists) in LAYOUTS.iter().flat_map(|at| lists.iter().map(move |l| (*at, l))) {
        let (source, dest) = lists;
        let expected = Case::new(layout, full(), lists.clone()).chain();
        let mut room = Room::laid(layout, 64, 0);
        let each = (Each(source.iter().copied()), Each(dest.iter().copied()));
        let plan = lower::copy(each.0.clone(), each.1.clone(), &full(), room.storage()).unwrap();
        assert_eq!(plan.blocks, expected);
        let chain = verify::Chain::of(&plan, layout.slots);
        verify::copy(&chain, &Rules::new(&full()), each.0, each.1).unwrap();
        verify::copy(&chain, &Rules::new(&full()), source.iter(), dest.iter()).unwrap();
    }
    let (source, dest) = alike(0x80);
    let [s, d] = [source.clone(), dest.clone()].map(|list| <[_; 5]>::try_from(list).unwrap());
    let mut room = Room::new(64, 0);
    let plan = lower::copy(s, d, &full(), room.storage()).unwrap();
    assert_eq!(plan.blocks, Case::new(ABOVE, full(), (source, dest)).chain());
    verify::copy(&verify::Chain::of(&plan, SLOTS), &Rules::new(&full()), s, d).unwrap();
}

/// A good pair of lists with one entry of one of them spoilt.
fn spoilt(random: &mut fastrand::Rng) -> [List; 2] {
    let coarse = random.bool();
    let (total, word) = (64 * random.u32(1..=20), if coarse { 64 } else { 1 });
    let mut lists = [SOURCE, DEST].map(|start| {
        let lengths = lengths(random, total, 8, word);
        place(random, &lengths, start, word)
    });
    if random.bool() {
        // Cut alike: the other quick way.
        let lengths = lists[0].iter().map(|entry| entry.len);
        lists[1] = (DEST..).step_by(0x1000).zip(lengths).map(|(addr, len)| at(addr, len)).collect();
    }
    let list = random.choice(lists.iter_mut()).unwrap();
    let entry = random.choice(list.iter_mut()).unwrap();
    match random.u8(0..3) {
        0 => entry.len = 0,
        1 => entry.addr = BusAddr::new(0x1000_0000),
        _ => entry.len += word,
    }
    lists
}

#[test]
fn slices_lists_read_one_by_one_and_the_dry_run_agree_on_errors_too() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..times(20_000) {
        let [source, dest] = spoilt(&mut random);
        let limits = cases::limits(&mut random);
        let mut room = Room::new(1024, 1024);
        let slots = at(SLOTS.addr.get(), 0x10_0000);
        let storage = Storage { slots, ..room.storage() };
        let slices = copy(&source, &dest, &limits, storage).map(drop);
        let [from, to] = [&source, &dest].map(|list| list.iter().copied());
        let storage = Storage { slots, ..room.storage() };
        let each = lower::copy(Each(from.clone()), Each(to.clone()), &limits, storage);
        let dry = lower::count(from, to, &limits).map(drop);
        let all = (slices, each.map(drop), dry);
        let error = slices.unwrap_err();
        assert_eq!(all, (Err(error), Err(error), Err(error)), "{source:x?} {dest:x?} {limits:?}");
        if let LowerError::OutsideWindow { end, entry, segment, .. } = error {
            let list = if end == End::Source { &source } else { &dest };
            assert_eq!(list.get(entry), Some(&segment));
        }
    }
}
