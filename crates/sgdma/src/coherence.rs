//! Coherent memory: CPU and engine have one view of it (`dma_alloc_coherent`, `dma_pool`).
//!
//! | Linux | here |
//! | --- | --- |
//! | `dma_alloc_coherent` | [`Pool::alloc`] |
//! | `dma_alloc_noncontiguous` | [`Pool::alloc_noncontiguous`] |
//! | `dma_pool_alloc` | [`BlockPool::alloc`] |
//! | `dma_free_coherent`, `dma_pool_free` | dropping the [`CoherentBuffer`] |
//!
//! What the pool knows about its blocks is in ordinary memory, one byte a [`Node`]: non-cacheable memory is slow to
//! read, and an engine gone wrong cannot break the books.
//!
//! A buffer that is forgotten (`mem::forget`) stays allocated: [`Levels`] show it. A second free is not to be had with
//! handles; where the books and a handle disagree all the same, the pool counts it ([`Levels::faults`]) and keeps its
//! hands off.
//!
//! # Use in interrupts
//! Sound anywhere: the books are changed in critical sections of a few hundred instructions. Meant for thread context;
//! the firmware allocates nothing in an interrupt handler.

use core::cell::Cell;

use critical_section::{CriticalSection, Mutex};

use crate::address::BusAddr;
use crate::buffer::{CoherentRegion, Exclusive, Piece, Run};
use crate::control_block::ControlBlock;
use crate::segment::BusSegment;

mod block;
mod buddy;
mod level;

#[cfg(test)]
mod tests;

pub use block::{BlockPool, Word};
use level::Counters;
pub use level::{AllocError, Levels};

/// The smallest block, in bytes, and what every block is aligned to: a cache line, two control blocks.
pub const MIN_BLOCK: u32 = 64;

/// A byte of the pool's books.
#[derive(Debug)]
pub struct Node(Mutex<Cell<u8>>);

impl Node {
    /// A byte not yet in use.
    pub const fn empty() -> Self {
        Self(Mutex::new(Cell::new(0)))
    }

    fn get(&self, cs: CriticalSection<'_>) -> u8 {
        self.0.borrow(cs).get()
    }

    fn set(&self, cs: CriticalSection<'_>, value: u8) {
        self.0.borrow(cs).set(value);
    }
}

/// A pool over one region of non-cacheable memory, in blocks of [`MIN_BLOCK`] bytes times a power of two.
///
/// Freed blocks join their buddies at once, so that no history of allocations loses space for good.
#[derive(Debug)]
pub struct Pool<'m> {
    region: CoherentRegion,
    nodes: &'m mut [Node],
    top: u8,
    counters: Mutex<Cell<Counters>>,
}

impl<'m> Pool<'m> {
    /// How many [`Node`]s the books of a region of `len` bytes have.
    pub const fn nodes_for(len: u32) -> usize {
        buddy::nodes_for(len / MIN_BLOCK)
    }

    /// A pool over `region`, whole blocks of it, with its books in `nodes`, which are its own from now on.
    ///
    /// # Errors
    /// The books are too small, or the region holds no block or does not begin on one.
    pub fn new(region: CoherentRegion, nodes: &'m mut [Node]) -> Result<Self, AllocError> {
        let blocks = region.len() / MIN_BLOCK;
        let needed = buddy::nodes_for(blocks);
        if blocks == 0 {
            return Err(AllocError::TooSmall { least: MIN_BLOCK, given: region.len() });
        }
        let (cpu, bus) = (region.cpu(), region.bus());
        if !cpu.is_aligned(MIN_BLOCK as usize) || !bus.is_aligned(MIN_BLOCK) {
            return Err(AllocError::Misplaced { cpu, bus });
        }
        let given = nodes.len();
        let nodes = nodes.get_mut(..needed).ok_or(AllocError::Books { needed, given })?;
        nodes.fill_with(Node::empty);
        critical_section::with(|cs| buddy::Buddy::new(nodes, cs).cut_off(blocks));
        let top = buddy::top(blocks);
        Ok(Self { region, nodes, top, counters: Mutex::new(Cell::new(Counters::ZERO)) })
    }

    /// A buffer of `len` bytes that begins on a multiple of `alignment`, a power of two, on the bus.
    ///
    /// What is in it is what was left there.
    ///
    /// # Errors
    /// There is no such block.
    pub fn alloc(&'m self, len: u32, alignment: u32) -> Result<CoherentBuffer<'m>, AllocError> {
        if len == 0 {
            return Err(AllocError::Empty);
        }
        if !alignment.is_power_of_two() || !self.region.bus().is_aligned(alignment) {
            return Err(AllocError::Alignment(alignment));
        }
        let block = critical_section::with(|cs| self.take(cs, len.max(alignment)));
        let block = block.ok_or_else(|| self.exhausted(len))?;
        let run = self.run(block, len).ok_or_else(|| self.exhausted(len))?;
        Ok(CoherentBuffer { run, home: Home::Pool(self, block) })
    }

    /// The same, holding 0.
    ///
    /// # Errors
    /// As [`alloc`](Self::alloc).
    pub fn alloc_zeroed(
        &'m self,
        len: u32,
        alignment: u32,
    ) -> Result<CoherentBuffer<'m>, AllocError> {
        let mut buffer = self.alloc(len, alignment)?;
        buffer.as_mut_slice().fill(0);
        Ok(buffer)
    }

    /// `len` bytes in as many pieces as it takes, the largest first; how many that are. Push them into a
    /// [table](crate::sg_table::SgTable).
    ///
    /// # Errors
    /// There is not that much, or in too many pieces; nothing stays allocated.
    pub fn alloc_noncontiguous(
        &'m self,
        len: u32,
        pieces: &mut [Option<CoherentBuffer<'m>>],
    ) -> Result<usize, AllocError> {
        let mut left = len;
        let mut n = 0;
        while left != 0 {
            let part = left.min(self.levels().largest_free);
            let piece = match pieces.get_mut(n) {
                None => Err(AllocError::TooManyPieces { capacity: pieces.len() }),
                Some(place) => self.alloc(part, 1).map(|buffer| *place = Some(buffer)),
            };
            if let Err(error) = piece {
                pieces.iter_mut().take(n).for_each(|piece| *piece = None);
                return Err(match error {
                    AllocError::TooManyPieces { .. } => error,
                    // Of all that was asked for, not of a piece.
                    _ => self.exhausted(len),
                });
            }
            left -= part;
            n += 1;
        }
        if n == 0 { Err(AllocError::Empty) } else { Ok(n) }
    }

    /// How full it is.
    pub fn levels(&self) -> Levels {
        critical_section::with(|cs| {
            let Counters { used, high_water, buffers, faults } = self.counters.borrow(cs).get();
            let total = self.region.len() / MIN_BLOCK * MIN_BLOCK;
            let largest_free = buddy::Buddy::new(self.nodes, cs).largest().map_or(0, bytes_of);
            Levels { total, used, high_water, largest_free, buffers, faults }
        })
    }

    /// How many free blocks of exactly this size there are, in bytes; blocks that could be joined count as the larger one.
    pub fn free_blocks(&self, size: u32) -> u32 {
        let order = order_for(size).filter(|order| bytes_of(*order) == size && *order <= self.top);
        order.map_or(0, |order| {
            critical_section::with(|cs| buddy::Buddy::new(self.nodes, cs).count_free(order))
        })
    }

    fn exhausted(&self, wanted: u32) -> AllocError {
        let levels = self.levels();
        let free = levels.total - levels.used;
        AllocError::Exhausted { wanted, largest: levels.largest_free, free }
    }

    fn take(&self, cs: CriticalSection<'_>, bytes: u32) -> Option<buddy::Block> {
        let order = order_for(bytes).filter(|order| *order <= self.top)?;
        let block = buddy::Buddy::new(self.nodes, cs).take(order)?;
        let counters = self.counters.borrow(cs);
        counters.set(counters.get().taken(bytes_of(order)));
        Some(block)
    }

    fn give_back(&self, block: buddy::Block) {
        critical_section::with(|cs| {
            let counters = self.counters.borrow(cs);
            counters.set(match buddy::Buddy::new(self.nodes, cs).give_back(block) {
                Ok(()) => counters.get().given_back(bytes_of(block.order)),
                Err(buddy::NotTaken) => counters.get().fault(),
            });
        });
    }

    #[expect(unsafe_code, reason = "a block that the books gave out becomes memory")]
    fn run(&self, block: buddy::Block, len: u32) -> Option<Run> {
        let offset = block.first.checked_mul(MIN_BLOCK)?;
        // SAFETY: the books gave this block to nobody else, and `len` is at most the block's. `new` saw that the region begins on
        // a block, and so does each of its blocks.
        unsafe { self.region.run(offset, len) }
    }
}

/// The bytes of a block of this order.
const fn bytes_of(order: u8) -> u32 {
    MIN_BLOCK << order
}

/// The order of the smallest block that holds `bytes`.
fn order_for(bytes: u32) -> Option<u8> {
    let size = bytes.max(MIN_BLOCK).checked_next_power_of_two()?;
    u8::try_from((size / MIN_BLOCK).trailing_zeros()).ok()
}

/// Where a buffer goes when it is dropped.
#[derive(Clone, Copy, Debug)]
enum Home<'p> {
    Pool(&'p Pool<'p>, buddy::Block),
    Blocks(&'p BlockPool<'p>, u32),
}

/// Coherent memory from a pool, given back when dropped.
///
/// To have the engine move it, borrow it into a [table](crate::sg_table::SgTable), or give it away to one (`push_coherent`),
/// and map that: the cache has nothing to do then, and no byte is an edge.
#[derive(Debug)]
pub struct CoherentBuffer<'p> {
    run: Run,
    home: Home<'p>,
}

impl CoherentBuffer<'_> {
    /// The length in bytes, as it was asked for.
    pub fn len(&self) -> usize {
        self.run.len()
    }

    /// Never: a buffer has at least a byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the engine sees its first byte.
    pub fn bus(&self) -> BusAddr {
        self.run.bus()
    }

    /// Where the engine sees it.
    pub fn segment(&self) -> BusSegment {
        BusSegment::new(self.bus(), u32::try_from(self.len()).unwrap_or(u32::MAX))
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn place(&self) -> core::ptr::NonNull<[u8]> {
        self.run.place()
    }

    /// The bytes. Reading them is slow: about 145 ns a word.
    pub fn as_slice(&self) -> &[u8] {
        self.run.as_slice()
    }

    /// The bytes, for writing.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        self.run.as_mut_slice()
    }

    /// Writes control blocks from the start on, in order; as many as there is room for.
    #[inline]
    pub fn write_blocks(&mut self, blocks: &[ControlBlock]) {
        self.run.write_blocks(blocks);
    }

    /// Writes one control block at the start, if there is room.
    #[inline(always)]
    pub(crate) fn write_first_block(&mut self, block: &ControlBlock) {
        self.run.write_first_block(block);
    }

    /// Reads one word as the engine left it, volatile.
    ///
    /// # Errors
    /// The buffer has no such word.
    pub fn read_word(&self, word: usize) -> Result<u32, AllocError> {
        self.run.read_word(word).ok_or(AllocError::OutOfBounds { word, len: self.len() })
    }

    /// Writes words in order from word `first` on, volatile; how many that were.
    ///
    /// # Errors
    /// The buffer ends before the words do; those before are written.
    pub fn write_words(
        &mut self,
        first: usize,
        words: impl IntoIterator<Item = u32>,
    ) -> Result<usize, AllocError> {
        let len = self.len();
        let mut word = first;
        for value in words {
            self.run.write_word(word, value).ok_or(AllocError::OutOfBounds { word, len })?;
            word += 1;
        }
        Ok(word - first)
    }
}

impl Drop for CoherentBuffer<'_> {
    fn drop(&mut self) {
        match self.home {
            Home::Pool(pool, block) => pool.give_back(block),
            Home::Blocks(blocks, index) => blocks.give_back(index),
        }
    }
}

impl<'buf> From<&'buf mut CoherentBuffer<'_>> for Piece<'buf, Exclusive> {
    fn from(buffer: &'buf mut CoherentBuffer<'_>) -> Self {
        Self::coherent(buffer.as_mut_slice())
    }
}
