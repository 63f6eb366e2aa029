//! What travels with a transfer, as the channel sees it.

use core::fmt;

use super::progress::{self, Progress};
use super::{Destination, Prepared, Source};
use crate::address::BusAddr;
use crate::buffer::LiveError;
use crate::constraints::{ChannelKind, EngineKind};
use crate::control_block::ControlBlock;
use crate::engine::{Fault, Order, Snapshot};
use crate::frame::HoldsFrame;
use crate::lower::Edge;
use crate::map::Place;
use crate::segment::BusSegment;

/// Where the engine was when a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultPlace {
    /// The control block, counted from 0.
    pub block: usize,
    /// The byte of the source that was next, where the source is memory and the block had not read all of its own.
    pub source: Option<Place>,
    /// The byte of the destination that was next, where it is memory. (Of an edge, where its bytes go in the end.)
    pub destination: Option<Place>,
}

impl fmt::Display for FaultPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "control block {}", self.block)?;
        for (end, place) in [("source", self.source), ("destination", self.destination)] {
            if let Some(place) = place {
                write!(f, ", {end} entry {} byte {:#x}", place.entry, place.in_entry)?;
            }
        }
        Ok(())
    }
}

/// A transfer that does not go with a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongChannel {
    /// What it was prepared for.
    pub prepared: (ChannelKind, EngineKind),
    /// What the channel is.
    pub channel: (ChannelKind, EngineKind),
}

impl fmt::Display for WrongChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((kind, engine), (is, on)) = (self.prepared, self.channel);
        write!(
            f,
            "prepared for a {kind} channel of the {engine} engine, this is a {is} one of the {on}"
        )
    }
}

impl core::error::Error for WrongChannel {}

pub(crate) mod sealed {
    use super::{
        ChannelKind, EngineKind, Fault, FaultPlace, LiveError, Order, Snapshot, WrongChannel,
    };

    pub trait Job {
        fn order(&self) -> &Order;
        fn fits(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel>;
        /// Notes in the ledger that a channel has it from now on.
        fn depart(&mut self);
        /// Notes in the ledger that no channel has it any more.
        fn arrive(&mut self);
        /// The engine is done with it for now: what was borrowed may be read next by who lent it.
        fn settle(&mut self);
        /// After the engine is done without a fault.
        fn complete(&mut self);
        fn locate(&self, fault: &Fault) -> Option<FaultPlace>;
        fn total(&self) -> u64;
        /// Bytes not yet moved, by registers that were read while it ran.
        fn left_at(&self, registers: &Snapshot) -> u64;
    }

    /// A job whose memory can be looked at under the engine. Not part of [`Job`], so that `dyn Payload` does not carry it.
    pub trait Live {
        /// Reads words of the destination.
        fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError>;
        /// Writes words of the source.
        fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError>;
    }
}

/// Something a channel can run: a [`Prepared`] transfer, or one that is lent.
///
/// A lent one may be of any kind: on `&mut dyn Payload` queueing and waiting are compiled once for all kinds.
pub trait Payload: sealed::Job {}

impl<T: Payload + ?Sized> Payload for &mut T {}

impl<T: Payload + ?Sized> sealed::Job for &mut T {
    #[inline]
    fn order(&self) -> &Order {
        (**self).order()
    }

    #[inline]
    fn fits(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel> {
        (**self).fits(kind, engine)
    }

    #[inline]
    fn depart(&mut self) {
        (**self).depart();
    }

    #[inline]
    fn arrive(&mut self) {
        (**self).arrive();
    }

    #[inline]
    fn settle(&mut self) {
        (**self).settle();
    }

    #[inline]
    fn complete(&mut self) {
        (**self).complete();
    }

    #[inline]
    fn locate(&self, fault: &Fault) -> Option<FaultPlace> {
        (**self).locate(fault)
    }

    #[inline]
    fn total(&self) -> u64 {
        (**self).total()
    }

    #[inline]
    fn left_at(&self, registers: &Snapshot) -> u64 {
        (**self).left_at(registers)
    }
}

impl<'m, S: Source, D: Destination, F: HoldsFrame<'m>> Payload for Prepared<'m, S, D, F> {}

impl<'m, S: Source, D: Destination, F: HoldsFrame<'m>> sealed::Job for Prepared<'m, S, D, F> {
    #[inline]
    fn order(&self) -> &Order {
        &self.order
    }

    #[inline]
    fn fits(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel> {
        if (self.kind, self.engine) == (kind, engine) {
            return Ok(());
        }
        self.fits_also(kind, engine)
    }

    fn depart(&mut self) {
        self.source.depart();
        self.destination.depart();
    }

    fn arrive(&mut self) {
        self.source.arrive();
        self.destination.arrive();
        self.destination.settle();
    }

    #[inline]
    fn settle(&mut self) {
        self.destination.settle();
    }

    #[inline]
    fn complete(&mut self) {
        if self.counts.edges != 0 {
            self.carry_edges();
        }
    }

    #[cold]
    fn locate(&self, fault: &Fault) -> Option<FaultPlace> {
        self.chain_run().locate(fault, &self.source, &self.destination)
    }

    fn total(&self) -> u64 {
        self.counts.bytes
    }

    fn left_at(&self, registers: &Snapshot) -> u64 {
        self.chain_run().left_at(registers)
    }
}

/// A payload whose memory can be read and written by words while the engine is at work on it: any but `dyn Payload`.
pub trait Live: Payload + sealed::Live {}

impl<T: Payload + sealed::Live> Live for T {}

impl<T: sealed::Live> sealed::Live for &mut T {
    fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        (**self).read_live(offset, into)
    }

    fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        (**self).write_live(offset, from)
    }
}

impl<S: Source, D: Destination, F> sealed::Live for Prepared<'_, S, D, F> {
    fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        self.destination.read_live(offset, into)
    }

    fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        self.source.write_live(offset, from)
    }
}

impl<'m, S: Source, D: Destination, F: HoldsFrame<'m>> Prepared<'m, S, D, F> {
    #[cold]
    fn carry_edges(&mut self) {
        let Self { frame, destination, counts, reserved, .. } = self;
        let frame = frame.frame();
        let edges = frame.edges.get(..counts.edges).unwrap_or_default();
        let reserved = usize::try_from(*reserved).unwrap_or(usize::MAX);
        if let Some(slots) = frame.slots.as_ref().and_then(|slots| slots.as_slice().get(reserved..))
        {
            destination.finish(edges, slots);
        }
    }
}

impl<S, D, F> Prepared<'_, S, D, F> {
    /// Whether it goes with a channel that is not of the very kind it was made for.
    #[cold]
    fn fits_also(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel> {
        // What a lite channel can do a full one can, and what that can channel 0 can.
        let able = matches!(
            (self.kind, kind),
            (ChannelKind::Lite, _)
                | (ChannelKind::Full, ChannelKind::Full | ChannelKind::Bulk)
                | (ChannelKind::Bulk, ChannelKind::Bulk)
        );
        // A plan in granules of 4 is good for the chip as well.
        if able && self.engine.granule() >= engine.granule() {
            return Ok(());
        }
        Err(WrongChannel { prepared: (self.kind, self.engine), channel: (kind, engine) })
    }
}

impl<'m, S, D, F: HoldsFrame<'m>> Prepared<'m, S, D, F> {
    fn chain_run(&self) -> ChainRun<'_> {
        ChainRun {
            blocks: self.blocks(),
            edges: self.edges(),
            base: self.chain(),
            slots: self.frame.frame().slot_segment(),
            reserved: self.reserved,
        }
    }
}

/// A chain that runs or ran, whatever it moves: what its registers mean is worked out once for all kinds of transfers.
struct ChainRun<'a> {
    blocks: &'a [ControlBlock],
    edges: &'a [Edge],
    /// Where the first block is on the bus.
    base: BusAddr,
    slots: BusSegment,
    /// Bytes at the start of the slots that hold no edges.
    reserved: u32,
}

impl ChainRun<'_> {
    #[cold]
    fn locate(
        &self,
        fault: &Fault,
        source_side: &dyn Source,
        destination_side: &dyn Destination,
    ) -> Option<FaultPlace> {
        let (block, progress) = self.progress(&fault.registers)?;
        let words = self.blocks.get(block)?;
        let (source, dest) = match progress {
            Progress::Ahead => (Some(words.source), Some(words.dest)),
            Progress::Within { source, dest, .. } => (Some(source), Some(dest)),
            Progress::Behind => (None, None),
        };
        let source = source.and_then(|at| source_side.place_of(BusAddr::new(at)));
        let destination = dest.and_then(|at| match self.edge(block) {
            None => destination_side.place_of(BusAddr::new(at)),
            Some(edge) => {
                let moved = at.wrapping_sub(words.dest).min(edge.len);
                destination_side.place_at(edge.offset + u64::from(moved))
            }
        });
        Some(FaultPlace { block, source, destination })
    }

    #[inline(never)]
    fn left_at(&self, registers: &Snapshot) -> u64 {
        let Some((current, progress)) = self.progress(registers) else { return 0 };
        let here = |wanted: u64| match progress {
            Progress::Ahead => wanted,
            Progress::Within { left, .. } => wanted.min(left),
            Progress::Behind => 0,
        };
        let of_each = self.wanted().enumerate().skip(current);
        of_each.map(|(index, wanted)| if index == current { here(wanted) } else { wanted }).sum()
    }

    fn index_of(&self, block: BusAddr) -> Option<usize> {
        let bytes = block.get().checked_sub(self.base.get())?;
        let index = usize::try_from(bytes / ControlBlock::SIZE).ok()?;
        (index < self.blocks.len()).then_some(index)
    }

    fn is_edge(&self, block: &ControlBlock) -> bool {
        self.slot_of(block).is_some_and(|at| at >= self.reserved)
    }

    /// Where in the slots a block writes, in bytes from their start, if it does.
    fn slot_of(&self, block: &ControlBlock) -> Option<u32> {
        let at = block.dest.wrapping_sub(self.slots.addr.get());
        (at < self.slots.len).then_some(at)
    }

    /// The edge that a block moves, if it moves one.
    fn edge(&self, index: usize) -> Option<&Edge> {
        let (block, before) = self.blocks.get(..=index)?.split_last()?;
        let nth = before.iter().filter(|block| self.is_edge(block)).count();
        self.edges.get(nth).filter(|_| self.is_edge(block))
    }

    /// Bytes of each block that are wanted: one whose engine moves whole words may read more, a stamp is no data.
    fn wanted(&self) -> impl Iterator<Item = u64> {
        let mut edges = self.edges.iter();
        self.blocks.iter().map(move |block| {
            if self.is_edge(block) {
                edges.next().map_or(0, |edge| u64::from(edge.len))
            } else if self.slot_of(block).is_some() {
                0
            } else {
                progress::bytes(block)
            }
        })
    }

    /// Which block the engine is at, and how far in it; `None` where it is at none of these.
    fn progress(&self, registers: &Snapshot) -> Option<(usize, Progress)> {
        let index = self.index_of(registers.block()?)?;
        let block = self.blocks.get(index)?;
        Some((index, Progress::of(block, registers)))
    }
}
