//! A transfer that is started where its wait begins.

use core::{fmt, mem};

use critical_section::{CriticalSection, Mutex};

use super::job::Order;
use super::sequence::Hardware;
use super::state::{Alone, State, Ticket};
use super::{Engine, FaultKind};
use crate::platform::{Instant, Platform};
use crate::register::ChannelId;
use crate::scope::Bomb;

/// What came of a transfer that was to run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It was not started: the channel is paused or has other transfers.
    Not,
    /// It is complete, and its slot free again.
    Complete,
    /// It failed, or the deadline passed.
    Open(Ticket),
}

/// A transfer that is started where its wait begins, with interrupts masked already: so the interrupt finds whoever waits
/// asleep, and there are no critical sections but those of the wait.
pub struct Flight<'a> {
    state: &'a Mutex<State>,
    /// The engine whose run it is: whoever sleeps meanwhile, it is started there.
    starter: &'a dyn Starter,
    channel: ChannelId,
    order: &'a Order,
    ran: Ran,
}

trait Starter {
    fn start(&self, state: &State, order: &Order) -> Option<Ticket>;
}

struct On<'e, P: ?Sized> {
    engine: &'e Engine<P>,
    channel: ChannelId,
}

impl<P: Platform + ?Sized> Starter for On<'_, P> {
    #[inline(always)]
    fn start(&self, state: &State, order: &Order) -> Option<Ticket> {
        let hardware = Hardware::new(&self.engine.platform, self.channel, state.policy.get());
        state.start_alone(order, &hardware)
    }
}

impl fmt::Debug for Flight<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flight({} {:?})", self.channel, self.ran)
    }
}

impl Flight<'_> {
    /// Starts it; whether that could be done and there is something to wait for. For
    /// [`Idle`](crate::platform::Idle), the first time.
    #[inline(always)]
    pub fn start(&mut self, token: CriticalSection<'_>) -> bool {
        if self.ran == Ran::Not {
            let started = self.starter.start(self.state.borrow(token), self.order);
            self.ran = started.map_or(Ran::Not, Ran::Open);
        }
        matches!(self.ran, Ran::Open(_))
    }

    /// Whether it has ended. For [`Idle`](crate::platform::Idle), every time after.
    #[inline(always)]
    pub fn has_ended(&mut self, token: CriticalSection<'_>) -> bool {
        if !matches!(self.ran, Ran::Open(_)) {
            // Its slot is another one's.
            return true;
        }
        let alone = self.state.borrow(token).look_after_alone();
        if alone == Alone::Complete {
            self.ran = Ran::Complete;
        }
        alone != Alone::Running
    }
}

/// Takes a transfer of borrowed memory back where its wait is left by unwinding (a platform or a callback that panics; on
/// the firmware, which aborts, never).
pub(crate) struct Leash<'e, P: Platform + ?Sized> {
    pub(crate) engine: &'e Engine<P>,
    pub(crate) channel: ChannelId,
    pub(crate) ticket: Ticket,
}

impl<P: Platform + ?Sized> Drop for Leash<'_, P> {
    #[cold]
    fn drop(&mut self) {
        let bomb = Bomb;
        self.engine.stop(self.channel, self.ticket, FaultKind::Terminated);
        let _ = self.engine.collect(self.channel, self.ticket);
        self.engine.insist_on_rest_of(self.channel, self.ticket);
        mem::forget(bomb);
    }
}

/// The same for one whose ticket is known once it has started.
struct FlightLeash<'e, 'a, P: Platform + ?Sized> {
    engine: &'e Engine<P>,
    flight: Flight<'a>,
}

impl<P: Platform + ?Sized> Drop for FlightLeash<'_, '_, P> {
    #[cold]
    fn drop(&mut self) {
        if let Ran::Open(ticket) = self.flight.ran {
            drop(Leash { engine: self.engine, channel: self.flight.channel, ticket });
        }
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    /// Starts an order at once and sleeps until it has ended or the deadline has passed; does nothing where the channel is
    /// paused or has other transfers.
    #[inline]
    pub(crate) fn run_alone(&self, channel: ChannelId, order: &Order, deadline: Instant) -> Ran {
        let [first, ..] = &self.channels;
        let state = self.channels.get(usize::from(channel.number() & 15)).unwrap_or(first);
        let starter = &On { engine: self, channel };
        let flight = Flight { state, starter, channel, order, ran: Ran::Not };
        let mut leash = FlightLeash { engine: self, flight };
        self.platform.sleep_over(deadline, &mut leash.flight);
        let ran = leash.flight.ran;
        mem::forget(leash);
        ran
    }
}
