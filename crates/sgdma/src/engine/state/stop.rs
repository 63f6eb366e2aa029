//! Ending a transfer that has not ended by itself.

use super::{NONE, State};
use crate::engine::counters::count;
use crate::engine::job::{Job, Phase, Shape, Status};
use crate::engine::sequence::Hardware;
use crate::engine::state::{Health, Ticket, Wake};
use crate::engine::{Fault, FaultKind, Snapshot};
use crate::platform::{Coherence, Registers};
use crate::register::cs;

impl State {
    /// Ends a transfer that has not ended by itself: out of the queue, or off the engine.
    pub(in crate::engine) fn stop<P: Registers + Coherence + ?Sized>(
        &self,
        ticket: Ticket,
        kind: FaultKind,
        hardware: &Hardware<'_, P>,
    ) -> Wake {
        let Some(job) = self.job(ticket) else { return Wake::default() };
        match job.phase.get() {
            Phase::Queued => {
                self.queue.remove(ticket.slot);
                self.count_timeout(kind);
                self.finish(job, Status::Failed(Fault::off_engine(kind)))
            }
            Phase::Running => self.stop_running(job, kind, hardware),
            _ => Wake::default(),
        }
    }

    /// The registers are read once the engine stands still: only then do they belong together, and what they say of
    /// the residue is still so afterwards.
    fn stop_running<P: Registers + Coherence + ?Sized>(
        &self,
        job: &Job,
        kind: FaultKind,
        hardware: &Hardware<'_, P>,
    ) -> Wake {
        let before = hardware.status();
        let _ = hardware.pause();
        let registers = hardware.snapshot();
        let (status, channel) = if job.order.get().shape == Shape::Line && ended(&registers) {
            // It is done; only its interrupt is missing, or about to come.
            if kind == FaultKind::Timeout {
                count(&self.tally.lost);
            }
            hardware.acknowledge_stopped();
            hardware.barrier();
            (Status::Complete, Health::Fine)
        } else {
            let kind = self.reason(kind, &registers);
            let registers = Snapshot { cs: before | registers.cs & cs::ERROR, ..registers };
            (Status::Failed(Fault { kind, registers }), self.recover(hardware))
        };
        self.running.set(NONE);
        let wake = self.finish(job, status);
        self.start_next(hardware);
        Wake { channel, ..wake }
    }

    /// What runs may be complete without its interrupt having come: then what waits behind it starts. For threads, with
    /// interrupts let in: one that is only about to come has come.
    pub(in crate::engine) fn notice<P: Registers + Coherence + ?Sized>(
        &self,
        hardware: &Hardware<'_, P>,
    ) -> Wake {
        let Some(job) = self.running_job() else { return Wake::default() };
        if job.order.get().shape == Shape::Ring || !ended(&hardware.snapshot()) {
            return Wake::default();
        }
        count(&self.tally.lost);
        hardware.acknowledge_stopped();
        hardware.barrier();
        self.running.set(NONE);
        let wake = self.finish(job, Status::Complete);
        self.start_next(hardware);
        wake
    }

    /// An error that is latched explains more than that somebody lost patience.
    fn reason(&self, kind: FaultKind, registers: &Snapshot) -> FaultKind {
        if registers.cs & cs::ERROR != 0 {
            return FaultKind::of_debug(registers.debug);
        }
        self.count_timeout(kind);
        kind
    }

    fn count_timeout(&self, kind: FaultKind) {
        if kind == FaultKind::Timeout {
            count(&self.tally.timeouts);
        }
    }
}

/// Whether the registers say: chain done, every write answered, no error.
fn ended(registers: &Snapshot) -> bool {
    registers.cs & cs::END != 0
        && registers.cs & (cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES | cs::ERROR) == 0
        && registers.conblk_ad == 0
}
