//! What is remembered of a channel for whoever asks.

use core::cell::Cell;

/// What happened on a channel since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Transfers that completed.
    pub completed: u32,
    /// Transfers that failed, for whatever reason.
    pub failed: u32,
    /// Of these, that were not complete in time.
    pub timeouts: u32,
    /// Transfers started again after a bus error.
    pub retries: u32,
    /// Times the channel was aborted and reset.
    pub recoveries: u32,
    /// Interrupts that belonged to a running transfer.
    pub interrupts: u32,
    /// Interrupts with neither INT nor ERROR set.
    pub spurious: u32,
    /// Interrupts of a transfer that was gone already.
    pub late: u32,
    /// Completions whose interrupt never came.
    pub lost: u32,
}

/// The same while it is counted. One that completes by its own interrupt is one line in the books, not two.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) ended_by_interrupt: Cell<u32>,
    pub(super) otherwise_completed: Cell<u32>,
    pub(super) failed: Cell<u32>,
    pub(super) timeouts: Cell<u32>,
    pub(super) retries: Cell<u32>,
    pub(super) recoveries: Cell<u32>,
    pub(super) other_interrupts: Cell<u32>,
    pub(super) spurious: Cell<u32>,
    pub(super) late: Cell<u32>,
    pub(super) lost: Cell<u32>,
}

impl Tally {
    pub(super) const fn new() -> Self {
        Self {
            ended_by_interrupt: Cell::new(0),
            otherwise_completed: Cell::new(0),
            failed: Cell::new(0),
            timeouts: Cell::new(0),
            retries: Cell::new(0),
            recoveries: Cell::new(0),
            other_interrupts: Cell::new(0),
            spurious: Cell::new(0),
            late: Cell::new(0),
            lost: Cell::new(0),
        }
    }

    pub(super) fn read(&self) -> Counters {
        let ended = self.ended_by_interrupt.get();
        Counters {
            completed: ended.wrapping_add(self.otherwise_completed.get()),
            failed: self.failed.get(),
            timeouts: self.timeouts.get(),
            retries: self.retries.get(),
            recoveries: self.recoveries.get(),
            interrupts: ended.wrapping_add(self.other_interrupts.get()),
            spurious: self.spurious.get(),
            late: self.late.get(),
            lost: self.lost.get(),
        }
    }
}

/// Counts one more; after four milliards, from 0 again.
#[inline]
pub(super) fn count(counter: &Cell<u32>) {
    counter.set(counter.get().wrapping_add(1));
}

/// Why a channel is not to be had any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Withdrawal {
    /// It did not come to rest after a reset.
    NoReset,
}

impl core::fmt::Display for Withdrawal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoReset => f.write_str("did not come to rest after a reset"),
        }
    }
}
