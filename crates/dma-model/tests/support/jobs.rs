//! What a driver is asked to do, right or with a mistake in the job itself.

use super::driver::{COPY, Driver, INTEN, Outcome, WAIT_RESP};
use super::sabotage::{Bug, Sabotage};
use dma_model::{Builder, Fault, Model, Occurs, Profile, Violation};
use sgdma::platform::{Access, Registers};
use sgdma::register::{ChannelId, Register};

const UART: u32 = 0x7E20_1000;
/// 32-bit words from the UART to RAM: PERMAP 14, `SRC_DREQ`, `DEST_INC`, `WAIT_RESP`.
const FROM_UART: u32 = (14 << 16) | (1 << 10) | (1 << 4) | WAIT_RESP;
/// 32-bit words from RAM to the UART: PERMAP 12, `DEST_DREQ`, `SRC_INC`, `WAIT_RESP`.
const TO_UART: u32 = (12 << 16) | (1 << 6) | (1 << 8) | WAIT_RESP;

/// What the driver is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// 1 KiB in four blocks, channel 4.
    Copy,
    /// The same twice.
    Twice,
    /// The same on lite channel 8.
    Lite,
    /// Four blocks, each with an interrupt; long ones, so that it runs while it is acknowledged.
    Interrupts,
    /// 8 rows of 64 bytes.
    TwoD,
    /// 32 bytes to the UART.
    Uart,
    /// A channel that stands still, timed out and aborted.
    Stuck,
    /// A read error, then the same again without a recovery.
    ErrorTwice,
    /// The CPU stores into the destination while the engine runs.
    StoreMeanwhile,
    /// Coherent bytes as the source, stored after the barrier.
    LateStore,
    /// From a closed region.
    Text,
    /// `ENABLE` for the own channel.
    Enable,
    /// GPU IRQ 28.
    Irq28,
    /// A lost interrupt.
    Lost,
    /// A length of 6 in the emulator.
    Odd,
    /// A ring that is left alone.
    Ring,
    /// A ring, and CS polled.
    Poll,
    /// Stopped while it runs.
    Cancel,
    /// A control block in cached memory.
    CachedBlock,
    /// 32 bytes from the UART.
    FromUart,
    /// A copy, the channel's clock off.
    Disabled,
}

pub const JOBS: [Job; 21] = [
    Job::Copy,
    Job::Twice,
    Job::Lite,
    Job::Interrupts,
    Job::TwoD,
    Job::Uart,
    Job::Stuck,
    Job::ErrorTwice,
    Job::StoreMeanwhile,
    Job::LateStore,
    Job::Text,
    Job::Enable,
    Job::Irq28,
    Job::Lost,
    Job::Odd,
    Job::Ring,
    Job::Poll,
    Job::Cancel,
    Job::CachedBlock,
    Job::FromUart,
    Job::Disabled,
];

impl Job {
    const fn channel(self) -> u8 {
        if matches!(self, Self::Lite) { 8 } else { 4 }
    }

    fn machine(self, seed: u64) -> Model {
        let profile = if self == Self::Odd { Profile::Qemu } else { Profile::Hardware };
        let channel = self.channel();
        let fault = match self {
            Self::Stuck => Fault::Stuck { channel, block: 1, byte: 16 },
            Self::ErrorTwice => Fault::ReadError { channel, block: 1, byte: 0 },
            Self::Lost => Fault::LostInterrupt { channel },
            _ => return Model::new(profile, seed),
        };
        Builder::new(profile, seed).fault(fault, Occurs::Once).build()
    }

    /// Runs the job with the mistake; what the model found.
    pub fn run(self, bug: Bug, seed: u64) -> Vec<Violation> {
        let model = self.machine(seed);
        let platform = Sabotage::new(&model, bug);
        let driver = Driver::new(&platform, self.channel(), model.coherent_memory());
        let source = model.buffer(4096, 64, 0);
        let dest = model.buffer(4096, 64, 0);
        let neighbour = model.buffer(1024, 64, 0);
        neighbour.fill(7);
        let (from, to) = (driver.bus(source, Access::Read), driver.bus(dest, Access::Write));
        let stage = Stage {
            driver: &driver,
            platform: &platform,
            source,
            dest,
            from,
            to,
            right: bug != Bug::InTheJob,
        };
        model.serving(&|_, _| driver.interrupt(), || stage.act(self));
        model.judge()
    }
}

/// All that a job needs.
struct Stage<'a, 'm> {
    driver: &'a Driver<'a, Sabotage<'m>>,
    platform: &'a Sabotage<'m>,
    source: &'a mut [u8],
    dest: &'a mut [u8],
    from: u32,
    to: u32,
    right: bool,
}

impl Stage<'_, '_> {
    fn act(self, job: Job) {
        match job {
            Job::Copy | Job::Lite | Job::Lost => {
                self.copy();
            }
            Job::Twice => {
                self.driver.copy(&raw mut self.source[..1024], &raw mut self.dest[..1024], 256);
                self.copy();
            }
            Job::Stuck => assert_eq!(self.copy(), Outcome::TimedOut),
            Job::Interrupts => self.interrupts(),
            Job::TwoD => {
                // 8 rows of 64 bytes; source rows 128 apart, destination rows packed at the buffer's end.
                let block = [COPY | 2, self.from, self.to + 4096 - 512, (7 << 16) | 64, 64];
                self.run(&[block]);
            }
            Job::Text => {
                let block = [COPY, self.from, self.to, 64, 0];
                self.run(&[block]);
            }
            Job::Odd => {
                let block = [COPY, self.from, self.to, if self.right { 8 } else { 6 }, 0];
                self.run(&[block]);
            }
            Job::Uart => {
                let block = [TO_UART, self.from, UART, 256, 0];
                self.run(&[block]);
            }
            Job::FromUart => {
                let there = if self.platform.bug == Bug::None { 8 } else { 4 };
                self.platform.model.uart_receive(&[1; 8][..there]);
                let block = [FROM_UART, UART, self.to, 32, 0];
                self.run(&[block]);
            }
            _ => self.act_by_hand(job),
        }
    }

    fn act_by_hand(self, job: Job) {
        match job {
            Job::ErrorTwice => self.fail_then_restart(),
            Job::StoreMeanwhile => self.store_meanwhile(),
            Job::LateStore => self.late_store(),
            Job::Ring => self.leave_a_ring(),
            Job::Poll => self.poll_a_ring(),
            Job::Cancel => self.cancel(),
            Job::CachedBlock => self.cached_block(),
            Job::Enable => self.platform.set_enable(self.platform.enable() | (1 << 4)),
            Job::Irq28 => {
                let line = if self.right { 20 } else { 28 };
                self.platform.model.write_interrupt_controller(0x10, 1 << line);
            }
            Job::Disabled => {
                if !self.right {
                    self.platform.set_enable(self.platform.enable() & !(1 << 4));
                }
                self.copy();
            }
            _ => unreachable!("{job:?} is in `act`"),
        }
    }

    fn copy(self) -> Outcome {
        self.driver.copy(&raw mut self.source[..1024], &raw mut self.dest[..1024], 256)
    }

    fn run(self, blocks: &[[u32; 5]]) {
        self.driver.run(self.source, self.dest, blocks);
    }

    /// Cleans both buffers and starts blocks of `piece` bytes.
    fn begin(&mut self, piece: usize) {
        let blocks = self.driver.cut(self.source, self.dest, piece);
        self.driver.clean(self.source);
        self.driver.clean(self.dest);
        self.driver.build(&blocks);
        self.driver.start();
    }

    fn interrupts(self) {
        let mut blocks = self.driver.cut(self.source, self.dest, 1024);
        for block in &mut blocks {
            block[0] |= INTEN;
        }
        self.run(&blocks);
    }

    fn fail_then_restart(mut self) {
        self.begin(1024);
        self.platform.model.run(100_000);
        self.platform.model.deliver();
        self.driver.start();
        self.driver.wait();
        self.driver.take_back(self.dest);
    }

    fn store_meanwhile(mut self) {
        self.begin(4096);
        self.driver.wait();
        if matches!(self.platform.bug, Bug::InTheJob | Bug::CleanAfterwards) {
            self.dest[100] = !self.dest[100];
        }
        self.driver.take_back(self.dest);
    }

    fn late_store(self) {
        self.driver.store(4096, &[1; 16]);
        self.driver.build(&[[COPY, self.driver.pool_bus(4096), self.to, 64, 0]]);
        self.driver.clean(self.dest);
        self.driver.start();
        if !self.right {
            self.driver.store(4096, &[2; 16]);
        }
        self.driver.wait();
        self.driver.take_back(self.dest);
    }

    fn ring(&mut self) {
        self.driver.clean(self.source);
        self.driver.clean(self.dest);
        self.driver.build(&[[COPY, self.from, self.to, 256, 0]]);
        self.driver.store(20, &[self.driver.pool_bus(0)]);
        self.driver.start();
    }

    fn leave_a_ring(mut self) {
        self.ring();
        self.platform.model.run(2_000);
        if self.right {
            self.driver.recover();
            self.driver.take_back(self.dest);
        }
    }

    fn poll_a_ring(mut self) {
        self.ring();
        for _ in 0..if self.right { 1_000 } else { 60_000 } {
            self.platform.read(ChannelId::new(4).unwrap(), Register::Cs);
        }
        self.driver.recover();
        self.driver.take_back(self.dest);
    }

    fn cancel(mut self) {
        self.begin(1024);
        self.platform.model.run(u32::from(self.source[0]));
        self.driver.recover();
        self.driver.take_back(self.dest);
        self.platform.model.run(1_000);
        // An abort does not promise the absence of an interrupt.
        self.platform.model.deliver();
    }

    fn cached_block(self) {
        self.driver.clean(self.source);
        self.driver.clean(self.dest);
        let block = self.platform.model.buffer(64, 64, 0);
        let words = [COPY | INTEN | WAIT_RESP, self.from, self.to, 256, 0, 0, 0, 0];
        for (place, word) in block.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        if self.right {
            self.driver.clean(block);
        }
        self.driver.start_at(self.driver.bus(block, Access::Read));
        self.driver.wait();
        self.driver.take_back(self.dest);
    }
}
