//! Random programs of map, sync, CPU access, transfer, unmap, over memory with dirty neighbours.
#![expect(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

use core::marker::PhantomData;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::time::Duration;

use dma_model::{Builder, Layout, Model, Pending, Profile, Violation};
use fastrand::Rng;
use sgdma::address::BusAddr;
use sgdma::buffer::{CoherentRegion, Exclusive, LineBuffer};
use sgdma::coherence::{CoherentBuffer, Node, Pool};
use sgdma::engine::{Engine, Need};
use sgdma::frame::{Frame, FrameSize};
use sgdma::ledger::{Ledger, Slot};
use sgdma::map::{
    Bidirectional, CpuView, Device, Direction, EngineReads, EngineWrites, FromDevice, Mapped,
    ToDevice,
};
use sgdma::platform::{Access, AddressMap};
use sgdma::register::ChannelId;
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;
use sgdma::transfer::Pattern;

use super::gap::Gap;
use super::heap::Serving;
use super::saboteur::{Saboteur, Sin, Step};

const LINE: usize = 64;
/// Of the model's heap, for what is allocated by whole lines.
const OWNED: usize = 8 << 10;

pub type Map<'b, 'a, D> = Mapped<'b, 'a, D, Exclusive, Saboteur<'a>>;
type View<'b, 'a, D> = CpuView<'b, 'a, D, Exclusive, Saboteur<'a>>;
pub type Channel<'a> = sgdma::channel::Channel<'a, &'a Saboteur<'a>>;

/// A machine with the shipped driver on it, and the saboteur in between.
#[derive(Clone, Copy)]
pub struct Rig<'a> {
    pub model: &'a Model,
    pub platform: &'a Saboteur<'a>,
    pub pool: &'a Pool<'a>,
    pub engine: &'a Engine<&'a Saboteur<'a>>,
    pub ledger: &'a Ledger,
}

/// What came of a program.
#[derive(Debug)]
pub struct Verdict {
    pub outcome: Result<(), String>,
    pub violations: Vec<Violation>,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.outcome.is_ok() && self.violations.is_empty()
    }

    pub fn names(&self) -> Vec<&'static str> {
        let wrong = self.outcome.is_err().then_some("a wrong byte");
        self.violations.iter().map(Violation::name).chain(wrong).collect()
    }
}

/// Runs a body on a new machine; in the end nothing is left anywhere.
pub fn on_machine(
    profile: Profile,
    seed: u64,
    sin: Sin,
    body: impl for<'a> FnOnce(Rig<'a>) -> Result<(), String>,
) -> Verdict {
    let layout = Layout::new(32 << 10, 32 << 10);
    let model = Builder::new(profile, seed).layout(layout).build();
    let region = region(&model, sin);
    let mut nodes: Vec<Node> = (0..Pool::nodes_for(region.len())).map(|_| Node::empty()).collect();
    let pool = Pool::new(region, &mut nodes).unwrap();
    let platform = Saboteur::new(&model, sin);
    let engine = Engine::new(&platform, model.mask());
    let ledger: &Ledger = &Ledger::<[Slot; 64]>::new();
    let rig = Rig { model: &model, platform: &platform, pool: &pool, engine: &engine, ledger };
    let serving = Serving::from(model.buffer(OWNED, LINE, 0));
    let outcome = model.serving(&|_, pending| rig.handle(pending), || {
        let outcome = body(rig);
        rig.settle();
        outcome
    });
    drop(serving);
    let violations = model.judge();
    let outcome = outcome.and_then(|()| rig.is_empty());
    Verdict { outcome, violations }
}

fn region(model: &Model, sin: Sin) -> CoherentRegion {
    let memory: *mut [u8] = match sin {
        Sin::CachedBlocks => model.buffer(16 << 10, 4096, 0),
        _ => model.coherent_memory(),
    };
    let span = sgdma::address::CpuSpan::of(memory);
    let bus: BusAddr = model.bus_address(span, Access::Write).unwrap();
    let start = NonNull::new(memory.cast::<u8>()).unwrap();
    // SAFETY: the model's memory, which nothing else names. (Cached, where that is the sin.)
    unsafe { CoherentRegion::new(start, u32::try_from(memory.len()).unwrap(), bus) }
}

impl<'a> Rig<'a> {
    pub fn device(&self) -> Device<'a, Saboteur<'a>> {
        Device::new(self.platform).with_ledger(self.ledger)
    }

    pub fn frame(&self) -> Frame<'a> {
        let size = FrameSize { blocks: 96, edges: 48, slot_bytes: 6 << 10 };
        Frame::new(self.pool, size).unwrap()
    }

    fn handle(&self, pending: Pending) {
        for channel in (0..=10).filter_map(ChannelId::new) {
            if pending.bank1 & 1 << (16 + channel.number()) != 0 {
                self.engine.interrupt(channel);
            }
        }
        if pending.bank1 & 1 << 27 != 0 {
            self.engine.interrupt_shared(0x7800);
        }
    }

    /// Lets everything happen that can still happen.
    pub fn settle(&self) {
        for _ in 0..10 {
            self.model.run(50);
            self.model.deliver();
        }
    }

    fn is_empty(&self) -> Result<(), String> {
        let (levels, ledger) = (self.pool.levels(), self.ledger);
        if (levels.used, levels.buffers, levels.faults) != (0, 0, 0) {
            return Err(format!("the pool: {levels}"));
        }
        let left = (ledger.live(), ledger.unrecorded(), ledger.misuses().0);
        if left == (0, 0, 0) { Ok(()) } else { Err(ledger.to_string()) }
    }
}

/// A direction, and how the CPU gets to look.
pub trait Looked: Direction {
    const THIS: Self;

    fn look<'b, 'a>(mapped: Map<'b, 'a, Self>) -> View<'b, 'a, Self>;
}

impl Looked for ToDevice {
    const THIS: Self = Self;

    fn look<'b, 'a>(mapped: Map<'b, 'a, Self>) -> View<'b, 'a, Self> {
        mapped.lend_to_cpu()
    }
}

impl Looked for FromDevice {
    const THIS: Self = Self;

    fn look<'b, 'a>(mapped: Map<'b, 'a, Self>) -> View<'b, 'a, Self> {
        mapped.sync_for_cpu()
    }
}

impl Looked for Bidirectional {
    const THIS: Self = Self;

    fn look<'b, 'a>(mapped: Map<'b, 'a, Self>) -> View<'b, 'a, Self> {
        mapped.sync_for_cpu()
    }
}

/// The lengths of entries that make `total` bytes.
fn lengths(rng: &mut Rng, total: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..rng.usize(..6)).map(|_| rng.usize(..total)).collect();
    cuts.extend([0, total]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| cut[1] - cut[0]).filter(|len| *len != 0).collect()
}

fn cached<'a>(rig: Rig<'a>, rng: &mut Rng, total: usize) -> (SgTable<'a, Exclusive>, Vec<Gap<'a>>) {
    let lengths = lengths(rng, total);
    let gap = |rng: &mut Rng| match rng.u8(..4) {
        0 => 0,
        1 => rng.usize(1..8),
        _ => rng.usize(1..100),
    };
    let spaces: Vec<usize> = (0..=lengths.len()).map(|_| gap(rng)).collect();
    let offset = rng.usize(..LINE);
    let mut rest = rig.model.buffer(total + spaces.iter().sum::<usize>(), LINE, offset);
    let (mut pieces, mut gaps) = (Vec::new(), Vec::new());
    for (n, space) in spaces.iter().enumerate() {
        let (bytes, after) = rest.split_at_mut(*space);
        gaps.push(Gap::new(bytes));
        let (piece, after) = after.split_at_mut(lengths.get(n).copied().unwrap_or(0));
        pieces.push(piece);
        rest = after;
    }
    pieces.pop();
    gaps.retain(|gap| gap.len() > 0);
    if rng.bool() {
        rng.shuffle(&mut pieces);
    }
    let mut table = SgTable::growing();
    for piece in pieces {
        table.push(piece).unwrap();
    }
    (table, gaps)
}

fn line_owned<'b>(rng: &mut Rng, total: usize) -> SgTable<'b, Exclusive> {
    let mut table = SgTable::growing();
    for len in lengths(rng, total) {
        table.push_buffer(LineBuffer::zeroed(len).unwrap()).unwrap();
    }
    table
}

fn coherent<'b, 'a>(
    rig: Rig<'a>,
    rng: &mut Rng,
    total: usize,
    home: &'b mut Vec<CoherentBuffer<'a>>,
) -> SgTable<'b, Exclusive> {
    for len in lengths(rng, total) {
        home.push(rig.pool.alloc(u32::try_from(len).unwrap(), 1).unwrap());
    }
    let mut table = SgTable::growing();
    for buffer in home {
        table.push(buffer).unwrap();
    }
    table
}

/// The bytes of both sides, in the tables' order.
struct Expected {
    source: Vec<u8>,
    destination: Vec<u8>,
}

/// All that a transfer needs besides frame and sides.
pub struct Trip<'b, 'a> {
    rig: Rig<'a>,
    rng: Rng,
    channel: Channel<'a>,
    gaps: Vec<Gap<'b>>,
    /// A byte of the destination, for the sin of storing there.
    target: Option<usize>,
    expected: Expected,
}

type Sides<'b, 'a, S, D> = (Frame<'a>, Map<'b, 'a, S>, Map<'b, 'a, D>);

impl<'b, 'a> Trip<'b, 'a> {
    /// The CPU writes beside the tables.
    fn disturb(&mut self) {
        for _ in 0..self.rng.usize(..5) {
            let Some(gap) = self.rng.choice(self.gaps.iter_mut()) else { return };
            let at = self.rng.usize(..gap.len());
            gap.write(at, self.rng.u8(..));
        }
    }

    fn store_under_the_engine(&self) {
        if let (Sin::StoreUnderEngine, Some(target)) = (self.rig.platform.sin, self.target) {
            let byte = with_exposed_provenance_mut::<u8>(target);
            // SAFETY: a byte of the model's memory, whose provenance is exposed.
            let value = unsafe { byte.read_volatile() };
            // SAFETY: as above. What the sin is against is the engine, not the compiler.
            unsafe { byte.write_volatile(!value) };
        }
    }

    /// Copies one to the other.
    fn copy<S: EngineReads, D: EngineWrites>(
        &mut self,
        (frame, source, destination): Sides<'b, 'a, S, D>,
    ) -> Result<Sides<'b, 'a, S, D>, String> {
        let limits = self.channel.constraints();
        let copy = frame.copy(source, destination, &limits);
        let copy = copy.map_err(|refused| refused.to_string())?;
        self.fly(copy).map(sgdma::transfer::Prepared::into_parts)
    }

    fn fill<S: EngineReads, D: EngineWrites>(
        &mut self,
        (frame, source, destination): Sides<'b, 'a, S, D>,
    ) -> Result<Sides<'b, 'a, S, D>, String> {
        let limits = self.channel.constraints();
        let value = self.rng.u8(..);
        self.expected.destination.fill(value);
        let fill = frame.fill(Pattern(value), destination, &limits);
        let fill = fill.map_err(|refused| refused.to_string())?;
        let (frame, _, destination) = self.fly(fill)?.into_parts();
        Ok((frame, source, destination))
    }

    fn fly<T: sgdma::transfer::Payload>(&mut self, transfer: T) -> Result<T, String> {
        self.rig.platform.enter(Step::Run);
        let rig = self.rig;
        rig.engine.scope(|scope| {
            let flight = scope.submit(&self.channel, transfer).map_err(|no| no.to_string())?;
            self.channel.issue_pending();
            rig.model.run(self.rng.u32(..40));
            self.disturb();
            self.store_under_the_engine();
            flight.wait(Duration::from_millis(20)).map_err(|failed| failed.to_string())
        })
    }

    /// The CPU looks at all of it and writes some.
    fn look<D: Looked>(
        &mut self,
        mapped: Map<'b, 'a, D>,
        back: Step,
    ) -> Result<Map<'b, 'a, D>, String> {
        self.rig.platform.enter(Step::SyncForCpu);
        let mut view = D::look(mapped);
        let expected = match back {
            Step::SourceForDevice => &mut self.expected.source,
            _ => &mut self.expected.destination,
        };
        same(&view.bytes(), expected, "after a sync for the CPU")?;
        let len = self.rng.usize(..=expected.len());
        let at = self.rng.usize(..=expected.len() - len);
        self.rng.fill(&mut expected[at..at + len]);
        assert_eq!(view.bytes_mut().pcopy_from_buffer(at, &expected[at..at + len]), len);
        self.disturb();
        self.rig.platform.enter(back);
        Ok(view.sync_for_device())
    }
}

fn same(bytes: &sgdma::scatterlist::Bytes<'_>, expected: &[u8], when: &str) -> Result<(), String> {
    match bytes.equals(expected) {
        Equality::Equal => Ok(()),
        Equality::DiffersAt(at) => Err(format!("{when}: byte {at} is another")),
    }
}

/// The directions of a program, and its transfers.
pub trait Pair {
    type S: Looked + EngineReads;
    type D: Looked + EngineWrites;

    fn transfer<'b, 'a>(
        trip: &mut Trip<'b, 'a>,
        sides: Sides<'b, 'a, Self::S, Self::D>,
    ) -> Result<Sides<'b, 'a, Self::S, Self::D>, String>;
}

/// From source to destination.
pub struct OneWay<S, D>(PhantomData<(S, D)>);

impl<S: Looked + EngineReads, D: Looked + EngineWrites> Pair for OneWay<S, D> {
    type S = S;
    type D = D;

    fn transfer<'b, 'a>(
        trip: &mut Trip<'b, 'a>,
        sides: Sides<'b, 'a, S, D>,
    ) -> Result<Sides<'b, 'a, S, D>, String> {
        if trip.rng.u8(..6) == 0 {
            return trip.fill(sides);
        }
        trip.expected.destination.clone_from(&trip.expected.source);
        trip.copy(sides)
    }
}

/// And back, as it comes, without a sync between.
pub struct BothWays;

impl Pair for BothWays {
    type S = Bidirectional;
    type D = Bidirectional;

    fn transfer<'b, 'a>(
        trip: &mut Trip<'b, 'a>,
        sides: Sides<'b, 'a, Bidirectional, Bidirectional>,
    ) -> Result<Sides<'b, 'a, Bidirectional, Bidirectional>, String> {
        if trip.rng.bool() {
            return OneWay::transfer(trip, sides);
        }
        let (frame, source, destination) = sides;
        trip.expected.source.clone_from(&trip.expected.destination);
        let (frame, destination, source) = trip.copy((frame, destination, source))?;
        Ok((frame, source, destination))
    }
}

/// A byte in a line that is all the table's.
fn target(table: &SgTable<'_, Exclusive>) -> Option<usize> {
    table.entries().find_map(|entry| {
        let first = entry.span.start().get().next_multiple_of(LINE);
        (first + LINE <= entry.span.end().get()).then_some(first + 7)
    })
}

fn program<P: Pair>(rig: Rig<'_>, mut rng: Rng) -> Result<(), String> {
    let most = *rng.choice(&[8, 64, 300, 700]).unwrap_or(&8);
    let total = rng.usize(1..=most);
    let need = if rng.bool() { Need::Any } else { Need::Full };
    let channel = rig.engine.request(need, "program").map_err(|no| no.to_string())?;
    let mut homes = [Vec::new(), Vec::new()];
    let mut gaps = Vec::new();
    let [mut source, mut destination] = homes.each_mut().map(|home| match rng.u8(..6) {
        0 => line_owned(&mut rng, total),
        1 => coherent(rig, &mut rng, total, home),
        _ => {
            let (table, beside) = cached(rig, &mut rng, total);
            gaps.extend(beside);
            table
        }
    });
    let [first, second] = [0, 1].map(|_| (0..total).map(|_| rng.u8(..)).collect::<Vec<u8>>());
    source.bytes_mut().copy_from_buffer(&first);
    destination.bytes_mut().copy_from_buffer(&second);
    let target = target(&destination);
    let expected = Expected { source: first, destination: second };
    let mut trip = Trip { rig, rng, channel, gaps, target, expected };
    let mut frame = rig.frame();
    for _ in 0..trip.rng.usize(1..=2) {
        (frame, source, destination) = mapping::<P>(&mut trip, frame, source, destination)?;
        same(&source.bytes(), &trip.expected.source, "the source, unmapped")?;
        same(&destination.bytes(), &trip.expected.destination, "the destination, unmapped")?;
    }
    let intact = trip.gaps.iter().all(Gap::is_intact);
    intact.then_some(()).ok_or_else(|| "a neighbour's byte".to_string())
}

type Unmapped<'b, 'a> = (Frame<'a>, SgTable<'b, Exclusive>, SgTable<'b, Exclusive>);

/// From map to unmap.
fn mapping<'b, 'a, P: Pair>(
    trip: &mut Trip<'b, 'a>,
    frame: Frame<'a>,
    source: SgTable<'b, Exclusive>,
    destination: SgTable<'b, Exclusive>,
) -> Result<Unmapped<'b, 'a>, String> {
    let rig = trip.rig;
    rig.platform.enter(Step::MapSource);
    let source = source.map(P::S::THIS, &rig.device()).map_err(|no| no.to_string())?;
    trip.disturb();
    rig.platform.enter(Step::MapDestination);
    let destination = destination.map(P::D::THIS, &rig.device()).map_err(|no| no.to_string())?;
    let mut sides = (frame, source, destination);
    for _ in 0..trip.rng.usize(..4) {
        trip.disturb();
        sides = P::transfer(trip, sides)?;
        trip.disturb();
        let (frame, mut source, mut destination) = sides;
        if trip.rng.bool() {
            source = trip.look(source, Step::SourceForDevice)?;
        }
        if trip.rng.bool() {
            destination = trip.look(destination, Step::DestinationForDevice)?;
        }
        sides = (frame, source, destination);
    }
    trip.disturb();
    rig.platform.enter(Step::Unmap);
    let (frame, source, destination) = sides;
    Ok((frame, source.unmap(), destination.unmap()))
}

/// The program of this seed, with this mistake in the platform.
pub fn run(profile: Profile, seed: u64, sin: Sin) -> Verdict {
    on_machine(profile, seed, sin, |rig| {
        let rng = Rng::with_seed(seed);
        match seed % 4 {
            0 => program::<OneWay<ToDevice, FromDevice>>(rig, rng),
            1 => program::<OneWay<Bidirectional, FromDevice>>(rig, rng),
            2 => program::<OneWay<ToDevice, Bidirectional>>(rig, rng),
            _ => program::<BothWays>(rig, rng),
        }
    })
}
