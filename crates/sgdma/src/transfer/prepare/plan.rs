//! One function for each kind of transfer that plans, verifies and commits. None is generic: however many kinds of tables
//! and machines there are, each is there once.

use core::{hint, slice};

use super::PrepareError;
use crate::buffer::Segments;
use crate::chain::verify::{self, Chain};
use crate::chain::{ChainError, Rules};
use crate::constraints::{Constraints, DeviceFifo};
use crate::control_block::ControlBlock;
use crate::frame::Frame;
use crate::lower::{self, Blit, Counts, LowerError, Plan, Storage};
use crate::segment::BusSegment;

impl Frame<'_> {
    /// One entry to one other, if that takes one block beyond doubt: planned and verified by one function that keeps
    /// everything but the block in registers. Still to be committed.
    #[inline(never)]
    pub(super) fn plan_only(
        &mut self,
        from: BusSegment,
        to: BusSegment,
        limits: &Constraints,
        line: u32,
    ) -> bool {
        let limits = &limits.over_line(line);
        let (base, slots) = (self.base(), self.slot_segment());
        let Some(block) = self.first_block() else { return false };
        if !lower::copy_only((from, to), limits, block) {
            return false;
        }
        // What is judged is what is in memory, not what the compiler knows was written there.
        let block: &ControlBlock = hint::black_box(block);
        let chain = Chain { blocks: slice::from_ref(block), base, edges: &[], slots };
        verify::copy_only(&chain, &Rules::new(limits), (from, to))
    }

    #[inline(never)]
    pub(super) fn plan_copy(
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
    pub(super) fn plan_to_device(
        &mut self,
        from: &Segments<'_>,
        to: DeviceFifo,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            0,
            |storage| lower::to_device(from.clone(), to, limits, storage),
            |chain, rules| verify::to_device(chain, rules, from.clone(), to),
        )
    }

    #[inline]
    pub(super) fn plan_from_device(
        &mut self,
        from: DeviceFifo,
        to: &Segments<'_>,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            0,
            |storage| lower::from_device(from, to.clone(), limits, storage),
            |chain, rules| verify::from_device(chain, rules, from, to.clone()),
        )
    }

    #[inline]
    pub(super) fn plan_ring_to_device(
        &mut self,
        from: &Segments<'_>,
        to: DeviceFifo,
        period: u32,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            0,
            |storage| lower::ring_to_device(from.clone(), to, period, limits, storage),
            |chain, rules| verify::ring_to_device(chain, rules, from.clone(), to, period),
        )
    }

    #[inline]
    pub(super) fn plan_ring_from_device(
        &mut self,
        from: DeviceFifo,
        to: &Segments<'_>,
        period: u32,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            0,
            |storage| lower::ring_from_device(from, to.clone(), period, limits, storage),
            |chain, rules| verify::ring_from_device(chain, rules, from, period, to.clone()),
        )
    }

    #[inline]
    pub(super) fn plan_blit(
        &mut self,
        from: Segments<'_>,
        to: Segments<'_>,
        blit: Blit,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        let (from, to) = (one_piece(from)?, one_piece(to)?);
        self.plan(
            limits,
            0,
            |storage| lower::blit(from, to, blit, limits, storage),
            |chain, rules| verify::blit(chain, rules, from, to, blit),
        )
    }

    /// Plans, verifies, commits.
    #[inline]
    pub(in crate::transfer) fn plan(
        &mut self,
        limits: &Constraints,
        reserved: u32,
        plan: impl for<'a> FnOnce(Storage<'a>) -> Result<Plan<'a>, LowerError>,
        judge: impl FnOnce(&Chain<'_>, &Rules) -> Result<(), ChainError>,
    ) -> Result<Counts, PrepareError> {
        let storage = self.storage(reserved);
        let (base, slots) = (storage.chain, storage.slots);
        let plan = plan(storage)?;
        let chain = Chain { blocks: plan.blocks, base, edges: plan.edges, slots };
        judge(&chain, &Rules::new(limits))?;
        let counts = plan.counts;
        self.commit(counts.blocks);
        Ok(counts)
    }
}

/// The only segment there is.
fn one_piece(mut segments: Segments<'_>) -> Result<BusSegment, PrepareError> {
    match (segments.next(), segments.next()) {
        (Some(piece), None) => Ok(piece),
        (None, _) => Err(PrepareError::NotOnePiece { segments: 0 }),
        (Some(_), Some(_)) => {
            Err(PrepareError::NotOnePiece { segments: segments.count().saturating_add(2) })
        }
    }
}
