//! Lists cut alike but for one pair: the quick way must leave off just there, and the whole must be what the general
//! way alone yields. That one is asked through `Cuts` and the dry run, which know no quick way.

use sgdma::address::BusAddr;
use sgdma::chain::{Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, Merge};
use sgdma::lower::{self, Cut, CutKind, Cuts, LowerError, Rule, Storage};
use sgdma::segment::{BusSegment, Each};

use crate::cases::{BASE, BELOW, DEST, Room, SLOTS, SOURCE, SPAN, at, check_copy, copy, sampled};
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

/// The blocks of a copy are the cuts of the general way, also where the lists are read one by one.
pub(crate) fn same_as_general(source: &List, dest: &List, limits: &Constraints) {
    let mut room = Room::new(64, 64);
    let plan = copy(source, dest, limits, room.storage()).unwrap();
    let cuts = Cuts::new(source.iter().copied(), dest.iter().copied(), limits);
    let cuts: Vec<_> = cuts.map(Result::unwrap).collect();
    assert_eq!(plan.blocks.len(), cuts.len(), "{source:?} {dest:?}");
    let mut other = Room::new(64, 64);
    let laid = lower::lay_out(cuts.iter().copied(), limits, other.storage()).unwrap();
    assert_eq!(laid.blocks, plan.blocks);
    assert_eq!((laid.edges, laid.counts), (plan.edges, plan.counts));
    for (block, cut) in plan.blocks.iter().zip(&cuts) {
        if let CutKind::Edge { lead, read } = cut.kind {
            assert_eq!((block.source, block.len), (cut.source.get() - lead, read));
        } else {
            let (source, dest) = (cut.source.get(), cut.destination.get());
            assert_eq!((block.source, block.dest, block.len), (source, dest, cut.len));
        }
    }
    let each = [source, dest].map(|list| Each(list.iter().copied()));
    let [s, d] = each.clone();
    let mut other = Room::new(64, 64);
    let one_by_one = lower::copy(s, d, limits, other.storage()).unwrap();
    assert_eq!((&*one_by_one.blocks, one_by_one.edges), (&*plan.blocks, plan.edges));
    let [s, d] = each;
    verify::copy(&verify::Chain::of(&plan, SLOTS), &Rules::new(limits), s, d).unwrap();
    let mut below = Room::laid(BELOW, 64, 64);
    let plan = copy(source, dest, limits, below.storage()).unwrap();
    let chain = verify::Chain::of(&plan, BELOW.slots);
    verify::copy(&chain, &Rules::new(limits), source, dest).unwrap();
    if cfg!(miri) {
        // Nothing of the library's follows, and it takes three quarters of the time.
        return;
    }
    let mut machine = Machine::new(BASE, SPAN, 3);
    check_copy(source, dest, limits, &mut Room::new(64, 64), &mut machine);
}

/// One change at the first, a middle and the last pair, or from there on.
fn everywhere(limits: &Constraints, change: impl Fn(&mut List, &mut List, usize)) {
    for places in sampled([&PLACES, &PLACES[..1], &PLACES[1..2], &PLACES[2..]], 4) {
        let (mut source, mut dest) = alike(0x80);
        for place in places.iter().rev() {
            change(&mut source, &mut dest, *place);
        }
        for limits in sampled([*limits, limits.with_merge(Merge::Never)], 2) {
            same_as_general(&source, &dest, &limits);
        }
    }
}

#[test]
fn nothing_to_leave_for() {
    everywhere(&full(), |_, _, _| ());
    everywhere(&full().with_boundary(0x100).unwrap(), |_, _, _| ());
}

#[test]
fn the_source_may_lie_above_the_destination() {
    for len in [0x40, 0x80, 0x60] {
        let (source, dest) = alike(len);
        same_as_general(&dest, &source, &full());
        same_as_general(&dest, &source, &full().with_boundary(0x100).unwrap());
    }
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
    for (gap_s, gap_d) in sampled([(0, 0), (0, 0x40), (0x40, 0), (0x40, 0x40)], 3) {
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
    same_error(|source, _, i| source[i] = at(0xFEFF_FFC0, 0x80));
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
        let cuts = Cuts::new(source.iter().copied(), dest.iter().copied(), &full());
        let laid = lower::lay_out(cuts.map(Result::unwrap), &full(), room.storage());
        assert_eq!(laid.unwrap_err(), error);
    }
}

#[test]
fn no_cuts_make_no_plan() {
    let mut room = Room::new(1, 0);
    let none = lower::lay_out([].into_iter(), &full(), room.storage());
    assert_eq!(none.unwrap_err(), LowerError::Empty);
}

/// Cuts are taken at their word, and the judge looks at what comes of them.
#[test]
fn cuts_that_somebody_made_up_are_written_without_a_panic_and_refused_by_the_judge() {
    let (nowhere, rule) = (BusAddr::new(0), Rule::Line);
    let cut = |len, lead, read| {
        let kind = CutKind::Edge { lead, read };
        Cut { source: nowhere, destination: nowhere, len, kind, rule }
    };
    for made_up in [cut(0, 0, 0), cut(1, 1, 4), cut(u32::MAX, u32::MAX, u32::MAX)] {
        let mut room = Room::new(1, 1);
        let slots = at(SLOTS.addr.get(), u32::MAX - SLOTS.addr.get());
        let storage = Storage { slots, ..room.storage() };
        let Ok(plan) = lower::lay_out([made_up].into_iter(), &full(), storage) else { continue };
        let chain = verify::Chain::of(&plan, SLOTS);
        let (from, to) = ([at(0, 64)], [at(DEST, 64)]);
        assert!(verify::copy(&chain, &Rules::new(&full()), &from, &to).is_err(), "{made_up:?}");
    }
}

#[test]
fn the_destination_of_one_list_cut_alone_repeats_its_source() {
    for cut in lower::cut([at(SOURCE, 0x155), at(DEST, 0x40)].into_iter(), &full()) {
        let cut = cut.unwrap();
        assert_eq!(cut.destination, cut.source);
    }
}
