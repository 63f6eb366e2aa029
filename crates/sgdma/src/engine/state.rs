//! One channel's state: which transfers wait, which one runs, and what an interrupt makes of it.
//!
//! Everything here runs inside a critical section and returns soon; whom to wake is handed back, so that nobody is
//! called before all is in order. The fields are cells: what is borrowed is read and written in place.

use core::cell::Cell;
use core::task::Waker;

use super::Withdrawal;
use super::counters::{Tally, count};
use super::job::{Callback, Cookie, End, Job, Order, Phase, QUEUE_DEPTH, Queue, Status, Terms};
use super::sequence::{Answer, Hardware, Policy};
use crate::platform::{Coherence, Instant, Registers};
use crate::register::cs;

mod interrupt;
mod stop;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Going,
    Paused,
}

/// Which slot, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(super) slot: u8,
    pub(crate) cookie: Cookie,
}

/// Whom to tell, once the critical section is over.
#[derive(Debug, Default)]
pub(super) struct Wake {
    waker: Option<Waker>,
    callback: Option<(Callback, Status)>,
    pub(super) channel: Health,
}

/// Whether the channel is still to be had after an interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Health {
    #[default]
    Fine,
    /// It was withdrawn: what is queued on it will never run.
    Broken,
}

/// What came of looking after a transfer for a task.
#[derive(Debug)]
pub(super) enum Polled {
    /// It has ended and its slot is free again.
    Ended(Status),
    /// The task's waker is known.
    Pending,
    /// It is not, or not any more.
    WakerWanted,
}

/// Where a transfer stands that was started alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    Running,
    /// And its slot is free again.
    Complete,
    Failed,
}

/// A transfer that the engine could not be taken from: its memory is not safe from the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restless {
    pub(super) cookie: Cookie,
    pub(super) scope: u32,
}

impl Job {
    /// Whom to tell how it stands.
    fn wake(&self, status: Status) -> Wake {
        let callback = self.order.get().callback().map(|callback| (callback, status));
        Wake { waker: self.waker.take(), callback, ..Wake::default() }
    }
}

impl Wake {
    pub(super) fn deliver(self) {
        if let Some((callback, status)) = self.callback {
            (callback.function)(callback.context, status);
        }
        if let Some(waker) = self.waker {
            waker.wake();
        }
    }
}

/// In `running`: nothing runs.
const NONE: u8 = u8::MAX;

/// In `busy`: software paused the channel, or it is withdrawn.
const PAUSED: u32 = 1 << 8;

pub(super) struct State {
    pub(super) owner: Cell<Option<&'static str>>,
    pub(super) policy: Cell<Policy>,
    pub(super) withdrawn: Cell<Option<Withdrawal>>,
    pub(super) restless: Cell<Option<Restless>>,
    pub(super) tally: Tally,
    /// The slot of what is on the engine, or [`NONE`].
    running: Cell<u8>,
    /// Bit n is set while slot n is taken, and [`PAUSED`]: 0 says that whatever comes may start at once.
    busy: Cell<u32>,
    /// The bits of slots whose outcome an owner before this one has not collected.
    left_over: Cell<u32>,
    /// A slot of some scope's was freed, and not by its handle, which may have been forgotten.
    forgotten: Cell<bool>,
    jobs: [Job; QUEUE_DEPTH],
    queue: Queue,
    next_cookie: Cell<Cookie>,
}

const _: () = assert!(QUEUE_DEPTH == 8, "`PAUSED` is behind the slots' bits");

impl State {
    pub(super) fn new() -> Self {
        Self {
            owner: Cell::new(None),
            policy: Cell::new(Policy::default()),
            withdrawn: Cell::new(None),
            restless: Cell::new(None),
            tally: Tally::new(),
            running: Cell::new(NONE),
            busy: Cell::new(0),
            left_over: Cell::new(0),
            forgotten: Cell::new(false),
            jobs: [const { Job::empty() }; QUEUE_DEPTH],
            queue: Queue::new(),
            next_cookie: Cell::new(Cookie::first()),
        }
    }

    #[cfg(test)]
    pub(super) fn skip_to_the_last_cookie(&self) {
        self.next_cookie.set(Cookie::last());
    }

    #[inline]
    pub(super) fn flow(&self) -> Flow {
        if self.busy.get() & PAUSED == 0 { Flow::Going } else { Flow::Paused }
    }

    fn set_flow(&self, flow: Flow) {
        let slots = self.busy.get() & !PAUSED;
        self.busy.set(if flow == Flow::Paused { slots | PAUSED } else { slots });
    }

    #[inline]
    fn running_job(&self) -> Option<&Job> {
        self.jobs.get(usize::from(self.running.get()))
    }

    #[inline]
    fn next_cookie(&self) -> Cookie {
        let cookie = self.next_cookie.get();
        self.next_cookie.set(cookie.next());
        cookie
    }

    /// Takes a slot for an order and puts it in the queue; `None` where all are taken.
    pub(super) fn submit(&self, order: &Order, terms: Terms) -> Option<Ticket> {
        let slot = match self.busy.get().trailing_ones() {
            8.. => self.take_left_over()?,
            free => free,
        };
        let job = self.jobs.get(usize::try_from(slot).ok()?)?;
        let cookie = self.next_cookie();
        job.take(cookie, order, terms, Phase::Queued);
        self.busy.set(self.busy.get() | 1 << slot);
        // `slot` indexes `jobs`, so it is below 8.
        let slot = (slot & 7) as u8;
        self.queue.push(slot);
        Some(Ticket { slot, cookie })
    }

    /// Frees a slot that an owner before this one has left an outcome in. Whoever has its handle still is told that it was
    /// taken back.
    #[cold]
    fn take_left_over(&self) -> Option<u32> {
        let slot = self.left_over.get().trailing_zeros();
        let job = self.jobs.get(usize::try_from(slot).ok()?)?;
        self.forgotten.set(self.forgotten.get() || job.terms.get().scope != 0);
        self.release(Ticket { slot: u8::try_from(slot).ok()?, cookie: job.cookie.get() });
        (self.busy.get() & 1 << slot == 0).then_some(slot)
    }

    /// Starts an order at once where nothing is in its way, in the first slot: submit and issue in one.
    #[inline]
    pub(super) fn start_alone<P: Registers + Coherence + ?Sized>(
        &self,
        order: &Order,
        hardware: &Hardware<'_, P>,
    ) -> Option<Ticket> {
        if self.busy.get() != 0 {
            return None;
        }
        let [first, ..] = &self.jobs;
        let cookie = self.next_cookie();
        first.take(cookie, order, Terms::NONE, Phase::Running);
        self.busy.set(1);
        self.running.set(0);
        hardware.start(order.chain);
        Some(Ticket { slot: 0, cookie })
    }

    /// Where it stands what [`start_alone`](Self::start_alone) started; where it is complete, its slot is free again.
    ///
    /// Nobody else knows its ticket, so the slot is still its own.
    #[inline]
    pub(super) fn look_after_alone(&self) -> Alone {
        let [first, ..] = &self.jobs;
        match first.phase.get() {
            Phase::Complete => {
                first.phase.set(Phase::Free);
                self.busy.set(self.busy.get() & !1);
                Alone::Complete
            }
            Phase::Running => Alone::Running,
            _ => Alone::Failed,
        }
    }

    #[inline]
    pub(super) fn issue<P: Registers + Coherence + ?Sized>(&self, hardware: &Hardware<'_, P>) {
        self.queue.issue();
        if self.running.get() == NONE {
            self.start_next(hardware);
        }
    }

    pub(super) fn start_next<P: Registers + Coherence + ?Sized>(&self, hardware: &Hardware<'_, P>) {
        if self.flow() == Flow::Paused {
            return;
        }
        let Some(slot) = self.queue.pop_issued() else { return };
        let Some(job) = self.jobs.get(usize::from(slot)) else { return };
        job.phase.set(Phase::Running);
        self.running.set(slot);
        hardware.start(job.order.get().chain);
    }

    /// Nothing will start here any more, and no interrupt is looked at.
    pub(super) fn withdraw<P: Registers + Coherence + ?Sized>(
        &self,
        reason: Withdrawal,
        hardware: &Hardware<'_, P>,
    ) {
        self.withdrawn.set(Some(reason));
        self.set_flow(Flow::Paused);
        hardware.mask_interrupt();
    }

    /// Writes the end of a transfer down; it is off the engine and out of the queue.
    fn finish(&self, job: &Job, status: Status) -> Wake {
        if let Status::Failed(fault) = status {
            job.fault.set(fault);
            job.phase.set(Phase::Failed);
            count(&self.tally.failed);
        } else {
            job.phase.set(Phase::Complete);
            count(&self.tally.otherwise_completed);
        }
        job.wake(status)
    }

    fn job(&self, ticket: Ticket) -> Option<&Job> {
        self.jobs.get(usize::from(ticket.slot)).filter(|job| job.cookie.get() == ticket.cookie)
    }

    pub(super) fn status(&self, ticket: Ticket) -> Status {
        match self.job(ticket).map(Job::status) {
            Some(Status::Running) if self.flow() == Flow::Paused => Status::Paused,
            Some(status) => status,
            None => Status::Unknown,
        }
    }

    /// Where the transfer of this cookie stands, by its number alone.
    pub(super) fn status_of(&self, cookie: Cookie) -> Status {
        let slot = self.jobs.iter().position(|job| job.cookie.get() == cookie);
        let slot = slot.and_then(|slot| u8::try_from(slot).ok());
        slot.map_or(Status::Unknown, |slot| self.status(Ticket { slot, cookie }))
    }

    /// Takes the outcome of an ended transfer; of another one, looks whether the waker is called when it ends.
    pub(super) fn poll(&self, ticket: Ticket, waker: &Waker) -> Polled {
        let Some(job) = self.job(ticket) else { return Polled::Ended(Status::Unknown) };
        let status = job.status();
        if status.is_final() {
            self.release(ticket);
            return Polled::Ended(status);
        }
        let known = job.waker.take();
        let is_known = known.as_ref().is_some_and(|known| known.will_wake(waker));
        job.waker.set(known);
        if is_known { Polled::Pending } else { Polled::WakerWanted }
    }

    /// Has the waker called when the transfer ends. Back comes what is to be dropped outside: the one before it, or
    /// this one where the transfer has ended.
    pub(super) fn set_waker(&self, ticket: Ticket, waker: Waker) -> Option<Waker> {
        match self.job(ticket) {
            Some(job) if !job.has_ended() => {
                job.end.set(End::Told);
                job.waker.replace(Some(waker))
            }
            _ => Some(waker),
        }
    }

    pub(super) fn interrupts(&self, ticket: Ticket) -> u32 {
        self.job(ticket).map_or(0, |job| job.interrupts.get())
    }

    /// Gives the slot of an ended transfer back.
    pub(super) fn release(&self, ticket: Ticket) {
        if let Some(job) = self.job(ticket).filter(|job| job.has_ended()) {
            job.phase.set(Phase::Free);
            job.cookie.set(Cookie::default());
            self.busy.set(self.busy.get() & !(1 << ticket.slot));
            self.left_over.set(self.left_over.get() & !(1 << ticket.slot));
        }
    }

    /// Some transfer that has not ended and that is `wanted`: for ending all of them, one by one.
    pub(super) fn any_open(&self, wanted: impl Fn(Terms) -> bool) -> Option<Ticket> {
        let open = |phase: Phase| {
            let is_open = |job: &Job| job.phase.get() == phase && wanted(job.terms.get());
            self.jobs.iter().position(is_open)
        };
        // Queued ones first, so that none is started just to be stopped.
        let at = open(Phase::Queued).or_else(|| open(Phase::Running))?;
        let cookie = self.jobs.get(at)?.cookie.get();
        Some(Ticket { slot: u8::try_from(at).ok()?, cookie })
    }

    /// The earliest deadline of all that has not ended.
    pub(super) fn next_deadline(&self) -> Instant {
        let open = |job: &&Job| matches!(job.phase.get(), Phase::Queued | Phase::Running);
        let deadlines = self.jobs.iter().filter(open).map(|job| job.terms.get().deadline);
        deadlines.min().unwrap_or(Instant::NEVER)
    }

    /// Gives the slots of a scope's ended transfers back, whose handles were forgotten; whether there were any.
    pub(super) fn release_scope(&self, scope: u32) -> bool {
        for (slot, job) in (0..).zip(&self.jobs) {
            if job.terms.get().scope == scope && job.has_ended() {
                self.forgotten.set(true);
                self.release(Ticket { slot, cookie: job.cookie.get() });
            }
        }
        self.forgotten.replace(false)
    }

    pub(super) fn running_cookie(&self) -> Option<Cookie> {
        self.running_job().map(|job| job.cookie.get())
    }

    pub(super) fn pause<P: Registers + Coherence + ?Sized>(
        &self,
        hardware: &Hardware<'_, P>,
    ) -> Answer {
        self.set_flow(Flow::Paused);
        if self.running.get() == NONE { Answer::Yes } else { hardware.stand_still().0 }
    }

    pub(super) fn resume<P: Registers + Coherence + ?Sized>(&self, hardware: &Hardware<'_, P>) {
        if self.withdrawn.get().is_some() || self.flow() == Flow::Going {
            return;
        }
        self.set_flow(Flow::Going);
        if self.running.get() == NONE {
            self.start_next(hardware);
        } else if hardware.status() & cs::ERROR == 0 {
            hardware.resume();
        }
        // Else its interrupt is about to come, and an engine that erred is not to be set going again.
    }

    /// What was paused goes on; for a channel on which nothing is left.
    pub(super) fn lift_pause(&self) {
        if self.withdrawn.get().is_none() {
            self.set_flow(Flow::Going);
        }
    }

    /// A new owner finds it as after boot, but for the counters, and for outcomes that were not collected yet: their slots
    /// are this owner's as soon as it needs them.
    pub(super) fn claim(&self, owner: &'static str, policy: Policy) {
        self.left_over.set(self.busy.get() & !PAUSED);
        self.owner.set(Some(owner));
        self.policy.set(policy);
        self.set_flow(Flow::Going);
    }
}
