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

use core::fmt;

use crate::address::BusAddr;
use crate::chain::Only;
use crate::lower::only_word;
use crate::register::ChannelId;
use crate::segment::BusWindow;

/// The kinds of channel there are. p. 38-39, 63-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Channel 0: full, with an external FIFO that takes wide bursts of 9 beats.
    Bulk,
    /// Channels 1 to 6.
    Full,
    /// Channels 7 to 14: 16-bit lengths, no 2D, no ignore, half the bandwidth.
    Lite,
}

impl ChannelKind {
    /// The kind of a channel. QEMU does not show it in `DEBUG`, so the number decides.
    pub const fn of(channel: ChannelId) -> Self {
        match channel.number() {
            0 => Self::Bulk,
            1..=6 => Self::Full,
            _ => Self::Lite,
        }
    }

    /// The longest linear block in bytes that keeps the 32-byte phase of what follows.
    ///
    /// The fields hold 2³⁰ − 1 and 65 535 (p. 53, 57; the 65 536 of p. 64 does not fit).
    pub const fn max_block(self) -> u32 {
        match self {
            Self::Bulk | Self::Full => 0x3FFF_FFE0,
            Self::Lite => 0xFFE0,
        }
    }

    /// `BURST_LENGTH` for wide reads: the most that cannot stall the AXI bus. p. 63-64.
    pub const fn wide_burst(self) -> u32 {
        match self {
            Self::Bulk => 8,
            Self::Full => 1,
            Self::Lite => 0,
        }
    }

    /// Whether it moves rectangles (2D mode).
    pub const fn has_2d(self) -> bool {
        !matches!(self, Self::Lite)
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bulk => "bulk",
            Self::Full => "full",
            Self::Lite => "lite",
        })
    }
}

/// Which engine runs the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// The chip: moves any number of bytes.
    #[default]
    Hardware,
    /// QEMU's: a length that is no multiple of 4 hangs it for ever, and so does a ring.
    Emulated,
}

impl EngineKind {
    /// The smallest length the engine can move, in bytes; lengths are multiples of it.
    pub const fn granule(self) -> u32 {
        match self {
            Self::Hardware => 1,
            Self::Emulated => 4,
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hardware => "hardware",
            Self::Emulated => "emulated",
        })
    }
}

/// The width of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 32 bits.
    Bits32,
    /// 128 bits: memory to memory only.
    Bits128,
}

/// Whether neighbours that are contiguous on the bus become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Merge {
    /// They do.
    #[default]
    Contiguous,
    /// Every entry keeps its ends.
    Never,
}

/// A DREQ: the signal by which a peripheral paces the engine, 0 (unpaced) to 31. p. 61.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dreq(u8);

impl Dreq {
    /// Always on: for peripherals that need no pacing.
    pub const NONE: Self = Self(0);

    /// The DREQ of this number.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 32 { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A device's data register: one address, paced by a DREQ, 32 bits wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceFifo {
    address: BusAddr,
    dreq: Dreq,
}

impl DeviceFifo {
    /// The FIFO at a peripheral bus address (`0x7Exx_xxxx`, a multiple of 4).
    ///
    /// # Errors
    /// [`ConstraintError::DeviceAddress`] where the address is no peripheral's or misaligned,
    /// [`ConstraintError::WideDevice`] where 128 bits are asked for: peripherals take 32.
    pub const fn new(address: BusAddr, dreq: Dreq, width: Width) -> Result<Self, ConstraintError> {
        if address.get() >> 24 != 0x7E || !address.is_aligned(4) {
            return Err(ConstraintError::DeviceAddress { address });
        }
        match width {
            Width::Bits128 => Err(ConstraintError::WideDevice { address }),
            Width::Bits32 => Ok(Self { address, dreq }),
        }
    }

    /// Its bus address.
    pub const fn address(self) -> BusAddr {
        self.address
    }

    /// What paces it.
    pub const fn dreq(self) -> Dreq {
        self.dreq
    }
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
    /// As [`with_max_segment`](Self::with_max_segment): the emulated engine needs room for 8 bytes in a segment.
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
    /// [`ConstraintError::MaxSegment`] where the channel cannot move that many, or less than one burst would be left.
    pub const fn with_max_segment(self, bytes: u32) -> Result<Self, ConstraintError> {
        Self { asked_max: bytes, ..self }.checked()
    }

    /// No block across a multiple of this many bytes (`dma_set_seg_boundary`): a power of two.
    ///
    /// # Errors
    /// [`ConstraintError::Boundary`] where it is none, or less than a burst or a granule.
    pub const fn with_boundary(self, bytes: u32) -> Result<Self, ConstraintError> {
        if !bytes.is_power_of_two() {
            return Err(ConstraintError::Boundary { asked: bytes, least: self.unit() });
        }
        Self { boundary_mask: bytes - 1, ..self }.checked()
    }

    /// The alignment of a burst in bytes; 1 for none. From 16 on, aligned bodies move 128 bits at a time.
    ///
    /// # Errors
    /// [`ConstraintError::Burst`] where it is no power of two from 1 to 4096.
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

    /// Whether contiguous neighbours become one.
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

    const fn checked(mut self) -> Result<Self, ConstraintError> {
        let unit = self.unit();
        let granule = self.engine.granule();
        // An edge of granule - 1 bytes may touch two granules.
        let least = if granule > 1 && unit < 2 * granule { 2 * granule } else { unit };
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

/// A limit that cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConstraintError {
    /// The longest block must lie between these, in bytes.
    MaxSegment {
        /// What was asked for.
        asked: u32,
        /// The least there can be.
        least: u32,
        /// The most there can be.
        most: u32,
    },
    /// The boundary must be a power of two of at least so many bytes.
    Boundary {
        /// What was asked for.
        asked: u32,
        /// The least there can be.
        least: u32,
    },
    /// The burst must be a power of two up to 4096 bytes.
    Burst {
        /// What was asked for.
        asked: u32,
    },
    /// The line must be a power of two up to 4096 bytes.
    Line {
        /// What was asked for.
        asked: u32,
    },
    /// A device lives at a bus address `0x7Exx_xxxx` that is a multiple of 4.
    DeviceAddress {
        /// What was given.
        address: BusAddr,
    },
    /// A device takes 32 bits at a time, never 128.
    WideDevice {
        /// The device.
        address: BusAddr,
    },
}

impl fmt::Display for ConstraintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MaxSegment { asked, least, most } => {
                write!(f, "a longest block of {asked:#x} bytes: must be {least:#x} to {most:#x}")
            }
            Self::Boundary { asked, least } => {
                write!(f, "a boundary of {asked:#x}: must be a power of two, at least {least:#x}")
            }
            Self::Burst { asked } => {
                write!(f, "a burst of {asked:#x} bytes: must be a power of two, 1 to 0x1000")
            }
            Self::Line { asked } => {
                write!(f, "a cache line of {asked:#x} bytes: must be a power of two, 1 to 0x1000")
            }
            Self::DeviceAddress { address } => {
                write!(
                    f,
                    "a device at {address}: must be 0x7e000000 to 0x7efffffc, a multiple of 4"
                )
            }
            Self::WideDevice { address } => {
                write!(f, "128 bits to the device at {address}: devices take 32 bits at a time")
            }
        }
    }
}

impl core::error::Error for ConstraintError {}

#[cfg(test)]
mod tests;
