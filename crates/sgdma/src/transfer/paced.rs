//! A paced ring, prepared.

use super::prepare::{Prepare, PrepareError};
use super::{Prepared, side};
use crate::address::BusAddr;
use crate::buffer::{Mode, Segments};
use crate::chain::verify;
use crate::constraints::Constraints;
use crate::engine::Shape;
use crate::frame::Frame;
use crate::lower::{self, Counts, Edge, Paced};
use crate::map::{EngineReads, Mapped, Mapper, Place};

impl<'m> Frame<'m> {
    /// Words of memory into two registers in turn, each held back by a word into the pacer's FIFO; again and again, with an
    /// interrupt each time round. It runs until it is cancelled. The frame needs two blocks a word.
    ///
    /// `limits` are those of the channel it is to run on, as of [`to_device`](Self::to_device):
    /// [`channel.device_constraints()`](crate::channel::Channel::device_constraints). Of them only the window counts, and that
    /// a channel that can do less than they say refuses it.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back: [`Lower`](PrepareError::Lower) with
    /// [`LowerError::Period`](lower::LowerError::Period) where there is no even number of words;
    /// [`LowerError::Misaligned`](lower::LowerError::Misaligned) where a piece is not made of aligned words;
    /// [`LowerError::TooManyBlocks`](lower::LowerError::TooManyBlocks);
    /// [`LowerError::OutsideWindow`](lower::LowerError::OutsideWindow); and always
    /// [`LowerError::RingOnEmulated`](lower::LowerError::RingOnEmulated) on the emulated engine, which a ring hangs.
    pub fn ring_paced<'s, 'p, SD, SA, P>(
        mut self,
        source: Mapped<'s, 'p, SD, SA, P>,
        devices: Paced,
        limits: &Constraints,
    ) -> Prepare<'m, Mapped<'s, 'p, SD, SA, P>, Paced>
    where
        SD: EngineReads,
        SA: Mode,
        P: Mapper + ?Sized,
    {
        let planned = self.plan_paced(&source.segments(), &devices, limits);
        let prepared = self.prepared((source, devices), planned, limits, 0)?;
        Ok(Prepared { order: prepared.order.with_shape(Shape::Ring), ..prepared })
    }
}

impl Frame<'_> {
    #[inline]
    fn plan_paced(
        &mut self,
        from: &Segments<'_>,
        to: &Paced,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            0,
            |storage| lower::ring_paced(from.clone(), to, limits, storage),
            |chain, rules| verify::ring_paced(chain, rules, from.clone(), to),
        )
    }
}

impl side::sealed::Sealed for Paced {}

impl side::Destination for Paced {
    fn place_of(&self, _: BusAddr) -> Option<Place> {
        None
    }

    fn place_at(&self, _: u64) -> Option<Place> {
        None
    }

    fn finish(&mut self, _: &[Edge], _: &[u8]) {}
}
