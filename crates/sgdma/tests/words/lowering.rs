//! Limits that cannot be, and lists that cannot be lowered.

use sgdma::chain::ChainError;
use sgdma::constraints::{ChannelKind, ConstraintError, EngineKind};
use sgdma::lower::{End, LowerError, Rule};
use sgdma::segment::BusWindow;
use sgdma::transfer::PrepareError;

use crate::{at, bus, fails, says};

#[test]
fn limits_say_what_would_be_in_range() {
    let most = ConstraintError::MaxSegment { asked: 0x10000, least: 16, most: 0xffe0 };
    fails(most, "a longest block of 0x10000 bytes: must be 0x10 to 0xffe0");
    let boundary = ConstraintError::Boundary { asked: 3, least: 4 };
    fails(boundary, "a boundary of 0x3: must be a power of two, at least 0x4");
    let burst = ConstraintError::Burst { asked: 3 };
    fails(burst, "a burst of 0x3 bytes: must be a power of two, 1 to 0x1000");
    let line = ConstraintError::Line { asked: 0 };
    fails(line, "a cache line of 0x0 bytes: must be a power of two, 1 to 0x1000");
    let device = ConstraintError::DeviceAddress { address: bus(0x7e00_0002) };
    fails(device, "a device at 0x7e000002: must be 0x7e000000 to 0x7efffffc, a multiple of 4");
    let master = ConstraintError::MasterDevice { address: bus(0x7e00_7504) };
    let harmless = "one that cannot reach memory itself, such as GPIO, UART, PCM, SPI, PWM";
    fails(master, &format!("a device at 0x7e007504: must be {harmless}"));
    let wide = ConstraintError::WideDevice { address: bus(0x7e20_4004) };
    fails(wide, "128 bits to the device at 0x7e204004: devices take 32 bits at a time");
    says(ChannelKind::Bulk, "bulk");
    says(ChannelKind::Full, "full");
    says(ChannelKind::Lite, "lite");
    says(EngineKind::Hardware, "hardware");
    says(EngineKind::Emulated, "emulated");
}

#[test]
fn rules_have_a_name_that_fits_a_column() {
    let rules = [
        (Rule::SegmentEnd, "segment end "),
        (Rule::MaxSegment, "max segment "),
        (Rule::Boundary, "boundary    "),
        (Rule::Burst, "burst       "),
        (Rule::Line, "cache line  "),
        (Rule::Granule, "granule     "),
        (Rule::Period, "period      "),
    ];
    for (rule, name) in rules {
        says(format_args!("{rule:<12}"), name);
    }
}

#[test]
fn lists_that_do_not_go_together() {
    fails(LowerError::Empty, "nothing to move: the lists are empty");
    let zero = LowerError::ZeroLength { end: End::Source, entry: 3 };
    fails(zero, "source entry 3 has no bytes");
    let window = BusWindow::SDRAM;
    let outside =
        LowerError::OutsideWindow { end: End::Destination, entry: 1, segment: at(0x10, 4), window };
    says(outside, &format!("destination entry 1, {}, is outside {window}", at(0x10, 4)));
    let unequal = LowerError::LengthMismatch { source: 5, destination: 6 };
    fails(unequal, "0x5 bytes into 0x6: the lists must be equally long");
    let (source, destination) = (bus(0xc000_0000), bus(0xc000_0004));
    fails(
        LowerError::Overlap { offset: 16, source, destination },
        "source 0xc0000000 and destination 0xc0000004 share bytes (at offset 0x10)",
    );
    let addr = bus(0xc000_0001);
    fails(
        LowerError::Misaligned { end: End::Source, entry: 0, addr, len: 6 },
        "source entry 0: 0x6 bytes at 0xc0000001; words need multiples of 4 in both",
    );
}

#[test]
fn storage_that_will_not_do() {
    let blocks = LowerError::TooManyBlocks { needed: 9, capacity: 8 };
    fails(blocks, "9 control blocks needed, room for 8");
    let edges =
        LowerError::TooManyEdges { needed: 2, capacity: 1, slot_bytes: 64, slot_capacity: 32 };
    fails(edges, "2 edges in 64 bytes needed, room for 1 in 32");
    fails(
        LowerError::Storage { chain: bus(0xc000_0010), slots: at(0xc000_1000, 16) },
        "control blocks at 0xc0000010, slots at 0xc0001000:0x10: the blocks must be 32-byte aligned and not at 0, \
         the slots 16-byte aligned, and neither may run past the end of the bus",
    );
    fails(
        LowerError::Pattern { pattern: bus(0xc000_0010) },
        "the pattern of a fill at 0xc0000010: must be 32-byte aligned",
    );
    fails(
        PrepareError::NoRoomForPattern,
        "a fill needs 32 bytes of slot memory: make the frame with more",
    );
    fails(PrepareError::from(blocks), "9 control blocks needed, room for 8");
    let chain = ChainError { block: 2, fault: sgdma::chain::Fault::Empty };
    says(PrepareError::from(chain), "the chain does not pass: control block 2: there is none");
}

#[test]
fn rectangles_and_rings() {
    fails(
        LowerError::NeedsEdge { offset: 0x20, len: 3 },
        "0x3 bytes at offset 0x20 cannot be moved in place: use coherent or line-owned memory, and \
         whole granules",
    );
    let lite = LowerError::No2d { kind: ChannelKind::Lite };
    fails(lite, "a lite channel has no 2D mode: take a full one");
    fails(
        LowerError::Rectangle { end: End::Source, row_bytes: 8, rows: 2, pitch: -40000 },
        "source: 2 rows of 8 bytes with a pitch of -40000: does not fit its memory or the engine's \
         registers",
    );
    fails(
        LowerError::RowCrosses { row: 1, row_bytes: 64, boundary: 0x1000 },
        "row 1 of 64 bytes crosses a multiple of 0x1000: move the rectangle or its rows",
    );
    fails(
        LowerError::RowTooLong { row_bytes: 128, max: 64 },
        "rows of 128 bytes in blocks of at most 64: take shorter rows or longer blocks",
    );
    let one = PrepareError::NotOnePiece { segments: 3 };
    fails(one, "a rectangle needs memory in one piece, this has 3");
    let ring = LowerError::RingOnEmulated;
    fails(ring, "a ring hangs the emulated engine for ever; the chip and the model run it");
    let period = LowerError::Period { period: 3, total: 8 };
    fails(period, "a period of 0x3 bytes is no whole part of a ring of 0x8");
    let words = LowerError::PeriodOfWords { period: 6 };
    fails(words, "a period of 0x6 bytes: must be a multiple of 4, and not 0");
    let boundary = LowerError::Boundary { boundary: 2 };
    fails(boundary, "blocks that cross no multiple of 2 bytes cannot carry words of 4");
    let max = LowerError::MaxSegment { max: 3 };
    fails(max, "blocks of at most 3 bytes cannot carry words of 4");
}
