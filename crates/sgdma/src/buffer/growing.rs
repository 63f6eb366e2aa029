//! What a list has on the heap: more entries, and the buffers it owns.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::slice;

use super::entry::{Entry, NoRoom};
use super::owner::{Owned, Owner};

/// How many entries one piece of a growing list holds: a page of them (Linux: `SG_MAX_SINGLE_ALLOC`).
pub const ENTRIES_PER_PIECE: usize = 4096 / size_of::<Entry>();

/// One piece of the chain.
pub(super) type Chunk = Vec<Entry>;

/// The pieces one by one.
pub(super) type Pieces<'a> = slice::Iter<'a, Chunk>;
pub(super) type PiecesMut<'a> = slice::IterMut<'a, Chunk>;

#[inline]
pub(super) fn pieces(chunks: &[Chunk]) -> Pieces<'_> {
    chunks.iter()
}

#[inline]
pub(super) fn pieces_mut(chunks: &mut [Chunk]) -> PiecesMut<'_> {
    chunks.iter_mut()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    Fixed,
    Growing,
}

/// The chained pieces, and the owned buffers the entries point into.
pub(super) struct Growth {
    chunks: Vec<Chunk>,
    owners: Vec<Arc<Owner>>,
    policy: Policy,
}

impl Growth {
    pub(super) const FIXED: Self =
        Self { chunks: Vec::new(), owners: Vec::new(), policy: Policy::Fixed };
    pub(super) const GROWING: Self =
        Self { chunks: Vec::new(), owners: Vec::new(), policy: Policy::Growing };

    pub(super) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    pub(super) fn chunks_mut(&mut self) -> &mut [Chunk] {
        &mut self.chunks
    }

    pub(super) fn push(&mut self, entry: Entry) -> Result<(), NoRoom> {
        if self.policy == Policy::Fixed {
            return Err(NoRoom::Full);
        }
        if self.chunks.last().is_none_or(|last| last.len() >= ENTRIES_PER_PIECE) {
            self.chunks.try_reserve(1).map_err(|_| NoRoom::OutOfMemory)?;
            self.chunks.push(Vec::new());
        }
        let Some(last) = self.chunks.last_mut() else { return Err(NoRoom::OutOfMemory) };
        make_room(last)?;
        last.push(entry);
        Ok(())
    }

    /// Drops the entries past the first `keep`.
    pub(super) fn truncate(&mut self, mut keep: usize) {
        for chunk in &mut self.chunks {
            chunk.truncate(keep);
            keep -= chunk.len();
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
    }

    /// Whether [`take`](Self::take) links the other's pieces, so that their entries need no copying.
    pub(super) fn can_take_chunks(&self) -> bool {
        self.policy == Policy::Growing
    }

    /// Hangs the other's pieces behind the own ones (`sg_chain`) where this may grow, and takes its owners, but for
    /// those that both have: they were one list once.
    pub(super) fn take(&mut self, other: &mut Self) -> Result<(), NoRoom> {
        self.owners.try_reserve(other.owners.len()).map_err(|_| NoRoom::OutOfMemory)?;
        if self.can_take_chunks() {
            self.chunks.try_reserve(other.chunks.len()).map_err(|_| NoRoom::OutOfMemory)?;
            self.chunks.append(&mut other.chunks);
        }
        other.owners.retain(|owner| !self.shares(owner));
        self.owners.append(&mut other.owners);
        Ok(())
    }

    fn shares(&self, owner: &Arc<Owner>) -> bool {
        // Most have one owner, and then nobody needs to look for it.
        Arc::strong_count(owner) > 1 && self.owners.iter().any(|mine| Arc::ptr_eq(mine, owner))
    }

    /// Keeps alive what the other keeps alive of these entries of its; of a list that kept nothing.
    pub(super) fn share_owners<'a>(
        &mut self,
        other: &Self,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Result<(), NoRoom> {
        let mut last = 0;
        for entry in entries {
            let Some((at, owner)) = other.owner_of(entry, last) else { continue };
            last = at;
            if !self.shares(owner) {
                self.owners.try_reserve(1).map_err(|_| NoRoom::OutOfMemory)?;
                self.owners.push(Arc::clone(owner));
            }
        }
        Ok(())
    }

    /// Whose memory an entry is, if it is owned. The search begins at `from`, as owners mostly come in the order of entries.
    fn owner_of(&self, entry: &Entry, from: usize) -> Option<(usize, &Arc<Owner>)> {
        let owners = || self.owners.iter().enumerate();
        owners().skip(from).chain(owners().take(from)).find(|(_, owner)| owner.holds(entry))
    }

    /// Leaves to others what none of the entries lies in, `head` and those here.
    pub(super) fn leave_owners(&mut self, head: &[Entry]) {
        let Self { chunks, owners, .. } = self;
        let entries = || head.iter().chain(chunks.iter().flatten());
        owners.retain(|owner| {
            Arc::strong_count(owner) == 1 || entries().any(|entry| owner.holds(entry))
        });
    }

    pub(super) fn drop_owners(&mut self) {
        self.owners.clear();
    }

    pub(super) fn owns_buffers(&self) -> bool {
        !self.owners.is_empty()
    }

    /// Makes room for one more owner, so that [`own`](Self::own) cannot fail.
    pub(super) fn reserve_owner(&mut self) -> Result<(), NoRoom> {
        self.owners.try_reserve(1).map_err(|_| NoRoom::OutOfMemory)
    }

    pub(super) fn own(&mut self, buffer: impl Owned) {
        self.owners.push(Arc::new(buffer.into()));
    }

    /// The owned buffers, where all are such and no other list shares one of them.
    pub(super) fn take_buffers<B: Owned>(&mut self) -> Option<Vec<B>> {
        let mine =
            |owner: &Arc<Owner>| Arc::strong_count(owner) == 1 && owner.memory() == B::MEMORY;
        if !self.owners.iter().all(mine) {
            return None;
        }
        let owners = core::mem::take(&mut self.owners);
        Some(owners.into_iter().filter_map(Arc::into_inner).filter_map(B::of).collect())
    }
}

/// Room for one more: twice as many, up to a page of them.
fn make_room(chunk: &mut Chunk) -> Result<(), NoRoom> {
    if chunk.len() < chunk.capacity() {
        return Ok(());
    }
    let goal = (chunk.len() * 2).clamp(4, ENTRIES_PER_PIECE);
    chunk.try_reserve_exact(goal - chunk.len()).map_err(|_| NoRoom::OutOfMemory)
}
