//! What happened, in order: a log that reads like a register trace and compares as a value.

use core::fmt;

use crate::datasheet::name;
use crate::police::Violation;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The driver read a register of a channel (`offset` in bytes from the channel's base).
    Read {
        /// The channel.
        channel: u8,
        /// The register's offset.
        offset: u32,
        /// What it read.
        value: u32,
    },
    /// The driver wrote a register of a channel.
    Write {
        /// The channel.
        channel: u8,
        /// The register's offset.
        offset: u32,
        /// The value.
        value: u32,
    },
    /// The driver read or wrote a register that all channels share.
    Shared {
        /// The register's name and what was done: `"INT_STATUS ->"`, `"ENABLE <-"`.
        access: &'static str,
        /// The value.
        value: u32,
    },
    /// Cache maintenance: clean and invalidate, of `length` bytes at offset `start` of the machine's memory.
    Clean {
        /// Offset from the first byte of the machine's memory.
        start: usize,
        /// Bytes.
        length: usize,
    },
    /// Cache maintenance: invalidate.
    Invalidate {
        /// Offset from the first byte of the machine's memory.
        start: usize,
        /// Bytes.
        length: usize,
    },
    /// `DSB SY`.
    Barrier,
    /// A channel fetched a control block.
    Fetch {
        /// The channel.
        channel: u8,
        /// The block's bus address.
        address: u32,
        /// Its first six words: TI, source, destination, length, stride, next.
        words: [u32; 6],
    },
    /// A channel ended a control block.
    End {
        /// The channel.
        channel: u8,
        /// The block's bus address.
        address: u32,
    },
    /// A channel latched an error.
    Error {
        /// The channel.
        channel: u8,
        /// DEBUG bits 2:0.
        bits: u32,
    },
    /// The interrupt handler ran, with the two banks as pending.
    Interrupt {
        /// GPU IRQs 0-31.
        bank1: u32,
        /// GPU IRQs 32-63.
        bank2: u32,
    },
    /// A planned fault happened; its text.
    Fault(String),
    /// The police wrote something down.
    Violation(Violation),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { channel, offset, value } => {
                write!(f, "dma{channel:<2} {:<9} -> {value:#010x}", name(*offset))
            }
            Self::Write { channel, offset, value } => {
                write!(f, "dma{channel:<2} {:<9} <- {value:#010x}", name(*offset))
            }
            Self::Shared { access, value } => write!(f, "dma   {access} {value:#010x}"),
            Self::Clean { start, length } => {
                write!(f, "cache clean+invalidate {start:#x}+{length:#x}")
            }
            Self::Invalidate { start, length } => {
                write!(f, "cache invalidate {start:#x}+{length:#x}")
            }
            Self::Barrier => f.write_str("cpu   barrier"),
            Self::Fetch { channel, address, words } => {
                write!(f, "dma{channel:<2} fetch {address:#010x}:")?;
                words.iter().try_for_each(|word| write!(f, " {word:08x}"))
            }
            Self::End { channel, address } => write!(f, "dma{channel:<2} end of {address:#010x}"),
            Self::Error { channel, bits } => write!(f, "dma{channel:<2} error {bits:#x}"),
            Self::Interrupt { bank1, bank2 } => {
                write!(f, "irq   pending {bank1:#010x} {bank2:#010x}")
            }
            Self::Fault(text) => write!(f, "fault {text}"),
            Self::Violation(violation) => write!(f, "!!!   {violation}"),
        }
    }
}

/// An event and its moment in nanoseconds of the model's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Nanoseconds since the machine was switched on.
    pub at: u64,
    /// What happened.
    pub event: Event,
}

/// So many events are kept: the last ones.
const KEPT: usize = 20_000;

/// The log of a machine's life. Two runs with the same seed and the same driver give equal logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    entries: std::collections::VecDeque<Entry>,
    dropped: u64,
}

impl Trace {
    pub(crate) fn push(&mut self, at: u64, event: Event) {
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
            self.dropped = self.dropped.saturating_add(1);
        }
        self.entries.push_back(Entry { at, event });
    }

    /// The events, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The events without their times, to compare runs whose timing differs.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.entries.iter().map(|entry| &entry.event)
    }

    /// How many older events were dropped.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What led to a violation: the log up to it, `count` events at most.
    #[must_use]
    pub fn before(&self, violation: Violation, count: usize) -> Self {
        let is_it = |entry: &Entry| entry.event == Event::Violation(violation);
        let length = self.entries.iter().position(is_it).map_or(self.entries.len(), |at| at + 1);
        let entries = self.entries.iter().take(length).cloned().collect();
        Self { entries, dropped: self.dropped }.tail(count)
    }

    /// The last `count` events.
    #[must_use]
    pub fn tail(&self, count: usize) -> Self {
        let skip = self.entries.len().saturating_sub(count);
        let dropped = self.dropped.saturating_add(u64::try_from(skip).unwrap_or(u64::MAX));
        Self { entries: self.entries.iter().skip(skip).cloned().collect(), dropped }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dropped > 0 {
            writeln!(f, "  ({} earlier events)", self.dropped)?;
        }
        for Entry { at, event } in &self.entries {
            let (us, ns) = (at / 1_000, at % 1_000);
            writeln!(f, "{us:>8}.{ns:03} us  {event}")?;
        }
        Ok(())
    }
}
