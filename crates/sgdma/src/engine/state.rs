//! One channel's state: which transfers wait, which one runs, and what an interrupt makes of it.
//!
//! Everything here runs inside a critical section and returns soon; whom to wake is handed back, so that nobody is
//! called while the state is borrowed.

use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Waker;

use super::job::{Callback, Cookie, Job, Order, QUEUE_DEPTH, Queue, Shape, Status};
use super::sequence::{Answer, Hardware, Policy};
use super::{Counters, Fault, FaultKind, Withdrawal};
use crate::platform::{Coherence, Instant, Registers};
use crate::register::cs;

mod stop;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flow {
    #[default]
    Going,
    Paused,
}

/// Which slot, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(super) slot: u8,
    pub(crate) cookie: Cookie,
}

/// For each slot, the cookie of the transfer that last ended in it: what a sleeping waiter looks at.
pub(super) type Finished = [AtomicU32; QUEUE_DEPTH];

/// Whom to tell, once the state is no longer borrowed.
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

/// A transfer that the engine could not be taken from: its memory is not safe from the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restless {
    pub(super) cookie: Cookie,
    pub(super) scope: u32,
}

impl Wake {
    #[inline]
    pub(super) fn deliver(self) {
        if let Some((callback, status)) = self.callback {
            (callback.function)(callback.context, status);
        }
        if let Some(waker) = self.waker {
            waker.wake();
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) owner: Option<&'static str>,
    pub(super) policy: Policy,
    pub(super) flow: Flow,
    pub(super) withdrawn: Option<Withdrawal>,
    pub(super) restless: Option<Restless>,
    pub(super) counters: Counters,
    pub(super) running: Option<u8>,
    jobs: [Job; QUEUE_DEPTH],
    /// Bit n is set while slot n is taken.
    taken: u8,
    queue: Queue,
    next_cookie: Cookie,
}

const _: () = assert!(QUEUE_DEPTH == 8, "`taken` is a byte");

impl State {
    pub(super) fn new() -> Self {
        Self {
            owner: None,
            policy: Policy::default(),
            flow: Flow::Going,
            withdrawn: None,
            restless: None,
            counters: Counters::default(),
            running: None,
            jobs: core::array::from_fn(|_| Job::default()),
            taken: 0,
            queue: Queue::default(),
            next_cookie: Cookie::first(),
        }
    }

    #[cfg(test)]
    pub(super) fn skip_to_the_last_cookie(&mut self) {
        self.next_cookie = Cookie::last();
    }

    /// Takes a slot for an order and puts it in the queue; `None` where all are taken.
    #[inline]
    pub(super) fn submit(&mut self, order: Order) -> Option<Ticket> {
        let slot = self.taken.trailing_ones();
        let job = self.jobs.get_mut(usize::try_from(slot).ok()?)?;
        let cookie = self.next_cookie;
        *job = Job { cookie, order, status: Status::Queued, ..Job::default() };
        self.next_cookie = cookie.next();
        self.taken |= 1 << slot;
        // `slot` indexes `jobs`, so it is below 8.
        let slot = (slot & 7) as u8;
        self.queue.push(slot);
        Some(Ticket { slot, cookie })
    }

    #[inline]
    pub(super) fn issue<P: Registers + Coherence + ?Sized>(&mut self, hardware: &Hardware<'_, P>) {
        self.queue.issue();
        if self.running.is_none() {
            self.start_next(hardware);
        }
    }

    #[inline]
    pub(super) fn start_next<P: Registers + Coherence + ?Sized>(
        &mut self,
        hardware: &Hardware<'_, P>,
    ) {
        if self.flow == Flow::Paused {
            return;
        }
        let Some(slot) = self.queue.pop_issued() else { return };
        let Some(job) = self.jobs.get_mut(usize::from(slot)) else { return };
        job.status = Status::Running;
        self.running = Some(slot);
        hardware.start(job.order.chain);
    }

    /// The interrupt handler's part.
    #[inline]
    pub(super) fn interrupt<P: Registers + Coherence + ?Sized>(
        &mut self,
        hardware: &Hardware<'_, P>,
        finished: &Finished,
    ) -> Wake {
        let status = hardware.status();
        if status & cs::ERROR != 0 {
            return self.erred(hardware, finished);
        }
        if status & cs::INT == 0 {
            count(&mut self.counters.spurious);
            return Wake::default();
        }
        let Some(slot) = self.running else {
            hardware.acknowledge_stopped();
            count(&mut self.counters.late);
            return Wake::default();
        };
        match self.flow {
            Flow::Going => hardware.acknowledge_running(),
            Flow::Paused => hardware.acknowledge_stopped(),
        }
        count(&mut self.counters.interrupts);
        self.ran(slot, status, hardware, finished)
    }

    /// After the acknowledge: has the chain ended? Looking only now misses nothing, as its own INT may have been
    /// cleared with that of a predecessor.
    ///
    /// An INT that is not the chain's own (a late or a doubled one) can come while the chain's last writes are on the
    /// bus and `CONBLK_AD` reads 0 already. Where `status`, read before, does not say that all was at rest, a further
    /// look does; if writes are still out, the chain's own INT follows them.
    #[inline]
    fn ran<P: Registers + Coherence + ?Sized>(
        &mut self,
        slot: u8,
        status: u32,
        hardware: &Hardware<'_, P>,
        finished: &Finished,
    ) -> Wake {
        let Some(job) = self.jobs.get_mut(usize::from(slot)) else { return Wake::default() };
        count(&mut job.interrupts);
        if job.order.shape == Shape::Ring {
            let callback = job.order.callback.map(|callback| (callback, Status::Running));
            return Wake { waker: job.waker.take(), callback, ..Wake::default() };
        }
        let was_at_rest = status & (cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES) == 0
            && self.flow == Flow::Going;
        if hardware.conblk_ad() != 0 || !(was_at_rest || hardware.is_closed()) {
            count(&mut self.counters.late);
            return Wake::default();
        }
        let wake = self.finish(slot, Status::Complete, finished);
        self.start_next(hardware);
        wake
    }

    #[cold]
    fn erred<P: Registers + Coherence + ?Sized>(
        &mut self,
        hardware: &Hardware<'_, P>,
        finished: &Finished,
    ) -> Wake {
        let registers = hardware.snapshot();
        let Some(slot) = self.running else {
            count(&mut self.counters.late);
            return Wake { channel: self.recover(hardware), ..Wake::default() };
        };
        count(&mut self.counters.interrupts);
        let fault = Fault { kind: FaultKind::of_debug(registers.debug), registers };
        let channel = self.recover(hardware);
        if channel == Health::Fine && self.retry(slot, hardware) {
            return Wake::default();
        }
        let wake = self.finish(slot, Status::Failed(fault), finished);
        self.start_next(hardware);
        Wake { channel, ..wake }
    }

    /// Puts the chain on the recovered engine again, if its order says so. A paused channel gets it and does not run.
    fn retry<P: Registers + Coherence + ?Sized>(
        &mut self,
        slot: u8,
        hardware: &Hardware<'_, P>,
    ) -> bool {
        let again = self.jobs.get_mut(usize::from(slot)).filter(|job| job.order.retries > 0);
        let Some(job) = again else { return false };
        job.order.retries -= 1;
        count(&mut self.counters.retries);
        match self.flow {
            Flow::Going => hardware.start(job.order.chain),
            Flow::Paused => hardware.load(job.order.chain),
        }
        true
    }

    /// Aborts whatever runs. A channel that does not come to rest is withdrawn.
    fn recover<P: Registers + Coherence + ?Sized>(&mut self, hardware: &Hardware<'_, P>) -> Health {
        count(&mut self.counters.recoveries);
        if hardware.abort() == Answer::Yes {
            return Health::Fine;
        }
        self.withdrawn = Some(Withdrawal::NoReset);
        self.flow = Flow::Paused;
        let running = self.running.and_then(|slot| self.jobs.get(usize::from(slot)));
        self.restless = running.map(|job| Restless { cookie: job.cookie, scope: job.order.scope });
        Health::Broken
    }

    #[inline]
    fn finish(&mut self, slot: u8, status: Status, finished: &Finished) -> Wake {
        if self.running == Some(slot) {
            self.running = None;
        }
        let Some(job) = self.jobs.get_mut(usize::from(slot)) else { return Wake::default() };
        job.status = status;
        match status {
            Status::Complete => count(&mut self.counters.completed),
            _ => count(&mut self.counters.failed),
        }
        if let Some(mark) = finished.get(usize::from(slot)) {
            mark.store(job.cookie.number(), Ordering::Release);
        }
        let callback = job.order.callback.map(|callback| (callback, status));
        Wake { waker: job.waker.take(), callback, ..Wake::default() }
    }

    fn job(&mut self, ticket: Ticket) -> Option<&mut Job> {
        self.jobs.get_mut(usize::from(ticket.slot)).filter(|job| job.cookie == ticket.cookie)
    }

    pub(super) fn status(&mut self, ticket: Ticket) -> Status {
        let flow = self.flow;
        match self.job(ticket).map(|job| job.status) {
            Some(Status::Running) if flow == Flow::Paused => Status::Paused,
            Some(status) => status,
            None => Status::Unknown,
        }
    }

    /// Where the transfer of this cookie stands, by its number alone.
    pub(super) fn status_of(&mut self, cookie: Cookie) -> Status {
        let slot = self.jobs.iter().position(|job| job.cookie == cookie);
        let slot = slot.and_then(|slot| u8::try_from(slot).ok());
        slot.map_or(Status::Unknown, |slot| self.status(Ticket { slot, cookie }))
    }

    /// Takes the outcome of an ended transfer; of another one, looks whether the waker is called when it ends.
    pub(super) fn poll(&mut self, ticket: Ticket, waker: &Waker) -> Polled {
        let Some(job) = self.job(ticket) else { return Polled::Ended(Status::Unknown) };
        if job.status.is_final() {
            let status = job.status;
            self.release(ticket);
            return Polled::Ended(status);
        }
        match &job.waker {
            Some(known) if known.will_wake(waker) => Polled::Pending,
            _ => Polled::WakerWanted,
        }
    }

    /// Has the waker called when the transfer ends. Back comes what is to be dropped outside: the one before it, or
    /// this one where the transfer has ended.
    pub(super) fn set_waker(&mut self, ticket: Ticket, waker: Waker) -> Option<Waker> {
        match self.job(ticket) {
            Some(job) if !job.status.is_final() => job.waker.replace(waker),
            _ => Some(waker),
        }
    }

    pub(super) fn interrupts(&mut self, ticket: Ticket) -> u32 {
        self.job(ticket).map_or(0, |job| job.interrupts)
    }

    /// Gives the slot of an ended transfer back.
    #[inline]
    pub(super) fn release(&mut self, ticket: Ticket) {
        if let Some(job) = self.job(ticket).filter(|job| job.status.is_final()) {
            job.status = Status::Unknown;
            job.cookie = Cookie::default();
            self.taken &= !(1 << ticket.slot);
        }
    }

    /// Gives the slot of a complete transfer back; whether it is complete.
    #[inline]
    pub(super) fn take_complete(&mut self, ticket: Ticket) -> bool {
        let Some(job) = self.job(ticket).filter(|job| matches!(job.status, Status::Complete))
        else {
            return false;
        };
        job.status = Status::Unknown;
        job.cookie = Cookie::default();
        self.taken &= !(1 << ticket.slot);
        true
    }

    /// Some transfer that has not ended and that is `wanted`: for ending all of them, one by one.
    pub(super) fn any_open(&self, wanted: impl Fn(&Order) -> bool) -> Option<Ticket> {
        let open = |status: Status| {
            self.jobs.iter().position(|job| job.status == status && wanted(&job.order))
        };
        // Queued ones first, so that none is started just to be stopped.
        let at = open(Status::Queued).or_else(|| open(Status::Running))?;
        let cookie = self.jobs.get(at)?.cookie;
        Some(Ticket { slot: u8::try_from(at).ok()?, cookie })
    }

    /// The earliest deadline of all that has not ended.
    pub(super) fn next_deadline(&self) -> Instant {
        let open = |job: &&Job| matches!(job.status, Status::Queued | Status::Running);
        self.jobs.iter().filter(open).map(|job| job.order.deadline).min().unwrap_or(Instant::NEVER)
    }

    /// Gives the slots of a scope's ended transfers back, whose handles were forgotten.
    pub(super) fn release_scope(&mut self, scope: u32) {
        for slot in 0..QUEUE_DEPTH {
            let forgotten = self.jobs.get(slot).filter(|job| job.order.scope == scope);
            if let (Some(cookie), Ok(slot)) = (forgotten.map(|job| job.cookie), u8::try_from(slot))
            {
                self.release(Ticket { slot, cookie });
            }
        }
    }

    pub(super) fn running_cookie(&self) -> Option<Cookie> {
        self.jobs.get(usize::from(self.running?)).map(|job| job.cookie)
    }

    pub(super) fn pause<P: Registers + Coherence + ?Sized>(
        &mut self,
        hardware: &Hardware<'_, P>,
    ) -> Answer {
        self.flow = Flow::Paused;
        if self.running.is_some() { hardware.pause() } else { Answer::Yes }
    }

    pub(super) fn resume<P: Registers + Coherence + ?Sized>(&mut self, hardware: &Hardware<'_, P>) {
        if self.withdrawn.is_some() || self.flow == Flow::Going {
            return;
        }
        self.flow = Flow::Going;
        if self.running.is_none() {
            self.start_next(hardware);
        } else if hardware.status() & cs::ERROR == 0 {
            hardware.resume();
        }
        // Else its interrupt is about to come, and an engine that erred is not to be set going again.
    }

    /// What was paused goes on; for a channel on which nothing is left.
    pub(super) fn lift_pause(&mut self) {
        if self.withdrawn.is_none() {
            self.flow = Flow::Going;
        }
    }

    /// A new owner finds it as after boot, but for the counters.
    pub(super) fn claim(&mut self, owner: &'static str, policy: Policy) {
        self.owner = Some(owner);
        self.policy = policy;
        self.flow = Flow::Going;
    }
}

/// Counts one more; after four milliards, from 0 again.
#[inline]
fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}
