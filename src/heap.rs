//! The heap: first fit over the RAM after the image, never zeroed.

use core::ops::Range;

use embedded_alloc::LlffHeap;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// What is allocated and what is not, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Allocated, with the allocator's rounding.
    pub(crate) used: usize,
    /// Left.
    pub(crate) free: usize,
}

/// Gives `range` to the allocator.
///
/// # Safety
/// `range` is RAM, mapped as data, not empty, that nothing else uses, ever; called once.
pub(crate) unsafe fn init(range: &Range<usize>) {
    // SAFETY: the caller promises what `init` asks.
    unsafe { HEAP.init(range.start, range.len()) };
}

/// How full it is.
pub(crate) fn usage() -> Usage {
    Usage { used: HEAP.used(), free: HEAP.free() }
}
