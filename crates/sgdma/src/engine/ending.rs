//! Ending transfers that have not ended by themselves, and seeing to it that the engine has let go.

use super::job::{QUEUE_DEPTH, Terms};
use super::state::{Restless, State, Ticket, Wake};
use super::{Engine, FaultKind};
use crate::platform::{Instant, Platform};
use crate::register::{ChannelId, Register, cs, debug};
use crate::scope::Bomb;

/// How often a channel is looked at that followed no command, before there is no going on: about a second on the chip,
/// where one look takes two accesses of 0.15 µs.
const LAST_LOOKS: u32 = 3_000_000;

impl<P: Platform + ?Sized> Engine<P> {
    /// Ends a transfer that has not ended. Afterwards it has.
    pub(crate) fn stop(&self, channel: ChannelId, ticket: Ticket, kind: FaultKind) {
        let wake = self.with(channel, |state, hardware| state.stop(ticket, kind, hardware));
        // As in the interrupt handler, callbacks run with interrupts masked.
        critical_section::with(|_| self.deliver(channel, wake));
    }

    pub(crate) fn terminate_all(&self, channel: ChannelId) {
        self.stop_all(channel, FaultKind::Terminated, |_| true);
        self.with(channel, |state, _| state.lift_pause());
    }

    /// Stops every transfer that is `wanted`, those not yet running first, so that none is started to be stopped.
    ///
    /// No more than a channel holds: a callback that submits another one for each that ends would never let go.
    fn stop_all(&self, channel: ChannelId, kind: FaultKind, wanted: impl Fn(Terms) -> bool) {
        for _ in 0..QUEUE_DEPTH {
            match self.with(channel, |state, _| state.any_open(&wanted)) {
                Some(ticket) => self.stop(channel, ticket, kind),
                None => return,
            }
        }
    }

    /// Looks whether what a channel runs has ended without its interrupt, so that nothing waits behind it for ever.
    ///
    /// For threads, with interrupts let in: one that is only about to come has come.
    #[cold]
    pub(crate) fn notice(&self, channel: ChannelId) {
        if let Some(ticket) = self.with(channel, State::complete_unnoticed) {
            self.stop(channel, ticket, FaultKind::Timeout);
        }
    }

    /// Stops every transfer whose deadline has passed. For loops that poll; whoever waits need not call it.
    ///
    /// What has ended without its interrupt is complete, on every channel that has a deadline to keep.
    pub fn expire(&self) {
        let now = self.platform.now();
        for channel in channels() {
            if self.with(channel, |state, _| state.next_deadline()) > now {
                continue;
            }
            self.notice(channel);
            self.stop_all(channel, FaultKind::Timeout, |terms| terms.deadline <= now);
        }
    }

    /// The earliest deadline of all transfers that have not ended; [`Instant::NEVER`] where there is none.
    pub fn next_deadline(&self) -> Instant {
        channels()
            .map(|channel| self.with(channel, |state, _| state.next_deadline()))
            .min()
            .unwrap_or(Instant::NEVER)
    }

    /// Ends every transfer of a scope. Afterwards the engine touches none of its memory.
    pub(crate) fn end_scope(&self, scope: u32) {
        let mut forgotten = false;
        for channel in channels() {
            self.stop_all(channel, FaultKind::Terminated, |terms| terms.scope == scope);
            forgotten |= self.with(channel, |state, _| state.release_scope(scope));
            forgotten |= self.insist_on_rest(channel, |restless| restless.scope == scope);
        }
        if forgotten {
            // Of a handle that was forgotten, or a transfer that came to rest too late to be given back, nobody has the lists
            // any more, and the cache may hold their lines as they were before.
            self.platform.clean_invalidate_all();
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

    /// Returns only when the engine cannot touch what was lent to it: the last line of defence of borrowed memory.
    /// `lent` says whether a transfer that the engine could not be taken from is one of ours; back comes whether there is one.
    ///
    /// A channel that a reset does not stop is a broken chip. Giving the memory back would be worse than going no further:
    /// after about a second the machine panics, and on a host, where that would unwind past the memory, it aborts.
    #[expect(clippy::panic, reason = "the memory would be used under the engine")]
    fn insist_on_rest(&self, channel: ChannelId, lent: impl Fn(&Restless) -> bool) -> bool {
        if !self.with(channel, |state, _| state.restless.get().is_some_and(|r| lent(&r))) {
            return false;
        }
        for _ in 0..LAST_LOOKS {
            if self.is_at_rest(channel) {
                return true;
            }
        }
        let _aborts = Bomb;
        panic!("DMA {channel} follows no reset and may write to memory that it was lent");
    }

    pub(super) fn is_at_rest(&self, channel: ChannelId) -> bool {
        let at_work = cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES;
        self.platform.read(channel, Register::Cs) & at_work == 0
            && self.platform.read(channel, Register::Debug) & debug::OUTSTANDING_WRITES == 0
    }

    /// The same for the memory of one transfer.
    #[cold]
    pub(crate) fn insist_on_rest_of(&self, channel: ChannelId, ticket: Ticket) {
        self.insist_on_rest(channel, |restless| restless.cookie == ticket.cookie);
    }

    /// Whether the engine is known to be done with a transfer that has ended.
    #[cold]
    pub(crate) fn is_done_with(&self, channel: ChannelId, ticket: Ticket) -> bool {
        self.with(channel, |state, _| {
            state.restless.get().is_none_or(|restless| restless.cookie != ticket.cookie)
        })
    }

    /// Nothing will run on a withdrawn channel any more: whoever waits for it must hear so.
    #[cold]
    pub(super) fn fail_queued_of_withdrawn(&self, channel: ChannelId) {
        loop {
            let wake = self.with(channel, |state, hardware| {
                state.withdrawn.get()?;
                let ticket = state.any_open(|_| true)?;
                Some(state.stop(ticket, FaultKind::Withdrawn, hardware))
            });
            match wake {
                Some(wake) => Wake::deliver(wake),
                None => return,
            }
        }
    }
}

/// All of them: one that is not ours has no transfers.
fn channels() -> impl Iterator<Item = ChannelId> {
    (0..ChannelId::COUNT).filter_map(ChannelId::new)
}
