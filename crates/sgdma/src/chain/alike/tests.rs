//! Each loop over pairs goes through all that are plain and stops at the first that is not.

use std::vec::Vec;

use super::*;
use crate::address::BusAddr;

const BASE: u32 = 0xC000_1000;
const LOW: u32 = 0xC010_0000;
const HIGH: u32 = 0xC020_0000;
/// Pairs of each case, and the one that is changed.
const COUNT: usize = 6;
const AT: usize = 3;

/// Bursts of 16 bytes, lines of 64, at most 1 KiB a block.
fn pattern() -> Pattern {
    Pattern {
        ti: 0x1234,
        last: 9,
        unit: 15,
        lines: 63,
        most: 0x400,
        easy: 0x400,
        beyond: 0,
        low: u64::from(LOW),
        high: u64::from(HIGH),
    }
}

/// The same, and no block crosses a multiple of 1 KiB.
fn bounded() -> Pattern {
    Pattern { easy: 0, beyond: !0x3FF, ..pattern() }
}

#[derive(Clone)]
struct Case {
    blocks: Vec<ControlBlock>,
    source: Vec<BusSegment>,
    dest: Vec<BusSegment>,
}

/// Pairs of these lengths in turn, with gaps, and their blocks.
fn pairs(lengths: &[u32]) -> Case {
    let list = |start: u32| -> Vec<BusSegment> {
        let of = |(at, len): (u32, &u32)| BusSegment::new(BusAddr::new(start + 0x800 * at), *len);
        (0..).zip(lengths.iter().cycle().take(COUNT)).map(of).collect()
    };
    let (source, dest) = (list(LOW + 0x4_0000), list(LOW + 0x8_0000));
    let mut case = Case { blocks: Vec::new(), source, dest };
    case.plan();
    case
}

impl Case {
    /// Writes the blocks anew.
    fn plan(&mut self) {
        let block = |((read, write), next): ((&BusSegment, &BusSegment), u32)| ControlBlock {
            ti: pattern().ti,
            source: read.addr.get(),
            dest: write.addr.get(),
            len: write.len,
            stride: 0,
            next,
            reserved: [0; 2],
        };
        let links = (1..).map(|index| BASE + 32 * index);
        self.blocks = self.source.iter().zip(&self.dest).zip(links).map(block).collect();
    }

    fn judge(&self, pattern: &Pattern, way: Way) -> usize {
        way(&self.blocks, BASE, pattern, &self.source, &self.dest)
    }

    /// How far each way goes where the pair is another one; its blocks are right.
    fn with(&self, pattern: &Pattern, (source, dest): (BusSegment, BusSegment)) -> [usize; 2] {
        let mut case = self.clone();
        (case.source[AT], case.dest[AT]) = (source, dest);
        case.plan();
        WAYS.map(|way| case.judge(pattern, way))
    }
}

type Way = fn(&[ControlBlock], u32, &Pattern, &[BusSegment], &[BusSegment]) -> usize;
const WAYS: [Way; 2] = [uniform, varied];

fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

#[test]
fn pairs_of_one_length_are_known_by_the_first_two() {
    let [one, other] = [[0x400].as_slice(), &[0x400, 0x200]].map(pairs);
    assert!(!varies(&one.source) && varies(&other.source));
    assert!(!varies(&one.source[..1]) && !varies(&one.source[..0]));
    assert_eq!(other.judge(&pattern(), judge), COUNT);
    assert_eq!(other.judge(&pattern(), varied), COUNT);
    assert_eq!(other.judge(&pattern(), uniform), 1, "of one length");
    assert_eq!(one.judge(&pattern(), judge), COUNT);
}

#[test]
fn all_plain_pairs_are_passed_and_no_more_than_there_are() {
    let case = pairs(&[0x400]);
    for way in WAYS {
        assert_eq!(case.judge(&pattern(), way), COUNT);
        assert_eq!(way(&case.blocks, BASE, &pattern(), &case.source, &case.dest[..4]), 4);
        assert_eq!(way(&case.blocks, BASE, &pattern(), &case.source[..2], &case.dest), 2);
        assert_eq!(way(&case.blocks[..5], BASE, &pattern(), &case.source, &case.dest), 5);
        assert_eq!(way(&case.blocks, BASE + 32, &pattern(), &case.source, &case.dest), 0);
        assert_eq!(way(&[], BASE, &pattern(), &case.source, &case.dest), 0);
        assert_eq!(way(&case.blocks, BASE, &pattern(), &[], &case.dest), 0);
    }
}

#[test]
fn a_changed_word_stops_both() {
    let whole = pairs(&[0x400]);
    for word in 0..8 {
        for bit in 0..32 {
            let mut case = whole.clone();
            let mut words = case.blocks[AT].words();
            words[word] ^= 1 << bit;
            case.blocks[AT] = ControlBlock::from_words(words);
            assert_eq!(WAYS.map(|way| case.judge(&pattern(), way)), [AT; 2], "{word} {bit}");
        }
    }
}

#[test]
fn a_pair_stops_both_where_it_is_not_aligned_or_not_in_reach() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    let with = |source: u32, dest: u32| case.with(&pattern(), (at(source, 0x400), at(dest, 0x400)));
    for off in [1, 4, 8, 16, 32] {
        assert_eq!(with(read + off, write), [AT; 2], "{off}");
        assert_eq!(with(read, write + off), [AT; 2], "{off}");
    }
    assert_eq!(with(read + 64, write + 64), [COUNT; 2]);
    // The first and the last that are in reach.
    let top = HIGH - 0x400;
    assert_eq!(with(LOW, top), [COUNT; 2]);
    assert_eq!(with(top, LOW), [COUNT; 2]);
    for (source, dest) in [(LOW - 64, write), (read, LOW - 64), (top + 64, write), (read, top + 64)]
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
            .map(|write| case.with(&pattern(), (at(read, 0x400), at(write, 0x400))));
        assert_eq!([ahead, behind], [[count; 2]; 2], "{by:x}");
    }
}

#[test]
fn lengths_that_no_block_may_have_stop_both() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    for len in [0, 0x410, 0x440, 0x800, 0x8000_0000, 0xFFFF_FFC0] {
        let counts = case.with(&pattern(), (at(read, len), at(write, len)));
        assert_eq!(counts, [AT; 2], "{len:x}");
        let whole = pairs(&[len]);
        assert_eq!(WAYS.map(|way| whole.judge(&pattern(), way)), [0; 2], "{len:x}");
    }
    // Shorter ones are another matter only where all are of one length.
    for len in [0x40, 0x80, 0x3C0] {
        let counts = case.with(&pattern(), (at(read, len), at(write, len)));
        assert_eq!(counts, [AT, COUNT], "{len:x}");
        let whole = pairs(&[len]);
        assert_eq!(WAYS.map(|way| whole.judge(&pattern(), way)), [COUNT; 2], "{len:x}");
    }
    let unlike = [(0x400, 0x3C0), (0x3C0, 0x400)];
    for (from, to) in unlike {
        assert_eq!(case.with(&pattern(), (at(read, from), at(write, to))), [AT; 2]);
    }
}

#[test]
fn a_boundary_is_crossed_by_neither() {
    // Aligned to their own length, a power of two: none can cross.
    for len in [0x40, 0x200, 0x400] {
        assert_eq!(WAYS.map(|way| pairs(&[len]).judge(&bounded(), way)), [COUNT; 2], "{len:x}");
    }
    // Of other lengths some may: only the one way looks at each.
    assert_eq!(WAYS.map(|way| pairs(&[0xC0]).judge(&bounded(), way)), [0, COUNT]);
    let case = pairs(&[0x200]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    let with = |read, write| case.with(&bounded(), (at(read, 0x200), at(write, 0x200)));
    assert_eq!(with(read + 0x200, write + 0x200), [COUNT; 2]);
    assert_eq!(with(read + 0x100, write), [AT, COUNT], "not aligned to its length, and not across");
    assert_eq!(with(read, write + 0x100), [AT, COUNT]);
    assert_eq!(with(read + 0x240, write), [AT; 2]);
    assert_eq!(with(read, write + 0x240), [AT; 2]);
    // Longer than from one boundary to the next.
    let pattern = Pattern { most: 0x1000, ..bounded() };
    assert_eq!(WAYS.map(|way| pairs(&[0x800]).judge(&pattern, way)), [0; 2]);
}

#[test]
fn where_nothing_is_clear_no_pair_is() {
    let pattern = Pattern { low: u64::from(LOW), high: u64::from(LOW) + 0x200, ..pattern() };
    assert_eq!(WAYS.map(|way| pairs(&[0x400]).judge(&pattern, way)), [0; 2]);
}

#[test]
fn the_last_pair_has_the_bits_of_the_last_block_and_leads_nowhere() {
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT], case.dest[AT]);
    let mut block = case.blocks[AT];
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
    let case = pairs(&[0x400]);
    let (read, write) = (case.source[AT].addr.get(), case.dest[AT].addr.get());
    for addr in [0, 0x1000_0000, LOW - 64, LOW - 1] {
        for len in [0x3FF, 0x400, 0x401] {
            let counts = [(addr, write), (read, addr), (addr, addr)]
                .map(|(from, to)| case.with(&pattern(), (at(from, len), at(to, len))));
            assert_eq!(counts, [[AT; 2]; 3], "{addr:x} {len:x}");
        }
    }
}
