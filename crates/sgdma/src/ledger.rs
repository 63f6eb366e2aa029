//! Who mapped what: a record of live mappings that catches misuse (`DMA_API_DEBUG`).
//!
//! The types of [`map`](crate::map) leave little of it possible. What is left, and what code that deals in addresses
//! does beside them, the ledger finds: mapping twice, mapping what another mapping writes, syncing or unmapping what is
//! not mapped or with another length or direction, unmapping under a running engine, and what is still mapped at the
//! end.
//!
//! Its memory is fixed: a [`Slot`] for each segment on the bus. A mapping that finds too few is not recorded, and
//! counted. Every call goes through all slots, one short critical section for each segment.

use core::cell::Cell;
use core::fmt;
use core::panic::Location;

use critical_section::{CriticalSection, Mutex};

use crate::map::Way;
use crate::platform::Access;
use crate::segment::BusSegment;

mod misuse;
#[cfg(test)]
mod tests;

pub use misuse::Misuse;

/// A mapping's number in the ledger, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MappingId(u32);

impl fmt::Display for MappingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Whose turn it is with mapped memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Handed to the engine, which is not running on it.
    Engine,
    /// The engine is at work on it.
    InFlight,
    /// Synced for the CPU.
    Cpu,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Engine => "engine",
            Self::InFlight => "in flight",
            Self::Cpu => "cpu",
        })
    }
}

/// One segment of a live mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The mapping it is a part of.
    pub mapping: MappingId,
    /// Where it is on the bus.
    pub segment: BusSegment,
    /// The direction it is mapped in.
    pub way: Way,
    /// Whose turn it is.
    pub turn: Turn,
    /// Who called `map`.
    pub who: &'static Location<'static>,
}

/// Room for one record.
#[derive(Debug)]
pub struct Slot(Mutex<Cell<Option<Record>>>);

impl Slot {
    const fn empty() -> Self {
        Self(Mutex::new(Cell::new(None)))
    }
}

/// Whether new mappings are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    /// They are.
    On,
    /// They are not; what is recorded already is followed to its end.
    Off,
}

#[derive(Clone, Copy, Debug)]
struct State {
    recording: Recording,
    last_id: u32,
    unrecorded: u32,
    misuses: u32,
    last_misuse: Option<Misuse>,
}

/// The record of live mappings. `static LEDGER: Ledger<[Slot; 64]> = Ledger::new();`
#[derive(Debug)]
pub struct Ledger<S: ?Sized = [Slot]> {
    state: Mutex<Cell<State>>,
    slots: S,
}

impl<const N: usize> Ledger<[Slot; N]> {
    /// An empty ledger that records.
    pub const fn new() -> Self {
        let state = State {
            recording: Recording::On,
            last_id: 0,
            unrecorded: 0,
            misuses: 0,
            last_misuse: None,
        };
        Self { state: Mutex::new(Cell::new(state)), slots: [const { Slot::empty() }; N] }
    }
}

impl<const N: usize> Default for Ledger<[Slot; N]> {
    fn default() -> Self {
        Self::new()
    }
}

impl Ledger {
    /// Switches the recording of new mappings.
    pub fn switch(&self, recording: Recording) {
        self.change(|state| State { recording, ..state });
    }

    /// Records a new mapping, in the engine's turn. `None` where the ledger is off or full: then it knows nothing of the
    /// mapping.
    ///
    /// # Errors
    /// A byte of it is mapped already, and one of the two mappings is written. Nothing is recorded then.
    pub fn map(
        &self,
        segments: impl Iterator<Item = BusSegment>,
        way: Way,
        who: &'static Location<'static>,
    ) -> Result<Option<MappingId>, Misuse> {
        let Some(mapping) = self.next_id() else { return Ok(None) };
        for segment in segments {
            let record = Record { mapping, segment, way, turn: Turn::Engine, who };
            match critical_section::with(|cs| self.insert(cs, record)) {
                Ok(Inserted::Yes) => {}
                Ok(Inserted::NoRoom) => {
                    self.erase(mapping);
                    self.change(|s| State { unrecorded: s.unrecorded.saturating_add(1), ..s });
                    return Ok(None);
                }
                Err(misuse) => {
                    self.erase(mapping);
                    return Err(self.note(misuse));
                }
            }
        }
        Ok(Some(mapping))
    }

    /// Records that the turn changes.
    ///
    /// # Errors
    /// It is not mapped, has another length or direction, or the engine is at work on it.
    pub fn sync(&self, mapping: MappingId, len: u64, way: Way, turn: Turn) -> Result<(), Misuse> {
        self.check(mapping, len, way)?;
        self.turn_to(mapping, turn);
        Ok(())
    }

    /// Records that the engine begins to work on it.
    ///
    /// # Errors
    /// It is not mapped, or in flight already, or it is the CPU's turn.
    pub fn begin_flight(&self, mapping: MappingId) -> Result<(), Misuse> {
        match self.first(mapping) {
            None => Err(self.note(Misuse::NotMapped { mapping })),
            Some(record) if record.turn == Turn::InFlight => {
                Err(self.note(Misuse::InFlight { mapping, mapped_by: record.who }))
            }
            Some(record) if record.turn == Turn::Cpu => {
                Err(self.note(Misuse::NotSynced { mapping, mapped_by: record.who }))
            }
            Some(_) => {
                self.turn_to(mapping, Turn::InFlight);
                Ok(())
            }
        }
    }

    /// Records that the engine is done with it.
    ///
    /// # Errors
    /// It is not mapped.
    pub fn end_flight(&self, mapping: MappingId) -> Result<(), Misuse> {
        self.first(mapping).ok_or_else(|| self.note(Misuse::NotMapped { mapping }))?;
        self.turn_to(mapping, Turn::Engine);
        Ok(())
    }

    /// Strikes a mapping out.
    ///
    /// # Errors
    /// It is not mapped, or has another length or direction: then it stays. Or the engine is at work on it: it is
    /// struck out all the same, since its memory is gone.
    pub fn unmap(&self, mapping: MappingId, len: u64, way: Way) -> Result<(), Misuse> {
        let checked = self.check(mapping, len, way);
        if matches!(checked, Ok(()) | Err(Misuse::InFlight { .. })) {
            self.erase(mapping);
        }
        checked
    }

    /// Calls `each` with every live record.
    pub fn for_each(&self, mut each: impl FnMut(Record)) {
        for slot in &self.slots {
            if let Some(record) = critical_section::with(|cs| slot.0.borrow(cs).get()) {
                each(record);
            }
        }
    }

    /// How many segments are mapped: at the end of everything, what leaked.
    pub fn live(&self) -> usize {
        let mut live = 0;
        self.for_each(|_| live += 1);
        live
    }

    /// How many mappings were not recorded because the ledger was full.
    pub fn unrecorded(&self) -> u32 {
        critical_section::with(|cs| self.state.borrow(cs).get().unrecorded)
    }

    /// How many misuses there were, and the last one.
    pub fn misuses(&self) -> (u32, Option<Misuse>) {
        let state = critical_section::with(|cs| self.state.borrow(cs).get());
        (state.misuses, state.last_misuse)
    }

    fn change(&self, change: impl FnOnce(State) -> State) {
        critical_section::with(|cs| {
            let state = self.state.borrow(cs);
            state.set(change(state.get()));
        });
    }

    fn note(&self, misuse: Misuse) -> Misuse {
        self.change(|state| State {
            misuses: state.misuses.saturating_add(1),
            last_misuse: Some(misuse),
            ..state
        });
        misuse
    }

    fn next_id(&self) -> Option<MappingId> {
        let mut id = None;
        self.change(|state| {
            let last_id = state.last_id.wrapping_add(1).max(1);
            id = (state.recording == Recording::On).then_some(MappingId(last_id));
            State { last_id, ..state }
        });
        id
    }

    fn insert(&self, cs: CriticalSection<'_>, record: Record) -> Result<Inserted, Misuse> {
        let mut room = None;
        for slot in &self.slots {
            let slot = slot.0.borrow(cs);
            match slot.get() {
                None => room = room.or(Some(slot)),
                Some(other) => clash(&record, &other)?,
            }
        }
        let Some(slot) = room else { return Ok(Inserted::NoRoom) };
        slot.set(Some(record));
        Ok(Inserted::Yes)
    }

    fn erase(&self, mapping: MappingId) {
        self.each_of(mapping, |slot, _| slot.set(None));
    }

    fn turn_to(&self, mapping: MappingId, turn: Turn) {
        self.each_of(mapping, |slot, record| slot.set(Some(Record { turn, ..record })));
    }

    fn each_of(&self, mapping: MappingId, mut each: impl FnMut(&Cell<Option<Record>>, Record)) {
        for slot in &self.slots {
            critical_section::with(|cs| {
                let slot = slot.0.borrow(cs);
                if let Some(record) = slot.get().filter(|record| record.mapping == mapping) {
                    each(slot, record);
                }
            });
        }
    }

    fn first(&self, mapping: MappingId) -> Option<Record> {
        let mut first = None;
        self.each_of(mapping, |_, record| first = first.or(Some(record)));
        first
    }

    fn check(&self, mapping: MappingId, len: u64, way: Way) -> Result<(), Misuse> {
        let mut mapped = 0;
        self.each_of(mapping, |_, record| mapped += u64::from(record.segment.len));
        let misuse = match self.first(mapping) {
            None => Misuse::NotMapped { mapping },
            Some(record) if record.turn == Turn::InFlight => {
                Misuse::InFlight { mapping, mapped_by: record.who }
            }
            Some(record) if record.way != way => {
                Misuse::WrongDirection { mapping, mapped: record.way, given: way }
            }
            Some(_) if mapped != len => Misuse::WrongLength { mapping, mapped, given: len },
            Some(_) => return Ok(()),
        };
        Err(self.note(misuse))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inserted {
    Yes,
    NoRoom,
}

/// Two mappings may share a byte only where the engine writes neither.
fn clash(new: &Record, old: &Record) -> Result<(), Misuse> {
    let written = |record: &Record| record.way.access() == Access::Write;
    if !new.segment.overlaps(old.segment) || !(written(new) || written(old)) {
        return Ok(());
    }
    let (segment, with, mapped_by) = (new.segment, old.segment, old.who);
    Err(if segment == with {
        Misuse::DoubleMap { segment, mapped_by }
    } else {
        Misuse::Overlap { segment, with, mapped_by }
    })
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (live, slots, unrecorded) = (self.live(), self.slots.len(), self.unrecorded());
        write!(f, "ledger: {live} of {slots} segments mapped, {unrecorded} mappings not recorded")?;
        if let (misuses, Some(last)) = self.misuses() {
            write!(f, ", {misuses} misuses, the last: {last}")?;
        }
        let mut written = Ok(());
        self.for_each(|record| written = written.and_then(|()| record.write_line(f)));
        written
    }
}

impl Record {
    fn write_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mapping, segment, way, turn, who } = self;
        let (addr, len) = (segment.addr, segment.len);
        write!(f, "\n  {mapping}  {addr}  {len:>#10x}  {way:<13}  {turn:<9}  {who}")
    }
}
