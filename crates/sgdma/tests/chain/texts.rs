//! Errors and faults word by word, as people read them: all that `told` does not make happen.

use sgdma::address::BusAddr;
use sgdma::chain::{ChainError, Fault};
use sgdma::constraints::ChannelKind;
use sgdma::lower::{End, LowerError};
use sgdma::segment::BusWindow;

use crate::cases::at;

const A: BusAddr = BusAddr::new(0xC010_0040);
const B: BusAddr = BusAddr::new(0xC020_0080);
const WINDOW: BusWindow = BusWindow::SDRAM;

fn told<E: core::fmt::Display>(errors: impl IntoIterator<Item = (E, &'static str)>) {
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn why_two_lists_are_not_planned() {
    let (end, entry) = (End::Source, 3);
    told([
        (LowerError::Empty, "nothing to move: the lists are empty"),
        (LowerError::ZeroLength { end, entry }, "source entry 3 has no bytes"),
        (
            LowerError::OutsideWindow { end, entry, segment: at(0x1000, 16), window: WINDOW },
            "source entry 3, 0x00001000:0x10, is outside 0xc0000000..=0xfeffffff",
        ),
        (
            LowerError::LengthMismatch { source: 16, destination: 17 },
            "0x10 bytes into 0x11: the lists must be equally long",
        ),
        (
            LowerError::Overlap { offset: 32, source: A, destination: B },
            "source 0xc0100040 and destination 0xc0200080 share bytes (at offset 0x20)",
        ),
        (
            LowerError::TooManyBlocks { needed: 5, capacity: 4 },
            "5 control blocks needed, room for 4",
        ),
        (
            LowerError::TooManyEdges { needed: 5, capacity: 4, slot_bytes: 7, slot_capacity: 6 },
            "5 edges in 7 bytes needed, room for 4 in 6",
        ),
        (
            LowerError::Misaligned { end, entry, addr: A, len: 6 },
            "source entry 3: 0x6 bytes at 0xc0100040; words need multiples of 4 in both",
        ),
        (
            LowerError::NeedsEdge { offset: 32, len: 6 },
            "0x6 bytes at offset 0x20 cannot be moved in place: use coherent or line-owned memory, and whole granules",
        ),
        (LowerError::MaxSegment { max: 3 }, "blocks of at most 3 bytes cannot carry words of 4"),
    ]);
}

#[test]
fn why_a_rectangle_or_a_ring_is_not_planned() {
    told([
        (
            LowerError::No2d { kind: ChannelKind::Lite },
            "a lite channel has no 2D mode: take a full one",
        ),
        (
            LowerError::Rectangle { end: End::Destination, row_bytes: 8, rows: 9, pitch: -7 },
            "destination: 9 rows of 8 bytes with a pitch of -7: does not fit its memory or the engine's registers",
        ),
        (
            LowerError::RowCrosses { row: 2, row_bytes: 8, boundary: 16 },
            "row 2 of 8 bytes crosses a multiple of 0x10: move the rectangle or its rows",
        ),
        (
            LowerError::RowTooLong { row_bytes: 9, max: 8 },
            "rows of 9 bytes in blocks of at most 8: take shorter rows or longer blocks",
        ),
        (
            LowerError::RingOnEmulated,
            "a ring hangs the emulated engine for ever; the chip and the model run it",
        ),
        (
            LowerError::Period { period: 12, total: 16 },
            "a period of 0xc bytes is no whole part of a ring of 0x10",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_block() {
    let (ti, end) = (0x1338, End::Destination);
    told([
        (Fault::Empty, "there is none"),
        (Fault::Storage { base: A }, "a chain cannot be at 0xc0100040"),
        (Fault::Increment { ti }, "TI 0x00001338 steps the wrong address"),
        (Fault::Width { ti }, "TI 0x00001338 has the wrong width"),
        (Fault::Burst { ti, most: 1 }, "TI 0x00001338 bursts longer than 2 beats"),
        (Fault::Pacing { ti }, "TI 0x00001338 has the wrong DREQ"),
        (Fault::Response { ti }, "TI 0x00001338: WAIT_RESP is in the wrong place"),
        (Fault::Interrupt { ti }, "TI 0x00001338: INTEN is in the wrong place"),
        (Fault::Length { len: 0, most: 0xFFFF }, "length 0x0: must be 1 to 0xffff"),
        (Fault::Alignment { bits: 5 }, "misaligned by 0x5"),
        (Fault::Stride { stride: 7 }, "STRIDE 0x00000007 in a linear block"),
        (Fault::Reserved { word: 7 }, "reserved word 0x00000007, must be 0"),
        (Fault::Next { next: 0, expected: 32 }, "leads to 0x00000000, must lead to 0x00000020"),
        (Fault::Device { address: A }, "0xc0100040 is no peripheral's"),
        (
            Fault::Overlap { source: A, destination: B },
            "source 0xc0100040 and destination 0xc0200080 share bytes",
        ),
        (Fault::Period { len: 8, left: 4 }, "0x8 bytes where the period has 0x4 left"),
        (
            Fault::Boundary { end, addr: A, len: 16 },
            "destination 0xc0100040, 0x10 bytes, crosses a boundary",
        ),
        (
            Fault::Window { end, segment: at(0x1000, 16), window: WINDOW },
            "destination 0x00001000:0x10 is outside 0xc0000000..=0xfeffffff",
        ),
        (
            Fault::Forbidden { end, segment: at(0x1000, 16) },
            "destination 0x00001000:0x10 lies over the chain or its slots",
        ),
    ]);
    let fault = ChainError { block: 7, fault: Fault::Empty };
    assert_eq!(fault.to_string(), "control block 7: there is none");
}

#[test]
fn where_a_chain_leaves_its_lists() {
    let end = End::Source;
    told([
        (
            Fault::Order { end, found: A, expected: B },
            "source 0xc0100040 where the list goes on at 0xc0200080",
        ),
        (Fault::Past { end, found: A }, "source 0xc0100040 runs past its segment"),
        (Fault::Short { end, next: A }, "the chain ends before the source, at 0xc0100040"),
        (
            Fault::Line { destination: A, len: 16 },
            "0x10 bytes straight to 0xc0100040, in a cache line that others share",
        ),
        (
            Fault::Edge { offset: 16, slot: A },
            "writes 0xc0100040 at offset 0x10, which is no edge's slot",
        ),
        (
            Fault::Slot { slot: A, len: 16 },
            "0x10 bytes to 0xc0100040, not a free place in the slots",
        ),
        (
            Fault::EdgeRead { source: A, len: 16 },
            "reads 0x10 bytes at 0xc0100040, not the granules of its edge",
        ),
        (Fault::EdgesLeft { edges: 2 }, "2 edges are filled by no block"),
    ]);
}
