//! Ending a transfer that has not ended by itself.

use super::{State, count};
use crate::engine::job::{Shape, Status};
use crate::engine::sequence::Hardware;
use crate::engine::state::{Finished, Health, Ticket, Wake};
use crate::engine::{Fault, FaultKind, Snapshot};
use crate::platform::{Coherence, Registers};
use crate::register::cs;

impl State {
    /// Ends a transfer that has not ended by itself: out of the queue, or off the engine.
    pub(in crate::engine) fn stop<P: Registers + Coherence + ?Sized>(
        &mut self,
        ticket: Ticket,
        kind: FaultKind,
        hardware: &Hardware<'_, P>,
        finished: &Finished,
    ) -> Wake {
        match self.status(ticket) {
            Status::Queued => {
                self.queue.remove(ticket.slot);
                self.count_timeout(kind);
                self.finish(ticket.slot, Status::Failed(Fault::off_engine(kind)), finished)
            }
            Status::Running | Status::Paused => self.stop_running(ticket, kind, hardware, finished),
            _ => Wake::default(),
        }
    }

    /// The registers are read once the engine stands still: only then do they belong together, and what they say of
    /// the residue is still so afterwards.
    fn stop_running<P: Registers + Coherence + ?Sized>(
        &mut self,
        ticket: Ticket,
        kind: FaultKind,
        hardware: &Hardware<'_, P>,
        finished: &Finished,
    ) -> Wake {
        let before = hardware.status();
        let _ = hardware.pause();
        let registers = hardware.snapshot();
        let line = self.job(ticket).is_some_and(|job| job.order.shape == Shape::Line);
        let (status, channel) = if line && ended(&registers) {
            // It is done; only its interrupt is missing, or about to come.
            if kind == FaultKind::Timeout {
                count(&mut self.counters.lost);
            }
            hardware.acknowledge_stopped();
            (Status::Complete, Health::Fine)
        } else {
            let kind = self.reason(kind, &registers);
            let registers = Snapshot { cs: before | registers.cs & cs::ERROR, ..registers };
            (Status::Failed(Fault { kind, registers }), self.recover(hardware))
        };
        let wake = self.finish(ticket.slot, status, finished);
        self.start_next(hardware);
        Wake { channel, ..wake }
    }

    /// An error that is latched explains more than that somebody lost patience.
    fn reason(&mut self, kind: FaultKind, registers: &Snapshot) -> FaultKind {
        if registers.cs & cs::ERROR != 0 {
            return FaultKind::of_debug(registers.debug);
        }
        self.count_timeout(kind);
        kind
    }

    fn count_timeout(&mut self, kind: FaultKind) {
        if kind == FaultKind::Timeout {
            count(&mut self.counters.timeouts);
        }
    }
}

/// Whether the registers say: chain done, every write answered, no error.
fn ended(registers: &Snapshot) -> bool {
    registers.cs & cs::END != 0
        && registers.cs & (cs::ACTIVE | cs::WAITING_FOR_OUTSTANDING_WRITES | cs::ERROR) == 0
        && registers.conblk_ad == 0
}
