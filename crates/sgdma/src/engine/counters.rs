//! What is remembered of a channel for whoever asks.

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
