//! A channel that somebody has: what transfers are submitted to.
//!
//! ```text
//! engine.request(…) → Channel ── submit(prepared) → InFlight ── wait / poll / .await → Done
//!                        │ issue_pending            │ residue, cookie
//!                        └ pause, resume, terminate_all, synchronize
//! ```

use core::fmt;
use core::mem;
use core::time::Duration;

use crate::constraints::{ChannelKind, Constraints};
use crate::engine::{
    ChannelInfo, Cookie, Engine, Fault, FaultKind, Leash, Need, PauseError, Policy, Ran,
    RequestError, Shape, Status, SubmitError, Terms, Ticket,
};
use crate::platform::{Instant, Platform};
use crate::register::ChannelId;
use crate::rejected::Rejected;
use crate::transfer::{FaultPlace, InFlight, Payload, WrongChannel};

/// How long a transfer that is submitted without a deadline may take: more than any that a device paces reasonably, and not
/// for ever, since an interrupt may be lost and a device may be dead.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A channel of the engine, for as long as this value lives. There is never a second one of the same number.
///
/// Dropping it terminates what is on it and gives it back. Forgetting it keeps it taken for ever.
pub struct Channel<'e, P: Platform + ?Sized> {
    engine: &'e Engine<P>,
    id: ChannelId,
    kind: ChannelKind,
}

impl<P: Platform + ?Sized> fmt::Debug for Channel<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.id)
    }
}

impl<P: Platform + ?Sized> Engine<P> {
    /// Takes a channel that does for the need, with the default priorities (`dma_request_chan`).
    ///
    /// `owner` is shown by whoever lists the channels.
    ///
    /// # Errors
    /// [`RequestError`]: none is free, or the one asked for is not to be had.
    pub fn request(&self, need: Need, owner: &'static str) -> Result<Channel<'_, P>, RequestError> {
        self.request_with(need, owner, Policy::default())
    }

    /// The same with other priorities.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub fn request_with(
        &self,
        need: Need,
        owner: &'static str,
        policy: Policy,
    ) -> Result<Channel<'_, P>, RequestError> {
        let id = self.claim(need, owner, policy)?;
        Ok(Channel { engine: self, id, kind: ChannelKind::of(id) })
    }
}

impl<'e, P: Platform + ?Sized> Channel<'e, P> {
    /// Its number.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// What it can do.
    pub fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// The engine it belongs to.
    pub fn engine(&self) -> &'e Engine<P> {
        self.engine
    }

    /// What a copy on it must respect, on this machine's engine.
    pub fn constraints(&self) -> Constraints {
        Constraints::memory(self.kind()).on(self.engine.kind())
    }

    /// What a transfer to or from a device on it must respect, on this machine's engine.
    pub fn device_constraints(&self) -> Constraints {
        Constraints::device(self.kind()).on(self.engine.kind())
    }

    /// Lets everything submitted run, one after the other (`dma_async_issue_pending`).
    #[inline]
    pub fn issue_pending(&self) {
        self.engine.issue(self.id);
    }

    /// Where a transfer stands (`dmaengine_tx_status`); [`Status::Unknown`] once its outcome is collected.
    pub fn status(&self, cookie: Cookie) -> Status {
        self.engine.status_of(self.id, cookie)
    }

    /// Halts the engine in the middle of what it does (`dmaengine_pause`); nothing is lost. Until
    /// [`resume`](Self::resume) or [`terminate_all`](Self::terminate_all) nothing else starts on it either.
    ///
    /// # Errors
    /// [`PauseError`] where it does not come to a halt in time, as when it waits for a device.
    pub fn pause(&self) -> Result<(), PauseError> {
        self.engine.pause(self.id)
    }

    /// Goes on where [`pause`](Self::pause) halted (`dmaengine_resume`).
    pub fn resume(&self) {
        self.engine.resume(self.id);
    }

    /// Takes the clock from the channel, to see what becomes of a transfer on one that is dead: nothing moves on it until it is
    /// recovered or requested again. On the emulated engine only: the chip's `ENABLE` is the `VideoCore`'s too, and no bit
    /// of it is cleared.
    pub fn switch_off(&self) {
        self.engine.switch_off(self.id);
    }

    /// Ends everything submitted, running or not (`dmaengine_terminate_async`), and lifts a pause; each transfer's
    /// outcome says [`FaultKind::Terminated`], or complete where it was just done.
    pub fn terminate_all(&self) {
        self.engine.terminate_all(self.id);
    }

    /// Returns when no callback of this channel runs any more (`dmaengine_synchronize`).
    ///
    /// Callbacks run in the interrupt handler on the one core there is: when ordinary code gets here, none runs.
    pub fn synchronize(&self) {
        critical_section::with(|_| ());
    }

    /// Who has it and what happened on it.
    pub fn info(&self) -> ChannelInfo {
        self.engine.info(self.id)
    }
}

/// Why a transfer was not taken, which comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotTaken {
    /// The channel takes none now.
    Submit(SubmitError),
    /// It was prepared for another kind of channel or engine.
    WrongChannel(WrongChannel),
    /// The channel is of another engine than the scope.
    OtherEngine,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(reason) => reason.fmt(f),
            Self::WrongChannel(reason) => reason.fmt(f),
            Self::OtherEngine => {
                f.write_str("the channel belongs to another engine than the scope")
            }
        }
    }
}

impl core::error::Error for NotTaken {}

/// Why [`Channel::run`] did not do what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// It was not started.
    NotTaken(NotTaken),
    /// It failed, at this place if at any.
    Failed(Fault, Option<FaultPlace>),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTaken(reason) => reason.fmt(f),
            Self::Failed(fault, Some(place)) => write!(f, "{}, at {place}", fault.kind),
            Self::Failed(fault, None) => fault.fmt(f),
        }
    }
}

impl core::error::Error for RunError {}

impl<'e, P: Platform + ?Sized> Channel<'e, P> {
    /// Runs a prepared transfer and sleeps until it has ended, `timeout` at most. (`issue_pending` included: what was
    /// submitted before runs first.)
    ///
    /// Borrows for as long as the engine may touch the memory: when this returns, the engine is at rest. Should it
    /// not come to rest, even after a reset, this panics after about a second (on a host it aborts): to give the memory back
    /// would be worse.
    ///
    /// # Errors
    /// [`RunError`]; after a fault the destination may be partly written, and the channel is ready for the next.
    #[inline]
    pub fn run<T: Payload + ?Sized>(
        &self,
        transfer: &mut T,
        timeout: Duration,
    ) -> Result<(), RunError> {
        self.check(transfer).map_err(RunError::NotTaken)?;
        let deadline = self.engine.platform().after(timeout);
        let running = Running::new(transfer);
        if cfg!(feature = "small") {
            return self.run_in_turn(running, deadline);
        }
        match self.engine.run_alone(self.id, running.transfer.order(), deadline) {
            Ran::Complete => {
                running.complete();
                Ok(())
            }
            Ran::Open(ticket) => self.run_on(running, ticket, deadline),
            Ran::Not => self.run_in_turn(running, deadline),
        }
    }

    /// Behind what was submitted before, or when a pause ends.
    #[cold]
    fn run_in_turn<T: Payload + ?Sized>(
        &self,
        running: Running<'_, T>,
        deadline: Instant,
    ) -> Result<(), RunError> {
        let taken = self.engine.submit(self.id, running.transfer.order(), Terms::NONE);
        let ticket = taken.map_err(|reason| RunError::NotTaken(NotTaken::Submit(reason)))?;
        let leash = Leash { engine: self.engine, channel: self.id, ticket };
        self.engine.issue(self.id);
        mem::forget(leash);
        self.run_on(running, ticket, deadline)
    }

    /// It is on its way, failed, or too late.
    #[cold]
    fn run_on<T: Payload + ?Sized>(
        &self,
        running: Running<'_, T>,
        ticket: Ticket,
        deadline: Instant,
    ) -> Result<(), RunError> {
        let leash = Leash { engine: self.engine, channel: self.id, ticket };
        let status = self.engine.wait(self.id, ticket, deadline);
        mem::forget(leash);
        match status {
            Status::Complete => {
                running.complete();
                Ok(())
            }
            status => Err(self.failed(&running, ticket, status)),
        }
    }

    #[cold]
    fn failed<T: Payload + ?Sized>(
        &self,
        running: &Running<'_, T>,
        ticket: Ticket,
        status: Status,
    ) -> RunError {
        self.engine.insist_on_rest_of(self.id, ticket);
        let fault = match status {
            Status::Failed(fault) => fault,
            _ => Fault::off_engine(FaultKind::Withdrawn),
        };
        RunError::Failed(fault, running.transfer.locate(&fault))
    }

    /// Queues a prepared transfer of owned or `'static` memory (`dmaengine_submit`); it runs after
    /// [`issue_pending`](Self::issue_pending).
    ///
    /// Its deadline is [`PATIENCE`] from now, which [`Engine::expire`](crate::engine::Engine::expire) keeps, and so whoever
    /// awaits it ([`InFlight::wait`] is given one of its own); a ring has none, as it does not end.
    ///
    /// # Errors
    /// [`NotTaken`], with the transfer back.
    pub fn submit<T: Payload + 'static>(
        &self,
        transfer: T,
    ) -> Result<InFlight<'e, P, T>, Rejected<NotTaken, T>> {
        self.launch(transfer, None, 0)
    }

    /// The same with a deadline, which [`Engine::expire`](crate::engine::Engine::expire) keeps.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_until<T: Payload + 'static>(
        &self,
        transfer: T,
        deadline: Instant,
    ) -> Result<InFlight<'e, P, T>, Rejected<NotTaken, T>> {
        self.launch(transfer, Some(deadline), 0)
    }

    pub(crate) fn launch<T: Payload>(
        &self,
        transfer: T,
        deadline: Option<Instant>,
        scope: u32,
    ) -> Result<InFlight<'e, P, T>, Rejected<NotTaken, T>> {
        let patience = || match transfer.order().shape {
            Shape::Line => self.engine.platform().after(PATIENCE),
            Shape::Ring => Instant::NEVER,
        };
        let terms = Terms { deadline: deadline.unwrap_or_else(patience), scope };
        let taken = self.check(&transfer).and_then(|()| {
            self.engine.submit(self.id, transfer.order(), terms).map_err(NotTaken::Submit)
        });
        match taken {
            Ok(ticket) => Ok(InFlight::new(self.engine, self.id, ticket, transfer)),
            Err(reason) => Err(Rejected::new(reason, transfer)),
        }
    }

    #[inline]
    fn check<T: Payload + ?Sized>(&self, transfer: &T) -> Result<(), NotTaken> {
        transfer.fits(self.kind, self.engine.kind()).map_err(NotTaken::WrongChannel)
    }
}

/// What runs, until the engine is done with it, on every way out: whoever lent its memory may look there next, without any
/// of the calls that hand memory back.
struct Running<'t, T: Payload + ?Sized> {
    transfer: &'t mut T,
    settled: bool,
}

impl<'t, T: Payload + ?Sized> Running<'t, T> {
    #[inline]
    fn new(transfer: &'t mut T) -> Self {
        Self { transfer, settled: false }
    }

    /// The engine has done it without a fault.
    #[inline]
    fn complete(mut self) {
        self.transfer.complete();
        self.transfer.settle();
        self.settled = true;
    }
}

impl<T: Payload + ?Sized> Drop for Running<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.settled {
            self.transfer.settle();
        }
    }
}

impl<P: Platform + ?Sized> Drop for Channel<'_, P> {
    fn drop(&mut self) {
        self.engine.release(self.id);
    }
}
