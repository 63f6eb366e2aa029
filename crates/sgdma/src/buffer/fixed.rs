//! What a list has on the heap where there is none: nothing.

use super::list::{Entry, NoRoom};

/// One piece of the chain.
pub(super) type Chunk = [Entry; 0];

/// The chained pieces: none.
pub(super) struct Growth;

impl Growth {
    pub(super) const FIXED: Self = Self;

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn chunks(&self) -> &[Chunk] {
        &[]
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn chunks_mut(&mut self) -> &mut [Chunk] {
        &mut []
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn push(&mut self, _: Entry) -> Result<(), NoRoom> {
        Err(NoRoom::Full)
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn truncate(&mut self, _: usize) {}

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn can_take_chunks(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn take(&mut self, _: &mut Self) -> Result<(), NoRoom> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn share_owners(&mut self, _: &Self) -> Result<(), NoRoom> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn drop_owners(&mut self) {}

    #[expect(clippy::unused_self, reason = "has the shape of the growing one")]
    pub(super) fn owns_buffers(&self) -> bool {
        false
    }
}
