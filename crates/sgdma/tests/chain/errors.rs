//! Each way to be refused, by the planner and by the judge.

use sgdma::address::BusAddr;
use sgdma::chain::{Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, End, LowerError, Storage};
use sgdma::segment::{BusSegment, BusWindow};

use crate::cases::{CHAIN, DEST, Room, SLOTS, SOURCE, at, copy};

fn full() -> Constraints {
    Constraints::memory(ChannelKind::Full)
}

fn refused(source: &[BusSegment], dest: &[BusSegment], limits: &Constraints) -> LowerError {
    copy(source, dest, limits, Room::new(16, 16).storage()).unwrap_err()
}

#[test]
fn nothing_to_move_is_refused() {
    assert_eq!(refused(&[], &[], &full()), LowerError::Empty);
}

#[test]
fn an_entry_without_bytes_is_refused_wherever_it_stands() {
    let (a, b, none) = (at(SOURCE, 64), at(DEST, 64), at(SOURCE + 64, 0));
    let source = |entry| LowerError::ZeroLength { end: End::Source, entry };
    assert_eq!(refused(&[none, a], &[b], &full()), source(0));
    assert_eq!(refused(&[a, none], &[b], &full()), source(1));
    let dest = LowerError::ZeroLength { end: End::Destination, entry: 1 };
    assert_eq!(refused(&[a], &[b, none], &full()), dest);
    let long: Vec<_> =
        (0..5).map(|i| at(SOURCE + 0x100 * i, if i == 3 { 0 } else { 64 })).collect();
    let other: Vec<_> = (0..5).map(|i| at(DEST + 0x100 * i, 64)).collect();
    assert_eq!(refused(&long, &other, &full()), source(3));
}

#[test]
fn an_entry_out_of_reach_is_refused_at_both_ends_of_the_window() {
    let b = at(DEST, 64);
    for bad in [at(0x3F20_0000, 64), at(0xBFFF_FFE0, 64), at(0xFEFF_FFE0, 64), at(0xFFFF_FFF0, 64)]
    {
        let outside = |end, entry| {
            let window = BusWindow::SDRAM;
            LowerError::OutsideWindow { end, entry, segment: bad, window }
        };
        assert_eq!(refused(&[bad], &[b], &full()), outside(End::Source, 0));
        assert_eq!(refused(&[b], &[bad], &full()), outside(End::Destination, 0));
        let pages = |last: BusSegment| [at(SOURCE, 64), at(SOURCE + 0x80, 64), last];
        let others = [at(DEST, 64), at(DEST + 0x80, 64), at(DEST + 0x100, 64)];
        assert_eq!(refused(&pages(bad), &others, &full()), outside(End::Source, 2));
    }
}

#[test]
fn the_granules_of_an_edge_must_be_in_reach_too() {
    let window = BusWindow { first: BusAddr::new(SOURCE + 2), last: BusAddr::new(DEST + 0xFFF) };
    let limits = full().with_engine(EngineKind::Emulated).unwrap().with_window(window);
    let segment = at(SOURCE, 4);
    let outside = LowerError::OutsideWindow { end: End::Source, entry: 0, segment, window };
    assert_eq!(refused(&[at(SOURCE + 2, 2)], &[at(DEST, 2)], &limits), outside);
}

#[test]
fn lists_of_unequal_length_are_refused_with_both_lengths() {
    let (a, b) = ([at(SOURCE, 64), at(SOURCE + 128, 64)], [at(DEST, 64), at(DEST + 128, 192)]);
    let unequal = |source, destination| LowerError::LengthMismatch { source, destination };
    assert_eq!(refused(&a, &b, &full()), unequal(128, 256));
    assert_eq!(refused(&b, &a, &full()), unequal(256, 128));
    assert_eq!(refused(&a, &[], &full()), unequal(128, 0));
    assert_eq!(refused(&[], &b, &full()), unequal(0, 256));
    // Counted in 64 bits: 5 GiB against 64 bytes.
    let huge = [at(0, 0x4000_0000); 5];
    let all = full().with_window(BusWindow::ALL);
    assert_eq!(refused(&huge, &[at(0x8000_0000, 64)], &all), unequal(0x1_4000_0000, 64));
}

#[test]
fn a_block_that_reads_what_it_writes_is_refused() {
    for (from, to) in [(0, 0), (0, 32), (32, 0), (0, 64), (64, 0)] {
        let error = refused(&[at(SOURCE + from, 128)], &[at(SOURCE + to, 128)], &full());
        assert!(matches!(error, LowerError::Overlap { .. }), "{from} {to}: {error}");
    }
    let apart =
        copy(&[at(SOURCE, 128)], &[at(SOURCE + 128, 128)], &full(), Room::new(1, 0).storage())
            .map(|_| ());
    assert_eq!(apart, Ok(()));
}

#[test]
fn too_few_blocks_is_refused_with_the_number_that_would_do() {
    let source: Vec<_> = (0..9).map(|i| at(SOURCE + 0x100 * i, 64)).collect();
    let dest: Vec<_> = (0..9).map(|i| at(DEST + 0x100 * i, 64)).collect();
    for capacity in 0..9 {
        let mut room = Room::new(capacity, 0);
        let error = copy(&source, &dest, &full(), room.storage()).unwrap_err();
        assert_eq!(error, LowerError::TooManyBlocks { needed: 9, capacity });
    }
    assert!(copy(&source, &dest, &full(), Room::new(9, 0).storage()).is_ok());
}

#[test]
fn too_few_edges_or_slots_is_refused_with_what_would_do() {
    let (source, dest) = ([at(SOURCE, 100)], [at(DEST + 10, 100)]);
    let ask = |capacity, slot_capacity| {
        let mut room = Room::new(4, capacity);
        let storage = Storage { slots: at(SLOTS.addr.get(), slot_capacity), ..room.storage() };
        copy(&source, &dest, &full(), storage).map(|_| ())
    };
    for (capacity, slot_capacity) in [(0, 100), (1, 99), (0, 0)] {
        let (needed, slot_bytes) = (1, 100);
        let short = LowerError::TooManyEdges { needed, capacity, slot_bytes, slot_capacity };
        assert_eq!(ask(capacity, slot_capacity), Err(short));
    }
    assert_eq!(ask(1, 100), Ok(()));
}

#[test]
fn storage_that_cannot_be_is_refused() {
    let (source, dest) = ([at(SOURCE, 64)], [at(DEST, 64)]);
    for chain in [0, CHAIN.get() + 16, 0xFFFF_FFE0] {
        let (mut room, chain) = (Room::new(2, 2), BusAddr::new(chain));
        let storage = Storage { chain, ..room.storage() };
        let error = copy(&source, &dest, &full(), storage).unwrap_err();
        assert_eq!(error, LowerError::Storage { chain, slots: SLOTS });
    }
    for slots in [at(SLOTS.addr.get() + 8, 64), at(0xFFFF_FFF0, 16)] {
        let mut room = Room::new(2, 2);
        let storage = Storage { slots, ..room.storage() };
        let error = copy(&source, &dest, &full(), storage).unwrap_err();
        assert_eq!(error, LowerError::Storage { chain: CHAIN, slots });
    }
}

fn fifo(dreq: u8) -> DeviceFifo {
    let dreq = Dreq::new(dreq).unwrap();
    DeviceFifo::new(BusAddr::new(0x7E20_C018), dreq, Width::Bits32).unwrap()
}

#[test]
fn what_is_not_made_of_words_is_no_device_s_and_no_word_fill_s() {
    let device = Constraints::device(ChannelKind::Full);
    for (addr, len) in [(SOURCE + 2, 8), (SOURCE, 6), (SOURCE + 1, 3)] {
        // With one behind it, which is fetched by then.
        let source = [at(SOURCE + 0x100, 8), at(addr, len), at(SOURCE + 0x200, 8)].into_iter();
        let mut room = Room::new(4, 4);
        let error = lower::to_device(source.clone(), fifo(5), &device, room.storage()).unwrap_err();
        let misaligned =
            |end| LowerError::Misaligned { end, entry: 1, addr: BusAddr::new(addr), len };
        assert_eq!(error, misaligned(End::Source));
        let coherent = device.with_line(1).unwrap();
        let error = lower::from_device(fifo(5), source.clone(), &coherent, room.storage());
        assert_eq!(error.unwrap_err(), misaligned(End::Destination));
        let (pattern, bytes) = (BusAddr::new(DEST), coherent.with_burst(1).unwrap());
        let error = lower::fill_words(pattern, source, &bytes, room.storage());
        assert_eq!(error.unwrap_err(), misaligned(End::Destination));
    }
}

#[test]
fn a_device_with_blocks_shorter_than_a_word_is_refused() {
    let limits = Constraints::device(ChannelKind::Full).with_max_segment(3).unwrap();
    let source = [at(SOURCE, 8)].into_iter();
    let error = lower::to_device(source, fifo(5), &limits, Room::new(4, 4).storage()).unwrap_err();
    assert_eq!(error, LowerError::MaxSegment { max: 3 });
}

/// A good copy with an edge at either end, ready to be spoilt.
struct Good {
    source: Vec<BusSegment>,
    dest: Vec<BusSegment>,
    limits: Constraints,
    blocks: Vec<ControlBlock>,
    edges: Vec<Edge>,
    base: BusAddr,
    slots: BusSegment,
}

impl Good {
    fn new() -> Self {
        let (source, dest) = (vec![at(SOURCE + 20, 290)], vec![at(DEST + 20, 290)]);
        let limits = full().with_boundary(0x1000).unwrap();
        let mut room = Room::new(16, 16);
        let plan = copy(&source, &dest, &limits, room.storage()).unwrap();
        let (blocks, edges) = (plan.blocks.to_vec(), plan.edges.to_vec());
        assert_eq!((blocks.len(), edges.len()), (3, 2));
        Self { source, dest, limits, blocks, edges, base: CHAIN, slots: SLOTS }
    }

    fn fault(&self) -> Option<Fault> {
        let Self { blocks, edges, base, slots, .. } = self;
        let chain = verify::Chain { blocks, base: *base, edges, slots: *slots };
        let (s, d) = (&self.source, &self.dest);
        verify::copy(&chain, &Rules::new(&self.limits), s, d).err().map(|error| error.fault)
    }
}

/// Spoils a good chain and names the fault that must be found.
fn spoilt(spoil: impl FnOnce(&mut Good)) -> Fault {
    let mut good = Good::new();
    assert_eq!(good.fault(), None);
    spoil(&mut good);
    good.fault().unwrap()
}

macro_rules! finds {
    ($($name:ident: $fault:pat = $spoil:expr;)*) => { $(
        #[test]
        fn $name() {
            let fault = spoilt($spoil);
            assert!(matches!(fault, $fault), "{fault:?}");
            assert!(!fault.to_string().is_empty());
        }
    )* };
}

finds! {
    no_blocks_is_found: Fault::Empty = |g| g.blocks.clear();
    a_misplaced_chain_is_found: Fault::Storage { .. } = |g| g.base = BusAddr::new(CHAIN.get() + 8);
    a_chain_over_its_slots_is_found: Fault::Storage { .. } = |g| g.base = g.slots.addr;
    a_chain_over_the_data_is_found: Fault::Forbidden { end: End::Source, .. } =
        |g| g.base = BusAddr::new(SOURCE + 64);
    slots_over_the_data_are_found: Fault::Forbidden { end: End::Destination, .. } =
        |g| g.slots = at(DEST, 0x1000);
    slots_out_of_reach_are_found: Fault::Window { .. } = |g| g.slots = at(0x1000, 0x1000);
    data_out_of_reach_is_found: Fault::Window { end: End::Source, .. } =
        |g| g.source = vec![at(0x1000, 290)];
    a_zero_length_entry_is_found: Fault::Window { end: End::Source, .. } =
        |g| g.source.push(at(SOURCE + 0x800, 0));
    a_reserved_bit_is_found: Fault::Bits { wrong: 4, .. } = |g| g.blocks[1].ti |= 4;
    dummy_cycles_are_found: Fault::Bits { .. } = |g| g.blocks[1].ti |= 1 << 21;
    a_stray_2d_bit_is_found: Fault::Bits { wrong: 2, .. } = |g| g.blocks[0].ti |= 2;
    a_source_that_stands_still_is_found: Fault::Increment { .. } = |g| g.blocks[1].ti &= !0x100;
    a_half_width_is_found: Fault::Width { .. } = |g| g.blocks[1].ti &= !0x200;
    width_without_bursts_is_found: Fault::Width { .. } =
        |g| g.limits = g.limits.with_burst(8).unwrap();
    a_long_burst_is_found: Fault::Burst { most: 1, .. } = |g| g.blocks[1].ti |= 2 << 12;
    a_dreq_in_memory_is_found: Fault::Pacing { .. } = |g| g.blocks[1].ti |= 5 << 16 | 0x40;
    an_early_wait_is_found: Fault::Response { .. } = |g| g.blocks[1].ti |= 8;
    a_missing_wait_is_found: Fault::Response { .. } = |g| g.blocks[2].ti &= !8;
    an_early_interrupt_is_found: Fault::Interrupt { .. } = |g| g.blocks[0].ti |= 1;
    a_missing_interrupt_is_found: Fault::Interrupt { .. } = |g| g.blocks[2].ti &= !1;
    length_zero_is_found: Fault::Length { len: 0, .. } = |g| g.blocks[1].len = 0;
    a_block_over_the_maximum_is_found: Fault::Length { most: 64, .. } =
        |g| g.limits = g.limits.with_max_segment(64).unwrap();
    a_length_between_granules_is_found: Fault::Alignment { .. } = |g| {
        g.limits = g.limits.with_engine(EngineKind::Emulated).unwrap();
        g.blocks[0].len -= 1;
    };
    a_wide_block_between_bursts_is_found: Fault::Alignment { .. } = |g| g.blocks[1].source += 4;
    a_stride_in_a_line_is_found: Fault::Stride { stride: 4 } = |g| g.blocks[1].stride = 4;
    a_reserved_word_is_found: Fault::Reserved { word: 9 } = |g| g.blocks[1].reserved[1] = 9;
    a_chain_that_loops_is_found: Fault::Next { expected: 0, .. } =
        |g| g.blocks[2].next = CHAIN.get();
    a_chain_that_stops_early_is_found: Fault::Next { next: 0, .. } = |g| g.blocks[0].next = 0;
    a_crossed_boundary_is_found: Fault::Boundary { .. } =
        |g| g.limits = g.limits.with_boundary(64).unwrap();
    an_overlap_is_found: Fault::Overlap { .. } = |g| g.blocks[1].dest = g.blocks[1].source + 32;
    a_source_out_of_order_is_found: Fault::Order { end: End::Source, .. } =
        |g| g.blocks[1].source += 32;
    a_destination_out_of_order_is_found: Fault::Order { end: End::Destination, .. } =
        |g| g.blocks[1].dest += 32;
    a_gap_in_the_source_is_found: Fault::Order { end: End::Source, .. } =
        |g| g.source = vec![at(SOURCE + 20, 100), at(SOURCE + 0x400, 190)];
    bytes_past_the_source_are_found: Fault::Past { end: End::Source, .. } =
        |g| g.source[0].len = 280;
    bytes_past_the_destination_are_found: Fault::Past { end: End::Destination, .. } =
        |g| g.dest[0].len = 280;
    a_source_left_over_is_found: Fault::Short { end: End::Source, .. } =
        |g| g.source.push(at(SOURCE + 0x800, 8));
    a_destination_left_over_is_found: Fault::Short { end: End::Destination, .. } =
        |g| g.dest.push(at(DEST + 0x800, 8));
    a_line_shared_at_the_front_is_found: Fault::Line { .. } =
        |g| g.limits = g.limits.with_line(128).unwrap();
    an_edge_that_no_one_announced_is_found: Fault::Edge { .. } = |g| g.edges.clear();
    an_edge_in_the_wrong_slot_is_found: Fault::Edge { .. } = |g| g.edges[0].slot += 1;
    an_edge_at_the_wrong_offset_is_found: Fault::Edge { .. } = |g| g.edges[1].offset += 1;
    a_slot_that_is_too_short_is_found: Fault::Slot { .. } = |g| g.slots.len = 20;
    a_slot_taken_twice_is_found: Fault::Slot { .. } = |g| {
        g.edges[1].slot = 0;
        g.blocks[2].dest = g.blocks[0].dest;
    };
    an_edge_that_reads_too_much_is_found: Fault::EdgeRead { .. } = |g| g.blocks[0].len += 4;
    an_edge_that_reads_too_early_is_found: Fault::EdgeRead { .. } = |g| {
        g.blocks[0].source -= 4;
        g.blocks[0].len += 4;
        g.edges[0].slot += 4;
    };
    an_edge_that_reads_between_granules_is_found: Fault::EdgeRead { .. } = |g| {
        g.limits = g.limits.with_engine(EngineKind::Emulated).unwrap();
        g.blocks[0].source -= 1;
        g.blocks[0].len += 4;
        g.edges[0].slot += 1;
    };
    an_edge_that_no_block_fills_is_found: Fault::EdgesLeft { edges: 1 } =
        |g| g.edges.push(Edge { offset: 290, slot: 200, len: 1 });
}

#[test]
fn an_edge_of_no_bytes_is_found() {
    // The engine reads the four bytes around one, and none of them is wanted.
    let emulated = full().with_engine(EngineKind::Emulated).unwrap();
    let (source, dest) = ([at(SOURCE + 1, 1)], [at(DEST, 1)]);
    let mut room = Room::new(1, 1);
    let plan = copy(&source, &dest, &emulated, room.storage()).unwrap();
    let (blocks, mut edges) = (plan.blocks.to_vec(), plan.edges.to_vec());
    edges[0].len = 0;
    let chain = verify::Chain { blocks: &blocks, base: CHAIN, edges: &edges, slots: SLOTS };
    let fault = verify::copy(&chain, &Rules::new(&emulated), &source, &dest).unwrap_err().fault;
    assert_eq!(fault, Fault::EdgeRead { source: BusAddr::new(SOURCE), len: 4 });
}

#[test]
fn a_line_shared_at_the_back_is_found() {
    let mut good = Good::new();
    // The same copy as memory that owns its lines would have it: one block, straight.
    good.limits = full().with_line(1).unwrap().with_burst(1).unwrap();
    let mut room = Room::new(4, 0);
    (good.source, good.dest) = (vec![at(SOURCE, 100)], vec![at(DEST, 100)]);
    good.blocks =
        copy(&good.source, &good.dest, &good.limits, room.storage()).unwrap().blocks.to_vec();
    good.edges.clear();
    assert_eq!((good.blocks.len(), good.fault()), (1, None));
    good.limits = good.limits.with_line(64).unwrap();
    assert!(matches!(good.fault(), Some(Fault::Line { .. })), "{:?}", good.fault());
    // And at the end of a list with a stranger after it, though not where the neighbour is of the same list.
    good.dest = vec![at(DEST, 100), at(DEST + 100, 28)];
    assert!(matches!(good.fault(), Some(Fault::Short { .. })), "{:?}", good.fault());
}

#[test]
fn a_device_that_is_none_is_found_by_its_words() {
    let limits = Constraints::device(ChannelKind::Full);
    let list = || [at(SOURCE, 64)].into_iter();
    let mut room = Room::new(4, 0);
    let plan = lower::to_device(list(), fifo(5), &limits, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let rules = Rules::new(&limits);
    let fault = |device| verify::to_device(&chain, &rules, list(), device).unwrap_err().fault;
    assert!(matches!(fault(fifo(6)), Fault::Pacing { .. }), "{:?}", fault(fifo(6)));
    let other = DeviceFifo::new(BusAddr::new(0x7E20_C01C), Dreq::new(5).unwrap(), Width::Bits32);
    let fault = fault(other.unwrap());
    assert!(matches!(fault, Fault::Order { end: End::Destination, .. }), "{fault:?}");
}

#[test]
fn a_ring_whose_periods_are_others_is_found() {
    let limits = Constraints::device(ChannelKind::Full);
    let list = || [at(SOURCE, 192)].into_iter();
    let mut room = Room::new(4, 0);
    let plan = lower::ring_to_device(list(), fifo(5), 96, &limits, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let rules = Rules::new(&limits);
    let fault =
        |period| verify::ring_to_device(&chain, &rules, list(), fifo(5), period).unwrap_err().fault;
    assert_eq!(fault(64), Fault::Period { len: 96, left: 64 });
    assert!(matches!(fault(192), Fault::Interrupt { .. }), "{:?}", fault(192));
}

#[test]
fn the_side_that_crosses_a_boundary_is_named() {
    let ends = [(0x100, 0, End::Source), (0, 0x100, End::Destination), (0x100, 0x100, End::Source)];
    for (s, d, crosses) in ends {
        let (source, dest) = ([at(SOURCE + s, 0x200)], [at(DEST + d, 0x200)]);
        let mut room = Room::new(4, 0);
        let plan = copy(&source, &dest, &full(), room.storage()).unwrap();
        let rules = Rules::new(&full().with_boundary(0x200).unwrap());
        let chain = verify::Chain::of(&plan, SLOTS);
        let error = verify::copy(&chain, &rules, source.iter(), dest.iter()).unwrap_err();
        assert!(matches!(error.fault, Fault::Boundary { end, .. } if end == crosses), "{error:?}");
    }
}
