//! The loop over lists that are cut differently goes through all that is plain and stops where something is not; so does the
//! one over the pieces of one pair of entries.

use std::vec::Vec;

use super::*;
use crate::address::BusAddr;

const BASE: u32 = 0xC000_1000;
const LOW: u32 = 0xC010_0000;
const HIGH: u32 = 0xC020_0000;
/// Which entry of either list is changed.
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

fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

#[derive(Clone)]
struct Case {
    source: Vec<BusSegment>,
    dest: Vec<BusSegment>,
}

/// A block, and the entry of each list that it is in.
type Piece = (ControlBlock, [usize; 2]);

/// Six entries of 512 bytes, and seven that are cut 256 bytes earlier or later.
fn staggered() -> Case {
    let source = (0..6).map(|index| at(LOW + 0x4_0000 + 0x800 * index, 0x200)).collect();
    let len = |index| if index == 0 || index == 6 { 0x100 } else { 0x200 };
    let dest = (0..7).map(|index| at(LOW + 0x8_0000 + 0x800 * index, len(index))).collect();
    Case { source, dest }
}

impl Case {
    /// One block for as much as is in one entry of both, but no block for no bytes.
    fn pieces(&self) -> Vec<Piece> {
        let (mut pieces, mut entries, mut passed) = (Vec::new(), [0, 0], [0, 0]);
        let mut next = BASE;
        while let (Some(read), Some(write)) =
            (self.source.get(entries[0]), self.dest.get(entries[1]))
        {
            let lens = [read.len, write.len];
            let len = (lens[0] - passed[0]).min(lens[1] - passed[1]);
            let [source, dest] = [read.addr.get() + passed[0], write.addr.get() + passed[1]];
            if len != 0 {
                next += 32;
                let (ti, stride, reserved) = (pattern().ti, 0, [0; 2]);
                pieces.push((
                    ControlBlock { ti, source, dest, len, stride, next, reserved },
                    entries,
                ));
            }
            for side in 0..2 {
                passed[side] += len;
                if passed[side] == lens[side] {
                    (entries[side], passed[side]) = (entries[side] + 1, 0);
                }
            }
        }
        pieces
    }

    /// Both lists at their beginning.
    fn begun(&self) -> Judged {
        let begin = |entry: &BusSegment| {
            let run = entry.addr.get();
            Reached { at: u64::from(run), left: entry.len, run }
        };
        Judged { blocks: 0, source: begin(&self.source[0]), dest: begin(&self.dest[0]) }
    }

    /// How many blocks the loop passes, and how many entries it begins after the first of each list.
    fn within(&self, pattern: &Pattern, blocks: &[ControlBlock]) -> (usize, [usize; 2]) {
        let mut judged = self.begun();
        let rest = (&self.source[1..], &self.dest[1..]);
        let (reads, writes) = within(blocks, BASE, pattern, rest, &mut judged);
        // It stands where so many bytes lead to.
        let moved: u32 = blocks[..judged.blocks].iter().map(|block| block.len).sum();
        for (side, entries, begun) in
            [(judged.source, &self.source, reads), (judged.dest, &self.dest, writes)]
        {
            let whole: u32 = entries[..=begun].iter().map(|entry| entry.len).sum();
            assert_eq!(side.left, whole - moved);
            let end = entries[begun].addr.get() + entries[begun].len;
            assert_eq!(side.at, u64::from(end - side.left));
        }
        assert_eq!(judged.dest.run, self.dest[writes].addr.get());
        (judged.blocks, [reads, writes])
    }

    /// How many of the blocks it passes; they are right.
    fn passed(&self, pattern: &Pattern) -> usize {
        let blocks: Vec<_> = self.pieces().iter().map(|piece| piece.0).collect();
        self.within(pattern, &blocks).0
    }

    /// How many blocks are before the first of the changed entry of a list.
    fn before(&self, side: usize) -> usize {
        self.pieces().iter().take_while(|piece| piece.1[side] < AT).count()
    }

    /// Whether the loop goes through it all where an entry of a list is another one, or else stops just before it.
    fn goes_on_with(&self, pattern: &Pattern, side: usize, entry: BusSegment) -> bool {
        let mut case = self.clone();
        [&mut case.source, &mut case.dest][side][AT] = entry;
        let passed = case.passed(pattern);
        let all = passed == case.pieces().len();
        assert!(all || passed == case.before(side), "{side} {entry:x?} {passed}");
        all
    }
}

#[test]
fn all_that_is_plain_is_passed_and_no_more_than_there_is() {
    let case = staggered();
    let blocks: Vec<_> = case.pieces().iter().map(|piece| piece.0).collect();
    assert_eq!(blocks.len(), 12);
    assert_eq!(case.within(&pattern(), &blocks), (12, [5, 6]));
    assert_eq!(case.within(&pattern(), &blocks[..5]).0, 5);
    assert_eq!(case.within(&pattern(), &[]).0, 0);
    let turned = Case { source: case.dest, dest: case.source };
    assert_eq!(turned.passed(&pattern()), 12);
}

#[test]
fn both_at_an_end_is_the_end() {
    let mut case = staggered();
    case.dest[2].len = 0x100;
    let count = case.pieces().iter().take_while(|piece| piece.1[1] < 3).count();
    assert_eq!(case.passed(&pattern()), count);
}

#[test]
fn a_changed_word_stops_it() {
    let case = staggered();
    let blocks: Vec<_> = case.pieces().iter().map(|piece| piece.0).collect();
    for index in [4, 5] {
        for word in 0..8 {
            for bit in 0..32 {
                let mut blocks = blocks.clone();
                let mut words = blocks[index].words();
                words[word] ^= 1 << bit;
                blocks[index] = ControlBlock::from_words(words);
                let mut judged = case.begun();
                let rest = (&case.source[1..], &case.dest[1..]);
                within(&blocks, BASE, &pattern(), rest, &mut judged);
                assert_eq!(judged.blocks, index, "{word} {bit}");
            }
        }
    }
}

#[test]
fn an_entry_stops_it_where_it_is_not_aligned_or_not_in_reach() {
    let case = staggered();
    for (side, units) in [(0, [1, 2, 4, 8].as_slice()), (1, &[1, 2, 4, 8, 16, 32])] {
        let was = [&case.source, &case.dest][side][AT];
        let go = |addr, len| case.goes_on_with(&pattern(), side, at(addr, len));
        let addr = was.addr.get();
        for unit in units {
            assert!(!go(addr + unit, was.len));
            assert!(!go(addr, was.len + unit));
            assert!(!go(addr, *unit));
        }
        let unit = 2 * units[units.len() - 1];
        assert!(go(addr + unit, was.len) && go(addr, was.len + unit) && go(addr, unit));
        assert!(go(LOW, was.len) && go(HIGH - was.len, was.len));
        assert!(!go(LOW - unit, was.len) && !go(HIGH - was.len + unit, was.len));
        assert!(!go(HIGH, was.len) && !go(0, was.len) && !go(0xC000_0000, was.len));
    }
}

#[test]
fn an_entry_stops_it_where_it_may_be_longer_than_a_block() {
    let case = staggered();
    for side in [0, 1] {
        let addr = [&case.source, &case.dest][side][AT].addr.get();
        let go = |pattern: &Pattern, len| case.goes_on_with(pattern, side, at(addr, len));
        assert!(go(&pattern(), 0x400) && !go(&pattern(), 0x440));
        // Known is only the power of two below.
        let odd = Pattern { easy: 0x700, most: 0x700, ..pattern() };
        assert!(go(&odd, 0x400) && !go(&odd, 0x440) && !go(&odd, 0x700));
    }
}

#[test]
fn an_entry_stops_it_where_it_touches_what_is_left_of_the_other_side() {
    let case = staggered();
    // When either is begun, half of the other side's entry before it or with it is left.
    for (side, other) in [(0, case.dest[AT]), (1, case.source[AT - 1])] {
        let left = at(other.addr.get() + 0x100, 0x100);
        let go = |addr| case.goes_on_with(&pattern(), side, at(addr, 0x200));
        let first = left.addr.get();
        assert!(go(first - 0x200) && go(first + 0x100) && go(first + 0x400), "{side}");
        for addr in [first - 0x1C0, first - 0x40, first, first + 0x40, first + 0xC0] {
            assert!(!go(addr), "{side} {addr:x}");
        }
    }
}

#[test]
fn it_begins_only_where_one_side_is_short_and_both_are_apart() {
    let mut case = staggered();
    let far = Pattern { easy: 0x100, ..pattern() };
    // 256 of the first block's bytes are short enough; what is entered next is not.
    assert_eq!(case.passed(&far), 1);
    let turned = Case { source: case.dest.clone(), dest: case.source.clone() };
    assert_eq!(turned.passed(&far), 1);
    let none = Pattern { easy: 0xC0, ..pattern() };
    assert_eq!(case.passed(&none), 0);
    let read = case.source[0].addr.get();
    for (write, count) in
        [(read + 0x200, 12), (read + 0x1C0, 0), (read, 0), (read - 0xC0, 0), (read - 0x100, 12)]
    {
        case.dest[0].addr = BusAddr::new(write);
        assert_eq!(case.passed(&pattern()), count, "{write:x}");
    }
}

#[test]
fn where_every_byte_is_a_unit_every_length_is_plain_but_none() {
    let bytes = Pattern { unit: 0, lines: 0, ..pattern() };
    let case = staggered();
    for side in [0, 1] {
        let addr = [&case.source, &case.dest][side][AT].addr.get();
        let go = |len| case.goes_on_with(&bytes, side, at(addr + 1, len));
        assert!(go(1) && go(0x1FF) && go(0x3FF) && !go(0) && !go(0x401));
    }
}

#[test]
fn pieces_of_a_pair_are_passed_until_one_side_is_through() {
    let pattern = pattern();
    let count = |read: u32, write: u32, change: fn(&mut [ControlBlock])| {
        // Blocks of 1 KiB, but the third.
        let lens = [0x400, 0x400, 0x200, 0x400, 0x400];
        let (mut blocks, mut offset) = (Vec::new(), 0);
        for (len, next) in lens.into_iter().zip((1..).map(|index| BASE + 32 * index)) {
            let (source, dest) = (LOW + offset, LOW + 0x1_0000 + offset);
            let (ti, stride, reserved) = (pattern.ti, 0, [0; 2]);
            blocks.push(ControlBlock { ti, source, dest, len, stride, next, reserved });
            offset += len;
        }
        change(&mut blocks);
        let side = |addr, left| Reached { at: u64::from(addr), left, run: addr };
        let mut judged =
            Judged { blocks: 0, source: side(LOW, read), dest: side(LOW + 0x1_0000, write) };
        judged.pieces(&blocks, BASE, &pattern);
        assert_eq!(judged.source.at, u64::from(LOW + read - judged.source.left));
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
    let case = staggered();
    for side in [0, 1] {
        let high = [&case.source, &case.dest][side][AT].addr.get();
        for addr in [0, 0x1000_0000, LOW - 64, LOW - 1, LOW, high, high + 1, !63, u32::MAX] {
            for len in [0, 1, 0x1FF, 0x200, 0x201, 0x20F, 0x210, 0x23F, 0x240, 0x401, u32::MAX] {
                let unit = [15, 63][side];
                let plain = (addr | len) & unit == 0 && (0x200..=0x400).contains(&len);
                let right = plain && [LOW, high].contains(&addr);
                // The cutter below cannot go past the end of the bus.
                let len = len.min(0x8000);
                let addr = addr.min(!0xFFFF);
                assert_eq!(
                    case.goes_on_with(&pattern(), side, at(addr, len)),
                    right,
                    "{addr:x} {len:x}"
                );
            }
        }
    }
}
