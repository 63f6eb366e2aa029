//! Tables of buffers that do not touch each other, filled and compared.

use alloc::vec::Vec;

use sgdma::buffer::{Exclusive, LineBuffer};
use sgdma::frame::{Frame, FrameSize};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

use super::{Bench, Broken};

pub(super) type Table = SgTable<'static, Exclusive>;

/// The size of an entry in bytes.
pub(super) const PAGE: usize = 4096;
/// The most control blocks a case needs.
const BLOCKS: usize = 512;

/// A table of owned buffers of these sizes. Between any two lies another one, so that none are merged.
pub(super) fn table(sizes: impl Iterator<Item = usize>) -> Result<Table, Broken> {
    let mut table = SgTable::growing();
    let mut between = Vec::new();
    for size in sizes {
        let buffer = LineBuffer::zeroed(size).map_err(|_| Broken::NoMemory)?;
        table.push_buffer(buffer).map_err(|_| Broken::Refused("a buffer"))?;
        between.push(LineBuffer::zeroed(64).map_err(|_| Broken::NoMemory)?);
    }
    Ok(table)
}

/// Entries of a page.
pub(super) fn pages(entries: usize) -> Result<Table, Broken> {
    table(core::iter::repeat_n(PAGE, entries))
}

/// Entries that begin half a page later than those of [`pages`] with as many bytes.
pub(super) fn shifted(entries: usize) -> Result<Table, Broken> {
    let middle = core::iter::repeat_n(PAGE, entries.saturating_sub(1));
    table(core::iter::once(PAGE / 2).chain(middle).chain(core::iter::once(PAGE / 2)))
}

/// Different bytes at different places.
pub(super) fn fill(table: &mut Table) {
    let mut word = 0x9E37_79B9_u32;
    for byte in table.bytes_mut().slices().flatten() {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = word.to_be_bytes()[0];
    }
}

/// Whether the two hold the same bytes, however they are cut.
pub(super) fn compare(name: &'static str, from: &Table, to: &Table) -> Result<(), Broken> {
    match from.bytes().compare(&to.bytes()) {
        Equality::Equal => Ok(()),
        Equality::DiffersAt(_) => Err(Broken::Data(name)),
    }
}

impl Bench<'_> {
    /// Room for the longest chain.
    pub(super) fn frame(&self) -> Result<Frame<'static>, Broken> {
        let size = FrameSize { blocks: BLOCKS, edges: 8, slot_bytes: 1024 };
        Frame::new(self.dma.pool, size).map_err(|_| Broken::NoMemory)
    }
}
