//! The seed example, and bugs of other systems that must not be repeated here (each is named by what it was).

use sgdma::address::BusAddr;
use sgdma::chain::{Fault, Rules, disassemble, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Merge, Width};
use sgdma::lower::{self, LowerError, cut};
use sgdma::segment::{BusSegment, BusWindow};

use crate::cases::{CHAIN, DEST, Room, SLOTS, SOURCE, at, copy};

fn blocks(list: &[BusSegment], limits: &Constraints) -> Vec<(u32, u32)> {
    cut(list.iter().copied(), limits)
        .map(|cut| cut.map(|cut| (cut.source.get(), cut.len)).unwrap())
        .collect()
}

fn seed(burst: u32) -> Constraints {
    Constraints::memory(ChannelKind::Full)
        .with_window(BusWindow::ALL)
        .with_max_segment(0x400)
        .and_then(|limits| limits.with_burst(burst))
        .unwrap()
}

#[test]
fn the_seed_example_without_bursts_is_three_blocks() {
    let list = [at(0xa000, 0x555), at(0x7000, 0x111)];
    assert_eq!(blocks(&list, &seed(1)), [(0xa000, 0x400), (0xa400, 0x155), (0x7000, 0x111)]);
}

#[test]
fn the_seed_example_with_bursts_of_four_is_five_blocks_and_its_third_begins_at_a554() {
    let list = [at(0xa000, 0x555), at(0x7000, 0x111)];
    let five =
        [(0xa000, 0x400), (0xa400, 0x154), (0xa554, 0x001), (0x7000, 0x110), (0x7110, 0x001)];
    assert_eq!(blocks(&list, &seed(4)), five);
    // The engine makes no difference to what is shown.
    let emulated = seed(4).with_engine(EngineKind::Emulated).unwrap();
    assert_eq!(blocks(&list, &emulated), five);
}

/// The lengths of the blocks of one long copy.
fn long(kind: ChannelKind, len: u32) -> Vec<u32> {
    let limits = Constraints::memory(kind).with_window(BusWindow::ALL);
    let (source, dest) = ([at(0, len)], [at(0x6000_0000, len)]);
    let mut room = Room::new(64, 8);
    let plan = copy(&source, &dest, &limits, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let (s, d) = (source.into_iter(), dest.into_iter());
    verify::copy(&chain, &Rules::new(&limits), s, d).unwrap();
    plan.blocks.iter().map(|block| block.len).collect()
}

#[test]
fn linux_max_dma_len_of_1_gib_does_not_fit_30_bits() {
    assert_eq!(long(ChannelKind::Full, 0x4000_0000), [0x3FFF_FFE0, 0x20]);
}

#[test]
fn ultibo_accepts_65536_on_a_lite_channel_where_it_wraps_to_0() {
    assert_eq!(long(ChannelKind::Lite, 0x1_0000), [0xFFE0, 0x20]);
}

#[test]
fn ultibo_accepts_2_to_the_30_on_a_full_channel() {
    let lengths = long(ChannelKind::Bulk, 0x6000_0000);
    assert!(lengths.iter().all(|len| *len < 1 << 30), "{lengths:x?}");
}

#[test]
fn awkernel_does_not_check_the_first_segment_against_the_maximum() {
    let limits = Constraints::memory(ChannelKind::Full).with_max_segment(256).unwrap();
    let list = [at(SOURCE, 1024), at(DEST, 64)];
    let lengths: Vec<u32> = blocks(&list, &limits).into_iter().map(|(_, len)| len).collect();
    assert_eq!(lengths, [256, 256, 256, 256, 64]);
}

#[test]
fn sg_split_makes_an_entry_of_no_bytes_where_the_skip_is_a_whole_entry() {
    let none = at(SOURCE + 64, 0);
    let mut room = Room::new(4, 4);
    let error = copy(&[none], &[at(DEST, 64)], &full(), room.storage()).unwrap_err();
    assert!(matches!(error, LowerError::ZeroLength { entry: 0, .. }), "{error}");
}

#[test]
fn embassy_tables_cross_64_kib_unchecked() {
    let limits = full().with_boundary(0x1_0000).unwrap();
    let list = [at(0xC010_FFC0, 0x80)];
    assert_eq!(blocks(&list, &limits), [(0xC010_FFC0, 0x40), (0xC011_0000, 0x40)]);
}

#[test]
fn the_b7_driver_gives_peripherals_the_alias_of_memory() {
    for address in [0x4020_0000, 0xC020_0000, 0x3F20_C018, 0x5E20_C018] {
        let device = DeviceFifo::new(BusAddr::new(address), Dreq::NONE, Width::Bits32);
        assert!(device.is_err(), "{address:#x}");
    }
}

#[test]
fn linux_periods_that_do_not_divide_end_in_a_block_of_4_bytes_with_its_own_interrupt() {
    let limits = Constraints::device(ChannelKind::Full);
    let device = DeviceFifo::new(BusAddr::new(0x7E20_3004), Dreq::NONE, Width::Bits32).unwrap();
    let ring = [at(SOURCE, 100)].into_iter();
    let mut room = Room::new(8, 0);
    let error = lower::ring_to_device(ring, device, 96, &limits, room.storage()).unwrap_err();
    assert_eq!(error, LowerError::Period { period: 96, total: 100 });
}

#[test]
fn bus_address_0_is_an_address() {
    // bcm2835-dma's memcpy refuses it.
    let limits = full().with_window(BusWindow::ALL);
    let mut room = Room::new(4, 4);
    let plan = copy(&[at(0, 64)], &[at(DEST, 64)], &limits, room.storage()).unwrap();
    assert_eq!(plan.blocks[0].source, 0);
}

#[test]
fn memory_may_end_at_the_top_of_the_bus() {
    let limits = full().with_window(BusWindow::ALL);
    let mut room = Room::new(8, 8);
    let (top, dest) = ([at(0xFFFF_FF80, 0x80)], [at(DEST, 0x80)]);
    let plan = copy(&top, &dest, &limits, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let (s, d) = (top.into_iter(), dest.into_iter());
    verify::copy(&chain, &Rules::new(&limits), s, d).unwrap();
    let wrapped = [at(0xFFFF_FFC0, 0x40), at(0, 0x40)];
    let plan = copy(&wrapped, &dest, &limits, room.storage()).unwrap();
    assert_eq!(plan.blocks.len(), 2, "the bus does not wrap");
}

#[test]
fn neighbours_merge_unless_they_are_told_not_to() {
    let list = [at(SOURCE, 64), at(SOURCE + 64, 64)];
    assert_eq!(blocks(&list, &full()).len(), 1);
    assert_eq!(blocks(&list, &full().with_merge(Merge::Never)).len(), 2);
}

#[test]
fn dirty_neighbours_in_the_lines_of_a_destination_are_safe() {
    // Ultibo loses them, Circle writes them over the data: here those bytes go through slots.
    let mut room = Room::new(8, 8);
    let plan =
        copy(&[at(SOURCE + 10, 200)], &[at(DEST + 10, 200)], &full(), room.storage()).unwrap();
    let edges: Vec<(u64, u32)> = plan.edges.iter().map(|edge| (edge.offset, edge.len)).collect();
    assert_eq!(edges, [(0, 54), (182, 18)]);
}

#[test]
fn slots_wherever_they_are_take_no_more_than_was_counted() {
    let (source, dest) = ([at(SOURCE + 3, 200)], [at(DEST + 61, 200)]);
    for boundary in [16, 32, 64, 256] {
        let limits =
            full().with_burst(1).and_then(|limits| limits.with_boundary(boundary)).unwrap();
        let (s, d) = (source.iter().copied(), dest.iter().copied());
        let counts = lower::count(s, d, &limits).unwrap();
        for start in (0..256).step_by(16) {
            let mut room = Room::new(64, 64);
            let slots = at(SLOTS.addr.get() + start, u32::try_from(counts.slot_bytes).unwrap());
            let storage = lower::Storage { slots, ..room.storage() };
            let plan = copy(&source, &dest, &limits, storage).unwrap();
            assert!(plan.counts.slot_bytes <= counts.slot_bytes);
        }
    }
}

#[test]
fn bursts_begin_where_both_sides_are_aligned_and_at_least_one_fits() {
    // From 4 on, 28 bytes lead to a multiple of 32.
    for (len, lens) in [(59, [59].as_slice()), (60, &[28, 32]), (61, &[28, 32, 1]), (92, &[28, 64])]
    {
        let cuts = blocks(&[at(SOURCE + 4, len)], &full());
        assert!(cuts.iter().map(|cut| cut.1).eq(lens.iter().copied()), "{len} {cuts:x?}");
    }
}

#[test]
fn a_bit_that_no_copy_has_is_named_as_that_bit() {
    let (source, dest) = ([at(SOURCE, 64)], [at(DEST, 64)]);
    for kind in [ChannelKind::Full, ChannelKind::Lite] {
        let limits = Constraints::memory(kind);
        // 2D mode, what ignores a side, dummy cycles, no pairing, and what is reserved.
        for bit in [1, 2, 7, 11, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31] {
            let mut room = Room::new(1, 0);
            let plan = copy(&source, &dest, &limits, room.storage()).unwrap();
            plan.blocks[0].ti |= 1 << bit;
            let chain = verify::Chain::of(&plan, SLOTS);
            let fault = verify::copy(&chain, &Rules::new(&limits), source, dest).unwrap_err().fault;
            let ti = plan.blocks[0].ti;
            assert_eq!(fault, Fault::Bits { ti, wrong: 1 << bit }, "{kind} {bit}");
        }
    }
}

#[test]
fn a_listing_says_what_each_block_does() {
    let device = DeviceFifo::new(BusAddr::new(0x7E20_C018), Dreq::new(5).unwrap(), Width::Bits32);
    let limits = Constraints::device(ChannelKind::Full).with_max_segment(64).unwrap();
    let mut room = Room::new(8, 0);
    let source = [at(SOURCE, 128)].into_iter();
    let plan = lower::to_device(source, device.unwrap(), &limits, room.storage()).unwrap();
    let listing: Vec<String> =
        disassemble(plan.blocks, CHAIN).map(|line| line.to_string()).collect();
    assert_eq!(
        listing,
        [
            "0xc0110000: 0xc0100000 → fixed 0x7e20c018  0x40 bytes  32-bit  DREQ 5 gates writes  WAIT_RESP  \
             next 0xc0110020",
            "0xc0110020: 0xc0100040 → fixed 0x7e20c018  0x40 bytes  32-bit  DREQ 5 gates writes  \
             WAIT_RESP INTEN  end",
        ]
    );
    plan.blocks[0].ti &= !(1 << 6);
    let line = disassemble(plan.blocks, CHAIN).next().unwrap();
    assert!(line.to_string().contains("  DREQ 5 gates nothing  "), "{line}");
    let blit = lower::Blit {
        row_bytes: 64,
        rows: 8,
        source_offset: 0,
        source_pitch: 128,
        destination_offset: 0x800,
        destination_pitch: -64,
    };
    let (from, to) = (at(SOURCE, 0x1000), at(DEST, 0x1000));
    let plan = lower::blit(from, to, blit, &full(), room.storage()).unwrap();
    let line = disassemble(plan.blocks, CHAIN).next().unwrap();
    assert_eq!(
        line.to_string(),
        "0xc0110000: 0xc0100000 → 0xc0101800  0x40 bytes x 8 rows, strides +64 -128  wide burst 2  \
         WAIT_RESP INTEN  end"
    );
    assert!(
        format!("{line:#}")
            .starts_with("0xc0110000: 0000133b c0100000 c0101800 00070040 ff800040 ")
    );
}

fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}
