//! The coherent memory that control blocks and slots come from. The library's pool divides it.

use core::ops::Range;

use super::{mailbox, memory_map};

/// All coherent memory but the mailbox's page: page-aligned, Normal non-cacheable, mapped once, not zeroed.
#[inline]
pub(crate) fn span() -> Range<usize> {
    let coherent = memory_map::coherent();
    coherent.start + mailbox::BUFFER_SIZE..coherent.end
}

/// The same as memory: a pointer to its first byte and its length in bytes, for the library's pool.
///
/// The pointer may be used for all of it. Whoever takes it is its only owner: ask once.
pub(crate) fn memory() -> (core::ptr::NonNull<u8>, usize) {
    let span = span();
    let start = core::ptr::with_exposed_provenance_mut(span.start);
    (core::ptr::NonNull::new(start).unwrap_or(core::ptr::NonNull::dangling()), span.len())
}
