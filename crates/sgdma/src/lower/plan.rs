//! From cuts to words: control blocks in storage that the caller provides, in one pass.

use super::cuts::{Cut, CutKind, Cuts};
use super::plain::Put;
use super::side::{Fixed, Memory, Side};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::{Constraints, DeviceFifo, EngineKind};
use crate::control_block::ControlBlock;
use crate::register::ti;
use crate::segment::BusSegment;

/// Destination bytes that the engine left in a slot and the CPU must carry on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Bytes from the start of the destination to the first of them.
    pub offset: u64,
    /// Bytes from the start of the slot memory to the first of them.
    pub slot: u32,
    /// How many there are.
    pub len: u32,
}

/// Where a plan is written, and which bus addresses its parts will have.
#[derive(Debug)]
pub struct Storage<'a> {
    /// The blocks, in ordinary cached memory; they are copied to `chain` once, when they are finished.
    pub blocks: &'a mut [ControlBlock],
    /// The bus address that the first block will have: 32-byte aligned.
    pub chain: BusAddr,
    /// The edges.
    pub edges: &'a mut [Edge],
    /// Coherent memory for the slots, 16-byte aligned; may be empty where no edges can arise.
    pub slots: BusSegment,
}

/// How much a plan takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Control blocks.
    pub blocks: usize,
    /// Edges.
    pub edges: usize,
    /// Bytes of slot memory.
    pub slot_bytes: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Of these, bytes that go through a slot.
    pub edge_bytes: u64,
}

/// A finished chain with its edges.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The blocks in order.
    pub blocks: &'a mut [ControlBlock],
    /// The edges, ascending by offset.
    pub edges: &'a [Edge],
    /// The bus address of the first block.
    pub chain: BusAddr,
    /// What it took.
    pub counts: Counts,
}

/// A copy from memory to memory; the lists may be cut quite differently.
///
/// # Errors
/// Every [`LowerError`] but those of devices, rectangles and rings. The storage then holds half a plan.
pub fn copy<'a, S, D>(
    source: S,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment>,
{
    Writer::new(storage, Words::memory(limits))?.write(Cuts::new(source, destination, limits))
}

/// What [`copy`] would take, without writing anything: the dry run.
///
/// Where there is a boundary, `slot_bytes` is enough wherever the slots are, and may be more than [`copy`] takes.
///
/// # Errors
/// As [`copy`], but never for want of room.
pub fn count<S, D>(source: S, destination: D, limits: &Constraints) -> Result<Counts, LowerError>
where
    S: Iterator<Item = BusSegment>,
    D: Iterator<Item = BusSegment>,
{
    let nowhere = Storage {
        blocks: &mut [],
        chain: BusAddr::new(0),
        edges: &mut [],
        slots: BusSegment::default(),
    };
    let mut writer = Writer::new(nowhere, Words::memory(limits))?;
    writer.run(&mut Cuts::new(source, destination, limits))?;
    if let Some(boundary) = limits.boundary() {
        // At each multiple of the boundary a slot may have to move up, by less than its own length.
        let longest = u64::from(writer.longest_slot);
        let bytes = writer.counts.slot_bytes;
        writer.counts.slot_bytes += (bytes / u64::from(boundary) + 1) * longest;
    }
    Ok(writer.counts)
}

/// A fill: every byte of the destination becomes the byte that the 32 bytes at `pattern` hold throughout.
///
/// (`SRC_IGNORE` does not write zeros on the chip, p. 52; a fixed source does what is meant.)
///
/// # Errors
/// As [`copy`]; [`LowerError::OutsideWindow`] also for the pattern, which must be 32-byte aligned.
pub fn fill<'a, D>(
    pattern: BusAddr,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment>,
{
    let source = pattern_source(pattern, limits)?;
    let destination = Memory::new(destination, End::Destination);
    let cuts = Cuts::between(source, destination, limits);
    Writer::new(storage, Words::memory(limits).without(ti::SRC_INC))?.write(cuts)
}

/// A fill by words: every aligned word of the destination becomes the 32-bit word that the 32 bytes at `pattern`
/// repeat eight times.
///
/// # Errors
/// As [`fill`]; [`LowerError::Misaligned`] where a piece of the destination is not made of aligned words.
pub fn fill_words<'a, D>(
    pattern: BusAddr,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment>,
{
    carries_words(limits)?;
    let source = pattern_source(pattern, limits)?;
    let cuts = Cuts::between(source, Memory::new(destination, End::Destination), limits).by_words();
    Writer::new(storage, Words::memory(limits).without(ti::SRC_INC))?.write(cuts)
}

fn pattern_source(pattern: BusAddr, limits: &Constraints) -> Result<Fixed<false>, LowerError> {
    let window = limits.window();
    let segment = BusSegment::new(pattern, 32);
    if !pattern.is_aligned(32) || !window.contains(segment) {
        return Err(LowerError::OutsideWindow { end: End::Source, entry: 0, segment, window });
    }
    Ok(Fixed::new(pattern))
}

/// From memory into a device's FIFO, paced by its DREQ.
///
/// # Errors
/// As [`copy`]; [`LowerError::Misaligned`] where a piece is not made of aligned words.
pub fn to_device<'a, S>(
    source: S,
    device: DeviceFifo,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: Iterator<Item = BusSegment>,
{
    let cuts = cuts_to_device(source, device, limits)?;
    Writer::new(storage, Words::to_device(device))?.write(cuts)
}

/// From a device's FIFO into memory, paced by its DREQ.
///
/// # Errors
/// As [`to_device`].
pub fn from_device<'a, D>(
    device: DeviceFifo,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment>,
{
    let cuts = cuts_from_device(device, destination, limits)?;
    Writer::new(storage, Words::from_device(device))?.write(cuts)
}

/// From memory into a device again and again: the last block leads to the first, and the last block of each period
/// of `period` bytes interrupts.
///
/// # Errors
/// As [`to_device`]; [`LowerError::RingOnEmulated`], [`LowerError::Period`].
pub fn ring_to_device<'a, S>(
    source: S,
    device: DeviceFifo,
    period: u32,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: Iterator<Item = BusSegment>,
{
    check_ring(period, limits)?;
    let cuts = cuts_to_device(source, device, limits)?.with_period(period);
    Writer::new(storage, Words::to_device(device))?.write_ring(cuts, period)
}

/// From a device into memory again and again. See [`ring_to_device`]; the memory must be coherent or own its lines.
///
/// # Errors
/// As [`ring_to_device`]; [`LowerError::NeedsEdge`].
pub fn ring_from_device<'a, D>(
    device: DeviceFifo,
    destination: D,
    period: u32,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment>,
{
    check_ring(period, limits)?;
    let cuts = cuts_from_device(device, destination, limits)?.with_period(period);
    Writer::new(storage, Words::from_device(device))?.write_ring(cuts, period)
}

fn cuts_to_device<S>(
    source: S,
    device: DeviceFifo,
    limits: &Constraints,
) -> Result<Cuts<Memory<S>, Fixed<true>>, LowerError>
where
    S: Iterator<Item = BusSegment>,
{
    carries_words(limits)?;
    let fifo = Fixed::new(device.address());
    Ok(Cuts::between(Memory::new(source, End::Source), fifo, limits))
}

fn cuts_from_device<D>(
    device: DeviceFifo,
    destination: D,
    limits: &Constraints,
) -> Result<Cuts<Fixed<true>, Memory<D>>, LowerError>
where
    D: Iterator<Item = BusSegment>,
{
    carries_words(limits)?;
    let fifo = Fixed::new(device.address());
    Ok(Cuts::between(fifo, Memory::new(destination, End::Destination), limits))
}

fn carries_words(limits: &Constraints) -> Result<(), LowerError> {
    let max = limits.max_segment();
    if max < 4 { Err(LowerError::MaxSegment { max }) } else { Ok(()) }
}

fn check_ring(period: u32, limits: &Constraints) -> Result<(), LowerError> {
    if limits.engine() == EngineKind::Emulated {
        return Err(LowerError::RingOnEmulated);
    }
    if period == 0 || period == u32::MAX {
        return Err(LowerError::Period { period, total: 0 });
    }
    Ok(())
}

/// The TI words of a transfer, ready made.
#[derive(Clone, Copy)]
struct Words {
    wide: u32,
    narrow: u32,
    edge: u32,
    last: u32,
}

impl Words {
    /// Memory to memory. Narrow blocks take one word at a time, as Linux does for all of them.
    fn memory(limits: &Constraints) -> Self {
        let both = ti::SRC_INC | ti::DEST_INC;
        let burst = limits.kind().wide_burst() << ti::BURST_LENGTH_SHIFT;
        Self {
            wide: both | ti::SRC_WIDTH | ti::DEST_WIDTH | burst,
            narrow: both,
            edge: both,
            last: ti::WAIT_RESP | ti::INTEN,
        }
    }

    fn to_device(device: DeviceFifo) -> Self {
        Self::device(device, ti::SRC_INC, ti::DEST_DREQ)
    }

    fn from_device(device: DeviceFifo) -> Self {
        Self::device(device, ti::DEST_INC, ti::SRC_DREQ)
    }

    fn device(device: DeviceFifo, inc: u32, dreq: u32) -> Self {
        let number = u32::from(device.dreq().number());
        let pace = if number == 0 { 0 } else { dreq | number << ti::PERMAP_SHIFT };
        let word = inc | pace | ti::WAIT_RESP;
        Self { wide: word, narrow: word, edge: word, last: ti::INTEN }
    }

    fn without(self, bits: u32) -> Self {
        Self {
            wide: self.wide & !bits,
            narrow: self.narrow & !bits,
            edge: self.edge & !bits,
            ..self
        }
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
pub(super) fn chain_fits(chain: BusAddr, blocks: usize) -> bool {
    let room = (u32::MAX - chain.get()) / ControlBlock::SIZE;
    let somewhere = chain.get() != 0 || blocks == 0;
    somewhere
        && chain.is_aligned(ControlBlock::SIZE)
        && usize::try_from(room).is_ok_and(|room| blocks <= room)
}

struct Writer<'a> {
    blocks: &'a mut [ControlBlock],
    chain: BusAddr,
    edges: &'a mut [Edge],
    slots: BusSegment,
    words: Words,
    counts: Counts,
    /// Bytes of slot memory handed out.
    slots_used: u64,
    longest_slot: u32,
    next: u32,
}

/// Slots begin at multiples of this, so that two never share an AXI beat.
const SLOT_ALIGN: u32 = 16;

impl<'a> Writer<'a> {
    fn new(storage: Storage<'a>, words: Words) -> Result<Self, LowerError> {
        let Storage { blocks, chain, edges, slots } = storage;
        let slots_fit =
            slots.addr.is_aligned(SLOT_ALIGN) && slots.addr.checked_add(slots.len).is_some();
        if !chain_fits(chain, blocks.len()) || !slots_fit {
            return Err(LowerError::Storage { chain });
        }
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

    fn write<S: Side, D: Side>(mut self, mut cuts: Cuts<S, D>) -> Result<Plan<'a>, LowerError> {
        self.run(&mut cuts)?;
        self.check_room()?;
        let last = self.words.last;
        if let Some(block) = self.counts.blocks.checked_sub(1).and_then(|i| self.blocks.get_mut(i))
        {
            block.ti |= last;
            block.next = 0;
        }
        Ok(self.finish())
    }

    fn write_ring<S: Side, D: Side>(
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
            self.put(cut, &cuts);
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
    fn run<S: Side, D: Side>(&mut self, cuts: &mut Cuts<S, D>) -> Result<(), LowerError> {
        cuts.prime();
        loop {
            self.plain(cuts);
            let Some(cut) = cuts.step()? else { break };
            self.put(cut, cuts);
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

    #[inline]
    fn put<S: Side, D: Side>(&mut self, cut: Cut, cuts: &Cuts<S, D>) {
        let (ti, source, dest, len) = match cut.kind {
            CutKind::Wide => (self.words.wide, cut.source, cut.destination, cut.len),
            CutKind::Narrow => (self.words.narrow, cut.source, cut.destination, cut.len),
            CutKind::Edge { lead, read } => {
                let source = BusAddr::new(cut.source.get() - lead);
                (self.words.edge, source, self.edge(cut, lead, read, cuts), read)
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
    fn edge<S: Side, D: Side>(
        &mut self,
        cut: Cut,
        lead: u32,
        read: u32,
        cuts: &Cuts<S, D>,
    ) -> BusAddr {
        let slot = self.slot(read, cuts.boundary_mask());
        if let (Some(edge), Ok(start)) =
            (self.edges.get_mut(self.counts.edges), u32::try_from(slot))
        {
            let offset = cuts.moved() - u64::from(cut.len);
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
        let align = u64::from(SLOT_ALIGN).min(u64::from(boundary_mask) + 1);
        let mut start = (base + self.slots_used).next_multiple_of(align);
        let boundary = u64::from(boundary_mask) + 1;
        if start / boundary != (start + u64::from(read) - 1) / boundary {
            start = start.next_multiple_of(boundary);
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
