//! Cutting a list, and hanging one behind another.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::super::entry::{Entry, NoRoom};
use super::super::growth::Growth;
use super::super::iter::Iter;
use super::super::piece::{Memory, Mode};
use super::EntryList;

impl<A: Mode> EntryList<'_, A> {
    /// Moves what lies behind the first `at` bytes to `rest`, which is empty. An entry is cut where `at` lies inside it. On an
    /// error both lists are as they were.
    pub(crate) fn split_off(&mut self, at: usize, rest: &mut Self) -> Result<(), NoRoom> {
        self.copy_out(at, self.total, rest)?;
        self.keep(at);
        Ok(())
    }

    /// Moves what lies behind the first `at` bytes to lists of their own, one for each length and one for what lies behind
    /// them; there are as many bytes. On an error the list is as it was.
    #[cfg(feature = "alloc")]
    pub(crate) fn split<T>(
        &mut self,
        at: usize,
        lengths: &[usize],
        each: impl Fn(Self) -> T,
    ) -> Result<(Vec<T>, T), NoRoom> {
        let mut parts = Vec::new();
        parts.try_reserve_exact(lengths.len()).map_err(|_| NoRoom::OutOfMemory)?;
        let mut from = at;
        for length in lengths {
            let mut part = Self::growing();
            self.copy_out(from, from + length, &mut part)?;
            parts.push(each(part));
            from += length;
        }
        let mut rest = Self::growing();
        self.copy_out(from, self.total, &mut rest)?;
        self.keep(at);
        Ok((parts, each(rest)))
    }

    /// Fills `part`, which is empty, with the bytes `from .. to`. They are in both lists then: whoever calls this cuts them
    /// off here, or gives the part up. On an error it is empty.
    fn copy_out(&self, from: usize, to: usize, part: &mut Self) -> Result<(), NoRoom> {
        if from >= to {
            return Ok(());
        }
        let (first, last) = (Cut::at(self.iter(), from), Cut::at(self.iter(), to));
        let entries = || self.iter().skip(first.whole);
        let copied = part.copy_from(entries(), first.inside, to - from);
        let nents = part.nents;
        let shared =
            copied.and_then(|()| part.grown.share_owners(&self.grown, entries().take(nents)));
        if let Err(no_room) = shared {
            part.clear();
            return Err(no_room);
        }
        part.memory = self.memory.map(|memory| memory.cut(first.place).cut(last.place));
        part.borrowed = self.borrowed;
        part.tail = self.tail.filter(|_| to == self.total);
        Ok(())
    }

    /// Copies `left` bytes of entries, the first one without its first `skip`.
    fn copy_from<'a>(
        &mut self,
        entries: impl Iterator<Item = &'a Entry>,
        mut skip: usize,
        mut left: usize,
    ) -> Result<(), NoRoom> {
        for entry in entries {
            let len = left.min(entry.len - skip);
            if len == 0 {
                break;
            }
            self.push_entry(Entry { start: entry.start.wrapping_add(skip), len, ..*entry })?;
            (skip, left) = (0, left - len);
        }
        Ok(())
    }

    /// Forgets what lies behind the first `at` bytes.
    fn keep(&mut self, at: usize) {
        if at >= self.total {
            return;
        }
        let cut = Cut::at(self.iter(), at);
        self.memory = self.memory.map(|memory| memory.cut(cut.place));
        self.tail = None;
        self.shorten(cut);
        self.grown.leave_owners(self.first.get(..self.used).unwrap_or_default());
    }

    /// Keeps what is before the cut. Without entries nothing is owned, either.
    fn shorten(&mut self, cut: Cut) {
        let keep = cut.whole + usize::from(cut.inside != 0);
        let in_first = keep.min(self.used);
        self.used = in_first;
        self.grown.truncate(keep - in_first);
        self.nents = keep;
        if let (Some(last), true) = (self.last_mut(), cut.inside != 0) {
            last.len = cut.inside;
        }
        self.total = cut.bytes;
        if keep == 0 {
            self.memory = None;
            self.grown.drop_owners();
        }
    }

    /// Forgets every entry.
    pub(crate) fn clear(&mut self) {
        self.shorten(Cut::default());
        self.tail = None;
    }

    /// Hangs `other` behind this list; `memory` is what both are together. On an error both are as they were.
    pub(crate) fn chain(&mut self, mut other: Self, memory: Memory) -> Result<(), (NoRoom, Self)> {
        let before = Cut { whole: self.nents, bytes: self.total, ..Cut::default() };
        let copied = other.unlinked(&self.grown).try_for_each(|entry| self.push_entry(*entry));
        let done = copied.and_then(|()| self.grown.take(&mut other.grown));
        if let Err(no_room) = done {
            self.shorten(before);
            return Err((no_room, other));
        }
        self.nents = before.whole + other.nents;
        self.total = before.bytes + other.total;
        self.memory = Some(memory);
        self.borrowed |= other.borrowed;
        self.tail = other.tail;
        Ok(())
    }

    /// The entries that have to be copied when this list is hung behind another: those whose pieces cannot be linked.
    fn unlinked(&self, before: &Growth) -> impl Iterator<Item = &Entry> + use<'_, A> {
        let chunks = if before.can_take_chunks() { &[] } else { self.grown.chunks() };
        Iter::new(self.head(), chunks)
    }
}

/// Where a list is cut: after `whole` entries and `inside` bytes of the next.
#[derive(Clone, Copy, Default)]
struct Cut {
    whole: usize,
    inside: usize,
    bytes: usize,
    /// The address where an entry is cut; 0 where none is.
    place: usize,
}

impl Cut {
    fn at(entries: Iter<'_>, at: usize) -> Self {
        let mut cut = Self { bytes: at, ..Self::default() };
        let mut left = at;
        for entry in entries {
            if left < entry.len {
                cut.inside = left;
                cut.place = if left == 0 { 0 } else { entry.start.addr() + left };
                return cut;
            }
            left -= entry.len;
            cut.whole += 1;
        }
        cut.bytes = at - left;
        cut
    }
}
