//! What a list has on the heap where there is none: nothing.

use core::iter::{self, Empty};

use super::entry::{Entry, NoRoom};

/// One piece of the chain.
pub(super) type Chunk = [Entry; 0];

/// The pieces one by one: so that whoever goes through them has no code for it.
pub(super) type Pieces<'a> = Empty<&'a Chunk>;
pub(super) type PiecesMut<'a> = Empty<&'a mut Chunk>;

pub(super) fn pieces(_: &[Chunk]) -> Pieces<'_> {
    iter::empty()
}

pub(super) fn pieces_mut(_: &mut [Chunk]) -> PiecesMut<'_> {
    iter::empty()
}

/// The chained pieces: none.
pub(super) struct Growth;

#[expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "has the shape of the growing one"
)]
impl Growth {
    pub(super) const FIXED: Self = Self;

    pub(super) fn chunks(&self) -> &[Chunk] {
        &[]
    }

    pub(super) fn chunks_mut(&mut self) -> &mut [Chunk] {
        &mut []
    }

    pub(super) fn push(&mut self, _: Entry) -> Result<(), NoRoom> {
        Err(NoRoom::Full)
    }

    pub(super) fn truncate(&mut self, _: usize) {}

    pub(super) fn can_take_chunks(&self) -> bool {
        false
    }

    pub(super) fn take(&mut self, _: &mut Self) -> Result<(), NoRoom> {
        Ok(())
    }

    pub(super) fn share_owners<'a>(
        &mut self,
        _: &Self,
        _: impl Iterator<Item = &'a Entry>,
    ) -> Result<(), NoRoom> {
        Ok(())
    }

    pub(super) fn leave_owners(&mut self, _: &[Entry]) {}

    pub(super) fn drop_owners(&mut self) {}

    pub(super) fn owns_buffers(&self) -> bool {
        false
    }
}
