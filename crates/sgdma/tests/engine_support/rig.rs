//! The shipped driver on the strict model, with a probe between them: it counts accesses, and it can lie.

use core::cell::Cell;
use core::ptr::NonNull;

use dma_model::{Builder, Fault, Layout, Model, Occurs, Pending, Profile};
use sgdma::address::{BusAddr, CpuSpan};
use sgdma::buffer::CoherentRegion;
use sgdma::coherence::{Node, Pool};
use sgdma::engine::Engine;
use sgdma::frame::{Frame, FrameSize};
use sgdma::map::Device;
use sgdma::platform::{
    Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
};
use sgdma::register::{ChannelId, Register};

/// The driver's whole work in one interrupt handler, of one channel (see `Engine::interrupt`).
pub const HANDLER_MOST: u32 = 6_076 + 8 + 2;
/// The same where nothing is wrong.
pub const HANDLER_USUALLY: u32 = 3 + 4 + 1;

const CS_ACTIVE: u32 = 1;

/// What the probe lies about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    #[default]
    None,
    /// Whatever is done to this channel, ACTIVE stays set, and so it is not at rest.
    NeverAtRest(u8),
    /// Each sleep ends at once, and says that what it waits for is there.
    Insomnia,
}

/// The model, and what the driver does to it.
pub struct Probe<'m> {
    pub model: &'m Model,
    pub lie: Cell<Lie>,
    pub accesses: Cell<u32>,
    /// Writes of `CONBLK_AD`: chains that were loaded.
    pub starts: Cell<u32>,
    /// The most accesses of one call of the handler.
    pub longest: Cell<u32>,
    /// Sleeps.
    pub sleeps: Cell<u32>,
    /// Coherent buffers that a test has forgotten on purpose.
    pub forgotten: Cell<u32>,
}

impl<'m> Probe<'m> {
    pub fn new(model: &'m Model) -> Self {
        let zero = || Cell::new(0);
        let [accesses, starts, longest, sleeps, forgotten] = [(); 5].map(|()| zero());
        Self { model, lie: Cell::default(), accesses, starts, longest, sleeps, forgotten }
    }

    fn count(&self) {
        self.accesses.set(self.accesses.get() + 1);
    }
}

// SAFETY: the model keeps the promise. What the probe makes up it makes up for the worse: a channel that is not at rest.
unsafe impl Registers for Probe<'_> {
    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        self.count();
        let value = self.model.read(channel, register);
        match (self.lie.get(), register) {
            (Lie::NeverAtRest(this), Register::Cs) if this == channel.number() => value | CS_ACTIVE,
            _ => value,
        }
    }

    fn write(&self, authority: Authority, channel: ChannelId, register: Register, value: u32) {
        self.count();
        let start = register == Register::ConblkAd;
        self.starts.set(self.starts.get() + u32::from(start));
        self.model.write(authority, channel, register, value);
    }

    fn interrupt_status(&self) -> u32 {
        self.model.interrupt_status()
    }

    fn enable(&self) -> u32 {
        self.count();
        self.model.enable()
    }

    fn set_enable(&self, value: u32) {
        self.count();
        self.model.set_enable(value);
    }
}

// SAFETY: the model's own answers.
unsafe impl AddressMap for Probe<'_> {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        self.model.bus_address(span, access)
    }

    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        self.model.reach(span, access)
    }
}

// SAFETY: the model's own work.
unsafe impl Coherence for Probe<'_> {
    fn clean_invalidate(&self, span: CpuSpan) {
        self.model.clean_invalidate(span);
    }

    fn invalidate(&self, span: CpuSpan) {
        self.model.invalidate(span);
    }

    fn clean_invalidate_all(&self) {
        self.model.clean_invalidate_all();
    }

    fn barrier(&self) {
        self.count();
        self.model.barrier();
    }
}

impl Clock for Probe<'_> {
    fn now(&self) -> Instant {
        self.model.now()
    }

    fn frequency(&self) -> u64 {
        self.model.frequency()
    }
}

impl Idle for Probe<'_> {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        self.sleeps.set(self.sleeps.get() + 1);
        match self.lie.get() {
            Lie::Insomnia => Woken::Ready,
            _ => self.model.sleep_until(deadline, ready),
        }
    }
}

/// A machine with the driver on it.
#[derive(Clone, Copy)]
pub struct Rig<'a> {
    pub model: &'a Model,
    pub probe: &'a Probe<'a>,
    pub pool: &'a Pool<'a>,
    pub engine: &'a Engine<&'a Probe<'a>>,
}

/// A machine to be made.
pub struct Machine {
    pub profile: Profile,
    pub seed: u64,
    pub heap: usize,
    pub coherent: usize,
    pub faults: Vec<(Fault, Occurs)>,
}

impl Machine {
    pub fn hardware(seed: u64) -> Self {
        let faults = Vec::new();
        Self { profile: Profile::Hardware, seed, heap: 16 << 10, coherent: 16 << 10, faults }
    }

    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push((fault, Occurs::Once));
        self
    }

    fn build(self) -> Model {
        let layout = Layout::new(self.heap, self.coherent);
        let builder = Builder::new(self.profile, self.seed).layout(layout);
        let plan = |builder: Builder, (fault, occurs)| builder.fault(fault, occurs);
        self.faults.into_iter().fold(builder, plan).build()
    }

    /// Runs a test on it: the driver's interrupt handler is in place, and in the end nothing is left anywhere.
    pub fn run<R>(self, body: impl for<'a> FnOnce(Rig<'a>) -> R) -> R {
        let model = self.build();
        let mut nodes = nodes(&model);
        let pool = pool(&model, &mut nodes);
        let probe = Probe::new(&model);
        let engine = Engine::new(&probe, model.mask());
        let rig = Rig { model: &model, probe: &probe, pool: &pool, engine: &engine };
        let result = model.serving(&|_, pending| rig.handle(pending), || {
            let result = body(rig);
            rig.settle();
            result
        });
        let levels = pool.levels();
        assert_eq!((levels.buffers, levels.faults), (probe.forgotten.get(), 0), "the pool");
        result
    }

    /// The same for as long as the process lives, for what wants `'static`.
    pub fn leak(self) -> Rig<'static> {
        let model: &Model = Box::leak(Box::new(self.build()));
        let pool = Box::leak(Box::new(pool(model, nodes(model).leak())));
        let probe: &Probe<'_> = Box::leak(Box::new(Probe::new(model)));
        let engine = Box::leak(Box::new(Engine::new(probe, model.mask())));
        let rig = Rig { model, probe, pool, engine };
        model.attach(move |_, pending| rig.handle(pending));
        rig
    }
}

fn coherent(model: &Model) -> CoherentRegion {
    let memory = model.coherent_memory();
    let bus = model.bus_address(model.coherent_span(), Access::Write).unwrap();
    let start = NonNull::new(memory.cast::<u8>()).unwrap();
    // SAFETY: the model's coherent memory, which nothing else names.
    unsafe { CoherentRegion::new(start, u32::try_from(memory.len()).unwrap(), bus) }
}

fn nodes(model: &Model) -> Vec<Node> {
    let len = u32::try_from(model.coherent_memory().len()).unwrap();
    (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect()
}

fn pool<'n>(model: &Model, nodes: &'n mut [Node]) -> Pool<'n> {
    Pool::new(coherent(model), nodes).unwrap()
}

impl<'a> Rig<'a> {
    pub fn device(&self) -> Device<'a, Probe<'a>> {
        Device::new(self.probe)
    }

    pub fn frame(&self) -> Frame<'a> {
        Frame::new(self.pool, FrameSize { blocks: 24, edges: 8, slot_bytes: 1024 }).unwrap()
    }

    /// Room for so many blocks and nothing else: one coherent buffer.
    pub fn small_frame(&self, blocks: usize) -> Frame<'a> {
        Frame::new(self.pool, FrameSize { blocks, edges: 0, slot_bytes: 0 }).unwrap()
    }

    /// The firmware's dispatch: a line each for channels 0 to 10, one for 11 to 14.
    pub fn handle(&self, pending: Pending) {
        for channel in (0..=10).filter_map(ChannelId::new) {
            if pending.bank1 & 1 << (16 + channel.number()) != 0 {
                let accesses = self.counted(|| self.engine.interrupt(channel));
                assert!(accesses <= HANDLER_MOST, "{accesses} accesses in one interrupt");
                self.probe.longest.set(self.probe.longest.get().max(accesses));
            }
        }
        if pending.bank1 & 1 << 27 != 0 {
            let accesses = self.counted(|| self.engine.interrupt_shared(0x7800));
            assert!(accesses <= 4 * HANDLER_MOST, "{accesses} accesses in one interrupt of four");
        }
    }

    /// The accesses that it takes.
    fn counted(&self, work: impl FnOnce()) -> u32 {
        self.probe.accesses.set(0);
        work();
        self.probe.accesses.get()
    }

    /// A buffer of so many bytes that owns its lines and has no neighbour.
    pub fn buffer(&self, len: usize) -> &'a mut [u8] {
        let _gap = self.model.buffer(1, 64, 0);
        self.model.buffer(len, 64, 0)
    }

    /// A buffer of so many bytes that begins in the middle of a line.
    pub fn crooked(&self, len: usize, offset: usize) -> &'a mut [u8] {
        let _gap = self.model.buffer(1, 64, 0);
        self.model.buffer(len, 64, offset)
    }

    /// Lets everything happen that can still happen: late interrupts, writes on the bus.
    pub fn settle(&self) {
        for _ in 0..40 {
            self.model.run(50);
            self.model.deliver();
        }
    }

    /// The machine's memory as the engine sees it.
    pub fn memory(&self) -> Vec<u8> {
        let ends = ["text", "stack"].map(|name| self.model.region_span(name).unwrap());
        let memory =
            self.model.device_view(0xC010_0000, ends[1].end().get() - ends[0].start().get());
        assert!(memory.iter().any(|byte| *byte != 0), "the view is of something");
        memory
    }
}

/// So many seeds; under Miri, which is some thousand times slower, the one in the middle.
pub fn seeds(count: u64) -> core::ops::Range<u64> {
    if cfg!(miri) { count / 2..count / 2 + 1 } else { 0..count }
}

/// All of them, or under Miri one in so many.
pub fn sampled<T>(all: impl IntoIterator<Item = T>, one_in: usize) -> impl Iterator<Item = T> {
    all.into_iter().step_by(if cfg!(miri) { one_in } else { 1 })
}

/// Numbers that are all different in neighbouring places.
pub fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| rng.u8(..)).collect()
}

pub fn channel(number: u8) -> ChannelId {
    ChannelId::new(number).unwrap()
}
