//! Lowering of two lists, and what lowering yields.

use super::aligned::{self, Resume, Run, Then};
use super::alike::{self, Limits};
use super::cuts::{Cut, Cuts};
use super::side::Memory;
use super::write::{Words, Writer, copy_words, storage_fits};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::buffer::wide;
use crate::constraints::Constraints;
use crate::control_block::ControlBlock;
use crate::segment::list::sealed::{Cell, List};
use crate::segment::list::{Rest, word};
use crate::segment::{BusSegment, SegmentList};

#[cfg(test)]
mod tests;

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
    /// Bytes in all. (A [paced ring](super::ring_paced) moves each word twice, and both count.)
    pub bytes: u64,
    /// Of these, bytes that go through a slot.
    pub edge_bytes: u64,
}

impl Counts {
    /// Of one block of so many bytes.
    #[inline]
    pub(crate) fn one(len: u32) -> Self {
        Self { blocks: 1, bytes: u64::from(len), ..Self::default() }
    }
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
/// Lists of bus segments are taken at their word: that the engine may have the memory, and that it is the caller's, is what
/// mapping is for. Of overlap only that within a block is refused; [`overlap`](super::overlap) and
/// [`overlap_within`](super::overlap_within) look at the whole of both lists.
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
    S: IntoIterator<IntoIter: SegmentList>,
    D: IntoIterator<IntoIter: SegmentList>,
{
    if !storage_fits(&storage) {
        return Err(LowerError::Storage { chain: storage.chain, slots: storage.slots });
    }
    let (source, destination) = (source.into_iter(), destination.into_iter());
    if cfg!(feature = "small") {
        let cuts = Cuts::new(Rest(source), Rest(destination), limits);
        return Writer::new(storage, Words::memory(limits))?.write(cuts);
    }
    if let ([from], [to], true) =
        (source.cells(), destination.cells(), source.ends() && destination.ends())
        && let (from, to) = (from.segment(), to.segment())
        && !storage.blocks.is_empty()
        && alike::alone((from, to), limits)
    {
        let Storage { blocks, chain, .. } = storage;
        let blocks = blocks.get_mut(..1).unwrap_or_default();
        if let Some(block) = blocks.first_mut() {
            write_only(block, (from, to), limits);
        }
        return Ok(Plan { blocks, edges: &[], chain, counts: Counts::one(to.len) });
    }
    copy_many(source, destination, limits, storage)
}

/// Writes the block of a chain of one.
#[inline(always)]
fn write_only(
    block: &mut ControlBlock,
    (from, to): (BusSegment, BusSegment),
    limits: &Constraints,
) {
    let head = u64::from(limits.only_word()) | u64::from(from.addr.get()) << 32;
    wide::write(block, [head, word(to), 0, 0]);
}

/// [`copy`] of one entry to one other, if that takes one block and no more thought: whether it did. Nothing of it is in
/// memory but the block. The caller has asked [`storage_fits`].
#[inline(always)]
pub(crate) fn copy_only(
    pair: (BusSegment, BusSegment),
    limits: &Constraints,
    block: &mut ControlBlock,
) -> bool {
    let alone = !cfg!(feature = "small") && alike::alone(pair, limits);
    if alone {
        write_only(block, pair, limits);
    }
    alone
}

/// Two lists, one of which has more than one entry, or one that needs thought.
#[inline(never)]
fn copy_many<'a, S, D>(
    source: S,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: SegmentList,
    D: SegmentList,
{
    let (mut source, mut destination) = (source, destination);
    let (mut run, mut storage) = (Run::NONE, storage);
    if let Some(fetched) =
        copy_plain((&mut source, &mut destination), limits, &mut storage, &mut run)
    {
        return copy_rest(&run, fetched, (source, destination), limits, storage);
    }
    let Storage { blocks, chain, .. } = storage;
    let blocks = blocks.get_mut(..run.blocks).unwrap_or_default();
    if let Some(block) = blocks.last_mut() {
        block.ti |= copy_words(limits).1;
        block.next = 0;
    }
    let counts = Counts { blocks: run.blocks, bytes: run.bytes, ..Counts::default() };
    Ok(Plan { blocks, edges: &[], chain, counts })
}

/// The blocks that need no thought, as far as they go: what was fetched and not used where one does.
#[inline(always)]
fn copy_plain<S: List, D: List>(
    (source, destination): (&mut S, &mut D),
    limits: &Constraints,
    storage: &mut Storage<'_>,
    run: &mut Run,
) -> Option<[Option<BusSegment>; 2]> {
    let (few, (ti, _)) = (Limits::of(limits), copy_words(limits));
    loop {
        let next = storage.chain.get().wrapping_add(run.length());
        let free = storage.blocks.get_mut(run.blocks..).unwrap_or_default();
        let page = (&mut *free, ti, next, run.source.at);
        let (count, bytes) = alike::pairs(source.cells(), destination.cells(), &few, page);
        source.pass(count);
        destination.pass(count);
        run.blocks += count;
        run.bytes += bytes;
        let over = source.cells().is_empty() && destination.cells().is_empty();
        if over && source.ends() && destination.ends() && run.blocks != 0 {
            return None;
        }
        if let Some(block) = count.checked_sub(1).and_then(|last| free.get(last)) {
            run.paired(block, count);
            continue;
        }
        match aligned::run(source, destination, &few, (free, ti, next), run) {
            Then::Pairs => (),
            Then::End => return None,
            Then::Thought(from, to) => return Some([from, to]),
        }
    }
}

/// Goes on where something is no longer aligned, or there is no room.
#[cold]
#[inline(never)]
fn copy_rest<'a, S, D>(
    run: &Run,
    fetched: [Option<BusSegment>; 2],
    (source, destination): (S, D),
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    S: SegmentList,
    D: SegmentList,
{
    let from = Resume::after(run, storage.blocks, fetched);
    let source = Memory::after(Rest(source), End::Source, &from.source);
    let destination = Memory::after(Rest(destination), End::Destination, &from.destination);
    let mut cuts = Cuts::between(source, destination, limits).resume(from.bytes);
    cuts.pass(&from.source, &from.destination)?;
    Writer::new(storage, Words::memory(limits))?.resume(from.blocks).write(cuts)
}

/// The blocks of cuts that are at hand, those of [`Cuts`]: how [`copy`] would write them. Cuts are taken at their word:
/// what comes of those that somebody made up, [`verify::copy`](crate::chain::verify::copy) refuses.
///
/// # Errors
/// [`LowerError::Empty`] where there are none, [`LowerError::Storage`], [`LowerError::TooManyBlocks`],
/// [`LowerError::TooManyEdges`].
pub fn lay_out<'a>(
    cuts: impl Iterator<Item = Cut>,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError> {
    let boundary_mask = limits.boundary_mask();
    Writer::new(storage, Words::memory(limits))?.lay_out(cuts, boundary_mask)
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
