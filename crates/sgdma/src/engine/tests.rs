//! What the model never does, on registers that say what a test makes them say.

use std::cell::{Cell, RefCell};
use std::time::Duration;
use std::vec::Vec;

use super::*;
use crate::address::{BusAddr, CpuSpan};
use crate::platform::{Access, AddressMap, Authority, Clock, Coherence, Idle, Refusal, Woken};
use crate::register::cs;

mod endings;
mod steps;

/// Registers by script: reads of a register answer one after the other, the last answer for ever.
#[derive(Default)]
struct Script {
    cs: RefCell<Vec<u32>>,
    lengths: RefCell<Vec<u32>>,
    conblk: Cell<u32>,
    debug: Cell<u32>,
    enable: Cell<u32>,
    reads: Cell<usize>,
    barriers: Cell<usize>,
    masked: Cell<bool>,
    /// Each sleep looks once more after it was told that all is ready.
    twice: Cell<bool>,
    written: RefCell<Vec<(Register, u32)>>,
}

impl Script {
    /// What the next reads of `CS` answer.
    fn cs(&self, values: &[u32]) {
        *self.cs.borrow_mut() = values.iter().rev().copied().collect();
    }

    /// What the next reads of `TXFR_LEN` answer.
    fn lengths(&self, values: &[u32]) {
        *self.lengths.borrow_mut() = values.iter().rev().copied().collect();
    }
}

/// The next answer, the last one for ever; 0 where there is none.
fn next_of(answers: &RefCell<Vec<u32>>) -> u32 {
    let mut answers = answers.borrow_mut();
    if answers.len() > 1 { answers.pop().unwrap() } else { answers.first().copied().unwrap_or(0) }
}

#[expect(unsafe_code, reason = "registers of no engine")]
// SAFETY: there is no engine.
unsafe impl Registers for Script {
    fn read(&self, _: ChannelId, register: Register) -> u32 {
        self.reads.set(self.reads.get() + 1);
        match register {
            Register::Cs => next_of(&self.cs),
            Register::TxfrLen => next_of(&self.lengths),
            Register::ConblkAd => self.conblk.get(),
            Register::Debug => self.debug.get(),
            _ => 0,
        }
    }

    fn write(&self, _: Authority, _: ChannelId, register: Register, value: u32) {
        self.written.borrow_mut().push((register, value));
    }

    fn interrupt_status(&self) -> u32 {
        1 << 4
    }

    fn enable(&self) -> u32 {
        self.reads.set(self.reads.get() + 1);
        self.enable.get()
    }

    fn mask_interrupt(&self, channel: ChannelId) {
        assert_eq!(channel, CHANNEL);
        self.masked.set(true);
    }

    fn set_enable(&self, value: u32) {
        self.written.borrow_mut().push((Register::Debug, value));
        self.enable.set(value);
    }
}

#[expect(unsafe_code, reason = "memory of no engine")]
// SAFETY: there is no engine.
unsafe impl AddressMap for Script {
    fn bus_address(&self, _: CpuSpan, _: Access) -> Result<BusAddr, Refusal> {
        Err(Refusal::Unmapped)
    }
}

#[expect(unsafe_code, reason = "memory of no engine")]
// SAFETY: there is no engine.
unsafe impl Coherence for Script {
    fn clean_invalidate(&self, _: CpuSpan) {}
    fn invalidate(&self, _: CpuSpan) {}
    fn clean_invalidate_all(&self) {}
    fn barrier(&self) {
        self.barriers.set(self.barriers.get() + 1);
    }
}

impl Clock for Script {
    fn now(&self) -> Instant {
        Instant::from_ticks(3)
    }

    fn frequency(&self) -> u64 {
        2
    }
}

impl Idle for Script {
    fn sleep_until(&self, _: Instant, ready: &mut dyn FnMut() -> bool) -> Woken {
        let first = ready();
        let found = if self.twice.get() { ready() || first } else { first };
        if found { Woken::Ready } else { Woken::Deadline }
    }
}

const CHANNEL: ChannelId = ChannelId::new(4).unwrap();
const CHAIN: u32 = 0xC010_0020;

/// An engine on which a chain runs.
fn running() -> (Engine<Script>, Ticket) {
    let engine = Engine::new(Script::default(), 1 << 4);
    engine.claim(Need::Full, "test", Policy::default()).unwrap();
    let order = Order::new(BusAddr::new(CHAIN));
    let ticket = engine.submit(CHANNEL, &order, Terms::NONE).unwrap();
    engine.issue(CHANNEL);
    engine.platform().conblk.set(CHAIN);
    (engine, ticket)
}

#[test]
fn a_reference_to_a_machine_is_asked_as_the_machine_is() {
    fn ask(machine: &impl Platform) -> ([u32; 3], Instant, u64) {
        machine.mask_interrupt(CHANNEL);
        machine.set_enable(0x7F);
        let registers = [
            machine.read(CHANNEL, Register::ConblkAd),
            machine.interrupt_status(),
            machine.enable(),
        ];
        (registers, machine.now(), machine.frequency())
    }
    let script = Script::default();
    script.conblk.set(CHAIN);
    assert_eq!(ask(&&script), ([CHAIN, 1 << 4, 0x7F], Instant::from_ticks(3), 2));
    assert!(script.masked.get());
}

#[test]
fn times_are_counted_in_ticks_of_the_counter() {
    let clock = Script::default();
    let one_and_a_half = Duration::from_millis(1_500);
    assert_eq!(clock.after(one_and_a_half), Instant::from_ticks(3 + 3));
    assert_eq!(clock.after(Duration::MAX), Instant::NEVER);
    let [early, late] = [10, 13].map(Instant::from_ticks);
    assert_eq!(clock.between(early, late), one_and_a_half);
    assert_eq!(clock.between(late, early), Duration::ZERO);
}

#[test]
fn a_chain_whose_last_writes_are_out_is_not_complete() {
    let (engine, ticket) = running();
    let script = engine.platform();
    // A late INT, while the chain comes to its end: its address is gone, its last write is not answered.
    script.cs(&[cs::INT | cs::ACTIVE, cs::WAITING_FOR_OUTSTANDING_WRITES]);
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_eq!(engine.status(CHANNEL, ticket), Status::Running);
    assert_eq!(engine.info(CHANNEL).counters.late, 1);
    // Its own.
    script.cs(&[cs::INT | cs::END]);
    engine.interrupt_shared(1 << 4);
    assert_eq!(engine.status(CHANNEL, ticket), Status::Complete);
}

#[test]
fn an_interrupt_whose_own_int_was_cleared_with_another_is_not_missed() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::INT | cs::ACTIVE, cs::END]);
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_eq!(engine.status(CHANNEL, ticket), Status::Complete);
}

/// Reads, writes, barriers of one interrupt.
fn cost(engine: &Engine<Script>) -> [usize; 3] {
    let script = engine.platform();
    script.reads.set(0);
    script.barriers.set(0);
    script.written.borrow_mut().clear();
    engine.interrupt(CHANNEL);
    [script.reads.get(), script.written.borrow().len(), script.barriers.get()]
}

#[test]
fn the_handler_costs_what_its_documentation_says() {
    let (engine, _) = running();
    let script = engine.platform();
    engine.submit(CHANNEL, &Order::new(BusAddr::new(0)), Terms::NONE).unwrap();
    engine.submit(CHANNEL, &Order::new(BusAddr::new(0)), Terms::NONE).unwrap();
    engine.issue(CHANNEL);
    script.cs(&[cs::ACTIVE]);
    assert_eq!(cost(&engine), [1, 0, 0], "not ours");
    script.conblk.set(0);
    script.cs(&[cs::INT | cs::END]);
    assert_eq!(cost(&engine), [2, 4, 1], "another one starts");
    script.cs(&[cs::INT | cs::ACTIVE, 0]);
    assert_eq!(cost(&engine), [3, 4, 1], "not its own");
    // What follows no command: no answer is the last poll's.
    script.conblk.set(CHAIN);
    script.debug.set(debug::OUTSTANDING_WRITES | debug::READ_ERROR);
    script.enable.set(0);
    script.cs(&[cs::ERROR | cs::ACTIVE | cs::ABORT]);
    let [reads, writes, barriers] = cost(&engine);
    // Each poll that fails by its first look spares the second.
    assert!((4_012..=6_076).contains(&reads), "{reads}");
    assert_eq!((writes, barriers), (8, 2));
    assert!(engine.info(CHANNEL).withdrawn.is_some());
}

#[test]
fn an_error_without_an_owner_is_recovered_from() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::INT | cs::END]);
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert!(engine.collect(CHANNEL, ticket).is_final());
    script.cs(&[cs::ERROR, 0]);
    script.debug.set(debug::FIFO_ERROR);
    engine.interrupt(CHANNEL);
    let counters = engine.info(CHANNEL).counters;
    assert_eq!((counters.late, counters.recoveries, counters.failed), (1, 1, 0));
    assert!(script.written.borrow().contains(&(Register::Debug, debug::FIFO_ERROR)));
}

#[test]
fn errors_are_called_by_their_names() {
    use FaultKind::{Fifo, Read, ReadLast, Unexplained};
    let kinds = [debug::READ_ERROR | 3, 3, 1, 0].map(FaultKind::of_debug);
    assert_eq!(kinds, [Read, Fifo, ReadLast, Unexplained]);
}

#[test]
fn an_engine_is_the_chips_where_a_clocked_channel_says_so() {
    let script = Script::default();
    assert_eq!(detect(&script, 1 << 4), EngineKind::Emulated);
    script.debug.set(2 << 25);
    assert_eq!(detect(&script, 1 << 4), EngineKind::Emulated, "not clocked, so it says nothing");
    script.enable.set(1 << 4);
    assert_eq!(detect(&script, 1 << 4), EngineKind::Hardware);
    assert_eq!(detect(&script, 1 << 5), EngineKind::Emulated, "not ours");
}

#[test]
fn numbers_go_round_and_never_mean_none() {
    let state = State::new();
    state.skip_to_the_last_cookie();
    let [last, first] =
        [(); 2].map(|()| state.submit(&Order::new(BusAddr::new(0)), Terms::NONE).unwrap());
    assert_eq!((last.cookie.number(), first.cookie.number()), (u32::MAX, 1));
    assert_eq!(state.status_of(first.cookie), Status::Queued);
    assert_eq!(state.status_of(Cookie::default()), Status::Unknown);
}

#[test]
fn whatever_is_refused_says_what_to_do() {
    let reason = Withdrawal::NoReset;
    for (text, word) in [
        (std::format!("{}", RequestError::NoneFree), "release one"),
        (std::format!("{}", RequestError::Taken { owner: "uart" }), "belongs to uart"),
        (std::format!("{}", RequestError::NotOurs { channel: CHANNEL }), "VideoCore keeps dma4"),
        (std::format!("{}", RequestError::Withdrawn { reason }), "come to rest"),
        (std::format!("{}", SubmitError::QueueFull), "wait for one"),
        (std::format!("{}", SubmitError::Withdrawn { reason }), "withdrawn"),
        (std::format!("{}", PauseError { channel: CHANNEL }), "dma4 did not come to a halt"),
        (std::format!("{}", Fault::off_engine(FaultKind::Withdrawn)), "the channel is withdrawn"),
    ] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn an_int_while_a_block_is_still_loaded_ends_nothing() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::INT]);
    for n in 1..3 {
        engine.interrupt(CHANNEL);
        assert_eq!(engine.status(CHANNEL, ticket), Status::Running);
        assert_eq!(engine.interrupts(CHANNEL, ticket), n);
        assert_eq!(engine.info(CHANNEL).counters.late, n);
        // Where somebody waits to be told it is the same.
        engine.with(CHANNEL, |state, _| state.set_waker(ticket, Waker::noop().clone()));
    }
    let acknowledged = Policy::default().bits() | cs::INT | cs::END | cs::ACTIVE;
    assert_eq!(script.written.borrow().last(), Some(&(Register::Cs, acknowledged)));
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_eq!(engine.status(CHANNEL, ticket), Status::Complete);
}

#[test]
fn the_name_of_a_transfer_that_was_collected_is_nobodys() {
    let (engine, ticket) = running();
    let early = engine.with(CHANNEL, |state, _| state.set_waker(ticket, Waker::noop().clone()));
    assert!(early.is_none(), "kept until it ends");
    engine.platform().cs(&[cs::INT | cs::END]);
    engine.platform().conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_eq!(engine.status_of(CHANNEL, ticket.cookie), Status::Complete);
    let late = engine.with(CHANNEL, |state, _| state.set_waker(ticket, Waker::noop().clone()));
    assert!(late.is_some(), "it has ended: nobody would call this one");
    assert_eq!(engine.collect(CHANNEL, ticket), Status::Complete);
    let order = Order::new(BusAddr::new(CHAIN));
    let next = engine.submit(CHANNEL, &order, Terms::NONE).unwrap();
    assert_eq!((next.slot, engine.status(CHANNEL, ticket)), (ticket.slot, Status::Unknown));
    assert_eq!(engine.interrupts(CHANNEL, ticket), 0);
    assert_eq!(engine.poll(CHANNEL, ticket, Waker::noop()), Some(Status::Unknown));
    engine.stop(CHANNEL, ticket, FaultKind::Terminated);
    assert_eq!(engine.status(CHANNEL, next), Status::Queued);
}

/// CS, p. 47: the priority in bits 19:16, under panic in 23:20.
#[test]
fn priorities_are_at_most_15() {
    let fields = |policy: Policy| (policy.bits() >> 16 & 15, policy.bits() >> 20 & 15);
    assert_eq!(fields(Policy::new(3, 7)), (3, 7));
    assert_eq!(fields(Policy::new(16, 15)), (15, 15));
    assert_eq!(fields(Policy::new(0, 255)), (0, 15));
}

#[test]
fn a_ring_tells_of_each_lap_and_runs_on() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static LAPS: AtomicUsize = AtomicUsize::new(0);
    fn lap(context: usize, status: Status) {
        assert_eq!(status, Status::Running);
        LAPS.fetch_add(context, Ordering::Relaxed);
    }
    let engine = Engine::new(Script::default(), 1 << 4);
    engine.claim(Need::Full, "test", Policy::default()).unwrap();
    let line = Order::new(BusAddr::new(CHAIN));
    let ring = line.with_shape(Shape::Ring).with_callback(Callback { function: lap, context: 3 });
    let ticket = engine.submit(CHANNEL, &ring, Terms::NONE).unwrap();
    let script = engine.platform();
    script.cs(&[cs::INT]);
    engine.interrupt(CHANNEL);
    let early = (engine.info(CHANNEL).counters.late, engine.interrupts(CHANNEL, ticket));
    assert_eq!(early, (1, 0), "not started: nobody's");
    engine.issue(CHANNEL);
    for laps in 1..4 {
        // Between two blocks the address may read 0: of a ring that means nothing.
        script.conblk.set(if laps == 2 { 0 } else { CHAIN });
        engine.interrupt(CHANNEL);
        assert_eq!(engine.status(CHANNEL, ticket), Status::Running);
        assert_eq!(engine.interrupts(CHANNEL, ticket), laps);
        assert_eq!(Ok(LAPS.load(Ordering::Relaxed)), usize::try_from(3 * laps));
    }
}

#[test]
fn a_retry_is_the_same_chain_once_more() {
    let engine = Engine::new(Script::default(), 1 << 4);
    engine.claim(Need::Full, "test", Policy::default()).unwrap();
    let order = Order::new(BusAddr::new(CHAIN)).with_retries(1);
    let ticket = engine.submit(CHANNEL, &order, Terms::NONE).unwrap();
    engine.issue(CHANNEL);
    let script = engine.platform();
    script.debug.set(debug::READ_ERROR);
    let starts = || {
        let written = script.written.borrow();
        written.iter().filter(|write| **write == (Register::ConblkAd, CHAIN)).count()
    };
    for (started, status) in [(1, true), (2, true), (2, false)] {
        assert_eq!(
            (starts(), engine.status(CHANNEL, ticket) == Status::Running),
            (started, status)
        );
        script.cs(&[cs::ERROR, 0]);
        engine.interrupt(CHANNEL);
    }
    let Status::Failed(fault) = engine.status(CHANNEL, ticket) else { panic!("it failed twice") };
    assert_eq!(fault.kind, FaultKind::Read);
    assert_eq!(engine.info(CHANNEL).counters.retries, 1);
}

#[test]
fn a_channel_that_is_not_ours_is_never_written_to() {
    let engine = Engine::new(Script::default(), 1 << 5);
    let script = engine.platform();
    script.written.take();
    script.conblk.set(CHAIN);
    for status in
        [cs::INT, cs::INT | cs::END, cs::ERROR | cs::INT, cs::ACTIVE | cs::INT, cs::ACTIVE]
    {
        script.cs(&[status]);
        engine.interrupt(CHANNEL);
        engine.interrupt_shared(1 << 4);
        assert!(script.written.borrow().is_empty(), "{status:#x}: {:?}", script.written);
    }
}

#[test]
fn a_channel_is_clocked_before_it_is_asked_which_engine_it_is() {
    let chip = || {
        let script = Script::default();
        script.debug.set(debug::VERSION_BCM2837 << debug::VERSION_SHIFT);
        script.enable.set(1 << 15);
        script
    };
    let engine = Engine::new(chip(), 1 << 4);
    assert_eq!(engine.kind(), EngineKind::Hardware);
    assert_eq!(engine.platform().enable(), 1 << 15 | 1 << 4, "and nobody else's is taken away");
    let script = chip();
    script.enable.set(1 << 4);
    assert!(Engine::new(script, 1 << 4).platform().written.borrow().is_empty());
}

/// A stale INT, and the engine latches an error and ends between the two looks at `CS`.
#[test]
fn a_chain_that_ended_with_an_error_latched_is_not_complete() {
    let (engine, ticket) = running();
    let script = engine.platform();
    script.cs(&[cs::INT | cs::ACTIVE, cs::ERROR | cs::END | cs::INT]);
    script.debug.set(debug::FIFO_ERROR);
    script.conblk.set(0);
    engine.interrupt(CHANNEL);
    assert_ne!(engine.status(CHANNEL, ticket), Status::Complete);
}
