//! Where each entry of a table is on the bus.

use super::{Device, MapError, Mapper, cache};
use crate::address::{BusAddr, CpuSpan};
use crate::buffer::{Entry, EntryList, Mode};
use crate::platform::Access;
use crate::segment::{BusSegment, BusWindow};

impl<P: Mapper + ?Sized> Device<'_, P> {
    /// Gives each entry its bus address and merges neighbours; how many segments that makes.
    pub(super) fn locate_all<A: Mode>(
        &self,
        list: &mut EntryList<'_, A>,
        access: Access,
    ) -> Result<usize, MapError> {
        // A longer line than the memory was made for has somebody else's bytes in it.
        list.suit_lines_of(self.platform.cache_line());
        let mut open = Open::default();
        let mut found = Found::default();
        for piece in list.pieces_mut() {
            let mut rest = piece;
            while let Some(next) = rest.first() {
                if open.place_of(next).is_none() {
                    open = self.open_around(found.entries, next.span(), access)?;
                }
                rest = open.locate(rest, &mut found);
            }
        }
        if found.touching == 0 {
            return Ok(found.entries);
        }
        let mut head = None;
        let merged: usize = list.pieces_mut().map(|piece| merge(piece, &mut head)).sum();
        Ok(found.entries - merged)
    }

    /// What is open to the engine around an entry, the entry included.
    fn open_around(&self, index: usize, span: CpuSpan, access: Access) -> Result<Open, MapError> {
        let line = self.platform.cache_line();
        let around = || {
            let (around, first) = self.platform.reach(span, access).ok()?;
            Open::within(around, first, self.window).filter(|open| open.is_good_for(span, line))
        };
        if !cfg!(feature = "small")
            && let Some(open) = around()
        {
            return Ok(open);
        }
        // Alone it may lie well all the same; if not, this says why.
        let segment = self.locate(index, span, access)?;
        Ok(Open { start: span.start().get(), segment })
    }

    fn locate(&self, index: usize, span: CpuSpan, access: Access) -> Result<BusSegment, MapError> {
        let len = span.len();
        let short = u32::try_from(len).map_err(|_| MapError::EntryTooLong { entry: index, len })?;
        let addr = self
            .platform
            .bus_address(span, access)
            .map_err(|refusal| MapError::Refused { entry: index, span, access, refusal })?;
        let segment = BusSegment::new(addr, short);
        if !self.window.contains(segment) {
            return Err(MapError::OutsideWindow { entry: index, segment, window: self.window });
        }
        if !cache::in_phase(span, segment, self.platform.cache_line()) {
            return Err(MapError::OutOfPhase { entry: index, span, segment });
        }
        Ok(segment)
    }
}

/// A stretch that the engine may access all of: where the CPU sees it begin, and where the engine sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    start: usize,
    segment: BusSegment,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    entries: usize,
    /// Entries that begin where the one before ends.
    touching: usize,
    /// One past the last byte of the last entry. Past the end of the bus there is nothing to continue.
    end: u64,
}

/// Makes one segment of entries that follow each other, one behind `head` among them; how many found a head.
#[inline(never)]
fn merge<'a>(entries: &'a mut [Entry], head: &mut Option<&'a mut Entry>) -> usize {
    let mut merged = 0;
    let mut last = head.take();
    for entry in entries {
        let segment = entry.bus();
        match last.as_mut().and_then(|head| head.merge(entry, segment)) {
            Some(()) => merged += 1,
            None => last = Some(entry),
        }
    }
    *head = last;
    merged
}

impl Open {
    /// What of a stretch lies in the window.
    fn within(span: CpuSpan, first: BusAddr, window: BusWindow) -> Option<Self> {
        let past = u64::from(first.get()).checked_add(u64::try_from(span.len()).ok()?)?;
        let end = past.min(u64::from(window.last.get()) + 1);
        let low = first.max(window.first);
        let len = u32::try_from(end.checked_sub(u64::from(low.get()))?).ok()?;
        let skipped = usize::try_from(low.get() - first.get()).ok()?;
        let start = span.start().checked_add(skipped)?.get();
        Some(Self { start, segment: BusSegment::new(low, len) })
    }

    /// Whether it holds the span, and a byte has the same place in its line for the CPU and on the bus.
    fn is_good_for(&self, span: CpuSpan, line: usize) -> bool {
        let room = usize::try_from(self.segment.len).unwrap_or(0);
        let into = span.start().get().wrapping_sub(self.start);
        let holds = into <= room && span.len() <= room - into;
        let whole = CpuSpan::new(crate::address::CpuAddr::new(self.start), room);
        holds && whole.is_some_and(|whole| cache::in_phase(whole, self.segment, line))
    }

    /// Locates entries from the first on; back come those from the first that does not lie in this stretch.
    ///
    /// Not generic, and a few instructions an entry: every table goes through here. In fours, so that not every entry has
    /// to count.
    #[inline(never)]
    fn locate<'a>(&self, entries: &'a mut [Entry], found: &mut Found) -> &'a mut [Entry] {
        let mut done = 0;
        let mut so_far = Found { ..*found };
        for four in entries.as_chunks_mut::<4>().0 {
            if four.iter().any(|entry| self.place_of(entry).is_none()) {
                break;
            }
            for entry in four.iter_mut() {
                self.note(entry, &mut so_far);
            }
            done += 4;
        }
        for entry in entries.iter_mut().skip(done) {
            if self.place_of(entry).is_none() {
                break;
            }
            self.note(entry, &mut so_far);
            done += 1;
        }
        *found = Found { entries: found.entries + done, ..so_far };
        entries.get_mut(done..).unwrap_or_default()
    }

    /// How many bytes into the stretch an entry begins, if all of it lies there.
    #[inline(always)]
    fn place_of(&self, entry: &Entry) -> Option<usize> {
        let room = usize::try_from(self.segment.len).unwrap_or(0);
        let into = entry.span().start().get().wrapping_sub(self.start);
        // No slice is longer than half of all addresses: where `into` is in range, the sum does not wrap.
        (into <= room && into.wrapping_add(entry.len()) <= room).then_some(into)
    }

    /// Notes where an entry that lies in the stretch is on the bus.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "offset and length are at most the stretch's, which is of 32 bits"
    )]
    #[inline(always)]
    fn note(&self, entry: &mut Entry, found: &mut Found) {
        let into = entry.span().start().get().wrapping_sub(self.start);
        let (addr, len) = (self.segment.addr.get().wrapping_add(into as u32), entry.len() as u32);
        entry.set_bus(BusSegment::new(BusAddr::new(addr), len));
        found.touching += usize::from(found.end == u64::from(addr));
        found.end = u64::from(addr) + u64::from(len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::CpuAddr;

    fn span(start: usize, len: usize) -> CpuSpan {
        CpuSpan::new(CpuAddr::new(start), len).unwrap()
    }

    #[test]
    fn of_a_stretch_counts_what_lies_in_the_window() {
        let window = BusWindow { first: BusAddr::new(0x100), last: BusAddr::new(0x1FF) };
        let within = |start, len, bus| {
            let open = Open::within(span(start, len), BusAddr::new(bus), window);
            open.map(|open| (open.start, open.segment.addr.get(), open.segment.len))
        };
        assert_eq!(within(0x5000, 0x40, 0x140), Some((0x5000, 0x140, 0x40)));
        assert_eq!(within(0x5000, 0x400, 0x80), Some((0x5080, 0x100, 0x100)));
        assert_eq!(within(0x5000, 0x40, 0x1F0), Some((0x5000, 0x1F0, 0x10)));
        assert_eq!(within(0x5000, 0x40, 0x240), None);
    }

    #[test]
    fn a_stretch_is_good_for_what_it_holds_in_phase() {
        let open = |bus| Open { start: 0x5000, segment: BusSegment::new(BusAddr::new(bus), 0x80) };
        for (start, len, good) in [
            (0x5000, 0x80, true),
            (0x5040, 0x40, true),
            (0x5041, 0x40, false),
            (0x4FFF, 2, false),
            (0x5080, 0, true),
            (0x5081, 0, false),
        ] {
            assert_eq!(open(0xC000_0040).is_good_for(span(start, len), 64), good, "{start:#x}");
        }
        assert!(!open(0xC000_0044).is_good_for(span(0x5000, 4), 64), "out of phase");
    }
}
