//! The engine: fifteen channels, who has them, and what runs on them (dmaengine's place in Linux).
//!
//! An [`Engine`] is a value; the firmware keeps one in a static, a test owns as many as it likes. Its state is
//! guarded by critical sections (masked interrupts on one core) that never span a transfer: no lock is held while
//! the engine runs.
//!
//! The machine's interrupt handler calls [`Engine::interrupt`] with the channel. All other calls belong to ordinary
//! code; those that wait say so and have a deadline.

use core::cell::Cell;
use core::fmt;
use core::task::Waker;

use critical_section::{CriticalSection, Mutex};

mod counters;
mod ending;
mod fault;
mod flight;
mod job;
mod machine;
mod probe;
mod request;
mod sequence;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;

pub use self::counters::{Counters, Withdrawal};
pub use self::fault::{Fault, FaultKind};
pub use self::flight::Flight;
pub(crate) use self::flight::{Leash, Ran};
pub(crate) use self::job::Terms;
pub use self::job::{Callback, Cookie, QUEUE_DEPTH, Status};
#[doc(hidden)]
pub use self::job::{Order, Shape};
pub use self::probe::{Probed, Question};
pub use self::request::{Need, PauseError, RequestError, SubmitError};
pub use self::sequence::Policy;
pub use self::snapshot::Snapshot;
pub(crate) use self::state::Ticket;

use self::request::preference;
use self::sequence::{Answer, Hardware};
use self::state::{Health, Polled, State, Wake};
use crate::constraints::{ChannelKind, EngineKind};
use crate::platform::{Instant, Platform, Registers, Woken};
use crate::register::{ChannelId, Register, debug};

/// The DMA engine of a machine.
///
/// `&Engine<P>` coerces to `&Engine<dyn Platform>`: code that uses it so is compiled once, whatever the machine is.
pub struct Engine<P: ?Sized> {
    usable: u32,
    kind: EngineKind,
    scopes: Mutex<Cell<u32>>,
    /// One for each channel, and one that makes any four bits an index.
    channels: [Mutex<State>; 16],
    // Last, so that the engine can be used without knowing its type.
    platform: P,
}

impl<P: ?Sized> fmt::Debug for Engine<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("usable", &self.usable)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What `/channels` shows of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Whose it is, if anybody's.
    pub owner: Option<&'static str>,
    /// Why it is not to be had any more, if so.
    pub withdrawn: Option<Withdrawal>,
    /// Whether a transfer is on it.
    pub running: Option<Cookie>,
    /// What happened on it.
    pub counters: Counters,
}

/// What an interrupt found in `CS`.
#[derive(Clone, Copy, Debug)]
pub struct InterruptStatus(u32);

/// Which engine answers here: the chip's names its version in `DEBUG` on a channel that is clocked, QEMU's reads 0.
pub fn detect(registers: &(impl Registers + ?Sized), usable: u32) -> EngineKind {
    let clocked = registers.enable() & usable;
    let known = (0..ChannelId::COUNT)
        .filter_map(ChannelId::new)
        .filter(|channel| clocked & channel.bit() != 0)
        .any(|channel| {
            let value = registers.read(channel, Register::Debug);
            value >> debug::VERSION_SHIFT & 7 == debug::VERSION_BCM2837
        });
    if known { EngineKind::Hardware } else { EngineKind::Emulated }
}

impl<P: Registers> Engine<P> {
    /// The engine of this machine with the channels of this mask (bit n for channel n), all of them free.
    ///
    /// They are clocked from here on: one that is not says nothing of which engine it is. `ENABLE` is the `VideoCore`'s too, so
    /// our bits are added, none is taken away, and nothing is written if nothing changes.
    pub fn new(platform: P, usable: u32) -> Self {
        let clocked = platform.enable();
        if clocked & usable != usable {
            platform.set_enable(clocked | usable);
        }
        let kind = detect(&platform, usable);
        let channels = core::array::from_fn(|_| Mutex::new(State::new()));
        Self { usable, kind, scopes: Mutex::new(Cell::new(0)), channels, platform }
    }
}

impl<P: ?Sized> Engine<P> {
    /// Which engine it is.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// The channels that may be had, bit n for channel n.
    pub fn usable(&self) -> u32 {
        self.usable
    }
}

impl<P: ?Sized> Engine<P> {
    #[inline]
    fn state<'cs>(&'cs self, token: CriticalSection<'cs>, channel: ChannelId) -> &'cs State {
        // A channel's number is below 15.
        let [first, ..] = &self.channels;
        self.channels.get(usize::from(channel.number() & 15)).unwrap_or(first).borrow(token)
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    #[inline]
    fn with<R>(&self, channel: ChannelId, act: impl FnOnce(&State, &Hardware<'_, P>) -> R) -> R {
        critical_section::with(|token| {
            let state = self.state(token, channel);
            act(state, &Hardware::new(&self.platform, channel, state.policy.get()))
        })
    }

    /// To be called by the interrupt handler when the line of this channel is up.
    ///
    /// What it costs, in accesses of registers of about 0.15 µs each:
    ///
    /// | | reads | writes | barriers |
    /// | --- | --- | --- | --- |
    /// | not ours (neither INT nor ERROR) | 1 | 0 | 0 |
    /// | a chain ended, and another one starts | 2 | 4 | 1 |
    /// | the same, where the INT was not its own | 3 | 4 | 1 |
    /// | an error, and another chain starts | 26, more where the engine takes its time | 11 | 3 |
    /// | the longest there is: an error, and the engine follows no command | 6,076 | 8 | 2 |
    ///
    /// The longest takes about 0.9 ms and withdraws the channel, so it happens once: from then on its interrupt is masked.
    /// Besides there are one callback and one waker, and at most [`QUEUE_DEPTH`] of each when a channel is withdrawn.
    ///
    /// The handler has a `DSB` before the call, since what it interrupted may have been writing control blocks, and one
    /// after it, so that the last acknowledge has arrived before the line's level is looked at again and nothing that the
    /// engine wrote is read before.
    pub fn interrupt(&self, channel: ChannelId) {
        if let Some(status) = critical_section::with(|token| self.interrupt_quietly(token, channel))
        {
            self.interrupt_at_length(channel, status);
        }
    }

    /// The same for a handler that runs in a critical section anyway. What it does first is short and calls nobody; if
    /// that does not do, back comes what [`interrupt_at_length`](Self::interrupt_at_length) goes on with.
    #[inline]
    pub fn interrupt_quietly(
        &self,
        token: CriticalSection<'_>,
        channel: ChannelId,
    ) -> Option<InterruptStatus> {
        let state = self.state(token, channel);
        let hardware = Hardware::new(&self.platform, channel, state.policy.get());
        let status = hardware.status();
        (!state.interrupt_quietly(status, &hardware)).then_some(InterruptStatus(status))
    }

    /// The rest of [`interrupt_quietly`](Self::interrupt_quietly).
    ///
    /// A channel that is not ours is not written to: whose it is will acknowledge. (The short part does nothing either where
    /// no transfer of ours runs.)
    #[cold]
    #[inline(never)]
    pub fn interrupt_at_length(&self, channel: ChannelId, status: InterruptStatus) {
        if self.usable & channel.bit() == 0 {
            return;
        }
        let wake = self.with(channel, |state, hardware| state.interrupt(status.0, hardware));
        if let Some(wake) = wake {
            self.deliver(channel, wake);
        }
    }

    /// Tells whom it concerns, outside the state; if the channel is gone, all others who wait for it too.
    fn deliver(&self, channel: ChannelId, wake: Wake) {
        let health = wake.channel;
        wake.deliver();
        if health == Health::Broken {
            self.fail_queued_of_withdrawn(channel);
        }
    }

    /// To be called when a line that several channels share is up (11 to 14 do): looks after those that asked and are ours.
    /// Where `INT_STATUS` says that none did, all of ours are looked at: the line is up all the same.
    pub fn interrupt_shared(&self, channels: u32) {
        let ours = channels & self.usable;
        let asking = match self.platform.interrupt_status() & ours {
            0 => ours,
            asking => asking,
        };
        for channel in (0..ChannelId::COUNT).filter_map(ChannelId::new) {
            if asking & channel.bit() != 0 {
                self.interrupt(channel);
            }
        }
    }

    /// Takes a channel for an owner.
    pub(crate) fn claim(
        &self,
        need: Need,
        owner: &'static str,
        policy: Policy,
    ) -> Result<ChannelId, RequestError> {
        if let Need::Exactly(channel) = need {
            return self.claim_one(channel, owner, policy).map(|()| channel);
        }
        let fits = |kind| match need {
            Need::Any => true,
            Need::Full | Need::Bulk => kind != ChannelKind::Lite,
            Need::Exactly(_) => false,
        };
        preference(need)
            .iter()
            .copied()
            .filter_map(ChannelId::new)
            .filter(|channel| fits(ChannelKind::of(*channel)))
            .find(|channel| self.claim_one(*channel, owner, policy).is_ok())
            .ok_or(RequestError::NoneFree)
    }

    fn claim_one(
        &self,
        channel: ChannelId,
        owner: &'static str,
        policy: Policy,
    ) -> Result<(), RequestError> {
        if self.usable & channel.bit() == 0 {
            return Err(RequestError::NotOurs { channel });
        }
        self.with(channel, |state, _| {
            if let Some(reason) = state.withdrawn.get() {
                return Err(RequestError::Withdrawn { reason });
            }
            if let Some(owner) = state.owner.get() {
                return Err(RequestError::Taken { owner });
            }
            state.claim(owner, policy);
            Ok(())
        })?;
        self.with(channel, |state, hardware| {
            hardware.enable();
            if hardware.reset() == Answer::Yes {
                return Ok(());
            }
            let reason = Withdrawal::NoReset;
            state.owner.set(None);
            state.withdraw(reason, hardware);
            Err(RequestError::Withdrawn { reason })
        })
    }

    /// Gives a channel back; what is on it is terminated.
    pub(crate) fn release(&self, channel: ChannelId) {
        self.terminate_all(channel);
        self.with(channel, |state, _| state.owner.set(None));
    }

    pub(crate) fn submit(
        &self,
        channel: ChannelId,
        order: &Order,
        terms: Terms,
    ) -> Result<Ticket, SubmitError> {
        self.with(channel, |state, _| match state.withdrawn.get() {
            Some(reason) => Err(SubmitError::Withdrawn { reason }),
            None => state.submit(order, terms).ok_or(SubmitError::QueueFull),
        })
    }

    #[inline]
    pub(crate) fn issue(&self, channel: ChannelId) {
        self.with(channel, State::issue);
    }

    pub(crate) fn status(&self, channel: ChannelId, ticket: Ticket) -> Status {
        self.with(channel, |state, _| state.status(ticket))
    }

    pub(crate) fn status_of(&self, channel: ChannelId, cookie: Cookie) -> Status {
        self.with(channel, |state, _| state.status_of(cookie))
    }

    pub(crate) fn interrupts(&self, channel: ChannelId, ticket: Ticket) -> u32 {
        self.with(channel, |state, _| state.interrupts(ticket))
    }

    /// The outcome of an ended transfer, whose slot is then free again; `None` where it has not ended, and then the
    /// waker is called when it has.
    ///
    /// A waker is somebody else's code: it is cloned and dropped outside the critical section.
    pub(crate) fn poll(&self, channel: ChannelId, ticket: Ticket, waker: &Waker) -> Option<Status> {
        let look = || self.with(channel, |state, _| state.poll(ticket, waker));
        let mut found = look();
        if matches!(found, Polled::WakerWanted) {
            let own = waker.clone();
            drop(self.with(channel, |state, _| state.set_waker(ticket, own)));
            // Where it ended between the two critical sections, nobody is woken.
            found = look();
        }
        match found {
            Polled::Ended(status) => Some(status),
            Polled::Pending | Polled::WakerWanted => None,
        }
    }

    /// The outcome of an ended transfer; its slot is free again.
    #[inline]
    pub(crate) fn collect(&self, channel: ChannelId, ticket: Ticket) -> Status {
        self.with(channel, |state, _| {
            let status = state.status(ticket);
            state.release(ticket);
            status
        })
    }

    /// Sleeps until the transfer has ended; at the deadline it is stopped. Its outcome either way.
    pub(crate) fn wait(&self, channel: ChannelId, ticket: Ticket, deadline: Instant) -> Status {
        let mut ended = || !self.status(channel, ticket).is_open();
        // Half-way the one in front is looked at: if only its interrupt was lost, the rest of the time is this one's.
        let half = Instant::from_ticks(self.platform.now().ticks().midpoint(deadline.ticks()));
        if self.platform.sleep_until(half, &mut ended) == Woken::Deadline {
            self.notice(channel);
            self.platform.sleep_until(deadline, &mut ended);
        }
        let status = self.collect(channel, ticket);
        if status.is_final() {
            return status;
        }
        self.stop(channel, ticket, FaultKind::Timeout);
        self.collect(channel, ticket)
    }

    pub(crate) fn pause(&self, channel: ChannelId) -> Result<(), PauseError> {
        match self.with(channel, State::pause) {
            Answer::Yes => Ok(()),
            Answer::No => Err(PauseError { channel }),
        }
    }

    pub(crate) fn resume(&self, channel: ChannelId) {
        self.with(channel, State::resume);
    }

    /// The registers of a channel, now.
    pub fn snapshot(&self, channel: ChannelId) -> Snapshot {
        Snapshot::of(&self.platform, channel)
    }

    /// The registers of one and the same block, and one that is loaded: between two reads the engine may go on to the next
    /// one. An engine that goes on at every look is given up on after a few.
    pub(crate) fn loaded_snapshot(&self, channel: ChannelId) -> Snapshot {
        let mut registers = self.snapshot(channel);
        for _ in 0..8 {
            let now = self.platform.read(channel, Register::ConblkAd);
            if now == registers.conblk_ad && (now == 0 || registers.txfr_len != 0) {
                break;
            }
            registers = self.snapshot(channel);
        }
        registers
    }

    /// Who has a channel, and what happened on it.
    pub fn info(&self, channel: ChannelId) -> ChannelInfo {
        self.with(channel, |state, _| ChannelInfo {
            owner: state.owner.get(),
            withdrawn: state.withdrawn.get(),
            running: state.running_cookie(),
            counters: state.tally.read(),
        })
    }
}
