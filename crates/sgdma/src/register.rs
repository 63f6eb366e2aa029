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

/// Bits of `CS`. p. 47-50.
pub mod cs {
    /// Reset the channel; clears itself.
    pub const RESET: u32 = 1 << 31;
    /// Abandon the current control block; takes effect only while [`ACTIVE`] is set.
    pub const ABORT: u32 = 1 << 30;
    /// Do not pause when a debugger halts the machine.
    pub const DISDEBUG: u32 = 1 << 29;
    /// Hold END and INT until the last write is answered.
    pub const WAIT_FOR_OUTSTANDING_WRITES: u32 = 1 << 28;
    /// Where the AXI priority under panic sits: 4 bits.
    pub const PANIC_PRIORITY_SHIFT: u32 = 20;
    /// Where the AXI priority sits: 4 bits.
    pub const PRIORITY_SHIFT: u32 = 16;
    /// An error is latched in `DEBUG`.
    pub const ERROR: u32 = 1 << 8;
    /// Held for the last write response.
    pub const WAITING_FOR_OUTSTANDING_WRITES: u32 = 1 << 6;
    /// Stalled by a DREQ.
    pub const DREQ_STOPS_DMA: u32 = 1 << 5;
    /// Not moving: by software, by WAITS, by a debugger, or by too many outstanding writes.
    pub const PAUSED: u32 = 1 << 4;
    /// The selected DREQ is asserted.
    pub const DREQ: u32 = 1 << 3;
    /// A block with INTEN has ended; write 1 to clear.
    pub const INT: u32 = 1 << 2;
    /// A block has ended; write 1 to clear.
    pub const END: u32 = 1 << 1;
    /// Run.
    pub const ACTIVE: u32 = 1 << 0;
}

/// Bits of `DEBUG`. p. 54-58.
pub mod debug {
    /// The channel is a lite one.
    pub const LITE: u32 = 1 << 28;
    /// Where the engine's version sits: 3 bits.
    pub const VERSION_SHIFT: u32 = 25;
    /// The version of the BCM2837's engine. QEMU's reads 0.
    pub const VERSION_BCM2837: u32 = 2;
    /// How many writes were not answered yet: 4 bits.
    pub const OUTSTANDING_WRITES: u32 = 15 << 4;
    /// The AXI bus answered a read with an error; write 1 to clear.
    pub const READ_ERROR: u32 = 1 << 2;
    /// The external FIFO (channels 0 and 15) erred; write 1 to clear.
    pub const FIFO_ERROR: u32 = 1 << 1;
    /// The last beat of a read was not marked; write 1 to clear.
    pub const READ_LAST_NOT_SET_ERROR: u32 = 1 << 0;
    /// All three errors.
    pub const ERRORS: u32 = READ_ERROR | FIFO_ERROR | READ_LAST_NOT_SET_ERROR;
}

/// Bits of `TI`, the first word of a control block. p. 51-52, lite p. 55-57.
pub mod ti {
    /// Do not pair wide writes into bursts of two. Full channels only.
    pub const NO_WIDE_BURSTS: u32 = 1 << 26;
    /// Where the dummy cycles after each access sit: 5 bits.
    pub const WAITS_SHIFT: u32 = 21;
    /// Where the DREQ's number sits: 5 bits.
    pub const PERMAP_SHIFT: u32 = 16;
    /// Where the burst length sits: 4 bits, n stands for n + 1 beats.
    pub const BURST_LENGTH_SHIFT: u32 = 12;
    /// Do not read. Full channels only.
    pub const SRC_IGNORE: u32 = 1 << 11;
    /// The DREQ gates reads.
    pub const SRC_DREQ: u32 = 1 << 10;
    /// Read 128 bits at a time.
    pub const SRC_WIDTH: u32 = 1 << 9;
    /// The source address moves on.
    pub const SRC_INC: u32 = 1 << 8;
    /// Do not write. Full channels only.
    pub const DEST_IGNORE: u32 = 1 << 7;
    /// The DREQ gates writes.
    pub const DEST_DREQ: u32 = 1 << 6;
    /// Write 128 bits at a time.
    pub const DEST_WIDTH: u32 = 1 << 5;
    /// The destination address moves on.
    pub const DEST_INC: u32 = 1 << 4;
    /// Wait for each write's response.
    pub const WAIT_RESP: u32 = 1 << 3;
    /// 2D mode. Full channels only.
    pub const TDMODE: u32 = 1 << 1;
    /// Interrupt at the end of this block.
    pub const INTEN: u32 = 1 << 0;
}
