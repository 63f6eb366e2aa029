//! What travels with a transfer, as the channel sees it.

use core::fmt;

use super::{Destination, Prepared, Source};
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, EngineKind};
use crate::control_block::ControlBlock;
use crate::engine::{Fault, Order, Snapshot};
use crate::map::Place;
use crate::platform::Instant;
use crate::register::ti;

/// Where the engine was when a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultPlace {
    /// The control block, counted from 0.
    pub block: usize,
    /// The byte of the source that was next, where the source is memory.
    pub source: Option<Place>,
    /// The byte of the destination that was next, where it is memory and not a slot.
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

pub(crate) mod sealed {
    use super::{
        ChannelKind, EngineKind, Fault, FaultPlace, Instant, Order, Snapshot, WrongChannel,
    };

    pub trait Job {
        fn order(&self, deadline: Instant, scope: u32) -> Order;
        fn fits(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel>;
        /// After the engine is done without a fault.
        fn complete(&mut self);
        fn locate(&self, fault: &Fault) -> Option<FaultPlace>;
        fn total(&self) -> u64;
        /// Bytes not yet moved, by registers that were read while it ran.
        fn left_at(&self, registers: &Snapshot) -> u64;
    }
}

/// Something a channel can run: a [`Prepared`] transfer.
pub trait Payload: sealed::Job {}

impl<S: Source, D: Destination> Payload for Prepared<'_, S, D> {}

impl<S: Source, D: Destination> sealed::Job for Prepared<'_, S, D> {
    #[inline]
    fn order(&self, deadline: Instant, scope: u32) -> Order {
        Order {
            chain: self.chain(),
            shape: self.shape,
            retries: self.retries,
            callback: self.callback,
            deadline,
            scope,
        }
    }

    #[inline]
    fn fits(&self, kind: ChannelKind, engine: EngineKind) -> Result<(), WrongChannel> {
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

    #[inline]
    fn complete(&mut self) {
        if self.counts.edges != 0 {
            self.carry_edges();
        }
    }

    fn locate(&self, fault: &Fault) -> Option<FaultPlace> {
        let registers = &fault.registers;
        let block = self.index_of(registers.block()?)?;
        Some(FaultPlace {
            block,
            source: self.source.place_of(BusAddr::new(registers.source_ad)),
            destination: self.destination.place_of(BusAddr::new(registers.dest_ad)),
        })
    }

    fn total(&self) -> u64 {
        self.counts.bytes
    }

    fn left_at(&self, registers: &Snapshot) -> u64 {
        let Some(current) = registers.block().and_then(|block| self.index_of(block)) else {
            return 0;
        };
        let mut edges = self.edges().iter();
        let mut left = 0_u64;
        for (index, block) in self.blocks().iter().enumerate() {
            // A block that reads more than it is wanted for counts what is wanted.
            let wanted = if self.is_edge(block) {
                edges.next().map_or(0, |edge| u64::from(edge.len))
            } else {
                bytes(block.ti, block.len)
            };
            if index == current {
                left += wanted.min(bytes(block.ti, registers.txfr_len));
            } else if index > current {
                left += wanted;
            }
        }
        left
    }
}

impl<S: Source, D: Destination> Prepared<'_, S, D> {
    #[cold]
    fn carry_edges(&mut self) {
        let Self { frame, destination, counts, reserved, .. } = self;
        let edges = frame.edges.get(..counts.edges).unwrap_or_default();
        let reserved = usize::try_from(*reserved).unwrap_or(usize::MAX);
        if let Some(slots) = frame.slots.as_ref().and_then(|slots| slots.as_slice().get(reserved..))
        {
            destination.finish(edges, slots);
        }
    }
}

impl<S, D> Prepared<'_, S, D> {
    fn index_of(&self, block: BusAddr) -> Option<usize> {
        let bytes = block.get().checked_sub(self.chain().get())?;
        let index = usize::try_from(bytes / ControlBlock::SIZE).ok()?;
        (index < self.counts.blocks).then_some(index)
    }

    fn is_edge(&self, block: &ControlBlock) -> bool {
        let slots = self.frame.slot_segment();
        block.dest.wrapping_sub(slots.addr.get()) < slots.len
    }
}

/// What a length register says: bytes, or rows and bytes per row.
fn bytes(word: u32, len: u32) -> u64 {
    if word & ti::TDMODE == 0 {
        return u64::from(len);
    }
    u64::from(len >> 16 & 0x3FFF) * u64::from(len & 0xFFFF) + u64::from(len & 0xFFFF)
}
