//! One channel of the chip: its registers as software sees them. p. 47-60.

use std::collections::{BTreeMap, VecDeque};

use super::Power;
use super::block::{Block, Words};
use crate::datasheet::{self, BLOCK_LOW_BITS, Kind, OUTSTANDING_LIMIT, cs, debug};
use crate::fault::Fault;
use crate::police::{Violation, judge_ack, judge_cs_bits, judge_start};
use crate::trace::Event;
use crate::world::World;

/// A write that has left the engine and not arrived.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) address: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) issued: u64,
}

/// Why a channel does not move though it is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuck {
    No,
    /// Until ABORT or RESET.
    Yes,
    /// Until RESET.
    Wedged,
}

#[expect(clippy::struct_excessive_bools, reason = "most of them are bits of CS")]
/// A channel; what runs in it is in `hardware`.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(super) number: u8,
    pub(super) kind: Kind,
    pub(super) active: bool,
    pub(super) end: bool,
    pub(super) int: bool,
    /// DISDEBUG, `WAIT_FOR_OUTSTANDING_WRITES` and both priorities, as in CS.
    pub(super) policy: u32,
    pub(super) conblk: u32,
    /// TI to NEXTCONBK; source, destination and length live.
    pub(super) live: Words,
    pub(super) errors: u32,
    pub(super) block: Option<Block>,
    /// All writes of a block are out, and END waits for the last response.
    pub(super) closing: bool,
    /// `CONBLK_AD` was written since the last block ended.
    pub(super) fresh: bool,
    pub(super) posted: VecDeque<Posted>,
    /// Writes a RESET left on the bus.
    pub(super) orphans: VecDeque<Posted>,
    /// Beats that still happen after ACTIVE was cleared.
    pub(super) settle: u32,
    pub(super) abort: Option<u32>,
    pub(super) reset_shown: u32,
    pub(super) stuck: Stuck,
    pub(super) burning: u32,
    pub(super) dreq_stops: bool,
    pub(super) blocks_done: u32,
    /// The blocks of the running chain, as they were when it was started.
    pub(super) chain: BTreeMap<u32, [u8; 32]>,
    pub(super) late_int: Option<u32>,
    /// INT was set by chance or fault, after the driver had every right to think it was done.
    pub(super) uncalled: bool,
    pub(super) muted: bool,
    pub(super) spurious: bool,
    /// Whether PAUSED reads 1 at rest: the datasheet can be read both ways (p. 49).
    rest_reads_paused: bool,
    state_codes: u32,
}

impl Channel {
    pub(crate) fn new(number: u8, rng: &mut fastrand::Rng) -> Self {
        Self {
            number,
            kind: World::kind(usize::from(number)),
            active: false,
            end: false,
            int: false,
            policy: 0,
            conblk: 0,
            live: Words::default(),
            errors: 0,
            block: None,
            closing: false,
            fresh: false,
            posted: VecDeque::new(),
            orphans: VecDeque::new(),
            settle: 0,
            abort: None,
            reset_shown: 0,
            stuck: Stuck::No,
            burning: 0,
            dreq_stops: false,
            blocks_done: 0,
            chain: BTreeMap::new(),
            late_int: None,
            uncalled: false,
            muted: false,
            spurious: false,
            rest_reads_paused: rng.bool(),
            state_codes: rng.u32(1..0x100),
        }
    }

    /// Its bit of `INT_STATUS`.
    pub(crate) const fn is_asking(&self) -> bool {
        self.int
    }

    /// Its interrupt wire: INT, unless a fault says otherwise.
    pub(crate) const fn wire(&self) -> bool {
        (self.int && !self.muted) || self.spurious
    }

    pub(crate) const fn calm(&mut self) {
        self.spurious = false;
    }

    /// Whether a step could do anything at all.
    pub(crate) fn is_busy(&self) -> bool {
        self.active
            || self.settle > 0
            || self.closing
            || self.abort.is_some()
            || self.reset_shown > 0
            || self.late_int.is_some()
            || !self.posted.is_empty()
            || !self.orphans.is_empty()
    }

    /// Running, as software means it: started and not at the chain's end.
    pub(super) const fn is_running(&self) -> bool {
        self.active && self.conblk != 0
    }

    pub(crate) fn left(&self) -> (bool, u32) {
        let status = if self.end { cs::END } else { 0 }
            | if self.int && !self.uncalled { cs::INT } else { 0 };
        (self.active || self.closing, status)
    }

    pub(crate) fn read(&mut self, offset: u32, world: &mut World) -> u32 {
        match offset {
            datasheet::CS => self.read_cs(world),
            datasheet::CONBLK_AD => self.conblk,
            datasheet::TI => self.live.ti,
            datasheet::SOURCE_AD => self.live.source,
            datasheet::DEST_AD => self.live.dest,
            datasheet::TXFR_LEN => self.live.length,
            datasheet::STRIDE if self.kind != Kind::Lite => self.live.stride,
            datasheet::NEXTCONBK => self.live.next,
            datasheet::DEBUG => self.read_debug(),
            _ => 0,
        }
    }

    fn read_debug(&self) -> u32 {
        let lite = if self.kind == Kind::Lite { debug::LITE } else { 0 };
        let state = if self.is_busy() { self.state_codes } else { 0 };
        let outstanding = u32::try_from(self.posted.len().min(15)).unwrap_or(15);
        let id = u32::from(self.number) << debug::ID_SHIFT;
        lite | debug::VERSION_2
            | (state << debug::STATE_SHIFT)
            | id
            | (outstanding << debug::OUTSTANDING_SHIFT)
            | self.errors
    }

    fn read_cs(&mut self, world: &mut World) -> u32 {
        let paused = if self.active {
            self.burning > 0
                || self.waits_for_room()
                || (self.stuck != Stuck::No && world.rng.bool())
        } else if self.conblk != 0 {
            self.settle == 0
        } else {
            self.rest_reads_paused
        };
        let dreq = self.block.as_ref().is_none_or(|block| world.devices.dreq(block.permap()));
        let bits = [
            (cs::ACTIVE, self.active),
            (cs::END, self.end),
            (cs::INT, self.int),
            (cs::DREQ, dreq),
            (cs::PAUSED, paused),
            (cs::DREQ_STOPS_DMA, self.dreq_stops && self.active),
            (cs::WAITING_FOR_OUTSTANDING_WRITES, self.closing),
            (cs::ERROR, self.errors != 0),
            (cs::ABORT, self.abort.is_some()),
            (cs::RESET, self.reset_shown > 0),
        ];
        bits.iter().fold(self.policy, |value, (bit, set)| if *set { value | bit } else { value })
    }

    /// Too many writes in flight pause a channel that counts them; p. 48.
    pub(super) fn waits_for_room(&self) -> bool {
        self.policy & cs::WAIT_FOR_OUTSTANDING_WRITES != 0 && self.posted.len() > OUTSTANDING_LIMIT
    }

    pub(crate) fn write(&mut self, offset: u32, value: u32, power: Power, world: &mut World) {
        let channel = self.number;
        match offset {
            datasheet::CS => self.write_cs(value, power, world),
            datasheet::CONBLK_AD => self.write_conblk(value, world),
            datasheet::NEXTCONBK => self.write_next(value, world),
            datasheet::DEBUG => self.errors &= !(value & debug::ERRORS),
            _ => {
                let register = datasheet::name(offset);
                world.report(Violation::ReadOnlyRegister { channel, register, value });
            }
        }
    }

    fn write_conblk(&mut self, value: u32, world: &mut World) {
        let channel = self.number;
        if self.is_running() || self.closing {
            world.report(Violation::BlockAddressWhileRunning { channel, value });
            return;
        }
        if value & BLOCK_LOW_BITS != 0 {
            world.report(Violation::MisalignedBlock { channel, address: value });
        }
        self.conblk = value & !BLOCK_LOW_BITS;
        self.block = None;
        self.fresh = true;
    }

    fn write_next(&mut self, value: u32, world: &mut World) {
        let channel = self.number;
        if value & BLOCK_LOW_BITS != 0 {
            world.report(Violation::MisalignedBlock { channel, address: value });
        }
        if self.is_running() {
            // Zero just before an ABORT is what Linux does (raspberrypi/linux PR #5482); it may come too late.
            if value != 0 {
                world.report(Violation::NextWhileRunning { channel, value });
                return;
            }
            if world.rng.bool() {
                return;
            }
        }
        self.live.next = value & !BLOCK_LOW_BITS;
    }

    fn write_cs(&mut self, value: u32, power: Power, world: &mut World) {
        let mut found = Vec::new();
        judge_cs_bits(self.number, value, &mut |violation| found.push(violation));
        if self.is_running() && value & cs::ABORT == 0 {
            judge_ack(self.number, value, self.policy, &mut |violation| found.push(violation));
        }
        world.report_all(found);
        if self.is_running() {
            self.check_chain(world);
        }
        if value & cs::RESET != 0 {
            self.reset(world);
            return;
        }
        let before = self.left().1;
        if value & cs::END != 0 {
            self.end = false;
        }
        if value & cs::INT != 0 {
            self.acknowledge(world);
        }
        self.policy = value & cs::POLICY;
        if value & cs::ABORT != 0 {
            self.begin_abort(value, world);
        }
        if value & cs::ACTIVE != 0 {
            self.activate(before, power, world);
        } else if self.active {
            self.active = false;
            self.settle = world.rng.u32(0..4);
        }
    }

    fn acknowledge(&mut self, world: &mut World) {
        let channel = self.number;
        let again = self.int
            && world.take_fault(|fault| *fault == Fault::DoubleInterrupt { channel }).is_some();
        self.int = false;
        self.uncalled = false;
        self.muted = false;
        if again {
            self.late_int = Some(2);
        }
    }

    fn begin_abort(&mut self, value: u32, world: &mut World) {
        if value & cs::ACTIVE == 0 {
            world.report(Violation::AbortWithoutActive { channel: self.number });
        } else if self.conblk != 0 {
            self.abort = Some(world.rng.u32(1..8));
        }
    }

    fn activate(&mut self, status: u32, power: Power, world: &mut World) {
        let channel = self.number;
        if self.conblk == 0 || self.active {
            return;
        }
        if power == Power::Off {
            world.report(Violation::StartWhileDisabled { channel });
        }
        if self.fresh && self.abort.is_none() {
            let mut found = Vec::new();
            judge_start(channel, status, self.errors, &mut |violation| found.push(violation));
            world.report_all(found);
            self.blocks_done = 0;
            self.fresh = false;
            self.block = None;
        } else if self.errors & debug::READ_ERROR != 0 && self.abort.is_none() {
            world.report(Violation::ErrorAtStart { channel, errors: self.errors });
        }
        if self.errors & debug::READ_ERROR != 0 && self.abort.is_none() {
            // The error still stands: the channel stops at once, as it did when the error came.
            self.int = true;
            return;
        }
        self.active = true;
        self.settle = 0;
        if self.abort.is_none() {
            self.remember_chain(world);
        }
    }

    /// RESET: everything but what is on the bus already.
    fn reset(&mut self, world: &mut World) {
        let posted = core::mem::take(&mut self.posted);
        self.orphans.extend(posted);
        self.active = false;
        self.end = false;
        self.int = false;
        self.uncalled = false;
        self.policy = 0;
        self.conblk = 0;
        self.live = Words::default();
        // Whether a RESET clears DEBUG is not written anywhere; every driver that is known writes it as well.
        if world.rng.bool() {
            self.errors = 0;
        }
        self.block = None;
        self.closing = false;
        self.settle = 0;
        self.abort = None;
        self.reset_shown = world.rng.u32(0..3);
        self.stuck = Stuck::No;
        self.burning = 0;
        self.dreq_stops = false;
        self.chain.clear();
        self.muted = false;
    }

    /// Latches errors, stops on a read error; p. 63.
    pub(super) fn latch(&mut self, bits: u32, world: &mut World) {
        self.errors |= bits;
        world.log(Event::Error { channel: self.number, bits });
        if bits & debug::READ_ERROR != 0 {
            self.active = false;
            self.settle = 0;
            self.raise(world);
        }
    }

    /// Sets INT.
    pub(super) fn raise(&mut self, world: &mut World) {
        let channel = self.number;
        self.muted = world.take_fault(|fault| *fault == Fault::LostInterrupt { channel }).is_some();
        self.uncalled = false;
        self.int = true;
    }
}
