//! Random pairs of lists: every byte exactly once and in order, nothing else written, every block legal.

use sgdma::lower;

use crate::cases::{
    self, BASE, DEST, LAYOUTS, Room, SLOTS, SOURCE, SPAN, check_copy, lengths, place, times,
};
use crate::oracle::Machine;

fn run(cases: u64, seed: u64) {
    println!("seed {seed:#x}, {cases} cases");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut room = Room::new(1024, 512);
    let mut machine = Machine::new(BASE, SPAN, seed);
    let (mut edges, mut blocks, mut skipped) = (0, 0, 0);
    for case in 0..cases {
        let total = if random.u8(..) < 8 { random.u32(1..=1500) } else { random.u32(1..=150) };
        let lists = [SOURCE, DEST].map(|start| {
            let lengths = lengths(&mut random, total, 6, 1);
            place(&mut random, &lengths, start, 1)
        });
        let limits = cases::limits(&mut random);
        room.layout = random.choice(LAYOUTS).unwrap();
        let [source, dest] = &lists;
        machine.writes.fill(0);
        if random.u8(..) == 0 {
            random.fill(&mut machine.bytes);
        }
        let (from, to) = (source.iter().copied(), dest.iter().copied());
        let dry = lower::count(from, to, &limits).unwrap();
        if dry.blocks > 1024 || dry.edges > 512 || dry.slot_bytes > u64::from(SLOTS.len) {
            skipped += 1;
            continue;
        }
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check_copy(source, dest, &limits, &mut room, &mut machine)
        }));
        let Ok(counts) = checked else {
            let layout = room.layout;
            panic!("case {case} of seed {seed:#x}: {source:?} {dest:?} {limits:?} {layout:?}")
        };
        edges += counts.edges;
        blocks += counts.blocks;
    }
    println!("{blocks} blocks, {edges} edges");
    if cfg!(miri) {
        // Too few for what follows.
        return;
    }
    assert!(skipped < cases / 20, "{skipped} cases were too long for their storage");
    assert!(edges as u64 > cases / 4 && blocks as u64 > cases * 2, "the cases are too tame");
}

#[test]
fn twenty_thousand_random_copies_move_every_byte_once() {
    run(times(20_000), fastrand::u64(..));
}

#[test]
#[ignore = "a million cases want a release build: cargo test --release -p sgdma --test chain -- --ignored"]
fn a_million_random_copies_move_every_byte_once() {
    run(1_000_000, fastrand::u64(..));
}
