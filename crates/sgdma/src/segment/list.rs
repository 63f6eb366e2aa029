//! Lists of segments that can be read many at a time.

use core::slice;

use super::BusSegment;
use crate::buffer::Entry;

/// A list of segments as [`copy`](crate::lower::copy) and [its judge](crate::chain::verify::copy) read it, many at a
/// time where they lie in memory side by side.
///
/// The segments of a [mapped table](crate::map::Mapped::segments), slices, arrays and (with `alloc`) vectors of
/// [`BusSegment`] are such lists; [`Each`] makes one of any iterator.
pub trait SegmentList: sealed::List {}

impl<L: sealed::List> SegmentList for L {}

/// Any iterator of segments as a [`SegmentList`], read one by one.
#[derive(Clone, Debug)]
pub struct Each<I>(pub I);

impl<I: Iterator<Item = BusSegment>> Iterator for Each<I> {
    type Item = BusSegment;

    #[inline]
    fn next(&mut self) -> Option<BusSegment> {
        self.0.next()
    }
}

pub(crate) mod sealed {
    use crate::segment::BusSegment;

    /// What has a segment.
    pub trait Cell {
        /// Whether no two of a list that follow each other are contiguous on the bus.
        const MERGED: bool;

        fn segment(&self) -> BusSegment;
    }

    pub trait List {
        type Cell: Cell;

        /// The cells that come next, as far as they lie side by side. A cell of no bytes is none of the list's.
        fn cells(&self) -> &[Self::Cell];
        /// Passes so many of [`cells`](Self::cells), and comes to those that lie elsewhere where none are left of them.
        fn pass(&mut self, count: usize);
        /// Whether there is plainly nothing after [`cells`](Self::cells).
        fn ends(&self) -> bool;
        /// The next segment, wherever it is.
        fn next_segment(&mut self) -> Option<BusSegment>;
    }
}

use sealed::{Cell, List};

/// The address in the low half, the length in the high one, as they lie in memory: one load.
#[inline]
pub(crate) fn word(segment: BusSegment) -> u64 {
    u64::from(segment.addr.get()) | u64::from(segment.len) << 32
}

impl Cell for BusSegment {
    const MERGED: bool = false;

    #[inline]
    fn segment(&self) -> BusSegment {
        *self
    }
}

impl Cell for Entry {
    // Mapping makes one segment of them.
    const MERGED: bool = true;

    #[inline]
    fn segment(&self) -> BusSegment {
        self.bus()
    }
}

impl List for slice::Iter<'_, BusSegment> {
    type Cell = BusSegment;

    #[inline]
    fn cells(&self) -> &[BusSegment] {
        self.as_slice()
    }

    #[inline]
    fn pass(&mut self, count: usize) {
        *self = self.as_slice().get(count..).unwrap_or_default().iter();
    }

    #[inline]
    fn ends(&self) -> bool {
        true
    }

    #[inline]
    fn next_segment(&mut self) -> Option<BusSegment> {
        self.next().copied()
    }
}

macro_rules! owned {
    ($list:ty $(, $size:ident)?) => {
        impl $(<const $size: usize>)? List for $list {
            type Cell = BusSegment;

            #[inline]
            fn cells(&self) -> &[BusSegment] {
                self.as_slice()
            }

            #[inline]
            fn pass(&mut self, count: usize) {
                self.by_ref().take(count).for_each(drop);
            }

            #[inline]
            fn ends(&self) -> bool {
                true
            }

            #[inline]
            fn next_segment(&mut self) -> Option<BusSegment> {
                self.next()
            }
        }
    };
}

owned!(core::array::IntoIter<BusSegment, N>, N);
#[cfg(feature = "alloc")]
owned!(alloc::vec::IntoIter<BusSegment>);

impl<I: Iterator<Item = BusSegment>> List for Each<I> {
    type Cell = BusSegment;

    #[inline]
    fn cells(&self) -> &[BusSegment] {
        &[]
    }

    #[inline]
    fn pass(&mut self, _: usize) {}

    #[inline]
    fn ends(&self) -> bool {
        false
    }

    #[inline]
    fn next_segment(&mut self) -> Option<BusSegment> {
        self.0.next()
    }
}

/// What is left of a list, as an iterator.
#[derive(Debug)]
pub(crate) struct Rest<L>(pub(crate) L);

impl<L: List> Iterator for Rest<L> {
    type Item = BusSegment;

    #[inline]
    fn next(&mut self) -> Option<BusSegment> {
        self.0.next_segment()
    }
}
