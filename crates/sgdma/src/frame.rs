//! Where a prepared transfer lives: room for its control blocks, its edges and their slots.
//!
//! ```text
//!  staging  (cached)    blocks are planned and verified here …
//!  chain    (coherent)  … and copied here once, in order: the engine reads them here
//!  edges    (cached)    which bytes the CPU must carry on
//!  slots    (coherent)  where the engine leaves them; in a fill, its first 32 bytes are the pattern
//! ```
//!
//! A [`Frame`] is made once and used again and again; preparing allocates nothing.

use core::fmt;
use core::ops::{Deref, DerefMut};

use crate::address::BusAddr;
use crate::coherence::{AllocError, CoherentBuffer, Pool};
use crate::control_block::ControlBlock;
use crate::lower::{self, Edge, Storage};
use crate::segment::BusSegment;

/// Memory that is lent or owned.
pub(crate) enum Room<'m, T> {
    Lent(&'m mut [T]),
    #[cfg(feature = "alloc")]
    Owned(alloc::vec::Vec<T>),
}

impl<T> Deref for Room<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Lent(room) => room,
            #[cfg(feature = "alloc")]
            Self::Owned(room) => room,
        }
    }
}

impl<T> DerefMut for Room<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::Lent(room) => room,
            #[cfg(feature = "alloc")]
            Self::Owned(room) => room,
        }
    }
}

/// How big a frame is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSize {
    /// Control blocks.
    pub blocks: usize,
    /// Edges.
    pub edges: usize,
    /// Bytes of slot memory: [`SLOT`](Self::SLOT) for each edge, and 32 more for a fill.
    /// [`lower::count`] gives the numbers beforehand.
    pub slot_bytes: u32,
}

impl FrameSize {
    /// Bytes of slot memory that do for any edge, where the cache's lines are of 64 bytes and there is no boundary: an
    /// edge has up to 126, 63 on each side of the end of a line, and slots begin at multiples of 16. On the chip 128
    /// would do; the emulated engine reads the whole words that hold them, up to 132 bytes.
    pub const SLOT: u32 = 144;
}

/// Why there is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// The pool of coherent memory gives none.
    Pool(AllocError),
    /// The heap has no room for the blocks or the edges.
    OutOfMemory,
    /// So many blocks would not fit the bus.
    TooManyBlocks {
        /// What was asked for.
        blocks: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(reason) => reason.fmt(f),
            Self::OutOfMemory => f.write_str("the heap has no room for the control blocks"),
            Self::TooManyBlocks { blocks } => {
                write!(f, "{blocks} control blocks do not fit the bus")
            }
        }
    }
}

impl core::error::Error for FrameError {}

impl From<AllocError> for FrameError {
    fn from(reason: AllocError) -> Self {
        Self::Pool(reason)
    }
}

mod sealed {
    use super::Frame;

    pub trait Hold<'m> {
        fn frame(&self) -> &Frame<'m>;
    }
}

/// A [`Frame`], or one that is borrowed.
pub trait HoldsFrame<'m>: sealed::Hold<'m> {}

impl<'m> HoldsFrame<'m> for Frame<'m> {}
impl<'m> HoldsFrame<'m> for &mut Frame<'m> {}

impl<'m> sealed::Hold<'m> for Frame<'m> {
    #[inline]
    fn frame(&self) -> &Frame<'m> {
        self
    }
}

impl<'m> sealed::Hold<'m> for &mut Frame<'m> {
    #[inline]
    fn frame(&self) -> &Frame<'m> {
        self
    }
}

/// Room for one prepared transfer.
pub struct Frame<'m> {
    pub(crate) staging: Room<'m, ControlBlock>,
    pub(crate) edges: Room<'m, Edge>,
    pub(crate) chain: CoherentBuffer<'m>,
    pub(crate) slots: Option<CoherentBuffer<'m>>,
    /// Where chain and slots are on the bus; they stay there.
    base: BusAddr,
    slot_segment: BusSegment,
    /// Whether the planner can have them there.
    fits: bool,
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} blocks, {} edges)", self.staging.len(), self.edges.len())
    }
}

impl<'m> Frame<'m> {
    /// A frame in memory that the caller lends and the pool gives: as many blocks and edges as the slices hold.
    ///
    /// # Errors
    /// [`FrameError::Pool`], [`FrameError::TooManyBlocks`].
    pub fn lent(
        pool: &'m Pool<'m>,
        blocks: &'m mut [ControlBlock],
        edges: &'m mut [Edge],
        slot_bytes: u32,
    ) -> Result<Self, FrameError> {
        let size = FrameSize { blocks: blocks.len(), edges: edges.len(), slot_bytes };
        Self::over(pool, Room::Lent(blocks), Room::Lent(edges), size)
    }

    /// A frame that owns its memory.
    ///
    /// # Errors
    /// Every [`FrameError`].
    #[cfg(feature = "alloc")]
    pub fn new(pool: &'m Pool<'m>, size: FrameSize) -> Result<Self, FrameError> {
        fn room<'m, T: Clone + Default>(len: usize) -> Result<Room<'m, T>, FrameError> {
            let mut room = alloc::vec::Vec::new();
            room.try_reserve_exact(len).map_err(|_| FrameError::OutOfMemory)?;
            room.resize(len, T::default());
            Ok(Room::Owned(room))
        }
        Self::over(pool, room(size.blocks)?, room(size.edges)?, size)
    }

    fn over(
        pool: &'m Pool<'m>,
        staging: Room<'m, ControlBlock>,
        edges: Room<'m, Edge>,
        size: FrameSize,
    ) -> Result<Self, FrameError> {
        let blocks = size.blocks;
        let bytes = u32::try_from(blocks)
            .ok()
            .and_then(|blocks| blocks.checked_mul(ControlBlock::SIZE))
            .ok_or(FrameError::TooManyBlocks { blocks })?;
        let chain = pool.alloc(bytes, ControlBlock::SIZE)?;
        let slots = match size.slot_bytes {
            0 => None,
            bytes => Some(pool.alloc(bytes, ControlBlock::SIZE)?),
        };
        let slot_segment = slots.as_ref().map_or(BusSegment::default(), CoherentBuffer::segment);
        let base = chain.bus();
        let mut frame = Self { staging, edges, chain, slots, base, slot_segment, fits: false };
        frame.fits = lower::storage_fits(&frame.storage(0));
        Ok(frame)
    }

    #[inline]
    pub(crate) fn slot_segment(&self) -> BusSegment {
        self.slot_segment
    }

    /// The bus address of the chain.
    #[inline]
    pub(crate) fn base(&self) -> BusAddr {
        self.base
    }

    /// The first block, where the planner can have all of the frame where it is.
    #[inline(always)]
    pub(crate) fn first_block(&mut self) -> Option<&mut ControlBlock> {
        if self.fits { self.staging.first_mut() } else { None }
    }

    /// The frame as the planner wants it; the first `reserved` bytes of the slots stay free.
    #[inline]
    pub(crate) fn storage(&mut self, reserved: u32) -> Storage<'_> {
        let slots = self.slot_segment();
        let slots = match (slots.addr.checked_add(reserved), slots.len.checked_sub(reserved)) {
            (Some(addr), Some(len)) => BusSegment::new(addr, len),
            _ => BusSegment::default(),
        };
        Storage { blocks: &mut self.staging, chain: self.base, edges: &mut self.edges, slots }
    }

    /// Copies the first `blocks` blocks to where the engine reads them.
    #[inline]
    pub(crate) fn commit(&mut self, blocks: usize) {
        self.chain.write_blocks(self.staging.get(..blocks).unwrap_or_default());
    }

    /// The same for the first block alone.
    #[inline(always)]
    pub(crate) fn commit_first(&mut self) {
        if let Some(block) = self.staging.first() {
            self.chain.write_first_block(block);
        }
    }
}
