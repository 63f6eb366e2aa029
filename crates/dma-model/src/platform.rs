//! The traits of `sgdma::platform`, for the machine.

use sgdma::address::{BusAddr, CpuAddr, CpuSpan};
use sgdma::platform::{
    Access, AddressMap, Authority, Clock, Coherence, Idle, Instant, Refusal, Registers, Woken,
};
use sgdma::register::{ChannelId, Register};

use crate::datasheet::{name, offset};
use crate::memory::{Window, bus};
use crate::model::Model;
use crate::police::Violation;
use crate::trace::Event;

/// Reads of one register in a row, without a look at the clock, that are written down.
const POLLS: u64 = 50_000;
/// And after which there is no sense in going on.
const POLLS_AT_MOST: u64 = 1_000_000;
/// Steps of one sleep.
const STEPS_AT_MOST: u64 = 100_000_000;

impl Model {
    /// Writes a register of the engine, which is as much a model as the memory that it can reach.
    pub fn write_register(&self, channel: ChannelId, register: Register, value: u32) {
        self.preemption_point();
        let (channel, offset) = (channel.number(), offset(register));
        let machine = &mut *self.machine();
        machine.pass();
        machine.polls = crate::model::Polls::default();
        machine.world.log(Event::Write { channel, offset, value });
        machine.engine.write(channel, offset, value, &mut machine.world);
    }
}

#[expect(unsafe_code, reason = "the promise of `Registers` is what the model is made of")]
// SAFETY: the registers are those of the model's own engine, which reads and writes the model's memory only.
unsafe impl Registers for Model {
    fn read(&self, channel: ChannelId, register: Register) -> u32 {
        self.preemption_point();
        let (channel, offset) = (channel.number(), offset(register));
        let machine = &mut *self.machine();
        machine.pass();
        let value = machine.engine.read(channel, offset, &mut machine.world);
        if !machine.polls.again(channel, offset, value) {
            machine.world.log(Event::Read { channel, offset, value });
        }
        if machine.polls.count > POLLS {
            machine.world.report(Violation::UnboundedPoll { channel, register: name(offset) });
        }
        if machine.polls.count > POLLS_AT_MOST {
            give_up(name(offset));
        }
        value
    }

    fn write(&self, _: Authority, channel: ChannelId, register: Register, value: u32) {
        self.write_register(channel, register, value);
    }

    fn interrupt_status(&self) -> u32 {
        let machine = &mut *self.machine();
        machine.pass();
        let value = machine.engine.interrupt_status();
        machine.world.log(Event::Shared { access: "INT_STATUS ->", value });
        value
    }

    fn enable(&self) -> u32 {
        let machine = &mut *self.machine();
        machine.pass();
        machine.engine.enable()
    }

    fn set_enable(&self, value: u32) {
        let machine = &mut *self.machine();
        machine.pass();
        machine.world.log(Event::Shared { access: "ENABLE <-", value });
        machine.engine.set_enable(value, &mut machine.world);
    }
}

#[expect(unsafe_code, reason = "the promise of `AddressMap` is what the model is made of")]
// SAFETY: the arena is in one piece and so is its place on the bus; the engine finds each byte by the same offset.
unsafe impl AddressMap for Model {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        let machine = self.machine();
        let memory = &machine.world.memory;
        let start = memory.offset_of(span.start().get(), span.len()).ok_or(Refusal::Unmapped)?;
        let end = start.saturating_add(span.len().max(1));
        for region in memory.layout().regions() {
            let range = region.range();
            let open = match region.window() {
                Window::Cached | Window::Coherent => true,
                Window::ReadOnly => access == Access::Read,
                Window::Closed => false,
            };
            if range.start < end && start < range.end && !open {
                return Err(Refusal::Region(region.name()));
            }
        }
        Ok(BusAddr::new(bus(start)))
    }

    /// All of the region, as the firmware answers: so that the driver's short way of mapping is judged as well.
    fn reach(&self, span: CpuSpan, access: Access) -> Result<(CpuSpan, BusAddr), Refusal> {
        let first = self.bus_address(span, access)?;
        let machine = self.machine();
        let memory = &machine.world.memory;
        let around = memory.offset_of(span.start().get(), span.len()).and_then(|start| {
            let range = memory.layout().at(start)?.range();
            let all = CpuSpan::new(CpuAddr::new(memory.base() + range.start), range.len())?;
            (start + span.len() <= range.end).then(|| (all, BusAddr::new(bus(range.start))))
        });
        Ok(around.unwrap_or((span, first)))
    }
}

impl Model {
    /// A span as an offset into memory, or a violation.
    fn located(&self, span: CpuSpan) -> Option<usize> {
        let machine = &mut *self.machine();
        let (start, length) = (span.start().get(), span.len());
        let offset = machine.world.memory.offset_of(start, length);
        if offset.is_none() {
            machine.world.report(Violation::MaintenanceOutside { start, length });
        }
        offset
    }
}

#[expect(unsafe_code, reason = "the promise of `Coherence` is what the model is made of")]
// SAFETY: `clean_invalidate` copies every dirty line of the span to the engine's view, `invalidate` copies every line
// of the span from the engine's view; bytes the engine did not write differ between the two only where the caller
// broke the rules (a dirty line invalidated), which is reported and is what the chip does.
unsafe impl Coherence for Model {
    fn clean_invalidate(&self, span: CpuSpan) {
        let Some(start) = self.located(span) else { return };
        let machine = &mut *self.machine();
        let length = span.len();
        machine.world.log(Event::Clean { start, length });
        let mut found = Vec::new();
        let report = &mut |violation| found.push(violation);
        machine.world.memory.clean_invalidate(start, length, report);
        machine.world.report_all(found);
    }

    fn invalidate(&self, span: CpuSpan) {
        let Some(start) = self.located(span) else { return };
        let machine = &mut *self.machine();
        let length = span.len();
        machine.world.log(Event::Invalidate { start, length });
        let mut found = Vec::new();
        let world = &mut machine.world;
        let (memory, rng) = (&mut world.memory, &mut world.rng);
        memory
            .invalidate(start, length, &mut || rng.bool(), &mut |violation| found.push(violation));
        world.report_all(found);
    }

    fn clean_invalidate_all(&self) {
        let machine = &mut *self.machine();
        machine.world.log(Event::Barrier);
        machine.world.memory.take_back_all();
        machine.world.memory.barrier();
    }

    fn barrier(&self) {
        let machine = &mut *self.machine();
        machine.world.log(Event::Barrier);
        machine.world.memory.barrier();
    }
}

impl Clock for Model {
    fn now(&self) -> Instant {
        let machine = &mut *self.machine();
        machine.polls.count = 0;
        if machine.is_quiescent() {
            // Nothing will happen any more: time runs faster, so that a bounded poll reaches its bound.
            machine.polls.idle = (machine.polls.idle + 1).min(20);
            let jump = 1_000_u64 << machine.polls.idle.min(14);
            machine.world.now = machine.world.now.saturating_add(jump);
        } else {
            machine.polls.idle = 0;
            machine.pass();
        }
        Instant::from_ticks(self.ticks(machine.world.now))
    }

    fn frequency(&self) -> u64 {
        self.counter_frequency()
    }
}

impl Idle for Model {
    fn sleep_until(&self, deadline: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        self.machine().polls = crate::model::Polls::default();
        for steps in 0..STEPS_AT_MOST {
            self.deliver();
            if ready() {
                return Woken::Ready;
            }
            let machine = &mut *self.machine();
            if self.ticks(machine.world.now) >= deadline.ticks() {
                return Woken::Deadline;
            }
            if !machine.is_quiescent() {
                machine.step();
            } else if deadline == Instant::NEVER {
                machine.world.report(Violation::UnboundedWait { steps });
                return Woken::Deadline;
            } else {
                machine.world.now = self.nanos(deadline.ticks());
            }
        }
        self.machine().world.report(Violation::UnboundedWait { steps: STEPS_AT_MOST });
        Woken::Deadline
    }
}

#[expect(clippy::panic, reason = "a driver that polls for ever cannot be told in any other way")]
fn give_up(register: &str) -> ! {
    panic!("the driver polls {register} for ever without looking at the clock")
}
