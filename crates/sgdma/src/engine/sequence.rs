//! The register sequences: start, acknowledge, pause, abort. Every poll has a bound.

use super::Snapshot;
use crate::address::BusAddr;
use crate::platform::{Authority, Coherence, Registers};
use crate::register::{ChannelId, Register, cs, debug};

/// What is written to `CS` besides ACTIVE: priorities, and waiting for the last write's answer.
///
/// Every write repeats it, an acknowledge too: a bare INT would zero it and stop the channel
/// (Linux f7da7782aba9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy(u32);

impl Policy {
    /// AXI priorities from 0 (lowest) to 15: in normal operation, and while the paced device panics. Larger ones
    /// count as 15.
    pub const fn new(priority: u8, panic_priority: u8) -> Self {
        let priority = if priority > 15 { 15 } else { priority as u32 };
        let panic = if panic_priority > 15 { 15 } else { panic_priority as u32 };
        Self(
            cs::WAIT_FOR_OUTSTANDING_WRITES
                | cs::DISDEBUG
                | panic << cs::PANIC_PRIORITY_SHIFT
                | priority << cs::PRIORITY_SHIFT,
        )
    }

    /// The bits in `CS`.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new(8, 15)
    }
}

/// The most polls for the engine to follow a command: on the chip one takes about 0.2 µs, and an abort a few.
const POLLS: u32 = 1_000;

/// How a channel answered a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    /// Not within [`POLLS`].
    No,
}

/// One channel's registers with the policy that every write of `CS` repeats.
#[derive(Debug)]
pub(super) struct Hardware<'p, P: ?Sized> {
    platform: &'p P,
    channel: ChannelId,
    policy: u32,
}

impl<'p, P: Registers + Coherence + ?Sized> Hardware<'p, P> {
    #[inline]
    pub(super) fn new(platform: &'p P, channel: ChannelId, policy: Policy) -> Self {
        Self { platform, channel, policy: policy.bits() }
    }

    #[inline]
    fn write(&self, register: Register, value: u32) {
        self.platform.write(Authority::LIBRARY, self.channel, register, value);
    }

    #[inline]
    fn control(&self, bits: u32) {
        self.write(Register::Cs, self.policy | bits);
    }

    #[inline]
    pub(super) fn status(&self) -> u32 {
        self.platform.read(self.channel, Register::Cs)
    }

    #[inline]
    pub(super) fn conblk_ad(&self) -> u32 {
        self.platform.read(self.channel, Register::ConblkAd)
    }

    #[inline(never)]
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.platform, self.channel)
    }

    /// After the registers said that a chain has ended, before what it wrote is read.
    pub(super) fn barrier(&self) {
        self.platform.barrier();
    }

    /// The channel follows no command: its interrupt would come for ever.
    #[cold]
    pub(super) fn mask_interrupt(&self) {
        self.platform.mask_interrupt(self.channel);
    }

    /// Starts a chain on an idle channel: old flags away, address, barrier, go. p. 50, 48.
    #[inline]
    pub(super) fn start(&self, chain: BusAddr) {
        self.load(chain);
        self.go_on();
    }

    /// A start but for the last word: [`go_on`](Self::go_on) says it.
    ///
    /// The barrier comes before the first word, so that no write to the channel can overtake a block. The writes
    /// themselves go to one device, in order.
    #[inline]
    pub(super) fn load(&self, chain: BusAddr) {
        self.platform.barrier();
        self.control(cs::INT | cs::END);
        self.write(Register::ConblkAd, chain.get());
    }

    /// Lets a loaded chain run.
    #[inline]
    pub(super) fn go_on(&self) {
        self.control(cs::ACTIVE);
    }

    /// Acknowledges the interrupt of a channel that may go on running.
    ///
    /// An error that comes between the look at `CS` and this finds ACTIVE set again. It stays latched and asks for its
    /// own interrupt, so it is not lost.
    #[inline]
    pub(super) fn acknowledge_running(&self) {
        self.control(cs::INT | cs::END | cs::ACTIVE);
    }

    /// Acknowledges the interrupt of a channel that must not go on: it erred, or software paused it.
    pub(super) fn acknowledge_stopped(&self) {
        self.control(cs::INT | cs::END);
    }

    /// Clears just the error bits that are set: QEMU would keep a constant 7 as a false error.
    pub(super) fn clear_errors(&self) {
        let errors = self.platform.read(self.channel, Register::Debug) & debug::ERRORS;
        if errors != 0 {
            self.write(Register::Debug, errors);
        }
    }

    /// Stops the engine where it is, without losing anything.
    pub(super) fn pause(&self) -> Answer {
        self.platform.barrier();
        self.control(0);
        self.poll(|hardware| {
            let status = hardware.status();
            status & cs::ACTIVE == 0 && status & cs::WAITING_FOR_OUTSTANDING_WRITES == 0
        })
    }

    /// Stops the engine and says where: what it had begun may end, and the next block be fetched, after it says that it is
    /// not active, and between two reads. So it is looked at until two looks see the same; after eight, as it was last.
    #[cold]
    #[inline(never)]
    pub(super) fn stand_still(&self) -> (Answer, Snapshot) {
        let answer = self.pause();
        let mut registers = self.snapshot();
        for _ in 0..8 {
            let before = registers.place();
            registers = self.snapshot();
            if registers.place() == before {
                break;
            }
        }
        (answer, registers)
    }

    #[inline]
    pub(super) fn resume(&self) {
        self.platform.barrier();
        self.control(cs::ACTIVE);
    }

    /// Takes the chain from an engine that was told to [pause](Self::pause), whatever state it is in, and leaves the channel
    /// reset and quiet.
    ///
    /// The order is that of raspberrypi/linux PR #5482: an ABORT needs ACTIVE to take effect, and would go on with
    /// NEXTCONBK. A last interrupt may still come.
    ///
    /// A RESET forgets the writes that are on the bus, but the bus does not: they are waited for first.
    ///
    /// At most five reads for each of [`POLLS`], and eleven more accesses.
    pub(super) fn abort(&self) -> Answer {
        if self.conblk_ad() != 0 {
            self.write(Register::NextConbk, 0);
            self.control(cs::ABORT | cs::ACTIVE);
            let _ = self
                .poll(|hardware| hardware.status() & cs::ABORT == 0 && hardware.conblk_ad() == 0);
            self.control(0);
        }
        let _ = self.poll(Self::has_landed);
        // One that somebody took the clock from stands still, and hears no RESET.
        self.enable();
        self.reset()
    }

    /// Resets the channel and forgets its flags and errors.
    pub(super) fn reset(&self) -> Answer {
        self.platform.barrier();
        self.write(Register::Cs, cs::RESET);
        let answer = self.poll(|hardware| {
            hardware.status() & (cs::RESET | cs::ACTIVE) == 0 && hardware.conblk_ad() == 0
        });
        self.acknowledge_stopped();
        self.clear_errors();
        answer
    }

    fn has_landed(&self) -> bool {
        self.platform.read(self.channel, Register::Debug) & debug::OUTSTANDING_WRITES == 0
    }

    /// Sees to it that the channel is clocked; the other bits are the VideoCore's and stay.
    pub(super) fn enable(&self) {
        let enable = self.platform.enable();
        if enable & self.channel.bit() == 0 {
            self.platform.set_enable(enable | self.channel.bit());
        }
    }

    /// Takes the clock away; for the emulated engine.
    pub(super) fn disable(&self) {
        let enable = self.platform.enable();
        self.platform.set_enable(enable & !self.channel.bit());
    }

    /// Looks until it is so, at most [`POLLS`] times.
    pub(super) fn poll(&self, done: impl Fn(&Self) -> bool) -> Answer {
        for _ in 0..POLLS {
            if done(self) {
                return Answer::Yes;
            }
        }
        Answer::No
    }
}
