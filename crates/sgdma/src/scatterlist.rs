//! The bytes of a scatterlist as the CPU sees them: one stream, however it is cut.
//!
//! [`Bytes`] reads and [`BytesMut`] writes. Both are had from an [`SgTable`](crate::sg_table::SgTable) that is not
//! mapped, or from the [view](crate::map::CpuView) of one that was synced for the CPU; offsets count bytes from the
//! start of the stream.

use core::num::NonZeroUsize;

use crate::buffer::{Slices, SlicesMut};

/// Reads the bytes of a scatterlist. `Clone`; each call starts at the beginning.
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    slices: Slices<'a>,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(slices: Slices<'a>) -> Self {
        Self { slices }
    }

    /// Entry by entry (`for_each_sg`, `sg_virt`).
    pub fn slices(&self) -> Slices<'a> {
        self.slices.clone()
    }

    /// In chunks of at most `max` bytes from `offset` on; no chunk crosses an entry (`sg_miter_start`,
    /// `sg_miter_skip`, `sg_miter_next`).
    pub fn chunks(
        &self,
        offset: usize,
        max: NonZeroUsize,
    ) -> impl Iterator<Item = &'a [u8]> + Clone {
        let mut skip = offset;
        self.slices()
            .filter_map(move |slice| after(slice.len(), &mut skip).and_then(|at| slice.get(at..)))
            .flat_map(move |slice| slice.chunks(max.get()))
    }

    /// Copies the beginning into `buffer`; how many bytes that were (`sg_copy_to_buffer`).
    pub fn copy_to_buffer(&self, buffer: &mut [u8]) -> usize {
        self.pcopy_to_buffer(0, buffer)
    }

    /// Copies what lies at `offset` into `buffer`; how many bytes that were: fewer than the buffer has where the list
    /// ends first (`sg_pcopy_to_buffer`).
    pub fn pcopy_to_buffer(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let mut copied = 0;
        for chunk in self.chunks(offset, NonZeroUsize::MAX) {
            let room = buffer.get_mut(copied..).unwrap_or_default();
            let n = copy(chunk, room);
            if n == 0 {
                break;
            }
            copied += n;
        }
        copied
    }

    /// Whether the stream is these bytes, no more and no fewer.
    pub fn equals(&self, mut expected: &[u8]) -> Equality {
        let mut offset = 0;
        for slice in self.slices() {
            let n = slice.len().min(expected.len());
            let (head, rest) = expected.split_at_checked(n).unwrap_or_default();
            if let Some(at) = first_difference(slice, head) {
                return Equality::DiffersAt(offset + at);
            }
            offset += n;
            expected = rest;
        }
        if expected.is_empty() { Equality::Equal } else { Equality::DiffersAt(offset) }
    }

    /// Compares two streams, however each is cut.
    pub fn compare(&self, other: &Bytes<'_>) -> Equality {
        let (mut ours, mut theirs) = (Stream::new(self.slices()), Stream::new(other.slices()));
        let mut offset = 0;
        loop {
            let (a, b) = (ours.rest(), theirs.rest());
            let n = a.len().min(b.len());
            if n == 0 {
                let both_end = a.is_empty() && b.is_empty();
                return if both_end { Equality::Equal } else { Equality::DiffersAt(offset) };
            }
            let (a, b) = (a.get(..n).unwrap_or_default(), b.get(..n).unwrap_or_default());
            if let Some(at) = first_difference(a, b) {
                return Equality::DiffersAt(offset + at);
            }
            ours.skip(n);
            theirs.skip(n);
            offset += n;
        }
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// The same bytes.
    Equal,
    /// The first byte that differs, or that only one of the two has, by its offset.
    DiffersAt(usize),
}

/// Writes the bytes of a scatterlist. Each operation is one pass and uses the value up.
#[derive(Debug)]
pub struct BytesMut<'a> {
    slices: SlicesMut<'a>,
}

impl<'a> BytesMut<'a> {
    pub(crate) fn new(slices: SlicesMut<'a>) -> Self {
        Self { slices }
    }

    /// Entry by entry.
    pub fn slices(self) -> SlicesMut<'a> {
        self.slices
    }

    /// In chunks of at most `max` bytes from `offset` on; no chunk crosses an entry (`sg_miter` with
    /// `SG_MITER_TO_SG`).
    pub fn chunks(self, offset: usize, max: NonZeroUsize) -> impl Iterator<Item = &'a mut [u8]> {
        let mut skip = offset;
        self.slices
            .filter_map(move |slice| {
                after(slice.len(), &mut skip).and_then(|at| slice.get_mut(at..))
            })
            .flat_map(move |slice| slice.chunks_mut(max.get()))
    }

    /// Copies `buffer` to the beginning; how many bytes that were (`sg_copy_from_buffer`).
    pub fn copy_from_buffer(self, buffer: &[u8]) -> usize {
        self.pcopy_from_buffer(0, buffer)
    }

    /// Copies `buffer` to `offset`; how many bytes that were: fewer than the buffer has where the list ends first
    /// (`sg_pcopy_from_buffer`).
    pub fn pcopy_from_buffer(self, offset: usize, buffer: &[u8]) -> usize {
        let mut copied = 0;
        for chunk in self.chunks(offset, NonZeroUsize::MAX) {
            let n = copy(buffer.get(copied..).unwrap_or_default(), chunk);
            if n == 0 {
                break;
            }
            copied += n;
        }
        copied
    }

    /// Copies another list's bytes to the beginning, however each is cut; how many that were (the CPU's scatter to
    /// scatter copy).
    pub fn copy_from(self, source: &Bytes<'_>) -> usize {
        let mut source = Stream::new(source.slices());
        let mut copied = 0;
        for mut slice in self.slices {
            while !slice.is_empty() {
                let n = copy(source.rest(), slice);
                if n == 0 {
                    return copied;
                }
                source.skip(n);
                copied += n;
                slice = slice.get_mut(n..).unwrap_or_default();
            }
        }
        copied
    }

    /// Writes `value` to `len` bytes from `offset` on; how many that were.
    pub fn fill(self, offset: usize, len: usize, value: u8) -> usize {
        let mut left = len;
        for chunk in self.chunks(offset, NonZeroUsize::MAX) {
            let n = chunk.len().min(left);
            chunk.get_mut(..n).unwrap_or_default().fill(value);
            left -= n;
            if left == 0 {
                break;
            }
        }
        len - left
    }

    /// Writes 0 to `len` bytes from `offset` on; how many that were (`sg_zero_buffer`).
    pub fn zero(self, offset: usize, len: usize) -> usize {
        self.fill(offset, len, 0)
    }
}

/// A list's bytes with a place in them.
struct Stream<'a> {
    current: &'a [u8],
    slices: Slices<'a>,
}

impl<'a> Stream<'a> {
    fn new(slices: Slices<'a>) -> Self {
        Self { current: &[], slices }
    }

    /// What is left of the entry; empty only at the end.
    fn rest(&mut self) -> &'a [u8] {
        while self.current.is_empty() {
            let Some(slice) = self.slices.next() else { return &[] };
            self.current = slice;
        }
        self.current
    }

    fn skip(&mut self, n: usize) {
        self.current = self.current.get(n..).unwrap_or_default();
    }
}

/// Where to go on in an entry of `len` bytes when `skip` bytes are to be left out; `None` where all of it is.
fn after(len: usize, skip: &mut usize) -> Option<usize> {
    let at = (*skip).min(len);
    *skip -= at;
    (at < len).then_some(at)
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let n = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..n), to.get_mut(..n)) {
        to.copy_from_slice(from);
    }
    n
}

/// The first index at which the two differ, or at which `a` goes on and `b` has ended.
fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let shared = a.len().min(b.len());
    let differs = a.iter().zip(b).position(|(a, b)| a != b);
    differs.or_else(|| (a.len() > b.len()).then_some(shared))
}
