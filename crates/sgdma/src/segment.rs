//! What mapping yields and the planner eats: stretches of memory as the DMA engine sees them.

use core::fmt;

use crate::address::BusAddr;

#[cfg(test)]
pub(crate) mod cases;
pub(crate) mod list;
#[cfg(test)]
pub(crate) mod random;

pub use self::list::{Each, SegmentList};

/// A contiguous stretch of memory in the engine's view (`sg_dma_address`, `sg_dma_len`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BusSegment {
    /// The first byte.
    pub addr: BusAddr,
    /// The length in bytes. Never 0 in a mapped table.
    pub len: u32,
}

impl BusSegment {
    /// The segment of `len` bytes at `addr`.
    pub const fn new(addr: BusAddr, len: u32) -> Self {
        Self { addr, len }
    }

    /// One past the last byte; `None` where the segment ends at or past the top of the 32-bit bus.
    #[inline]
    pub const fn end(self) -> Option<BusAddr> {
        self.addr.checked_add(self.len)
    }

    /// The last byte; `None` for a segment of no bytes and for one that runs past the top of the 32-bit bus.
    #[inline]
    pub const fn last(self) -> Option<BusAddr> {
        match self.len.checked_sub(1) {
            Some(rest) => self.addr.checked_add(rest),
            None => None,
        }
    }

    /// Whether the two share a byte.
    #[inline]
    pub fn overlaps(self, other: Self) -> bool {
        let (Some(last), Some(other_last)) = (self.last(), other.last()) else { return false };
        self.addr <= other_last && other.addr <= last
    }

    /// The two as one segment, where `next` begins at the byte after this one ends and the sum fits 32 bits.
    #[inline]
    pub fn merged(self, next: Self) -> Option<Self> {
        if self.end()? != next.addr {
            return None;
        }
        Some(Self { addr: self.addr, len: self.len.checked_add(next.len)? })
    }
}

impl fmt::Display for BusSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:#x}", self.addr, self.len)
    }
}

/// The bus addresses an engine can reach: the DMA mask, with both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BusWindow {
    /// The first byte in reach.
    pub first: BusAddr,
    /// The last byte in reach.
    pub last: BusAddr,
}

impl BusWindow {
    /// All 32 bits.
    pub const ALL: Self = Self { first: BusAddr::new(0), last: BusAddr::new(u32::MAX) };

    /// The RAM that the ARM can name, without the VideoCore's caches: `0xC000_0000 ..= 0xFEFF_FFFF`.
    pub const SDRAM: Self =
        Self { first: BusAddr::new(0xC000_0000), last: BusAddr::new(0xFEFF_FFFF) };

    /// Whether every byte of `segment` is in reach. Not so for a segment of no bytes.
    #[inline]
    pub fn contains(self, segment: BusSegment) -> bool {
        self.first <= segment.addr && segment.last().is_some_and(|last| last <= self.last)
    }
}

impl fmt::Display for BusWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(addr: u32, len: u32) -> BusSegment {
        BusSegment::new(BusAddr::new(addr), len)
    }

    #[test]
    fn neighbours_merge_and_strangers_do_not() {
        assert_eq!(at(0x1000, 0x10).merged(at(0x1010, 0x20)), Some(at(0x1000, 0x30)));
        assert_eq!(at(0x1000, 0x10).merged(at(0x1011, 0x20)), None);
        assert_eq!(at(0x1010, 0x10).merged(at(0x1000, 0x10)), None);
    }

    #[test]
    fn a_segment_may_end_at_the_top_of_the_bus_but_not_beyond() {
        assert_eq!(at(0xFFFF_FFFF, 1).last(), Some(BusAddr::new(0xFFFF_FFFF)));
        assert_eq!(at(0xFFFF_FFFF, 2).last(), None);
        assert!(BusWindow::ALL.contains(at(0xFFFF_FFFF, 1)));
        assert!(!BusWindow::ALL.contains(at(0xFFFF_FFFF, 2)));
    }

    #[test]
    fn a_window_refuses_what_sticks_out_at_either_end() {
        let window = BusWindow { first: BusAddr::new(0x100), last: BusAddr::new(0x1FF) };
        assert!(window.contains(at(0x100, 0x100)));
        assert!(!window.contains(at(0xFF, 1)));
        assert!(!window.contains(at(0x100, 0x101)));
        assert!(!window.contains(at(0x100, 0)));
    }

    #[test]
    fn overlap_is_symmetric_and_touching_is_not_overlap() {
        assert!(at(0x10, 0x10).overlaps(at(0x1F, 1)));
        assert!(at(0x1F, 1).overlaps(at(0x10, 0x10)));
        assert!(!at(0x10, 0x10).overlaps(at(0x20, 1)));
        assert!(!at(0x20, 1).overlaps(at(0x10, 0x10)));
    }
}
