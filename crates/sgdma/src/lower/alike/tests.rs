//! Each loop over pairs goes through all that are plain, writes their blocks, and stops at the first that is not.

use super::*;
use crate::address::BusAddr;
use crate::segment::cases::{self, AT, COUNT, END, FIRST, Lists, TI};

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

/// The same, and no block crosses a multiple of 1 KiB.
fn bounded() -> Limits {
    Limits { boundary_mask: 0x3FF, ..limits() }
}

/// How many blocks one of the ways wrote, and the bytes they move.
type Way = fn(&[BusSegment], &[BusSegment], &Limits, Page<'_>) -> (usize, u64);
const WAYS: [Way; 2] = [
    |source, dest, limits, page| {
        let (count, len) = uniform(source, dest, limits, page);
        (count, count as u64 * u64::from(len))
    },
    varied,
];

/// How far a way goes behind what ends at `joint`; what it has written is right.
fn written(lists: &Lists, limits: &Limits, way: Way, joint: u64) -> usize {
    let mut blocks = [ControlBlock::default(); COUNT + 1];
    let page = (&mut blocks[..], TI, START, joint);
    let (count, bytes) = way(&lists.source, &lists.dest, limits, page);
    assert_eq!(blocks[..count], lists.blocks(START)[..count]);
    assert!(blocks[count..].iter().all(|block| *block == ControlBlock::default()));
    let moved: u64 = lists.source[..count].iter().map(|entry| u64::from(entry.len)).sum();
    assert_eq!(bytes, moved);
    count
}

/// How far each way goes.
fn ways(limits: Limits) -> impl Fn(&Lists) -> [usize; 2] {
    move |lists| WAYS.map(|way| written(lists, &limits, way, u64::MAX))
}

#[test]
fn pairs_of_one_length_are_known_by_the_first_two() {
    let [one, other] = [[0x400].as_slice(), &[0x400, 0x200]].map(Lists::paired);
    assert!(!changes(&one.source) && changes(&other.source));
    assert!(!changes(&one.source[..1]) && !changes(&one.source[..0]));
    for lists in [&one, &other] {
        let mut blocks = [ControlBlock::default(); COUNT];
        let page = (&mut blocks[..], TI, START, u64::MAX);
        let bytes = lists.source.iter().map(|entry| u64::from(entry.len)).sum();
        assert_eq!(pairs(&lists.source, &lists.dest, &limits(), page), (COUNT, bytes));
    }
    assert_eq!(ways(limits())(&other), [1, COUNT]);
    assert_eq!(ways(limits())(&one), [COUNT; 2]);
}

#[test]
fn no_more_is_planned_than_there_is() {
    let lists = Lists::paired(&[0x400]);
    for way in WAYS {
        let go = |source: &[BusSegment], dest: &[BusSegment], room: usize| {
            let mut blocks = [ControlBlock::default(); COUNT];
            way(source, dest, &limits(), (&mut blocks[..room], TI, START, u64::MAX)).0
        };
        assert_eq!(go(&lists.source, &lists.dest[..4], COUNT), 4);
        assert_eq!(go(&lists.source[..2], &lists.dest, COUNT), 2);
        assert_eq!(go(&lists.source, &lists.dest, 5), 5);
        assert_eq!(go(&lists.source, &lists.dest, 0), 0);
        assert_eq!(go(&[], &lists.dest, COUNT), 0);
    }
}

#[test]
fn a_pair_stops_both_where_it_is_not_aligned_or_not_in_reach() {
    cases::pairs_aligned_and_in_reach(&ways(limits()));
}

#[test]
fn a_pair_stops_both_where_it_reads_what_it_writes() {
    cases::pairs_apart(&ways(limits()));
}

#[test]
fn lengths_that_no_block_may_have_stop_both() {
    cases::pairs_of_lengths(&ways(limits()));
}

#[test]
fn a_boundary_is_crossed_by_neither() {
    cases::pairs_within_a_boundary(&ways(bounded()), &ways(Limits { max: 0x1000, ..bounded() }));
}

#[test]
fn a_source_that_goes_on_stops_both_and_a_destination_does_not() {
    let mut lists = Lists::paired(&[0x400]);
    lists.dest[AT].addr = BusAddr::new(lists.dest[AT - 1].addr.get() + 0x400);
    assert_eq!(ways(limits())(&lists), [COUNT; 2]);
    lists.source[AT].addr = BusAddr::new(lists.source[AT - 1].addr.get() + 0x400);
    assert_eq!(ways(limits())(&lists), [AT; 2]);
    // The entry before the first counts too.
    let first = u64::from(lists.source[0].addr.get());
    for way in WAYS {
        assert_eq!(written(&lists, &limits(), way, first), 0);
        assert_eq!(written(&lists, &limits(), way, first - 64), AT);
    }
}

#[test]
fn in_a_window_that_is_shorter_than_a_pair_there_is_none() {
    let short = Limits { end: u64::from(FIRST) + 0x200, ..limits() };
    assert_eq!(ways(short)(&Lists::paired(&[0x400])), [0; 2]);
}

#[test]
fn two_faults_of_a_pair_do_not_hide_each_other() {
    cases::two_faults_of_a_pair(&ways(limits()));
}
