//! Corners of the planner that lists at random seldom come to.

use sgdma::address::BusAddr;
use sgdma::chain::{Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::frame::FrameSize;
use sgdma::lower::{self, Blit, Cuts, End, LowerError};
use sgdma::segment::BusWindow;

use crate::cases::{CHAIN, DEST, Layout, Room, SLOTS, SOURCE, at, copy, sampled};
use crate::leaving::{List, alike, full, halve, same_as_general};

fn fifo() -> DeviceFifo {
    let dreq = Dreq::new(5).unwrap();
    DeviceFifo::new(BusAddr::new(0x7E20_C018), dreq, Width::Bits32).unwrap()
}

#[test]
fn cuts_end_for_good() {
    let one = [at(SOURCE, 64)];
    let mut cuts = Cuts::new(one.into_iter(), [at(DEST, 64)].into_iter(), &full());
    assert!(matches!(cuts.next(), Some(Ok(cut)) if cut.len == 64));
    assert_eq!(cuts.moved(), 64);
    assert_eq!((cuts.next(), cuts.next()), (None, None));
    // After an error they do not go on, although the lists do.
    let source = [at(SOURCE, 0), at(SOURCE, 64)];
    let mut cuts = Cuts::new(source.into_iter(), one.into_iter(), &full());
    let zero = LowerError::ZeroLength { end: End::Source, entry: 0 };
    assert_eq!((cuts.next(), cuts.next()), (Some(Err(zero)), None));
}

#[test]
fn lists_that_share_a_byte_are_found_with_both_entries() {
    let source = [at(SOURCE, 64), at(SOURCE + 0x100, 64), at(SOURCE + 0x200, 64)];
    let overlap = |dest: &[_]| lower::overlap(source.into_iter(), &dest.iter().copied());
    assert_eq!(overlap(&[]), None);
    assert_eq!(overlap(&[at(SOURCE + 0x40, 0xC0), at(SOURCE + 0x140, 0xC0)]), None);
    assert_eq!(overlap(&[at(DEST, 64), at(SOURCE + 0x13F, 1)]), Some((1, 1)));
    assert_eq!(overlap(&[at(DEST, 1), at(DEST + 1, 1), at(SOURCE, 1)]), Some((0, 2)));
    assert_eq!(overlap(&[at(SOURCE + 0x200, 1)]), Some((2, 0)));
    // The first entry of the source that has one, and of the destination the first again.
    assert_eq!(overlap(&[at(SOURCE + 0x200, 1), at(SOURCE + 0x80, 0x400)]), Some((1, 1)));
}

#[test]
fn a_window_smaller_than_an_entry_refuses_it() {
    let window = BusWindow { first: BusAddr::new(SOURCE), last: BusAddr::new(SOURCE + 0x3F) };
    let limits = full().with_window(window);
    let (source, dest) = alike(0x80);
    let error = copy(&source, &dest, &limits, Room::new(8, 0).storage()).unwrap_err();
    let (end, segment) = (End::Source, source[0]);
    assert_eq!(error, LowerError::OutsideWindow { end, entry: 0, segment, window });
}

#[test]
fn every_way_to_lower_wants_a_place_for_its_chain() {
    let wrong = BusAddr::new(CHAIN.get() + 16);
    let refused = LowerError::Storage { chain: wrong, slots: SLOTS };
    let list = || [at(DEST, 128)].into_iter();
    let device = Constraints::device(ChannelKind::Full);
    let mut room = Room::laid(Layout { chain: wrong, slots: SLOTS }, 8, 8);
    let pattern = BusAddr::new(SOURCE);
    assert_eq!(lower::fill(pattern, list(), &full(), room.storage()).unwrap_err(), refused);
    assert_eq!(lower::to_device(list(), fifo(), &device, room.storage()).unwrap_err(), refused);
    assert_eq!(lower::from_device(fifo(), list(), &device, room.storage()).unwrap_err(), refused);
    let ring = lower::ring_to_device(list(), fifo(), 64, &device, room.storage());
    assert_eq!(ring.unwrap_err(), refused);
    let (from, to) = (at(SOURCE, 0x1000), at(DEST, 0x1000));
    assert_eq!(lower::blit(from, to, SMALL, &full(), room.storage()).unwrap_err(), refused);
}

#[test]
fn a_ring_without_room_says_how_many_blocks_would_do() {
    let limits = Constraints::device(ChannelKind::Full).with_max_segment(64).unwrap();
    let list = || [at(DEST, 256)].into_iter();
    for capacity in 0..4 {
        let mut room = Room::new(capacity, 0);
        let short = LowerError::TooManyBlocks { needed: 4, capacity };
        let out = lower::ring_to_device(list(), fifo(), 128, &limits, room.storage());
        assert_eq!(out.unwrap_err(), short);
        let back = lower::ring_from_device(fifo(), list(), 128, &limits, room.storage());
        assert_eq!(back.unwrap_err(), short);
    }
}

#[test]
fn one_entry_alone_without_room_says_so_too() {
    let (source, dest) = ([at(SOURCE, 64)], [at(DEST, 64)]);
    let error = copy(&source, &dest, &full(), Room::new(0, 0).storage()).unwrap_err();
    assert_eq!(error, LowerError::TooManyBlocks { needed: 1, capacity: 0 });
}

const SMALL: Blit = Blit {
    row_bytes: 64,
    rows: 8,
    source_offset: 0,
    source_pitch: 128,
    destination_offset: 0,
    destination_pitch: 64,
};

#[test]
fn a_rectangle_out_of_reach_or_of_rows_too_long_is_refused() {
    let (from, to, outside) = (at(SOURCE, 0x1000), at(DEST, 0x1000), at(0x1000, 0x1000));
    let refused = |from, to, blit, limits: &Constraints| {
        lower::blit(from, to, blit, limits, Room::new(8, 0).storage()).unwrap_err()
    };
    let window = BusWindow::SDRAM;
    let out = |end| LowerError::OutsideWindow { end, entry: 0, segment: outside, window };
    assert_eq!(refused(outside, to, SMALL, &full()), out(End::Source));
    assert_eq!(refused(from, outside, SMALL, &full()), out(End::Destination));
    // XLENGTH has 16 bits.
    let (memory, other) = (at(0xC100_0000, 0x80_0000), at(0xC200_0000, 0x80_0000));
    let (row_bytes, pitch) = (0x1_0000, 0x1_0000);
    let long = Blit { row_bytes, source_pitch: pitch, destination_pitch: pitch, ..SMALL };
    let (end, rows) = (End::Source, SMALL.rows);
    let wrong = LowerError::Rectangle { end, row_bytes, rows, pitch };
    assert_eq!(refused(memory, other, long, &full()), wrong);
    // The destination's memory ends within a line that its last row lies in.
    let short = at(DEST, 8 * 64 - 32);
    let narrow = Blit { row_bytes: 32, ..SMALL };
    assert_eq!(refused(from, short, narrow, &full()), LowerError::NeedsEdge { offset: 0, len: 32 });
    let too_few = full().with_max_segment(128).unwrap();
    let error = lower::blit(from, to, SMALL, &too_few, Room::new(3, 0).storage()).unwrap_err();
    assert_eq!(error, LowerError::TooManyBlocks { needed: 4, capacity: 3 });
}

#[test]
fn a_rectangle_may_lie_on_either_side_of_the_other_and_move_by_words() {
    let (low, high) = (at(SOURCE, 0x1000), at(DEST, 0x1000));
    let words = full().with_burst(8).unwrap();
    for (limits, wide) in [(full(), true), (words, false)] {
        for (from, to) in [(low, high), (high, low)] {
            let mut room = Room::new(8, 0);
            let plan = lower::blit(from, to, SMALL, &limits, room.storage()).unwrap();
            let [block] = plan.blocks else { panic!("one block") };
            // SRC_WIDTH and DEST_WIDTH, p. 51 and 52.
            assert_eq!(block.ti & (1 << 9 | 1 << 5) != 0, wide);
            let chain = verify::Chain::of(&plan, SLOTS);
            verify::blit(&chain, &Rules::new(&limits), from, to, SMALL).unwrap();
        }
    }
    let within = Blit { source_offset: 0x200, ..SMALL };
    for (offset, apart) in [(0x5FF, false), (0x600, true)] {
        let over = Blit { destination_offset: offset, rows: 1, ..within };
        let over = Blit { row_bytes: 0x400, ..over };
        let limits = full().with_line(1).unwrap();
        let mut room = Room::new(8, 0);
        let plan = lower::blit(low, low, over, &limits, room.storage());
        assert_eq!(plan.is_ok(), apart, "{offset:#x}");
    }
}

/// A start that needs thought (an edge of 4 bytes), then what the general way writes many at a time.
fn rough_first() -> (List, List) {
    let list = |start: u32| {
        [at(start, 0x44)].into_iter().chain((1..5).map(move |i| at(start + 0x200 * i, 0x80)))
    };
    (list(SOURCE).collect(), list(DEST).collect())
}

#[test]
fn after_a_rough_start_the_plan_is_that_of_the_general_way_still() {
    let (source, dest) = rough_first();
    same_as_general(&source, &dest, &full());
    for place in sampled(1..5, 4) {
        for gap in [0, 0x40] {
            let (source, mut dest) = rough_first();
            halve(&mut dest, place, gap);
            same_as_general(&source, &dest, &full());
            let (mut source, dest) = rough_first();
            halve(&mut source, place, gap);
            same_as_general(&source, &dest, &full());
        }
    }
    // The destination goes on where the source does not.
    let (source, mut dest) = rough_first();
    dest[3] = at(dest[2].addr.get() + 0x80, 0x80);
    same_as_general(&source, &dest, &full());
    same_as_general(&dest, &source, &full());
}

#[test]
fn after_a_rough_start_the_errors_are_those_of_the_general_way_still() {
    let refused = |change: &dyn Fn(&mut List, &mut List)| {
        let (mut source, mut dest) = rough_first();
        change(&mut source, &mut dest);
        let (s, d) = (source.iter().copied(), dest.iter().copied());
        let error = lower::count(s, d, &full()).unwrap_err();
        let mut room = Room::new(64, 64);
        assert_eq!(copy(&source, &dest, &full(), room.storage()).unwrap_err(), error);
    };
    for place in 1..5 {
        for by in [0, 0x40] {
            refused(&|source, dest| source[place].addr = at(dest[place].addr.get() + by, 0).addr);
            refused(&|source, dest| dest[place].addr = at(source[place].addr.get() + by, 0).addr);
        }
        refused(&|_, dest| dest[place].addr = BusAddr::new(0xFEFF_FFC0));
        refused(&|source, _| source[place].len = 0);
    }
    let (source, dest) = rough_first();
    for capacity in 0..6 {
        let error = copy(&source, &dest, &full(), Room::new(capacity, 8).storage()).unwrap_err();
        assert_eq!(error, LowerError::TooManyBlocks { needed: 6, capacity });
    }
}

#[test]
fn lists_of_varied_lengths_are_refused_where_they_leave_the_window() {
    let varied = || {
        let list = |start: u32| (0..4).map(move |i| at(start + 0x400 * i, 0x40 << i)).collect();
        (list(SOURCE), list(DEST))
    };
    let (good_source, good_dest): (List, List) = varied();
    same_as_general(&good_source, &good_dest, &full());
    for (place, bad) in (0..4).flat_map(|place| [(place, 0x1000), (place, 0xFEFF_FFC0 - 0x40)]) {
        let (mut source, dest) = varied();
        let segment = at(bad, source[place].len.max(0x100));
        let mut dest = dest;
        (source[place], dest[place].len) = (segment, segment.len);
        let (end, window) = (End::Source, BusWindow::SDRAM);
        let outside = LowerError::OutsideWindow { end, entry: place, segment, window };
        let error = copy(&source, &dest, &full(), Room::new(8, 8).storage()).unwrap_err();
        assert_eq!(error, outside);
    }
}

/// The most that an edge takes, of all lengths and places in lines of 64 bytes. There is no boundary.
fn longest_slot(limits: &Constraints) -> u64 {
    let leads = (0..4).flat_map(|lead| (0..64).map(move |into| (lead, into)));
    let all = leads.flat_map(|(lead, into)| (1..=126).map(move |len| (lead, into, len)));
    let taken = sampled(all, 997).filter_map(|(lead, into, len)| {
        // Twice the same, so that the second begins where slots do.
        let list = |start| [at(start, len), at(start + 0x200, len)].into_iter();
        let counts = lower::count(list(SOURCE + lead), list(DEST + into), limits).unwrap();
        let edges = u64::try_from(counts.edges).unwrap();
        assert!(counts.slot_bytes <= edges * u64::from(FrameSize::SLOT), "{lead} {into} {len}");
        (edges == 2).then(|| counts.slot_bytes.div_ceil(2).next_multiple_of(16))
    });
    taken.max().unwrap()
}

#[test]
fn the_slot_of_a_frame_s_size_does_for_any_edge() {
    let emulated = longest_slot(&full().with_engine(EngineKind::Emulated).unwrap());
    let chip = longest_slot(&full());
    assert!(cfg!(miri) || (chip, emulated) == (128, FrameSize::SLOT.into()), "{chip} {emulated}");
}
