//! The blocks that need no thought, many at a time: both sides aligned to whole bursts and granules, the
//! destination's cache lines its own. [`Cuts::step`] would cut them just so, several times slower.

use super::cuts::Cuts;
use super::side::{Place, Reach, Side};
use crate::address::BusAddr;
use crate::segment::BusSegment;

#[cfg(test)]
mod tests;

/// Where plain blocks go.
pub(super) trait Put {
    /// Whether there is no room for another.
    fn full(&self) -> bool;
    /// Writes the block of these addresses and this length, if there is room.
    fn put(&mut self, source: u32, dest: u32, len: u32);
}

/// What comes after a run of plain blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// More of them, perhaps: both sides are at the end of a segment.
    Again,
    /// Something that needs thought.
    Step,
}

impl<S: Side, D: Side> Cuts<S, D> {
    /// Yields plain blocks to `put` until one is not plain or there is no room.
    #[inline]
    pub(super) fn plain(&mut self, put: &mut impl Put) {
        while !self.is_rough() {
            if self.pairs(put) == Then::Step || self.runs(put) == Then::Step {
                return;
            }
        }
    }

    /// Segments of equal length, one of each side to a block.
    #[inline]
    fn pairs(&mut self, put: &mut impl Put) -> Then {
        let (reach, max) = (Reach::of(self.limits.window()), self.max);
        let rough = self.roughness() | (self.limits.line() - 1);
        let (mut s, mut d) = (self.source.place(), self.destination.place());
        if s.left != 0 || d.left != 0 || !self.has_pairs() {
            return Then::Again;
        }
        let (mut from, mut to) = (s.ahead, d.ahead);
        let (mut count, mut moved, mut then) = (0, self.moved, Then::Again);
        loop {
            let len = to.len;
            let (read, write) = (from.addr.get(), to.addr.get());
            let unlike = from.len != len || (read | write | len) & rough != 0;
            if unlike || len.wrapping_sub(1) >= max || near(read, write, len) || put.full() {
                break;
            }
            let next = match (self.source.fetch(), self.destination.fetch()) {
                (Some(next), Some(then)) if reach.plain(from, next) && reach.plain(to, then) => {
                    (next, then)
                }
                (None, None) => (BusSegment::default(), BusSegment::default()),
                (source, destination) => {
                    self.source.put_back(source);
                    self.destination.put_back(destination);
                    then = Then::Step;
                    break;
                }
            };
            put.put(read, write, len);
            moved += u64::from(len);
            count += 1;
            (from, to) = next;
        }
        if count != 0 {
            self.moved = moved;
            self.source.count(count - usize::from(from.len == 0));
            self.destination.count(count - usize::from(to.len == 0));
            (s.ahead, d.ahead) = (from, to);
            self.source.set_place(s);
            self.destination.set_place(d);
        }
        then
    }

    /// Blocks within two segments, and on into the next of either side.
    #[inline]
    fn runs(&mut self, put: &mut impl Put) -> Then {
        let (reach, rough, max) = (Reach::of(self.limits.window()), self.roughness(), self.max);
        let line_mask = self.limits.line() - 1;
        let (mut s, mut d) = (self.source.place(), self.destination.place());
        // From here on `d.left` counts what follows the lines of its own.
        let mut own = self.own_left(d);
        if own == 0 && d.left != 0 {
            return Then::Step;
        }
        d.left -= if D::FIXED { 0 } else { own };
        let (mut moved, mut then, mut fresh) = (self.moved, Then::Step, false);
        loop {
            if !S::FIXED && s.left == 0 {
                if own == 0 && d.left == 0 && moved != self.moved && self.has_pairs() {
                    then = Then::Again;
                    break;
                }
                if !self.source.quick(&mut s, reach) {
                    break;
                }
            }
            if !D::FIXED && own == 0 {
                if d.left != 0 || !self.destination.quick(&mut d, reach) {
                    break;
                }
                if d.addr & line_mask == 0 {
                    own = d.left & !line_mask;
                    d.left &= line_mask;
                }
                if own == 0 {
                    fresh = true;
                    break;
                }
            }
            let len = s.left.min(own).min(max);
            let addresses = if S::FIXED { 0 } else { s.addr } | if D::FIXED { 0 } else { d.addr };
            let plain = (addresses | len) & rough == 0 && !self.bars(s.addr, d.addr, len);
            if !plain || put.full() {
                break;
            }
            put.put(s.addr, d.addr, len);
            moved += u64::from(len);
            if !S::FIXED {
                s.addr = s.addr.wrapping_add(len);
                s.left -= len;
            }
            if !D::FIXED {
                d.addr = d.addr.wrapping_add(len);
                own -= len;
            }
        }
        self.moved = moved;
        if !D::FIXED {
            d.left += own;
            self.own = BusSegment::new(BusAddr::new(d.addr), own);
        }
        self.source.set_place(s);
        self.destination.set_place(d);
        if fresh {
            self.own_lines();
        }
        then
    }

    /// Fetches the first entry of each side; whether the first block may be a plain one.
    #[inline]
    pub(super) fn prime(&mut self) -> bool {
        let reach = Reach::of(self.limits.window());
        let source = self.source.prime(reach);
        self.destination.prime(reach) & source
    }

    /// Whether segments may go in pairs: no boundary to look out for, and two lists.
    #[inline]
    fn has_pairs(&self) -> bool {
        !S::FIXED && !D::FIXED && self.boundary_mask == u32::MAX
    }

    /// Whether whole bursts move 128 bits at a time.
    pub(super) fn bodies_are_wide(&self) -> bool {
        !S::DEVICE && !D::DEVICE && self.limits.burst() >= 16
    }

    /// The bits that must be 0 in what is plain.
    #[inline]
    fn roughness(&self) -> u32 {
        let granule = self.limits.granule() - 1;
        let burst = if S::DEVICE || D::DEVICE { 0 } else { self.limits.burst() - 1 };
        self.word | granule | burst
    }

    /// How many bytes from here on are in lines of its own.
    #[inline]
    fn own_left(&self, d: Place) -> u32 {
        if D::FIXED {
            return u32::MAX;
        }
        let into = d.addr.wrapping_sub(self.own.addr.get());
        if d.left == 0 { 0 } else { self.own.len.saturating_sub(into) }
    }

    /// Whether a boundary or an overlap bars a block of this length, so that it needs a closer look.
    #[inline]
    fn bars(&self, s: u32, d: u32, len: u32) -> bool {
        if self.boundary_mask != u32::MAX {
            let tail = len - 1;
            let source = if S::FIXED { 0 } else { s ^ s.wrapping_add(tail) };
            let destination = if D::FIXED { 0 } else { d ^ d.wrapping_add(tail) };
            if (source | destination) & !self.boundary_mask != 0 {
                return true;
            }
        }
        !S::FIXED && !D::FIXED && near(s, d, len)
    }

    /// Whether there is no point in trying: what comes next is not even aligned.
    #[inline]
    fn is_rough(&self) -> bool {
        let rough = self.roughness();
        let (s, d) = (self.source.place(), self.destination.place());
        let next = |place: Place| if place.left == 0 { place.ahead.addr.get() } else { place.addr };
        !S::FIXED && next(s) & rough != 0 || !D::FIXED && next(d) & rough != 0
    }
}

/// Whether the distance between the two is less than the length: one comparison says it for either sign.
#[inline]
fn near(s: u32, d: u32, len: u32) -> bool {
    let tail = len - 1;
    s.wrapping_sub(d).wrapping_add(tail) < tail + len
}
