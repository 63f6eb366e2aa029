//! Tables of buffers that do not touch each other, filled and compared.

use sgdma::buffer::{Exclusive, LineBuffer};
use sgdma::frame::{Frame, FrameSize};
use sgdma::scatterlist::Equality;
use sgdma::sg_table::SgTable;

use super::{Bench, Broken};

pub(super) type Table = SgTable<'static, Exclusive>;

/// The size of an entry in bytes.
const PAGE: usize = 4096;
/// The most control blocks a case needs.
const BLOCKS: usize = 512;

/// Both lists of a case, with as many bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lists {
    /// Pages of the source.
    pub(super) entries: usize,
    /// How the destination is cut.
    pub(super) sink: Cut,
}

/// How a list is cut.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    /// In pages.
    Alike,
    /// In pages that begin half a page later.
    Shifted,
}

impl Bench<'_> {
    /// A table of owned buffers of these sizes. What would continue the entry before is put aside until the end, so that
    /// none are merged.
    #[inline(never)]
    fn table(&self, sizes: &mut dyn Iterator<Item = usize>) -> Result<Table, Broken> {
        let mut table = SgTable::growing();
        for size in sizes {
            let end = table.last().map_or(0, |last| last.span.end().get());
            let buffer = loop {
                let buffer = LineBuffer::zeroed(size).map_err(|_| Broken::NoMemory)?;
                if buffer.as_ptr().addr() != end {
                    break buffer;
                }
                self.aside.borrow_mut().push(buffer);
            };
            table.push_buffer(buffer).map_err(|_| Broken::Refused("a buffer"))?;
        }
        Ok(table)
    }

    /// The source, filled, and the destination.
    #[inline(never)]
    pub(super) fn tables(&self, lists: Lists) -> Result<(Table, Table), Broken> {
        let mut from = self.pages(lists.entries)?;
        fill(&mut from);
        let to = match lists.sink {
            Cut::Alike => self.pages(lists.entries)?,
            Cut::Shifted => self.shifted(lists.entries)?,
        };
        Ok((from, to))
    }

    /// Entries of a page.
    pub(super) fn pages(&self, entries: usize) -> Result<Table, Broken> {
        self.table(&mut core::iter::repeat_n(PAGE, entries))
    }

    /// Entries that begin half a page later than those of [`pages`](Self::pages) with as many bytes.
    fn shifted(&self, entries: usize) -> Result<Table, Broken> {
        let middle = core::iter::repeat_n(PAGE, entries.saturating_sub(1));
        self.table(&mut core::iter::once(PAGE / 2).chain(middle).chain(core::iter::once(PAGE / 2)))
    }

    /// Room for the longest chain.
    #[inline(never)]
    pub(super) fn frame(&self) -> Result<Frame<'static>, Broken> {
        let size = FrameSize { blocks: BLOCKS, edges: 8, slot_bytes: 1024 };
        Frame::new(self.dma.pool, size).map_err(|_| Broken::NoMemory)
    }
}

/// Different bytes at different places.
fn fill(table: &mut Table) {
    let mut word = 0x9E37_79B9_u32;
    for byte in table.bytes_mut().slices().flatten() {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = word.to_be_bytes()[0];
    }
}

/// Whether the two hold the same bytes, however they are cut.
pub(super) fn compare(from: &Table, to: &Table) -> Result<(), Broken> {
    match from.bytes().compare(&to.bytes()) {
        Equality::Equal => Ok(()),
        Equality::DiffersAt(_) => Err(Broken::Data),
    }
}
