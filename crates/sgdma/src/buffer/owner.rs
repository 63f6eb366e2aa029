//! Buffers that tables own.

use core::ptr::NonNull;

use super::entry::Entry;
use super::line::LineBuffer;
use super::piece::Memory;
use crate::coherence::CoherentBuffer;

/// A buffer that is freed with the last list that has a part of it.
pub(crate) enum Owner {
    Lines(LineBuffer),
    Coherent(CoherentBuffer<'static>),
}

impl Owner {
    /// Whether the entry's memory is this buffer's.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        let place = match self {
            Self::Lines(buffer) => Owned::place(buffer),
            Self::Coherent(buffer) => Owned::place(buffer),
        };
        let into = entry.start.addr().wrapping_sub(place.addr().get());
        into < place.len()
    }

    pub(super) fn memory(&self) -> Memory {
        match self {
            Self::Lines(_) => LineBuffer::MEMORY,
            Self::Coherent(_) => CoherentBuffer::MEMORY,
        }
    }
}

/// A buffer that a list can own.
pub(crate) trait Owned: Into<Owner> {
    /// What memory it is of.
    const MEMORY: Memory;

    /// Its bytes, which stay where they are when it is moved.
    fn place(&self) -> NonNull<[u8]>;

    /// Of an owner of such memory, the buffer.
    fn of(owner: Owner) -> Option<Self>;
}

impl From<LineBuffer> for Owner {
    fn from(buffer: LineBuffer) -> Self {
        Self::Lines(buffer)
    }
}

impl From<CoherentBuffer<'static>> for Owner {
    fn from(buffer: CoherentBuffer<'static>) -> Self {
        Self::Coherent(buffer)
    }
}

impl Owned for LineBuffer {
    const MEMORY: Memory = Memory::LineOwned;

    fn place(&self) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.start(), self.len())
    }

    fn of(owner: Owner) -> Option<Self> {
        match owner {
            Owner::Lines(buffer) => Some(buffer),
            Owner::Coherent(_) => None,
        }
    }
}

impl Owned for CoherentBuffer<'static> {
    const MEMORY: Memory = Memory::Coherent;

    fn place(&self) -> NonNull<[u8]> {
        self.place()
    }

    fn of(owner: Owner) -> Option<Self> {
        match owner {
            Owner::Coherent(buffer) => Some(buffer),
            Owner::Lines(_) => None,
        }
    }
}
