//! Each loop over pairs goes through all that are plain and stops at the first that is not.

use super::*;
use crate::segment::cases::{self, AT, COUNT, END, FIRST, Lists, TI};

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

/// The same, and no block crosses a multiple of 1 KiB.
fn bounded() -> Pattern {
    Pattern { easy: 0, beyond: !0x3FF, ..pattern() }
}

type Way = fn(&[ControlBlock], u32, &Pattern, &[BusSegment], &[BusSegment]) -> usize;
const WAYS: [Way; 2] = [uniform, varied];

fn go(blocks: &[ControlBlock], lists: &Lists, way: Way) -> usize {
    way(blocks, BASE, &pattern(), &lists.source, &lists.dest)
}

/// How far each way goes; the blocks are right.
fn ways(pattern: Pattern) -> impl Fn(&Lists) -> [usize; 2] {
    move |lists| {
        WAYS.map(|way| way(&lists.blocks(BASE), BASE, &pattern, &lists.source, &lists.dest))
    }
}

#[test]
fn pairs_of_one_length_are_known_by_the_first_two() {
    let [one, other] = [[0x400].as_slice(), &[0x400, 0x200]].map(Lists::paired);
    assert!(!varies(&one.source) && varies(&other.source));
    assert!(!varies(&one.source[..1]) && !varies(&one.source[..0]));
    assert_eq!(go(&other.blocks(BASE), &other, judge), COUNT);
    assert_eq!(ways(pattern())(&other), [1, COUNT], "of one length, of any");
    assert_eq!(go(&one.blocks(BASE), &one, judge), COUNT);
}

#[test]
fn all_plain_pairs_are_passed_and_no_more_than_there_are() {
    let lists = Lists::paired(&[0x400]);
    let (blocks, Lists { source, dest }) = (lists.blocks(BASE), &lists);
    for way in WAYS {
        let go = |blocks: &[ControlBlock], base, source: &[BusSegment], dest: &[BusSegment]| {
            way(blocks, base, &pattern(), source, dest)
        };
        assert_eq!(go(&blocks, BASE, source, dest), COUNT);
        assert_eq!(go(&blocks, BASE, source, &dest[..4]), 4);
        assert_eq!(go(&blocks, BASE, &source[..2], dest), 2);
        assert_eq!(go(&blocks[..5], BASE, source, dest), 5);
        assert_eq!(go(&blocks, BASE + 32, source, dest), 0);
        assert_eq!(go(&[], BASE, source, dest), 0);
        assert_eq!(go(&blocks, BASE, &[], dest), 0);
    }
}

#[test]
fn a_changed_word_stops_both() {
    let lists = Lists::paired(&[0x400]);
    let right = lists.blocks(BASE);
    for (word, bit) in (0..256).map(|n| (n / 32, n % 32)) {
        let mut blocks = right.clone();
        let mut words = blocks[AT].words();
        words[word] ^= 1 << bit;
        blocks[AT] = ControlBlock::from_words(words);
        assert_eq!(WAYS.map(|way| go(&blocks, &lists, way)), [AT; 2], "{word} {bit}");
    }
}

#[test]
fn a_pair_stops_both_where_it_is_not_aligned_or_not_in_reach() {
    cases::pairs_aligned_and_in_reach(&ways(pattern()));
}

#[test]
fn a_pair_stops_both_where_it_reads_what_it_writes() {
    cases::pairs_apart(&ways(pattern()));
}

#[test]
fn lengths_that_no_block_may_have_stop_both() {
    cases::pairs_of_lengths(&ways(pattern()));
}

#[test]
fn a_boundary_is_crossed_by_neither() {
    cases::pairs_within_a_boundary(&ways(bounded()), &ways(Pattern { most: 0x1000, ..bounded() }));
}

#[test]
fn where_nothing_is_clear_no_pair_is() {
    let none = Pattern { high: u64::from(FIRST) + 0x200, ..pattern() };
    assert_eq!(ways(none)(&Lists::paired(&[0x400])), [0; 2]);
}

#[test]
fn the_last_pair_has_the_bits_of_the_last_block_and_leads_nowhere() {
    let lists = Lists::paired(&[0x400]);
    let (read, write) = (lists.source[AT], lists.dest[AT]);
    let mut block = lists.blocks(BASE)[AT];
    assert!(!pattern().ends(&block, read, write));
    block.ti |= 9;
    assert!(!pattern().ends(&block, read, write));
    block.next = 0;
    assert!(pattern().ends(&block, read, write));
    block.ti ^= 1;
    assert!(!pattern().ends(&block, read, write));
}

#[test]
fn two_faults_of_a_pair_do_not_hide_each_other() {
    cases::two_faults_of_a_pair(&ways(pattern()));
}
