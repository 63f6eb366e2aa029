//! Each loop over pairs goes through all that are plain, writes their blocks, and stops at the first that is not.

use std::vec::Vec;

use super::*;
use crate::address::BusAddr;

const TI: u32 = 0x1234;
const START: u32 = 0xC000_1020;
const FIRST: u32 = 0xC010_0000;
const END: u32 = 0xC020_0000;
/// Pairs of each case, and the one that is changed.
const COUNT: usize = 6;
const AT: usize = 3;

/// Bursts of 16 bytes, lines of 64, at most 1 KiB a block.
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

fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

#[derive(Clone)]
struct Case {
    source: Vec<BusSegment>,
    dest: Vec<BusSegment>,
}

/// Pairs of these lengths in turn, with gaps.
fn pairs(lengths: &[u32]) -> Case {
    let list = |start: u32| -> Vec<BusSegment> {
        let of = |(index, len): (u32, &u32)| at(start + 0x800 * index, *len);
        (0..).zip(lengths.iter().cycle().take(COUNT)).map(of).collect()
    };
    Case { source: list(FIRST + 0x4_0000), dest: list(FIRST + 0x8_0000) }
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

impl Case {
    /// How far a way goes; what it has written is right.
    fn plan_at(&self, limits: &Limits, way: Way, joint: u64) -> usize {
        let mut blocks = [ControlBlock::default(); COUNT + 1];
        let page = (&mut blocks[..], TI, START, joint);
        let (count, bytes) = way(&self.source, &self.dest, limits, page);
        let wanted = self.source.iter().zip(&self.dest).zip((1..).map(|index| START + 32 * index));
        let wanted = wanted.map(|((read, write), next)| ControlBlock {
            ti: TI,
            source: read.addr.get(),
            dest: write.addr.get(),
            len: write.len,
            stride: 0,
            next,
            reserved: [0; 2],
        });
        assert!(blocks[..count].iter().copied().eq(wanted.take(count)));
        assert!(blocks[count..].iter().all(|block| *block == ControlBlock::default()));
        assert_eq!(
            bytes,
            self.source[..count].iter().map(|entry| u64::from(entry.len)).sum::<u64>()
        );
        count
    }

    fn plan(&self, limits: &Limits) -> [usize; 2] {
        WAYS.map(|way| self.plan_at(limits, way, u64::MAX))
    }

    /// How far each way goes where the pair is another one.
    fn with(&self, limits: &Limits, (source, dest): (BusSegment, BusSegment)) -> [usize; 2] {
        let mut case = self.clone();
        (case.source[AT], case.dest[AT]) = (source, dest);
        case.plan(limits)
    }
}

#[test]
fn pairs_of_one_length_are_known_by_the_first_two() {
    let [one, other] = [[0x400].as_slice(), &[0x400, 0x200]].map(pairs);
    assert!(!changes(&one.source) && changes(&other.source));
    assert!(!changes(&one.source[..1]) && !changes(&one.source[..0]));
    for case in [&one, &other] {
        let mut blocks = [ControlBlock::default(); COUNT];
        let page = (&mut blocks[..], TI, START, u64::MAX);
        let bytes = case.source.iter().map(|entry| u64::from(entry.len)).sum();
        assert_eq!(super::pairs(&case.source, &case.dest, &limits(), page), (COUNT, bytes));
    }
    assert_eq!(other.plan(&limits()), [1, COUNT]);
    assert_eq!(one.plan(&limits()), [COUNT; 2]);
}

#[test]
fn no_more_is_planned_than_there_is() {
    let case = pairs(&[0x400]);
    for way in WAYS {
        let go = |source: &[BusSegment], dest: &[BusSegment], room: usize| {
            let mut blocks = [ControlBlock::default(); COUNT];
            way(source, dest, &limits(), (&mut blocks[..room], TI, START, u64::MAX)).0
        };
        assert_eq!(go(&case.source, &case.dest[..4], COUNT), 4);
        assert_eq!(go(&case.source[..2], &case.dest, COUNT), 2);
        assert_eq!(go(&case.source, &case.dest, 5), 5);
        assert_eq!(go(&case.source, &case.dest, 0), 0);
        assert_eq!(go(&[], &case.dest, COUNT), 0);
    }
}

#[test]
fn a_pair_stops_both_where_it_is_not_aligned_or_not_in_reach() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    let with = |source: u32, dest: u32| case.with(&limits(), (at(source, 0x400), at(dest, 0x400)));
    for off in [1, 4, 8, 16, 32] {
        assert_eq!(with(read + off, write), [AT; 2], "{off}");
        assert_eq!(with(read, write + off), [AT; 2], "{off}");
    }
    assert_eq!(with(read + 64, write + 64), [COUNT; 2]);
    // The first and the last that are in reach.
    let top = END - 0x400;
    assert_eq!(with(FIRST, top), [COUNT; 2]);
    assert_eq!(with(top, FIRST), [COUNT; 2]);
    for (source, dest) in
        [(FIRST - 64, write), (read, FIRST - 64), (top + 64, write), (read, top + 64)]
    {
        assert_eq!(with(source, dest), [AT; 2], "{source:x} {dest:x}");
    }
    for (source, dest) in [(0, write), (read, 0), (u32::MAX - 63, write), (read, u32::MAX - 63)] {
        assert_eq!(with(source, dest), [AT; 2], "{source:x} {dest:x}");
    }
}

#[test]
fn a_pair_stops_both_where_it_reads_what_it_writes() {
    let case = pairs(&[0x400]);
    let read = case.source[AT].addr.get();
    for (by, count) in [(0, AT), (64, AT), (0x3C0, AT), (0x400, COUNT), (0x440, COUNT)] {
        let [ahead, behind] = [read + by, read - by]
            .map(|write| case.with(&limits(), (at(read, 0x400), at(write, 0x400))));
        assert_eq!([ahead, behind], [[count; 2]; 2], "{by:x}");
    }
}

#[test]
fn lengths_that_no_block_may_have_stop_both() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    for len in [0, 0x410, 0x440, 0x800, 0x8000_0000, 0xFFFF_FFC0] {
        assert_eq!(case.with(&limits(), (at(read, len), at(write, len))), [AT; 2], "{len:x}");
        assert_eq!(pairs(&[len]).plan(&limits()), [0; 2], "{len:x}");
    }
    for len in [0x40, 0x80, 0x3C0] {
        let counts = case.with(&limits(), (at(read, len), at(write, len)));
        assert_eq!(counts, [AT, COUNT], "{len:x}");
        assert_eq!(pairs(&[len]).plan(&limits()), [COUNT; 2], "{len:x}");
    }
    for (from, to) in [(0x400, 0x3C0), (0x3C0, 0x400)] {
        assert_eq!(case.with(&limits(), (at(read, from), at(write, to))), [AT; 2]);
    }
}

#[test]
fn a_boundary_is_crossed_by_neither() {
    // Aligned to their own length, a power of two: none can cross.
    for len in [0x40, 0x200, 0x400] {
        assert_eq!(pairs(&[len]).plan(&bounded()), [COUNT; 2], "{len:x}");
    }
    // Of other lengths some may: only the one way looks at each.
    assert_eq!(pairs(&[0xC0]).plan(&bounded()), [0, COUNT]);
    let case = pairs(&[0x200]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    let with = |read, write| case.with(&bounded(), (at(read, 0x200), at(write, 0x200)));
    assert_eq!(with(read + 0x200, write + 0x200), [COUNT; 2]);
    assert_eq!(with(read + 0x100, write), [AT, COUNT], "not aligned to its length, and not across");
    assert_eq!(with(read, write + 0x100), [AT, COUNT]);
    assert_eq!(with(read + 0x240, write), [AT; 2]);
    assert_eq!(with(read, write + 0x240), [AT; 2]);
    // Longer than from one boundary to the next.
    assert_eq!(pairs(&[0x800]).plan(&Limits { max: 0x1000, ..bounded() }), [0; 2]);
}

#[test]
fn a_source_that_goes_on_stops_both_and_a_destination_does_not() {
    let mut case = pairs(&[0x400]);
    case.dest[AT].addr = BusAddr::new(case.dest[AT - 1].addr.get() + 0x400);
    assert_eq!(case.plan(&limits()), [COUNT; 2]);
    case.source[AT].addr = BusAddr::new(case.source[AT - 1].addr.get() + 0x400);
    assert_eq!(case.plan(&limits()), [AT; 2]);
    // The entry before the first counts too.
    let first = u64::from(case.source[0].addr.get());
    for way in WAYS {
        assert_eq!(case.plan_at(&limits(), way, first), 0);
        assert_eq!(case.plan_at(&limits(), way, first - 64), AT);
    }
}

#[test]
fn in_a_window_that_is_shorter_than_a_pair_there_is_none() {
    let limits = Limits { end: u64::from(FIRST) + 0x200, ..limits() };
    assert_eq!(pairs(&[0x400]).plan(&limits), [0; 2]);
}

#[test]
fn two_faults_of_a_pair_do_not_hide_each_other() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    for addr in [0, 0x1000_0000, FIRST - 64, FIRST - 1] {
        for len in [0x3FF, 0x400, 0x401] {
            let counts = [(addr, write), (read, addr), (addr, addr)]
                .map(|(from, to)| case.with(&limits(), (at(from, len), at(to, len))));
            assert_eq!(counts, [[AT; 2]; 3], "{addr:x} {len:x}");
        }
    }
}
