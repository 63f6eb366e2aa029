//! Streaming maps: memory changes hands between CPU and engine (the DMA API).
//!
//! | Linux | here |
//! | --- | --- |
//! | `struct device`: DMA mask, ops | [`Device`] |
//! | `dma_map_sgtable(dev, &sgt, dir)` | [`SgTable::map`], a [`Mapped`] |
//! | `for_each_sgtable_dma_sg` | [`Mapped::segments`] |
//! | `dma_sync_sgtable_for_cpu` | [`Mapped::sync_for_cpu`], a [`CpuView`] |
//! | `dma_sync_sgtable_for_device` | [`CpuView::sync_for_device`] |
//! | `dma_unmap_sgtable` | [`Mapped::unmap`], the table again |
//!
//! A `Mapped` has bus segments and no bytes; a `CpuView` has bytes and cannot be given to a channel; an `SgTable` has
//! no segments. So CPU access to memory that is mapped, and an unmapped table on a channel, do not compile.
//!
//! # The cache
//! *Before*, every line that holds a byte of the table is cleaned and invalidated: a source is then in RAM, and nothing
//! dirty lies over a destination that could be evicted on top of what the engine writes. *After*, the lines of a
//! destination are invalidated again, since the CPU may have fetched old data meanwhile, but only lines that lie
//! wholly within one segment: a line at the edge may hold a neighbour's dirty byte. The engine never writes such an
//! edge itself; the planner sends it through a slot of coherent memory and the CPU finishes it.

use core::fmt;
use core::panic::Location;

use crate::address::CpuSpan;
use crate::buffer::{Entry, EntryList, Mode};
use crate::ledger::{MappingId, Misuse};
use crate::platform::{Access, AddressMap, Coherence, Refusal};
use crate::rejected::Rejected;
use crate::segment::{BusSegment, BusWindow};
use crate::sg_table::SgTable;

mod cache;
mod direction;
mod edges;
mod held;
mod locate;
mod mapped;
mod records;

#[cfg(test)]
mod tests;

pub use direction::{
    Bidirectional, Direction, EngineReads, EngineWrites, FromDevice, MappableAs, ToDevice, Way,
};
pub use edges::EdgeOutside;
use held::Held;
use records::Records;

pub use mapped::{CpuView, Mapped, Place};

/// What mapping needs of the machine.
pub trait Mapper: AddressMap + Coherence {}

impl<P: AddressMap + Coherence + ?Sized> Mapper for P {}

/// Whom memory is mapped for (`struct device`): the machine, and what the engine can reach.
///
/// `Copy`; a mapping keeps one, so that it cannot be unmapped from another device.
pub struct Device<'p, P: ?Sized> {
    platform: &'p P,
    window: BusWindow,
    records: Records<'p>,
}

impl<'p, P: Mapper + ?Sized> Device<'p, P> {
    /// A device that reaches all of the bus. Where there is an engine already, [`Engine::device`] gives its machine's.
    ///
    /// [`Engine::device`]: crate::engine::Engine::device
    pub const fn new(platform: &'p P) -> Self {
        Self { platform, window: BusWindow::ALL, records: Records::NONE }
    }

    /// The same with its mappings recorded in `ledger`.
    #[cfg(feature = "ledger")]
    #[must_use]
    pub const fn with_ledger(self, ledger: &'p crate::ledger::Ledger) -> Self {
        Self { records: Records::in_ledger(ledger), ..self }
    }

    /// The same with a DMA mask (`dma_set_mask`).
    #[must_use]
    pub const fn with_window(self, window: BusWindow) -> Self {
        Self { window, ..self }
    }

    /// The machine. An engine's device is for everybody, the engine's registers are not.
    pub(crate) const fn platform(&self) -> &'p P {
        self.platform
    }

    /// The DMA mask.
    pub const fn window(&self) -> BusWindow {
        self.window
    }
}

impl<P: ?Sized> Device<'_, P> {
    fn enter<A: Mode>(
        &self,
        list: &EntryList<'_, A>,
        way: Way,
        who: &'static Location<'static>,
    ) -> Result<Option<MappingId>, MapError> {
        let Some(ledger) = self.records.ledger() else { return Ok(None) };
        ledger.map(list.segments(), way, who).map_err(MapError::Misuse)
    }
}

impl<P: ?Sized> Clone for Device<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: ?Sized> Copy for Device<'_, P> {}

impl<P: ?Sized> fmt::Debug for Device<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("window", &self.window).finish_non_exhaustive()
    }
}

/// Why a table cannot be mapped. Entries count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// The table has no entries.
    Empty,
    /// An entry is longer than a 32-bit bus can address.
    EntryTooLong {
        /// Which entry.
        entry: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// The address map refuses an entry.
    Refused {
        /// Which entry.
        entry: usize,
        /// Where it is for the CPU.
        span: CpuSpan,
        /// What the engine was to do there.
        access: Access,
        /// The address map's reason.
        refusal: Refusal,
    },
    /// An entry is, in whole or in part, where the engine cannot reach (the DMA mask).
    OutsideWindow {
        /// Which entry.
        entry: usize,
        /// Where it is on the bus.
        segment: BusSegment,
        /// What the engine can reach.
        window: BusWindow,
    },
    /// An entry begins elsewhere in a cache line for the CPU than on the bus: the address map is broken.
    OutOfPhase {
        /// Which entry.
        entry: usize,
        /// Where it is for the CPU.
        span: CpuSpan,
        /// Where it is on the bus.
        segment: BusSegment,
    },
    /// The ledger has it mapped already.
    Misuse(Misuse),
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the table has no entries; there is nothing to map"),
            Self::EntryTooLong { entry, len } => {
                write!(f, "entry {entry} of {len} bytes is longer than the bus is wide; split it")
            }
            Self::Refused { entry, span, access, refusal } => {
                write!(f, "entry {entry} at {span} may not be {}: {refusal}", past(*access))
            }
            Self::OutsideWindow { entry, segment, window } => {
                write!(f, "entry {entry} at bus {segment} is outside the engine's window {window}")
            }
            Self::Misuse(misuse) => misuse.fmt(f),
            Self::OutOfPhase { entry, span, segment } => {
                write!(
                    f,
                    "entry {entry} at {span} has another place in its cache line on the bus: {segment}"
                )
            }
        }
    }
}

impl core::error::Error for MapError {}

/// For `?` where the table may go.
impl<T> From<Rejected<Self, T>> for MapError {
    fn from(rejected: Rejected<Self, T>) -> Self {
        rejected.reason
    }
}

fn past(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "written",
    }
}

impl<'buf, A: Mode> SgTable<'buf, A> {
    /// Hands the memory to the engine (`dma_map_sgtable`): checks every address against the address map and the DMA
    /// mask, merges entries that are contiguous on the bus, and does the cache's part.
    ///
    /// `FromDevice` and `Bidirectional` need an [`Exclusive`](crate::buffer::Exclusive) table.
    ///
    /// # Errors
    /// With the table back, and the entry and address that were refused. No cache line was touched.
    #[track_caller]
    pub fn map<'p, D, P>(
        self,
        direction: D,
        device: &Device<'p, P>,
    ) -> Result<Mapped<'buf, 'p, D, A, P>, Rejected<MapError, Self>>
    where
        D: Direction,
        A: MappableAs<D>,
        P: Mapper + ?Sized,
    {
        let _ = direction;
        let mut list = self.into_list();
        if list.nents() == 0 {
            return Err(Rejected::new(MapError::Empty, Self::over(list)));
        }
        let who = Location::caller();
        let located = device.locate_all(&mut list, D::WAY.access());
        match located.and_then(|segments| Ok((segments, device.enter(&list, D::WAY, who)?))) {
            Ok(entered) => Ok(Mapped::begin(Held::new(list, *device, D::WAY, entered))),
            Err(reason) => Err(Rejected::new(reason, Self::over(list))),
        }
    }
}

/// The entry's length as the bus counts it. Entries longer than that were refused by [`Device::locate`].
fn bus_len(entry: &Entry) -> u64 {
    u64::try_from(entry.len()).unwrap_or(u64::MAX)
}
