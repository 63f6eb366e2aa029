//! Rectangles of one frame buffer, side by side or over each other; single rows; numbers that fit nothing.

use std::collections::BTreeSet;

use sgdma::chain::{ChainError, Fault, Rules, verify};
use sgdma::lower::{self, Blit, End, LowerError};

use crate::cases::{BASE, CHAIN, DEST, Room, SLOTS, SOURCE, SPAN, times};
use crate::oracle::Machine;
use crate::rectangles::{FROM, SMALL, TO, full, random_blit, refused, row};

/// Whether two rectangles of one frame buffer share a byte, counted byte by byte.
fn share_bytes(blit: &Blit) -> bool {
    let bytes = |offset, pitch| -> BTreeSet<i64> {
        let rows = (0..blit.rows).map(|r| row(offset, pitch, r));
        rows.flat_map(|first| first..first + i64::from(blit.row_bytes)).collect()
    };
    let read = bytes(blit.source_offset, blit.source_pitch);
    let written = bytes(blit.destination_offset, blit.destination_pitch);
    !read.is_disjoint(&written)
}

/// The planner's and the judge's verdict on a rectangle within one piece of memory. The judge's chain is that of the same
/// rectangle between two pieces, the addresses set right.
fn within_one(blit: Blit) -> (bool, bool) {
    let limits = full().with_line(1).and_then(|limits| limits.with_burst(1)).unwrap();
    let mut room = Room::new(8, 0);
    let planned = lower::blit(FROM, FROM, blit, &limits, room.storage()).map(drop);
    assert!(matches!(planned, Ok(()) | Err(LowerError::Overlap { .. })), "{planned:?}");
    let plan = lower::blit(FROM, TO, blit, &limits, room.storage()).unwrap();
    plan.blocks.iter_mut().for_each(|block| block.dest -= DEST - SOURCE);
    let chain = verify::Chain::of(&plan, SLOTS);
    let judged = verify::blit(&chain, &Rules::new(&limits), FROM, FROM, blit);
    let overlap = |error| matches!(error, Err(ChainError { fault: Fault::Overlap { .. }, .. }));
    assert!(judged.is_ok() || overlap(judged), "{judged:?}");
    (planned.is_ok(), judged.is_ok())
}

#[test]
fn rectangles_of_one_frame_buffer_side_by_side_are_apart() {
    let columns = |from, to| Blit {
        row_bytes: 64,
        rows: 16,
        source_offset: from,
        source_pitch: 256,
        destination_offset: to,
        destination_pitch: 256,
    };
    for (from, to) in [(0, 128), (128, 0), (0, 64), (64, 0), (0, 192), (192, 0)] {
        assert_eq!(within_one(columns(from, to)), (true, true), "{from} to {to}");
    }
    for (from, to) in [(0, 63), (63, 0), (0, 0)] {
        assert_eq!(within_one(columns(from, to)), (false, false), "{from} to {to}");
    }
    let mirrored =
        Blit { destination_offset: 15 * 256 + 128, destination_pitch: -256, ..columns(0, 0) };
    assert_eq!(within_one(mirrored), (true, true), "upside down");
    // Every byte arrives.
    let mut room = Room::new(8, 0);
    let limits = full().with_line(1).unwrap();
    let plan = lower::blit(FROM, FROM, columns(0, 128), &limits, room.storage()).unwrap();
    let mut machine = Machine::new(BASE, SPAN, 9);
    machine.run(plan.blocks, CHAIN.get(), &limits, usize::MAX);
    for (row, i) in (0..16).flat_map(|row| (0..64).map(move |i| (row, i))) {
        let from = SOURCE + 256 * row + i;
        assert_eq!(machine.byte(from + 128), machine.byte(from), "row {row} byte {i}");
    }
}

#[test]
fn no_rectangles_that_share_a_byte_pass_and_none_of_one_pitch_that_share_none_is_refused() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut apart, mut shared) = (0, 0);
    for _ in 0..times(2_000) {
        let mut blit = random_blit(&mut random);
        let alike = random.bool();
        if alike {
            blit.destination_pitch = blit.source_pitch;
            blit.destination_offset = random.u32(0..0x1000);
            let last = row(blit.destination_offset, blit.destination_pitch, blit.rows - 1);
            let end = last.max(i64::from(blit.destination_offset)) + i64::from(blit.row_bytes);
            if last < 0 || end > 0x1000 {
                continue;
            }
        }
        let share = share_bytes(&blit);
        let (planned, judged) = within_one(blit);
        assert_eq!(planned, judged, "{blit:?}");
        assert!(!(share && planned), "{blit:?}");
        assert!(!alike || planned != share, "{blit:?}");
        apart += usize::from(alike && planned);
        shared += usize::from(share);
    }
    assert!(cfg!(miri) || (apart > 200 && shared > 200), "{apart} {shared}");
}

#[test]
fn the_pitch_of_a_single_row_does_not_matter() {
    let limits = full().with_line(1).unwrap();
    for pitch in [0, 1, -64, 0x1_0000, i32::MIN, i32::MAX] {
        let one = Blit {
            rows: 1,
            source_pitch: pitch,
            destination_offset: 0,
            destination_pitch: pitch,
            ..SMALL
        };
        let mut room = Room::new(1, 0);
        let plan = lower::blit(FROM, TO, one, &limits, room.storage()).unwrap();
        let words = plan.blocks[0].words();
        // Wide, as every such row is, and without a stride.
        assert_eq!((words[0] & 0x220, words[3], words[4]), (0x220, 64, 0), "{pitch}");
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::blit(&chain, &Rules::new(&limits), FROM, TO, one).unwrap();
    }
}

#[test]
fn rows_and_pitches_of_any_size_are_refused_and_not_multiplied() {
    let limits = full().with_line(1).unwrap();
    let (row_bytes, rows, most) = (i32::MAX.cast_unsigned(), u32::MAX, i32::MAX);
    for source_pitch in [most, i32::MIN] {
        let huge = Blit {
            row_bytes,
            rows,
            source_offset: u32::MAX,
            source_pitch,
            destination_offset: 0,
            destination_pitch: most,
        };
        let end = End::Source;
        let wrong = LowerError::Rectangle { end, row_bytes, rows, pitch: source_pitch };
        assert_eq!(refused(huge, &limits), wrong);
        let narrow = Blit { row_bytes: 64, ..huge };
        assert!(matches!(refused(narrow, &limits), LowerError::Rectangle { .. }));
    }
}
