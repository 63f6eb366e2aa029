//! A heap in the machine's memory, as in the firmware: what is allocated by whole cache lines comes from the model's
//! heap, where the engine can reach it. What is freed there is poisoned.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

/// What the CPU finds in freed memory.
pub const POISON: u8 = 0xDD;

pub struct Heap;

#[derive(Clone, Copy)]
struct Area {
    start: *mut u8,
    len: usize,
    used: usize,
}

const NONE: Area = Area { start: core::ptr::null_mut(), len: 0, used: 0 };

thread_local! {
    static AREA: Cell<Area> = const { Cell::new(NONE) };
}

/// While it lives, this thread's allocations of whole lines come from the memory given.
pub struct Serving;

impl Serving {
    pub fn from(memory: &mut [u8]) -> Self {
        AREA.set(Area { start: memory.as_mut_ptr(), len: memory.len(), used: 0 });
        Self
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        AREA.set(NONE);
    }
}

impl Area {
    fn holds(&self, memory: *mut u8) -> bool {
        memory.addr().checked_sub(self.start.addr()).is_some_and(|offset| offset < self.len)
    }
}

// SAFETY: the area's memory is given out once and never again; everything else is the system's.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let area = AREA.get();
        if layout.align() != 64 || area.len - area.used < layout.size() {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        }
        AREA.set(Area { used: area.used + layout.size().next_multiple_of(64), ..area });
        area.start.wrapping_add(area.used)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if AREA.get().holds(memory) {
            // SAFETY: freed memory of the area, which nobody has any more.
            unsafe { memory.write_bytes(POISON, layout.size()) };
        } else {
            // SAFETY: not the area's, so the system's.
            unsafe { System.dealloc(memory, layout) };
        }
    }
}
