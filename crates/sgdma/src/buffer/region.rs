//! Non-cacheable memory: the one place where a number from the memory map becomes memory.

use core::ptr::NonNull;
use core::slice;

use crate::address::{BusAddr, CpuAddr};
use crate::control_block::ControlBlock;

use super::wide;

/// A stretch of memory that CPU and engine see alike, with its bus address.
#[derive(Debug)]
pub struct CoherentRegion {
    start: NonNull<u8>,
    len: u32,
    bus: BusAddr,
}

// SAFETY: the region is owned (promised to `new`) and of plain bytes.
unsafe impl Send for CoherentRegion {}
// SAFETY: `&CoherentRegion` gives addresses, and runs only by an unsafe function.
unsafe impl Sync for CoherentRegion {}

impl CoherentRegion {
    /// The region of `len` bytes at `start`, which the engine sees at `bus`; both are multiples of 64, or no
    /// [`Pool`](crate::coherence::Pool) takes it.
    ///
    /// # Safety
    /// For as long as the region and anything made of it lives, the memory is initialised, is valid for reads and
    /// writes through `start`, is named by nothing else, is mapped non-cacheable and aliased nowhere (Arm ARM
    /// B2.8, mismatched attributes), and is contiguous on the bus from `bus` on.
    pub const unsafe fn new(start: NonNull<u8>, len: u32, bus: BusAddr) -> Self {
        Self { start, len, bus }
    }

    /// Its length in bytes.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a region of no bytes has no use that asks for it"
    )]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// The bus address of its first byte.
    pub const fn bus(&self) -> BusAddr {
        self.bus
    }

    /// Where the CPU sees its first byte.
    pub(crate) fn cpu(&self) -> CpuAddr {
        CpuAddr::new(self.start.addr().get())
    }

    /// The bytes `offset .. offset + len` of the region, if it has them.
    ///
    /// # Safety
    /// No other run that lives has one of these bytes, and the first of them is on a multiple of 32 for the CPU.
    pub(crate) unsafe fn run(&self, offset: u32, len: u32) -> Option<Run> {
        if offset.checked_add(len)? > self.len {
            return None;
        }
        let bus = self.bus.checked_add(offset)?;
        let distance = usize::try_from(offset).ok()?;
        // SAFETY: `offset` is at most the region's length.
        let start = unsafe { self.start.add(distance) };
        Some(Run { start, len: usize::try_from(len).ok()?, bus })
    }
}

/// Bytes of a region that one owner has to itself, from a multiple of 32 on: what makes one promises both.
#[derive(Debug)]
pub(crate) struct Run {
    start: NonNull<u8>,
    len: usize,
    bus: BusAddr,
}

// SAFETY: a run owns its bytes (promised to `CoherentRegion::run`).
unsafe impl Send for Run {}
// SAFETY: `&Run` only reads.
unsafe impl Sync for Run {}

impl Run {
    pub(crate) fn bus(&self) -> BusAddr {
        self.bus
    }

    /// Where its bytes are.
    #[cfg(feature = "alloc")]
    pub(crate) fn place(&self) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(self.start, self.len)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: valid and initialised (promised to `CoherentRegion::new`), this run's own, borrowed with it.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    /// The bytes `offset .. offset + len` of the run, if it has them.
    ///
    /// # Safety
    /// No other part that lives has one of these bytes, the run itself is not looked at while one lives, and `offset` is a
    /// multiple of 32.
    pub(crate) unsafe fn part(&self, offset: usize, len: usize) -> Option<Self> {
        if offset.checked_add(len)? > self.len {
            return None;
        }
        let bus = self.bus.checked_add(u32::try_from(offset).ok()?)?;
        // SAFETY: `offset` is at most the run's length.
        let start = unsafe { self.start.add(offset) };
        Some(Self { start, len, bus })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn word(&self, index: usize) -> Option<NonNull<u32>> {
        let offset = index.checked_mul(4)?;
        if offset.checked_add(4)? > self.len {
            return None;
        }
        // SAFETY: the word lies in the run.
        Some(unsafe { self.start.add(offset) }.cast::<u32>())
    }

    /// Reads one word as the engine left it.
    pub(crate) fn read_word(&self, index: usize) -> Option<u32> {
        let word = self.word(index)?;
        // SAFETY: in the run, aligned as the run is, initialised.
        Some(unsafe { word.read_volatile() })
    }

    /// Writes control blocks from the start on, in order; as many as there is room for. Volatile, as the engine will read
    /// them, and in halves, each of which is one instruction.
    pub(crate) fn write_blocks(&mut self, blocks: &[ControlBlock]) {
        let mut place = self.start.cast::<ControlBlock>();
        let room = self.len / size_of::<ControlBlock>();
        let blocks = blocks.get(..blocks.len().min(room)).unwrap_or_default();
        // In eights, so that not every block has to count.
        let (eights, rest) = blocks.as_chunks::<8>();
        for eight in eights {
            // SAFETY: there is room for so many blocks; the run begins aligned for one, and is borrowed exclusively.
            place = unsafe { write_in_turn(place, eight) };
        }
        // SAFETY: as above.
        unsafe { write_in_turn(place, rest) };
    }

    /// The same for one block.
    #[inline(always)]
    pub(crate) fn write_first_block(&mut self, block: &ControlBlock) {
        if self.len >= size_of::<ControlBlock>() {
            // SAFETY: there is room for a block; the run begins aligned for one, and is borrowed exclusively.
            unsafe { write_block(self.start.cast(), block) };
        }
    }

    /// Writes one word.
    pub(crate) fn write_word(&mut self, index: usize, value: u32) -> Option<()> {
        let word = self.word(index)?;
        // SAFETY: in the run, aligned as the run is, and the run is borrowed exclusively.
        unsafe { word.write_volatile(value) };
        Some(())
    }
}

/// Writes blocks from a place on; the place behind them.
///
/// # Safety
/// The places of all of them are aligned, valid for writes and nobody else's.
#[inline(always)]
unsafe fn write_in_turn(
    mut place: NonNull<ControlBlock>,
    blocks: &[ControlBlock],
) -> NonNull<ControlBlock> {
    for block in blocks {
        // SAFETY: the caller's promise.
        unsafe { write_block(place, block) };
        // SAFETY: at most one past the last.
        place = unsafe { place.add(1) };
    }
    place
}

/// Writes a block in two halves.
///
/// # Safety
/// The place is aligned, valid for writes and nobody else's.
#[inline(always)]
unsafe fn write_block(place: NonNull<ControlBlock>, block: &ControlBlock) {
    let [low, high] = wide::halves(block);
    let place = place.cast::<u128>();
    // SAFETY: the caller's promise.
    unsafe { place.write_volatile(low) };
    // SAFETY: the second half lies in the block.
    let place = unsafe { place.add(1) };
    // SAFETY: as the first half.
    unsafe { place.write_volatile(high) };
}
