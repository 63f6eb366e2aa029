//! Tables, mappings, pools, regions.

use sgdma::address::{BusAddr, CpuAddr, CpuSpan, PhysAddr};
use sgdma::address_map::{MapFault, Permission, Region, RegionMap};
use sgdma::buffer::Memory;
use sgdma::coherence::{AllocError, Levels};
use sgdma::frame::FrameError;
use sgdma::map::MapError;
use sgdma::platform::{Access, Refusal};
use sgdma::rejected::Rejected;
use sgdma::segment::BusWindow;
use sgdma::sg_table::TableError;

use crate::{at, bus, fails, says};

#[test]
fn a_table_says_what_would_fit() {
    fails(TableError::EmptyEntry, "an entry of 0 bytes; leave it out");
    let full = TableError::Full { capacity: 4 };
    fails(full, "all 4 entries of the table are in use; give it more storage");
    fails(TableError::OutOfMemory, "the heap has no room for another entry");
    fails(TableError::TooLong, "the table's total length would not fit an address");
    let mixed = TableError::MixedMemory { table: Memory::Cached, entry: Memory::Coherent };
    says(mixed, "a coherent entry in a cached table; use a table for each");
    let none = TableError::NoSuchEntry { index: 3, nents: 2 };
    fails(none, "no entry 3; the table has 2");
    let short = TableError::TooShort { wanted: 9, total: 8 };
    fails(short, "9 bytes wanted of a table of 8");
    let rest = TableError::NotEmpty { nents: 1 };
    fails(rest, "the table for the rest has 1 entries already");
}

#[test]
fn what_was_refused_comes_back_with_the_reason() {
    let rejected = Rejected::new(TableError::TooLong, 7);
    says(&rejected, "the table's total length would not fit an address");
    says(format_args!("{rejected:?}"), &format!("{:?}", Rejected::new(TableError::TooLong, "x")));
    assert!(std::error::Error::source(&rejected).is_none(), "the reason is the error");
    assert_eq!(rejected.map_returned(|seven| seven + 1).returned, 8);
    let returned = Rejected::new(TableError::TooLong, 7).into_reason();
    assert_eq!(returned, TableError::TooLong);
    assert_eq!(TableError::from(Rejected::new(TableError::TooLong, ())), TableError::TooLong);
}

#[test]
fn memory_is_of_three_kinds() {
    says(Memory::Cached, "cached");
    says(Memory::LineOwned, "line-owned");
    says(Memory::Coherent, "coherent");
}

#[test]
fn addresses_are_ten_characters_and_spans_have_a_length() {
    says(PhysAddr::new(0x80), "0x00000080");
    says(format_args!("{:?}", CpuAddr::new(0x8_0000)), "0x00080000");
    says(format_args!("{:x}", bus(0xc0de)), "c0de");
    let span = CpuSpan::new(CpuAddr::new(0x8_0000), 64).unwrap();
    says(format_args!("{span:?}"), "0x00080000+0x40");
    assert_eq!(CpuSpan::new(CpuAddr::new(usize::MAX), 1), None, "past the end of all addresses");
    assert_eq!(bus(u32::MAX).checked_add(1), None);
}

#[test]
fn a_mapping_that_cannot_be_says_which_entry() {
    fails(MapError::Empty, "the table has no entries; there is nothing to map");
    let long = MapError::EntryTooLong { entry: 1, len: 1 << 33 };
    fails(long, "entry 1 of 8589934592 bytes is longer than the bus is wide; split it");
    let span = CpuSpan::new(CpuAddr::new(0x8_0000), 64).unwrap();
    let refusal = Refusal::Region("text");
    let refused = MapError::Refused { entry: 0, span, access: Access::Write, refusal };
    says(
        refused,
        &format!("entry 0 at {span} may not be written: text is closed to the DMA engine"),
    );
    says(Refusal::Unmapped, "there is no memory the DMA engine can reach");
    says(Access::Read, "read");
    says(Access::Write, "write");
    let (segment, window) = (at(0x10, 4), BusWindow::SDRAM);
    let outside = MapError::OutsideWindow { entry: 2, segment, window };
    says(outside, &format!("entry 2 at bus {segment} is outside the engine's window {window}"));
    let phase = MapError::OutOfPhase { entry: 2, span, segment };
    let text = "has another place in its cache line on the bus";
    says(phase, &format!("entry 2 at {span} {text}: {segment}"));
}

#[test]
fn memory_that_cannot_be_had_says_how_much_there_is() {
    fails(AllocError::Empty, "0 bytes of coherent memory asked for");
    let aligned = AllocError::Alignment(3);
    fails(aligned, "coherent memory has no blocks aligned to 3");
    let small = AllocError::TooSmall { least: 32, given: 16 };
    fails(small, "16 bytes are too few for a block of coherent memory; it has 32 or more");
    let (cpu, bus) = (CpuAddr::new(0x20_0008), BusAddr::new(0xC020_0008));
    let text = "coherent memory at 0x00200008, bus 0xc0200008: both must be multiples of 64";
    fails(AllocError::Misplaced { cpu, bus }, text);
    let none = AllocError::Exhausted { wanted: 64, largest: 32, free: 96 };
    let text = "no 64 bytes of coherent memory: 96 are free, at most 32 in one piece";
    fails(none, text);
    fails(FrameError::Pool(none), text);
    let pieces = AllocError::TooManyPieces { capacity: 8 };
    fails(pieces, "more than 8 pieces of coherent memory needed");
    let books = AllocError::Books { needed: 8, given: 4 };
    fails(books, "the pool's books need 8 entries and have 4");
    let word = AllocError::OutOfBounds { word: 4, len: 16 };
    fails(word, "word 4 is outside a coherent buffer of 16 bytes");
    fails(FrameError::OutOfMemory, "the heap has no room for the control blocks");
    let blocks = FrameError::TooManyBlocks { blocks: 9 };
    fails(blocks, "9 control blocks do not fit the bus");
    let levels = Levels {
        total: 4096,
        used: 64,
        high_water: 128,
        largest_free: 2048,
        buffers: 1,
        faults: 0,
    };
    let text = "64 of 4096 bytes in 1 buffers (at most 128); largest free 2048";
    says(levels, text);
    says(Levels { faults: 2, ..levels }, &format!("{text}; 2 bad frees"));
}

#[test]
fn a_map_of_regions_says_what_is_wrong_with_it() {
    let region = |name, start, len, permission| Region {
        name,
        start: PhysAddr::new(start),
        len,
        bus: bus(start | 0xc000_0000),
        permission,
    };
    says(region("text", 0x8_0000, 0x1000, Permission::Closed), "0x00080000+0x1000 -- text");
    says(region("rom", 0x8_0000, 0x1000, Permission::Read), "0x00080000+0x1000 r- rom");
    says(region("heap", 0x8_0000, 0x1000, Permission::ReadWrite), "0x00080000+0x1000 rw heap");
    let end = PhysAddr::new(0x3c00_0000);
    let over = [
        region("one", 0, 0x1001, Permission::Read),
        region("two", 0x1000, 0x1000, Permission::Read),
    ];
    let overlap = RegionMap::new(end, &over).unwrap_err();
    assert_eq!(overlap, MapFault::Overlap("one", "two"));
    fails(overlap, "regions one and two share addresses");
    let long = [region("top", 0x3fff_f000, 0x1001, Permission::Read)];
    let long = RegionMap::new(end, &long).unwrap_err();
    fails(long, "region top runs past 32 bits");
}

#[test]
fn what_cannot_be_looked_at_under_the_engine_says_why() {
    use sgdma::buffer::LiveError;
    fails(LiveError::NotCoherent, "only coherent memory can be looked at under the engine");
    fails(LiveError::Misaligned, "words need offsets and pieces of multiples of 4 bytes");
    fails(LiveError::Outside { total: 32 }, "the words are not all in the 0x20 bytes");
}
