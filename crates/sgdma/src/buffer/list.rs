//! The entries, in caller-given storage and, with `alloc`, in chained pieces behind it.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::segment::BusSegment;

use super::entry::{Entry, NoRoom};
use super::growth::Growth;
use super::iter::{Iter, IterMut, Segments, Slices, SlicesMut, Spans, Writables};
#[cfg(feature = "alloc")]
use super::owner::Owned;
use super::piece::{Exclusive, Memory, Mode, Origin, Piece};

mod cut;

/// The entries of a table: first the caller's storage, then what has grown.
pub(crate) struct EntryList<'buf, A: Mode> {
    first: &'buf mut [Entry],
    used: usize,
    grown: Growth,
    nents: usize,
    total: usize,
    memory: Option<Memory>,
    /// Some entry is memory that its lender gets back, whatever becomes of this list.
    borrowed: bool,
    /// The borrow that the last entry was cut from: its neighbour of the same borrow may be merged with it.
    tail: Option<Origin>,
    lent: PhantomData<(&'buf mut [u8], A)>,
}

impl<'buf, A: Mode> EntryList<'buf, A> {
    fn with(first: &'buf mut [Entry], grown: Growth) -> Self {
        Self {
            first,
            used: 0,
            grown,
            nents: 0,
            total: 0,
            memory: None,
            borrowed: false,
            tail: None,
            lent: PhantomData,
        }
    }

    pub(crate) fn fixed(storage: &'buf mut [Entry]) -> Self {
        Self::with(storage, Growth::FIXED)
    }

    pub(crate) fn nents(&self) -> usize {
        self.nents
    }

    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn capacity(&self) -> usize {
        self.first.len()
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        self.memory
    }

    /// Whether somebody else gets some of the memory when `'buf` ends, even if this list is forgotten.
    #[inline]
    pub(crate) fn is_borrowed(&self) -> bool {
        self.borrowed
    }

    /// Notes that it is for a cache with lines of so many bytes.
    pub(crate) fn suit_lines_of(&mut self, line: usize) {
        self.memory = self.memory.map(|memory| memory.under(line));
    }

    pub(crate) fn owns_buffers(&self) -> bool {
        self.grown.owns_buffers()
    }

    fn push_entry(&mut self, entry: Entry) -> Result<(), NoRoom> {
        match self.first.get_mut(self.used) {
            Some(slot) if self.grown.chunks().is_empty() => {
                *slot = entry;
                self.used += 1;
            }
            _ => self.grown.push(entry)?,
        }
        self.nents += 1;
        self.total += entry.len;
        Ok(())
    }

    /// Appends an entry. The caller has checked that `total` will not overflow and that `memory` goes with the rest.
    pub(crate) fn push(
        &mut self,
        piece: Piece<'buf, A>,
        memory: Memory,
    ) -> Result<(), (NoRoom, Piece<'buf, A>)> {
        let entry =
            Entry { start: piece.start().as_ptr(), len: piece.len(), bus: BusSegment::default() };
        if let Err(no_room) = self.push_entry(entry) {
            return Err((no_room, piece));
        }
        self.memory = Some(memory);
        self.borrowed = true;
        self.tail = Some(piece.origin());
        Ok(())
    }

    /// Whether `piece` continues the last entry: it begins where that ends, and one borrow holds both.
    pub(crate) fn continues(&self, piece: &Piece<'buf, A>) -> bool {
        let last = self.last();
        self.tail == Some(piece.origin())
            && last.is_some_and(|last| last.start.wrapping_add(last.len) == piece.start().as_ptr())
    }

    /// Lengthens the last entry by a piece that [continues](Self::continues) it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the entry now names the memory: the piece is used up"
    )]
    pub(crate) fn extend_last(&mut self, piece: Piece<'buf, A>, memory: Memory) {
        debug_assert!(self.continues(&piece), "one pointer reaches one borrow only");
        if let Some(last) = self.last_mut() {
            last.len += piece.len();
            self.total += piece.len();
            self.memory = Some(memory);
        }
    }

    fn last_mut(&mut self) -> Option<&mut Entry> {
        match self.grown.chunks_mut().last_mut() {
            Some(chunk) => chunk.last_mut(),
            None => self.first.get_mut(self.used.checked_sub(1)?),
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter::new(self.head(), self.grown.chunks())
    }

    fn iter_mut(&mut self) -> IterMut<'_> {
        let head = self.first.get_mut(..self.used).unwrap_or_default();
        IterMut::new(head, self.grown.chunks_mut())
    }

    /// The last entry.
    pub(crate) fn last(&self) -> Option<&Entry> {
        match self.grown.chunks().last() {
            Some(chunk) => chunk.last(),
            None => self.first.get(self.used.checked_sub(1)?),
        }
    }

    /// The bytes, entry by entry.
    pub(crate) fn slices(&self) -> Slices<'_> {
        // SAFETY: this list's entries are what it was given (invariants 1 and 2) and `self` is borrowed for as long.
        unsafe { Slices::new(self.iter()) }
    }

    /// The segments on the bus. Of a list that was not mapped: none, or those of the last mapping.
    #[inline]
    pub(crate) fn segments(&self) -> Segments<'_> {
        // Where all entries are in one piece, all are in the first: most lists are so, and whoever sees it has a short way.
        Segments::new(match self.grown.chunks() {
            [first, rest @ ..] if self.used == 0 => Iter::new(first, rest),
            chunks => Iter::new(self.head(), chunks),
        })
    }

    /// Where the only entry is on the bus, if there is just one.
    #[inline]
    pub(crate) fn only(&self) -> Option<BusSegment> {
        let piece = match self.grown.chunks() {
            [chunk] if self.used == 0 => &chunk[..],
            [] => self.head(),
            _ => return None,
        };
        match piece {
            [entry] => Some(entry.bus()),
            _ => None,
        }
    }

    /// The entries, one slice for each piece of the chain: for noting where each is on the bus.
    pub(crate) fn pieces_mut(&mut self) -> impl Iterator<Item = &mut [Entry]> {
        let head = self.first.get_mut(..self.used).unwrap_or_default();
        core::iter::once(head).chain(self.grown.chunks_mut().iter_mut().map(|chunk| &mut chunk[..]))
    }

    /// Where the entries are for the CPU, piece by piece.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Spans<'_>> {
        let chunks = self.grown.chunks().iter().map(|chunk| &chunk[..]);
        core::iter::once(self.head()).chain(chunks).map(Spans::of)
    }

    /// Replaces entry `n`. Gives back what was there, unless it may be part of an owned buffer; `Err` where there is no
    /// entry `n`.
    pub(crate) fn replace(
        &mut self,
        n: usize,
        piece: Piece<'buf, A>,
        memory: Memory,
    ) -> Result<Option<Piece<'buf, A>>, Piece<'buf, A>> {
        let last = n.checked_add(1) == Some(self.nents);
        let owned = self.owns_buffers();
        let Some(entry) = self.iter_mut().nth(n) else { return Err(piece) };
        let old = *entry;
        *entry =
            Entry { start: piece.start().as_ptr(), len: piece.len(), bus: BusSegment::default() };
        self.total = self.total - old.len + piece.len();
        self.memory = Some(memory);
        self.borrowed = true;
        if last {
            self.tail = Some(piece.origin());
        }
        if owned {
            return Ok(None);
        }
        // SAFETY: `old` was made from a piece of this list (invariant 2), and nothing names it any more.
        Ok(unsafe { old.into_piece(memory) })
    }

    /// Hands each entry's memory back; only of a list that owns no buffers.
    pub(crate) fn give_back(self, mut each: impl FnMut(Piece<'buf, A>)) -> Result<(), Self> {
        if self.owns_buffers() {
            return Err(self);
        }
        let memory = self.memory.unwrap_or(Memory::Cached);
        for entry in self.iter() {
            // SAFETY: each entry was made from a piece of this list and is taken once; the list is consumed.
            unsafe { entry.into_piece(memory) }.map(&mut each);
        }
        Ok(())
    }

    fn head(&self) -> &[Entry] {
        self.first.get(..self.used).unwrap_or_default()
    }
}

impl EntryList<'_, Exclusive> {
    /// The bytes, entry by entry, for writing.
    pub(crate) fn slices_mut(&mut self) -> SlicesMut<'_> {
        // SAFETY: as in `slices`; the entries are disjoint (invariant 2) and `self` is borrowed exclusively.
        unsafe { SlicesMut::new(self.iter_mut()) }
    }

    /// The entries, with the bytes of one at a time for writing.
    pub(crate) fn writables(&mut self) -> Writables<'_> {
        // SAFETY: as in `slices_mut`.
        unsafe { Writables::new(self.iter_mut()) }
    }
}

#[cfg(feature = "alloc")]
impl<A: Mode> EntryList<'_, A> {
    pub(crate) fn growing() -> Self {
        Self::with(&mut [], Growth::GROWING)
    }
}

#[cfg(feature = "alloc")]
impl EntryList<'_, Exclusive> {
    /// Appends a buffer that the list owns from now on.
    pub(crate) fn push_buffer<B: Owned>(
        &mut self,
        buffer: B,
        memory: Memory,
    ) -> Result<(), (NoRoom, B)> {
        let place = buffer.place();
        let (start, len) = (place.cast().as_ptr(), place.len());
        let entry = Entry { start, len, bus: BusSegment::default() };
        if let Err(no_room) = self.grown.reserve_owner().and_then(|()| self.push_entry(entry)) {
            return Err((no_room, buffer));
        }
        self.grown.own(buffer);
        (self.memory, self.tail) = (Some(memory), None);
        Ok(())
    }

    /// The owned buffers, where all are such and no other list has a part of one; the list is empty then.
    pub(crate) fn take_buffers<B: Owned>(&mut self) -> Option<Vec<B>> {
        let buffers = self.grown.take_buffers()?;
        self.clear();
        Some(buffers)
    }
}
