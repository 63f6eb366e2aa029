//! Tables that grow, and tables that own what they name.

use alloc::vec::Vec;

use crate::buffer::{EntryList, Exclusive, LineBuffer, Memory, Mode};
use crate::rejected::Rejected;

use super::{SgTable, TableError};

impl<A: Mode> SgTable<'_, A> {
    /// An empty table that grows by chained pieces of a page
    /// ([`ENTRIES_PER_PIECE`](crate::buffer::ENTRIES_PER_PIECE) entries; `sg_alloc_table`).
    pub fn growing() -> Self {
        Self::over(EntryList::growing())
    }
}

impl SgTable<'_, Exclusive> {
    /// Appends a buffer that the table owns from now on, and frees if nobody asks for it
    /// [back](Self::into_buffers).
    ///
    /// # Errors
    /// With the buffer back: as [`push`](Self::push).
    pub fn push_buffer(
        &mut self,
        buffer: LineBuffer,
    ) -> Result<(), Rejected<TableError, LineBuffer>> {
        match self.check_entry(buffer.len(), Memory::LineOwned) {
            Err(reason) => Err(Rejected::new(reason, buffer)),
            Ok(memory) => self
                .list
                .push_buffer(buffer, memory)
                .map_err(|(no_room, buffer)| Rejected::new(self.no_room(no_room), buffer)),
        }
    }

    /// The owned buffers, in the order in which they were pushed. Of memory that is not owned nothing comes back here.
    ///
    /// # Errors
    /// With the table: a table that was split off it has a part of one of the buffers.
    pub fn into_buffers(mut self) -> Result<Vec<LineBuffer>, Self> {
        match self.list.take_buffers() {
            Some(buffers) => Ok(buffers),
            None => Err(self),
        }
    }
}
