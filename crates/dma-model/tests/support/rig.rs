//! A machine and one channel, driven by raw numbers: the datasheet's, not a driver's.

use dma_model::{Builder, Fault, Model, Occurs, Profile, Violation};
use sgdma::address::CpuSpan;
use sgdma::platform::{Access, AddressMap, Coherence, Registers};
use sgdma::register::{ChannelId, Register};

/// `WAIT_FOR_OUTSTANDING_WRITES`, priority 1, panic 15, ACTIVE.
pub const GO: u32 = 0x10F1_0001;
/// TI of a narrow copy: `DEST_INC`, `SRC_INC`.
pub const NARROW: u32 = 0x110;
/// TI of a wide copy with a burst of two, `WAIT_RESP` and INTEN.
pub const WIDE: u32 = 0x1339;

pub struct Rig {
    pub model: &'static Model,
    pub channel: u8,
    pub source: &'static mut [u8],
    pub dest: &'static mut [u8],
    pub pool: u32,
}

impl Rig {
    pub fn new(channel: u8, seed: u64) -> Self {
        Self::of(Builder::new(Profile::Hardware, seed), channel)
    }

    pub fn with(channel: u8, seed: u64, fault: Fault) -> Self {
        Self::of(Builder::new(Profile::Hardware, seed).fault(fault, Occurs::Once), channel)
    }

    pub fn of(builder: Builder, channel: u8) -> Self {
        let model: &'static Model = Box::leak(Box::new(builder.build()));
        let source = model.buffer(4096, 64, 0);
        let dest = model.buffer(4096, 64, 0);
        for (byte, value) in source.iter_mut().zip((1..=251).cycle()) {
            *byte = value;
        }
        dest.fill(0);
        let pool = model.bus_address(model.coherent_span(), Access::Write).unwrap().get();
        let rig = Self { model, channel, source, dest, pool };
        rig.clean();
        rig
    }

    fn id(&self) -> ChannelId {
        ChannelId::new(self.channel).unwrap()
    }

    pub fn read(&self, register: Register) -> u32 {
        self.model.read(self.id(), register)
    }

    pub fn write(&self, register: Register, value: u32) {
        self.model.write_register(self.id(), register, value);
    }

    pub fn clean(&self) {
        self.model.clean_invalidate(CpuSpan::of(self.source));
        self.model.clean_invalidate(CpuSpan::of(self.dest));
        self.model.barrier();
    }

    pub fn bus(&self, memory: &[u8]) -> u32 {
        self.model.bus_address(CpuSpan::of(memory), Access::Read).unwrap().get()
    }

    pub fn from(&self) -> u32 {
        self.bus(self.source)
    }

    pub fn to(&self) -> u32 {
        self.bus(self.dest)
    }

    /// Stores words in the pool and brings them in front of a barrier.
    pub fn store(&self, offset: usize, words: &[u32]) {
        let pool = self.model.coherent_memory().cast::<u8>();
        for (index, byte) in words.iter().flat_map(|word| word.to_le_bytes()).enumerate() {
            // SAFETY: within the pool; nobody holds a reference to it.
            unsafe { pool.wrapping_add(offset + index).write_volatile(byte) };
        }
        self.model.barrier();
    }

    /// Stores a chain at the front of the pool: TI, source, destination, length, stride each.
    pub fn chain(&self, blocks: &[[u32; 5]]) {
        for (index, [ti, source, dest, length, stride]) in blocks.iter().enumerate() {
            let more = index + 1 < blocks.len();
            let next = if more { self.pool + 32 * (u32::try_from(index).unwrap() + 1) } else { 0 };
            self.store(32 * index, &[*ti, *source, *dest, *length, *stride, next, 0, 0]);
        }
    }

    /// Starts the chain at the front of the pool.
    pub fn start(&self) {
        self.write(Register::Cs, 6);
        self.write(Register::ConblkAd, self.pool);
        self.write(Register::Cs, GO);
    }

    pub fn run(&self, blocks: &[[u32; 5]]) {
        self.chain(blocks);
        self.start();
        self.model.run(1_000_000);
    }

    /// Takes the destination back and returns it.
    pub fn taken(&mut self) -> &[u8] {
        self.model.invalidate(CpuSpan::of(self.dest));
        self.dest
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.model.violations().iter().map(Violation::name).collect()
    }
}
