//! The cache's part in a change of hands (docs/dma-buffers.md has the table).

use crate::address::{CpuAddr, CpuSpan};
use crate::buffer::{Entry, EntryList, Memory, Mode};
use crate::platform::Coherence;
use crate::segment::BusSegment;

use super::{Mapper, bus_len};

/// Whether a byte has the same place in its line for the CPU and on the bus.
#[inline]
pub(super) fn in_phase(span: CpuSpan, segment: BusSegment, line: usize) -> bool {
    let phase = line.wrapping_sub(1);
    usize::try_from(segment.addr.get()).is_ok_and(|bus| (span.start().get() ^ bus) & phase == 0)
}

/// To the engine: every line that holds a byte is cleaned and invalidated.
pub(super) fn hand_over<A: Mode>(list: &EntryList<'_, A>, platform: &(impl Coherence + ?Sized)) {
    if list.memory() != Some(Memory::Coherent) {
        list.spans().for_each(|spans| platform.clean_invalidate_each(spans));
    }
    platform.barrier();
}

/// To the CPU, after the engine wrote: the lines that this mapping owns are invalidated.
pub(super) fn take_back<A: Mode>(
    list: &EntryList<'_, A>,
    platform: &(impl Mapper + ?Sized),
    ownership: Ownership,
) {
    let line = platform.cache_line();
    platform.barrier();
    match ownership {
        Ownership::Coherent => return,
        Ownership::All => {
            list.spans().for_each(|spans| platform.invalidate_each(spans, line));
        }
        Ownership::Within(_) => {
            let mut walk = Walk::default();
            list.iter().for_each(|entry| {
                let place = walk.step(entry);
                if let Some(owned) = ownership.part(&place, 0, bus_len(entry)) {
                    platform.invalidate_part(owned.lines(line));
                }
            });
        }
    }
    platform.barrier();
}

/// Invalidates every line that holds a byte of the span, all of them this mapping's own: whatever else is in them is
/// padding, or another entry of the same segment.
#[inline]
pub(super) fn forget(span: CpuSpan, platform: &(impl Mapper + ?Sized)) {
    platform.invalidate(span.lines(platform.cache_line()));
}

/// Which cache lines the bytes of a mapping have to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// There is no cache in between.
    Coherent,
    /// Every line that holds a byte.
    All,
    /// The lines of this many bytes that lie wholly within a segment.
    Within(u64),
}

/// An entry on the bus, and the segment it is a part of: first byte and one past the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located {
    pub(super) span: CpuSpan,
    pub(super) bus: u64,
    segment: (u64, u64),
}

impl Ownership {
    pub(super) fn of(memory: Option<Memory>, line: usize) -> Self {
        match memory {
            Some(Memory::Coherent) => Self::Coherent,
            Some(Memory::LineOwned) => Self::All,
            _ => Self::Within(u64::try_from(line).unwrap_or(1)),
        }
    }

    /// Of the bytes `from .. to` of an entry, those whose lines are owned.
    #[inline(always)]
    pub(super) fn part(self, place: &Located, from: u64, to: u64) -> Option<CpuSpan> {
        let (first, end) = match self {
            Self::Coherent => return None,
            Self::All => place.segment,
            Self::Within(line) => {
                let (first, end) = place.segment;
                (first.next_multiple_of(line), end - end % line)
            }
        };
        let low = (place.bus + from).max(first);
        let high = (place.bus + to).min(end);
        let len = usize::try_from(high.checked_sub(low)?).ok()?;
        let start = place.span.start().checked_add(usize::try_from(low - place.bus).ok()?)?;
        if len == 0 { None } else { CpuSpan::new(start, len) }
    }
}

/// Goes from entry to entry and knows where on the bus it is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    next: u64,
    segment: (u64, u64),
}

impl Walk {
    #[inline(always)]
    pub(super) fn step(&mut self, entry: &Entry) -> Located {
        let head = entry.bus();
        if head.len != 0 {
            let first = u64::from(head.addr.get());
            self.segment = (first, first + u64::from(head.len));
            self.next = first;
        }
        let bus = self.next;
        self.next += bus_len(entry);
        Located { span: entry.span(), bus, segment: self.segment }
    }
}

/// The bytes `from .. from + len` of a span that has them.
pub(super) fn part_of(span: CpuSpan, from: usize, len: usize) -> Option<CpuSpan> {
    let start: CpuAddr = span.start().checked_add(from)?;
    CpuSpan::new(start, len)
}
