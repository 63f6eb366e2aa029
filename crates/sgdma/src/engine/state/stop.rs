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
        let (_, registers) = hardware.stand_still();
        let (status, channel) = if is_complete(job, &registers) {
            // Only its interrupt is missing, or about to come.
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

    /// What runs, if the registers say that it is complete: its interrupt has not come.
    pub(in crate::engine) fn complete_unnoticed<P: Registers + Coherence + ?Sized>(
        &self,
        hardware: &Hardware<'_, P>,
    ) -> Option<Ticket> {
        let job = self.running_job()?;
        is_complete(job, &hardware.snapshot())
            .then(|| Ticket { slot: self.running.get(), cookie: job.cookie.get() })
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

/// Whether the registers say of what ends at all: chain done, every write answered, no error.
fn is_complete(job: &Job, registers: &Snapshot) -> bool {
    job.order.get().shape == Shape::Line
        && registers.cs & cs::END != 0
        && registers.cs & (cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES | cs::ERROR) == 0
        && registers.conblk_ad == 0
}
