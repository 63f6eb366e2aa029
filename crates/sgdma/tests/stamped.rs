//! Copies that time themselves: the words against a second opinion, and the shipped driver on the strict model.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use core::ptr::NonNull;
use core::time::Duration;

use dma_model::{Fault, Model, Occurs, Profile};
use sgdma::address::BusAddr;
use sgdma::buffer::CoherentRegion;
use sgdma::chain::{ChainError, Fault as Verdict, Rules, verify};
use sgdma::channel::RunError;
use sgdma::coherence::{Node, Pool};
use sgdma::constraints::{ChannelKind, Constraints, Merge};
use sgdma::control_block::ControlBlock;
use sgdma::engine::{Engine, FaultKind, Need};
use sgdma::frame::{Frame, FrameSize};
use sgdma::lower::{self, Edge, End, Storage};
use sgdma::map::{Device, FromDevice, ToDevice};
use sgdma::platform::{Access, AddressMap};
use sgdma::segment::{BusSegment, BusWindow};
use sgdma::sg_table::SgTable;

const CHAIN: u32 = 0xC030_0000;
const STAMPS: u32 = 0xC031_0000;

/// Three blocks, planned, and the same stamped.
fn stamped(limits: &Constraints) -> (Vec<ControlBlock>, Vec<ControlBlock>) {
    let side = |start| {
        let piece = |n: u32| BusSegment::new(BusAddr::new(start + 0x1000 * n), 0x100 << n);
        (0..3).map(piece).collect::<Vec<_>>()
    };
    let (from, to) = (side(0xC010_0000), side(0xC020_0000));
    let (mut blocks, mut edges) = ([ControlBlock::default(); 8], [Edge::default(); 1]);
    let (chain, slots) = (BusAddr::new(CHAIN), BusSegment::default());
    let storage = Storage { blocks: &mut blocks, chain, edges: &mut edges, slots };
    let plan = lower::copy(from, to, limits, storage).unwrap();
    let mut words = [ControlBlock::default(); 7];
    let stamps = BusSegment::new(BusAddr::new(STAMPS), 16);
    let count = lower::stamp(plan.blocks, &mut words, chain, stamps).unwrap();
    (plan.blocks.to_vec(), words.into_iter().take(count).collect())
}

fn judge(limits: &Constraints, planned: &[ControlBlock], blocks: &[ControlBlock]) -> bool {
    let (base, slots) = (BusAddr::new(CHAIN), BusSegment::default());
    let chain = verify::Chain { blocks, base, edges: &[], slots };
    let stamps = BusSegment::new(BusAddr::new(STAMPS), 16);
    verify::stamped(&chain, &Rules::new(limits), planned, stamps).is_ok()
}

#[test]
fn a_stamp_stands_before_between_and_after_the_blocks() {
    let limits = Constraints::memory(ChannelKind::Full).with_merge(Merge::Never);
    let (planned, blocks) = stamped(&limits);
    assert_eq!((planned.len(), blocks.len()), (3, 7));
    assert!(judge(&limits, &planned, &blocks));
    for (n, stamp) in (0..).zip(blocks.iter().step_by(2)) {
        assert_eq!((stamp.source, stamp.dest, stamp.len), (0x7E00_3004, STAMPS + 4 * n, 4));
    }
    let interrupts: Vec<_> = blocks.iter().map(|block| block.ti & 1).collect();
    assert_eq!(interrupts, [0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn no_bit_of_a_stamped_chain_can_be_another() {
    for kind in [ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite] {
        let limits = Constraints::memory(kind).with_merge(Merge::Never);
        let (planned, good) = stamped(&limits);
        let bits = (0..7).flat_map(|index| (0..256).map(move |bit| (index, bit)));
        for (index, bit) in bits.step_by(if cfg!(miri) { 211 } else { 1 }) {
            let mut blocks = good.clone();
            let block = &mut blocks[index];
            let [r6, r7] = &mut block.reserved;
            let words = [&mut block.ti, &mut block.source, &mut block.dest, &mut block.len];
            let more = [&mut block.stride, &mut block.next, r6, r7];
            *words.into_iter().chain(more).nth(bit / 32).unwrap() ^= 1 << (bit % 32);
            assert!(!judge(&limits, &planned, &blocks), "{kind}: block {index} bit {bit}");
        }
        assert!(!judge(&limits, &planned, &good[..5]));
        assert!(!judge(&limits, &planned[..2], &good));
    }
}

#[test]
fn stamps_lie_where_nothing_else_is() {
    let limits = Constraints::memory(ChannelKind::Full).with_merge(Merge::Never);
    let (planned, blocks) = stamped(&limits);
    let fault = |planned: &[ControlBlock], base, stamps, slots| {
        let base = BusAddr::new(base);
        let chain = verify::Chain { blocks: &blocks, base, edges: &[], slots };
        verify::stamped(&chain, &Rules::new(&limits), planned, stamps).map_err(|error| error.fault)
    };
    let (at, none) = (|addr, len| BusSegment::new(BusAddr::new(addr), len), BusSegment::default());
    let good = at(STAMPS, 16);
    assert_eq!(fault(&planned, CHAIN, good, none), Ok(()));
    let storage = |base| Err(Verdict::Storage { base: BusAddr::new(base) });
    // Out of reach, at no word, too short for four stamps, over the chain or over its slots.
    for stamps in [at(0x1000, 16), at(STAMPS + 2, 16), at(STAMPS, 15), at(CHAIN + 0xC0, 32)] {
        assert_eq!(fault(&planned, CHAIN, stamps, none), storage(CHAIN), "{stamps}");
    }
    assert_eq!(fault(&planned, 0x1000, good, none), storage(0x1000));
    assert_eq!(fault(&planned, CHAIN, good, at(CHAIN + 0x20, 64)), storage(CHAIN));
    assert_eq!(fault(&planned, CHAIN, good, at(STAMPS + 12, 64)), storage(CHAIN));
    // A stamp alone, of no data, is no chain.
    let (mut alone, base) = ([ControlBlock::default()], BusAddr::new(CHAIN));
    assert_eq!(lower::stamp(&[], &mut alone, base, good), Ok(1));
    let chain = verify::Chain { blocks: &alone, base, edges: &[], slots: none };
    let error = verify::stamped(&chain, &Rules::new(&limits), &[], good).unwrap_err();
    assert_eq!(error, ChainError { block: 1, fault: Verdict::Empty });
}

#[test]
fn stamps_over_the_data_are_refused() {
    let limits = Constraints::memory(ChannelKind::Full).with_merge(Merge::Never);
    let (planned, _) = stamped(&limits);
    let (base, slots, rules) = (BusAddr::new(CHAIN), BusSegment::default(), Rules::new(&limits));
    for (end, addr) in [(End::Source, planned[0].source), (End::Destination, planned[0].dest)] {
        let stamps = BusSegment::new(BusAddr::new(addr + 0xF0), 16);
        let mut blocks = [ControlBlock::default(); 7];
        lower::stamp(&planned, &mut blocks, base, stamps).unwrap();
        let chain = verify::Chain { blocks: &blocks, base, edges: &[], slots };
        let error = verify::stamped(&chain, &rules, &planned, stamps).unwrap_err();
        let segment = BusSegment::new(BusAddr::new(addr), planned[0].len);
        let fault = Verdict::Forbidden { end, segment };
        assert_eq!(error, ChainError { block: 1, fault });
    }
}

/// The verdict on a chain of one planned block, stamped.
fn stamped_one(block: ControlBlock, stamps: u32) -> Result<(), Verdict> {
    let limits = Constraints::memory(ChannelKind::Full).with_window(BusWindow::ALL);
    let (planned, base) = ([block], BusAddr::new(CHAIN));
    let (stamps, slots) = (BusSegment::new(BusAddr::new(stamps), 8), BusSegment::default());
    let mut blocks = [ControlBlock::default(); 3];
    lower::stamp(&planned, &mut blocks, base, stamps).unwrap();
    let chain = verify::Chain { blocks: &blocks, base, edges: &[], slots };
    verify::stamped(&chain, &Rules::new(&limits), &planned, stamps).map_err(|error| error.fault)
}

#[test]
fn what_stands_still_is_32_bytes_to_the_stamps_too() {
    // A fill of 16 MiB from a pattern that others follow: DEST_INC, wide.
    let pattern = 0xC100_0000;
    let fill = |source| ControlBlock {
        ti: 0x1239,
        source,
        dest: 0xC200_0000,
        len: 0x100_0000,
        ..ControlBlock::default()
    };
    for apart in [pattern - 8, pattern + 32, pattern + 0x1000] {
        assert_eq!(stamped_one(fill(pattern), apart), Ok(()), "{apart:#x}");
    }
    let (end, segment) = (End::Source, BusSegment::new(BusAddr::new(pattern), 32));
    for over in [pattern - 4, pattern, pattern + 28] {
        let forbidden = Err(Verdict::Forbidden { end, segment });
        assert_eq!(stamped_one(fill(pattern), over), forbidden, "{over:#x}");
    }
    let into = stamped_one(fill(pattern), 0xC2FF_FFFC);
    assert!(matches!(into, Err(Verdict::Forbidden { end: End::Destination, .. })), "{into:?}");
}

#[test]
fn a_rectangle_is_not_stamped() {
    // 16 rows of 64 bytes, downwards from where its memory ends.
    let ti = 0x133B;
    let rows = ControlBlock {
        ti,
        source: 0xC010_0000,
        dest: 0xC020_03C0,
        len: 15 << 16 | 64,
        stride: 0xFF80_0000,
        ..ControlBlock::default()
    };
    let refused = Err(Verdict::Bits { ti: ti & !1, wrong: 2 });
    assert_eq!(stamped_one(rows, 0xC020_0100), refused);
}

#[test]
fn stamps_that_do_not_fit_are_refused() {
    let limits = Constraints::memory(ChannelKind::Full).with_merge(Merge::Never);
    let (planned, _) = stamped(&limits);
    let (chain, mut room) = (BusAddr::new(CHAIN), [ControlBlock::default(); 7]);
    let stamps = |len| BusSegment::new(BusAddr::new(STAMPS), len);
    assert!(lower::stamp(&planned, &mut room[..6], chain, stamps(16)).is_err());
    assert!(lower::stamp(&planned, &mut room, chain, stamps(15)).is_err());
}

fn pool(model: &Model) -> Pool<'static> {
    let memory = model.coherent_memory();
    let bus = model.bus_address(model.coherent_span(), Access::Write).unwrap();
    let len = u32::try_from(memory.len()).unwrap();
    let start = NonNull::new(memory.cast::<u8>()).unwrap();
    // SAFETY: the model's coherent memory, which nothing else names.
    let region = unsafe { CoherentRegion::new(start, len, bus) };
    let nodes: Vec<Node> = (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect();
    Pool::new(region, nodes.leak()).unwrap()
}

/// So many pieces a copy has. Under Miri each byte costs milliseconds.
const PIECES: u8 = if cfg!(miri) { 4 } else { 8 };

/// Copies pieces of 64 to 8192 bytes (under Miri, 512), at odd addresses, with stamps; the stamps, or how it failed.
fn timed(profile: Profile, seed: u64, fault: Option<Fault>) -> Result<Vec<u32>, String> {
    let model: &Model = Box::leak(Box::new(Model::new(profile, seed)));
    let pool: &'static Pool<'static> = Box::leak(Box::new(pool(model)));
    let engine: &'static Engine<&Model> = Box::leak(Box::new(Engine::new(model, model.mask())));
    model.attach(move |_, pending| engine.interrupt_shared(pending.channels()));
    if let Some(fault) = fault {
        model.plan(fault, Occurs::Once);
    }
    let device = Device::new(model);
    let channel = engine.request(Need::Full, "test").unwrap();
    let (mut source, mut sink) = (SgTable::growing(), SgTable::growing());
    let mut expected = Vec::new();
    for n in 0..PIECES {
        let (from, to) = (model.buffer(64 << n, 64, 5), model.buffer(64 << n, 64, n.into()));
        from.iter_mut().zip((7 * n..=250).cycle()).for_each(|(byte, value)| *byte = value);
        expected.extend_from_slice(from);
        source.push(&*from).unwrap();
        sink.push(to).unwrap();
    }
    let source = source.map(ToDevice, &device).unwrap();
    let sink = sink.map(FromDevice, &device).unwrap();
    let size = FrameSize { blocks: 40, edges: 24, slot_bytes: 4096 }.stamped();
    let frame = Frame::new(pool, size).unwrap();
    let limits = channel.constraints().with_merge(Merge::Never);
    let mut copy = frame.copy_stamped(source, sink, &limits).unwrap();
    let outcome = channel.run(&mut copy, Duration::from_millis(50));
    let stamps: Vec<u32> = copy.stamps().collect();
    assert_eq!(copy.counts().blocks, 2 * stamps.len() - 1);
    if let Err(RunError::Failed(fault, place)) = outcome {
        assert_eq!(fault.kind, FaultKind::Read);
        return Err(place.unwrap().to_string());
    }
    outcome.unwrap();
    let (_, source, sink) = copy.into_parts();
    drop(source.unmap());
    let table = sink.unmap();
    let mut got = vec![0; expected.len()];
    table.bytes().pcopy_to_buffer(0, &mut got);
    assert!(got == expected);
    drop(channel);
    model.finish();
    Ok(stamps)
}

#[test]
fn the_engine_writes_down_when_each_block_ended() {
    for seed in 0..if cfg!(miri) { 1 } else { 16 } {
        let stamps = timed(Profile::Hardware, seed, None).unwrap();
        assert!(stamps.len() > 8 && stamps.is_sorted(), "{stamps:?}");
        // The last piece is the longest.
        let lasted: Vec<u32> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let long = if cfg!(miri) { 1 } else { 20 };
        assert!(lasted.iter().max().unwrap() > &long, "{lasted:?}");
    }
}

#[test]
fn where_the_chain_runs_in_no_time_all_stamps_are_the_same() {
    let stamps = timed(Profile::Qemu, 1, None).unwrap();
    assert!(stamps.windows(2).all(|pair| pair[0] == pair[1]), "{stamps:?}");
}

#[test]
fn a_fault_names_the_block_and_the_byte_of_the_data() {
    let (channel, block, byte) = (5, 3, 0);
    let told = timed(Profile::Hardware, 3, Some(Fault::ReadError { channel, block, byte }));
    let told = told.unwrap_err();
    assert!(told.starts_with("control block 3, source entry "), "{told}");
    let block = 4;
    let told = timed(Profile::Hardware, 3, Some(Fault::ReadError { channel, block, byte }));
    assert_eq!(told.unwrap_err(), "control block 4", "a stamp is no data");
}

#[test]
fn stamps_need_a_frame_with_room_for_them() {
    let model: &Model = Box::leak(Box::new(Model::new(Profile::Hardware, 9)));
    let pool: &'static Pool<'static> = Box::leak(Box::new(pool(model)));
    let device = Device::new(model);
    let frame = Frame::new(pool, FrameSize { blocks: 4, edges: 0, slot_bytes: 0 }).unwrap();
    let (mut source, mut sink) = (SgTable::growing(), SgTable::growing());
    source.push(&*model.buffer(64, 64, 0)).unwrap();
    sink.push(model.buffer(64, 64, 0)).unwrap();
    let source = source.map(ToDevice, &device).unwrap();
    let sink = sink.map(FromDevice, &device).unwrap();
    let limits = Constraints::memory(ChannelKind::Full);
    assert!(frame.copy_stamped(source, sink, &limits).is_err());
}
