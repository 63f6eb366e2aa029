//! Lists for the tests of the loops that planner and judge have for what needs no thought, and the questions that both are
//! asked: which entry stops a loop, and which does not. Their code is apart; what is plain is the same for both.
//!
//! Bursts of 16 bytes, lines of 64, at most 1 KiB a block, all between [`FIRST`] and [`END`].

use std::vec::Vec;

use super::BusSegment;
use crate::address::BusAddr;
use crate::control_block::ControlBlock;

/// What is in reach, to before [`END`].
pub(crate) const FIRST: u32 = 0xC010_0000;
pub(crate) const END: u32 = 0xC020_0000;
/// What all blocks but the last have for their TI.
pub(crate) const TI: u32 = 0x1234;
/// Which entry of either list is changed.
pub(crate) const AT: usize = 3;
/// Pairs of each case.
pub(crate) const COUNT: usize = 6;

pub(crate) fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(BusAddr::new(addr), len)
}

#[derive(Clone)]
pub(crate) struct Lists {
    pub(crate) source: Vec<BusSegment>,
    pub(crate) dest: Vec<BusSegment>,
}

/// A block, and the entry of each list that it is in.
pub(crate) type Piece = (ControlBlock, [usize; 2]);

impl Lists {
    /// Six entries of 512 bytes, and seven that are cut 256 bytes earlier or later.
    pub(crate) fn staggered() -> Self {
        let source = (0..6).map(|index| at(FIRST + 0x4_0000 + 0x800 * index, 0x200)).collect();
        let len = |index| if index == 0 || index == 6 { 0x100 } else { 0x200 };
        let dest = (0..7).map(|index| at(FIRST + 0x8_0000 + 0x800 * index, len(index))).collect();
        Self { source, dest }
    }

    /// Pairs of these lengths in turn, with gaps.
    pub(crate) fn paired(lengths: &[u32]) -> Self {
        let list = |start: u32| -> Vec<BusSegment> {
            let of = |(index, len): (u32, &u32)| at(start + 0x800 * index, *len);
            (0..).zip(lengths.iter().cycle().take(COUNT)).map(of).collect()
        };
        Self { source: list(FIRST + 0x4_0000), dest: list(FIRST + 0x8_0000) }
    }

    pub(crate) fn turned(&self) -> Self {
        Self { source: self.dest.clone(), dest: self.source.clone() }
    }

    /// The source is side 0.
    pub(crate) fn side(&self, side: usize) -> &[BusSegment] {
        if side == 0 { &self.source } else { &self.dest }
    }

    /// The same with another entry [`AT`].
    pub(crate) fn with(&self, side: usize, entry: BusSegment) -> Self {
        let mut lists = self.clone();
        [&mut lists.source, &mut lists.dest][side][AT] = entry;
        lists
    }

    /// One block for as much as is in one entry of both, but none for no bytes; the first is at `base`.
    pub(crate) fn pieces(&self, base: u32) -> Vec<Piece> {
        let (mut pieces, mut entries, mut passed) = (Vec::new(), [0, 0], [0, 0]);
        let mut next = base;
        while let (Some(read), Some(write)) =
            (self.source.get(entries[0]), self.dest.get(entries[1]))
        {
            let lens = [read.len, write.len];
            let len = (lens[0] - passed[0]).min(lens[1] - passed[1]);
            let [source, dest] = [read.addr.get() + passed[0], write.addr.get() + passed[1]];
            if len != 0 {
                next += 32;
                let (ti, stride, reserved) = (TI, 0, [0; 2]);
                let block = ControlBlock { ti, source, dest, len, stride, next, reserved };
                pieces.push((block, entries));
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

    /// A block for each pair, as long as what it writes; the first is at `base`.
    pub(crate) fn blocks(&self, base: u32) -> Vec<ControlBlock> {
        let links = (1..).map(|index| base + 32 * index);
        let pairs = self.source.iter().zip(&self.dest).zip(links);
        let block = |((read, write), next): ((&BusSegment, &BusSegment), u32)| {
            let (source, dest, len) = (read.addr.get(), write.addr.get(), write.len);
            ControlBlock { ti: TI, source, dest, len, stride: 0, next, reserved: [0; 2] }
        };
        pairs.map(block).collect()
    }

    /// Whether a loop that has passed so many blocks went through it all; else it stopped before those of the entry [`AT`].
    pub(crate) fn all_or_up_to(&self, side: usize, passed: usize) -> bool {
        let pieces = self.pieces(0);
        let before = pieces.iter().take_while(|piece| piece.1[side] < AT).count();
        let all = passed == pieces.len();
        assert!(all || passed == before, "{side} {:x?} {passed}", self.side(side)[AT]);
        all
    }
}

/// The sides of [`Lists::staggered`], and of each the entry that is changed.
fn staggered_entries() -> [(usize, BusSegment); 2] {
    let lists = Lists::staggered();
    [0, 1].map(|side| (side, lists.side(side)[AT]))
}

/// `goes_on` says whether the loop over [`Lists::staggered`] goes through it all where an entry of a side is this one.
pub(crate) fn aligned_and_in_reach(goes_on: impl Fn(usize, BusSegment) -> bool) {
    for (side, was) in staggered_entries() {
        let units = [[1, 2, 4, 8].as_slice(), &[1, 2, 4, 8, 16, 32]][side];
        let go = |addr, len| goes_on(side, at(addr, len));
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

/// The same for blocks of up to 1 KiB, and of up to 0x700 bytes, of which only the power of two below is known.
pub(crate) fn no_longer_than_a_block(
    goes_on: impl Fn(usize, BusSegment) -> bool,
    up_to_0x700: impl Fn(usize, BusSegment) -> bool,
) {
    for (side, was) in staggered_entries() {
        for go in [&goes_on as &dyn Fn(usize, BusSegment) -> bool, &up_to_0x700] {
            let go = |len| go(side, at(was.addr.get(), len));
            assert!(go(0x400) && !go(0x440) && !go(0x700));
        }
    }
}

pub(crate) fn apart_from_what_is_left(goes_on: impl Fn(usize, BusSegment) -> bool) {
    let lists = Lists::staggered();
    // When either is begun, half of the other side's entry before it or with it is left.
    for (side, other) in [(0, lists.dest[AT]), (1, lists.source[AT - 1])] {
        let go = |addr| goes_on(side, at(addr, 0x200));
        let first = other.addr.get() + 0x100;
        assert!(go(first - 0x200) && go(first + 0x100) && go(first + 0x400), "{side}");
        for addr in [first - 0x1C0, first - 0x40, first, first + 0x40, first + 0xC0] {
            assert!(!go(addr), "{side} {addr:x}");
        }
    }
}

pub(crate) fn two_faults_of_an_entry(goes_on: impl Fn(usize, BusSegment) -> bool) {
    for (side, was) in staggered_entries() {
        let high = was.addr.get();
        for addr in [0, 0x1000_0000, FIRST - 64, FIRST - 1, FIRST, high, high + 1, !63, u32::MAX] {
            for len in [0, 1, 0x1FF, 0x200, 0x201, 0x20F, 0x210, 0x23F, 0x240, 0x401, u32::MAX] {
                let unit = [15, 63][side];
                let plain = (addr | len) & unit == 0 && (0x200..=0x400).contains(&len);
                let right = plain && [FIRST, high].contains(&addr);
                // `pieces` cannot go past the end of the bus.
                let entry = at(addr.min(!0xFFFF), len.min(0x8000));
                assert_eq!(goes_on(side, entry), right, "{addr:x} {len:x}");
            }
        }
    }
}

/// Where neither bursts nor lines ask for more than a byte.
pub(crate) fn every_length_but_none(goes_on: impl Fn(usize, BusSegment) -> bool) {
    for (side, was) in staggered_entries() {
        let go = |len| goes_on(side, at(was.addr.get() + 1, len));
        assert!(go(1) && go(0x1FF) && go(0x3FF) && !go(0) && !go(0x401));
    }
}

/// What of [`Lists::staggered`] is begun, as `count` says for blocks of up to so many bytes.
pub(crate) fn begun_where_one_side_is_short_and_both_are_apart(
    count: impl Fn(&Lists, u32) -> usize,
) {
    let mut lists = Lists::staggered();
    // 256 of the first block's bytes are short enough; what is entered next is not.
    assert_eq!(count(&lists, 0x100), 1);
    assert_eq!(count(&lists.turned(), 0x100), 1);
    assert_eq!(count(&lists, 0xC0), 0);
    let read = lists.source[0].addr.get();
    for (write, blocks) in
        [(read + 0x200, 12), (read + 0x1C0, 0), (read, 0), (read - 0xC0, 0), (read - 0x100, 12)]
    {
        lists.dest[0].addr = BusAddr::new(write);
        assert_eq!(count(&lists, 0x400), blocks, "{write:x}");
    }
}

/// How far each of two loops over pairs goes in [`Lists`]: the one for pairs of one length, and the one that looks at each.
pub(crate) trait Pairs {
    fn counts(&self, lists: &Lists) -> [usize; 2];

    /// Over pairs of so many bytes.
    fn of(&self, len: u32) -> [usize; 2] {
        self.counts(&Lists::paired(&[len]))
    }

    /// The same where one of the pairs is another.
    fn with(&self, len: u32, read: BusSegment, write: BusSegment) -> [usize; 2] {
        self.counts(&Lists::paired(&[len]).with(0, read).with(1, write))
    }
}

impl<F: Fn(&Lists) -> [usize; 2]> Pairs for F {
    fn counts(&self, lists: &Lists) -> [usize; 2] {
        self(lists)
    }
}

/// Where the pair that is changed reads and writes.
fn pair() -> (u32, u32) {
    let lists = Lists::paired(&[0x400]);
    (lists.source[AT].addr.get(), lists.dest[AT].addr.get())
}

pub(crate) fn pairs_aligned_and_in_reach(pairs: &impl Pairs) {
    let (read, write) = pair();
    let with = |source: u32, dest: u32| pairs.with(0x400, at(source, 0x400), at(dest, 0x400));
    for off in [1, 4, 8, 16, 32] {
        assert_eq!(with(read + off, write), [AT; 2], "{off}");
        assert_eq!(with(read, write + off), [AT; 2], "{off}");
    }
    assert_eq!(with(read + 64, write + 64), [COUNT; 2]);
    // The first and the last that are in reach.
    let top = END - 0x400;
    assert_eq!(with(FIRST, top), [COUNT; 2]);
    assert_eq!(with(top, FIRST), [COUNT; 2]);
    for addr in [FIRST - 64, top + 64, 0, u32::MAX - 63] {
        assert_eq!([with(addr, write), with(read, addr)], [[AT; 2]; 2], "{addr:x}");
    }
}

pub(crate) fn pairs_apart(pairs: &impl Pairs) {
    let (read, _) = pair();
    for (by, count) in [(0, AT), (64, AT), (0x3C0, AT), (0x400, COUNT), (0x440, COUNT)] {
        let with = |write| pairs.with(0x400, at(read, 0x400), at(write, 0x400));
        assert_eq!([with(read + by), with(read - by)], [[count; 2]; 2], "{by:x}");
    }
}

pub(crate) fn pairs_of_lengths(pairs: &impl Pairs) {
    let (read, write) = pair();
    for len in [0, 0x410, 0x440, 0x800, 0x8000_0000, 0xFFFF_FFC0] {
        assert_eq!(pairs.with(0x400, at(read, len), at(write, len)), [AT; 2], "{len:x}");
        assert_eq!(pairs.of(len), [0; 2], "{len:x}");
    }
    // Shorter ones are another matter only where all are of one length.
    for len in [0x40, 0x80, 0x3C0] {
        assert_eq!(pairs.with(0x400, at(read, len), at(write, len)), [AT, COUNT], "{len:x}");
        assert_eq!(pairs.of(len), [COUNT; 2], "{len:x}");
    }
    for (from, to) in [(0x400, 0x3C0), (0x3C0, 0x400)] {
        assert_eq!(pairs.with(0x400, at(read, from), at(write, to)), [AT; 2]);
    }
}

/// No block crosses a multiple of 1 KiB; of `longer` it might be 4 KiB long.
pub(crate) fn pairs_within_a_boundary(bounded: &impl Pairs, longer: &impl Pairs) {
    // Aligned to their own length, a power of two: none can cross.
    for len in [0x40, 0x200, 0x400] {
        assert_eq!(bounded.of(len), [COUNT; 2], "{len:x}");
    }
    // Of other lengths some may: only the one way looks at each.
    assert_eq!(bounded.of(0xC0), [0, COUNT]);
    let (read, write) = pair();
    let with = |read, write| bounded.with(0x200, at(read, 0x200), at(write, 0x200));
    assert_eq!(with(read + 0x200, write + 0x200), [COUNT; 2]);
    assert_eq!(with(read + 0x100, write), [AT, COUNT], "not aligned to its length, and not across");
    assert_eq!(with(read, write + 0x100), [AT, COUNT]);
    assert_eq!(with(read + 0x240, write), [AT; 2]);
    assert_eq!(with(read, write + 0x240), [AT; 2]);
    // Longer than from one boundary to the next.
    assert_eq!(longer.of(0x800), [0; 2]);
}

pub(crate) fn two_faults_of_a_pair(pairs: &impl Pairs) {
    let (read, write) = pair();
    for addr in [0, 0x1000_0000, FIRST - 64, FIRST - 1] {
        for len in [0x3FF, 0x400, 0x401] {
            let counts = [(addr, write), (read, addr), (addr, addr)]
                .map(|(from, to)| pairs.with(0x400, at(from, len), at(to, len)));
            assert_eq!(counts, [[AT; 2]; 3], "{addr:x} {len:x}");
        }
    }
}
