//! One iterator over the entries that hides the chaining (`for_each_sg`), and what is made of it.

use core::slice;

use crate::address::CpuSpan;
use crate::segment::BusSegment;
use crate::segment::list::sealed::List;

use super::entry::Entry;
use super::growth::{Chunk, Pieces, PiecesMut, pieces, pieces_mut};

/// The entries in order.
#[derive(Clone, Debug)]
pub(crate) struct Iter<'a> {
    head: slice::Iter<'a, Entry>,
    chain: Pieces<'a>,
}

impl<'a> Iter<'a> {
    pub(super) fn new(head: &'a [Entry], chain: &'a [Chunk]) -> Self {
        Self { head: head.iter(), chain: pieces(chain) }
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Entry;

    #[inline]
    fn next(&mut self) -> Option<&'a Entry> {
        if let Some(entry) = self.head.next() {
            return Some(entry);
        }
        let (entry, next) = next_piece(self.chain.clone());
        *self = next;
        entry
    }

    // Piece by piece: what goes through all entries has a loop of its own for each.
    #[inline]
    fn fold<B, F: FnMut(B, &'a Entry) -> B>(self, init: B, mut f: F) -> B {
        let mut acc = self.head.fold(init, &mut f);
        for piece in self.chain {
            acc = piece.iter().fold(acc, &mut f);
        }
        acc
    }
}

/// The first entry of the next piece that has any. By value, so that the caller keeps its place in registers.
#[cold]
fn next_piece(mut chain: Pieces<'_>) -> (Option<&Entry>, Iter<'_>) {
    for piece in chain.by_ref() {
        let mut head = piece.iter();
        if let Some(entry) = head.next() {
            return (Some(entry), Iter { head, chain });
        }
    }
    (None, Iter { head: [].iter(), chain })
}

/// Where entries are for the CPU, one by one: those of one piece of a list, which lie side by side.
#[derive(Clone, Debug)]
pub struct Spans<'a>(slice::Iter<'a, Entry>);

impl<'a> Spans<'a> {
    pub(super) fn of(piece: &'a [Entry]) -> Self {
        Self(piece.iter())
    }
}

impl Iterator for Spans<'_> {
    type Item = CpuSpan;

    #[inline]
    fn next(&mut self) -> Option<CpuSpan> {
        self.0.next().map(Entry::span)
    }
}

/// The entries in order, for writing.
#[derive(Debug)]
pub(super) struct IterMut<'a> {
    head: slice::IterMut<'a, Entry>,
    chain: PiecesMut<'a>,
}

impl<'a> IterMut<'a> {
    pub(super) fn new(head: &'a mut [Entry], chain: &'a mut [Chunk]) -> Self {
        Self { head: head.iter_mut(), chain: pieces_mut(chain) }
    }
}

impl<'a> Iterator for IterMut<'a> {
    type Item = &'a mut Entry;

    #[inline]
    fn next(&mut self) -> Option<&'a mut Entry> {
        loop {
            if let Some(entry) = self.head.next() {
                return Some(entry);
            }
            self.head = self.chain.next()?.iter_mut();
        }
    }
}

/// The segments on the bus, in order: a few instructions each.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    entries: Iter<'a>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(entries: Iter<'a>) -> Self {
        Self { entries }
    }
}

impl Iterator for Segments<'_> {
    type Item = BusSegment;

    #[inline]
    fn next(&mut self) -> Option<BusSegment> {
        loop {
            // One loop over the entries at hand, so that it stays a few instructions.
            if let Some(entry) = self.entries.head.find(|entry| entry.bus.len != 0) {
                return Some(entry.bus);
            }
            self.entries.head = self.entries.chain.next()?.iter();
        }
    }
}

impl List for Segments<'_> {
    type Cell = Entry;

    #[inline]
    fn cells(&self) -> &[Entry] {
        self.entries.head.as_slice()
    }

    #[inline]
    fn pass(&mut self, count: usize) {
        self.entries.head = self.entries.head.as_slice().get(count..).unwrap_or_default().iter();
        if self.entries.head.as_slice().is_empty()
            && let Some(piece) = self.entries.chain.next()
        {
            self.entries.head = piece.iter();
        }
    }

    #[inline]
    fn ends(&self) -> bool {
        self.entries.chain.len() == 0
    }

    #[inline]
    fn next_segment(&mut self) -> Option<BusSegment> {
        self.next()
    }
}

/// The bytes, entry by entry.
#[derive(Clone, Debug)]
pub struct Slices<'a> {
    entries: Iter<'a>,
}

impl<'a> Slices<'a> {
    /// # Safety
    /// The memory of each entry is valid for reads, and not written, for `'a`.
    pub(super) unsafe fn new(entries: Iter<'a>) -> Self {
        Self { entries }
    }
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let entry = self.entries.next()?;
        // SAFETY: promised to `new`.
        Some(unsafe { slice::from_raw_parts(entry.start, entry.len) })
    }
}

/// The bytes, entry by entry, for writing.
#[derive(Debug)]
pub struct SlicesMut<'a> {
    entries: IterMut<'a>,
}

impl<'a> SlicesMut<'a> {
    /// # Safety
    /// The memory of each entry is valid for reads and writes for `'a`, apart from every other entry's, and named by
    /// nothing else.
    pub(super) unsafe fn new(entries: IterMut<'a>) -> Self {
        Self { entries }
    }
}

impl<'a> Iterator for SlicesMut<'a> {
    type Item = &'a mut [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a mut [u8]> {
        let entry = self.entries.next()?;
        // SAFETY: promised to `new`; the iterator gives each entry once.
        Some(unsafe { slice::from_raw_parts_mut(entry.start, entry.len) })
    }
}

/// The entries in order, with the bytes of each for writing.
#[derive(Debug)]
pub(crate) struct Writables<'a> {
    entries: IterMut<'a>,
}

impl<'a> Writables<'a> {
    /// # Safety
    /// As for [`SlicesMut::new`], whenever [`Writable::bytes_mut`] is called.
    pub(super) unsafe fn new(entries: IterMut<'a>) -> Self {
        Self { entries }
    }
}

impl<'a> Iterator for Writables<'a> {
    type Item = Writable<'a>;

    fn next(&mut self) -> Option<Writable<'a>> {
        self.entries.next().map(Writable)
    }
}

/// An entry whose bytes may be written. Holds no reference to them in between.
#[derive(Debug)]
pub(crate) struct Writable<'a>(&'a mut Entry);

impl Writable<'_> {
    pub(crate) fn entry(&self) -> &Entry {
        self.0
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: promised to `Writables::new`; the entry is borrowed exclusively for as long as the slice.
        unsafe { slice::from_raw_parts_mut(self.0.start, self.0.len) }
    }
}
