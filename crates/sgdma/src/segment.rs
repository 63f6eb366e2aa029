//! One contiguous piece of memory as the DMA engine sees it.

use core::fmt;

use crate::address::BusAddr;

/// A mapped piece: bus address and length in bytes. What mapping yields and the planner eats.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BusSegment {
    /// The first byte.
    pub addr: BusAddr,
    /// The length in bytes.
    pub len: u32,
}

impl BusSegment {
    /// The segment of `len` bytes at `addr`.
    pub const fn new(addr: u32, len: u32) -> Self {
        Self { addr: BusAddr::new(addr), len }
    }
}

impl fmt::Debug for BusSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}:{:#x}", self.addr, self.len)
    }
}

impl fmt::Display for BusSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}:{:#x}", self.addr, self.len)
    }
}
