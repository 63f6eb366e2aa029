//! What an interrupt makes of a channel: a transfer has ended, or the engine has failed.

use super::{Flow, Health, NONE, Restless, State, Wake};
use crate::engine::counters::count;
use crate::engine::job::{End, Job, Phase, Shape, Status};
use crate::engine::sequence::{Answer, Hardware};
use crate::engine::{Fault, FaultKind, Snapshot, Withdrawal};
use crate::platform::{Coherence, Registers};
use crate::register::cs;

impl State {
    /// The interrupt handler's part where all is as it mostly is: what runs has ended, none waits to be told and none to
    /// be started. Whether it was so; otherwise nothing was done.
    #[inline]
    pub(in crate::engine) fn interrupt_quietly<P: Registers + Coherence + ?Sized>(
        &self,
        status: u32,
        hardware: &Hardware<'_, P>,
    ) -> bool {
        const LOOK: u32 = cs::ERROR | cs::INT | cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES;
        // Only the first slot is taken, so nothing waits, and the channel is not paused.
        let [job, ..] = &self.jobs;
        let plain = self.busy.get() == 1
            && job.phase.get() == Phase::Running
            && job.end.get() == End::Quiet;
        if status & LOOK != cs::INT || !plain {
            return false;
        }
        hardware.acknowledge_running();
        count(&job.interrupts);
        if hardware.conblk_ad() != 0 {
            // Started between an older INT and this look.
            count(&self.tally.other_interrupts);
            count(&self.tally.late);
            return true;
        }
        self.running.set(NONE);
        job.phase.set(Phase::Complete);
        count(&self.tally.ended_by_interrupt);
        true
    }

    /// The interrupt handler's part; whom to tell, if anybody.
    pub(in crate::engine) fn interrupt<P: Registers + Coherence + ?Sized>(
        &self,
        status: u32,
        hardware: &Hardware<'_, P>,
    ) -> Option<Wake> {
        if self.withdrawn.get().is_some() {
            // It follows no command, and its line may stay up: nothing here would take it down.
            hardware.mask_interrupt();
            count(&self.tally.late);
            return None;
        }
        if status & cs::ERROR != 0 {
            return Some(self.erred(status, hardware));
        }
        if status & cs::INT == 0 {
            count(&self.tally.spurious);
            return None;
        }
        let Some(job) = self.running_job() else {
            hardware.acknowledge_stopped();
            count(&self.tally.late);
            return None;
        };
        match self.flow() {
            Flow::Going => hardware.acknowledge_running(),
            Flow::Paused => hardware.acknowledge_stopped(),
        }
        self.ran(job, status, hardware)
    }

    /// After the acknowledge: has the chain ended? Looking only now misses nothing, as its own INT may have been
    /// cleared with that of a predecessor.
    ///
    /// An INT that is not the chain's own (a late or a doubled one) can come while the chain's last writes are on the
    /// bus and `CONBLK_AD` reads 0 already. Where `status`, read before, does not say that all was at rest, a further
    /// look does; if writes are still out, the chain's own INT follows them. An error may have come in between, too.
    #[inline]
    fn ran<P: Registers + Coherence + ?Sized>(
        &self,
        job: &Job,
        status: u32,
        hardware: &Hardware<'_, P>,
    ) -> Option<Wake> {
        let is_ring = job.order.get().shape == Shape::Ring;
        let was_at_rest = status & (cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES) == 0
            && self.flow() == Flow::Going;
        let goes_on = is_ring || hardware.conblk_ad() != 0;
        let status = if goes_on || was_at_rest { status } else { hardware.status() };
        if status & cs::ERROR != 0 {
            return Some(self.erred(status, hardware));
        }
        count(&job.interrupts);
        count(&self.tally.other_interrupts);
        if is_ring {
            return Some(job.wake(Status::Running));
        }
        if goes_on || status & cs::WAITING_FOR_OUTSTANDING_WRITES != 0 {
            count(&self.tally.late);
            return None;
        }
        self.running.set(NONE);
        job.phase.set(Phase::Complete);
        count(&self.tally.otherwise_completed);
        let told = job.end.get() == End::Told;
        let wake = told.then(|| job.wake(Status::Complete));
        self.start_next(hardware);
        wake
    }

    #[cold]
    fn erred<P: Registers + Coherence + ?Sized>(
        &self,
        status: u32,
        hardware: &Hardware<'_, P>,
    ) -> Wake {
        // An error that is only latched stops nothing.
        let (_, registers) = hardware.stand_still();
        let registers = Snapshot { cs: status, ..registers };
        let Some(job) = self.running_job() else {
            count(&self.tally.late);
            return Wake { channel: self.recover(hardware), ..Wake::default() };
        };
        count(&self.tally.other_interrupts);
        let fault = Fault { kind: FaultKind::of_debug(registers.debug), registers };
        let channel = self.recover(hardware);
        if channel == Health::Fine && self.retry(job, hardware) {
            return Wake::default();
        }
        self.running.set(NONE);
        let wake = self.finish(job, Status::Failed(fault));
        self.start_next(hardware);
        Wake { channel, ..wake }
    }

    /// Puts the chain on the recovered engine again, if its order says so. A paused channel gets it and does not run.
    fn retry<P: Registers + Coherence + ?Sized>(
        &self,
        job: &Job,
        hardware: &Hardware<'_, P>,
    ) -> bool {
        let order = job.order.get();
        let Some(retries) = order.retries.checked_sub(1) else { return false };
        job.order.set(order.with_retries(retries));
        count(&self.tally.retries);
        match self.flow() {
            Flow::Going => hardware.start(order.chain),
            Flow::Paused => hardware.load(order.chain),
        }
        true
    }

    /// Aborts whatever was paused. A channel that does not come to rest is withdrawn.
    pub(super) fn recover<P: Registers + Coherence + ?Sized>(
        &self,
        hardware: &Hardware<'_, P>,
    ) -> Health {
        count(&self.tally.recoveries);
        if hardware.abort() == Answer::Yes {
            return Health::Fine;
        }
        self.withdraw(Withdrawal::NoReset, hardware);
        if let Some(job) = self.running_job() {
            let (cookie, scope) = (job.cookie.get(), job.terms.get().scope);
            self.restless.set(Some(Restless { cookie, scope }));
        }
        Health::Broken
    }
}
