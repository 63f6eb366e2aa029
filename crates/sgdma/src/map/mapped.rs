//! The two views of mapped memory: the engine's and the CPU's.

use core::fmt;
use core::marker::PhantomData;

use crate::address::BusAddr;
use crate::buffer::{Exclusive, LiveError, Memory, Mode, Segments};
use crate::scatterlist::{Bytes, BytesMut};
use crate::segment::BusSegment;
use crate::sg_table::SgTable;

use super::cache::Walk;
use super::edges::{self, EdgeOutside};
use super::held::Held;
use super::{Direction, EngineWrites, Mapper, ToDevice, Way, bus_len};

/// A table in the engine's hands, mapped in direction `D`: bus segments, no bytes.
///
/// Dropping it unmaps it. Forgetting it (`mem::forget`) leaves its entry in the ledger. What was owned is then never freed;
/// what was borrowed its lender has again when the borrow ends, with what the engine wrote in it.
pub struct Mapped<'buf, 'p, D: Direction, A: Mode, P: Mapper + ?Sized> {
    held: Held<'buf, 'p, A, P>,
    direction: PhantomData<D>,
}

/// A place in a table, found by its bus address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The entry, from 0.
    pub entry: usize,
    /// The byte's offset in the entry.
    pub in_entry: usize,
    /// The byte's offset in the table.
    pub offset: usize,
}

impl<'buf, 'p, D: Direction, A: Mode, P: Mapper + ?Sized> Mapped<'buf, 'p, D, A, P> {
    pub(super) fn begin(mut held: Held<'buf, 'p, A, P>) -> Self {
        held.give_to_engine();
        Self { held, direction: PhantomData }
    }

    /// The segments on the bus, in order, neighbours merged (`for_each_sgtable_dma_sg`). Never empty, no length 0.
    #[inline]
    pub fn segments(&self) -> Segments<'_> {
        self.held.list.segments()
    }

    /// The only segment, if the table has but one entry: what needs no list.
    #[inline]
    pub(crate) fn only(&self) -> Option<BusSegment> {
        self.held.list.only()
    }

    /// How many segments there are (`nents`, as against `orig_nents`).
    pub fn nents(&self) -> usize {
        self.held.segments
    }

    /// The sum of all lengths in bytes.
    pub fn total_len(&self) -> usize {
        self.held.list.total()
    }

    /// What the cache owns at once over this memory, in bytes: 1 where no line is shared with anybody else.
    pub fn line(&self) -> usize {
        match self.held.list.memory() {
            Some(Memory::Coherent | Memory::LineOwned) => 1,
            _ => self.held.device.platform().cache_line(),
        }
    }

    /// The direction as a value.
    pub fn way(&self) -> Way {
        self.held.way
    }

    /// Whose byte this bus address is, for errors that the engine reports by address.
    pub fn place_of(&self, bus: BusAddr) -> Option<Place> {
        let wanted = u64::from(bus.get());
        let mut walk = Walk::default();
        let mut offset = 0;
        self.held.list.iter().enumerate().find_map(|(index, entry)| {
            let from = walk.step(entry).bus;
            let inside = wanted.checked_sub(from).filter(|inside| *inside < bus_len(entry));
            let place = inside.and_then(|inside| usize::try_from(inside).ok());
            let before = offset;
            offset += entry.len();
            place.map(|in_entry| Place { entry: index, in_entry, offset: before + in_entry })
        })
    }

    /// Notes that the engine begins to work on it.
    pub(crate) fn begin_flight(&mut self) {
        self.held.begin_flight();
    }

    /// What the engine wrote is what its lender will read, should this be forgotten.
    #[inline]
    pub(crate) fn settle(&mut self) {
        self.held.settle();
    }

    /// Notes that the engine is done with it.
    pub(crate) fn end_flight(&mut self) {
        self.held.end_flight();
    }

    /// The byte that is so many bytes from the start of the table.
    pub fn place_at(&self, offset: usize) -> Option<Place> {
        let mut before = 0;
        self.held.list.iter().enumerate().find_map(|(index, entry)| {
            let start = before;
            before += entry.len();
            let in_entry = offset.checked_sub(start).filter(|inside| *inside < entry.len())?;
            Some(Place { entry: index, in_entry, offset })
        })
    }

    /// Ends the mapping (`dma_unmap_sgtable`): the table, and with it the CPU's access, comes back. What the engine
    /// wrote is then what the CPU reads.
    pub fn unmap(self) -> SgTable<'buf, A> {
        SgTable::over(self.held.release())
    }

    /// Lets the CPU look at what the engine wrote (`dma_sync_sgtable_for_cpu`).
    ///
    /// Not for `ToDevice`: the engine wrote nothing, see [`lend_to_cpu`](Mapped::lend_to_cpu).
    #[must_use = "the view is how the CPU gets at the bytes"]
    pub fn sync_for_cpu(self) -> CpuView<'buf, 'p, D, A, P>
    where
        D: EngineWrites,
    {
        CpuView::begin(self.held)
    }
}

impl<'buf, 'p, A: Mode, P: Mapper + ?Sized> Mapped<'buf, 'p, ToDevice, A, P> {
    /// Lets the CPU prepare a source anew; costs nothing, the cache has nothing to do.
    #[must_use = "the view is how the CPU gets at the bytes"]
    pub fn lend_to_cpu(self) -> CpuView<'buf, 'p, ToDevice, A, P> {
        CpuView::begin(self.held)
    }
}

impl<D: Direction, A: Mode, P: Mapper + ?Sized> Mapped<'_, '_, D, A, P> {
    /// Reads words of coherent memory, whatever the engine does there.
    pub(crate) fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        self.held.list.read_live(offset, into)
    }

    /// Writes words of coherent memory, whatever the engine does there.
    pub(crate) fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        self.held.list.write_live(offset, from)
    }
}

impl<D: EngineWrites, P: Mapper + ?Sized> Mapped<'_, '_, D, Exclusive, P> {
    /// Puts bytes that the engine could not write itself into their place: each edge is its offset in the table and
    /// its bytes; offsets ascend. Afterwards it is as if the engine had written them: nothing dirty is left.
    ///
    /// Call it when the engine is done.
    ///
    /// # Errors
    /// An edge that is not in the table, or before the one before. Those ahead of it are finished.
    pub(crate) fn finish_edges<'e>(
        &mut self,
        edges: impl Iterator<Item = (usize, &'e [u8])>,
    ) -> Result<(), EdgeOutside> {
        let ownership = self.held.ownership();
        edges::finish(&mut self.held.list, self.held.device.platform(), ownership, edges)
    }
}

/// A mapping in the CPU's turn: bytes, no segments. Give it back to the engine by
/// [`sync_for_device`](Self::sync_for_device).
pub struct CpuView<'buf, 'p, D: Direction, A: Mode, P: Mapper + ?Sized> {
    held: Held<'buf, 'p, A, P>,
    direction: PhantomData<D>,
}

impl<'buf, 'p, D: Direction, A: Mode, P: Mapper + ?Sized> CpuView<'buf, 'p, D, A, P> {
    fn begin(mut held: Held<'buf, 'p, A, P>) -> Self {
        held.give_to_cpu();
        Self { held, direction: PhantomData }
    }

    /// The bytes, for reading.
    pub fn bytes(&self) -> Bytes<'_> {
        Bytes::new(self.held.list.slices())
    }

    /// The sum of all lengths in bytes.
    pub fn total_len(&self) -> usize {
        self.held.list.total()
    }

    /// Back to the engine, for the next transfer over the same mapping (`dma_sync_sgtable_for_device`).
    #[must_use = "the mapping is what a channel takes"]
    pub fn sync_for_device(self) -> Mapped<'buf, 'p, D, A, P> {
        Mapped::begin(self.held)
    }

    /// Ends the mapping (`dma_unmap_sgtable`).
    pub fn unmap(self) -> SgTable<'buf, A> {
        SgTable::over(self.held.release())
    }
}

impl<D: Direction, P: Mapper + ?Sized> CpuView<'_, '_, D, Exclusive, P> {
    /// The bytes, for writing.
    pub fn bytes_mut(&mut self) -> BytesMut<'_> {
        BytesMut::new(self.held.list.slices_mut())
    }
}

impl<D: Direction, A: Mode, P: Mapper + ?Sized> fmt::Debug for Mapped<'_, '_, D, A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapped({:?})", self.held)
    }
}

impl<D: Direction, A: Mode, P: Mapper + ?Sized> fmt::Debug for CpuView<'_, '_, D, A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuView({:?})", self.held)
    }
}

impl<D: Direction, A: Mode, P: Mapper + ?Sized> fmt::Display for Mapped<'_, '_, D, A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mapped {}: {} segments, {} bytes", self.way(), self.nents(), self.total_len())?;
        for (index, segment) in self.segments().enumerate() {
            write!(f, "\n  {index:>4}  {}  {:>#10x}", segment.addr, segment.len)?;
        }
        Ok(())
    }
}
