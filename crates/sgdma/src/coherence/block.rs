//! Blocks of one size, for control blocks and the like (`dma_pool`).

use core::cell::Cell;

use critical_section::{CriticalSection, Mutex};

use super::{AllocError, CoherentBuffer, Counters, Home, Levels};
use crate::buffer::Run;
use crate::control_block::ControlBlock;

/// 32 bits of the books: one for each block, set where it is out.
#[derive(Debug)]
pub struct Word(Mutex<Cell<u32>>);

impl Word {
    /// 32 free blocks.
    pub const fn empty() -> Self {
        Self(Mutex::new(Cell::new(0)))
    }
}

/// A coherent buffer cut into blocks of one size, a power of two of at least 32 bytes, that never cross a multiple of
/// it.
#[derive(Debug)]
pub struct BlockPool<'p> {
    memory: CoherentBuffer<'p>,
    words: &'p mut [Word],
    block: u32,
    blocks: u32,
    counters: Mutex<Cell<Counters>>,
}

impl<'p> BlockPool<'p> {
    /// A pool of blocks of `block` bytes in `memory`, with its books in `words`, its own from now on, one for
    /// each 32 blocks.
    ///
    /// # Errors
    /// `block` is no power of two of at least 32, `memory` holds none or does not begin on a multiple of it, or the
    /// books are too small.
    pub fn new(
        memory: CoherentBuffer<'p>,
        block: u32,
        words: &'p mut [Word],
    ) -> Result<Self, AllocError> {
        let (least, given) = (ControlBlock::SIZE, memory.segment().len);
        if block < least {
            return Err(AllocError::TooSmall { least, given: block });
        }
        if !block.is_power_of_two() || !memory.bus().is_aligned(block) {
            return Err(AllocError::Alignment(block));
        }
        let blocks = given / block;
        let needed = usize::try_from(blocks.div_ceil(32)).unwrap_or(usize::MAX);
        if blocks == 0 {
            return Err(AllocError::TooSmall { least: block, given });
        }
        let given = words.len();
        let words = words.get_mut(..needed).ok_or(AllocError::Books { needed, given })?;
        critical_section::with(|cs| words.iter().for_each(|word| word.0.borrow(cs).set(0)));
        let counters = Mutex::new(Cell::new(Counters::ZERO));
        Ok(Self { memory, words, block, blocks, counters })
    }

    /// A block. What is in it is what was left there.
    ///
    /// # Errors
    /// All are out.
    pub fn alloc(&'p self) -> Result<CoherentBuffer<'p>, AllocError> {
        let exhausted = AllocError::Exhausted { wanted: self.block, largest: 0, free: 0 };
        let index = critical_section::with(|cs| self.take(cs)).ok_or(exhausted)?;
        let run = self.run(index).ok_or(exhausted)?;
        Ok(CoherentBuffer { run, home: Home::Blocks(self, index) })
    }

    /// How full it is.
    pub fn levels(&self) -> Levels {
        let counters = critical_section::with(|cs| self.counters.borrow(cs).get());
        let Counters { used, high_water, buffers, faults } = counters;
        let total = self.blocks * self.block;
        let largest_free = if used < total { self.block } else { 0 };
        Levels { total, used, high_water, largest_free, buffers, faults }
    }

    fn take(&self, cs: CriticalSection<'_>) -> Option<u32> {
        let mut first = 0;
        for word in &*self.words {
            let word = word.0.borrow(cs);
            let free = word.get().trailing_ones();
            if free < 32 {
                let index = first + free;
                if index >= self.blocks {
                    return None;
                }
                word.set(word.get() | 1 << free);
                let counters = self.counters.borrow(cs);
                counters.set(counters.get().taken(self.block));
                return Some(index);
            }
            first += 32;
        }
        None
    }

    pub(super) fn give_back(&self, index: u32) {
        critical_section::with(|cs| {
            let counters = self.counters.borrow(cs);
            let word = usize::try_from(index / 32).ok().and_then(|word| self.words.get(word));
            let bit = 1 << (index % 32);
            match word.map(|word| word.0.borrow(cs)).filter(|word| word.get() & bit != 0) {
                Some(word) => {
                    word.set(word.get() & !bit);
                    counters.set(counters.get().given_back(self.block));
                }
                None => counters.set(counters.get().fault()),
            }
        });
    }

    #[expect(unsafe_code, reason = "a block that the books gave out becomes memory")]
    fn run(&self, index: u32) -> Option<Run> {
        let offset = usize::try_from(index.checked_mul(self.block)?).ok()?;
        let len = usize::try_from(self.block).ok()?;
        // SAFETY: the books gave this block to nobody else, and the pool never touches `memory` itself. A block is of a power of
        // two of at least 32 bytes, so it begins on a multiple of 32.
        unsafe { self.memory.run.part(offset, len) }
    }
}
