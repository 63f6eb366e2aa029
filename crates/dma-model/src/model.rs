//! The machine as a value.

mod access;
mod handler;
mod verdict;

use core::cell::{Cell, RefCell, RefMut};
use core::fmt;

pub use handler::{Handler, Unmasked};

use crate::engine::Engine;
use crate::fault::{Fault, Occurs, Plan};
use crate::interrupt::{Interrupts, Pending};
use crate::memory::{Layout, Memory};
use crate::peripheral::Edge;
use crate::police::{Police, Violation};
use crate::profile::Profile;
use crate::trace::Trace;
use crate::world::World;

/// A machine to be made: profile, seed and what differs from the default.
#[derive(Clone, Debug)]
pub struct Builder {
    profile: Profile,
    seed: u64,
    frequency: u64,
    layout: Layout,
    mask: u32,
    faults: Vec<(Fault, Occurs)>,
}

/// Default heap and coherent memory, in bytes. Under Miri each line costs tens of microseconds.
const HEAP: usize = if cfg!(miri) { 64 * 1024 } else { 256 * 1024 };
const COHERENT: usize = if cfg!(miri) { 16 * 1024 } else { 32 * 1024 };

impl Builder {
    /// A machine with 256 KiB of heap and 32 KiB of coherent memory (less under Miri), a counter of 19.2 MHz and the profile's mask of
    /// channels. `seed` decides everything that the datasheet leaves open.
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            profile,
            seed,
            frequency: 19_200_000,
            layout: Layout::new(HEAP, COHERENT),
            mask: profile.mask(),
            faults: Vec::new(),
        }
    }

    /// Another rate of the counter, in ticks per second, at least 1: the chip has 19.2 MHz and 1 MHz.
    #[must_use]
    pub fn frequency(mut self, ticks_per_second: u64) -> Self {
        self.frequency = ticks_per_second.max(1);
        self
    }

    /// Another layout of memory.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The channels that are the driver's; bit n is channel n.
    #[must_use]
    pub fn mask(mut self, mask: u32) -> Self {
        self.mask = mask;
        self
    }

    /// Plans a fault.
    #[must_use]
    pub fn fault(mut self, fault: Fault, occurs: Occurs) -> Self {
        self.faults.push((fault, occurs));
        self
    }

    /// Switches the machine on.
    pub fn build(self) -> Model {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let memory = Memory::new(self.layout, self.profile.cache(), &mut rng);
        let engine = Engine::new(self.profile, self.mask, &mut rng);
        let base = memory.base();
        let world = World {
            profile: self.profile,
            rng,
            memory,
            devices: crate::device::Devices::default(),
            police: Police::default(),
            trace: Trace::default(),
            plan: Plan::default(),
            now: 0,
        };
        let interrupts = Interrupts::for_channels(self.mask);
        let machine = Machine { engine, world, interrupts, polls: Polls::default() };
        let model = Model {
            machine: RefCell::new(machine),
            handler: RefCell::new(None),
            unmasked: RefCell::new(None),
            in_handler: Cell::new(false),
            base,
            profile: self.profile,
            frequency: self.frequency,
        };
        for (fault, occurs) in self.faults {
            model.plan(fault, occurs);
        }
        model
    }
}

/// Reads of one register in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Polls {
    last: Option<(u8, u32, u32)>,
    /// Reads since the last look at the clock.
    pub(crate) count: u64,
    /// Looks at the clock in a row while nothing happens.
    pub(crate) idle: u32,
}

impl Polls {
    /// Counts a read; `true` where it gave what the last one gave.
    pub(crate) fn again(&mut self, channel: u8, offset: u32, value: u32) -> bool {
        let same_place = self.last.is_some_and(|last| (last.0, last.1) == (channel, offset));
        self.count = if same_place { self.count.saturating_add(1) } else { 1 };
        self.last.replace((channel, offset, value)) == self.last
    }
}

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    pub(crate) world: World,
    interrupts: Interrupts,
    pub(crate) polls: Polls,
}

/// A machine: engine, memory with two views, devices, interrupt controller, time.
///
/// All methods take `&self`; one thread only. It implements the traits of `sgdma::platform`.
pub struct Model {
    machine: RefCell<Machine>,
    handler: RefCell<Option<Handler>>,
    unmasked: RefCell<Option<Unmasked>>,
    in_handler: Cell<bool>,
    base: usize,
    profile: Profile,
    frequency: u64,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Model");
        shown.field("profile", &self.profile);
        if let Ok(machine) = self.machine.try_borrow() {
            shown.field("now_ns", &machine.world.now);
            shown.field("violations", &machine.world.police.found().len());
        }
        shown.finish_non_exhaustive()
    }
}

impl Machine {
    /// Time passes by one step: devices, the cache and every channel that runs.
    pub(crate) fn step(&mut self) -> bool {
        let world = &mut self.world;
        world.now = world.now.saturating_add(world.rng.u64(20..80));
        if world.devices.is_busy() && world.chance(4) {
            let choice = world.rng.u32(..);
            world.devices.tick(choice, world.now);
        }
        if world.chance(8) {
            let choice = world.rng.usize(..);
            let mut found = Vec::new();
            world.memory.evict_one(choice, &mut |violation| found.push(violation));
            world.report_all(found);
        }
        self.engine.step(world)
    }

    /// What an access to a register costs: some time, in which the engine goes on.
    pub(crate) fn pass(&mut self) {
        for _ in 0..self.world.rng.u32(0..4) {
            self.step();
        }
        self.world.now = self.world.now.saturating_add(100);
    }

    /// Whether anything will ever change if the CPU does nothing.
    pub(crate) fn is_quiescent(&self) -> bool {
        !self.engine.can_move(&self.world) && !self.world.devices.is_busy()
    }

    fn pending(&self) -> Pending {
        self.interrupts.pending(self.engine.wires(), self.world.profile)
    }
}

impl Model {
    /// The machine of [`Builder::new`].
    pub fn new(profile: Profile, seed: u64) -> Self {
        Builder::new(profile, seed).build()
    }

    pub(crate) fn machine(&self) -> RefMut<'_, Machine> {
        self.machine.borrow_mut()
    }

    pub(crate) const fn counter_frequency(&self) -> u64 {
        self.frequency
    }

    /// The counter's value at a moment in nanoseconds.
    pub(crate) fn ticks(&self, nanos: u64) -> u64 {
        let ticks = u128::from(nanos) * u128::from(self.frequency) / 1_000_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// The first nanosecond at which the counter has this value.
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        let nanos = (u128::from(ticks) * 1_000_000_000).div_ceil(u128::from(self.frequency));
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    /// Its profile.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The channels that are the driver's, as the firmware's mailbox answers.
    pub fn mask(&self) -> u32 {
        self.machine.borrow().engine.mask()
    }

    /// Plans a fault from now on.
    pub fn plan(&self, fault: Fault, occurs: Occurs) {
        let world = &mut self.machine.borrow_mut().world;
        if let Fault::DreqNever { dreq } = fault {
            world.devices.dead.push(dreq);
        }
        world.plan.add(fault, occurs);
    }

    /// Drops the faults that were to occur once and have not; how many.
    pub fn forget(&self) -> usize {
        self.machine.borrow_mut().world.plan.forget()
    }

    /// Lets the engine do up to `steps` steps; ends early where nothing can change any more. Interrupts stay pending.
    pub fn run(&self, steps: u32) {
        let mut machine = self.machine.borrow_mut();
        for _ in 0..steps {
            if machine.is_quiescent() {
                return;
            }
            machine.step();
        }
    }

    /// What the interrupt controller shows now.
    pub fn pending(&self) -> Pending {
        self.machine.borrow().pending()
    }

    /// Reads a register of the interrupt controller, by its offset from ARM `0x3F00_B200`: 0x00 basic, 0x04 and 0x08 the
    /// banks, 0x10 and 0x14 the enables.
    pub fn read_interrupt_controller(&self, offset: u32) -> u32 {
        let machine = self.machine.borrow();
        let (pending, [first, second]) = (machine.pending(), machine.interrupts.enabled());
        match offset {
            0x00 => pending.basic,
            0x04 => pending.bank1,
            0x08 => pending.bank2,
            0x10 => first,
            0x14 => second,
            _ => 0,
        }
    }

    /// Writes a register of the interrupt controller: 0x10 and 0x14 enable, 0x1C and 0x20 disable, by bit.
    pub fn write_interrupt_controller(&self, offset: u32, value: u32) {
        let mut machine = self.machine.borrow_mut();
        if machine.interrupts.write(offset, value) {
            machine.world.report(Violation::Irq28 { bank_value: value });
        }
    }

    /// What the UART-like sink has sent.
    pub fn uart_sent(&self) -> Vec<u8> {
        self.machine.borrow().world.devices.uart_sent.clone()
    }

    /// Bytes come in at the UART.
    pub fn uart_receive(&self, bytes: &[u8]) {
        self.machine.borrow_mut().world.devices.uart_receive(bytes);
    }

    /// How many words the PWM-like pacer has been given: those it has played, and those that wait in its queue.
    pub fn pwm_given(&self) -> usize {
        let machine = self.machine.borrow();
        machine.world.devices.pwm_played.len() + machine.world.devices.pwm.len()
    }

    /// The words the PWM-like pacer has played.
    pub fn pwm_played(&self) -> Vec<u32> {
        self.machine.borrow().world.devices.pwm_played.clone()
    }

    /// The CPU reads a register of SPI 0, PWM, the PWM's clock or the pins, by its offset from the start of the peripherals.
    pub fn read_peripheral(&self, offset: u32) -> u32 {
        let mut machine = self.machine.borrow_mut();
        machine.pass();
        machine.world.devices.read_register(offset)
    }

    /// The CPU writes one. From the first of these on the FIFOs do what the registers say.
    pub fn write_peripheral(&self, offset: u32, value: u32) {
        let mut machine = self.machine.borrow_mut();
        machine.pass();
        let world = &mut machine.world;
        world.devices.write_register(offset, value, world.now);
    }

    /// Cuts the wire from MOSI to MISO.
    pub fn cut_spi(&self) {
        self.machine.borrow_mut().world.devices.registers.cut = true;
    }

    /// What the pins' latches became, and when.
    pub fn edges(&self) -> Vec<Edge> {
        self.machine.borrow().world.devices.registers.edges.clone()
    }

    /// How often the PWM's clock was changed while it ran (p. 107: it may glitch).
    pub fn clock_glitches(&self) -> u32 {
        self.machine.borrow().world.devices.registers.glitches
    }
}
