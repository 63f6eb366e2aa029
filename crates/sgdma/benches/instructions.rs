//! Work for a machine that counts instructions: `tools/bench-host.sh` runs this under callgrind, case by case, and
//! prints the table. Run without arguments it does every case once and prints how many blocks each has.

use std::hint::black_box;
use std::process::ExitCode;

use sgdma::address::BusAddr;
use sgdma::chain::{Rules, verify};
use sgdma::constraints::{ChannelKind, ConstraintError, Constraints};
use sgdma::control_block::ControlBlock;
use sgdma::lower::{self, Edge, LowerError, Plan, Storage};
use sgdma::segment::BusSegment;

const CHAIN: BusAddr = BusAddr::new(0xC000_0000);
const SLOTS: BusSegment = BusSegment { addr: BusAddr::new(0xC008_0000), len: 0x4_0000 };

struct Case {
    name: &'static str,
    source: Vec<BusSegment>,
    destination: Vec<BusSegment>,
    limits: Constraints,
}

/// `count` entries of 4 KiB with gaps between them.
fn pages(start: u32, count: u32) -> Vec<BusSegment> {
    (0..count).map(|i| BusSegment::new(BusAddr::new(start + i * 0x2000), 0x1000)).collect()
}

/// The same bytes cut 2 KiB later.
fn shifted(start: u32, count: u32) -> Vec<BusSegment> {
    let mut list = pages(start, count + 1);
    for half in [0, list.len() - 1] {
        if let Some(entry) = list.get_mut(half) {
            entry.len = 0x800;
        }
    }
    list
}

/// Entries that begin 20 bytes into a cache line: heads, bodies, tails and edges.
fn rough(start: u32, count: u32) -> Vec<BusSegment> {
    (0..count).map(|i| BusSegment::new(BusAddr::new(start + i * 0x2000 + 20), 0x1000)).collect()
}

fn cases() -> Result<Vec<Case>, ConstraintError> {
    let (from, to) = (0xC100_0000, 0xD100_0000);
    let full = Constraints::memory(ChannelKind::Full);
    let lite = Constraints::memory(ChannelKind::Lite);
    let case = |name, source, destination, limits| Case { name, source, destination, limits };
    let one = |start| vec![BusSegment::new(BusAddr::new(start), 0x10_0000)];
    Ok(vec![
        case("same-1", pages(from, 1), pages(to, 1), full),
        case("same-16", pages(from, 16), pages(to, 16), full),
        case("same-256", pages(from, 256), pages(to, 256), full),
        case("same-4096", pages(from, 4096), pages(to, 4096), full),
        case("shifted-256", pages(from, 256), shifted(to, 256), full),
        case("rough-256", rough(from, 256), rough(to, 256), full),
        case("boundary-256", pages(from, 256), pages(to, 256), full.with_boundary(0x1_0000)?),
        case("lite-1MiB", one(from), one(to), lite),
    ])
}

#[inline(never)]
fn measured_lower<'a>(case: &Case, storage: Storage<'a>) -> Result<Plan<'a>, LowerError> {
    lower::copy(
        case.source.iter().copied(),
        case.destination.iter().copied(),
        &case.limits,
        storage,
    )
}

#[inline(never)]
fn measured_verify(case: &Case, plan: &Plan<'_>) -> Result<(), sgdma::chain::ChainError> {
    let chain = verify::Chain::of(plan, SLOTS);
    let rules = Rules::new(&case.limits);
    verify::copy(&chain, &rules, case.source.iter().copied(), case.destination.iter().copied())
}

fn run(case: &Case) -> Result<usize, Box<dyn core::error::Error>> {
    let mut blocks = vec![ControlBlock::default(); 8192];
    let mut edges = vec![Edge::default(); 1024];
    let storage = Storage { blocks: &mut blocks, chain: CHAIN, edges: &mut edges, slots: SLOTS };
    let plan = measured_lower(black_box(case), black_box(storage))?;
    measured_verify(black_box(case), black_box(&plan))?;
    Ok(plan.blocks.len())
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    let Ok(cases) = cases() else { return ExitCode::FAILURE };
    for case in cases.iter().filter(|case| wanted.as_deref().is_none_or(|name| name == case.name)) {
        match run(case) {
            Ok(blocks) => println!("{} {blocks}", case.name),
            Err(error) => {
                eprintln!("{}: {error}", case.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
