//! The machine's memory, for the driver's side.

use core::ptr::with_exposed_provenance_mut;

use sgdma::address::{CpuAddr, CpuSpan};

use super::Model;
use crate::memory::{Region, bus};
use crate::police::Violation;

impl Model {
    /// A buffer of `length` bytes on the heap, its first byte `offset` bytes after a multiple of `align` (at least a
    /// cache line). No other buffer shares a cache line with it. It is full of noise, and its lines are dirty.
    ///
    /// # Panics
    /// Where the heap is used up.
    #[expect(clippy::mut_from_ref, reason = "every call hands out other memory")]
    pub fn buffer(&self, length: usize, align: usize, offset: usize) -> &mut [u8] {
        let start = self.machine.borrow_mut().world.memory.allocate(length, align, offset);
        let Some(start) = start else { exhausted(length) };
        let memory = with_exposed_provenance_mut::<u8>(self.base.wrapping_add(start));
        #[expect(unsafe_code, reason = "memory of the arena becomes a buffer of the test's")]
        // SAFETY: the arena lives as long as the model and its provenance is exposed; `allocate` never gives the same
        // bytes twice; bytes are initialised.
        unsafe {
            core::slice::from_raw_parts_mut(memory, length)
        }
    }

    /// The coherent memory, all of it.
    pub fn coherent_span(&self) -> CpuSpan {
        let none = CpuSpan::of(core::ptr::slice_from_raw_parts(core::ptr::null::<u8>(), 0));
        self.region_span("coherent").unwrap_or(none)
    }

    /// The coherent memory as a pointer, with the provenance of the whole.
    pub fn coherent_memory(&self) -> *mut [u8] {
        let span = self.coherent_span();
        let start = with_exposed_provenance_mut::<u8>(span.start().get());
        core::ptr::slice_from_raw_parts_mut(start, span.len())
    }

    /// A named region.
    pub fn region_span(&self, name: &str) -> Option<CpuSpan> {
        let range = self.machine.borrow().world.memory.layout().region(name).map(Region::range)?;
        CpuSpan::new(CpuAddr::new(self.base.checked_add(range.start)?), range.len())
    }

    /// The engine's view of `length` bytes at a bus address, for a test to look at; zeros outside memory.
    pub fn device_view(&self, address: u32, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        if let Some(offset) = address.checked_sub(bus(0)) {
            self.machine.borrow().world.memory.peek(offset as usize, &mut bytes);
        }
        bytes
    }

    /// Says that the CPU is about to read these bytes: a violation where the engine wrote one and no one invalidated.
    pub fn cpu_reads(&self, bytes: &[u8]) {
        let mut machine = self.machine.borrow_mut();
        let start = bytes.as_ptr().addr();
        let stale = machine
            .world
            .memory
            .offset_of(start, bytes.len())
            .and_then(|offset| machine.world.memory.stale_line(offset, bytes.len()));
        if let Some(address) = stale {
            machine.world.report(Violation::StaleForCpu { address });
        }
    }
}

#[expect(clippy::panic, reason = "a test that asks for more than its machine has cannot go on")]
fn exhausted(length: usize) -> ! {
    panic!("the model's heap has no {length} bytes left: give it more with Builder::layout")
}
