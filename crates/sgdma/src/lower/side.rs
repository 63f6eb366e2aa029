//! One side of a transfer while it is being cut: a list of segments, or one fixed address.

use super::aligned::Begun;
use super::{End, LowerError};
use crate::address::BusAddr;
use crate::constraints::{Constraints, Merge};
use crate::segment::{BusSegment, BusWindow};

/// Where a side is, in registers while many blocks are written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) addr: u32,
    pub(super) left: u32,
    /// The entry after the current stretch, already checked; no bytes where there is none or none was fetched.
    pub(super) ahead: BusSegment,
}

/// The window as two numbers, a little smaller than it is: what touches its end gets a closer look.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    first: u32,
    last: u32,
}

impl Reach {
    #[inline]
    pub(super) fn of(window: BusWindow) -> Self {
        Self { first: window.first.get(), last: window.last.get() }
    }

    /// Whether `next` has bytes, is in reach, and does not go on where `stretch` ends.
    #[inline]
    pub(super) fn plain(self, stretch: BusSegment, next: BusSegment) -> bool {
        let (addr, end) = (next.addr.get(), next.addr.get().wrapping_add(next.len));
        let joint = stretch.addr.get().wrapping_add(stretch.len);
        addr != joint && addr >= self.first && end > addr && end <= self.last
    }
}

/// What the cutter asks of a side.
pub trait Side {
    /// The address stays the same from block to block.
    const FIXED: bool;
    /// A peripheral is there: whole words only.
    const DEVICE: bool;

    /// Where the next byte is.
    fn addr(&self) -> u32;
    /// How many bytes follow contiguously.
    fn left(&self) -> u32;
    /// Goes on by `bytes`, at most [`left`](Self::left).
    fn advance(&mut self, bytes: u32);
    /// Gets the next stretch; `false` where there is none.
    ///
    /// # Errors
    /// The next entry cannot be moved within these limits.
    fn refill(&mut self, limits: &Constraints) -> Result<bool, LowerError>;
    /// The entry that the next byte belongs to (the last one merged into its stretch).
    fn entry(&self) -> usize;
    /// The bytes not yet passed, with those of all further entries.
    fn rest(&mut self) -> u64;
    /// Where it is.
    fn place(&self) -> Place;
    /// Goes there.
    fn set_place(&mut self, place: Place);
    /// Gets the next stretch where that is plain: checked, and not contiguous with the entry after it. Otherwise
    /// the place is as it was and [`refill`](Self::refill), which must come next, will say more.
    fn quick(&mut self, place: &mut Place, reach: Reach) -> bool;
    /// Fetches the first entry where it is plain; `false` where an entry is to be looked at again.
    fn prime(&mut self, reach: Reach) -> bool;
    /// The next entry, unchecked and uncounted.
    fn fetch(&mut self) -> Option<BusSegment>;
    /// Puts back what [`fetch`](Self::fetch) gave: it has not been used.
    fn put_back(&mut self, entry: Option<BusSegment>);
    /// So many entries were used without being counted.
    fn count(&mut self, entries: usize);
}

/// A list in memory.
#[derive(Clone, Debug)]
pub struct Memory<I> {
    segments: I,
    end: End,
    ahead: BusSegment,
    addr: u32,
    left: u32,
    taken: usize,
    /// Fetched, but not yet checked.
    pending: Option<BusSegment>,
}

const NOTHING: BusSegment = BusSegment { addr: BusAddr::new(0), len: 0 };

impl<I: Iterator<Item = BusSegment>> Memory<I> {
    pub(super) fn new(segments: I, end: End) -> Self {
        Self { segments, end, ahead: NOTHING, addr: 0, left: 0, taken: 0, pending: None }
    }

    /// The list from there on: the entry that was begun is to be looked at again, and one for the first time.
    pub(super) fn after(segments: I, end: End, begun: &Begun) -> Self {
        let Begun { entry, taken, pending, .. } = *begun;
        let ahead = entry.unwrap_or(NOTHING);
        Self { segments, end, ahead, addr: 0, left: 0, taken, pending }
    }

    #[inline]
    fn take(&mut self, limits: &Constraints) -> Result<Option<BusSegment>, LowerError> {
        let pending = self.pending.take();
        let Some(segment) = pending.or_else(|| self.segments.next()) else { return Ok(None) };
        if !limits.window().contains(segment) {
            return Err(self.refuse(segment, limits));
        }
        self.taken += 1;
        Ok(Some(segment))
    }

    #[cold]
    fn refuse(&self, segment: BusSegment, limits: &Constraints) -> LowerError {
        let (end, entry) = (self.end, self.taken);
        if segment.len == 0 {
            return LowerError::ZeroLength { end, entry };
        }
        LowerError::OutsideWindow { end, entry, segment, window: limits.window() }
    }
}

impl<I: Iterator<Item = BusSegment>> Side for Memory<I> {
    const FIXED: bool = false;
    const DEVICE: bool = false;

    #[inline]
    fn addr(&self) -> u32 {
        self.addr
    }

    #[inline]
    fn left(&self) -> u32 {
        self.left
    }

    #[inline]
    fn advance(&mut self, bytes: u32) {
        // At the very end of the bus the address wraps to 0 with nothing left.
        self.addr = self.addr.wrapping_add(bytes);
        self.left -= bytes;
    }

    #[inline]
    fn refill(&mut self, limits: &Constraints) -> Result<bool, LowerError> {
        let mut stretch = core::mem::replace(&mut self.ahead, NOTHING);
        while let Some(next) = self.take(limits)? {
            if stretch.len == 0 {
                stretch = next;
                continue;
            }
            let joint = stretch.addr.get().wrapping_add(stretch.len);
            let touch = joint == next.addr.get() && joint != 0;
            match stretch.len.checked_add(next.len) {
                Some(len) if touch && limits.merge() == Merge::Contiguous => stretch.len = len,
                _ => {
                    self.ahead = next;
                    break;
                }
            }
        }
        if stretch.len == 0 {
            return Ok(false);
        }
        self.addr = stretch.addr.get();
        self.left = stretch.len;
        Ok(true)
    }

    #[inline]
    fn entry(&self) -> usize {
        self.taken.saturating_sub(1 + usize::from(self.ahead.len != 0))
    }

    fn rest(&mut self) -> u64 {
        let pending = self.pending.take().map_or(0, |segment| segment.len);
        let held = u64::from(self.left) + u64::from(self.ahead.len) + u64::from(pending);
        self.segments.by_ref().map(|segment| u64::from(segment.len)).fold(held, u64::saturating_add)
    }

    #[inline]
    fn place(&self) -> Place {
        Place { addr: self.addr, left: self.left, ahead: self.ahead }
    }

    #[inline]
    fn set_place(&mut self, place: Place) {
        Place { addr: self.addr, left: self.left, ahead: self.ahead } = place;
    }

    #[inline]
    fn quick(&mut self, place: &mut Place, reach: Reach) -> bool {
        let stretch = place.ahead;
        if stretch.len == 0 {
            return false;
        }
        let next = self.segments.next();
        if next.is_some_and(|next| !reach.plain(stretch, next)) {
            self.pending = next;
            return false;
        }
        self.taken += usize::from(next.is_some());
        let ahead = next.unwrap_or(NOTHING);
        *place = Place { addr: stretch.addr.get(), left: stretch.len, ahead };
        true
    }

    #[inline]
    fn prime(&mut self, reach: Reach) -> bool {
        if self.ahead.len != 0 {
            return false;
        }
        let first = self.pending.take().or_else(|| self.segments.next());
        match first {
            Some(entry) if reach.plain(NOTHING, entry) => {
                self.ahead = entry;
                self.taken += 1;
            }
            _ => self.pending = first,
        }
        true
    }

    #[inline]
    fn fetch(&mut self) -> Option<BusSegment> {
        self.segments.next()
    }

    #[inline]
    fn put_back(&mut self, entry: Option<BusSegment>) {
        self.pending = entry;
    }

    #[inline]
    fn count(&mut self, entries: usize) {
        self.taken += entries;
    }
}

/// One address that is read or written again and again: a device's FIFO, or the pattern of a fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed<const DEVICE: bool> {
    addr: u32,
}

impl<const DEVICE: bool> Fixed<DEVICE> {
    pub(super) fn new(addr: BusAddr) -> Self {
        Self { addr: addr.get() }
    }
}

impl<const DEVICE: bool> Side for Fixed<DEVICE> {
    const FIXED: bool = true;
    const DEVICE: bool = DEVICE;

    #[inline]
    fn addr(&self) -> u32 {
        self.addr
    }

    #[inline]
    fn left(&self) -> u32 {
        u32::MAX
    }

    #[inline]
    fn advance(&mut self, _: u32) {}

    #[inline]
    fn refill(&mut self, _: &Constraints) -> Result<bool, LowerError> {
        Ok(true)
    }

    #[inline]
    fn entry(&self) -> usize {
        0
    }

    fn rest(&mut self) -> u64 {
        0
    }

    #[inline]
    fn place(&self) -> Place {
        Place { addr: self.addr, left: u32::MAX, ahead: NOTHING }
    }

    #[inline]
    fn set_place(&mut self, _: Place) {}

    #[inline]
    fn quick(&mut self, _: &mut Place, _: Reach) -> bool {
        true
    }

    #[inline]
    fn prime(&mut self, _: Reach) -> bool {
        true
    }

    #[inline]
    fn fetch(&mut self) -> Option<BusSegment> {
        None
    }

    #[inline]
    fn put_back(&mut self, _: Option<BusSegment>) {}

    #[inline]
    fn count(&mut self, _: usize) {}
}
