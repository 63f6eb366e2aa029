//! The loop over lists that are cut differently goes through all that is plain, writes its blocks, and stops where
//! something is not; so does the one over the pieces of one pair of entries.

use std::vec::Vec;

use super::*;

const START: u32 = 0xC000_1020;
const TI: u32 = 0x1234;
const FIRST: u32 = 0xC010_0000;
const END: u32 = 0xC020_0000;
/// Which entry of either list is changed.
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

fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

#[derive(Clone)]
struct Case {
    source: Vec<BusSegment>,
    dest: Vec<BusSegment>,
}

/// Six entries of 512 bytes, and seven that are cut 256 bytes earlier or later.
fn staggered() -> Case {
    let source = (0..6).map(|index| at(FIRST + 0x4_0000 + 0x800 * index, 0x200)).collect();
    let len = |index| if index == 0 || index == 6 { 0x100 } else { 0x200 };
    let dest = (0..7).map(|index| at(FIRST + 0x8_0000 + 0x800 * index, len(index))).collect();
    Case { source, dest }
}

impl Case {
    /// One block for as much as is in one entry of both, if that is anything, and the entries.
    fn pieces(&self) -> Vec<(ControlBlock, [usize; 2])> {
        let (mut pieces, mut entries, mut passed) = (Vec::new(), [0, 0], [0, 0]);
        let mut next = START;
        while let (Some(read), Some(write)) =
            (self.source.get(entries[0]), self.dest.get(entries[1]))
        {
            let lens = [read.len, write.len];
            let len = (lens[0] - passed[0]).min(lens[1] - passed[1]);
            let [source, dest] = [read.addr.get() + passed[0], write.addr.get() + passed[1]];
            if len != 0 {
                next += 32;
                let (ti, stride, reserved) = (TI, 0, [0; 2]);
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

    /// How many blocks the loop writes where there is room for so many; they are right, and it stands behind them.
    fn written(&self, limits: &Limits, room: usize) -> usize {
        let begin = |list: &[BusSegment]| Side::NOWHERE.enter(list[0]);
        let mut run =
            Run { source: begin(&self.source), destination: begin(&self.dest), ..Run::NONE };
        let mut blocks = [ControlBlock::default(); 20];
        let mut page = Page { blocks: &mut blocks[..room], ti: TI, next: START };
        let rest = (&self.source[1..], &self.dest[1..]);
        let entered = within(rest.0, rest.1, limits, &mut page, &mut run);
        let count = run.blocks;
        assert_eq!(page.blocks.len(), room - count);
        assert_eq!(page.next, START + 32 * u32::try_from(count).unwrap());
        let pieces = self.pieces();
        assert!(blocks[..count].iter().eq(pieces[..count].iter().map(|piece| &piece.0)));
        assert!(blocks[count..].iter().all(|block| *block == ControlBlock::default()));
        let moved: u32 = blocks[..count].iter().map(|block| block.len).sum();
        assert_eq!(run.bytes, u64::from(moved));
        for (side, entries, entered) in
            [(&run.source, &self.source, entered.0), (&run.destination, &self.dest, entered.1)]
        {
            let whole: u32 = entries[..=entered].iter().map(|entry| entry.len).sum();
            assert_eq!((side.left, side.taken), (whole - moved, 1 + entered));
            assert_eq!(side.entry, entries[entered]);
            let end = entries[entered].addr.get() + entries[entered].len;
            assert_eq!(side.at, u64::from(end - side.left));
        }
        count
    }

    /// Whether the loop goes through it all where an entry of a list is another one, or else stops just before it.
    fn goes_on_with(&self, limits: &Limits, side: usize, entry: BusSegment) -> bool {
        let mut case = self.clone();
        [&mut case.source, &mut case.dest][side][AT] = entry;
        let (pieces, count) = (case.pieces(), case.written(limits, 20));
        let all = count == pieces.len();
        let before = pieces.iter().take_while(|piece| piece.1[side] < AT).count();
        assert!(all || count == before, "{side} {entry:x?} {count}");
        all
    }
}

#[test]
fn all_that_is_plain_is_written_and_no_more_than_there_is_room_for() {
    let case = staggered();
    assert_eq!(case.written(&limits(), 20), 12);
    for room in 0..12 {
        assert_eq!(case.written(&limits(), room), room);
    }
    let turned = Case { source: case.dest, dest: case.source };
    assert_eq!(turned.written(&limits(), 20), 12);
}

#[test]
fn both_at_an_end_is_the_end() {
    let mut case = staggered();
    case.dest[2].len = 0x100;
    let count = case.pieces().iter().take_while(|piece| piece.1[1] < 3).count();
    assert_eq!(case.written(&limits(), 20), count);
}

#[test]
fn an_entry_stops_it_where_it_is_not_aligned_or_not_in_reach() {
    let case = staggered();
    for (side, units) in [(0, [1, 2, 4, 8].as_slice()), (1, &[1, 2, 4, 8, 16, 32])] {
        let was = [&case.source, &case.dest][side][AT];
        let go = |addr, len| case.goes_on_with(&limits(), side, at(addr, len));
        let addr = was.addr.get();
        for unit in units {
            assert!(!go(addr + unit, was.len));
            assert!(!go(addr, was.len + unit));
            assert!(!go(addr, *unit));
        }
        let unit = 2 * units[units.len() - 1];
        assert!(go(addr + unit, was.len) && go(addr, was.len + unit) && go(addr, unit));
        assert!(go(FIRST, was.len) && go(END - was.len, was.len));
        assert!(!go(FIRST - unit, was.len) && !go(END - was.len + unit, was.len));
        assert!(!go(END, was.len) && !go(0, was.len) && !go(0xC000_0000, was.len));
    }
}

#[test]
fn an_entry_stops_it_where_it_may_be_longer_than_a_block() {
    let case = staggered();
    for side in [0, 1] {
        let addr = [&case.source, &case.dest][side][AT].addr.get();
        let go = |limits: &Limits, len| case.goes_on_with(limits, side, at(addr, len));
        assert!(go(&limits(), 0x400) && !go(&limits(), 0x440));
        // Known is only the power of two below.
        let odd = Limits { max: 0x700, ..limits() };
        assert!(go(&odd, 0x400) && !go(&odd, 0x440) && !go(&odd, 0x700));
    }
}

#[test]
fn an_entry_stops_it_where_it_touches_what_is_left_of_the_other_side() {
    let case = staggered();
    // When either is begun, half of the other side's entry before it or with it is left.
    for (side, other) in [(0, case.dest[AT]), (1, case.source[AT - 1])] {
        let go = |addr| case.goes_on_with(&limits(), side, at(addr, 0x200));
        let first = other.addr.get() + 0x100;
        assert!(go(first - 0x200) && go(first + 0x100) && go(first + 0x400), "{side}");
        for addr in [first - 0x1C0, first - 0x40, first, first + 0x40, first + 0xC0] {
            assert!(!go(addr), "{side} {addr:x}");
        }
    }
}

#[test]
fn an_entry_stops_it_where_it_goes_on_unless_nothing_is_merged() {
    let case = staggered();
    let never = Limits { merges: false, ..limits() };
    for (side, list) in [&case.source, &case.dest].into_iter().enumerate() {
        let joint = at(list[AT - 1].addr.get() + list[AT - 1].len, 0x200);
        assert!(!case.goes_on_with(&limits(), side, joint));
        assert!(case.goes_on_with(&never, side, joint));
    }
}

#[test]
fn it_begins_only_where_one_side_is_short_and_both_are_apart() {
    let mut case = staggered();
    let with = |max| Limits { max, ..limits() };
    // 256 of the first block's bytes are short enough; what is entered next is not.
    assert_eq!(case.written(&with(0x100), 20), 1);
    let turned = Case { source: case.dest.clone(), dest: case.source.clone() };
    assert_eq!(turned.written(&with(0x100), 20), 1);
    assert_eq!(case.written(&with(0xC0), 20), 0);
    assert_eq!(case.written(&Limits { boundary_mask: 0xFFF, ..limits() }, 20), 0);
    let read = case.source[0].addr.get();
    let places = [
        (0x200, 12),
        (0x1C0, 0),
        (0, 0),
        (0u32.wrapping_sub(0xC0), 0),
        (0u32.wrapping_sub(0x100), 12),
    ];
    for (by, count) in places {
        case.dest[0].addr = BusAddr::new(read.wrapping_add(by));
        assert_eq!(case.written(&limits(), 20), count, "{by:x}");
    }
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
    let case = staggered();
    for side in [0, 1] {
        let high = [&case.source, &case.dest][side][AT].addr.get();
        for addr in [0, 0x1000_0000, FIRST - 64, FIRST - 1, FIRST, high, high + 1, !63, u32::MAX] {
            for len in [0, 1, 0x1FF, 0x200, 0x201, 0x20F, 0x210, 0x23F, 0x240, 0x401, u32::MAX] {
                let unit = [15, 63][side];
                let plain = (addr | len) & unit == 0 && (0x200..=0x400).contains(&len);
                let right = plain && [FIRST, high].contains(&addr);
                // The cutter below cannot go past the end of the bus.
                let len = len.min(0x8000);
                let addr = addr.min(!0xFFFF);
                assert_eq!(
                    case.goes_on_with(&limits(), side, at(addr, len)),
                    right,
                    "{addr:x} {len:x}"
                );
            }
        }
    }
}

#[test]
fn where_every_byte_is_a_unit_every_length_is_plain_but_none() {
    let bytes = Limits { unit: 0, lines: 0, ..limits() };
    let case = staggered();
    for side in [0, 1] {
        let addr = [&case.source, &case.dest][side][AT].addr.get();
        let go = |len| case.goes_on_with(&bytes, side, at(addr + 1, len));
        assert!(go(1) && go(0x1FF) && go(0x3FF) && !go(0) && !go(0x401));
    }
}

#[test]
fn what_is_far_up_in_a_window_is_plain_where_the_window_begins_at_a_power_of_two_below_the_end() {
    let case = staggered();
    let window = |first: u32, end: u64| Limits { first: u64::from(first), end, ..limits() };
    let top = 1 << 32;
    for first in [0, 0x8000_0000, 0xC000_0000] {
        for side in [0, 1] {
            assert!(case.goes_on_with(&window(first, top), side, at(0xFFFF_FC00, 0x200)));
        }
    }
    for (addr, goes_on) in [(0xE010_0000 - 0x40, true), (0xE010_0000, false)] {
        assert_eq!(case.goes_on_with(&window(FIRST, top), 0, at(addr, 0x200)), goes_on);
    }
    // Where there is no whole line, none is, even if two faults of an entry cancel out.
    let none = Limits { first: 0xFFFF_FFF1, end: top, ..limits() };
    let mut case = case;
    case.dest[1] = at(0, 0x201);
    assert_eq!(case.written(&none, 20), 1);
}

#[test]
fn where_a_line_is_longer_than_a_block_nothing_is_begun() {
    let mut case = staggered();
    // What is left of the first entry is short enough; the line after it is not where blocks are shorter.
    (case.dest[0].len, case.dest[1].len) = (32, 64);
    for (max, count) in [(32, 0), (63, 0), (64, 2)] {
        assert_eq!(case.written(&Limits { max, ..limits() }, 20), count, "{max}");
    }
}
