//! A machine with two views: what the CPU sees (the test's own memory) and RAM (what the engine sees).
//!
//! A line in which the two differ is dirty, or stale, or both. The machine takes every liberty a cache has, and panics
//! where a driver's omission would lose a byte on hardware.

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::vec;
use std::vec::Vec;

use crate::address::{BusAddr, CpuSpan};
use crate::platform::{Access, AddressMap, Coherence, Refusal};
use crate::segment::BusSegment;

pub(super) const LINE: usize = 64;
pub(super) const BUS: u32 = 0xC010_0000;

/// What the machine did, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    CleanInvalidate,
    Invalidate,
    Barrier,
}

/// Memory in two views. The CPU's is lent to the tests piece by piece.
pub(super) struct Machine {
    cpu: *mut u8,
    /// What the engine sees.
    ram: RefCell<Vec<u8>>,
    /// Bytes the engine wrote and no cache operation has looked at since.
    written: RefCell<Vec<bool>>,
    pub(super) ops: RefCell<Vec<Op>>,
    /// Cache operations not yet followed by a barrier.
    pub(super) unordered: Cell<usize>,
}

#[expect(unsafe_code, reason = "the cache works behind the compiler's back")]
impl Machine {
    /// A machine of `len` bytes, whole lines, in which the CPU sees a count and RAM holds other bytes: all is dirty.
    pub(super) fn new(len: usize) -> Self {
        // SAFETY: no test asks for 0 bytes.
        let cpu = unsafe { std::alloc::alloc(Self::layout(len)) };
        cpu.expose_provenance();
        // SAFETY: the allocation just made; bytes need no initialising to be written.
        unsafe { cpu.write_bytes(0, len) };
        let machine = Self {
            cpu,
            ram: RefCell::new(vec![0xEE; len]),
            written: RefCell::new(vec![false; len]),
            ops: RefCell::default(),
            unordered: Cell::new(0),
        };
        (0..len).for_each(|at| machine.poke(at, u8::try_from(at % 251).unwrap()));
        machine
    }

    fn layout(len: usize) -> Layout {
        Layout::from_size_align(len.next_multiple_of(LINE), LINE).unwrap()
    }

    fn base(&self) -> usize {
        self.cpu.addr()
    }

    /// Lends memory. The tests lend no byte twice at a time.
    #[expect(clippy::mut_from_ref, reason = "a machine is lent in pieces")]
    pub(super) fn lend(&self, range: Range<usize>) -> &mut [u8] {
        assert!(range.start <= range.end && range.end <= self.ram.borrow().len());
        // SAFETY: in the allocation, initialised, and not lent to anybody else.
        unsafe { std::slice::from_raw_parts_mut(self.cpu.wrapping_add(range.start), range.len()) }
    }

    /// What the CPU sees at `at`. Goes by address, as a cache does: any pointer that may read there will do.
    pub(super) fn peek(&self, at: usize) -> u8 {
        let byte = std::ptr::with_exposed_provenance::<u8>(self.base() + at);
        // SAFETY: in the allocation, whose provenance is exposed.
        unsafe { byte.read() }
    }

    pub(super) fn peek_all(&self, range: Range<usize>) -> Vec<u8> {
        range.map(|at| self.peek(at)).collect()
    }

    /// The CPU writes at `at`.
    pub(super) fn poke(&self, at: usize, value: u8) {
        let byte = std::ptr::with_exposed_provenance_mut::<u8>(self.base() + at);
        // SAFETY: in the allocation, whose provenance is exposed.
        unsafe { byte.write(value) };
    }
}

#[expect(unsafe_code, reason = "frees what `new` allocated")]
impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the same layout; all that was lent has ended with the borrow.
        unsafe { std::alloc::dealloc(self.cpu, Self::layout(self.ram.borrow().len())) };
    }
}

impl Machine {
    fn lines(&self, span: CpuSpan) -> Range<usize> {
        let first = (span.start().get() - self.base()) / LINE * LINE;
        first..(span.end().get() - self.base()).next_multiple_of(LINE)
    }

    fn offset(&self, segment: BusSegment) -> usize {
        assert_eq!(self.unordered.get(), 0, "no barrier between cache maintenance and the start");
        usize::try_from(segment.addr.get() - BUS).unwrap()
    }

    pub(super) fn engine_reads(&self, segment: BusSegment) -> Vec<u8> {
        let at = self.offset(segment);
        self.ram.borrow()[at..][..usize::try_from(segment.len).unwrap()].to_vec()
    }

    /// The engine writes; a line that is dirty then would be evicted on top of it some day.
    pub(super) fn engine_writes(&self, segment: BusSegment, bytes: &[u8]) {
        let at = self.offset(segment);
        for line in lines_of(at, bytes.len()) {
            let fresh = self.written.borrow()[line..][..LINE].iter().any(|written| *written);
            let dirty = (line..line + LINE).any(|n| self.peek(n) != self.ram.borrow()[n]);
            if dirty && !fresh {
                broken("a dirty line lies over the destination", line);
            }
        }
        self.ram.borrow_mut()[at..][..bytes.len()].copy_from_slice(bytes);
        self.written.borrow_mut()[at..][..bytes.len()].fill(true);
    }
}

// SAFETY: the memory is in one piece, here and on the bus.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl AddressMap for Machine {
    fn bus_address(&self, span: CpuSpan, access: Access) -> Result<BusAddr, Refusal> {
        let len = self.ram.borrow().len();
        let inside =
            span.start().get().checked_sub(self.base()).filter(|at| at + span.len() <= len);
        let at = inside.ok_or(Refusal::Unmapped)?;
        if at < LINE && access == Access::Write {
            return Err(Refusal::Region("the first line"));
        }
        Ok(BusAddr::new(BUS + u32::try_from(at).unwrap()))
    }
}

// SAFETY: the two views are one after the operations, as the trait asks.
#[expect(unsafe_code, reason = "the trait is unsafe to implement")]
unsafe impl Coherence for Machine {
    fn clean_invalidate(&self, span: CpuSpan) {
        self.ops.borrow_mut().push(Op::CleanInvalidate);
        self.unordered.set(self.unordered.get() + 1);
        for at in self.lines(span) {
            let (cpu, ram) = (self.peek(at), self.ram.borrow()[at]);
            if self.written.borrow()[at] && cpu != ram {
                broken("a stale byte is written over the engine's", at);
            }
            self.ram.borrow_mut()[at] = cpu;
            self.written.borrow_mut()[at] = false;
        }
    }

    fn clean_invalidate_all(&self) {
        panic!("no scope here");
    }

    fn invalidate(&self, span: CpuSpan) {
        self.ops.borrow_mut().push(Op::Invalidate);
        for at in self.lines(span) {
            let (cpu, ram) = (self.peek(at), self.ram.borrow()[at]);
            if cpu != ram && !self.written.borrow()[at] {
                broken("a dirty byte is lost", at);
            }
            self.poke(at, ram);
            self.written.borrow_mut()[at] = false;
        }
    }

    fn barrier(&self) {
        self.ops.borrow_mut().push(Op::Barrier);
        self.unordered.set(0);
    }
}

fn lines_of(at: usize, len: usize) -> impl Iterator<Item = usize> {
    (at / LINE * LINE..at + len).step_by(LINE)
}

/// Panics, but not while a test that failed already drops what it has: that would be the end of all tests.
#[track_caller]
fn broken(rule: &str, at: usize) {
    assert!(std::thread::panicking(), "{rule} at {at:#x}");
}
