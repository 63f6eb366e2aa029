//! Verification of a finished chain, one function for each way to lower.
//!
//! Each takes what the chain claims to do (the lists, the device, the rectangle) and answers whether its words do
//! exactly that and nothing else, within [`Rules`].
//!
//! ```
//! use sgdma::address::BusAddr;
//! use sgdma::chain::{Rules, verify};
//! use sgdma::constraints::{ChannelKind, Constraints};
//! use sgdma::control_block::ControlBlock;
//! use sgdma::lower::{self, Edge, Storage};
//! use sgdma::segment::BusSegment;
//!
//! let limits = Constraints::memory(ChannelKind::Full);
//! let from = [BusSegment::new(BusAddr::new(0xC010_0000), 0x2000)];
//! let to = [BusSegment::new(BusAddr::new(0xC020_0000), 0x2000)];
//! let slots = BusSegment::new(BusAddr::new(0xC030_1000), 0x1000);
//! let (mut blocks, mut edges) = ([ControlBlock::default(); 4], [Edge::default(); 4]);
//! let chain = BusAddr::new(0xC030_0000);
//! let storage = Storage { blocks: &mut blocks, chain, edges: &mut edges, slots };
//! let plan = lower::copy(from.into_iter(), to.into_iter(), &limits, storage)?;
//!
//! let chain = verify::Chain::of(&plan, slots);
//! verify::copy(&chain, &Rules::new(&limits), from.into_iter(), to.into_iter())?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use super::bits;
use super::cursor::{Fixed, List, Walk};
use super::fault::{ChainError, Fault};
use super::judge::{Job, Judge};
use super::rules::{Rules, Zones};
use crate::address::BusAddr;
use crate::constraints::{DeviceFifo, EngineKind};
use crate::control_block::ControlBlock;
use crate::lower::{Edge, End, Plan};
use crate::segment::BusSegment;

pub use super::blit::blit;
pub use super::copy::copy;
pub(crate) use super::copy::copy_only;
pub use super::paced::ring_paced;
pub use super::stamped::stamped;

/// A finished chain: the blocks as the engine will read them, and what belongs to them.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// The blocks in order.
    pub blocks: &'a [ControlBlock],
    /// The bus address of the first block; the others follow it without gaps.
    pub base: BusAddr,
    /// The edges, ascending by offset.
    pub edges: &'a [Edge],
    /// The coherent memory that the slots are in; no bytes where there are none.
    pub slots: BusSegment,
}

impl<'a> Chain<'a> {
    /// The chain of a plan whose slots are in `slots`.
    pub fn of(plan: &'a Plan<'_>, slots: BusSegment) -> Self {
        Self { blocks: plan.blocks, base: plan.chain, edges: plan.edges, slots }
    }
}

/// The destination filled from the 32 bytes at `pattern`.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn fill<D>(
    chain: &Chain<'_>,
    rules: &Rules,
    pattern: BusAddr,
    destination: D,
) -> Result<(), ChainError>
where
    D: Iterator<Item = BusSegment>,
{
    fill_by(chain, rules, pattern, destination, 0)
}

/// The destination filled by words from the 32 bytes at `pattern`.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn fill_words<D>(
    chain: &Chain<'_>,
    rules: &Rules,
    pattern: BusAddr,
    destination: D,
) -> Result<(), ChainError>
where
    D: Iterator<Item = BusSegment>,
{
    fill_by(chain, rules, pattern, destination, 3)
}

/// The bytes of a fill's pattern.
const PATTERN: u32 = 32;

fn fill_by<D>(
    chain: &Chain<'_>,
    rules: &Rules,
    pattern: BusAddr,
    destination: D,
    word: u32,
) -> Result<(), ChainError>
where
    D: Iterator<Item = BusSegment>,
{
    let last = bits::INTEN | bits::WAIT_RESP;
    let job = Job { must: bits::DEST_INC, last, wide: bits::WIDTHS, word, burst: PATTERN };
    once(chain, rules, job, |zones| {
        zones.check_read(pattern.get(), PATTERN)?;
        if pattern.get() & 31 != 0 {
            return Err(Fault::Alignment { bits: pattern.get() & 31 });
        }
        Ok((Fixed(pattern.get()), List::new((destination, End::Destination), zones)?))
    })
}

/// The list moved into a device's FIFO.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn to_device<S>(
    chain: &Chain<'_>,
    rules: &Rules,
    source: S,
    device: DeviceFifo,
) -> Result<(), ChainError>
where
    S: Iterator<Item = BusSegment>,
{
    once(chain, rules, job_to(device), |zones| {
        Ok((List::new((source, End::Source), zones)?, fifo(device)?))
    })
}

/// A device's FIFO moved into the list.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn from_device<D>(
    chain: &Chain<'_>,
    rules: &Rules,
    device: DeviceFifo,
    destination: D,
) -> Result<(), ChainError>
where
    D: Iterator<Item = BusSegment>,
{
    once(chain, rules, job_from(device), |zones| {
        Ok((fifo(device)?, List::new((destination, End::Destination), zones)?))
    })
}

/// The ring of `period`-byte pieces into a device.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn ring_to_device<S>(
    chain: &Chain<'_>,
    rules: &Rules,
    source: S,
    device: DeviceFifo,
    period: u32,
) -> Result<(), ChainError>
where
    S: Iterator<Item = BusSegment>,
{
    ring(chain, rules, job_to(device), period, |zones| {
        Ok((List::new((source, End::Source), zones)?, fifo(device)?))
    })
}

/// The ring of `period`-byte pieces from a device. It can have no edges.
///
/// # Errors
/// The first fault, with the index of its block.
pub fn ring_from_device<D>(
    chain: &Chain<'_>,
    rules: &Rules,
    device: DeviceFifo,
    period: u32,
    destination: D,
) -> Result<(), ChainError>
where
    D: Iterator<Item = BusSegment>,
{
    ring(chain, rules, job_from(device), period, |zones| {
        Ok((fifo(device)?, List::new((destination, End::Destination), zones)?))
    })
}

fn job_to(device: DeviceFifo) -> Job {
    job(device, bits::SRC_INC, bits::DEST_DREQ)
}

fn job_from(device: DeviceFifo) -> Job {
    job(device, bits::DEST_INC, bits::SRC_DREQ)
}

fn job(device: DeviceFifo, inc: u32, gate: u32) -> Job {
    let number = u32::from(device.dreq().number());
    let pace = if number == 0 { 0 } else { gate | number << bits::PERMAP_AT };
    Job { must: inc | pace | bits::WAIT_RESP, last: bits::INTEN, wide: 0, word: 3, burst: 4 }
}

fn fifo(device: DeviceFifo) -> Result<Fixed, Fault> {
    let address = device.address();
    if address.get() & 0xFF00_0003 != 0x7E00_0000 {
        return Err(Fault::Device { address });
    }
    Ok(Fixed(address.get()))
}

/// A chain that ends.
#[inline]
pub(super) fn once<S: Walk, D: Walk>(
    chain: &Chain<'_>,
    rules: &Rules,
    job: Job,
    sides: impl FnOnce(&Zones) -> Result<(S, D), Fault>,
) -> Result<(), ChainError> {
    let mut place = 0;
    let judge = || {
        let zones = Zones::new(chain, rules)?;
        let sides = sides(&zones)?;
        rest(chain, Judge::new(chain, rules, job, &zones, sides), job, &mut place)
    };
    let found = judge();
    found.map_err(at(place))
}

/// The blocks from number `place` on, and the end; `place` is then where it stopped.
#[inline]
pub(super) fn rest<S: Walk, D: Walk>(
    chain: &Chain<'_>,
    mut judge: Judge<'_, S, D>,
    job: Job,
    place: &mut usize,
) -> Result<(), Fault> {
    let Some(last) = chain.blocks.len().checked_sub(1) else { return Err(Fault::Empty) };
    let passed = 32_u32.wrapping_mul(u32::try_from(*place).unwrap_or(u32::MAX));
    let mut next = chain.base.get().wrapping_add(passed);
    for (index, block) in chain.blocks.iter().enumerate().skip(*place) {
        *place = index;
        next = next.wrapping_add(32);
        let (mut ti, mut link) = (block.ti, next);
        if index == last {
            final_bits(ti, job.last)?;
            (ti, link) = (ti & !job.last, 0);
        }
        judge.block(block, ti, link)?;
    }
    *place = last;
    judge.end()
}

/// The last block interrupts, and its writes are answered before it does.
#[inline]
fn final_bits(ti: u32, last: u32) -> Result<(), Fault> {
    let missing = last & !ti;
    if missing == 0 {
        return Ok(());
    }
    Err(if missing & bits::INTEN != 0 { Fault::Interrupt { ti } } else { Fault::Response { ti } })
}

/// A chain that leads back to its first block and interrupts at the end of each period.
fn ring<S: Walk, D: Walk>(
    chain: &Chain<'_>,
    rules: &Rules,
    job: Job,
    period: u32,
    sides: impl FnOnce(&Zones) -> Result<(S, D), Fault>,
) -> Result<(), ChainError> {
    let Some(last) = chain.blocks.len().checked_sub(1) else {
        return Err(ChainError { block: 0, fault: Fault::Empty });
    };
    let zones = Zones::new(chain, rules).map_err(at(0))?;
    let sides = sides(&zones).map_err(at(0))?;
    if let Some(edge) = chain.edges.first() {
        let fault = Fault::Edge { offset: edge.offset, slot: chain.slots.addr };
        return Err(ChainError { block: 0, fault });
    }
    let mut judge = Judge::new(chain, rules, job, &zones, sides);
    let base = chain.base.get();
    let (mut next, mut left) = (base, period);
    for (index, block) in chain.blocks.iter().enumerate() {
        let (ti, len) = (block.ti, block.len);
        let Some(rest) = left.checked_sub(len) else {
            return Err(ChainError { block: index, fault: Fault::Period { len, left } });
        };
        left = if rest == 0 { period } else { rest };
        let ends = if rest == 0 { bits::INTEN } else { 0 };
        final_bits(ti, ends).map_err(at(index))?;
        next = if index == last { ring_end(base, rules) } else { next.wrapping_add(32) };
        judge.block(block, ti & !ends, next).map_err(at(index))?;
    }
    judge.end().map_err(at(last))?;
    if left == period {
        return Ok(());
    }
    Err(ChainError { block: last, fault: Fault::Period { len: 0, left } })
}

/// Where the last block of a ring leads: the emulated engine would never come back from it.
fn ring_end(base: u32, rules: &Rules) -> u32 {
    if rules.engine == EngineKind::Emulated { 0 } else { base }
}

pub(super) fn at(block: usize) -> impl FnOnce(Fault) -> ChainError {
    move |fault| ChainError { block, fault }
}
