//! A buffer that owns its cache lines.

use alloc::alloc::{alloc_zeroed, dealloc};
use core::alloc::Layout;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::slice;

use super::piece::{Exclusive, LINE, Piece, Shared};

/// Heap memory whose cache lines hold nothing else: it begins on a line, and its last line is padding to the end.
///
/// The engine may therefore write every byte of it directly, with no [edges](crate::map). Reads as `[u8]`.
pub struct LineBuffer {
    start: NonNull<u8>,
    len: usize,
    layout: Layout,
}

// SAFETY: the memory is owned and of plain bytes.
unsafe impl Send for LineBuffer {}
// SAFETY: `&LineBuffer` gives `&[u8]` only.
unsafe impl Sync for LineBuffer {}

impl LineBuffer {
    /// A buffer of `len` bytes of 0, at whole lines.
    ///
    /// # Errors
    /// The heap has not that much, or `len` is beyond what memory can be.
    pub fn zeroed(len: usize) -> Result<Self, OutOfMemory> {
        let no_memory = OutOfMemory { bytes: len };
        let lines = len.max(1).checked_next_multiple_of(LINE).ok_or(no_memory)?;
        let layout = Layout::from_size_align(lines, LINE).map_err(|_| no_memory)?;
        // SAFETY: the size is at least one line, not 0.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(no_memory)?;
        Ok(Self { start, len, layout })
    }

    /// A buffer that holds a copy of `bytes`.
    ///
    /// # Errors
    /// As [`zeroed`](Self::zeroed).
    pub fn copy_of(bytes: &[u8]) -> Result<Self, OutOfMemory> {
        let mut buffer = Self::zeroed(bytes.len())?;
        buffer.copy_from_slice(bytes);
        Ok(buffer)
    }

    /// The bytes it takes from the heap, padding included: a multiple of [`LINE`].
    pub fn footprint(&self) -> usize {
        self.layout.size()
    }

    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

impl Deref for LineBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `len` bytes from `start` are owned, initialised, and borrowed with `self`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for LineBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and `self` is borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for LineBuffer {
    fn drop(&mut self) {
        // SAFETY: `start` came from `alloc_zeroed` with this very layout and is freed once, here.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}

impl fmt::Debug for LineBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineBuffer({:p}+{:#x})", self.start, self.len)
    }
}

impl<'buf> From<&'buf LineBuffer> for Piece<'buf, Shared> {
    fn from(buffer: &'buf LineBuffer) -> Self {
        Self::from(&**buffer)
    }
}

impl<'buf> From<&'buf mut LineBuffer> for Piece<'buf, Exclusive> {
    fn from(buffer: &'buf mut LineBuffer) -> Self {
        Self::line_owned(&mut *buffer)
    }
}

/// The heap has not this much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// What was asked for, in bytes.
    pub bytes: usize,
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the heap has no {} bytes in one piece", self.bytes)
    }
}

impl core::error::Error for OutOfMemory {}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn it_begins_on_a_line_and_takes_whole_lines() {
        for len in [0, 1, 63, 64, 65, 1000] {
            let buffer = LineBuffer::zeroed(len).unwrap();
            assert_eq!(buffer.start().addr().get() % LINE, 0);
            assert_eq!((buffer.len(), buffer.footprint() % LINE), (len, 0));
            assert!(buffer.footprint() >= len);
            assert!(buffer.iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn it_may_be_moved_while_a_pointer_derived_from_it_lives() {
        let buffer = LineBuffer::copy_of(&[1, 2, 3]).unwrap();
        let start = buffer.start();
        let moved = [buffer];
        // SAFETY: the buffer lives in `moved` and no reference into it exists.
        unsafe { start.write(9) };
        assert_eq!(*moved[0], [9, 2, 3]);
    }

    #[test]
    fn more_than_memory_can_be_is_an_error_and_not_a_wrapped_size() {
        let error = LineBuffer::zeroed(usize::MAX).unwrap_err();
        assert_eq!(
            format!("{error}"),
            format!("the heap has no {} bytes in one piece", usize::MAX)
        );
    }
}
