//! The loop over lists that are cut differently goes through all that is plain and stops where something is not; so does the
//! one over the pieces of one pair of entries.

use std::vec::Vec;

use super::*;
use crate::segment::cases::{self, END, FIRST, Lists, TI};

const BASE: u32 = 0xC000_1000;

fn pattern() -> Pattern {
    Pattern {
        ti: TI,
        last: 9,
        unit: 15,
        lines: 63,
        most: 0x400,
        easy: 0x400,
        beyond: 0,
        low: u64::from(FIRST),
        high: u64::from(END),
    }
}

/// The right blocks.
fn blocks(lists: &Lists) -> Vec<ControlBlock> {
    lists.pieces(BASE).iter().map(|piece| piece.0).collect()
}

/// Both lists at their beginning.
fn begun(lists: &Lists) -> Judged {
    let begin = |entry: &BusSegment| {
        let run = entry.addr.get();
        Reached { at: u64::from(run), left: entry.len, run }
    };
    Judged { blocks: 0, source: begin(&lists.source[0]), dest: begin(&lists.dest[0]) }
}

/// How many blocks the loop passes, and how many entries it begins after the first of each list.
fn go(lists: &Lists, pattern: &Pattern, blocks: &[ControlBlock]) -> (usize, [usize; 2]) {
    let mut judged = begun(lists);
    let rest = (&lists.source[1..], &lists.dest[1..]);
    let (reads, writes) = within(blocks, BASE, pattern, rest, &mut judged);
    // It stands where so many bytes lead to.
    let moved: u32 = blocks[..judged.blocks].iter().map(|block| block.len).sum();
    for (side, entries, begun) in
        [(judged.source, &lists.source, reads), (judged.dest, &lists.dest, writes)]
    {
        let whole: u32 = entries[..=begun].iter().map(|entry| entry.len).sum();
        assert_eq!(side.left, whole - moved);
        let end = entries[begun].addr.get() + entries[begun].len;
        assert_eq!(side.at, u64::from(end - side.left));
    }
    assert_eq!(judged.dest.run, lists.dest[writes].addr.get());
    (judged.blocks, [reads, writes])
}

/// How many of the blocks it passes; they are right.
fn passed(lists: &Lists, pattern: &Pattern) -> usize {
    go(lists, pattern, &blocks(lists)).0
}

/// Whether it goes through all where an entry is another one.
fn goes_on(pattern: Pattern) -> impl Fn(usize, BusSegment) -> bool {
    move |side, entry| {
        let lists = Lists::staggered().with(side, entry);
        lists.all_or_up_to(side, passed(&lists, &pattern))
    }
}

#[test]
fn all_that_is_plain_is_passed_and_no_more_than_there_is() {
    let lists = Lists::staggered();
    let blocks = blocks(&lists);
    assert_eq!(blocks.len(), 12);
    assert_eq!(go(&lists, &pattern(), &blocks), (12, [5, 6]));
    assert_eq!(go(&lists, &pattern(), &blocks[..5]).0, 5);
    assert_eq!(go(&lists, &pattern(), &[]).0, 0);
    assert_eq!(passed(&lists.turned(), &pattern()), 12);
}

#[test]
fn both_at_an_end_is_the_end() {
    let mut lists = Lists::staggered();
    lists.dest[2].len = 0x100;
    let count = lists.pieces(BASE).iter().take_while(|piece| piece.1[1] < 3).count();
    assert_eq!(passed(&lists, &pattern()), count);
}

#[test]
fn a_changed_word_stops_it() {
    let lists = Lists::staggered();
    let right = blocks(&lists);
    for (index, word, bit) in (0..512).map(|n| (4 + n / 256, n / 32 % 8, n % 32)) {
        let mut blocks = right.clone();
        let mut words = blocks[index].words();
        words[word] ^= 1 << bit;
        blocks[index] = ControlBlock::from_words(words);
        let mut judged = begun(&lists);
        let rest = (&lists.source[1..], &lists.dest[1..]);
        within(&blocks, BASE, &pattern(), rest, &mut judged);
        assert_eq!(judged.blocks, index, "{word} {bit}");
    }
}

#[test]
fn an_entry_stops_it_where_it_is_not_aligned_or_not_in_reach() {
    cases::aligned_and_in_reach(goes_on(pattern()));
}

#[test]
fn an_entry_stops_it_where_it_may_be_longer_than_a_block() {
    let odd = Pattern { easy: 0x700, most: 0x700, ..pattern() };
    cases::no_longer_than_a_block(goes_on(pattern()), goes_on(odd));
}

#[test]
fn an_entry_stops_it_where_it_touches_what_is_left_of_the_other_side() {
    cases::apart_from_what_is_left(goes_on(pattern()));
}

#[test]
fn it_begins_only_where_one_side_is_short_and_both_are_apart() {
    cases::begun_where_one_side_is_short_and_both_are_apart(|lists, easy| {
        passed(lists, &Pattern { easy, ..pattern() })
    });
}

#[test]
fn where_every_byte_is_a_unit_every_length_is_plain_but_none() {
    cases::every_length_but_none(goes_on(Pattern { unit: 0, lines: 0, ..pattern() }));
}

#[test]
fn pieces_of_a_pair_are_passed_until_one_side_is_through() {
    let pattern = pattern();
    let count = |read: u32, write: u32, change: fn(&mut [ControlBlock])| {
        // Blocks of 1 KiB, but the third.
        let lens = [0x400, 0x400, 0x200, 0x400, 0x400];
        let (mut blocks, mut offset) = (Vec::new(), 0);
        for (len, next) in lens.into_iter().zip((1..).map(|index| BASE + 32 * index)) {
            let (source, dest) = (FIRST + offset, FIRST + 0x1_0000 + offset);
            let (ti, stride, reserved) = (pattern.ti, 0, [0; 2]);
            blocks.push(ControlBlock { ti, source, dest, len, stride, next, reserved });
            offset += len;
        }
        change(&mut blocks);
        let side = |addr, left| Reached { at: u64::from(addr), left, run: addr };
        let mut judged =
            Judged { blocks: 0, source: side(FIRST, read), dest: side(FIRST + 0x1_0000, write) };
        judged.pieces(&blocks, BASE, &pattern);
        assert_eq!(judged.source.at, u64::from(FIRST + read - judged.source.left));
        judged.blocks
    };
    let same: fn(&mut [ControlBlock]) = |_| ();
    assert_eq!(count(0x1200, 0x1200, same), 5);
    assert_eq!(count(0x2000, 0x2000, same), 5);
    assert_eq!(count(0xA00, 0x1200, same), 3);
    assert_eq!(count(0x1200, 0xA00, same), 3);
    assert_eq!(count(0x9FF, 0x1200, same), 2);
    assert_eq!(count(0x1200, 0x800, same), 2);
    assert_eq!(count(0x1200, 0x1200, |blocks| blocks[3].next += 32), 3);
    assert_eq!(count(0x1200, 0x1200, |blocks| blocks[0].ti ^= 1), 0);
    assert_eq!(count(0x1200, 0x1200, |blocks| blocks[1].len = 0), 1);
    assert_eq!(count(0x1200, 0x1200, |blocks| blocks[1].len += 16), 1);
}

#[test]
fn two_faults_of_an_entry_do_not_hide_each_other() {
    cases::two_faults_of_an_entry(goes_on(pattern()));
}
