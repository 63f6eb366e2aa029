//! Rectangles, at random and one by one.

use sgdma::address::BusAddr;
use sgdma::chain::{Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, EngineKind};
use sgdma::lower::{self, Blit, End, LowerError};
use sgdma::segment::{BusSegment, BusWindow};

use crate::cases::{BASE, CHAIN, DEST, Room, SLOTS, SOURCE, SPAN, at, times};
use crate::oracle::Machine;

pub(crate) const FROM: BusSegment = at(SOURCE, 0x1000);
pub(crate) const TO: BusSegment = at(DEST, 0x1000);

pub(crate) fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}

/// The offset of a row.
pub(crate) fn row(offset: u32, pitch: i32, row: u32) -> i64 {
    i64::from(offset) + i64::from(pitch) * i64::from(row)
}

pub(crate) fn random_blit(random: &mut fastrand::Rng) -> Blit {
    loop {
        let (row_bytes, rows) = (random.u32(1..=64), random.u32(1..=20));
        let least = i32::try_from(row_bytes).unwrap();
        let mut side = || {
            let pitch = random.i32(0..=100);
            (random.u32(0..0x1000), if random.bool() { pitch + least } else { -pitch - least })
        };
        let ((source_offset, source_pitch), (destination_offset, destination_pitch)) =
            (side(), side());
        let inside = |offset, pitch| {
            let (a, b) = (i64::from(offset), row(offset, pitch, rows - 1));
            a.min(b) >= 0 && a.max(b) + i64::from(row_bytes) <= 0x1000
        };
        if inside(source_offset, source_pitch) && inside(destination_offset, destination_pitch) {
            return Blit {
                row_bytes,
                rows,
                source_offset,
                source_pitch,
                destination_offset,
                destination_pitch,
            };
        }
    }
}

#[test]
fn every_byte_of_a_rectangle_moves_once_with_pitches_of_either_sign() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut moved, mut cut) = (0, 0);
    for _ in 0..times(2_000) {
        let blit = random_blit(&mut random);
        let mut limits = full();
        if random.bool() {
            limits = limits.with_max_segment(random.u32(64..=600)).unwrap();
        }
        if random.bool() {
            limits = limits.with_boundary(1 << random.u32(9..=12)).unwrap();
        }
        if random.bool() {
            limits = limits.with_engine(EngineKind::Emulated).unwrap();
        }
        let mut room = Room::new(64, 0);
        let plan = match lower::blit(FROM, TO, blit, &limits, room.storage()) {
            Ok(plan) => plan,
            Err(LowerError::RowCrosses { .. } | LowerError::NeedsEdge { .. }) => continue,
            Err(error) => panic!("{error}: {blit:?} {limits:?}"),
        };
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::blit(&chain, &Rules::new(&limits), FROM, TO, blit).unwrap();
        let mut machine = Machine::new(BASE, SPAN, seed);
        let ran = machine.run(plan.blocks, CHAIN.get(), &limits, usize::MAX);
        assert_eq!(ran.interrupts, [plan.blocks.len() - 1]);
        check(&machine, &blit);
        moved += 1;
        cut += usize::from(plan.blocks.len() > 1);
    }
    assert!(cfg!(miri) || (moved > 500 && cut > 50), "{moved} {cut}");
}

fn check(machine: &Machine, blit: &Blit) {
    let mut written = 0;
    for r in 0..blit.rows {
        for i in 0..blit.row_bytes {
            let at = |base: u32, offset| u32::try_from(i64::from(base + i) + offset).unwrap();
            let from = at(SOURCE, row(blit.source_offset, blit.source_pitch, r));
            let to = at(DEST, row(blit.destination_offset, blit.destination_pitch, r));
            assert_eq!(machine.byte(to), machine.byte(from), "row {r} byte {i} of {blit:?}");
            assert_eq!(machine.writes_to(to), 1);
            written += 1;
        }
    }
    assert_eq!(machine.writes.iter().map(|count| usize::from(*count)).sum::<usize>(), written);
}

pub(crate) const SMALL: Blit = Blit {
    row_bytes: 64,
    rows: 8,
    source_offset: 0,
    source_pitch: 128,
    destination_offset: 0x800,
    destination_pitch: -64,
};

pub(crate) fn refused(blit: Blit, limits: &Constraints) -> LowerError {
    lower::blit(FROM, TO, blit, limits, Room::new(8, 0).storage()).unwrap_err()
}

#[test]
fn ylength_is_rows_less_one_and_strides_are_pitch_less_row() {
    let mut room = Room::new(1, 0);
    let plan = lower::blit(FROM, TO, SMALL, &full(), room.storage()).unwrap();
    let words = plan.blocks[0].words();
    assert_eq!((words[3], words[4]), (0x0007_0040, 0xFF80_0040));
    assert_eq!((plan.counts.blocks, plan.counts.bytes), (1, 64 * 8));
}

#[test]
fn bursts_are_wide_from_sixteen_bytes_on() {
    for (burst, widths) in [(8, 0), (16, 0x220), (32, 0x220)] {
        let limits = full().with_burst(burst).unwrap();
        let mut room = Room::new(1, 0);
        let plan = lower::blit(FROM, TO, SMALL, &limits, room.storage()).unwrap();
        assert_eq!(plan.blocks[0].ti & 0x220, widths, "{burst}");
    }
}

#[test]
fn what_cannot_be_a_rectangle_is_refused() {
    let lite = Constraints::memory(ChannelKind::Lite);
    assert_eq!(refused(SMALL, &lite), LowerError::No2d { kind: ChannelKind::Lite });
    assert_eq!(refused(Blit { rows: 0, ..SMALL }, &full()), LowerError::Empty);
    assert_eq!(refused(Blit { row_bytes: 0, ..SMALL }, &full()), LowerError::Empty);
    let wrong = |end, blit: Blit| {
        let error = refused(blit, &full());
        assert!(matches!(error, LowerError::Rectangle { end: e, .. } if e == end), "{error}");
    };
    wrong(End::Source, Blit { source_offset: 0xFC0, ..SMALL });
    wrong(End::Destination, Blit { destination_offset: 64, ..SMALL });
    wrong(End::Destination, Blit { destination_pitch: 32, ..SMALL });
    wrong(End::Source, Blit { source_pitch: 40_000, ..SMALL });
    let emulated = full().with_engine(EngineKind::Emulated).unwrap();
    let odd = Blit { row_bytes: 62, ..SMALL };
    assert_eq!(refused(odd, &emulated), LowerError::NeedsEdge { offset: 0, len: 2 });
    let short = full().with_max_segment(32).unwrap();
    assert_eq!(refused(SMALL, &short), LowerError::RowTooLong { row_bytes: 64, max: 32 });
}

#[test]
fn no_block_of_a_rectangle_crosses_a_boundary_and_a_row_that_must_is_refused() {
    let limits = full().with_boundary(512).unwrap();
    let mut room = Room::new(8, 0);
    let plan = lower::blit(FROM, TO, SMALL, &limits, room.storage()).unwrap();
    assert_eq!(plan.blocks.len(), 3, "the source crosses at row 4, the destination after row 0");
    let across = Blit { source_offset: 500, ..SMALL };
    let crosses = LowerError::RowCrosses { row: 0, row_bytes: 64, boundary: 512 };
    assert_eq!(refused(across, &limits), crosses);
}

#[test]
fn a_rectangle_into_lines_that_others_share_is_refused() {
    let to = at(DEST + 4, 0x800);
    let blit = Blit { destination_offset: 0, destination_pitch: 64, ..SMALL };
    let error = lower::blit(FROM, to, blit, &full(), Room::new(8, 0).storage()).unwrap_err();
    assert_eq!(error, LowerError::NeedsEdge { offset: 0, len: 64 });
    let coherent = full().with_line(1).unwrap();
    assert!(lower::blit(FROM, to, blit, &coherent, Room::new(8, 0).storage()).is_ok());
    // The judge does not take the planner's word for it.
    let mut room = Room::new(8, 0);
    let plan = lower::blit(FROM, to, blit, &coherent, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let fault = verify::blit(&chain, &Rules::new(&full()), FROM, to, blit).unwrap_err().fault;
    assert_eq!(fault, Fault::Line { destination: to.addr, len: 512 });
}

#[test]
fn a_rectangle_over_itself_is_refused() {
    let over = Blit { destination_offset: 512, ..SMALL };
    let error = lower::blit(FROM, FROM, over, &full(), Room::new(8, 0).storage()).unwrap_err();
    let (source, destination) = (FROM.addr, BusAddr::new(SOURCE + 512));
    assert_eq!(error, LowerError::Overlap { offset: 0, source, destination });
}

#[test]
fn as_many_rows_as_a_block_holds_go_into_one() {
    let memory = at(0xC100_0000, 0x80_0000);
    let other = at(0xC200_0000, 0x80_0000);
    let tall = |rows| Blit { row_bytes: 64, rows, source_pitch: 64, ..SMALL };
    for (rows, blocks) in [(0x4000, 1), (0x4001, 2), (0x8000, 2)] {
        let blit = Blit { destination_pitch: 64, destination_offset: 0, ..tall(rows) };
        let mut room = Room::new(2, 0);
        let plan = lower::blit(memory, other, blit, &full(), room.storage()).unwrap();
        assert_eq!(plan.blocks.len(), blocks, "{rows:#x} rows");
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::blit(&chain, &Rules::new(&full()), memory, other, blit).unwrap();
    }
}

/// What is said of the small rectangle's chain where it is to be another.
fn judged(limits: &Constraints, from: BusSegment, to: BusSegment, blit: Blit) -> Fault {
    let mut room = Room::new(8, 0);
    let plan = lower::blit(FROM, TO, SMALL, &full(), room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    verify::blit(&chain, &Rules::new(limits), from, to, blit).unwrap_err().fault
}

#[test]
fn the_judge_wants_every_row_within_its_memory() {
    // The same rows, of memory that begins later or ends sooner.
    let to = at(DEST + 0x680, 0x980);
    let low = judged(&full(), FROM, to, Blit { destination_offset: 0x180, ..SMALL });
    let found = BusAddr::new(DEST + 0x640);
    assert_eq!(low, Fault::Past { end: End::Destination, found });
    let high = judged(&full(), at(SOURCE, 0x3BF), TO, SMALL);
    assert_eq!(high, Fault::Past { end: End::Source, found: FROM.addr });
    let boundary = judged(&full().with_boundary(512).unwrap(), FROM, TO, SMALL);
    let (end, addr, len) = (End::Source, FROM.addr, 7 * 128 + 63);
    assert_eq!(boundary, Fault::Boundary { end, addr, len });
    // The rows fill 0x640 to 0x840 of the destination. Of lines of 128 bytes the last is another's too.
    let len = 0x200;
    let tight = at(DEST, 0x840);
    let mut room = Room::new(8, 0);
    let plan = lower::blit(FROM, tight, SMALL, &full(), room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    verify::blit(&chain, &Rules::new(&full()), FROM, tight, SMALL).unwrap();
    let wide = Rules::new(&full().with_line(128).unwrap());
    let fault = verify::blit(&chain, &wide, FROM, tight, SMALL).unwrap_err().fault;
    let destination = BusAddr::new(DEST + 0x640);
    assert_eq!(fault, Fault::Line { destination, len });
}

#[test]
fn the_judge_knows_what_a_rectangle_may_look_like() {
    let lite = Constraints::memory(ChannelKind::Lite);
    let no_2d = judged(&lite, FROM, TO, SMALL);
    assert!(matches!(no_2d, Fault::Bits { wrong: 2, .. }), "{no_2d}");
    let narrow = judged(&full().with_burst(8).unwrap(), FROM, TO, SMALL);
    assert!(matches!(narrow, Fault::Width { .. }), "{narrow}");
    let short = judged(&full().with_max_segment(500).unwrap(), FROM, TO, SMALL);
    assert_eq!(short, Fault::Length { len: 0x0007_0040, most: 480 });
    let other = judged(&full(), FROM, TO, Blit { source_pitch: 64, ..SMALL });
    assert!(matches!(other, Fault::Rows { .. }), "{other}");
    // Strides have 16 bits, and these two are the same in those.
    for blit in [
        Blit { source_pitch: 128 + 0x1_0000, ..SMALL },
        Blit { destination_pitch: -64 - 0x1_0000, ..SMALL },
    ] {
        let stride = judged(&full(), FROM, TO, blit);
        assert_eq!(stride, Fault::Rows { len: 0x0007_0040, stride: 0xFF80_0040 });
    }
    let over = judged(&full(), TO, TO, Blit { source_offset: 0x780, ..SMALL });
    assert!(matches!(over, Fault::Order { end: End::Source, .. }), "{over}");
}

/// A chain of one block of the small rectangle's shape, with these places.
fn by_hand(from: BusSegment, to: BusSegment, blit: Blit, limits: &Constraints) -> Option<Fault> {
    let mut room = Room::new(8, 0);
    let plan = lower::blit(FROM, TO, SMALL, limits, room.storage()).unwrap();
    let stride =
        |pitch: i32| (pitch - i32::try_from(blit.row_bytes).unwrap()).cast_unsigned() & 0xFFFF;
    let block = &mut plan.blocks[0];
    block.source = from.addr.get() + blit.source_offset;
    block.dest = to.addr.get() + blit.destination_offset;
    block.len = (blit.rows - 1) << 16 | blit.row_bytes;
    block.stride = stride(blit.destination_pitch) << 16 | stride(blit.source_pitch);
    let chain = verify::Chain::of(&plan, SLOTS);
    verify::blit(&chain, &Rules::new(limits), from, to, blit).err().map(|error| error.fault)
}

#[test]
fn the_judge_refuses_what_the_planner_would_never_write() {
    let narrow = full().with_burst(1).unwrap();
    assert_eq!(by_hand(FROM, TO, SMALL, &narrow), None);
    let all = narrow.with_window(BusWindow::ALL);
    let below = Blit { source_pitch: -128, ..SMALL };
    let low = at(0x100, 0x1000);
    assert_eq!(
        by_hand(low, TO, below, &all),
        Some(Fault::Past { end: End::Source, found: low.addr })
    );
    let (source, destination) = (FROM.addr, BusAddr::new(SOURCE + 512));
    let within = Blit { destination_offset: 512, ..SMALL };
    assert_eq!(by_hand(FROM, FROM, within, &narrow), Some(Fault::Overlap { source, destination }));
    // Destination rows over each other: no order is promised.
    let tight = Blit { destination_pitch: 32, ..SMALL };
    let destination = BusAddr::new(DEST + 0x800);
    assert_eq!(by_hand(FROM, TO, tight, &narrow), Some(Fault::Overlap { source, destination }));
    let none = Blit { row_bytes: 0, ..SMALL };
    let empty = by_hand(FROM, TO, none, &narrow);
    assert_eq!(empty, Some(Fault::Length { len: 0x0007_0000, most: narrow.max_segment() }));
    let emulated = narrow.with_engine(EngineKind::Emulated).unwrap();
    let odd = Blit { row_bytes: 62, ..SMALL };
    assert_eq!(by_hand(FROM, TO, odd, &emulated), Some(Fault::Alignment { bits: 2 }));
    let wide = Blit { source_offset: 4, ..SMALL };
    assert_eq!(by_hand(FROM, TO, wide, &full()), Some(Fault::Alignment { bits: 4 }));
    // No cache has lines there: only the bursts ask for alignment.
    let coherent = full().with_line(1).unwrap();
    assert_eq!(by_hand(FROM, TO, SMALL, &coherent.with_burst(16).unwrap()), None);
    for (crooked, bits) in [
        (Blit { source_pitch: SMALL.source_pitch + 4, ..SMALL }, 4),
        (Blit { destination_offset: SMALL.destination_offset + 4, ..SMALL }, 4),
        (Blit { destination_pitch: SMALL.destination_pitch - 4, ..SMALL }, 28),
        (Blit { row_bytes: 60, ..SMALL }, 28),
    ] {
        let fault = by_hand(FROM, TO, crooked, &coherent);
        assert_eq!(fault, Some(Fault::Alignment { bits }), "{crooked:?}");
    }
    let far = Blit { destination_pitch: -0x7FF8, ..SMALL };
    let fault = by_hand(FROM, TO, far, &narrow);
    assert!(matches!(fault, Some(Fault::Rows { .. })), "{fault:?}");
    let outside = by_hand(at(0x1000, 0x1000), TO, SMALL, &narrow);
    assert!(matches!(outside, Some(Fault::Window { end: End::Source, .. })), "{outside:?}");
}

#[test]
fn a_pitch_that_no_stride_can_hold_is_not_taken_for_its_low_half() {
    let memory = |start| at(start, 0x10_0000);
    let (from, to) = (memory(0xC100_0000), memory(0xC200_0000));
    let pitches = [(0, 0), (0x1_0000, 0), (0, 0x1_0000), (0x1_0000, 0x1_0000)];
    for (source, destination) in pitches {
        let wide = Blit {
            source_pitch: SMALL.source_pitch + source,
            destination_pitch: 128 + destination,
            destination_offset: 0,
            ..SMALL
        };
        let near = Blit { destination_pitch: 128, destination_offset: 0, ..SMALL };
        let mut room = Room::new(8, 0);
        let plan = lower::blit(from, to, near, &full(), room.storage()).unwrap();
        let chain = verify::Chain::of(&plan, SLOTS);
        let judged = verify::blit(&chain, &Rules::new(&full()), from, to, wide);
        assert_eq!(judged.is_ok(), (source, destination) == (0, 0), "{source:x} {destination:x}");
    }
}
