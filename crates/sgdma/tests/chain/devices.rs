//! Devices, fills and rings, at random.

use sgdma::address::BusAddr;
use sgdma::chain::{Fault, Rules, verify};
use sgdma::constraints::{ChannelKind, Constraints, DeviceFifo, Dreq, EngineKind, Width};
use sgdma::lower::{self, LowerError, Plan, Storage};
use sgdma::segment::BusSegment;

use crate::cases::{
    self, BASE, CHAIN, DEST, Room, SLOTS, SOURCE, SPAN, addresses, at, lengths, place, times,
};
use crate::oracle::Machine;

const FIFO: u32 = 0x7E20_4004;
const PATTERN: u32 = SOURCE + 0xF00;

fn fifo(dreq: u8) -> DeviceFifo {
    DeviceFifo::new(BusAddr::new(FIFO), Dreq::new(dreq).unwrap(), Width::Bits32).unwrap()
}

fn device_limits(random: &mut fastrand::Rng) -> Constraints {
    let kind = random.choice([ChannelKind::Bulk, ChannelKind::Full, ChannelKind::Lite]).unwrap();
    let mut limits = Constraints::device(kind).with_line(1 << random.u32(0..=6)).unwrap();
    if random.bool() {
        limits = limits.with_engine(EngineKind::Emulated).unwrap();
    }
    if random.bool() {
        limits = limits.with_max_segment(random.u32(8..=100)).unwrap();
    }
    if random.bool() {
        limits = limits.with_boundary(1 << random.u32(3..=8)).unwrap();
    }
    limits
}

/// The machine after the chain ran once and the CPU finished its edges.
fn run(plan: &Plan<'_>, dest: &[BusSegment], limits: &Constraints, seed: u64) -> Machine {
    let mut machine = Machine::new(BASE, SPAN, seed);
    let pattern = (PATTERN - BASE) as usize;
    let word = machine.bytes[pattern..pattern + 4].to_vec();
    machine.bytes[pattern..pattern + 32].copy_from_slice(&word.repeat(8));
    let ran = machine.run(plan.blocks, CHAIN.get(), limits, plan.blocks.len());
    assert_eq!(ran.blocks, plan.blocks.len());
    let writes = addresses(dest);
    for edge in plan.edges {
        for i in 0..edge.len {
            let to = writes[usize::try_from(edge.offset + u64::from(i)).unwrap()];
            machine.finish(to, SLOTS.addr.get() + edge.slot + i);
        }
    }
    let used = at(SLOTS.addr.get(), u32::try_from(plan.counts.slot_bytes).unwrap());
    assert_eq!(machine.stray(&writes, used), None, "an address that was written");
    for addr in writes.into_iter().chain(addresses(&[used])) {
        let count = machine.writes_to(addr);
        assert!(count <= 1, "{addr:#x} was written {count} times");
    }
    machine
}

fn read(machine: &Machine, list: &[BusSegment]) -> Vec<u8> {
    addresses(list).into_iter().map(|addr| machine.byte(addr)).collect()
}

#[test]
fn a_device_gets_the_source_in_order() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..times(1_000) {
        let total = random.u32(1..=100) * 4;
        let lengths = lengths(&mut random, total, 6, 4);
        let source = place(&mut random, &lengths, SOURCE, 4);
        let (limits, device) = (device_limits(&mut random), fifo(random.u8(0..32)));
        let mut room = Room::new(512, 0);
        let list = || source.iter().copied();
        let plan = lower::to_device(list(), device, &limits, room.storage()).unwrap();
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::to_device(&chain, &Rules::new(&limits), list(), device).unwrap();
        let machine = run(&plan, &[], &limits, seed);
        assert_eq!(machine.got, read(&machine, &source));
    }
}

#[test]
fn a_devices_bytes_arrive_in_order() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut edges = 0;
    for _ in 0..times(1_000) {
        let total = random.u32(1..=100) * 4;
        let lengths = lengths(&mut random, total, 6, 4);
        let dest = place(&mut random, &lengths, DEST, 4);
        let (limits, device) = (device_limits(&mut random), fifo(random.u8(0..32)));
        let mut room = Room::new(512, 256);
        let list = || dest.iter().copied();
        let plan = lower::from_device(device, list(), &limits, room.storage()).unwrap();
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::from_device(&chain, &Rules::new(&limits), device, list()).unwrap();
        edges += plan.edges.len();
        let machine = run(&plan, &dest, &limits, seed);
        assert_eq!(read(&machine, &dest), machine.sends[..total as usize]);
    }
    assert!(cfg!(miri) || edges > 500);
}

#[test]
fn a_word_fill_repeats_its_word_at_every_alignment_of_words() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..times(1_000) {
        let total = random.u32(1..=100) * 4;
        let lengths = lengths(&mut random, total, 6, 4);
        let dest = place(&mut random, &lengths, DEST, 4);
        let limits = cases::limits(&mut random);
        if limits.max_segment() < 4 || limits.boundary().is_some_and(|boundary| boundary < 4) {
            continue;
        }
        let mut room = Room::new(512, 256);
        let list = || dest.iter().copied();
        let pattern = BusAddr::new(PATTERN);
        let plan = lower::fill_words(pattern, list(), &limits, room.storage()).unwrap();
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::fill_words(&chain, &Rules::new(&limits), pattern, list()).unwrap();
        let more = list().chain([at(DEST + 0x2000, 4)]);
        assert!(verify::fill_words(&chain, &Rules::new(&limits), pattern, more).is_err());
        let machine = run(&plan, &dest, &limits, seed);
        let word: Vec<u8> = (0..4).map(|i| machine.byte(PATTERN + i)).collect();
        assert!(read(&machine, &dest).chunks(4).all(|bytes| bytes == word));
    }
}

#[test]
fn a_byte_fill_fills_every_byte_at_every_alignment() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..times(1_000) {
        let total = random.u32(1..=300);
        let lengths = lengths(&mut random, total, 6, 1);
        let dest = place(&mut random, &lengths, DEST, 1);
        let limits = cases::limits(&mut random);
        let mut room = Room::new(1024, 512);
        let list = || dest.iter().copied();
        let pattern = BusAddr::new(PATTERN);
        let plan = lower::fill(pattern, list(), &limits, room.storage()).unwrap();
        let chain = verify::Chain::of(&plan, SLOTS);
        verify::fill(&chain, &Rules::new(&limits), pattern, list()).unwrap();
        // The oracle gives a word of four bytes: which of them lands where is not promised, so only the count is.
        let machine = run(&plan, &dest, &limits, seed);
        let word: Vec<u8> = (0..4).map(|i| machine.byte(PATTERN + i)).collect();
        assert!(read(&machine, &dest).iter().all(|byte| word.contains(byte)));
    }
}

#[test]
fn a_ring_goes_round_and_interrupts_once_a_period() {
    let seed = fastrand::u64(..);
    println!("seed {seed:#x}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..times(1_000) {
        let (rounds, period) = (random.u32(1..=5), random.u32(1..=20) * 4);
        let lengths = lengths(&mut random, rounds * period, 4, 4);
        let memory = place(&mut random, &lengths, DEST, 4);
        let limits = device_limits(&mut random).with_engine(EngineKind::Hardware).unwrap();
        let limits = limits.with_line(1).unwrap();
        let (device, rules) = (fifo(2), Rules::new(&limits));
        let (mut out, mut into) = (Room::new(256, 0), Room::new(256, 0));
        let list = || memory.iter().copied();
        let out_plan =
            lower::ring_to_device(list(), device, period, &limits, out.storage()).unwrap();
        let chain = verify::Chain::of(&out_plan, SLOTS);
        verify::ring_to_device(&chain, &rules, list(), device, period).unwrap();
        let in_plan =
            lower::ring_from_device(device, list(), period, &limits, into.storage()).unwrap();
        let chain = verify::Chain::of(&in_plan, SLOTS);
        verify::ring_from_device(&chain, &rules, device, period, list()).unwrap();

        let mut machine = Machine::new(BASE, SPAN, seed);
        let twice = 2 * out_plan.blocks.len();
        let ran = machine.run(out_plan.blocks, CHAIN.get(), &limits, twice);
        assert_eq!((ran.blocks, ran.interrupts.len()), (twice, 2 * rounds as usize));
        assert_eq!(machine.got, read(&machine, &memory).repeat(2));
        machine.run(in_plan.blocks, CHAIN.get(), &limits, in_plan.blocks.len());
        assert_eq!(read(&machine, &memory), machine.sends[..(rounds * period) as usize]);
    }
}

#[test]
fn a_ring_that_no_one_can_run_is_refused() {
    let (limits, device) = (Constraints::device(ChannelKind::Full), fifo(2));
    let list = || [at(DEST, 96)].into_iter();
    let ring = |period, limits: &Constraints, storage: Storage<'_>| {
        lower::ring_from_device(device, list(), period, limits, storage).map(|_| ())
    };
    let mut room = Room::new(8, 8);
    let emulated = limits.with_engine(EngineKind::Emulated).unwrap();
    assert_eq!(ring(48, &emulated, room.storage()), Err(LowerError::RingOnEmulated));
    // 96 bytes end in the middle of a cache line.
    let shared = Err(LowerError::NeedsEdge { offset: 64, len: 32 });
    assert_eq!(ring(48, &limits, room.storage()), shared);
    let coherent = limits.with_line(1).unwrap();
    for period in [36, 52, 192] {
        let refused = ring(period, &coherent, room.storage());
        assert!(matches!(refused, Err(LowerError::Period { .. })), "{period}: {refused:?}");
    }
    for period in [0, 6, 50, u32::MAX] {
        let refused = ring(period, &coherent, room.storage());
        assert_eq!(refused, Err(LowerError::PeriodOfWords { period }));
    }
    assert_eq!(ring(48, &coherent, room.storage()), Ok(()));
    // And the judge says so on its own: a ring that the emulated engine would never leave.
    let plan = lower::ring_from_device(device, list(), 48, &coherent, room.storage()).unwrap();
    let chain = verify::Chain::of(&plan, SLOTS);
    let emulated = Rules::new(&coherent.with_engine(EngineKind::Emulated).unwrap());
    let fault = verify::ring_from_device(&chain, &emulated, device, 48, list()).unwrap_err().fault;
    assert_eq!(fault, Fault::Next { next: CHAIN.get(), expected: 0 });
}
