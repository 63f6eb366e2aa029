//! Where a list goes on while a chain is checked against it.

use super::aligned::Reached;
use super::fault::Fault;
use super::rules::Zones;
use crate::address::BusAddr;
use crate::lower::End;
use crate::segment::BusSegment;

/// One side of a transfer as the verifier walks it.
pub(super) trait Walk {
    /// The address stands still.
    const FIXED: bool;

    /// The next byte.
    fn addr(&self) -> u32;
    /// How many bytes of the current entry are left; 0 only at the end of the list.
    fn left(&self) -> u32;
    /// Goes on by `len`, at most [`left`](Self::left), and into the next entry where none are left.
    fn advance(&mut self, len: u32, zones: &Zones) -> Result<(), Fault>;
    /// Goes on by `len` from `at`, over as many contiguous entries as it takes.
    fn take(&mut self, at: u32, len: u32, zones: &Zones) -> Result<(), Fault>;
    /// Checks that bytes `at..at + len`, the next ones, share no cache line with others, and goes on by them.
    fn take_lines(&mut self, at: u32, len: u32, zones: &Zones) -> Result<(), Fault>;
}

/// A list of segments.
pub(super) struct List<I> {
    entries: I,
    end: End,
    addr: u32,
    left: u32,
    /// Where the contiguous run began that `addr` is in.
    run: u32,
    /// So many bytes must follow contiguously on the current entry: they share a line with what was written (0 in a source).
    owed: u32,
}

impl<I: Iterator<Item = BusSegment>> List<I> {
    #[inline]
    pub(super) fn new((entries, end): (I, End), zones: &Zones) -> Result<Self, Fault> {
        let mut list = Self { entries, end, addr: 0, left: 0, run: 0, owed: 0 };
        list.refill(zones)?;
        Ok(list)
    }

    /// The list from there on.
    pub(super) fn after(
        (entries, end): (I, End),
        reached: Reached,
        zones: &Zones,
    ) -> Result<Self, Fault> {
        let Reached { at, left, run } = reached;
        let addr = (at & 0xFFFF_FFFF) as u32;
        let mut list = Self { entries, end, addr, left, run, owed: 0 };
        if left == 0 {
            list.refill(zones)?;
        }
        Ok(list)
    }

    #[inline]
    fn refill(&mut self, zones: &Zones) -> Result<(), Fault> {
        let Some(entry) = self.entries.next() else {
            return if self.owed != 0 { Err(self.shared()) } else { Ok(()) };
        };
        if cfg!(feature = "small") || !zones.clear(entry) {
            zones.check(self.end, entry)?;
        }
        let addr = entry.addr.get();
        if self.owed != 0 {
            self.pay(entry)?;
        }
        if addr != self.addr {
            self.run = addr;
        }
        self.addr = addr;
        self.left = entry.len;
        Ok(())
    }

    /// What is owed, as far as it is the next entry's.
    #[cold]
    fn pay(&mut self, next: BusSegment) -> Result<(), Fault> {
        if next.addr.get() != self.addr {
            return Err(self.shared());
        }
        self.owed = self.owed.saturating_sub(next.len);
        Ok(())
    }

    /// The line that the run ends in belongs to others too.
    #[cold]
    fn shared(&self) -> Fault {
        Fault::Line { destination: BusAddr::new(self.addr), len: self.owed }
    }
}

impl<I: Iterator<Item = BusSegment>> Walk for List<I> {
    const FIXED: bool = false;

    #[inline]
    fn addr(&self) -> u32 {
        self.addr
    }

    #[inline]
    fn left(&self) -> u32 {
        self.left
    }

    #[inline]
    fn advance(&mut self, len: u32, zones: &Zones) -> Result<(), Fault> {
        self.addr = self.addr.wrapping_add(len);
        self.left = self.left.wrapping_sub(len);
        if self.left == 0 { self.refill(zones) } else { Ok(()) }
    }

    fn take(&mut self, at: u32, len: u32, zones: &Zones) -> Result<(), Fault> {
        let (mut at, mut len) = (at, len);
        loop {
            let found = BusAddr::new(at);
            if self.left == 0 {
                return Err(Fault::Past { end: self.end, found });
            }
            if at != self.addr {
                let expected = BusAddr::new(self.addr);
                return Err(Fault::Order { end: self.end, found, expected });
            }
            let step = len.min(self.left);
            self.advance(step, zones)?;
            at = at.wrapping_add(step);
            len = len.wrapping_sub(step);
            if len == 0 {
                return Ok(());
            }
            if at == 0 {
                // The top of the bus leads nowhere.
                return Err(Fault::Past { end: self.end, found });
            }
        }
    }

    fn take_lines(&mut self, at: u32, len: u32, zones: &Zones) -> Result<(), Fault> {
        let before = at & zones.line_mask;
        if before > at.wrapping_sub(self.run) {
            return Err(Fault::Line { destination: BusAddr::new(at), len });
        }
        let after = at.wrapping_add(len).wrapping_neg() & zones.line_mask;
        // All but the last byte, so that no new entry is begun before it is known what this one owes.
        if len > 1 {
            self.take(at, len - 1, zones)?;
        }
        self.owed = self.owed.max(after.saturating_sub(self.left.saturating_sub(1)));
        self.take(at.wrapping_add(len - 1), 1, zones)
    }
}

/// One address again and again.
pub(super) struct Fixed(pub(super) u32);

impl Walk for Fixed {
    const FIXED: bool = true;

    #[inline]
    fn addr(&self) -> u32 {
        self.0
    }

    #[inline]
    fn left(&self) -> u32 {
        u32::MAX
    }

    #[inline]
    fn advance(&mut self, _: u32, _: &Zones) -> Result<(), Fault> {
        Ok(())
    }

    fn take(&mut self, at: u32, _: u32, _: &Zones) -> Result<(), Fault> {
        if at == self.0 {
            return Ok(());
        }
        // Only sources reach this: a destination that stands still is compared before.
        let (found, expected) = (BusAddr::new(at), BusAddr::new(self.0));
        Err(Fault::Order { end: End::Source, found, expected })
    }

    fn take_lines(&mut self, at: u32, len: u32, zones: &Zones) -> Result<(), Fault> {
        self.take(at, len, zones).map_err(|fault| match fault {
            Fault::Order { found, expected, .. } => {
                Fault::Order { end: End::Destination, found, expected }
            }
            other => other,
        })
    }
}
