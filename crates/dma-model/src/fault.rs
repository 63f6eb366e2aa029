//! Faults on demand.

/// One fault, on one channel. Blocks and bytes count from 0; `block` counts from the start of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The read that covers byte `byte` of block `block` is answered with an error: `DEBUG.READ_ERROR` (p. 63).
    ReadError {
        /// The channel.
        channel: u8,
        /// The block.
        block: u32,
        /// The byte.
        byte: u32,
    },
    /// `DEBUG.FIFO_ERROR` is latched at the first beat of block `block`; nothing stops.
    FifoError {
        /// The channel.
        channel: u8,
        /// The block.
        block: u32,
    },
    /// `DEBUG.READ_LAST_NOT_SET_ERROR` is latched at the first beat of block `block`; nothing stops.
    ReadLastNotSet {
        /// The channel.
        channel: u8,
        /// The block.
        block: u32,
    },
    /// Block `block` stops moving at byte `byte` and never goes on; ABORT and RESET still work.
    Stuck {
        /// The channel.
        channel: u8,
        /// The block.
        block: u32,
        /// The byte.
        byte: u32,
    },
    /// As [`Stuck`](Self::Stuck), and ABORT does not work either: only RESET helps.
    Wedged {
        /// The channel.
        channel: u8,
        /// The block.
        block: u32,
        /// The byte.
        byte: u32,
    },
    /// INT is set in CS at the end of a block, but the interrupt controller never sees it.
    LostInterrupt {
        /// The channel.
        channel: u8,
    },
    /// The channel's interrupt line is asserted once though INT is not set.
    SpuriousInterrupt {
        /// The channel.
        channel: u8,
    },
    /// Some steps after an ABORT has finished INT is set all the same.
    LateInterruptAfterAbort {
        /// The channel.
        channel: u8,
    },
    /// INT is set a second time right after it was acknowledged.
    DoubleInterrupt {
        /// The channel.
        channel: u8,
    },
    /// A DREQ line that never comes.
    DreqNever {
        /// The DREQ's number, 1 to 31.
        dreq: u32,
    },
}

impl Fault {
    /// A fault of any kind on a channel whose chain has `blocks` blocks of at least `bytes` bytes, chosen by `seed`.
    pub fn seeded(seed: u64, channel: u8, blocks: u32, bytes: u32) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let block = rng.u32(0..blocks.max(1));
        let byte = rng.u32(0..bytes.max(1));
        match rng.u32(0..9) {
            0 => Self::ReadError { channel, block, byte },
            1 => Self::FifoError { channel, block },
            2 => Self::ReadLastNotSet { channel, block },
            3 => Self::Stuck { channel, block, byte },
            4 => Self::Wedged { channel, block, byte },
            5 => Self::LostInterrupt { channel },
            6 => Self::SpuriousInterrupt { channel },
            7 => Self::LateInterruptAfterAbort { channel },
            _ => Self::DoubleInterrupt { channel },
        }
    }
}

/// How often a planned fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occurs {
    /// The next time only.
    Once,
    /// Every time.
    Always,
}

/// The plan.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    faults: Vec<(Fault, Occurs)>,
}

impl Plan {
    pub(crate) fn add(&mut self, fault: Fault, occurs: Occurs) {
        self.faults.push((fault, occurs));
    }

    /// Takes the first fault that matches, if one is due.
    pub(crate) fn take(&mut self, due: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let index = self.faults.iter().position(|(fault, _)| due(fault))?;
        match self.faults.get(index) {
            Some((fault, Occurs::Always)) => Some(*fault),
            _ => Some(self.faults.remove(index).0),
        }
    }

    /// Drops what was to occur once; how many faults that were.
    pub(crate) fn forget(&mut self) -> usize {
        let before = self.faults.len();
        self.faults.retain(|(_, occurs)| *occurs == Occurs::Always);
        before - self.faults.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}
