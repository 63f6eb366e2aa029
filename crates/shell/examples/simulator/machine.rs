//! The simulated machine: the strict model's engine and memory, and a line to somewhere.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use bcm2837::pins::Pin;
use bcm2837::registers::{Before, Registers};
use bcm2837::{pwm, spi};
use dma_model::{Builder, Fault, Layout, Model, Occurs, Profile};
use sgdma::buffer::{CoherentRegion, Exclusive, Piece, Shared};
use sgdma::coherence::{Node, Pool};
use sgdma::engine::Engine;
use sgdma::ledger::{Ledger, Slot};
use sgdma::platform::{Access, AddressMap};
use sgdma::register::ChannelId;
use shell::machine::{
    Buffer, Clock, Counters, Dma, EngineFacts, EngineKind, Facts, Failing, Machine, MemoryKind,
    NOT_TO_BE_PLANNED, NoBuffer, Opened, PacedDevice, PlannedFault, Region, Rights, Usage,
};

/// Heap and coherent memory of the simulated machine, in bytes.
const HEAP: usize = 4 << 20;
const COHERENT: usize = 512 << 10;
/// The core clock, in Hz.
const CORE: u32 = 250_000_000;
/// The smallest buffer handed out: a cache line.
const LINE: usize = 64;

/// Takes what the console writes.
type Write = dyn Fn(&[u8]);
/// Gives what has come in.
type Poll = dyn Fn() -> Option<u8>;

/// A machine on the model. Its console bytes go to a sink; what comes in while a command runs comes from a source.
pub(crate) struct Simulated {
    model: &'static Model,
    engine: &'static Engine<&'static Model>,
    ledger: &'static Ledger,
    pool: &'static Pool<'static>,
    heap: &'static Heap,
    write: Box<Write>,
    poll: Box<Poll>,
    started: Instant,
    received: Cell<u64>,
}

/// Free buffers by size: the model hands memory out and never takes it back.
struct Heap {
    model: &'static Model,
    free: RefCell<BTreeMap<usize, VecDeque<&'static mut [u8]>>>,
    used: Cell<usize>,
    carved: Cell<usize>,
}

/// A buffer of the simulated machine's heap.
pub(crate) struct SimulatedBuffer {
    heap: &'static Heap,
    memory: &'static mut [u8],
    len: usize,
}

impl Heap {
    fn take(&'static self, len: usize) -> Option<SimulatedBuffer> {
        let size = len.max(LINE).next_power_of_two();
        let free = self.free.borrow_mut().get_mut(&size).and_then(VecDeque::pop_front);
        let memory = match free {
            Some(memory) => memory,
            None if self.carved.get() + size > HEAP => return None,
            None => {
                self.carved.set(self.carved.get() + size);
                self.model.buffer(size, LINE, 0)
            }
        };
        self.used.set(self.used.get() + size);
        Some(SimulatedBuffer { heap: self, memory, len })
    }
}

impl Deref for SimulatedBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }
}

impl DerefMut for SimulatedBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.memory.get_mut(..self.len).unwrap_or_default()
    }
}

impl Drop for SimulatedBuffer {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.memory);
        self.heap.used.set(self.heap.used.get() - memory.len());
        self.heap.free.borrow_mut().entry(memory.len()).or_default().push_back(memory);
    }
}

impl Buffer for SimulatedBuffer {
    fn to_read(&self) -> Piece<'_, Shared> {
        Piece::from(&**self)
    }

    fn to_write(&mut self) -> Piece<'_, Exclusive> {
        // The heap carves whole lines, so there always is such a piece.
        let nothing = || Piece::from(<&mut [u8]>::default());
        Piece::in_lines(self.memory, self.len).unwrap_or_else(nothing)
    }
}

/// The model's registers for the sequences that the firmware plays on the chip's.
struct Peripherals(&'static Model);

impl Registers for Peripherals {
    fn read(&self, offset: u32) -> u32 {
        self.0.read_peripheral(offset)
    }

    fn write(&self, offset: u32, value: u32) {
        self.0.write_peripheral(offset, value);
    }
}

impl Simulated {
    /// A machine that writes to `write` and asks `poll` for what comes in while a command runs. It lives for as long as
    /// the process does.
    pub(crate) fn new(
        profile: Profile,
        seed: u64,
        write: impl Fn(&[u8]) + 'static,
        poll: impl Fn() -> Option<u8> + 'static,
    ) -> Self {
        let layout = Layout::new(HEAP, COHERENT);
        let model = Builder::new(profile, seed).layout(layout).build();
        let model: &'static Model = Box::leak(Box::new(model));
        let engine: &'static Engine<_> = Box::leak(Box::new(Engine::new(model, model.mask())));
        model.attach(move |_, pending| engine.interrupt_shared(pending.channels()));
        let heap =
            Heap { model, free: RefCell::default(), used: Cell::new(0), carved: Cell::new(0) };
        Self {
            model,
            engine,
            ledger: Box::leak(Box::new(Ledger::<[Slot; 128]>::new())),
            pool: Box::leak(Box::new(pool(model))),
            heap: Box::leak(Box::new(heap)),
            write: Box::new(write),
            poll: Box::new(poll),
            started: Instant::now(),
            received: Cell::new(0),
        }
    }

    /// A buffer as it is, for a machine that puts something around it.
    pub(crate) fn take(&self, len: usize) -> Result<SimulatedBuffer, NoBuffer> {
        self.heap.take(len).ok_or(NoBuffer { len })
    }

    /// Counts a byte that came in while no command ran.
    pub(crate) fn came_in(&self) {
        self.received.set(self.received.get() + 1);
    }

    /// The model, to be judged.
    pub(crate) fn model(&self) -> &'static Model {
        self.model
    }
}

/// A pool over the model's coherent memory.
#[expect(clippy::expect_used, reason = "a simulator without its memory cannot start")]
fn pool(model: &Model) -> Pool<'static> {
    let memory = model.coherent_memory();
    let bus = model.bus_address(model.coherent_span(), Access::Write).expect("open to the engine");
    let len = u32::try_from(memory.len()).expect("half a megabyte");
    let start = NonNull::new(memory.cast::<u8>()).expect("the model has coherent memory");
    // SAFETY: the model's coherent memory, which lives for ever and which nothing else names.
    let region = unsafe { CoherentRegion::new(start, len, bus) };
    let nodes: Vec<Node> = (0..Pool::nodes_for(len)).map(|_| Node::empty()).collect();
    Pool::new(region, nodes.leak()).expect("the books are as large as asked for")
}

impl Machine for Simulated {
    fn write(&self, bytes: &[u8]) {
        (self.write)(bytes);
    }

    fn poll(&self) -> Option<u8> {
        let byte = (self.poll)();
        self.received.set(self.received.get() + u64::from(byte.is_some()));
        byte
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn counters(&self) -> Counters {
        let channels = (0..ChannelId::COUNT).filter_map(ChannelId::new);
        let interrupts = channels.map(|channel| self.engine.info(channel).counters.interrupts);
        Counters {
            received: self.received.get(),
            overruns: 0,
            dma_interrupts: interrupts.map(u64::from).sum(),
        }
    }

    fn facts(&self) -> Facts {
        let mask = self.model.mask();
        Facts {
            board: "simulator".into(),
            revision: 0,
            arm_memory: HEAP as u64,
            gpu_memory: 0,
            exception_level: 0,
            clocks: vec![Clock { name: "counter", hertz: 19_200_000 }],
            engine: EngineFacts {
                kind: EngineKind::Model,
                granule: self.engine.kind().granule(),
                channel_mask: mask,
                mask_source: "the model",
                channels: (0..15).filter(|n| mask >> n & 1 == 1).collect(),
            },
            reset_reason: "started by hand",
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn heap(&self) -> Usage {
        Usage { used: self.heap.used.get(), total: HEAP }
    }

    fn coherent_pool(&self) -> Usage {
        let levels = self.pool.levels();
        Usage { used: levels.used as usize, total: levels.total as usize }
    }

    fn memory_map(&self) -> Vec<Region> {
        let region = |(name, memory, cpu, engine)| {
            let span = self.model.region_span(name)?;
            let read_back = match memory {
                MemoryKind::NonCacheable => Some(0x44),
                _ => Some(0xFF),
            };
            let (start, len) = (span.start().get() as u64, span.len() as u64);
            Some(Region { name, start, len, memory, cpu, engine, read_back, registers: &[] })
        };
        [
            ("text", MemoryKind::WriteBack, Rights::ReadExecute, Rights::None),
            ("rodata", MemoryKind::WriteBack, Rights::Read, Rights::None),
            ("heap", MemoryKind::WriteBack, Rights::ReadWrite, Rights::ReadWrite),
            ("page tables", MemoryKind::WriteBack, Rights::ReadWrite, Rights::None),
            ("coherent", MemoryKind::NonCacheable, Rights::ReadWrite, Rights::ReadWrite),
            ("stack", MemoryKind::WriteBack, Rights::ReadWrite, Rights::None),
        ]
        .into_iter()
        .filter_map(region)
        .collect()
    }

    fn read_memory(&self, _: u64, _: &mut [u8]) -> Result<(), &'static str> {
        Err("the simulator's memory belongs to its model")
    }

    fn write_word(&self, _: u64, _: u32) -> Result<(), &'static str> {
        Err("the simulator's memory belongs to its model")
    }

    fn dma(&self) -> Result<Dma<'static>, &'static str> {
        Ok(Dma { engine: self.engine, pool: self.pool, ledger: self.ledger })
    }

    fn buffer(&self, len: usize) -> Result<Box<dyn Buffer>, NoBuffer> {
        Ok(Box::new(self.take(len)?))
    }

    fn plan_fault(&self, fault: PlannedFault) -> Result<(), &'static str> {
        if self.model.profile() == Profile::Qemu {
            return Err(NOT_TO_BE_PLANNED);
        }
        let PlannedFault { failing, channel, block, byte, dreq } = fault;
        let fault = match failing {
            Failing::ReadError => Fault::ReadError { channel, block, byte },
            Failing::FifoError => Fault::FifoError { channel, block },
            Failing::ReadLast => Fault::ReadLastNotSet { channel, block },
            Failing::Stuck => Fault::Stuck { channel, block, byte },
            Failing::Wedged => Fault::Wedged { channel, block, byte },
            Failing::LostInterrupt => Fault::LostInterrupt { channel },
            Failing::SpuriousInterrupt => Fault::SpuriousInterrupt { channel },
            Failing::LateInterrupt => Fault::LateInterruptAfterAbort { channel },
            Failing::DoubleInterrupt => Fault::DoubleInterrupt { channel },
            Failing::DreqNever => Fault::DreqNever { dreq },
        };
        self.model.plan(fault, Occurs::Once);
        Ok(())
    }

    fn forget_faults(&self) -> usize {
        self.model.forget()
    }

    fn bench(&self, _: &mut dyn FnMut(&str)) -> Result<usize, String> {
        Err("no instructions are counted here: use the firmware".into())
    }

    fn open(&self, device: PacedDevice) -> Result<Opened, String> {
        let registers = Peripherals(self.model);
        match device {
            PacedDevice::Spi { bytes } => {
                let before = spi::open(&registers, CORE, bytes).0;
                Ok(Opened { hertz: spi::rate(CORE).1, before })
            }
            PacedDevice::Pacer { pin, period } => {
                let pin = Pin::free(pin).ok_or("the console needs this pin")?;
                let before = pwm::open(&registers, pin, period).ok_or("the clock stands still")?;
                Ok(Opened { hertz: 1_000_000 / period, before: before.0 })
            }
        }
    }

    fn close(&self, device: PacedDevice, opened: Opened) {
        let (registers, before) = (Peripherals(self.model), Before(opened.before));
        match device {
            PacedDevice::Spi { .. } => spi::close(&registers, before),
            PacedDevice::Pacer { pin, .. } => {
                if let Some(pin) = Pin::free(pin) {
                    pwm::close(&registers, pin, before);
                }
            }
        }
    }

    fn level(&self, pin: u32) -> u32 {
        Pin::free(pin).map_or(0, |pin| pin.level(&Peripherals(self.model)))
    }

    fn reboot(&self) {}

    fn halt(&self) {}
}
