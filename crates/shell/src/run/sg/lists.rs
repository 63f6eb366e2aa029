//! The lists of `/sg`: typed spans become segments of memory, no two of which share bytes.

use alloc::vec::Vec;
use core::ops::Range;

use sgdma::address::BusAddr;
use sgdma::lower::{self, End};
use sgdma::segment::BusSegment;

use super::Request;
use crate::args::Span;
use crate::console::Failure;

/// The bits that choose one of the four aliases of memory: how it is cached, not where it is.
const ALIAS: u32 = 0xC000_0000;
/// In each alias, what lies from here on is no memory (Linux `bcm2837.dtsi`, `dma-ranges`).
const MEMORY_END: u32 = 0x3F00_0000;
/// The engine's window on the peripherals lies over one of the aliases.
const PERIPHERALS: Range<u32> = 0x7E00_0000..0x7F00_0000;
/// More blocks than anybody waits for.
const MOST_CUTS: u64 = 1 << 20;

pub(super) fn segments(spans: &[Span]) -> Result<Vec<BusSegment>, Failure> {
    spans.iter().map(segment).collect()
}

fn segment(span: &Span) -> Result<BusSegment, Failure> {
    let segment = u32::try_from(span.start).ok().zip(u32::try_from(span.len).ok());
    let segment = segment.map(|(start, len)| BusSegment::new(BusAddr::new(start), len));
    let on_bus = segment.filter(|segment| segment.last().is_some());
    let Some(segment) = on_bus else {
        return Err(Failure::told(format_args!("{span} is outside the bus: it has 32 bits")));
    };
    memory(segment).ok_or_else(|| {
        Failure::told(format_args!(
            "{span} is not all memory, which the bus has at 0 to {MEMORY_END:#x} of each alias, \
             but for the peripherals from {:#x}",
            PERIPHERALS.start
        ))
    })
}

/// The segment, if all of it is memory: it lies in one alias, and touches no peripherals.
pub(super) fn memory(segment: BusSegment) -> Option<BusSegment> {
    let last = segment.last()?.get();
    let end = plain(segment).last()?.get();
    let clear = last < PERIPHERALS.start || segment.addr.get() >= PERIPHERALS.end;
    (end < MEMORY_END && clear).then_some(segment)
}

/// Where the bytes are, however they are cached.
fn plain(segment: BusSegment) -> BusSegment {
    BusSegment::new(BusAddr::new(segment.addr.get() & !ALIAS), segment.len)
}

/// The planner looks at one block at a time; here the whole of both lists is looked at.
pub(super) fn disjoint(request: &Request) -> Result<(), Failure> {
    let Some(to) = &request.destination else { return Ok(()) };
    let sink = to.iter().copied().map(plain);
    let read = lower::overlap(request.source.iter().copied().map(plain), &sink);
    let read = read.map(|pair| (End::Source, &request.source, pair));
    let twice = || lower::overlap_within(&sink).map(|pair| (End::Destination, to, pair));
    let Some((end, list, (one, other))) = read.or_else(twice) else { return Ok(()) };
    match (list.get(one), to.get(other)) {
        (Some(a), Some(b)) => Err(Failure::told(format_args!(
            "{end} entry {one}, {a}, and destination entry {other}, {b}, share bytes"
        ))),
        _ => Ok(()),
    }
}

/// Whether the blocks can be cut while somebody waits: so many there are at least.
pub(super) fn bounded(request: &Request) -> Result<(), Failure> {
    let limits = &request.limits;
    let bytes: u64 = request.source.iter().map(|segment| u64::from(segment.len)).sum();
    let longest = limits.boundary().unwrap_or(u32::MAX).min(limits.max_segment());
    let blocks = bytes.div_ceil(longest.max(1).into());
    if blocks <= MOST_CUTS {
        return Ok(());
    }
    let least = bytes.div_ceil(MOST_CUTS).next_power_of_two();
    Err(Failure::told(format_args!(
        "{bytes:#x} bytes are {blocks} blocks of {longest:#x} or more: expected at most {MOST_CUTS}, \
         with max= and boundary= of {least:#x} or more"
    )))
}
