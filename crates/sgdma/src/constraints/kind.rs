//! What kinds of channel and of engine there are.

use core::fmt;

use crate::register::ChannelId;

/// The kinds of channel there are. p. 38-39, 63-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelKind {
    /// Channel 0: full, with an external FIFO that takes wide bursts of 9 beats.
    Bulk,
    /// Channels 1 to 6.
    Full,
    /// Channels 7 to 14: 16-bit lengths, no 2D, no ignore, half the bandwidth.
    Lite,
}

impl ChannelKind {
    /// The kind of a channel. QEMU does not show it in `DEBUG`, so the number decides.
    pub const fn of(channel: ChannelId) -> Self {
        match channel.number() {
            0 => Self::Bulk,
            1..=6 => Self::Full,
            _ => Self::Lite,
        }
    }

    /// The longest linear block in bytes that keeps the 32-byte phase of what follows.
    ///
    /// The fields hold 2³⁰ − 1 and 65 535 (p. 53, 57; the 65 536 of p. 64 does not fit).
    pub const fn max_block(self) -> u32 {
        match self {
            Self::Bulk | Self::Full => 0x3FFF_FFE0,
            Self::Lite => 0xFFE0,
        }
    }

    /// `BURST_LENGTH` for wide reads: the most that cannot stall the AXI bus. p. 63-64.
    pub const fn wide_burst(self) -> u32 {
        match self {
            Self::Bulk => 8,
            Self::Full => 1,
            Self::Lite => 0,
        }
    }

    /// Whether it moves rectangles (2D mode).
    pub const fn has_2d(self) -> bool {
        !matches!(self, Self::Lite)
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bulk => "bulk",
            Self::Full => "full",
            Self::Lite => "lite",
        })
    }
}

/// Which engine runs the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// The chip: moves any number of bytes.
    #[default]
    Hardware,
    /// QEMU's: a length that is no multiple of 4 hangs it for ever, and so does a ring.
    Emulated,
}

impl EngineKind {
    /// The smallest length the engine can move, in bytes; lengths are multiples of it.
    pub const fn granule(self) -> u32 {
        match self {
            Self::Hardware => 1,
            Self::Emulated => 4,
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hardware => "hardware",
            Self::Emulated => "emulated",
        })
    }
}
