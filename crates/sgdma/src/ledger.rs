//! Who mapped what: a record of live mappings that catches misuse (`DMA_API_DEBUG`).
//!
//! The types of [`map`](crate::map) leave little of it possible. What is left, and what code that deals in addresses
//! does beside them, the ledger finds: mapping twice, mapping what another mapping writes, syncing or unmapping what is
//! not mapped or with another length or direction, unmapping under a running engine, and what is still mapped at the
//! end.
//!
//! Its memory is fixed: a [`Slot`] for each segment on the bus. A mapping that finds too few is not recorded, and
//! counted. A call goes once or twice through the slots that are in use, in one short critical section, [`Ledger::map`]
//! in one for each segment: with a few mappings alive, some tens of instructions.

use core::cell::Cell;
use core::fmt;
use core::panic::Location;

use critical_section::Mutex;

use crate::map::Way;
use crate::segment::BusSegment;

mod books;
mod misuse;
#[cfg(test)]
mod tests;

use books::{Books, Inserted};
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

#[derive(Debug)]
struct State {
    recording: Cell<Recording>,
    last_id: Cell<u32>,
    unrecorded: Cell<u32>,
    misuses: Cell<u32>,
    last_misuse: Cell<Option<Misuse>>,
    /// No slot from this one on is in use.
    top: Cell<usize>,
}

/// The record of live mappings. `static LEDGER: Ledger<[Slot; 64]> = Ledger::new();`
#[derive(Debug)]
pub struct Ledger<S: ?Sized = [Slot]> {
    state: Mutex<State>,
    slots: S,
}

impl<const N: usize> Ledger<[Slot; N]> {
    /// An empty ledger that records.
    pub const fn new() -> Self {
        let state = State {
            recording: Cell::new(Recording::On),
            last_id: Cell::new(0),
            unrecorded: Cell::new(0),
            misuses: Cell::new(0),
            last_misuse: Cell::new(None),
            top: Cell::new(0),
        };
        Self { state: Mutex::new(state), slots: [const { Slot::empty() }; N] }
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
        self.open(|books| books.state.recording.set(recording));
    }

    /// Whether new mappings are recorded.
    pub fn recording(&self) -> Recording {
        self.open(|books| books.state.recording.get())
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
        let Some(mapping) = self.open(|books| books.next_id()) else { return Ok(None) };
        for segment in segments {
            let record = Record { mapping, segment, way, turn: Turn::Engine, who };
            match self.open(|books| books.insert(record)) {
                Ok(Inserted::Yes) => {}
                Ok(Inserted::NoRoom) => {
                    self.open(|books| books.give_up(mapping));
                    return Ok(None);
                }
                Err(misuse) => {
                    return Err(self.open(|books| {
                        books.erase(mapping);
                        books.note(misuse)
                    }));
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
        self.open(|books| {
            books.check(mapping, len, way)?;
            books.turn_to(mapping, turn);
            Ok(())
        })
    }

    /// Records that the engine begins to work on it.
    ///
    /// # Errors
    /// It is not mapped, or in flight already, or it is the CPU's turn.
    pub fn begin_flight(&self, mapping: MappingId) -> Result<(), Misuse> {
        self.open(|books| match books.look_up(mapping) {
            None => Err(books.note(Misuse::NotMapped { mapping })),
            Some((record, _)) => match record.turn {
                Turn::InFlight => {
                    Err(books.note(Misuse::InFlight { mapping, mapped_by: record.who }))
                }
                Turn::Cpu => Err(books.note(Misuse::NotSynced { mapping, mapped_by: record.who })),
                Turn::Engine => {
                    books.turn_to(mapping, Turn::InFlight);
                    Ok(())
                }
            },
        })
    }

    /// Records that the engine is done with it.
    ///
    /// # Errors
    /// It is not mapped.
    pub fn end_flight(&self, mapping: MappingId) -> Result<(), Misuse> {
        self.open(|books| {
            books.look_up(mapping).ok_or_else(|| books.note(Misuse::NotMapped { mapping }))?;
            books.turn_to(mapping, Turn::Engine);
            Ok(())
        })
    }

    /// Strikes a mapping out.
    ///
    /// # Errors
    /// It is not mapped, or has another length or direction: then it stays. Or the engine is at work on it: it is
    /// struck out all the same, since its memory is gone.
    pub fn unmap(&self, mapping: MappingId, len: u64, way: Way) -> Result<(), Misuse> {
        self.open(|books| {
            let checked = books.check(mapping, len, way);
            if matches!(checked, Ok(()) | Err(Misuse::InFlight { .. })) {
                books.erase(mapping);
            }
            checked
        })
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
        self.open(|books| books.state.unrecorded.get())
    }

    /// How many misuses there were, and the last one.
    pub fn misuses(&self) -> (u32, Option<Misuse>) {
        self.open(|books| (books.state.misuses.get(), books.state.last_misuse.get()))
    }

    #[inline]
    fn open<R>(&self, work: impl FnOnce(Books<'_>) -> R) -> R {
        critical_section::with(|cs| {
            work(Books { state: self.state.borrow(cs), slots: &self.slots, cs })
        })
    }
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
