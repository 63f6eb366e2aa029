//! Bytes that the CPU puts in place because the engine could not.

use core::fmt;

use crate::buffer::{EntryList, Exclusive, Writable};

use super::Mapper;
use super::cache::{self, Located, Ownership, Walk, part_of};

/// An edge that is not in the table, or before the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeOutside {
    /// The first byte that has no place, as an offset in the table.
    pub offset: usize,
}

impl fmt::Display for EdgeOutside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the edge at offset {:#x} has no place in the destination", self.offset)
    }
}

impl core::error::Error for EdgeOutside {}

/// Writes the edges in one pass over the entries.
pub(super) fn finish<'e, C: Mapper + ?Sized>(
    list: &mut EntryList<'_, Exclusive>,
    platform: &C,
    ownership: Ownership,
    edges: impl Iterator<Item = (usize, &'e [u8])>,
) -> Result<(), EdgeOutside> {
    let mut cursor = Cursor::over(list);
    let mut finished = Ok(());
    for (mut offset, mut bytes) in edges {
        while !bytes.is_empty() && finished.is_ok() {
            match cursor.write(offset, bytes, platform, ownership) {
                Some(n) => {
                    offset += n;
                    bytes = bytes.get(n..).unwrap_or_default();
                }
                None => finished = Err(EdgeOutside { offset }),
            }
        }
    }
    platform.barrier();
    finished
}

/// Goes forward through the entries.
struct Cursor<'a, I> {
    entries: I,
    current: Option<(Writable<'a>, Located)>,
    /// The offset of the current entry.
    offset: usize,
    walk: Walk,
}

impl<'a> Cursor<'a, crate::buffer::Writables<'a>> {
    fn over(list: &'a mut EntryList<'_, Exclusive>) -> Self {
        let mut walk = Walk::default();
        let mut entries = list.writables();
        let current = entries.next().map(|entry| {
            let place = walk.step(entry.entry());
            (entry, place)
        });
        Self { entries, current, offset: 0, walk }
    }

    /// Makes the entry that holds `offset` the current one, and says where in it that is.
    fn seek(&mut self, offset: usize) -> Option<usize> {
        loop {
            let (entry, _) = self.current.as_ref()?;
            let len = entry.entry().len();
            let inside = offset.checked_sub(self.offset)?;
            if inside < len {
                return Some(inside);
            }
            self.offset += len;
            self.current = self.entries.next().map(|entry| {
                let place = self.walk.step(entry.entry());
                (entry, place)
            });
        }
    }

    /// Writes as much of `bytes` as the entry at `offset` takes, and says how much that was.
    ///
    /// A line that is owned may hold, in the cache, what was there before the engine wrote its other bytes: it is
    /// forgotten first. A line that is not owned may hold a neighbour's dirty byte and nothing of the engine's: it
    /// stays. Either way it is cleaned afterwards, so that a later invalidate loses nothing.
    fn write<C: Mapper + ?Sized>(
        &mut self,
        offset: usize,
        bytes: &[u8],
        platform: &C,
        ownership: Ownership,
    ) -> Option<usize> {
        let inside = self.seek(offset)?;
        let (entry, place) = self.current.as_mut()?;
        let n = bytes.len().min(entry.entry().len() - inside);
        let (from, to) = (u64::try_from(inside).ok()?, u64::try_from(inside + n).ok()?);
        if let Some(owned) = ownership.part(place, from, to) {
            cache::forget(owned, platform);
        }
        entry.bytes_mut().get_mut(inside..inside + n)?.copy_from_slice(bytes.get(..n)?);
        if ownership != Ownership::Coherent {
            platform.clean_invalidate(part_of(place.span, inside, n)?);
        }
        Some(n)
    }
}
