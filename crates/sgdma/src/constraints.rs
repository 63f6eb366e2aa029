//! What a transfer must respect: limits of the channel, of the engine, of the device, of the cache.
//!
//! A limit that the chip forbids cannot be built: every `with_…` answers an error instead.
//!
//! ```
//! use sgdma::constraints::{ChannelKind, ConstraintError, Constraints};
//!
//! let lite = Constraints::memory(ChannelKind::Lite);
//! assert_eq!(lite.max_segment(), 0xFFE0);
//! assert_eq!(
//!     lite.with_max_segment(0x1_0000),
//!     Err(ConstraintError::MaxSegment { asked: 0x1_0000, least: 16, most: 0xFFE0 })
//! );
//! ```

use crate::chain::Only;
use crate::lower::only_word;
use crate::segment::BusWindow;

mod device;
mod error;
mod kind;

pub use device::{DeviceFifo, Dreq, Width};
pub use error::ConstraintError;
pub use kind::{ChannelKind, EngineKind};

/// Whether neighbours that are contiguous on the bus become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Merge {
    /// They do.
    #[default]
    Contiguous,
    /// Every segment keeps its ends. For lists of segments: the entries of a mapped table were merged by
    /// [`map`](crate::sg_table::SgTable::map), whatever a transfer of them asks for later.
    Never,
}

/// Everything a transfer must respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Constraints {
    kind: ChannelKind,
    engine: EngineKind,
    merge: Merge,
    asked_max: u32,
    /// `asked_max` rounded down to a multiple of burst and granule.
    max: u32,
    /// The boundary less one; all ones where there is none.
    boundary_mask: u32,
    burst: u32,
    line: u32,
    window: BusWindow,
    /// The bits that whole bursts and granules have not.
    unit_mask: u32,
    /// The TI of a chain of one block.
    only_word: u32,
    /// What such a chain is judged by.
    only: Only,
}

impl Constraints {
    /// Memory to memory on a channel of this kind of the chip: wide bursts, 64-byte cache lines, all of RAM.
    pub const fn memory(kind: ChannelKind) -> Self {
        let burst = match kind {
            ChannelKind::Bulk | ChannelKind::Full => 32,
            ChannelKind::Lite => 16,
        };
        Self {
            kind,
            engine: EngineKind::Hardware,
            merge: Merge::Contiguous,
            asked_max: kind.max_block(),
            max: kind.max_block(),
            boundary_mask: u32::MAX,
            burst,
            line: 64,
            window: BusWindow::SDRAM,
            unit_mask: 0,
            only_word: 0,
            only: Only::NONE,
        }
        .worked_out()
    }

    /// What planner and verifier would otherwise work out anew for each copy.
    const fn worked_out(self) -> Self {
        let Self { kind, engine, max, burst, .. } = self;
        if cfg!(feature = "small") {
            // One block has no way of its own.
            return Self { unit_mask: self.unit() - 1, ..self };
        }
        Self {
            unit_mask: self.unit() - 1,
            only_word: only_word(kind, burst),
            only: Only::new((kind, engine), max, burst),
            ..self
        }
    }

    /// Memory to or from a device on a channel of this kind: 32 bits wide, no bursts.
    pub const fn device(kind: ChannelKind) -> Self {
        Self { burst: 1, ..Self::memory(kind) }.worked_out()
    }

    /// The same for this engine.
    ///
    /// # Errors
    /// [`ConstraintError::MaxSegment`], [`ConstraintError::Boundary`] where the limits that are set leave no room for 8
    /// bytes in a block: the emulated engine needs that.
    pub const fn with_engine(self, engine: EngineKind) -> Result<Self, ConstraintError> {
        Self { engine, ..self }.checked()
    }

    /// The same for this engine, with the longest blocks and no boundary: what every engine can do.
    pub(crate) const fn on(self, engine: EngineKind) -> Self {
        // Only a short longest block could stand in the way, and the longest there is is not short.
        match self.with_engine(engine) {
            Ok(limits) => limits,
            Err(_) => self,
        }
    }

    /// No block longer than this many bytes (`dma_set_max_seg_size`).
    ///
    /// # Errors
    /// [`ConstraintError::MaxSegment`] where the channel cannot move that many, or it is less than a burst, or on the
    /// emulated engine less than 8.
    pub const fn with_max_segment(self, bytes: u32) -> Result<Self, ConstraintError> {
        Self { asked_max: bytes, ..self }.checked()
    }

    /// No block across a multiple of this many bytes (`dma_set_seg_boundary`): a power of two.
    ///
    /// # Errors
    /// [`ConstraintError::Boundary`] where it is none, or less than a burst, or on the emulated engine less than 8.
    pub const fn with_boundary(self, bytes: u32) -> Result<Self, ConstraintError> {
        if !bytes.is_power_of_two() {
            return Err(ConstraintError::Boundary { asked: bytes, least: self.least() });
        }
        Self { boundary_mask: bytes - 1, ..self }.checked()
    }

    /// The alignment of a burst in bytes; 1 for none. From 16 on, aligned bodies move 128 bits at a time.
    ///
    /// # Errors
    /// [`ConstraintError::Burst`] where it is no power of two from 1 to 4096; [`ConstraintError::MaxSegment`],
    /// [`ConstraintError::Boundary`] where the limits that are set are shorter than it.
    pub const fn with_burst(self, bytes: u32) -> Result<Self, ConstraintError> {
        if !bytes.is_power_of_two() || bytes > 4096 {
            return Err(ConstraintError::Burst { asked: bytes });
        }
        Self { burst: bytes, ..self }.checked()
    }

    /// What the cache owns at once, in bytes: 64, or 1 for memory that is coherent or owns its lines.
    ///
    /// # Errors
    /// [`ConstraintError::Line`] where it is no power of two from 1 to 4096.
    pub const fn with_line(self, bytes: u32) -> Result<Self, ConstraintError> {
        if !bytes.is_power_of_two() || bytes > 4096 {
            return Err(ConstraintError::Line { asked: bytes });
        }
        Ok(Self { line: bytes, ..self })
    }

    /// The bus range the engine may reach: the DMA mask.
    #[must_use]
    pub const fn with_window(self, window: BusWindow) -> Self {
        Self { window, ..self }
    }

    /// Whether contiguous neighbours become one; of mapped tables they did [already](Merge::Never).
    #[must_use]
    pub const fn with_merge(self, merge: Merge) -> Self {
        Self { merge, ..self }
    }

    /// The same with nothing that concerns a second side or the cache: hardware granule, no lines.
    pub(crate) const fn alone(self) -> Self {
        match (Self { engine: EngineKind::Hardware, line: 1, ..self }).checked() {
            Ok(alone) => alone,
            // Fewer demands cannot fail where more were met.
            Err(_) => self,
        }
    }

    /// The same over memory whose cache owns so many bytes at once (a power of two: 1, or the cache's line).
    pub(crate) fn over(self, line: usize) -> Self {
        self.over_line(u32::try_from(line).unwrap_or(self.line))
    }

    /// The same, of a number of 32 bits.
    #[inline(always)]
    pub(crate) fn over_line(self, line: u32) -> Self {
        Self { line, ..self }
    }

    const fn unit(&self) -> u32 {
        let granule = self.engine.granule();
        if self.burst > granule { self.burst } else { granule }
    }

    /// The shortest that longest block and boundary may be, in bytes.
    const fn least(&self) -> u32 {
        let unit = self.unit();
        let granule = self.engine.granule();
        // An edge of granule - 1 bytes may touch two granules.
        if granule > 1 && unit < 2 * granule { 2 * granule } else { unit }
    }

    const fn checked(mut self) -> Result<Self, ConstraintError> {
        let (unit, least) = (self.unit(), self.least());
        let most = self.kind.max_block();
        if self.asked_max < least || self.asked_max > most {
            return Err(ConstraintError::MaxSegment { asked: self.asked_max, least, most });
        }
        if self.boundary_mask < least - 1 {
            return Err(ConstraintError::Boundary { asked: self.boundary_mask + 1, least });
        }
        self.max = self.asked_max & !(unit - 1);
        Ok(self.worked_out())
    }

    /// The kind of channel.
    pub const fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// The engine.
    pub const fn engine(&self) -> EngineKind {
        self.engine
    }

    /// The smallest length the engine can move, in bytes.
    pub const fn granule(&self) -> u32 {
        self.engine.granule()
    }

    /// The longest block in bytes, already a multiple of burst and granule.
    pub const fn max_segment(&self) -> u32 {
        self.max
    }

    /// The boundary in bytes, if there is one.
    pub const fn boundary(&self) -> Option<u32> {
        self.boundary_mask.checked_add(1)
    }

    /// The bits of an address below the boundary: all of them where there is none.
    pub(crate) const fn boundary_mask(&self) -> u32 {
        self.boundary_mask
    }

    /// The alignment of a burst in bytes; 1 for none.
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// What the cache owns at once, in bytes.
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The bus range the engine may reach.
    pub const fn window(&self) -> BusWindow {
        self.window
    }

    /// Whether contiguous neighbours become one.
    pub const fn merge(&self) -> Merge {
        self.merge
    }

    /// The bits that are 0 in the address and length of whole bursts and granules.
    #[inline]
    pub(crate) const fn unit_mask(&self) -> u32 {
        self.unit_mask
    }

    /// The TI of a copy of one block.
    #[inline]
    pub(crate) const fn only_word(&self) -> u32 {
        self.only_word
    }

    /// What a chain of one block is judged by.
    #[inline]
    pub(crate) const fn only(&self) -> Only {
        self.only
    }

    /// How wide aligned bodies move.
    pub const fn width(&self) -> Width {
        if self.burst >= 16 { Width::Bits128 } else { Width::Bits32 }
    }
}

#[cfg(test)]
mod tests;
