//! What a chain is judged by.

use super::alone::Only;
use super::bits;
use super::fault::Fault;
use super::verify::Chain;
use crate::address::BusAddr;
use crate::constraints::{ChannelKind, Constraints, EngineKind};
use crate::lower::End;
use crate::segment::{BusSegment, BusWindow};

/// The limits of a transfer in the form that the verifier compares with; made once from [`Constraints`].
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub(super) kind: ChannelKind,
    pub(super) engine: EngineKind,
    pub(super) window: BusWindow,
    /// The longest block in bytes.
    pub(super) max: u32,
    /// The bits of an address above the boundary; 0 where there is none.
    pub(super) beyond: u32,
    pub(super) granule_mask: u32,
    pub(super) burst_mask: u32,
    pub(super) line_mask: u32,
    /// The same for a chain of one block.
    pub(super) only: Only,
}

impl Rules {
    /// The rules that these limits mean.
    #[inline]
    pub fn new(limits: &Constraints) -> Self {
        let kind = limits.kind();
        Self {
            kind,
            engine: limits.engine(),
            window: limits.window(),
            max: limits.max_segment().min(bits::longest(kind)),
            beyond: !limits.boundary_mask(),
            granule_mask: bits::granule_mask(limits.engine()),
            burst_mask: limits.burst().wrapping_sub(1),
            line_mask: limits.line().wrapping_sub(1),
            only: limits.only(),
        }
    }
}

impl From<&Constraints> for Rules {
    fn from(limits: &Constraints) -> Self {
        Self::new(limits)
    }
}

/// Where data may be and where not.
#[derive(Clone, Copy)]
pub(super) struct Zones {
    pub(super) line_mask: u32,
    /// A stretch of the window clear of chain and slots: what is inside needs no closer look.
    clear_first: u32,
    clear_last: u32,
    window: BusWindow,
    own: BusSegment,
    slots: BusSegment,
}

impl Zones {
    /// The zones of a chain, if the chain itself lies well.
    #[inline]
    pub(super) fn new(chain: &Chain<'_>, rules: &Rules) -> Result<Self, Fault> {
        let Chain { blocks, base, slots, .. } = *chain;
        let window = rules.window;
        let len = u32::try_from(size_of_val(blocks)).unwrap_or(u32::MAX);
        let own = BusSegment::new(base, len);
        if len == 0 {
            return Err(Fault::Empty);
        }
        let first = base.get();
        if first == 0 || first & 31 != 0 || !window.contains(own) || own.overlaps(slots) {
            return Err(Fault::Storage { base });
        }
        // From the first to the last byte of both, whatever is between.
        let (mut low, mut high) = (first, first.wrapping_add(len - 1));
        if slots.len != 0 {
            if !window.contains(slots) {
                return Err(Fault::Window { end: End::Destination, segment: slots, window });
            }
            low = low.min(slots.addr.get());
            high = high.max(slots.addr.get().wrapping_add(slots.len - 1));
        }
        let (clear_first, clear_last) = clear_beside(window, low, high);
        Ok(Self { line_mask: rules.line_mask, clear_first, clear_last, window, own, slots })
    }

    /// A stretch clear of chain and slots: its first byte, and the end that what is plainly well does not pass.
    #[inline]
    pub(super) fn clear_stretch(&self) -> (u32, u32) {
        (self.clear_first, self.clear_last)
    }

    /// Whether an entry is plainly well: it has bytes, all in the clear stretch. Others may be well too.
    #[inline]
    pub(super) fn clear(&self, entry: BusSegment) -> bool {
        let (addr, end) = (entry.addr.get(), entry.addr.get().wrapping_add(entry.len));
        addr >= self.clear_first && end > addr && end <= self.clear_last
    }

    /// The closer look.
    #[cold]
    #[inline(never)]
    pub(super) fn check(&self, end: End, segment: BusSegment) -> Result<(), Fault> {
        let window = self.window;
        if !window.contains(segment) {
            return Err(Fault::Window { end, segment, window });
        }
        if segment.overlaps(self.own) || segment.overlaps(self.slots) {
            return Err(Fault::Forbidden { end, segment });
        }
        Ok(())
    }

    /// Checks memory that is read outside of every list: granules around an edge, the pattern of a fill.
    pub(super) fn check_read(&self, addr: u32, len: u32) -> Result<(), Fault> {
        self.check(End::Source, BusSegment::new(BusAddr::new(addr), len))
    }
}

/// The longer of what the window has below and above these: the first byte, and the end that what is plainly well does not
/// pass.
#[inline(always)]
fn clear_beside(window: BusWindow, low: u32, high: u32) -> (u32, u32) {
    if cfg!(feature = "small") {
        // Everything gets the closer look.
        return (u32::MAX, 0);
    }
    let below = low.saturating_sub(window.first.get());
    let above = window.last.get().saturating_sub(high);
    if above >= below {
        (high.saturating_add(1), window.last.get())
    } else {
        (window.first.get(), low.saturating_sub(1))
    }
}
