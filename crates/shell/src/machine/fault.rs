//! What can be made to go wrong with an engine.

/// A way in which an engine fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// A read is answered with an error.
    ReadError,
    /// The external FIFO errs.
    FifoError,
    /// The last beat of a read is not marked.
    ReadLast,
    /// A block stops and never goes on.
    Stuck,
    /// The same, and only RESET helps.
    Wedged,
    /// An interrupt that nobody sees.
    LostInterrupt,
    /// An interrupt without a reason.
    SpuriousInterrupt,
    /// An interrupt after an ABORT.
    LateInterrupt,
    /// An interrupt that comes again after it was acknowledged.
    DoubleInterrupt,
    /// A DREQ that never comes.
    DreqNever,
}

/// A failure that is to happen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedFault {
    /// What goes wrong.
    pub failing: Failing,
    /// On which channel.
    pub channel: u8,
    /// In which control block of the chain, counted from 0, where that matters.
    pub block: u32,
    /// At which of its bytes, where that matters.
    pub byte: u32,
    /// Which DREQ, where that matters.
    pub dreq: u32,
}
