//! From mapped sides to a verified chain in coherent memory.

use core::fmt;
use core::marker::PhantomData;

use super::{Pattern, Prepared};
use crate::buffer::{Exclusive, Mode, Segments};
use crate::chain::verify::{self, Chain};
use crate::chain::{ChainError, Rules};
use crate::constraints::{Constraints, DeviceFifo};
use crate::engine::{Order, Shape};
use crate::frame::{Frame, HoldsFrame};
use crate::lower::{self, Blit, Counts, LowerError, Plan, Storage};
use crate::map::{EngineReads, EngineWrites, Mapped, Mapper};
use crate::rejected::Rejected;
use crate::segment::BusSegment;

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

/// The bytes at the start of the slots that hold a fill's pattern.
const PATTERN: u32 = 32;

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
        let line = destination.line();
        match frame.plan_copy(source.segments(), destination.segments(), limits, line) {
            Ok(counts) => Ok(Prepared::new(frame, (source, destination), counts, limits)),
            Err(reason) => Err(Rejected::new(reason, (frame, source, destination))),
        }
    }

    /// The same of frame and sides that are borrowed: for [`run`](crate::channel::Channel::run) and for a
    /// [scope](crate::engine::Engine::scope). Costs the least, since nothing but references changes hands.
    ///
    /// # Errors
    /// [`PrepareError`].
    #[inline]
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
        let line = destination.line();
        let counts = self.plan_copy(source.segments(), destination.segments(), limits, line)?;
        Ok(Prepared::new(self, (source, destination), counts, limits))
    }

    /// Every byte of the destination becomes this one.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn fill<'d, 'p, DD, P>(
        mut self,
        pattern: Pattern,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Prepare<'m, Pattern, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let cell = match &mut self.slots {
            Some(slots) if slots.segment().len >= PATTERN => {
                slots.as_mut_slice().iter_mut().take(PATTERN as usize).for_each(|b| *b = pattern.0);
                slots.bus()
            }
            _ => {
                let returned = (self, pattern, destination);
                return Err(Rejected::new(PrepareError::NoRoomForPattern, returned));
            }
        };
        let work = Work { limits, shape: Shape::Line, reserved: PATTERN };
        self.prepare(
            &work,
            (pattern, destination),
            |(_, to), storage| lower::fill(cell, to.segments(), &limits, storage),
            |(_, to), chain, rules| verify::fill(chain, rules, cell, to.segments()),
        )
    }

    /// From memory into a device.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn to_device<'s, 'p, SD, SA, P>(
        self,
        source: Mapped<'s, 'p, SD, SA, P>,
        device: DeviceFifo,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, DeviceFifo>
    where
        SD: EngineReads,
        SA: Mode,
        P: Mapper + ?Sized,
    {
        let work = Work { limits: *limits, shape: Shape::Line, reserved: 0 };
        self.prepare(
            &work,
            (source, device),
            |(from, to), storage| lower::to_device(from.segments(), *to, limits, storage),
            |(from, to), chain, rules| verify::to_device(chain, rules, from.segments(), *to),
        )
    }

    /// From a device into memory.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn from_device<'d, 'p, DD, P>(
        self,
        device: DeviceFifo,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Prepare<'m, DeviceFifo, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let work = Work { limits, shape: Shape::Line, reserved: 0 };
        self.prepare(
            &work,
            (device, destination),
            |(from, to), storage| lower::from_device(*from, to.segments(), &limits, storage),
            |(from, to), chain, rules| verify::from_device(chain, rules, *from, to.segments()),
        )
    }

    /// From memory into a device again and again, with an interrupt for each period of so many bytes.
    ///
    /// It runs until it is cancelled; [`InFlight::interrupts`](super::InFlight::interrupts) counts periods seen,
    /// [`InFlight::residue`](super::InFlight::residue) says where the engine is in the ring, from its registers.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back; always on the emulated engine, which a ring hangs.
    pub fn ring_to_device<'s, 'p, SD, SA, P>(
        self,
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
        let work = Work { limits: *limits, shape: Shape::Ring, reserved: 0 };
        self.prepare(
            &work,
            (source, device),
            |(from, to), storage| {
                lower::ring_to_device(from.segments(), *to, period, limits, storage)
            },
            |(from, to), chain, rules| {
                verify::ring_to_device(chain, rules, from.segments(), *to, period)
            },
        )
    }

    /// From a device into memory again and again; see [`ring_to_device`](Self::ring_to_device). The memory must be
    /// coherent or own its cache lines.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn ring_from_device<'d, 'p, DD, P>(
        self,
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
        let work = Work { limits, shape: Shape::Ring, reserved: 0 };
        self.prepare(
            &work,
            (device, destination),
            |(from, to), storage| {
                lower::ring_from_device(*from, to.segments(), period, &limits, storage)
            },
            |(from, to), chain, rules| {
                verify::ring_from_device(chain, rules, *from, period, to.segments())
            },
        )
    }

    /// A rectangle from one mapped piece to another, by the engine's 2D mode.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn blit<'s, 'd, 'p, SD, SA, DD, P>(
        self,
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
        let pieces = one_piece(&source).and_then(|from| Ok((from, one_piece(&destination)?)));
        let (from, to) = match pieces {
            Ok(pieces) => pieces,
            Err(reason) => return Err(Rejected::new(reason, (self, source, destination))),
        };
        let work = Work { limits, shape: Shape::Line, reserved: 0 };
        self.prepare(
            &work,
            (source, destination),
            |_, storage| lower::blit(from, to, blit, &limits, storage),
            |_, chain, rules| verify::blit(chain, rules, from, to, blit),
        )
    }

    /// Plans, verifies, copies: for every kind of transfer.
    #[inline]
    pub(super) fn prepare<S, D>(
        mut self,
        work: &Work,
        sides: (S, D),
        plan: impl for<'a> FnOnce(&(S, D), Storage<'a>) -> Result<Plan<'a>, LowerError>,
        judge: impl FnOnce(&(S, D), &Chain<'_>, &Rules) -> Result<(), ChainError>,
    ) -> Prepare<'m, S, D> {
        let counts = match self.plan(work, &sides, plan, judge) {
            Ok(counts) => counts,
            Err(reason) => return Err(Rejected::new(reason, (self, sides.0, sides.1))),
        };
        self.commit(counts.blocks);
        let prepared = Prepared::new(self, sides, counts, &work.limits);
        let order = prepared.order.with_shape(work.shape);
        Ok(Prepared { order, reserved: work.reserved, ..prepared })
    }

    /// A copy planned, verified and committed. Not generic: however many kinds of tables there are, this is there once.
    fn plan_copy(
        &mut self,
        from: Segments<'_>,
        to: Segments<'_>,
        limits: &Constraints,
        line: usize,
    ) -> Result<Counts, PrepareError> {
        let limits = &limits.over(line);
        let storage = self.storage(0);
        let (base, slots) = (storage.chain, storage.slots);
        let plan = lower::copy(from.clone(), to.clone(), limits, storage)?;
        let chain = Chain { blocks: plan.blocks, base, edges: plan.edges, slots };
        verify::copy(&chain, &Rules::new(limits), from, to)?;
        let counts = plan.counts;
        self.commit(counts.blocks);
        Ok(counts)
    }

    #[inline]
    fn plan<S, D>(
        &mut self,
        work: &Work,
        sides: &(S, D),
        plan: impl for<'a> FnOnce(&(S, D), Storage<'a>) -> Result<Plan<'a>, LowerError>,
        judge: impl FnOnce(&(S, D), &Chain<'_>, &Rules) -> Result<(), ChainError>,
    ) -> Result<Counts, PrepareError> {
        let storage = self.storage(work.reserved);
        let (base, slots) = (storage.chain, storage.slots);
        let counts = plan(sides, storage)?.counts;
        let chain = Chain {
            blocks: self.staging.get(..counts.blocks).unwrap_or_default(),
            base,
            edges: self.edges.get(..counts.edges).unwrap_or_default(),
            slots,
        };
        judge(sides, &chain, &Rules::new(&work.limits))?;
        Ok(counts)
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
        let order = Order::new(frame.frame().chain.bus());
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

pub(super) struct Work {
    pub(super) limits: Constraints,
    pub(super) shape: Shape,
    pub(super) reserved: u32,
}

fn one_piece<D, A, P>(memory: &Mapped<'_, '_, D, A, P>) -> Result<BusSegment, PrepareError>
where
    D: crate::map::Direction,
    A: Mode,
    P: Mapper + ?Sized,
{
    let mut segments = memory.segments();
    match (segments.next(), segments.next()) {
        (Some(piece), None) => Ok(piece),
        _ => Err(PrepareError::NotOnePiece { segments: memory.nents() }),
    }
}
