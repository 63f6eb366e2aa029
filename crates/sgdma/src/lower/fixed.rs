//! Lowering where one side is a fixed address: fills, devices, rings.

use super::cuts::Cuts;
use super::plan::{Plan, Storage};
use super::side::{Fixed, Memory};
use super::write::{Words, Writer};
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::{Constraints, DeviceFifo, EngineKind};
use crate::segment::BusSegment;

/// A fill: every byte of the destination becomes the byte that the 32 bytes at `pattern` hold throughout.
///
/// (`SRC_IGNORE` does not write zeros on the chip, p. 52; a fixed source does what is meant.)
///
/// # Errors
/// As [`copy`](super::copy); [`LowerError::Pattern`], [`LowerError::OutsideWindow`] for the pattern, and
/// [`LowerError::Overlap`] where it lies in the destination.
pub fn fill<'a, D>(
    pattern: BusAddr,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment> + Clone,
{
    write_fill(pattern, destination, limits, storage, Unit::Byte)
}

/// A fill by words: every aligned word of the destination becomes the 32-bit word that the 32 bytes at `pattern`
/// repeat eight times.
///
/// # Errors
/// As [`fill`]; [`LowerError::Misaligned`] where a piece of the destination is not made of aligned words;
/// [`LowerError::MaxSegment`], [`LowerError::Boundary`] where a block may not be a word long.
pub fn fill_words<'a, D>(
    pattern: BusAddr,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment> + Clone,
{
    carries_words(limits)?;
    write_fill(pattern, destination, limits, storage, Unit::Word)
}

/// What a fill repeats.
#[derive(Clone, Copy)]
enum Unit {
    Byte,
    Word,
}

fn write_fill<'a, D>(
    pattern: BusAddr,
    destination: D,
    limits: &Constraints,
    storage: Storage<'a>,
    unit: Unit,
) -> Result<Plan<'a>, LowerError>
where
    D: Iterator<Item = BusSegment> + Clone,
{
    check_pattern(pattern, destination.clone(), limits)?;
    let destination = Memory::new(destination, End::Destination);
    let cuts = Cuts::between(Fixed::<false>::new(pattern), destination, limits);
    let cuts = match unit {
        Unit::Byte => cuts,
        Unit::Word => cuts.by_words(),
    };
    Writer::new(storage, Words::fill(limits))?.write(cuts)
}

/// The 32 bytes that a fill reads lie well, and are none of those that it writes.
fn check_pattern(
    pattern: BusAddr,
    destination: impl Iterator<Item = BusSegment>,
    limits: &Constraints,
) -> Result<(), LowerError> {
    if !pattern.is_aligned(32) {
        return Err(LowerError::Pattern { pattern });
    }
    let window = limits.window();
    let segment = BusSegment::new(pattern, 32);
    if !window.contains(segment) {
        return Err(LowerError::OutsideWindow { end: End::Source, entry: 0, segment, window });
    }
    let mut offset = 0_u64;
    for entry in destination {
        if entry.overlaps(segment) {
            return Err(LowerError::Overlap { offset, source: pattern, destination: entry.addr });
        }
        offset = offset.saturating_add(u64::from(entry.len));
    }
    Ok(())
}

/// From memory into a device's FIFO, paced by its DREQ.
///
/// # Errors
/// As [`copy`](super::copy); [`LowerError::Misaligned`] where a piece is not made of aligned words;
/// [`LowerError::MaxSegment`], [`LowerError::Boundary`] where a block may not be a word long.
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
/// As [`to_device`]; [`LowerError::RingOnEmulated`], [`LowerError::PeriodOfWords`], [`LowerError::Period`].
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

/// Whether a block may be a word long.
fn carries_words(limits: &Constraints) -> Result<(), LowerError> {
    let max = limits.max_segment();
    match limits.boundary() {
        _ if max < 4 => Err(LowerError::MaxSegment { max }),
        Some(boundary) if boundary < 4 => Err(LowerError::Boundary { boundary }),
        _ => Ok(()),
    }
}

fn check_ring(period: u32, limits: &Constraints) -> Result<(), LowerError> {
    if limits.engine() == EngineKind::Emulated {
        return Err(LowerError::RingOnEmulated);
    }
    if period == 0 || !period.is_multiple_of(4) {
        return Err(LowerError::PeriodOfWords { period });
    }
    Ok(())
}
