//! One entry of a list.

use core::ptr::NonNull;

use crate::address::{BusAddr, CpuSpan};
use crate::segment::BusSegment;

use super::piece::{Memory, Mode, Piece};

/// Room for one entry of a table (`struct scatterlist`): pointer, length and, once mapped, bus address and length.
///
/// Gives no access to the memory; only the table that it is in does.
#[derive(Clone, Copy)]
pub struct Entry {
    pub(super) start: *mut u8,
    pub(super) len: usize,
    /// What the entry is on the bus. A length of 0 says that it continues the entry before.
    pub(super) bus: BusSegment,
}

// SAFETY: invariant 3: an entry gives no access, it is two numbers and a segment.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

impl Entry {
    /// Room that is not in use.
    pub const EMPTY: Self = Self {
        start: core::ptr::null_mut(),
        len: 0,
        bus: BusSegment { addr: BusAddr::new(0), len: 0 },
    };

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where it is for the CPU. Exposes the pointer's provenance to the engine.
    #[inline]
    pub(crate) fn span(&self) -> CpuSpan {
        CpuSpan::of(core::ptr::slice_from_raw_parts(self.start, self.len))
    }

    /// The piece it was made from.
    ///
    /// # Safety
    /// The entry is one that a list of `'buf` and `A` got by a piece of such memory, and is not used again.
    pub(super) unsafe fn into_piece<'buf, A: Mode>(self, memory: Memory) -> Option<Piece<'buf, A>> {
        let bytes = NonNull::slice_from_raw_parts(NonNull::new(self.start)?, self.len);
        // SAFETY: the caller's promise.
        Some(unsafe { Piece::from_raw(bytes, memory) })
    }

    /// Where it is on the bus; a length of 0 says that it continues the entry before.
    #[inline]
    pub(crate) fn bus(&self) -> BusSegment {
        self.bus
    }

    /// Notes where it is on the bus.
    #[inline]
    pub(crate) fn set_bus(&mut self, bus: BusSegment) {
        self.bus = bus;
    }

    /// Whether it begins and ends at a multiple of 4.
    pub(super) fn is_words(&self) -> bool {
        self.start.addr().is_multiple_of(4) && self.len.is_multiple_of(4)
    }

    /// Where its words are, if [it has any](Self::is_words).
    #[expect(clippy::cast_ptr_alignment, reason = "who asks for words has seen that it is aligned")]
    pub(super) fn words(&self) -> impl Iterator<Item = *mut u32> + use<> {
        let start = self.start.cast::<u32>();
        (0..self.len / 4).map(move |index| start.wrapping_add(index))
    }

    /// Lengthens this entry's segment by that of `next`, the entry after it, where the two make one.
    pub(crate) fn merge(&mut self, next: &mut Self, segment: BusSegment) -> Option<()> {
        self.bus = self.bus.merged(segment)?;
        next.bus = BusSegment::default();
        Some(())
    }
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:p}+{:#x}", self.start, self.len)
    }
}

/// Why an entry found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    Full,
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "only a heap runs out"))]
    OutOfMemory,
}
