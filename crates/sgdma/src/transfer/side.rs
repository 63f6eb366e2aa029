//! What can be at either end of a transfer.

use crate::address::BusAddr;
use crate::buffer::{Exclusive, LiveError, Mode};
use crate::constraints::DeviceFifo;
use crate::lower::Edge;
use crate::map::{Direction, EngineReads, EngineWrites, Mapped, Mapper, Place};

pub(super) mod sealed {
    use crate::buffer::LiveError;

    /// What only this crate may be, and what it notes in the ledger.
    pub trait Sealed {
        /// The engine may begin to work on it.
        fn depart(&mut self) {}
        /// The engine is done with it.
        fn arrive(&mut self) {}
        /// The engine is done with it for now, which the ledger need not know.
        fn settle(&mut self) {}
        /// Reads words of it under the engine.
        fn read_live(&self, _offset: usize, _into: &mut [u32]) -> Result<(), LiveError> {
            Err(LiveError::NotCoherent)
        }
        /// Writes words of it under the engine.
        fn write_live(&mut self, _offset: usize, _from: &[u32]) -> Result<(), LiveError> {
            Err(LiveError::NotCoherent)
        }
    }
}

/// What a transfer can read: mapped memory, a device, the pattern of a fill.
pub trait Source: sealed::Sealed {
    /// Which byte of it this bus address is.
    fn place_of(&self, bus: BusAddr) -> Option<Place>;
}

/// What a transfer can write: mapped memory, a device.
pub trait Destination: sealed::Sealed {
    /// Which byte of it this bus address is.
    fn place_of(&self, bus: BusAddr) -> Option<Place>;

    /// The byte that is so many bytes from the start.
    fn place_at(&self, offset: u64) -> Option<Place>;

    /// Carries the edges on from the slots.
    #[doc(hidden)]
    fn finish(&mut self, edges: &[Edge], slots: &[u8]);
}

/// A side that the engine may go over again: memory, or a pattern.
pub trait Repeatable: sealed::Sealed {}

impl Repeatable for Pattern {}
impl Repeatable for WordPattern {}
impl<D: Direction, A: Mode, P: Mapper + ?Sized> Repeatable for Mapped<'_, '_, D, A, P> {}
impl<S: Repeatable> Repeatable for &mut S {}

/// The byte that a fill writes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(pub u8);

/// The 32-bit word that a fill by words writes everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordPattern(pub u32);

/// The memory that is written, where it is what is read as well: the source of [`Frame::blit_within`].
///
/// [`Frame::blit_within`]: crate::frame::Frame::blit_within
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within;

impl sealed::Sealed for Pattern {}
impl sealed::Sealed for WordPattern {}
impl sealed::Sealed for DeviceFifo {}
impl sealed::Sealed for Within {}
impl<D: Direction, A: Mode, P: Mapper + ?Sized> sealed::Sealed for Mapped<'_, '_, D, A, P> {
    fn depart(&mut self) {
        self.begin_flight();
    }

    fn arrive(&mut self) {
        self.end_flight();
    }

    #[inline]
    fn settle(&mut self) {
        Mapped::settle(self);
    }

    fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        Mapped::read_live(self, offset, into)
    }

    fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        Mapped::write_live(self, offset, from)
    }
}

impl<S: sealed::Sealed> sealed::Sealed for &mut S {
    fn depart(&mut self) {
        (**self).depart();
    }

    fn arrive(&mut self) {
        (**self).arrive();
    }

    #[inline]
    fn settle(&mut self) {
        (**self).settle();
    }

    fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        (**self).read_live(offset, into)
    }

    fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        (**self).write_live(offset, from)
    }
}

impl<S: Source> Source for &mut S {
    fn place_of(&self, bus: BusAddr) -> Option<Place> {
        (**self).place_of(bus)
    }
}

impl<D: Destination> Destination for &mut D {
    fn place_of(&self, bus: BusAddr) -> Option<Place> {
        (**self).place_of(bus)
    }

    fn place_at(&self, offset: u64) -> Option<Place> {
        (**self).place_at(offset)
    }

    fn finish(&mut self, edges: &[Edge], slots: &[u8]) {
        (**self).finish(edges, slots);
    }
}

impl Source for Pattern {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }
}

impl Source for WordPattern {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }
}

impl Source for Within {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }
}

impl Source for DeviceFifo {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }
}

impl Destination for DeviceFifo {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }

    fn place_at(&self, _: u64) -> Option<Place> {
        None
    }

    fn finish(&mut self, _: &[Edge], _: &[u8]) {}
}

impl<D: EngineReads, A: Mode, P: Mapper + ?Sized> Source for Mapped<'_, '_, D, A, P> {
    fn place_of(&self, bus: BusAddr) -> Option<Place> {
        Mapped::place_of(self, bus)
    }
}

impl<D: EngineWrites, P: Mapper + ?Sized> Destination for Mapped<'_, '_, D, Exclusive, P> {
    fn place_of(&self, bus: BusAddr) -> Option<Place> {
        Mapped::place_of(self, bus)
    }

    fn place_at(&self, offset: u64) -> Option<Place> {
        Mapped::place_at(self, usize::try_from(offset).ok()?)
    }

    fn finish(&mut self, edges: &[Edge], slots: &[u8]) {
        let finished = self.finish_edges(edges.iter().filter_map(|edge| {
            let from = usize::try_from(edge.slot).ok()?;
            let to = from.checked_add(usize::try_from(edge.len).ok()?)?;
            Some((usize::try_from(edge.offset).ok()?, slots.get(from..to)?))
        }));
        debug_assert!(finished.is_ok(), "the planner wrote edges outside the destination");
    }
}
