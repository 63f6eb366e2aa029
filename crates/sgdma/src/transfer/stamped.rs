//! A copy that times itself: the engine writes down when each of its blocks had ended, without the CPU.

use super::Prepared;
use super::prepare::{PrepareError, Unprepared};
use crate::buffer::{Exclusive, Mode, Segments};
use crate::chain::Rules;
use crate::chain::verify::{self, Chain};
use crate::constraints::Constraints;
use crate::frame::{Frame, FrameSize, HoldsFrame};
use crate::lower::{self, Counts, LowerError, Storage};
use crate::map::{EngineReads, EngineWrites, Mapped, Mapper};
use crate::rejected::Rejected;
use crate::segment::BusSegment;

impl FrameSize {
    /// The same with room for a stamp before, between and after the blocks: the plan is kept beside the chain that is
    /// made of it.
    #[must_use]
    pub fn stamped(self) -> Self {
        let blocks = self.blocks.saturating_mul(3).saturating_add(1);
        let stamps = u32::try_from(self.blocks).unwrap_or(u32::MAX).saturating_add(1);
        Self { blocks, slot_bytes: self.slot_bytes.saturating_add(room_for(stamps)), ..self }
    }
}

/// Bytes for so many stamps; what follows them is aligned as slots are.
const fn room_for(stamps: u32) -> u32 {
    stamps.saturating_mul(4).saturating_add(15) & !15
}

type Stamped<'m, S, D> = Result<Prepared<'m, S, D>, Unprepared<'m, S, D>>;

impl<'m> Frame<'m> {
    /// As [`copy`](Self::copy), with a block of four bytes before each block and after the last that copies the system
    /// timer into the frame: [`Prepared::stamps`]. The frame is made with [`FrameSize::stamped`].
    ///
    /// # Errors
    /// [`PrepareError`], with everything back.
    pub fn copy_stamped<'s, 'd, 'p, SD, SA, DD, P>(
        mut self,
        source: Mapped<'s, 'p, SD, SA, P>,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Stamped<'m, Mapped<'s, 'p, SD, SA, P>, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        SD: EngineReads,
        SA: Mode,
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        match self.plan_stamped(source.segments(), destination.segments(), &limits) {
            Ok((counts, reserved)) => {
                let prepared = Prepared::new(self, (source, destination), counts, &limits);
                let stamps = u32::try_from(counts.blocks / 2 + 1).unwrap_or(u32::MAX);
                Ok(Prepared { reserved, stamps, ..prepared })
            }
            Err(reason) => Err(Rejected::new(reason, (self, source, destination))),
        }
    }

    /// Plans and verifies the copy, then the chain that is made of it; what that takes, and the bytes before the slots.
    fn plan_stamped(
        &mut self,
        from: Segments<'_>,
        to: Segments<'_>,
        limits: &Constraints,
    ) -> Result<(Counts, u32), PrepareError> {
        let most = self.staging.len().saturating_sub(1) / 3;
        let reserved = room_for(u32::try_from(most).unwrap_or(u32::MAX).saturating_add(1));
        let stamps = BusSegment::new(self.slot_segment().addr, reserved);
        if self.slot_segment().len < reserved {
            let (slot_bytes, slot_capacity) = (reserved.into(), self.slot_segment().len);
            let (needed, capacity) = (0, 0);
            return Err(LowerError::TooManyEdges { needed, capacity, slot_bytes, slot_capacity })?;
        }
        let Storage { blocks, chain: base, edges, slots } = self.storage(reserved);
        let (into, room) = blocks.split_at_mut_checked(2 * most + 1).unwrap_or_default();
        let plan = Storage { blocks: room, chain: base, edges, slots };
        let plan = lower::copy(from.clone(), to.clone(), limits, plan)?;
        let rules = Rules::new(limits);
        verify::copy(&Chain::of(&plan, slots), &rules, from, to)?;
        let blocks = lower::stamp(plan.blocks, into, base, stamps)?;
        let stamped = into.get(..blocks).unwrap_or_default();
        let chain = Chain { blocks: stamped, base, edges: plan.edges, slots };
        verify::stamped(&chain, &rules, plan.blocks, stamps)?;
        let counts = Counts { blocks, ..plan.counts };
        self.commit(blocks);
        Ok((counts, reserved))
    }
}

impl<'m, S, D, F: HoldsFrame<'m>> Prepared<'m, S, D, F> {
    /// What a copy that times itself has written down: the low word of the system timer, in microseconds, before its
    /// first block and after each. None of any other transfer; of one that has not run, nothing of worth.
    pub fn stamps(&self) -> impl Iterator<Item = u32> {
        let stamps = usize::try_from(self.stamps).unwrap_or(usize::MAX);
        let slots = self.frame.frame().slots.as_ref().map_or(&[][..], |slots| slots.as_slice());
        slots.as_chunks::<4>().0.iter().take(stamps).map(|word| u32::from_le_bytes(*word))
    }
}
