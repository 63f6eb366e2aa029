//! Tables that grow, and tables that own what they name.

use alloc::vec::Vec;

use crate::buffer::{EntryList, Exclusive, LineBuffer, Mode, Owned};
use crate::coherence::CoherentBuffer;
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
        self.push_owned(buffer)
    }

    /// Appends coherent memory that the table owns from now on, and gives back to its pool if nobody asks for it
    /// [back](Self::into_coherent): what a ring needs that is [submitted](crate::channel::Channel::submit) and looked at
    /// under the engine.
    ///
    /// # Errors
    /// With the buffer back: as [`push`](Self::push).
    pub fn push_coherent(
        &mut self,
        buffer: CoherentBuffer<'static>,
    ) -> Result<(), Rejected<TableError, CoherentBuffer<'static>>> {
        self.push_owned(buffer)
    }

    fn push_owned<B: Owned>(&mut self, buffer: B) -> Result<(), Rejected<TableError, B>> {
        match self.check_entry(buffer.place().len(), B::MEMORY) {
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
    /// With the table: a table that was split off it has a part of one of the buffers, or they are
    /// [coherent](Self::into_coherent).
    pub fn into_buffers(mut self) -> Result<Vec<LineBuffer>, Self> {
        self.list.take_buffers().ok_or(self)
    }

    /// The same of owned coherent memory.
    ///
    /// # Errors
    /// With the table: a table that was split off it has a part of one of the buffers, or they are not coherent.
    pub fn into_coherent(mut self) -> Result<Vec<CoherentBuffer<'static>>, Self> {
        self.list.take_buffers().ok_or(self)
    }
}
