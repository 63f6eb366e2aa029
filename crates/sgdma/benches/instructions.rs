//! Work for a machine that counts instructions: `tools/bench-host.sh` runs this under callgrind, case by case, and
//! prints the table. Run without arguments it does every case once and prints how many blocks each has.

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;
use std::ptr::NonNull;

use sgdma::address::{BusAddr, CpuAddr, CpuSpan};
use sgdma::buffer::{CoherentRegion, Entry, Exclusive, Shared};
use sgdma::chain::{Rules, verify};
use sgdma::coherence::{Node, Pool};
use sgdma::constraints::{ChannelKind, ConstraintError, Constraints};
use sgdma::control_block::ControlBlock;
use sgdma::frame::Frame;
use sgdma::lower::{self, Edge, LowerError, Plan, Storage};
use sgdma::map::{Device, FromDevice, MapError, Mapped, ToDevice};
use sgdma::platform::{Access, AddressMap, Coherence, Refusal};
use sgdma::segment::{BusSegment, SegmentList};
use sgdma::sg_table::SgTable;

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

/// Entries of four lengths in turn, their order on the bus turned round in groups of eight.
fn mixed(start: u32, count: u32, turn: u32) -> Vec<BusSegment> {
    (0..count)
        .map(|i| BusSegment::new(BusAddr::new(start + (i ^ turn) * 0x2000), 0x400 << (i & 3)))
        .collect()
}

/// Entries that begin 20 bytes into a cache line: heads, bodies, tails and edges.
fn rough(start: u32, count: u32) -> Vec<BusSegment> {
    (0..count).map(|i| BusSegment::new(BusAddr::new(start + i * 0x2000 + 20), 0x1000)).collect()
}

/// Pages, but every 64th as in [`rough`].
fn headed(start: u32, count: u32) -> Vec<BusSegment> {
    let mut list = pages(start, count);
    for entry in list.iter_mut().step_by(64) {
        entry.addr = BusAddr::new(entry.addr.get() + 20);
    }
    list
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
        case("mixed-256", mixed(from, 256, 7), mixed(from + 0x20_0000, 256, 1), full),
        case("rough-256", rough(from, 256), rough(to, 256), full),
        case("headed-256", headed(from, 256), headed(to, 256), full),
        case("boundary-256", pages(from, 256), pages(to, 256), full.with_boundary(0x1_0000)?),
        case("lite-1MiB", one(from), one(to), lite),
    ])
}

/// Where the host's memory would be on the bus. Caches cost nothing: there is nothing to do.
struct Flat {
    start: usize,
    len: usize,
}

// SAFETY: no engine runs here.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl AddressMap for Flat {
    fn bus_address(&self, span: CpuSpan, _: Access) -> Result<BusAddr, Refusal> {
        let at = span.start().get().wrapping_sub(self.start);
        let inside = at < self.len && span.len() <= self.len - at;
        let at = u32::try_from(at).ok().filter(|_| inside).ok_or(Refusal::Unmapped)?;
        Ok(BusAddr::new(0xC100_0000 + at))
    }

    /// As the firmware does it: the whole of the region.
    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        self.bus_address(span, access)?;
        let all = CpuSpan::new(CpuAddr::new(self.start), self.len).ok_or(Refusal::Unmapped)?;
        Ok((all, BusAddr::new(0xC100_0000)))
    }
}

// SAFETY: as above.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl Coherence for Flat {
    fn clean_invalidate(&self, _: CpuSpan) {}
    fn invalidate(&self, _: CpuSpan) {}
    fn clean_invalidate_all(&self) {}
    fn barrier(&self) {}
}

type Tables<'m> = (SgTable<'m, Shared>, SgTable<'m, Exclusive>);
type Both<'m, 'p> =
    (Mapped<'m, 'p, ToDevice, Shared, Flat>, Mapped<'m, 'p, FromDevice, Exclusive, Flat>);

#[inline(never)]
fn measured_map<'m, 'p>(
    (source, dest): Tables<'m>,
    device: &Device<'p, Flat>,
) -> Result<Both<'m, 'p>, MapError> {
    let source = source.map(ToDevice, device).map_err(|rejected| rejected.reason)?;
    Ok((source, dest.map(FromDevice, device).map_err(|rejected| rejected.reason)?))
}

#[inline(never)]
fn measured_lower<'a, S, D>(
    (source, destination): (S, D),
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: IntoIterator<IntoIter: SegmentList>,
    D: IntoIterator<IntoIter: SegmentList>,
{
    lower::copy(source, destination, limits, storage)
}

#[inline(never)]
fn measured_verify<S, D>(
    (source, destination): (S, D),
    limits: &Constraints,
    plan: &Plan<'_>,
) -> Result<(), sgdma::chain::ChainError>
where
    S: IntoIterator<IntoIter: SegmentList>,
    D: IntoIterator<IntoIter: SegmentList>,
{
    verify::copy(&verify::Chain::of(plan, SLOTS), &Rules::new(limits), source, destination)
}

fn copy<S, D>(source: S, dest: D, limits: &Constraints) -> Result<usize, Box<dyn Error>>
where
    S: IntoIterator<IntoIter: SegmentList> + Clone,
    D: IntoIterator<IntoIter: SegmentList> + Clone,
{
    let mut blocks = vec![ControlBlock::default(); 8192];
    let mut edges = vec![Edge::default(); 1024];
    let storage = Storage { blocks: &mut blocks, chain: CHAIN, edges: &mut edges, slots: SLOTS };
    let lists = (source, dest);
    let plan = measured_lower(black_box(lists.clone()), black_box(limits), black_box(storage))?;
    measured_verify(black_box(lists), black_box(limits), black_box(&plan))?;
    Ok(plan.blocks.len())
}

fn run(case: &Case) -> Result<usize, Box<dyn Error>> {
    copy(&case.source, &case.destination, &case.limits)
}

/// Two tables of `count` entries of 4 KiB, mapped, and copied from one to the other.
fn run_mapped(count: usize) -> Result<usize, Box<dyn Error>> {
    let mut memory = vec![0_u8; (2 * count + 1) * 0x2000];
    let skip = memory.as_ptr().align_offset(0x1000);
    let memory = memory.get_mut(skip..).unwrap_or_default();
    let platform = Flat { start: memory.as_ptr().addr(), len: memory.len() };
    let (from, to) = memory.split_at_mut(count * 0x2000);
    let (mut room, mut more) = (vec![Entry::EMPTY; count], vec![Entry::EMPTY; count]);
    let (mut source, mut dest) = (SgTable::new(&mut room), SgTable::new(&mut more));
    for page in from.chunks_exact(0x2000) {
        source.push(page.get(..0x1000).unwrap_or_default()).map_err(|no| no.reason)?;
    }
    for page in to.chunks_exact_mut(0x2000).take(count) {
        dest.push(page.get_mut(..0x1000).unwrap_or_default()).map_err(|no| no.reason)?;
    }
    let device = Device::new(&platform);
    let (source, dest) = measured_map(black_box((source, dest)), black_box(&device))?;
    copy(source.segments(), dest.segments(), &Constraints::memory(ChannelKind::Full))
}

/// One entry copied to one other through a frame, as a driver does it. `plan_only` is what lowers, verifies and commits.
fn run_frame() -> Result<usize, Box<dyn Error>> {
    #[repr(align(64))]
    struct Memory([u8; 0x4000]);
    let mut memory = Box::new(Memory([0; 0x4000]));
    let platform = Flat { start: memory.0.as_ptr().addr(), len: memory.0.len() };
    let (from, rest) = memory.0.split_at_mut(0x1000);
    let (to, coherent) = rest.split_at_mut(0x1000);
    let span = CpuSpan::of(std::ptr::from_ref(coherent));
    let bus = platform.bus_address(span, Access::Write)?;
    let start = NonNull::from(coherent).cast();
    // SAFETY: the rest of `memory`, which is named by nothing else from here on; no engine runs.
    let region = unsafe { CoherentRegion::new(start, 0x2000, bus) };
    let mut nodes = [const { Node::empty() }; Pool::nodes_for(0x2000)];
    let pool = Pool::new(region, &mut nodes)?;
    let (mut blocks, mut edges) = ([ControlBlock::default(); 4], [Edge::default(); 4]);
    let mut frame = Frame::lent(&pool, &mut blocks, &mut edges, 64)?;
    let (mut one, mut other) = ([Entry::EMPTY; 1], [Entry::EMPTY; 1]);
    let (mut source, mut dest) = (SgTable::new(&mut one), SgTable::new(&mut other));
    source.push(&*from).map_err(|no| no.reason)?;
    dest.push(to).map_err(|no| no.reason)?;
    let device = Device::new(&platform);
    let (mut source, mut dest) = measured_map((source, dest), &device)?;
    let limits = Constraints::memory(ChannelKind::Full);
    let mut copy = frame.copy_lent(&mut source, &mut dest, black_box(&limits))?;
    Ok(black_box(&mut copy).counts().blocks)
}

fn report(name: &str, blocks: &Result<usize, Box<dyn Error>>) -> bool {
    match blocks {
        Ok(blocks) => println!("{name} {blocks}"),
        Err(error) => eprintln!("{name}: {error}"),
    }
    blocks.is_ok()
}

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    let wants = |name: &str| wanted.as_deref().is_none_or(|wanted| name == wanted);
    let Ok(cases) = cases() else { return ExitCode::FAILURE };
    let lists = cases.iter().filter(|case| wants(case.name));
    let mut good = lists.map(|case| report(case.name, &run(case))).fold(true, |all, one| all & one);
    good &= !wants("frame-1") || report("frame-1", &run_frame());
    for count in [1, 16, 256, 4096] {
        let name = format!("mapped-{count}");
        good &= !wants(&name) || report(&name, &run_mapped(count));
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
