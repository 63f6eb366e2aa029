//! The ledger, open: for as long as nobody else can look at it.

use core::cell::Cell;

use critical_section::CriticalSection;

use super::{MappingId, Misuse, Record, Recording, Slot, State, Turn};
use crate::map::Way;
use crate::platform::Access;

/// The ledger in a critical section.
#[derive(Clone, Copy)]
pub(super) struct Books<'a> {
    pub(super) state: &'a State,
    pub(super) slots: &'a [Slot],
    pub(super) cs: CriticalSection<'a>,
}

impl<'a> Books<'a> {
    /// The slots that may be in use.
    fn used(self) -> impl DoubleEndedIterator<Item = &'a Cell<Option<Record>>> {
        let used = self.slots.get(..self.state.top.get()).unwrap_or(self.slots);
        used.iter().map(move |slot| slot.0.borrow(self.cs))
    }

    fn of(self, mapping: MappingId) -> impl Iterator<Item = (&'a Cell<Option<Record>>, Record)> {
        let records = self.used().filter_map(|slot| Some((slot, slot.get()?)));
        records.filter(move |(_, record)| record.mapping == mapping)
    }

    pub(super) fn next_id(&self) -> Option<MappingId> {
        if self.state.recording.get() == Recording::Off {
            return None;
        }
        let id = self.state.last_id.get().wrapping_add(1).max(1);
        self.state.last_id.set(id);
        Some(MappingId(id))
    }

    pub(super) fn insert(self, record: Record) -> Result<Inserted, Misuse> {
        let mut room = None;
        for slot in self.used() {
            match slot.get() {
                None => room = room.or(Some(slot)),
                Some(other) => clash(&record, &other)?,
            }
        }
        let Some(slot) = room.or_else(|| self.one_more()) else { return Ok(Inserted::NoRoom) };
        slot.set(Some(record));
        Ok(Inserted::Yes)
    }

    fn one_more(self) -> Option<&'a Cell<Option<Record>>> {
        let top = self.state.top.get();
        let slot = self.slots.get(top)?;
        self.state.top.set(top + 1);
        Some(slot.0.borrow(self.cs))
    }

    pub(super) fn erase(self, mapping: MappingId) {
        self.of(mapping).for_each(|(slot, _)| slot.set(None));
        let empty = self.used().rev().take_while(|slot| slot.get().is_none()).count();
        self.state.top.set(self.state.top.get().saturating_sub(empty));
    }

    /// A mapping that found no room is not recorded at all.
    pub(super) fn give_up(self, mapping: MappingId) {
        self.erase(mapping);
        self.state.unrecorded.set(self.state.unrecorded.get().saturating_add(1));
    }

    pub(super) fn turn_to(self, mapping: MappingId, turn: Turn) {
        self.of(mapping).for_each(|(slot, record)| slot.set(Some(Record { turn, ..record })));
    }

    /// The first record of a mapping and the bytes of all.
    pub(super) fn look_up(self, mapping: MappingId) -> Option<(Record, u64)> {
        let mut records = self.of(mapping).map(|(_, record)| record);
        let first = records.next()?;
        let bytes = records.map(|record| u64::from(record.segment.len)).sum::<u64>();
        Some((first, bytes + u64::from(first.segment.len)))
    }

    pub(super) fn check(self, mapping: MappingId, len: u64, way: Way) -> Result<(), Misuse> {
        let misuse = match self.look_up(mapping) {
            None => Misuse::NotMapped { mapping },
            Some((record, _)) if record.turn == Turn::InFlight => {
                Misuse::InFlight { mapping, mapped_by: record.who }
            }
            Some((record, _)) if record.way != way => {
                Misuse::WrongDirection { mapping, mapped: record.way, given: way }
            }
            Some((_, mapped)) if mapped != len => {
                Misuse::WrongLength { mapping, mapped, given: len }
            }
            Some(_) => return Ok(()),
        };
        Err(self.note(misuse))
    }

    #[cold]
    pub(super) fn note(self, misuse: Misuse) -> Misuse {
        self.state.misuses.set(self.state.misuses.get().saturating_add(1));
        self.state.last_misuse.set(Some(misuse));
        misuse
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
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
