//! The table: a header over a scatterlist (`struct sg_table`).
//!
//! A table is the CPU's view of memory that need not be in one piece: pointer and length, entry by entry. What the
//! engine sees is another type, [`Mapped`](crate::map::Mapped), and there is no other way to it than
//! [`map`](SgTable::map).

use core::fmt;
use core::num::NonZeroUsize;

use crate::address::CpuSpan;
use crate::buffer::{Entry, EntryList, Exclusive, Memory, Mode, NoRoom, Piece, Shared};
use crate::rejected::Rejected;
use crate::scatterlist::{Bytes, BytesMut};

mod print;
mod split;

#[cfg(feature = "alloc")]
mod owned;
#[cfg(test)]
mod tests;

#[cfg(feature = "alloc")]
pub use split::Split;

/// Why a table refuses an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// An entry of no bytes: no engine can move it, and a list that has one ends early.
    EmptyEntry,
    /// All `capacity` entries of the storage are in use.
    Full {
        /// How many entries the storage has.
        capacity: usize,
    },
    /// The heap has no room for more entries.
    OutOfMemory,
    /// The total length would not fit a `usize`.
    TooLong,
    /// Cached and coherent memory do not go into one table.
    MixedMemory {
        /// What the table is of.
        table: Memory,
        /// What the entry is of.
        entry: Memory,
    },
    /// There is no entry of this index.
    NoSuchEntry {
        /// The index asked for.
        index: usize,
        /// How many entries there are.
        nents: usize,
    },
    /// The table ends before this many bytes.
    TooShort {
        /// How many bytes were asked for.
        wanted: usize,
        /// How many there are.
        total: usize,
    },
    /// The table that was to take the rest is not empty.
    NotEmpty {
        /// How many entries it has.
        nents: usize,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyEntry => f.write_str("an entry of 0 bytes; leave it out"),
            Self::Full { capacity } => {
                write!(f, "all {capacity} entries of the table are in use; give it more storage")
            }
            Self::OutOfMemory => f.write_str("the heap has no room for another entry"),
            Self::TooLong => f.write_str("the table's total length would not fit an address"),
            Self::MixedMemory { table, entry } => {
                write!(f, "a {entry} entry in a {table} table; use a table for each")
            }
            Self::NoSuchEntry { index, nents } => {
                write!(f, "no entry {index}; the table has {nents}")
            }
            Self::TooShort { wanted, total } => {
                write!(f, "{wanted} bytes wanted of a table of {total}")
            }
            Self::NotEmpty { nents } => {
                write!(f, "the table for the rest has {nents} entries already")
            }
        }
    }
}

impl core::error::Error for TableError {}

/// For `?` where what was handed in may go.
impl<T> From<Rejected<Self, T>> for TableError {
    fn from(rejected: Rejected<Self, T>) -> Self {
        rejected.reason
    }
}

/// A scatterlist over memory that is lent for `'buf`: `A` is [`Shared`] for `&[u8]`, [`Exclusive`] for `&mut [u8]` and
/// for memory of its own.
///
/// ```
/// use sgdma::buffer::Entry;
/// use sgdma::sg_table::SgTable;
///
/// let (hello, world) = (*b"hello, ", *b"world");
/// let mut storage = [Entry::EMPTY; 2];
/// let mut table = SgTable::new(&mut storage);
/// table.push(&hello)?;
/// table.push(&world)?;
/// assert_eq!((table.nents(), table.total_len()), (2, 12));
///
/// let mut middle = [0; 5];
/// assert_eq!(table.bytes().pcopy_to_buffer(4, &mut middle), 5);
/// assert_eq!(&middle, b"o, wo");
/// # Ok::<(), sgdma::sg_table::TableError>(())
/// ```
pub struct SgTable<'buf, A: Mode> {
    list: EntryList<'buf, A>,
}

/// One entry as the CPU sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryInfo {
    /// Which one, from 0.
    pub index: usize,
    /// How many bytes of the table are before it.
    pub offset: usize,
    /// Where it is and how long.
    pub span: CpuSpan,
}

impl<'buf, A: Mode> SgTable<'buf, A> {
    /// An empty table over caller-given storage, one [`Entry`] for each entry to come (`sg_init_table`).
    pub fn new(storage: &'buf mut [Entry]) -> Self {
        Self::over(EntryList::fixed(storage))
    }

    /// A table of one entry (`sg_init_one`).
    ///
    /// # Errors
    /// With the piece back: it is empty.
    pub fn one(
        storage: &'buf mut [Entry; 1],
        piece: impl Into<Piece<'buf, A>>,
    ) -> Result<Self, Rejected<TableError, Piece<'buf, A>>> {
        let mut table = Self::new(storage);
        table.push(piece).map(|()| table)
    }

    pub(crate) fn over(list: EntryList<'buf, A>) -> Self {
        Self { list }
    }

    pub(crate) fn into_list(self) -> EntryList<'buf, A> {
        self.list
    }

    /// Appends an entry, also where it continues the last one. (`sg_set_buf` on the next entry.)
    ///
    /// # Errors
    /// With the piece back: it is empty, there is no room, or its memory does not go with the table's.
    pub fn push(
        &mut self,
        piece: impl Into<Piece<'buf, A>>,
    ) -> Result<(), Rejected<TableError, Piece<'buf, A>>> {
        let piece = piece.into();
        match self.check(&piece) {
            Err(reason) => Err(Rejected::new(reason, piece)),
            Ok(memory) => self
                .list
                .push(piece, memory)
                .map_err(|(no_room, piece)| Rejected::new(self.no_room(no_room), piece)),
        }
    }

    /// Appends a piece; where it continues the last entry, that one grows (`sg_alloc_append_table_from_pages`).
    ///
    /// A piece continues another if it begins where that ends and both were [cut](Piece::split_at) from one borrow:
    /// two borrows that happen to touch are not one memory for the compiler. On the bus they are: [`map`](Self::map)
    /// merges them.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn append(
        &mut self,
        piece: impl Into<Piece<'buf, A>>,
    ) -> Result<(), Rejected<TableError, Piece<'buf, A>>> {
        let piece = piece.into();
        match self.check(&piece) {
            Ok(memory) if self.list.continues(&piece) => {
                self.list.extend_last(piece, memory);
                Ok(())
            }
            _ => self.push(piece),
        }
    }

    /// Appends pieces, merged where they continue each other and cut so that no entry is longer than `max_segment`
    /// bytes; that may be less than a page (`sg_alloc_table_from_pages_segment`).
    ///
    /// # Errors
    /// With the piece that found no room, or what is left of it; those before it are in the table, those after it still
    /// in `pieces`.
    pub fn append_pieces(
        &mut self,
        pieces: &mut impl Iterator<Item = Piece<'buf, A>>,
        max_segment: NonZeroUsize,
    ) -> Result<(), Rejected<TableError, Piece<'buf, A>>> {
        for piece in pieces {
            let mut rest = piece;
            loop {
                let last = if self.list.continues(&rest) {
                    self.list.last().map(Entry::len)
                } else {
                    None
                };
                let room = max_segment.get().saturating_sub(last.unwrap_or(max_segment.get()));
                let (part, after) = rest.split_at(if room == 0 { max_segment.get() } else { room });
                if room == 0 { self.push(part) } else { self.append(part) }?;
                if after.is_empty() {
                    break;
                }
                rest = after;
            }
        }
        Ok(())
    }

    /// Replaces entry `index` (`sg_set_page`, `sg_set_buf`). Gives the old one back, but not if the table owns buffers:
    /// then it may be a part of one.
    ///
    /// # Errors
    /// With the piece back: as [`push`](Self::push), or there is no such entry.
    pub fn set(
        &mut self,
        index: usize,
        piece: impl Into<Piece<'buf, A>>,
    ) -> Result<Option<Piece<'buf, A>>, Rejected<TableError, Piece<'buf, A>>> {
        let piece = piece.into();
        let nents = self.nents();
        match self.check(&piece) {
            Err(reason) => Err(Rejected::new(reason, piece)),
            Ok(memory) => self
                .list
                .replace(index, piece, memory)
                .map_err(|piece| Rejected::new(TableError::NoSuchEntry { index, nents }, piece)),
        }
    }

    /// Hangs another table behind this one (`sg_chain`). Pieces of a growing table are linked, not copied.
    ///
    /// # Errors
    /// With the other table back: there is no room, or its memory does not go with this table's.
    pub fn chain(&mut self, other: Self) -> Result<(), Rejected<TableError, Self>> {
        let Some(entry) = other.list.memory() else { return Ok(()) };
        let table = self.list.memory().unwrap_or(entry);
        let joined = table.joined(entry).ok_or(TableError::MixedMemory { table, entry });
        let fits = self.total_len().checked_add(other.total_len()).ok_or(TableError::TooLong);
        match joined.and_then(|memory| fits.map(|_| memory)) {
            Err(reason) => Err(Rejected::new(reason, other)),
            Ok(memory) => self
                .list
                .chain(other.list, memory)
                .map_err(|(no_room, list)| Rejected::new(self.no_room(no_room), Self::over(list))),
        }
    }

    /// How many entries there are (`orig_nents`).
    pub fn nents(&self) -> usize {
        self.list.nents()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nents() == 0
    }

    /// How many entries hold the first `len` bytes (`sg_nents_for_len`).
    ///
    /// # Errors
    /// The table is shorter than that.
    pub fn nents_for_len(&self, len: usize) -> Result<usize, TableError> {
        if len > self.total_len() {
            return Err(TableError::TooShort { wanted: len, total: self.total_len() });
        }
        Ok(self.entries().take_while(|entry| entry.offset < len).count())
    }

    /// The sum of all lengths in bytes.
    pub fn total_len(&self) -> usize {
        self.list.total()
    }

    /// What the cache has to do with the table's memory; [`Memory::Cached`] for an empty table.
    pub fn memory(&self) -> Memory {
        self.list.memory().unwrap_or(Memory::Cached)
    }

    /// The entries in order, whichever piece of the chain holds them (`sg_next`, `for_each_sgtable_sg`).
    pub fn entries(&self) -> impl Iterator<Item = EntryInfo> + Clone + '_ {
        let mut offset = 0;
        self.list.iter().enumerate().map(move |(index, entry)| {
            let info = EntryInfo { index, offset, span: entry.span() };
            offset += entry.len();
            info
        })
    }

    /// Entry `index`.
    pub fn nth(&self, index: usize) -> Option<EntryInfo> {
        self.entries().nth(index)
    }

    /// The last entry (`sg_last`).
    pub fn last(&self) -> Option<EntryInfo> {
        let entry = self.list.last()?;
        Some(EntryInfo {
            index: self.nents().checked_sub(1)?,
            offset: self.total_len() - entry.len(),
            span: entry.span(),
        })
    }

    /// The bytes, for reading.
    pub fn bytes(&self) -> Bytes<'_> {
        Bytes::new(self.list.slices())
    }

    /// Two entries of this table that share a byte, by index. In an exclusive table there are none. Needs no memory and
    /// time by the square of the entries.
    pub fn overlap(&self) -> Option<(usize, usize)> {
        self.entries().find_map(|a| {
            let after = self.entries().skip(a.index + 1);
            after.filter(|b| a.span.overlaps(b.span)).map(|b| (a.index, b.index)).next()
        })
    }

    /// An entry of this table and one of `other` that share a byte, by index.
    pub fn overlap_with<B: Mode>(&self, other: &SgTable<'_, B>) -> Option<(usize, usize)> {
        self.entries().find_map(|a| {
            other.entries().find(|b| a.span.overlaps(b.span)).map(|b| (a.index, b.index))
        })
    }

    /// What the table is of once `piece` is in it.
    fn check(&self, piece: &Piece<'buf, A>) -> Result<Memory, TableError> {
        self.check_entry(piece.len(), piece.memory())
    }

    fn check_entry(&self, len: usize, entry: Memory) -> Result<Memory, TableError> {
        if len == 0 {
            return Err(TableError::EmptyEntry);
        }
        self.total_len().checked_add(len).ok_or(TableError::TooLong)?;
        let table = self.list.memory().unwrap_or(entry);
        table.joined(entry).ok_or(TableError::MixedMemory { table, entry })
    }

    fn no_room(&self, no_room: NoRoom) -> TableError {
        match no_room {
            NoRoom::Full => TableError::Full { capacity: self.list.capacity() },
            NoRoom::OutOfMemory => TableError::OutOfMemory,
        }
    }
}

impl<'buf> SgTable<'buf, Exclusive> {
    /// The bytes, for writing.
    pub fn bytes_mut(&mut self) -> BytesMut<'_> {
        BytesMut::new(self.list.slices_mut())
    }

    /// Hands the memory of each entry back, in order. Pieces that were merged come back as one.
    ///
    /// # Errors
    /// With the table: it owns buffers, which come back by `into_buffers`.
    pub fn into_slices(self, mut each: impl FnMut(&'buf mut [u8])) -> Result<(), Self> {
        self.list.give_back(|piece| each(piece.into_slice())).map_err(Self::over)
    }
}

impl<'buf> SgTable<'buf, Shared> {
    /// Hands the memory of each entry back, in order.
    pub fn into_slices(self, mut each: impl FnMut(&'buf [u8])) {
        // A shared table owns no buffers, so there is no table to get back.
        let _ = self.list.give_back(|piece| each(piece.into_slice()));
    }
}
