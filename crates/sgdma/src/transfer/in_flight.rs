//! A submitted transfer, and what comes of it.

use core::fmt;
use core::future::Future;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::{FaultPlace, Live, Payload};
use crate::buffer::LiveError;
use crate::engine::{Cookie, Engine, Fault, FaultKind, Snapshot, Status, Ticket};
use crate::platform::Platform;
use crate::register::ChannelId;

/// A transfer that a channel has: it holds everything that went in until the engine is done with it.
///
/// Dropping it takes the transfer back (`terminate`) and waits for the engine to let go, a bounded time. Forgetting it
/// leaves the transfer to run its course over memory that is then never freed.
#[must_use = "dropping it takes the transfer back"]
pub struct InFlight<'e, P: Platform + ?Sized, T: Payload> {
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
    /// Bytes that were not moved.
    pub residue: u64,
    /// What went in; the destination may be partly written. `None` only where the engine could not be brought to rest:
    /// owned memory is then never used again, borrowed memory not before its scope has seen the engine at rest.
    pub payload: Option<T>,
}

impl<T> fmt::Debug for Failed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed")
            .field("fault", &self.fault)
            .field("place", &self.place)
            .field("residue", &self.residue)
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

impl<P: Platform + ?Sized, T: Payload> fmt::Debug for InFlight<'_, P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InFlight({} cookie {})", self.channel, self.ticket.cookie)
    }
}

impl<'e, P: Platform + ?Sized, T: Payload> InFlight<'e, P, T> {
    pub(crate) fn new(
        engine: &'e Engine<P>,
        channel: ChannelId,
        ticket: Ticket,
        payload: T,
    ) -> Self {
        let mut flight = Self { engine, channel, ticket, payload: Some(payload) };
        flight.payload.as_mut().map(T::depart);
        flight
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

    /// Sleeps until it has raised another number of interrupts than `seen`, `timeout` at most; how many it has raised then
    /// (the count goes round after 2³²). What ends meanwhile raises no more.
    pub fn wait_for_period(&self, seen: u32, timeout: Duration) -> u32 {
        let deadline = self.engine.platform().after(timeout);
        let mut over = || self.interrupts() != seen || !self.status().is_open();
        self.engine.platform().sleep_until(deadline, &mut over);
        self.interrupts()
    }

    /// Bytes not yet moved: all while it is queued, none when it is complete, and what the registers say in between; of
    /// a ring, bytes to the end of this round. Bytes that were read and not yet written count as not moved.
    ///
    /// In one moment the registers cannot tell: a transfer of one block that runs again right after itself shows 0
    /// until the block is fetched.
    pub fn residue(&self) -> u64 {
        let live = match self.status() {
            Status::Running | Status::Paused => self.engine.loaded_snapshot(self.channel),
            _ => Snapshot::default(),
        };
        // Meanwhile it may have ended, and the registers may be another one's.
        let status = self.status();
        self.payload.as_ref().map_or(0, |payload| residue(payload, &status, &live))
    }

    /// Sleeps until it has ended; after `timeout` it is taken back and the channel recovered.
    ///
    /// # Errors
    /// [`Failed`], with everything that went in.
    pub fn wait(mut self, timeout: Duration) -> Result<T, Failed<T>> {
        let deadline = self.engine.platform().after(timeout);
        let status = self.engine.wait(self.channel, self.ticket, deadline);
        self.conclude(status)
    }

    /// The outcome, if it has ended; itself again, if not.
    ///
    /// # Errors
    /// Itself: it still runs.
    pub fn try_wait(mut self) -> Result<Result<T, Failed<T>>, Self> {
        if self.status().is_open() {
            return Err(self);
        }
        let status = self.engine.collect(self.channel, self.ticket);
        Ok(self.conclude(status))
    }

    /// Takes it back (`dmaengine_terminate_sync`): complete if it just was, else failed as terminated.
    ///
    /// # Errors
    /// [`Failed`], with everything that went in.
    pub fn cancel(mut self) -> Result<T, Failed<T>> {
        self.engine.stop(self.channel, self.ticket, FaultKind::Terminated);
        let status = self.engine.collect(self.channel, self.ticket);
        self.conclude(status)
    }

    /// What an ended transfer comes to. Its slot was given back.
    #[inline]
    fn conclude(&mut self, status: Status) -> Result<T, Failed<T>> {
        match self.payload.take() {
            Some(mut payload) if status == Status::Complete => {
                payload.arrive();
                payload.complete();
                Ok(payload)
            }
            payload => Err(self.fail(status, payload.map(ManuallyDrop::new))),
        }
    }

    /// What a failed one comes to. The engine may still write to the memory of one that it could not be taken from:
    /// nobody gets that memory again.
    #[cold]
    fn fail(&self, status: Status, payload: Option<ManuallyDrop<T>>) -> Failed<T> {
        let fault = match status {
            Status::Failed(fault) => fault,
            // Its channel had another owner meanwhile, who needed the slot.
            _ => Fault::off_engine(FaultKind::Terminated),
        };
        let place = payload.as_ref().and_then(|payload| payload.locate(&fault));
        let residue = payload
            .as_ref()
            .map_or(0, |payload| residue(&**payload, &status, &Snapshot::default()));
        let is_ours = self.engine.is_done_with(self.channel, self.ticket);
        let payload = payload.filter(|_| is_ours).map(|payload| {
            let mut payload = ManuallyDrop::into_inner(payload);
            payload.arrive();
            payload
        });
        Failed { fault, place, residue, payload }
    }
}

impl<P: Platform + ?Sized, T: Live> InFlight<'_, P, T> {
    /// Reads words of the destination from byte `offset` on, while the engine may be at work there: what a ring has captured.
    /// [`residue`](Self::residue) says where it is; a word there is an old one or a new one.
    ///
    /// # Errors
    /// [`LiveError`]: the destination is not coherent memory, or has no such words.
    pub fn read_destination(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        // Not before the register that said where the engine is.
        self.engine.platform().barrier();
        self.payload.as_ref().map_or(Ok(()), |payload| payload.read_live(offset, into))
    }

    /// Writes words of the source from byte `offset` on, while the engine may be at work there: what a ring will play.
    ///
    /// # Errors
    /// [`LiveError`]: the source is not coherent memory, or has no such words.
    pub fn write_source(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        let written =
            self.payload.as_mut().map_or(Ok(()), |payload| payload.write_live(offset, from));
        self.engine.platform().barrier();
        written
    }
}

/// Bytes not moved; `live` are the registers of one that runs.
fn residue<T: Payload>(payload: &T, status: &Status, live: &Snapshot) -> u64 {
    match status {
        Status::Running | Status::Paused => payload.left_at(live),
        Status::Failed(fault) if fault.was_running() => payload.left_at(&fault.registers),
        Status::Queued | Status::Failed(_) => payload.total(),
        Status::Complete | Status::Unknown => 0,
    }
}

impl<P: Platform + ?Sized, T: Payload> Drop for InFlight<'_, P, T> {
    fn drop(&mut self) {
        // Should the taking back be left by unwinding, the memory is leaked.
        let Some(payload) = self.payload.take().map(ManuallyDrop::new) else { return };
        self.engine.stop(self.channel, self.ticket, FaultKind::Terminated);
        let status = self.engine.collect(self.channel, self.ticket);
        match status {
            Status::Complete => {
                let mut payload = ManuallyDrop::into_inner(payload);
                payload.arrive();
                payload.complete();
            }
            status => drop(self.fail(status, Some(payload))),
        }
    }
}

impl<P: Platform + ?Sized, T: Payload + Unpin> Future for InFlight<'_, P, T> {
    type Output = Result<T, Failed<T>>;

    /// Wakes from the interrupt handler. A deadline given at submission is kept by whoever polls, and by
    /// [`Engine::expire`].
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.engine.poll(self.channel, self.ticket, context.waker()) {
            None => Poll::Pending,
            Some(status) => Poll::Ready(self.conclude(status)),
        }
    }
}
