//! The engine: fifteen channels, who has them, and what runs on them (dmaengine's place in Linux).
//!
//! An [`Engine`] is a value; the firmware keeps one in a static, a test owns as many as it likes. Its state is
//! guarded by critical sections (masked interrupts on one core) that never span a transfer: no lock is held while
//! the engine runs.
//!
//! The machine's interrupt handler calls [`Engine::interrupt`] with the channel. All other calls belong to ordinary
//! code; those that wait say so and have a deadline.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Waker;

use critical_section::Mutex;

mod fault;
mod job;
mod sequence;
mod snapshot;
mod state;

pub use self::fault::{Fault, FaultKind};
pub use self::job::{Callback, Cookie, QUEUE_DEPTH, Status};
#[doc(hidden)]
pub use self::job::{Order, Shape};
pub use self::sequence::Policy;
pub use self::snapshot::Snapshot;
pub(crate) use self::state::Ticket;
pub use self::state::{Counters, Withdrawal};

use self::sequence::{Answer, Hardware};
use self::state::{Finished, Health, Polled, Restless, State, Wake};
use crate::constraints::{ChannelKind, EngineKind};
use crate::platform::{Idle, Instant, Platform, Registers};
use crate::register::{ChannelId, Register, cs, debug};

struct Slot {
    state: Mutex<RefCell<State>>,
    finished: Finished,
}

/// The DMA engine of a machine.
pub struct Engine<P> {
    platform: P,
    usable: u32,
    kind: EngineKind,
    scopes: Mutex<Cell<u32>>,
    slots: [Slot; ChannelId::COUNT as usize],
}

impl<P> core::fmt::Debug for Engine<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine")
            .field("usable", &self.usable)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What a channel is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anything: lite ones first, so that the others stay free.
    Any,
    /// 2D, or the bandwidth of a full channel.
    Full,
    /// As much bandwidth as can be had: channel 0, else a full one.
    Bulk,
    /// Just this one.
    Exactly(ChannelId),
}

/// Why no channel could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// Every channel that would do is taken, or was withdrawn.
    NoneFree,
    /// This one belongs to somebody.
    Taken {
        /// Whose it is.
        owner: &'static str,
    },
    /// The firmware keeps this one for itself.
    NotOurs {
        /// The channel.
        channel: ChannelId,
    },
    /// It broke.
    Withdrawn {
        /// How.
        reason: Withdrawal,
    },
}

impl core::fmt::Display for RequestError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoneFree => f.write_str("no channel is free: release one"),
            Self::Taken { owner } => write!(f, "the channel belongs to {owner}"),
            Self::NotOurs { channel } => {
                write!(f, "the VideoCore keeps {channel}: take one of the firmware's mask")
            }
            Self::Withdrawn { reason } => write!(f, "the channel was withdrawn: {reason}"),
        }
    }
}

impl core::error::Error for RequestError {}

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

/// Which engine answers here: the chip's names its version in `DEBUG` on a channel that is clocked, QEMU's reads 0.
pub fn detect(registers: &impl Registers, usable: u32) -> EngineKind {
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
    pub fn new(platform: P, usable: u32) -> Self {
        let kind = detect(&platform, usable);
        let slots = core::array::from_fn(|_| Slot {
            state: Mutex::new(RefCell::new(State::new())),
            finished: core::array::from_fn(|_| AtomicU32::new(0)),
        });
        Self { platform, usable, kind, scopes: Mutex::new(Cell::new(0)), slots }
    }

    /// Which engine it is.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// The channels that may be had, bit n for channel n.
    pub fn usable(&self) -> u32 {
        self.usable
    }
}

impl<P> Engine<P> {
    /// The machine.
    pub fn platform(&self) -> &P {
        &self.platform
    }

    #[inline]
    fn slot(&self, channel: ChannelId) -> &Slot {
        // A channel's number is below the number of slots; the first stands in for what cannot be.
        let [first, ..] = &self.slots;
        self.slots.get(usize::from(channel.number())).unwrap_or(first)
    }
}

impl<P: Platform> Engine<P> {
    #[inline]
    fn with<R>(
        &self,
        channel: ChannelId,
        act: impl FnOnce(&mut State, &Hardware<'_, P>, &Finished) -> R,
    ) -> R {
        let slot = self.slot(channel);
        critical_section::with(|token| {
            let mut state = slot.state.borrow_ref_mut(token);
            let hardware = Hardware::new(&self.platform, channel, state.policy);
            act(&mut state, &hardware, &slot.finished)
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
    /// | an error, and another chain starts | 17, more where the engine takes its time | 12 | 1 |
    /// | the longest there is: an error, and the engine follows no command | 6,013 | 8 | 0 |
    ///
    /// The longest takes about 0.9 ms and withdraws the channel, so it happens once. Besides there are one callback and
    /// one waker, and at most [`QUEUE_DEPTH`] of each when a channel is withdrawn.
    #[inline]
    pub fn interrupt(&self, channel: ChannelId) {
        let wake = self.with(channel, State::interrupt);
        self.deliver(channel, wake);
    }

    /// Tells whom it concerns, outside the state; if the channel is gone, all others who wait for it too.
    #[inline]
    fn deliver(&self, channel: ChannelId, wake: Wake) {
        let health = wake.channel;
        wake.deliver();
        if health == Health::Broken {
            self.fail_queued_of_withdrawn(channel);
        }
    }

    /// To be called when a line that several channels share is up (11 to 14 do): looks after those that asked.
    pub fn interrupt_shared(&self, channels: u32) {
        let asking = self.platform.interrupt_status() & channels;
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
        self.with(channel, |state, _, _| {
            if let Some(reason) = state.withdrawn {
                return Err(RequestError::Withdrawn { reason });
            }
            if let Some(owner) = state.owner {
                return Err(RequestError::Taken { owner });
            }
            state.claim(owner, policy);
            Ok(())
        })?;
        self.with(channel, |state, hardware, _| {
            hardware.enable();
            if hardware.reset() == Answer::Yes {
                return Ok(());
            }
            let reason = Withdrawal::NoReset;
            (state.owner, state.withdrawn) = (None, Some(reason));
            Err(RequestError::Withdrawn { reason })
        })
    }

    /// Gives a channel back; what is on it is terminated.
    pub(crate) fn release(&self, channel: ChannelId) {
        self.terminate_all(channel);
        self.with(channel, |state, _, _| state.owner = None);
    }

    #[inline]
    pub(crate) fn submit(&self, channel: ChannelId, order: Order) -> Result<Ticket, SubmitError> {
        self.with(channel, |state, _, _| match state.withdrawn {
            Some(reason) => Err(SubmitError::Withdrawn { reason }),
            None => state.submit(order).ok_or(SubmitError::QueueFull),
        })
    }

    #[inline]
    pub(crate) fn issue(&self, channel: ChannelId) {
        self.with(channel, |state, hardware, _| state.issue(hardware));
    }

    pub(crate) fn status(&self, channel: ChannelId, ticket: Ticket) -> Status {
        self.with(channel, |state, _, _| state.status(ticket))
    }

    pub(crate) fn status_of(&self, channel: ChannelId, cookie: Cookie) -> Status {
        self.with(channel, |state, _, _| state.status_of(cookie))
    }

    pub(crate) fn interrupts(&self, channel: ChannelId, ticket: Ticket) -> u32 {
        self.with(channel, |state, _, _| state.interrupts(ticket))
    }

    /// The outcome of an ended transfer, whose slot is then free again; `None` where it has not ended, and then the
    /// waker is called when it has.
    ///
    /// A waker is somebody else's code: it is cloned and dropped outside the critical section.
    pub(crate) fn poll(&self, channel: ChannelId, ticket: Ticket, waker: &Waker) -> Option<Status> {
        let look = || self.with(channel, |state, _, _| state.poll(ticket, waker));
        let mut found = look();
        if matches!(found, Polled::WakerWanted) {
            let own = waker.clone();
            drop(self.with(channel, |state, _, _| state.set_waker(ticket, own)));
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
        self.with(channel, |state, _, _| {
            let status = state.status(ticket);
            state.release(ticket);
            status
        })
    }

    /// Issues everything submitted and sleeps until the transfer has ended or the deadline has passed.
    ///
    /// The first look issues, with interrupts masked as for every look: so the interrupt finds whoever waits asleep, and
    /// there is one critical section less.
    #[inline]
    pub(crate) fn issue_and_sleep(&self, channel: ChannelId, ticket: Ticket, deadline: Instant) {
        let mark = self.slot(channel).finished.get(usize::from(ticket.slot));
        let mut issued = false;
        let ended = || {
            if !issued {
                issued = true;
                self.issue(channel);
            }
            mark.is_none_or(|mark| mark.load(Ordering::Acquire) == ticket.cookie.number())
        };
        Idle::sleep_until(&self.platform, deadline, ended);
    }

    /// Whether the transfer is complete; its slot is free again then.
    #[inline]
    pub(crate) fn take_complete(&self, channel: ChannelId, ticket: Ticket) -> bool {
        self.with(channel, |state, _, _| state.take_complete(ticket))
    }

    /// Sleeps until the transfer has ended; at the deadline it is stopped. Its outcome either way.
    #[inline]
    pub(crate) fn wait(&self, channel: ChannelId, ticket: Ticket, deadline: Instant) -> Status {
        let mark = self.slot(channel).finished.get(usize::from(ticket.slot));
        let ended =
            || mark.is_none_or(|mark| mark.load(Ordering::Acquire) == ticket.cookie.number());
        Idle::sleep_until(&self.platform, deadline, ended);
        let status = self.collect(channel, ticket);
        if status.is_final() { status } else { self.wait_no_longer(channel, ticket, deadline) }
    }

    /// The sleep ended and the transfer has not: the deadline has passed. Or else the mark was an older transfer's of
    /// the same number, 2³² ago, or the platform woke us for nothing; then we sleep on.
    #[cold]
    fn wait_no_longer(&self, channel: ChannelId, ticket: Ticket, deadline: Instant) -> Status {
        let ended = || self.status(channel, ticket).is_final();
        Idle::sleep_until(&self.platform, deadline, ended);
        self.stop(channel, ticket, FaultKind::Timeout);
        self.collect(channel, ticket)
    }

    /// Ends a transfer that has not ended. Afterwards it has.
    pub(crate) fn stop(&self, channel: ChannelId, ticket: Ticket, kind: FaultKind) {
        let wake = self.with(channel, |state, hardware, finished| {
            state.stop(ticket, kind, hardware, finished)
        });
        // As in the interrupt handler, callbacks run with interrupts masked.
        critical_section::with(|_| self.deliver(channel, wake));
    }

    pub(crate) fn terminate_all(&self, channel: ChannelId) {
        self.stop_all(channel, FaultKind::Terminated, |_| true);
        self.with(channel, |state, _, _| state.lift_pause());
    }

    /// Stops every transfer that is `wanted`, those not yet running first, so that none is started to be stopped.
    ///
    /// No more than a channel holds: a callback that submits another one for each that ends would never let go.
    fn stop_all(&self, channel: ChannelId, kind: FaultKind, wanted: impl Fn(&Order) -> bool) {
        for _ in 0..QUEUE_DEPTH {
            match self.with(channel, |state, _, _| state.any_open(&wanted)) {
                Some(ticket) => self.stop(channel, ticket, kind),
                None => return,
            }
        }
    }

    /// Stops every transfer whose deadline has passed. For loops that poll; whoever waits need not call it.
    pub fn expire(&self) {
        let now = self.platform.now();
        for channel in self.channels() {
            self.stop_all(channel, FaultKind::Timeout, |order| order.deadline <= now);
        }
    }

    /// The earliest deadline of all transfers that have not ended; [`Instant::NEVER`] where there is none.
    pub fn next_deadline(&self) -> Instant {
        self.channels()
            .map(|channel| self.with(channel, |state, _, _| state.next_deadline()))
            .min()
            .unwrap_or(Instant::NEVER)
    }

    /// Ends every transfer of a scope. Afterwards the engine touches none of its memory.
    pub(crate) fn end_scope(&self, scope: u32) {
        for channel in self.channels() {
            self.stop_all(channel, FaultKind::Terminated, |order| order.scope == scope);
            self.with(channel, |state, _, _| state.release_scope(scope));
            self.insist_on_rest(channel, |restless| restless.scope == scope);
        }
    }

    pub(crate) fn new_scope(&self) -> u32 {
        critical_section::with(|token| {
            let scopes = self.scopes.borrow(token);
            // 0 means none.
            let scope = scopes.get().checked_add(1).unwrap_or(1);
            scopes.set(scope);
            scope
        })
    }

    fn channels(&self) -> impl Iterator<Item = ChannelId> {
        let usable = self.usable;
        (0..ChannelId::COUNT)
            .filter_map(ChannelId::new)
            .filter(move |channel| usable & channel.bit() != 0)
    }

    /// Returns only when the engine cannot touch what was lent to it: the last line of defence of borrowed memory.
    /// `lent` says whether a transfer that the engine could not be taken from is one of ours.
    ///
    /// A channel that a reset does not stop is a broken chip; giving the memory back would be worse than standing
    /// still, and the watchdog is there for the rest.
    fn insist_on_rest(&self, channel: ChannelId, lent: impl Fn(&Restless) -> bool) {
        let restless = self.with(channel, |state, _, _| state.restless.is_some_and(|r| lent(&r)));
        while restless && self.platform.read(channel, Register::Cs) & cs::ACTIVE != 0 {
            core::hint::spin_loop();
        }
    }

    /// The same for the memory of one transfer.
    #[cold]
    pub(crate) fn insist_on_rest_of(&self, channel: ChannelId, ticket: Ticket) {
        self.insist_on_rest(channel, |restless| restless.cookie == ticket.cookie);
    }

    /// Whether the engine is known to be done with a transfer that has ended.
    #[cold]
    pub(crate) fn is_done_with(&self, channel: ChannelId, ticket: Ticket) -> bool {
        self.with(channel, |state, _, _| {
            state.restless.is_none_or(|restless| restless.cookie != ticket.cookie)
        })
    }

    /// Nothing will run on a withdrawn channel any more: whoever waits for it must hear so.
    #[cold]
    fn fail_queued_of_withdrawn(&self, channel: ChannelId) {
        loop {
            let wake = self.with(channel, |state, hardware, finished| {
                state.withdrawn?;
                let ticket = state.any_open(|_| true)?;
                Some(state.stop(ticket, FaultKind::Withdrawn, hardware, finished))
            });
            match wake {
                Some(wake) => Wake::deliver(wake),
                None => return,
            }
        }
    }

    pub(crate) fn pause(&self, channel: ChannelId) -> Result<(), PauseError> {
        match self.with(channel, |state, hardware, _| state.pause(hardware)) {
            Answer::Yes => Ok(()),
            Answer::No => Err(PauseError { channel }),
        }
    }

    pub(crate) fn resume(&self, channel: ChannelId) {
        self.with(channel, |state, hardware, _| state.resume(hardware));
    }

    /// The registers of a channel, now.
    pub fn snapshot(&self, channel: ChannelId) -> Snapshot {
        Snapshot::of(&self.platform, channel)
    }

    /// Who has a channel, and what happened on it.
    pub fn info(&self, channel: ChannelId) -> ChannelInfo {
        self.with(channel, |state, _, _| ChannelInfo {
            owner: state.owner,
            withdrawn: state.withdrawn,
            running: state.running_cookie(),
            counters: state.counters,
        })
    }
}

/// In which order channels are tried. 2 comes last of the full ones (the SD card's on old firmware), 11 to 14 last of
/// the lite ones (they share a line).
fn preference(need: Need) -> &'static [u8] {
    match need {
        Need::Any => &[8, 9, 10, 5, 4, 11, 12, 13, 14, 0, 2],
        Need::Full => &[5, 4, 0, 2],
        Need::Bulk => &[0, 5, 4, 2],
        Need::Exactly(_) => &[],
    }
}

/// Why a transfer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitError {
    /// [`QUEUE_DEPTH`] transfers are there already, ended ones that nobody collected among them.
    QueueFull,
    /// The channel broke.
    Withdrawn {
        /// How.
        reason: Withdrawal,
    },
}

impl core::fmt::Display for SubmitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::QueueFull => write!(f, "the channel holds {QUEUE_DEPTH} transfers: wait for one"),
            Self::Withdrawn { reason } => write!(f, "the channel was withdrawn: {reason}"),
        }
    }
}

impl core::error::Error for SubmitError {}

/// The channel did not come to a halt within the bound; it may still do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseError {
    /// The channel.
    pub channel: ChannelId,
}

impl core::fmt::Display for PauseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} did not come to a halt", self.channel)
    }
}

impl core::error::Error for PauseError {}
