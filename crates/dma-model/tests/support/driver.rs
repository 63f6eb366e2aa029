//! A small, straightforward, correct driver: what the model must not complain about.
//!
//! It is written against the traits only, so that the shipped driver can take its place in the tests. Buffers are raw
//! pointers here: while the engine writes there, nobody may hold a reference (and `&mut` made `*const` could only read).

use core::cell::Cell;
use core::time::Duration;

use sgdma::address::CpuSpan;
use sgdma::platform::{Access, Authority, Platform, Woken};
use sgdma::register::{ChannelId, Register};

// SAFETY: the engine is a model, and so is the memory that it can reach.
const HERE: Authority = unsafe { Authority::new() };

pub const ACTIVE: u32 = 1;
pub const END: u32 = 2;
pub const INT: u32 = 4;
pub const ERROR: u32 = 1 << 8;
pub const ABORT: u32 = 1 << 30;
pub const RESET: u32 = 1 << 31;
/// `WAIT_FOR_OUTSTANDING_WRITES`, priority 1, panic 15.
pub const POLICY: u32 = (1 << 28) | (1 << 16) | (15 << 20);
/// RAM to RAM, wide, both increment: `DEST_INC`, `DEST_WIDTH`, `SRC_INC`, `SRC_WIDTH`.
pub const COPY: u32 = (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9);
pub const INTEN: u32 = 1;
pub const WAIT_RESP: u32 = 8;

/// How a transfer ended.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Outcome {
    Done,
    Failed { debug: u32 },
    TimedOut,
}

pub struct Driver<'p, P> {
    platform: &'p P,
    channel: ChannelId,
    pool: *mut [u8],
    finished: Cell<bool>,
    errors: Cell<u32>,
    interrupts: Cell<u32>,
}

impl<'p, P: Platform> Driver<'p, P> {
    pub fn new(platform: &'p P, channel: u8, pool: *mut [u8]) -> Self {
        let channel = ChannelId::new(channel).unwrap();
        let (finished, errors, interrupts) = (Cell::new(false), Cell::new(0), Cell::new(0));
        Self { platform, channel, pool, finished, errors, interrupts }
    }

    pub fn interrupts(&self) -> u32 {
        self.interrupts.get()
    }

    pub fn bus(&self, memory: *const [u8], access: Access) -> u32 {
        self.platform.bus_address(CpuSpan::of(memory), access).unwrap().get()
    }

    /// The bus address of byte `offset` of the pool.
    pub fn pool_bus(&self, offset: usize) -> u32 {
        let whole = self.platform.bus_address(CpuSpan::of(self.pool), Access::Write).unwrap().get();
        whole + u32::try_from(offset).unwrap()
    }

    fn word(&self, offset: usize) -> *mut u32 {
        assert_eq!(offset % 4, 0);
        self.pool.cast::<u8>().wrapping_add(offset).cast()
    }

    /// Stores words in the pool, in order.
    pub fn store(&self, offset: usize, words: &[u32]) {
        assert!(offset + 4 * words.len() <= self.pool.len());
        for (index, word) in words.iter().enumerate() {
            let place = self.word(offset + 4 * index);
            // SAFETY: within the pool, aligned, shared with the device only.
            unsafe { place.write_volatile(*word) };
        }
    }

    pub fn load(&self, offset: usize) -> u32 {
        assert!(offset + 4 <= self.pool.len());
        let place = self.word(offset);
        // SAFETY: within the pool, aligned.
        unsafe { place.read_volatile() }
    }

    /// Stores a chain at the front of the pool; the last block gets INTEN and `WAIT_RESP` and no successor.
    pub fn build(&self, blocks: &[[u32; 5]]) {
        for (index, block) in blocks.iter().enumerate() {
            let last = index + 1 == blocks.len();
            let next = if last { 0 } else { self.pool_bus(32 * (index + 1)) };
            let info = if last { block[0] | INTEN | WAIT_RESP } else { block[0] };
            let [_, source, dest, length, stride] = *block;
            self.store(32 * index, &[info, source, dest, length, stride, next, 0, 0]);
        }
    }

    /// Starts the chain at the front of the pool.
    pub fn start(&self) {
        self.start_at(self.pool_bus(0));
    }

    /// Starts the chain at a bus address.
    pub fn start_at(&self, block: u32) {
        self.finished.set(false);
        self.errors.set(0);
        self.platform.barrier();
        self.platform.write(HERE, self.channel, Register::Cs, INT | END);
        let errors = self.platform.read(self.channel, Register::Debug) & 7;
        if errors != 0 {
            self.platform.write(HERE, self.channel, Register::Debug, errors);
        }
        self.platform.write(HERE, self.channel, Register::ConblkAd, block);
        self.platform.barrier();
        self.platform.write(HERE, self.channel, Register::Cs, POLICY | ACTIVE);
    }

    /// The interrupt handler.
    pub fn interrupt(&self) {
        let cs = self.platform.read(self.channel, Register::Cs);
        if cs & INT == 0 {
            return;
        }
        self.interrupts.set(self.interrupts.get() + 1);
        let active = if cs & ERROR == 0 { ACTIVE } else { 0 };
        self.platform.write(HERE, self.channel, Register::Cs, POLICY | INT | END | active);
        self.look(cs);
    }

    fn look(&self, cs: u32) {
        if cs & ERROR != 0 {
            self.errors.set(self.platform.read(self.channel, Register::Debug) & 7);
            self.finished.set(true);
        }
        if self.platform.read(self.channel, Register::ConblkAd) == 0 {
            self.finished.set(true);
        }
    }

    /// Sleeps until the chain is done, or for 10 ms.
    pub fn wait(&self) -> Outcome {
        let deadline = self.platform.after(Duration::from_millis(10));
        if self.platform.sleep_until(deadline, &mut || self.finished.get()) == Woken::Deadline {
            self.recover();
            return Outcome::TimedOut;
        }
        match self.errors.get() {
            0 => Outcome::Done,
            debug => {
                self.recover();
                Outcome::Failed { debug }
            }
        }
    }

    /// In the order of raspberrypi/linux PR #5482.
    pub fn recover(&self) {
        let (platform, channel) = (self.platform, self.channel);
        if platform.read(channel, Register::ConblkAd) != 0 {
            platform.write(HERE, channel, Register::NextConbk, 0);
            platform.write(HERE, channel, Register::Cs, POLICY | ABORT | ACTIVE);
            let bound = platform.after(Duration::from_micros(20));
            while platform.read(channel, Register::Cs) & ABORT != 0 && platform.now() < bound {}
            platform.write(HERE, channel, Register::Cs, POLICY);
        }
        platform.write(HERE, channel, Register::Cs, RESET);
        let settled = platform.after(Duration::from_micros(20));
        while platform.now() < settled {}
        platform.write(HERE, channel, Register::Cs, INT | END);
        let errors = platform.read(channel, Register::Debug) & 7;
        if errors != 0 {
            platform.write(HERE, channel, Register::Debug, errors);
        }
    }

    /// Cuts a copy at `piece` bytes.
    pub fn cut(&self, source: *const [u8], dest: *const [u8], piece: usize) -> Vec<[u32; 5]> {
        let (from, to) = (self.bus(source, Access::Read), self.bus(dest, Access::Write));
        let starts = (0..source.len()).step_by(piece);
        let block = |start: usize| {
            let at = u32::try_from(start).unwrap();
            let length = u32::try_from(piece.min(source.len() - start)).unwrap();
            [COPY, from + at, to + at, length, 0]
        };
        starts.map(block).collect()
    }

    /// The whole life of a copy: map, start, wait, unmap.
    pub fn copy(&self, source: *mut [u8], dest: *mut [u8], piece: usize) -> Outcome {
        let blocks = self.cut(source, dest, piece);
        self.run(source, dest, &blocks)
    }

    /// The same with the blocks given.
    pub fn run(&self, source: *mut [u8], dest: *mut [u8], blocks: &[[u32; 5]]) -> Outcome {
        self.clean(source);
        self.clean(dest);
        self.build(blocks);
        self.start();
        let outcome = self.wait();
        self.take_back(dest);
        outcome
    }

    pub fn clean(&self, memory: *mut [u8]) {
        self.platform.clean_invalidate(CpuSpan::of(memory));
    }

    pub fn take_back(&self, memory: *mut [u8]) {
        self.platform.invalidate(CpuSpan::of(memory));
    }
}
