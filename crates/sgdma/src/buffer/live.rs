//! Coherent memory while the engine is at work on it: words, by volatile accesses, and never a reference.

use core::fmt;

use super::entry::Entry;
use super::list::EntryList;
use super::piece::{Memory, Mode};

/// Why words cannot be read or written while the engine is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveError {
    /// That side of the transfer is a device, or memory that is cached.
    NotCoherent,
    /// The offset, or a piece of the memory, is no multiple of 4 bytes.
    Misaligned,
    /// The words are not all in the memory.
    Outside {
        /// Its length in bytes.
        total: usize,
    },
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCoherent => {
                f.write_str("only coherent memory can be looked at under the engine")
            }
            Self::Misaligned => {
                f.write_str("words need offsets and pieces of multiples of 4 bytes")
            }
            Self::Outside { total } => write!(f, "the words are not all in the {total:#x} bytes"),
        }
    }
}

impl core::error::Error for LiveError {}

impl<A: Mode> EntryList<'_, A> {
    /// The places of `count` words from byte `offset` on.
    fn words(
        &self,
        offset: usize,
        count: usize,
    ) -> Result<impl Iterator<Item = *mut u32>, LiveError> {
        if self.memory() != Some(Memory::Coherent) {
            return Err(LiveError::NotCoherent);
        }
        if !offset.is_multiple_of(4) || !self.iter().all(Entry::is_words) {
            return Err(LiveError::Misaligned);
        }
        let total = self.total();
        let end = count.checked_mul(4).and_then(|len| len.checked_add(offset));
        if end.is_none_or(|end| end > total) {
            return Err(LiveError::Outside { total });
        }
        Ok(self.iter().flat_map(Entry::words).skip(offset / 4).take(count))
    }

    /// Reads words that the engine may be writing: each is an old one or a new one.
    pub(crate) fn read_live(&self, offset: usize, into: &mut [u32]) -> Result<(), LiveError> {
        for (place, word) in self.words(offset, into.len())?.zip(into) {
            // SAFETY: aligned and in an entry, which is valid for reads (invariant 1).
            *word = unsafe { place.read_volatile() };
        }
        Ok(())
    }

    /// Writes words that the engine may be reading.
    pub(crate) fn write_live(&mut self, offset: usize, from: &[u32]) -> Result<(), LiveError> {
        for (place, word) in self.words(offset, from.len())?.zip(from) {
            // SAFETY: aligned and in an entry of coherent memory: that is exclusive by its piece's type, so it is valid for
            // writes (invariant 1) and named by nothing else.
            unsafe { place.write_volatile(*word) };
        }
        Ok(())
    }
}
