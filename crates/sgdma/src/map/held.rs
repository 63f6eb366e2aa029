//! What a mapping holds, whoever's turn it is.

use core::fmt;

use crate::buffer::{EntryList, Memory, Mode};
use crate::ledger::{Ledger, MappingId, Misuse, Turn};
use crate::platform::Access;

use super::cache::{self, Ownership};
use super::{Device, Mapper, Way};

/// The entries and whom they are mapped for. Dropped in the engine's turn, it hands the memory back to the CPU first,
/// so that who gets it next reads what the engine wrote. It may be forgotten instead: memory that was borrowed is then
/// read by its lender, and so is taken back as soon as the engine is done ([`settle`](Self::settle)); memory that is owned
/// is never read again.
pub(super) struct Held<'buf, 'p, A: Mode, P: Mapper + ?Sized> {
    pub(super) list: EntryList<'buf, A>,
    pub(super) device: Device<'p, P>,
    pub(super) segments: usize,
    pub(super) way: Way,
    id: Option<MappingId>,
    turn: Turn,
    /// Taken back since the engine last wrote.
    settled: bool,
}

impl<'buf, 'p, A: Mode, P: Mapper + ?Sized> Held<'buf, 'p, A, P> {
    pub(super) fn new(
        list: EntryList<'buf, A>,
        device: Device<'p, P>,
        way: Way,
        (segments, id): (usize, Option<MappingId>),
    ) -> Self {
        Self { list, device, segments, way, id, turn: Turn::Cpu, settled: false }
    }

    pub(super) fn ownership(&self) -> Ownership {
        Ownership::of(self.list.memory(), self.device.platform.cache_line())
    }

    pub(super) fn give_to_engine(&mut self) {
        cache::hand_over(&self.list, self.device.platform);
        (self.turn, self.settled) = (Turn::Engine, false);
        self.enter(|ledger, id, len, way| ledger.sync(id, len, way, Turn::Engine));
    }

    pub(super) fn give_to_cpu(&mut self) {
        self.take_back();
        self.enter(|ledger, id, len, way| ledger.sync(id, len, way, Turn::Cpu));
    }

    /// The engine is done with it, and its lender may be the next to look.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.list.is_borrowed() {
            self.settle_borrowed();
        }
    }

    fn settle_borrowed(&mut self) {
        let cached = self.list.memory() != Some(Memory::Coherent);
        if cached && self.way.access() == Access::Write {
            cache::take_back(&self.list, self.device.platform, self.ownership());
        }
        self.settled = true;
    }

    /// To the CPU, whatever was before.
    fn take_back(&mut self) {
        if self.turn == Turn::InFlight {
            // Its handle was forgotten, and the scope that it was of has ended.
            self.enter(|ledger, id, _, _| ledger.end_flight(id));
        }
        if self.turn != Turn::Cpu && !self.settled && self.way.access() == Access::Write {
            cache::take_back(&self.list, self.device.platform, self.ownership());
        }
        self.turn = Turn::Cpu;
    }

    pub(super) fn begin_flight(&mut self) {
        (self.turn, self.settled) = (Turn::InFlight, false);
        self.enter(|ledger, id, _, _| ledger.begin_flight(id));
    }

    pub(super) fn end_flight(&mut self) {
        self.turn = Turn::Engine;
        self.enter(|ledger, id, _, _| ledger.end_flight(id));
    }

    /// Ends the mapping.
    pub(super) fn release(mut self) -> EntryList<'buf, A> {
        self.end();
        core::mem::replace(&mut self.list, EntryList::fixed(&mut []))
    }

    fn end(&mut self) {
        self.take_back();
        self.enter(Ledger::unmap);
        self.id = None;
    }

    /// Tells the ledger, which keeps what it finds wrong; the types leave nothing to be found here but an engine that
    /// still runs.
    fn enter(&self, what: impl FnOnce(&Ledger, MappingId, u64, Way) -> Result<(), Misuse>) {
        if let (Some(ledger), Some(id)) = (self.device.records.ledger(), self.id) {
            let len = u64::try_from(self.list.total()).unwrap_or(u64::MAX);
            let _ = what(ledger, id, len, self.way);
        }
    }
}

impl<A: Mode, P: Mapper + ?Sized> Drop for Held<'_, '_, A, P> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<A: Mode, P: Mapper + ?Sized> fmt::Debug for Held<'_, '_, A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.way)?;
        f.debug_list().entries(self.list.segments()).finish()
    }
}
