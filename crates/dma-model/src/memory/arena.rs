//! The memory behind the CPU's view, and the crate's only raw accesses to it.
//!
//! The driver under test holds `&mut` references into it, so the model goes there only through an address whose
//! provenance was exposed: the driver exposes its own (as a device demands), the arena exposes the whole.

use core::alloc::Layout;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

/// A page.
const PAGE: usize = 4096;

#[derive(Debug)]
pub(crate) struct Arena {
    address: usize,
    layout: Layout,
}

#[expect(unsafe_code, reason = "the one place that touches the CPU's view of the machine's memory")]
impl Arena {
    /// `length` bytes of zeros, aligned to a page. Length is rounded up to a page, at least one.
    pub(crate) fn new(length: usize) -> Self {
        let length = length.max(1).next_multiple_of(PAGE);
        let layout = Layout::from_size_align(length, PAGE).unwrap_or(Layout::new::<[u8; PAGE]>());
        // SAFETY: the size is at least one page.
        let memory = unsafe { std::alloc::alloc_zeroed(layout) };
        if memory.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        Self { address: memory.expose_provenance(), layout }
    }

    pub(crate) const fn address(&self) -> usize {
        self.address
    }

    fn contains(&self, offset: usize, length: usize) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.layout.size())
    }

    /// Reads bytes; what lies outside stays as it is.
    pub(crate) fn read(&self, offset: usize, into: &mut [u8]) {
        if !self.contains(offset, into.len()) {
            return;
        }
        let from = with_exposed_provenance::<u8>(self.address.wrapping_add(offset));
        // SAFETY: the span is in the arena, whose provenance is exposed; `into` is not in the arena, as the
        // machine's memory is handed out to drivers only, and model and driver run on one thread.
        unsafe { core::ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) };
    }

    /// Writes bytes; what lies outside is dropped.
    pub(crate) fn write(&self, offset: usize, from: &[u8]) {
        if !self.contains(offset, from.len()) {
            return;
        }
        let to = with_exposed_provenance_mut::<u8>(self.address.wrapping_add(offset));
        // SAFETY: as for `read`. Only cache maintenance the driver asked for and coherent memory get here: bytes
        // that the driver, by its contract with the device, does not hold a live reference to.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
    }
}

#[expect(unsafe_code, reason = "frees what `new` allocated")]
impl Drop for Arena {
    fn drop(&mut self) {
        let memory = with_exposed_provenance_mut::<u8>(self.address);
        // SAFETY: allocated in `new` with this layout; buffers borrow the model, so none is left.
        unsafe { std::alloc::dealloc(memory, self.layout) };
    }
}
