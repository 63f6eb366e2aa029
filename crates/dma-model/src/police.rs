//! The datasheet police: what it collects, and the rules for registers and control blocks.
//!
//! Each sin is a [`Violation`]; the police never stops a driver, it writes down.

mod blocks;
mod registers;
mod violation;

pub use violation::Violation;

pub(crate) use blocks::judge_block;
pub(crate) use registers::{judge_ack, judge_cs_bits, judge_start};

/// The collected violations.
#[derive(Debug, Default)]
pub(crate) struct Police {
    found: Vec<Violation>,
    forgiven: usize,
}

/// So many are kept; a driver that sins in a loop is not worth more memory.
const KEPT: usize = 1_000;

impl Police {
    /// Writes one down; `true` where it had not been seen in exactly this form.
    pub(crate) fn report(&mut self, violation: Violation) -> bool {
        if self.found.contains(&violation) {
            return false;
        }
        if self.found.len() >= KEPT {
            self.forgiven = self.forgiven.saturating_add(1);
            return false;
        }
        self.found.push(violation);
        true
    }

    pub(crate) fn found(&self) -> &[Violation] {
        &self.found
    }

    pub(crate) fn clear(&mut self) -> Vec<Violation> {
        self.forgiven = 0;
        core::mem::take(&mut self.found)
    }
}
