//! What becomes of a table where the heap is full in the middle of a split: every byte is still in it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

use sgdma::buffer::{Entry, Exclusive, LineBuffer};
use sgdma::sg_table::{SgTable, TableError};

struct Heap;

thread_local! {
    /// How many allocations this thread gets before the heap is full.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

// SAFETY: the system's heap, or no memory.
#[expect(unsafe_code, reason = "a heap is unsafe to be")]
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let left = LEFT.get();
        if left == 0 {
            return core::ptr::null_mut();
        }
        LEFT.set(if left == usize::MAX { left } else { left - 1 });
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

/// Splits with room for so many allocations.
fn with_room<R>(allocations: usize, work: impl FnOnce() -> R) -> R {
    LEFT.set(allocations);
    let result = work();
    LEFT.set(usize::MAX);
    result
}

/// Splits it inside of either entry, and where one begins; with so much room. Whether that was enough.
fn splits(mut table: SgTable<'_, Exclusive>, room: usize) -> bool {
    for value in 1..=2 {
        table.push_buffer(LineBuffer::copy_of(&[value; 96]).unwrap()).unwrap();
    }
    let rejected = match with_room(room, || table.split(10, &[50, 36, 64])) {
        Ok(split) => {
            assert_eq!((split.before.total_len(), split.after.total_len()), (10, 32));
            return true;
        }
        Err(rejected) => rejected,
    };
    assert_eq!(rejected.reason, TableError::OutOfMemory);
    let table = rejected.returned;
    assert_eq!((table.nents(), table.total_len()), (2, 192), "room for {room}");
    assert!(table.bytes().slices().eq([&[1; 96][..], &[2; 96][..]]));
    let buffers = table.into_buffers().unwrap();
    assert_eq!(buffers.len(), 2);
    false
}

#[test]
fn a_split_that_the_heap_cut_short_leaves_the_table_whole() {
    let growing = (0..99).position(|room| splits(SgTable::growing(), room));
    assert!(growing.unwrap() > 5);
    // Where there is storage for no third entry, too.
    let fixed = (0..99).position(|room| {
        let mut storage = [Entry::EMPTY; 2];
        splits(SgTable::new(&mut storage), room)
    });
    assert!(fixed.unwrap() > 5);
}
