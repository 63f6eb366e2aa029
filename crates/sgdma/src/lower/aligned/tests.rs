//! The loop over lists that are cut differently goes through all that is plain, writes its blocks, and stops where
//! something is not; so does the one over the pieces of one pair of entries.

use std::vec::Vec;

use super::*;
use crate::segment::cases::{self, END, FIRST, Lists, TI, at};

const START: u32 = 0xC000_1020;

fn limits() -> Limits {
    Limits {
        unit: 15,
        lines: 63,
        max: 0x400,
        first: u64::from(FIRST),
        end: u64::from(END),
        boundary_mask: u32::MAX,
        merges: true,
    }
}

/// How many blocks the loop writes where there is room for so many; they are right, and it stands behind them.
fn written(lists: &Lists, limits: &Limits, room: usize) -> usize {
    let begin = |list: &[BusSegment]| Side::NOWHERE.enter(list[0]);
    let mut run =
        Run { source: begin(&lists.source), destination: begin(&lists.dest), ..Run::NONE };
    let mut blocks = [ControlBlock::default(); 20];
    let mut page = Page { blocks: &mut blocks[..room], ti: TI, next: START };
    let rest = (&lists.source[1..], &lists.dest[1..]);
    let entered = within(rest.0, rest.1, limits, &mut page, &mut run);
    let count = run.blocks;
    assert_eq!(page.blocks.len(), room - count);
    assert_eq!(page.next, START + 32 * u32::try_from(count).unwrap());
    let pieces = lists.pieces(START);
    assert!(blocks[..count].iter().eq(pieces[..count].iter().map(|piece| &piece.0)));
    assert!(blocks[count..].iter().all(|block| *block == ControlBlock::default()));
    let moved: u32 = blocks[..count].iter().map(|block| block.len).sum();
    assert_eq!(run.bytes, u64::from(moved));
    for (side, entries, entered) in
        [(&run.source, &lists.source, entered.0), (&run.destination, &lists.dest, entered.1)]
    {
        let whole: u32 = entries[..=entered].iter().map(|entry| entry.len).sum();
        assert_eq!((side.left, side.taken), (whole - moved, 1 + entered));
        assert_eq!(side.entry, entries[entered]);
        let end = entries[entered].addr.get() + entries[entered].len;
        assert_eq!(side.at, u64::from(end - side.left));
    }
    count
}

/// Whether it goes through all where an entry is another one.
fn goes_on(limits: Limits) -> impl Fn(usize, BusSegment) -> bool {
    move |side, entry| {
        let lists = Lists::staggered().with(side, entry);
        lists.all_or_up_to(side, written(&lists, &limits, 20))
    }
}

#[test]
fn all_that_is_plain_is_written_and_no_more_than_there_is_room_for() {
    let lists = Lists::staggered();
    assert_eq!(written(&lists, &limits(), 20), 12);
    for room in 0..12 {
        assert_eq!(written(&lists, &limits(), room), room);
    }
    assert_eq!(written(&lists.turned(), &limits(), 20), 12);
}

#[test]
fn both_at_an_end_is_the_end() {
    let mut lists = Lists::staggered();
    lists.dest[2].len = 0x100;
    let count = lists.pieces(START).iter().take_while(|piece| piece.1[1] < 3).count();
    assert_eq!(written(&lists, &limits(), 20), count);
}

#[test]
fn an_entry_stops_it_where_it_is_not_aligned_or_not_in_reach() {
    cases::aligned_and_in_reach(goes_on(limits()));
}

#[test]
fn an_entry_stops_it_where_it_may_be_longer_than_a_block() {
    let odd = Limits { max: 0x700, ..limits() };
    cases::no_longer_than_a_block(goes_on(limits()), goes_on(odd));
}

#[test]
fn an_entry_stops_it_where_it_touches_what_is_left_of_the_other_side() {
    cases::apart_from_what_is_left(goes_on(limits()));
}

#[test]
fn an_entry_stops_it_where_it_goes_on_unless_nothing_is_merged() {
    let lists = Lists::staggered();
    for side in [0, 1] {
        let before = lists.side(side)[cases::AT - 1];
        let joint = at(before.addr.get() + before.len, 0x200);
        assert!(!goes_on(limits())(side, joint));
        assert!(goes_on(Limits { merges: false, ..limits() })(side, joint));
    }
}

#[test]
fn it_begins_only_where_one_side_is_short_and_both_are_apart() {
    cases::begun_where_one_side_is_short_and_both_are_apart(|lists, max| {
        written(lists, &Limits { max, ..limits() }, 20)
    });
    let bounded = Limits { boundary_mask: 0xFFF, ..limits() };
    assert_eq!(written(&Lists::staggered(), &bounded, 20), 0);
}

/// What `pieces` writes of a pair of so many bytes each: the lengths of its blocks, which are right.
fn written_of(limits: &Limits, [read, write]: [BusSegment; 2], room: usize) -> Vec<u32> {
    let begin = |entry| Side::NOWHERE.enter(entry);
    let mut run = Run { source: begin(read), destination: begin(write), ..Run::NONE };
    let mut blocks = [ControlBlock::default(); 8];
    let mut page = Page { blocks: &mut blocks[..room], ti: TI, next: START };
    pieces(limits, &mut page, &mut run);
    let (count, left) = (run.blocks, page.blocks.len());
    assert_eq!((left, page.next), (room - count, START + 32 * u32::try_from(count).unwrap()));
    let mut moved = 0;
    for (block, next) in blocks[..count].iter().zip((1..).map(|index| START + 32 * index)) {
        let (source, dest) = (read.addr.get() + moved, write.addr.get() + moved);
        let (len, stride, reserved) = (block.len, 0, [0; 2]);
        assert_eq!(*block, ControlBlock { ti: TI, source, dest, len, stride, next, reserved });
        moved += block.len;
    }
    assert_eq!(run.bytes, u64::from(moved));
    for (side, entry) in [(run.source, read), (run.destination, write)] {
        assert_eq!((side.at, side.left), (u64::from(entry.addr.get() + moved), entry.len - moved));
    }
    blocks[..count].iter().map(|block| block.len).collect()
}

#[test]
fn pieces_of_a_pair_are_as_long_as_they_may_be_until_one_side_is_through() {
    let pair = |read, write| [at(FIRST, read), at(FIRST + 0x1_0000, write)];
    let of = |pair, room| written_of(&limits(), pair, room);
    assert_eq!(of(pair(0xA00, 0xA00), 8), [0x400, 0x400, 0x200]);
    assert_eq!(of(pair(0xA00, 0x2000), 8), [0x400, 0x400, 0x200]);
    assert_eq!(of(pair(0x2000, 0x500), 8), [0x400, 0x100]);
    assert_eq!(of(pair(0x2000, 0x2000), 3), [0x400; 3]);
    // Up to a boundary of either side.
    let bounded = Limits { boundary_mask: 0x1FF, ..limits() };
    assert_eq!(written_of(&bounded, pair(0x500, 0x500), 8), [0x200, 0x200, 0x100]);
    let [read, write] = pair(0x400, 0x400);
    let later = at(write.addr.get() + 0x40, 0x400);
    assert_eq!(written_of(&bounded, [read, later], 8), [0x1C0, 0x40, 0x1C0, 0x40]);
    assert_eq!(written_of(&bounded, [later, read], 8), [0x1C0, 0x40, 0x1C0, 0x40]);
    // No block reads what it writes.
    let near = |by| [at(FIRST, 0x800), at(FIRST + by, 0x800)];
    assert_eq!(of(near(0x400), 8), [0x400, 0x400]);
    assert_eq!(of(near(0x3C0), 8), [0; 0]);
    let [read, write] = near(0x3C0);
    assert_eq!(of([write, read], 8), [0; 0]);
}

#[test]
fn two_faults_of_an_entry_do_not_hide_each_other() {
    cases::two_faults_of_an_entry(goes_on(limits()));
}

#[test]
fn where_every_byte_is_a_unit_every_length_is_plain_but_none() {
    cases::every_length_but_none(goes_on(Limits { unit: 0, lines: 0, ..limits() }));
}

#[test]
fn what_is_far_up_in_a_window_is_plain_where_the_window_begins_at_a_power_of_two_below_the_end() {
    let window = |first: u32, end: u64| Limits { first: u64::from(first), end, ..limits() };
    let top = 1 << 32;
    for first in [0, 0x8000_0000, 0xC000_0000] {
        for side in [0, 1] {
            assert!(goes_on(window(first, top))(side, at(0xFFFF_FC00, 0x200)));
        }
    }
    for (addr, far) in [(0xE010_0000 - 0x40, true), (0xE010_0000, false)] {
        assert_eq!(goes_on(window(FIRST, top))(0, at(addr, 0x200)), far);
    }
    // Where there is no whole line, none is, even if two faults of an entry cancel out.
    let none = Limits { first: 0xFFFF_FFF1, end: top, ..limits() };
    let mut lists = Lists::staggered();
    lists.dest[1] = at(0, 0x201);
    assert_eq!(written(&lists, &none, 20), 1);
}

#[test]
fn where_a_line_is_longer_than_a_block_nothing_is_begun() {
    let mut lists = Lists::staggered();
    // What is left of the first entry is short enough; the line after it is not where blocks are shorter.
    (lists.dest[0].len, lists.dest[1].len) = (32, 64);
    for (max, count) in [(32, 0), (63, 0), (64, 2)] {
        assert_eq!(written(&lists, &Limits { max, ..limits() }, 20), count, "{max}");
    }
}
