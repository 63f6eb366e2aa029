//! A neighbour of a table.
#![expect(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

use core::marker::PhantomData;
use core::ptr::with_exposed_provenance_mut;

/// Memory beside a table, which the CPU writes when it likes.
///
/// Cache maintenance of the table's lines is done to this neighbour's bytes too, and the model, which does it, is in Rust's
/// eyes a program that accesses them: no reference to them may live meanwhile, so they are kept by their exposed address.
pub struct Gap<'b> {
    start: usize,
    expected: Vec<u8>,
    memory: PhantomData<&'b mut [u8]>,
}

impl<'b> Gap<'b> {
    pub fn new(bytes: &'b mut [u8]) -> Self {
        let expected = bytes.to_vec();
        Self { start: bytes.as_mut_ptr().expose_provenance(), expected, memory: PhantomData }
    }

    pub fn len(&self) -> usize {
        self.expected.len()
    }

    pub fn write(&mut self, at: usize, value: u8) {
        self.expected[at] = value;
        let byte = with_exposed_provenance_mut::<u8>(self.start + at);
        // SAFETY: within the memory that was given for as long as `self` lives; `at` was looked up in as many bytes.
        unsafe { byte.write(value) };
    }

    /// Whether all bytes are still what the CPU wrote.
    pub fn is_intact(&self) -> bool {
        let read = |at| {
            let byte = with_exposed_provenance_mut::<u8>(self.start + at);
            // SAFETY: as for `write`.
            unsafe { byte.read() }
        };
        (0..self.len()).map(read).eq(self.expected.iter().copied())
    }
}
