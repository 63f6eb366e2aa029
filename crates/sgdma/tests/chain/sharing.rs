//! What the judge says of blocks that write cache lines: those must be wholly the list's, be it in one entry or in several
//! that follow each other.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Fault, Rules, verify};
use sgdma::constraints::{Constraints, Merge};
use sgdma::lower::{self, End};
use sgdma::segment::{BusSegment, BusWindow};

use crate::cases::{ABOVE, DEST, LAYOUTS, Layout, Room, SOURCE, at, copy};
use crate::leaving::full;

/// As for memory that shares no line: every entry goes straight.
fn straight() -> Constraints {
    full().with_burst(1).unwrap().with_line(1).unwrap().with_merge(Merge::Never)
}

/// What is said of a straight copy where lines of 64 bytes are shared.
fn judged(layout: Layout, dest: &[BusSegment]) -> Result<(), ChainError> {
    let source: Vec<_> = (0..).zip(dest).map(|(i, to)| at(SOURCE + 0x100 * i, to.len)).collect();
    let mut room = Room::laid(layout, 16, 0);
    let plan = copy(&source, dest, &straight(), room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, layout.slots);
    verify::copy(&chain, &Rules::new(&straight()), &source, dest).unwrap();
    let lines = straight().with_line(64).unwrap();
    verify::copy(&chain, &Rules::from(&lines), &source, dest)
}

/// Entries of these lengths, one right after the other.
fn row(start: u32, lengths: &[u32]) -> Vec<BusSegment> {
    let mut next = start;
    let entry = |len: &u32| {
        next += len;
        at(next - len, *len)
    };
    lengths.iter().map(entry).collect()
}

#[test]
fn entries_in_a_row_own_the_lines_that_they_fill_together() {
    for layout in LAYOUTS {
        for lengths in [&[100, 28][..], &[100, 4, 4, 20], &[32, 32], &[4, 60, 64, 63, 1]] {
            assert_eq!(judged(layout, &row(DEST, lengths)), Ok(()), "{lengths:?}");
        }
        let apart = [row(DEST, &[100, 28]), row(DEST + 0x100, &[64, 1, 63])].concat();
        assert_eq!(judged(layout, &apart), Ok(()));
    }
}

#[test]
fn a_line_that_is_not_filled_is_found_where_its_entries_end() {
    let shared = |block, destination, len| {
        let destination = BusAddr::new(destination);
        Err(ChainError { block, fault: Fault::Line { destination, len } })
    };
    for layout in LAYOUTS {
        // The destination is where the line goes on without the list, the length what is missing.
        assert_eq!(judged(layout, &row(DEST, &[100, 27])), shared(1, DEST + 127, 1));
        assert_eq!(judged(layout, &row(DEST, &[100, 4, 4])), shared(2, DEST + 108, 20));
        let gap = |lengths| [row(DEST, lengths), row(DEST + 0x100, &[64])].concat();
        assert_eq!(judged(layout, &gap(&[64, 36])), shared(1, DEST + 100, 28));
        assert_eq!(judged(layout, &gap(&[100, 4])), shared(1, DEST + 104, 24));
        // At the front it is the block that writes there.
        assert_eq!(judged(layout, &row(DEST + 4, &[60, 64])), shared(0, DEST + 4, 60));
        let later = [row(DEST, &[64]), row(DEST + 0x104, &[60, 64])].concat();
        assert_eq!(judged(layout, &later), shared(1, DEST + 0x104, 60));
    }
}

#[test]
fn a_block_may_not_go_on_from_the_top_of_the_bus_at_its_bottom() {
    let limits = full().with_window(BusWindow::ALL);
    let (source, dest) = ([at(0xFFFF_FFC0, 0x40), at(0, 0x40)], [at(DEST, 0x80)]);
    let mut room = Room::new(4, 0);
    let plan = copy(&[at(0xFFFF_FF80, 0x80)], &dest, &limits, room.storage()).unwrap();
    plan.blocks[0].source = 0xFFFF_FFC0;
    let chain = verify::Chain::of(&plan, ABOVE.slots);
    let error = verify::copy(&chain, &Rules::new(&limits), &source, &dest).unwrap_err();
    assert_eq!(error.fault, Fault::Past { end: End::Source, found: source[0].addr });
}

#[test]
fn the_first_two_entries_of_a_list_that_share_a_byte_are_found() {
    let within = |list: &[BusSegment]| lower::overlap_within(&list.iter().copied());
    let apart = [at(DEST, 16), at(DEST + 32, 16), at(DEST + 16, 16), at(DEST + 48, 1)];
    assert_eq!(within(&apart), None);
    assert_eq!(within(&[]), None);
    for (i, j) in [(0, 1), (0, 3), (1, 2), (2, 3)] {
        let mut list = apart;
        list[j] = at(list[i].addr.get() + 15, 1);
        assert_eq!(within(&list), Some((i, j)));
    }
    // Of several, the one whose first entry comes first.
    assert_eq!(within(&[at(DEST, 8), at(SOURCE, 8), at(SOURCE, 8), at(DEST, 8)]), Some((0, 3)));
}
