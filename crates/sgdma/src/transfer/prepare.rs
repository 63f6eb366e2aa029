//! From mapped sides to a verified chain in coherent memory.

mod plan;

use core::fmt;
use core::marker::PhantomData;

use super::{Prepared, Within};
use crate::buffer::{Exclusive, Mode};
use crate::chain::ChainError;
use crate::constraints::{Constraints, DeviceFifo};
use crate::engine::{Order, Shape};
use crate::frame::{Frame, HoldsFrame};
use crate::lower::{Blit, Counts, LowerError};
use crate::map::{Bidirectional, EngineReads, EngineWrites, Mapped, Mapper};
use crate::rejected::Rejected;

/// Why a transfer cannot be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrepareError {
    /// The planner refuses it.
    Lower(LowerError),
    /// The verifier refuses what the planner wrote: a bug in one of the two, and nothing was started.
    Chain(ChainError),
    /// A rectangle needs memory in one piece, and this has more.
    NotOnePiece {
        /// How many segments it has.
        segments: usize,
    },
    /// A fill needs 32 bytes of slot memory for its pattern.
    NoRoomForPattern,
}

impl fmt::Display for PrepareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lower(reason) => reason.fmt(f),
            Self::Chain(reason) => write!(f, "the chain does not pass: {reason}"),
            Self::NotOnePiece { segments } => {
                write!(f, "a rectangle needs memory in one piece, this has {segments}")
            }
            Self::NoRoomForPattern => {
                f.write_str("a fill needs 32 bytes of slot memory: make the frame with more")
            }
        }
    }
}

impl core::error::Error for PrepareError {}

impl From<LowerError> for PrepareError {
    fn from(reason: LowerError) -> Self {
        Self::Lower(reason)
    }
}

impl From<ChainError> for PrepareError {
    fn from(reason: ChainError) -> Self {
        Self::Chain(reason)
    }
}

/// A refusal to prepare: the reason, and the frame and both sides back.
pub type Unprepared<'m, S, D> = Rejected<PrepareError, (Frame<'m>, S, D)>;

/// A copy whose frame and sides are borrowed for `'l`.
pub type LentCopy<'l, 'm, 's, 'd, 'p, SD, SA, DD, P> = Prepared<
    'm,
    &'l mut Mapped<'s, 'p, SD, SA, P>,
    &'l mut Mapped<'d, 'p, DD, Exclusive, P>,
    &'l mut Frame<'m>,
>;

pub(super) type Prepare<'m, S, D> = Result<Prepared<'m, S, D>, Unprepared<'m, S, D>>;

impl<'m> Frame<'m> {
    /// A copy from memory to memory; the two may be cut quite differently.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn copy<'s, 'd, 'p, SD, SA, DD, P>(
        self,
        source: Mapped<'s, 'p, SD, SA, P>,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let mut frame = self;
        let planned = match frame.plan_pair(&source, &destination, limits) {
            Some(counts) => Ok(counts),
            None => frame.plan_lists(&source, &destination, limits),
        };
        match planned {
            Ok(counts) => Ok(Prepared::new(frame, (source, destination), counts, limits)),
            Err(reason) => Err(Rejected::new(reason, (frame, source, destination))),
        }
    }

    /// The same of frame and sides that are borrowed: for [`run`](crate::channel::Channel::run) and for a
    /// [scope](crate::engine::Engine::scope). Costs the least, since nothing but references changes hands.
    ///
    /// # Errors
    /// [`PrepareError`].
    #[inline(always)]
    pub fn copy_lent<'l, 's, 'd, 'p, SD, SA, DD, P>(
        &'l mut self,
        source: &'l mut Mapped<'s, 'p, SD, SA, P>,
        destination: &'l mut Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Result<LentCopy<'l, 'm, 's, 'd, 'p, SD, SA, DD, P>, PrepareError>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        if let Some(counts) = self.plan_pair(source, destination, limits) {
            return Ok(Prepared::new(self, (source, destination), counts, limits));
        }
        let counts = self.plan_lists(source, destination, limits)?;
        Ok(Prepared::new(self, (source, destination), counts, limits))
    }

    /// The short way for tables of one entry each, if they may go it.
    #[inline(always)]
    fn plan_pair<SD, SA, DD, P>(
        &mut self,
        source: &Mapped<'_, '_, SD, SA, P>,
        destination: &Mapped<'_, '_, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Option<Counts>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let from = source.only()?;
        let to = destination.only()?;
        let line = u32::try_from(destination.line()).ok()?;
        if !self.plan_only(from, to, limits, line) {
            return None;
        }
        self.commit_first();
        Some(Counts::one(to.len))
    }

    /// The long way, by itself so that the short one has no part of it.
    #[inline(never)]
    fn plan_lists<SD, SA, DD, P>(
        &mut self,
        source: &Mapped<'_, '_, SD, SA, P>,
        destination: &Mapped<'_, '_, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let line = destination.line();
        self.plan_copy(source.segments(), destination.segments(), limits, line)
    }

    /// From memory into a device, a word at a time by its DREQ (`dmaengine_prep_slave_sg`, `DMA_MEM_TO_DEV`).
    ///
    /// `limits` are those of the channel it is to run on:
    /// [`channel.device_constraints()`](crate::channel::Channel::device_constraints). The planner cannot know the channel;
    /// one that can do less refuses the transfer, as [`NotTaken::WrongChannel`](crate::channel::NotTaken::WrongChannel).
    /// ([`channel.constraints()`](crate::channel::Channel::constraints) comes to the same blocks here: a device has no bursts.)
    ///
    /// # Errors
    /// [`PrepareError`], with everything back:
    /// - [`Lower`](PrepareError::Lower) with [`LowerError::Misaligned`] where a piece is not made of aligned words;
    ///   [`LowerError::TooManyBlocks`] where the frame is too small; [`LowerError::MaxSegment`],
    ///   [`LowerError::OutsideWindow`] where limits of your own leave no room for a word, or not for this memory;
    /// - [`Chain`](PrepareError::Chain) where the address is no peripheral's
    ///   ([`DeviceFifo::new_unchecked`]), else a bug.
    pub fn to_device<'s, 'p, SD, SA, P>(
        mut self,
        source: Mapped<'s, 'p, SD, SA, P>,
        device: DeviceFifo,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, DeviceFifo>
    where
        SD: EngineReads,
        SA: Mode,
        P: Mapper + ?Sized,
    {
        let planned = self.plan_to_device(&source.segments(), device, limits);
        self.prepared((source, device), planned, limits, 0)
    }

    /// From a device into memory, a word at a time by its DREQ (`dmaengine_prep_slave_sg`, `DMA_DEV_TO_MEM`).
    ///
    /// `limits` as of [`to_device`](Self::to_device).
    ///
    /// # Errors
    /// As [`to_device`](Self::to_device); besides [`LowerError::TooManyEdges`], where the frame has too few edges or slots for
    /// a destination that shares cache lines.
    pub fn from_device<'d, 'p, DD, P>(
        mut self,
        device: DeviceFifo,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Prepare<'m, DeviceFifo, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let planned = self.plan_from_device(device, &destination.segments(), &limits);
        self.prepared((device, destination), planned, &limits, 0)
    }

    /// From memory into a device again and again, with an interrupt for each period of so many bytes.
    ///
    /// It runs until it is cancelled; [`InFlight::interrupts`](super::InFlight::interrupts) counts periods seen,
    /// [`InFlight::residue`](super::InFlight::residue) says where the engine is in the ring, from its registers, and
    /// [`InFlight::write_source`](super::InFlight::write_source) fills what it has left behind, of coherent memory.
    ///
    /// (`dmaengine_prep_dma_cyclic`.) `limits` as of [`to_device`](Self::to_device).
    ///
    /// # Errors
    /// As [`to_device`](Self::to_device); besides [`LowerError::Period`] where the period is no whole part of the memory
    /// ([`LowerError::Misaligned`] where it is none of words), and always [`LowerError::RingOnEmulated`] on the emulated engine,
    /// which a ring hangs.
    pub fn ring_to_device<'s, 'p, SD, SA, P>(
        mut self,
        source: Mapped<'s, 'p, SD, SA, P>,
        device: DeviceFifo,
        period: u32,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, DeviceFifo>
    where
        SD: EngineReads,
        SA: Mode,
        P: Mapper + ?Sized,
    {
        let planned = self.plan_ring_to_device(&source.segments(), device, period, limits);
        let prepared = self.prepared((source, device), planned, limits, 0)?;
        Ok(Prepared { order: prepared.order.with_shape(Shape::Ring), ..prepared })
    }

    /// From a device into memory again and again; see [`ring_to_device`](Self::ring_to_device). The memory must be
    /// coherent or own its cache lines; of coherent memory
    /// [`InFlight::read_destination`](super::InFlight::read_destination) reads what has come in meanwhile.
    ///
    /// # Errors
    /// As [`ring_to_device`](Self::ring_to_device); besides [`LowerError::NeedsEdge`] where the memory shares cache lines.
    pub fn ring_from_device<'d, 'p, DD, P>(
        mut self,
        device: DeviceFifo,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        period: u32,
        limits: &Constraints,
    ) -> Prepare<'m, DeviceFifo, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let planned = self.plan_ring_from_device(device, &destination.segments(), period, &limits);
        let prepared = self.prepared((device, destination), planned, &limits, 0)?;
        Ok(Prepared { order: prepared.order.with_shape(Shape::Ring), ..prepared })
    }

    /// A rectangle from one mapped piece to another, by the engine's 2D mode.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn blit<'s, 'd, 'p, SD, SA, DD, P>(
        mut self,
        source: Mapped<'s, 'p, SD, SA, P>,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        blit: Blit,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let planned = self.plan_blit(source.segments(), destination.segments(), blit, &limits);
        self.prepared((source, destination), planned, &limits, 0)
    }

    /// A rectangle from one place of a mapped piece to another that it does not meet, as in a frame buffer.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back; [`LowerError::Overlap`] where the two meet.
    pub fn blit_within<'d, 'p, P>(
        mut self,
        memory: Mapped<'d, 'p, Bidirectional, Exclusive, P>,
        blit: Blit,
        limits: &Constraints,
    ) -> Prepare<'m, Within, Mapped<'d, 'p, Bidirectional, Exclusive, P>>
    where
        P: Mapper + ?Sized,
    {
        let limits = limits.over(memory.line());
        let planned = self.plan_blit(memory.segments(), memory.segments(), blit, &limits);
        self.prepared((Within, memory), planned, &limits, 0)
    }

    /// What a plan that was made, or refused, comes to.
    pub(super) fn prepared<S, D>(
        self,
        sides: (S, D),
        planned: Result<Counts, PrepareError>,
        limits: &Constraints,
        reserved: u32,
    ) -> Prepare<'m, S, D> {
        match planned {
            Ok(counts) => Ok(Prepared { reserved, ..Prepared::new(self, sides, counts, limits) }),
            Err(reason) => Err(Rejected::new(reason, (self, sides.0, sides.1))),
        }
    }
}

impl<'m, S, D, F: HoldsFrame<'m>> Prepared<'m, S, D, F> {
    #[inline]
    pub(super) fn new(
        frame: F,
        (source, destination): (S, D),
        counts: Counts,
        limits: &Constraints,
    ) -> Self {
        let order = Order::new(frame.frame().base());
        Self {
            frame,
            pool: PhantomData,
            source,
            destination,
            counts,
            kind: limits.kind(),
            engine: limits.engine(),
            order,
            reserved: 0,
            stamps: 0,
        }
    }
}
