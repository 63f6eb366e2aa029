//! The controller's registers: names, offsets and bits. BCM2835 ARM Peripherals, ch. 4.

use core::fmt;

/// A channel of the DMA controller, 0 to 14. (15 is the VideoCore's.)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ChannelId(u8);

impl ChannelId {
    /// How many there are.
    pub const COUNT: u8 = 15;

    /// The channel of this number, if there is one.
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT { Some(Self(number)) } else { None }
    }

    /// Its number, 0 to 14.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its bit in `INT_STATUS`, `ENABLE` and the firmware's mask.
    pub const fn bit(self) -> u32 {
        1 << self.0
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dma{}", self.0)
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dma{}", self.0)
    }
}

/// A register of a channel; the value is its offset in the channel's 0x100 bytes. p. 41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Register {
    /// Control and status.
    Cs = 0x00,
    /// Bus address of the control block being executed; 0 when the chain is done.
    ConblkAd = 0x04,
    /// Transfer information, from the control block.
    Ti = 0x08,
    /// Source address, live.
    SourceAd = 0x0C,
    /// Destination address, live.
    DestAd = 0x10,
    /// Bytes left, live.
    TxfrLen = 0x14,
    /// 2D strides.
    Stride = 0x18,
    /// Bus address of the next control block; may be written while the channel is paused.
    NextConbk = 0x1C,
    /// Errors, identity, state.
    Debug = 0x20,
}

impl Register {
    /// Its offset from the channel's base, in bytes.
    pub const fn offset(self) -> u32 {
        self as u32
    }
}
