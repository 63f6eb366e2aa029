//! A submitted transfer, and what comes of it.

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::{FaultPlace, Payload};
use crate::engine::{Cookie, Engine, Fault, FaultKind, Snapshot, Status, Ticket};
use crate::platform::Platform;
use crate::register::{ChannelId, Register};

/// A transfer that a channel has: it holds everything that went in until the engine is done with it.
///
/// Dropping it takes the transfer back (`terminate`) and waits for the engine to let go, a bounded time. Forgetting it
/// leaves the transfer to run its course over memory that is then never freed.
#[must_use = "dropping it takes the transfer back"]
pub struct InFlight<'e, P: Platform, T: Payload> {
    engine: &'e Engine<P>,
    channel: ChannelId,
    ticket: Ticket,
    payload: Option<T>,
}

/// A transfer that failed: why, where, and what went in.
pub struct Failed<T> {
    /// Why, with the registers as they were.
    pub fault: Fault,
    /// Where in the lists the engine was, if it was anywhere.
    pub place: Option<FaultPlace>,
    /// What went in; the destination may be partly written. `None` only where the engine could not be brought to rest:
    /// its memory must then never be used again.
    pub payload: Option<T>,
}

impl<T> fmt::Debug for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed")
            .field("fault", &self.fault)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, at {place}", self.fault.kind),
            None => self.fault.fmt(f),
        }
    }
}

impl<T> core::error::Error for Failed<T> {}

impl<P: Platform, T: Payload> fmt::Debug for InFlight<'_, P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InFlight({} cookie {})", self.channel, self.ticket.cookie)
    }
}

impl<'e, P: Platform, T: Payload> InFlight<'e, P, T> {
    pub(crate) fn new(
        engine: &'e Engine<P>,
        channel: ChannelId,
        ticket: Ticket,
        payload: T,
    ) -> Self {
        Self { engine, channel, ticket, payload: Some(payload) }
    }

    /// Its name on its channel.
    pub fn cookie(&self) -> Cookie {
        self.ticket.cookie
    }

    /// The channel.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Where it stands, now.
    pub fn status(&self) -> Status {
        self.engine.status(self.channel, self.ticket)
    }

    /// How many interrupts it has raised; of a ring, how many periods were seen (merged ones count once).
    pub fn interrupts(&self) -> u32 {
        self.engine.interrupts(self.channel, self.ticket)
    }

    /// Bytes not yet moved: all while it is queued, none when it is complete, and what the registers say in between.
    pub fn residue(&self) -> u64 {
        let total = self.payload.as_ref().map_or(0, T::total);
        match self.status() {
            Status::Queued => total,
            Status::Running | Status::Paused => self.left(&self.consistent_snapshot()),
            Status::Failed(fault) if fault.registers == Snapshot::default() => total,
            Status::Failed(fault) => self.left(&fault.registers),
            Status::Complete | Status::Unknown => 0,
        }
    }

    fn left(&self, registers: &Snapshot) -> u64 {
        self.payload.as_ref().map_or(0, |payload| payload.left_at(registers))
    }

    /// Registers of one and the same block: between two reads the engine may go on to the next one.
    fn consistent_snapshot(&self) -> Snapshot {
        let mut registers = self.engine.snapshot(self.channel);
        for _ in 0..4 {
            if self.engine.platform().read(self.channel, Register::ConblkAd) == registers.conblk_ad
            {
                break;
            }
            registers = self.engine.snapshot(self.channel);
        }
        registers
    }

    /// Sleeps until it has ended; after `timeout` it is taken back and the channel recovered.
    ///
    /// # Errors
    /// [`Failed`], with everything that went in.
    pub fn wait(self, timeout: Duration) -> Result<T, Failed<T>> {
        let deadline = self.engine.platform().after(timeout);
        let status = self.engine.wait(self.channel, self.ticket, deadline);
        self.conclude(status)
    }

    /// The outcome, if it has ended; itself again, if not.
    ///
    /// # Errors
    /// Itself: it still runs.
    pub fn try_wait(self) -> Result<Result<T, Failed<T>>, Self> {
        if !self.status().is_final() {
            return Err(self);
        }
        let status = self.engine.collect(self.channel, self.ticket);
        Ok(self.conclude(status))
    }

    /// Takes it back (`dmaengine_terminate_sync`): complete if it just was, else failed as terminated.
    ///
    /// # Errors
    /// [`Failed`], with everything that went in.
    pub fn cancel(self) -> Result<T, Failed<T>> {
        self.engine.stop(self.channel, self.ticket, FaultKind::Terminated);
        let status = self.engine.collect(self.channel, self.ticket);
        self.conclude(status)
    }

    /// What an ended transfer comes to. Its slot was given back.
    fn conclude(mut self, status: Status) -> Result<T, Failed<T>> {
        let payload = self.payload.take();
        settle(self.engine, self.channel, status, payload)
    }
}

fn settle<P: Platform, T: Payload>(
    engine: &Engine<P>,
    channel: ChannelId,
    status: Status,
    payload: Option<T>,
) -> Result<T, Failed<T>> {
    let kept = if engine.at_rest(channel) {
        payload
    } else {
        // The engine may still write there: nobody gets that memory again.
        payload.map(mem::forget).and(None)
    };
    let fault = match status {
        Status::Failed(fault) => fault,
        _ => Fault::off_engine(FaultKind::Withdrawn),
    };
    match kept {
        Some(mut payload) if status == Status::Complete => {
            payload.complete();
            Ok(payload)
        }
        kept => {
            let place = kept.as_ref().and_then(|payload| payload.locate(&fault));
            Err(Failed { fault, place, payload: kept })
        }
    }
}

impl<P: Platform, T: Payload> Drop for InFlight<'_, P, T> {
    fn drop(&mut self) {
        if let Some(payload) = self.payload.take() {
            self.engine.stop(self.channel, self.ticket, FaultKind::Terminated);
            let status = self.engine.collect(self.channel, self.ticket);
            drop(settle(self.engine, self.channel, status, Some(payload)));
        }
    }
}

impl<P: Platform, T: Payload + Unpin> Future for InFlight<'_, P, T> {
    type Output = Result<T, Failed<T>>;

    /// Wakes from the interrupt handler. A deadline given at submission is kept by whoever polls, and by
    /// [`Engine::expire`].
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // First the waker, then the look: an interrupt between the two wakes.
        self.engine.set_waker(self.channel, self.ticket, context.waker());
        if !self.status().is_final() {
            return Poll::Pending;
        }
        let status = self.engine.collect(self.channel, self.ticket);
        let payload = self.payload.take();
        Poll::Ready(settle(self.engine, self.channel, status, payload))
    }
}
