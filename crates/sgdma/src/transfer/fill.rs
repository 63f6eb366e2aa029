//! Fills, prepared: their pattern lies at the start of the frame's slots.

use super::prepare::{Prepare, PrepareError};
use super::side::{Pattern, WordPattern};
use crate::address::BusAddr;
use crate::buffer::{Exclusive, Segments};
use crate::chain::verify;
use crate::constraints::Constraints;
use crate::frame::Frame;
use crate::lower::{self, Counts};
use crate::map::{EngineWrites, Mapped, Mapper};

/// The bytes of a pattern.
const PATTERN: u32 = 32;

impl<'m> Frame<'m> {
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
        let planned = match self.put_pattern([pattern.0; 4]) {
            Some(cell) => self.plan_fill(cell, &destination.segments(), &limits),
            None => Err(PrepareError::NoRoomForPattern),
        };
        self.prepared((pattern, destination), planned, &limits, PATTERN)
    }

    /// Every word of the destination becomes this one: a colour of 32 bits, say. Each of its segments begins at a multiple
    /// of 4 and is that long.
    ///
    /// # Errors
    /// [`PrepareError`], with everything back; [`LowerError::Misaligned`](crate::lower::LowerError::Misaligned) where the
    /// destination is not made of words.
    pub fn fill_words<'d, 'p, DD, P>(
        mut self,
        pattern: WordPattern,
        destination: Mapped<'d, 'p, DD, Exclusive, P>,
        limits: &Constraints,
    ) -> Prepare<'m, WordPattern, Mapped<'d, 'p, DD, Exclusive, P>>
    where
        DD: EngineWrites,
        P: Mapper + ?Sized,
    {
        let limits = limits.over(destination.line());
        let planned = match self.put_pattern(pattern.0.to_le_bytes()) {
            Some(cell) => self.plan_fill_words(cell, &destination.segments(), &limits),
            None => Err(PrepareError::NoRoomForPattern),
        };
        self.prepared((pattern, destination), planned, &limits, PATTERN)
    }
}

impl Frame<'_> {
    /// Writes a word eight times to the start of the slots; where that is, if there is room.
    fn put_pattern(&mut self, word: [u8; 4]) -> Option<BusAddr> {
        let slots = self.slots.as_mut().filter(|slots| slots.segment().len >= PATTERN)?;
        let cell = slots.as_mut_slice().iter_mut().take(PATTERN as usize);
        cell.zip(word.into_iter().cycle()).for_each(|(byte, value)| *byte = value);
        Some(slots.bus())
    }

    #[inline]
    fn plan_fill(
        &mut self,
        cell: BusAddr,
        to: &Segments<'_>,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            PATTERN,
            |storage| lower::fill(cell, to.clone(), limits, storage),
            |chain, rules| verify::fill(chain, rules, cell, to.clone()),
        )
    }

    #[inline]
    fn plan_fill_words(
        &mut self,
        cell: BusAddr,
        to: &Segments<'_>,
        limits: &Constraints,
    ) -> Result<Counts, PrepareError> {
        self.plan(
            limits,
            PATTERN,
            |storage| lower::fill_words(cell, to.clone(), limits, storage),
            |chain, rules| verify::fill_words(chain, rules, cell, to.clone()),
        )
    }
}
