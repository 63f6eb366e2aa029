//! From cuts to words: control blocks in storage that the caller provides, in one pass.

use super::LowerError;
use super::cuts::{Cut, CutKind, Cuts};
use super::plain::Put;
use super::plan::{Counts, Edge, Plan, Storage};
use super::side::Side;
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, Constraints, DeviceFifo};
use crate::control_block::ControlBlock;
use crate::register::ti;
use crate::segment::BusSegment;

/// The TI words of whole bursts of a copy, and what the last block has besides.
#[inline]
pub(super) fn copy_words(limits: &Constraints) -> (u32, u32) {
    let Words { wide, narrow, last, .. } = Words::memory(limits);
    (if limits.burst() >= 16 { wide } else { narrow }, last)
}

/// The TI words of a transfer, ready made.
#[derive(Clone, Copy)]
pub(super) struct Words {
    wide: u32,
    narrow: u32,
    edge: u32,
    last: u32,
}

/// The TI of the only block of a copy: that of whole bursts, and what a last block has besides.
pub(crate) const fn only_word(kind: ChannelKind, burst: u32) -> u32 {
    let plain = ti::SRC_INC | ti::DEST_INC | ti::WAIT_RESP | ti::INTEN;
    if burst < 16 {
        return plain;
    }
    plain | ti::SRC_WIDTH | ti::DEST_WIDTH | kind.wide_burst() << ti::BURST_LENGTH_SHIFT
}

impl Words {
    /// Memory to memory. Narrow blocks take one word at a time, as Linux does for all of them.
    #[inline]
    pub(super) fn memory(limits: &Constraints) -> Self {
        let both = ti::SRC_INC | ti::DEST_INC;
        let burst = limits.kind().wide_burst() << ti::BURST_LENGTH_SHIFT;
        Self {
            wide: both | ti::SRC_WIDTH | ti::DEST_WIDTH | burst,
            narrow: both,
            edge: both,
            last: ti::WAIT_RESP | ti::INTEN,
        }
    }

    /// From a pattern of 32 bytes that stands still. Nobody knows whether the engine asks the bus for a burst from one
    /// address or from those that follow: two beats of 16 bytes are the pattern either way.
    pub(super) fn fill(limits: &Constraints) -> Self {
        let burst = limits.kind().wide_burst().min(1) << ti::BURST_LENGTH_SHIFT;
        Self {
            wide: ti::DEST_INC | ti::SRC_WIDTH | ti::DEST_WIDTH | burst,
            narrow: ti::DEST_INC,
            edge: ti::DEST_INC,
            last: ti::WAIT_RESP | ti::INTEN,
        }
    }

    pub(super) fn to_device(device: DeviceFifo) -> Self {
        Self::device(device, ti::SRC_INC, ti::DEST_DREQ)
    }

    pub(super) fn from_device(device: DeviceFifo) -> Self {
        Self::device(device, ti::DEST_INC, ti::SRC_DREQ)
    }

    fn device(device: DeviceFifo, inc: u32, dreq: u32) -> Self {
        let number = u32::from(device.dreq().number());
        let pace = if number == 0 { 0 } else { dreq | number << ti::PERMAP_SHIFT };
        let word = inc | pace | ti::WAIT_RESP;
        Self { wide: word, narrow: word, edge: word, last: ti::INTEN }
    }

    /// What a narrow block has.
    pub(super) fn word(self) -> u32 {
        self.narrow
    }
}

/// The blocks that are still free, and what the next one begins with.
struct Page<'a> {
    free: core::slice::IterMut<'a, ControlBlock>,
    ti: u32,
    /// The bus address of the next block.
    next: u32,
}

impl Put for Page<'_> {
    #[inline]
    fn full(&self) -> bool {
        self.free.as_slice().is_empty()
    }

    #[inline]
    fn put(&mut self, source: u32, dest: u32, len: u32) {
        let Some(block) = self.free.next() else { return };
        self.next = self.next.wrapping_add(ControlBlock::SIZE);
        let (ti, next) = (self.ti, self.next);
        *block = ControlBlock { ti, source, dest, len, stride: 0, next, reserved: [0; 2] };
    }
}

/// Whether so many blocks can be at `chain`. Nothing fits anywhere, and nothing that is to be run at 0.
#[inline]
pub(super) fn chain_fits(chain: BusAddr, blocks: usize) -> bool {
    let room = (u32::MAX - chain.get()) / ControlBlock::SIZE;
    let somewhere = chain.get() != 0 || blocks == 0;
    somewhere
        && chain.is_aligned(ControlBlock::SIZE)
        && usize::try_from(room).is_ok_and(|room| blocks <= room)
}

/// Whether blocks and slots can be where they are to be.
#[inline]
pub(crate) fn storage_fits(storage: &Storage<'_>) -> bool {
    let slots = storage.slots;
    chain_fits(storage.chain, storage.blocks.len())
        && slots.addr.is_aligned(SLOT_ALIGN)
        && slots.addr.checked_add(slots.len).is_some()
}

pub(super) struct Writer<'a> {
    blocks: &'a mut [ControlBlock],
    chain: BusAddr,
    edges: &'a mut [Edge],
    slots: BusSegment,
    words: Words,
    pub(super) counts: Counts,
    /// Bytes of slot memory handed out.
    slots_used: u64,
    pub(super) longest_slot: u32,
    next: u32,
}

/// Slots begin at multiples of this, so that two never share an AXI beat.
const SLOT_ALIGN: u32 = 16;

impl<'a> Writer<'a> {
    pub(super) fn new(storage: Storage<'a>, words: Words) -> Result<Self, LowerError> {
        if !storage_fits(&storage) {
            return Err(LowerError::Storage { chain: storage.chain, slots: storage.slots });
        }
        let Storage { blocks, chain, edges, slots } = storage;
        let (counts, next) = (Counts::default(), chain.get());
        Ok(Self {
            blocks,
            chain,
            edges,
            slots,
            words,
            counts,
            slots_used: 0,
            longest_slot: 0,
            next,
        })
    }

    /// Goes on after blocks that are already written.
    pub(super) fn resume(self, blocks: usize) -> Self {
        let done = u32::try_from(blocks).unwrap_or(u32::MAX);
        let next = self.next.wrapping_add(ControlBlock::SIZE.wrapping_mul(done));
        Self { next, counts: Counts { blocks, ..self.counts }, ..self }
    }

    pub(super) fn write<S: Side, D: Side>(
        mut self,
        mut cuts: Cuts<S, D>,
    ) -> Result<Plan<'a>, LowerError> {
        self.run(&mut cuts)?;
        self.close()
    }

    /// The plan of cuts that are at hand.
    pub(super) fn lay_out(
        mut self,
        cuts: impl Iterator<Item = Cut>,
        boundary_mask: u32,
    ) -> Result<Plan<'a>, LowerError> {
        for cut in cuts {
            self.put(cut, self.counts.bytes, boundary_mask);
            self.counts.bytes += u64::from(cut.len);
        }
        if self.counts.blocks == 0 {
            return Err(LowerError::Empty);
        }
        self.close()
    }

    /// Ends the chain.
    fn close(self) -> Result<Plan<'a>, LowerError> {
        self.check_room()?;
        let last = self.words.last;
        if let Some(block) = self.counts.blocks.checked_sub(1).and_then(|i| self.blocks.get_mut(i))
        {
            block.ti |= last;
            block.next = 0;
        }
        Ok(self.finish())
    }

    pub(super) fn write_ring<S: Side, D: Side>(
        mut self,
        mut cuts: Cuts<S, D>,
        period: u32,
    ) -> Result<Plan<'a>, LowerError> {
        let mut left = period;
        let mut index = 0;
        while let Some(cut) = cuts.step()? {
            if matches!(cut.kind, CutKind::Edge { .. }) {
                let offset = cuts.moved() - u64::from(cut.len);
                return Err(LowerError::NeedsEdge { offset, len: cut.len });
            }
            self.put(cut, cuts.moved() - u64::from(cut.len), cuts.boundary_mask());
            left -= cut.len;
            if left == 0 {
                left = period;
                if let Some(block) = self.blocks.get_mut(index) {
                    block.ti |= ti::INTEN;
                }
            }
            index += 1;
        }
        self.counts.bytes = cuts.moved();
        self.check_room()?;
        if left != period {
            return Err(LowerError::Period { period, total: cuts.moved() });
        }
        let first = self.chain.get();
        if let Some(block) = self.counts.blocks.checked_sub(1).and_then(|i| self.blocks.get_mut(i))
        {
            block.next = first;
        }
        Ok(self.finish())
    }

    #[inline]
    pub(super) fn run<S: Side, D: Side>(
        &mut self,
        cuts: &mut Cuts<S, D>,
    ) -> Result<(), LowerError> {
        let short = !cfg!(feature = "small");
        // Where an entry is to be looked at again, the next goes on where it ends: that needs thought.
        let mut plain = short && cuts.prime();
        loop {
            if plain {
                self.plain(cuts);
            }
            plain = short;
            let Some(cut) = cuts.step()? else { break };
            self.put(cut, cuts.moved() - u64::from(cut.len), cuts.boundary_mask());
        }
        self.counts.bytes = cuts.moved();
        Ok(())
    }

    /// Writes the blocks that need no thought.
    #[inline]
    fn plain<S: Side, D: Side>(&mut self, cuts: &mut Cuts<S, D>) {
        let ti = if cuts.bodies_are_wide() { self.words.wide } else { self.words.narrow };
        let Some(free) = self.blocks.get_mut(self.counts.blocks..) else { return };
        let room = free.len();
        let mut page = Page { free: free.iter_mut(), ti, next: self.next };
        cuts.plain(&mut page);
        self.counts.blocks += room - page.free.len();
        self.next = page.next;
    }

    /// Writes the block of a cut that lies so many bytes behind the start of both sides.
    #[inline]
    fn put(&mut self, cut: Cut, offset: u64, boundary_mask: u32) {
        let (ti, source, dest, len) = match cut.kind {
            CutKind::Wide => (self.words.wide, cut.source, cut.destination, cut.len),
            CutKind::Narrow => (self.words.narrow, cut.source, cut.destination, cut.len),
            CutKind::Edge { lead, read } => {
                // Only a cut that somebody made up begins before the bus does.
                let source = BusAddr::new(cut.source.get().wrapping_sub(lead));
                (self.words.edge, source, self.edge(cut, (lead, read), offset, boundary_mask), read)
            }
        };
        self.next = self.next.wrapping_add(ControlBlock::SIZE);
        if let Some(block) = self.blocks.get_mut(self.counts.blocks) {
            let (source, dest) = (source.get(), dest.get());
            *block = ControlBlock {
                ti,
                source,
                dest,
                len,
                stride: 0,
                next: self.next,
                reserved: [0; 2],
            };
        }
        self.counts.blocks += 1;
    }

    /// Gives the edge a slot and writes it down; the slot's bus address.
    #[cold]
    fn edge(
        &mut self,
        cut: Cut,
        (lead, read): (u32, u32),
        offset: u64,
        boundary_mask: u32,
    ) -> BusAddr {
        let slot = self.slot(read, boundary_mask);
        if let (Some(edge), Ok(start)) =
            (self.edges.get_mut(self.counts.edges), u32::try_from(slot))
        {
            *edge = Edge { offset, slot: start.wrapping_add(lead), len: cut.len };
        }
        self.counts.edges += 1;
        self.counts.edge_bytes += u64::from(cut.len);
        self.counts.slot_bytes = self.slots_used;
        // Out of range only where there is no room, which `check_room` says before anything runs.
        BusAddr::new(self.slots.addr.get().wrapping_add((slot & 0xFFFF_FFFF) as u32))
    }

    /// Takes `read` bytes of slot memory that cross no boundary; their offset.
    fn slot(&mut self, read: u32, boundary_mask: u32) -> u64 {
        let base = u64::from(self.slots.addr.get());
        let align = u64::from(boundary_mask.min(SLOT_ALIGN - 1));
        let mut start = (base + self.slots_used + align) & !align;
        let last = start + u64::from(read.saturating_sub(1));
        let within = u64::from(boundary_mask);
        if (start ^ last) & !within != 0 {
            start = (start + within) & !within;
        }
        self.longest_slot = self.longest_slot.max(read);
        self.slots_used = start - base + u64::from(read);
        start - base
    }

    fn check_room(&self) -> Result<(), LowerError> {
        let (needed, capacity) = (self.counts.blocks, self.blocks.len());
        if needed > capacity {
            return Err(LowerError::TooManyBlocks { needed, capacity });
        }
        let (slot_bytes, slot_capacity) = (self.slots_used, self.slots.len);
        let (needed, capacity) = (self.counts.edges, self.edges.len());
        if needed > capacity || slot_bytes > u64::from(slot_capacity) {
            return Err(LowerError::TooManyEdges { needed, capacity, slot_bytes, slot_capacity });
        }
        Ok(())
    }

    fn finish(self) -> Plan<'a> {
        let Self { blocks, chain, edges, counts, .. } = self;
        let blocks = blocks.get_mut(..counts.blocks).unwrap_or_default();
        let edges: &'a [Edge] = edges;
        let edges = edges.get(..counts.edges).unwrap_or_default();
        Plan { blocks, edges, chain, counts }
    }
}
