//! The numbers of the datasheet, written down a second time.
//!
//! Pages are those printed in "BCM2835 ARM Peripherals", Broadcom, 6 February 2012; chapter 4 is the DMA controller.
//! Nothing here comes from the crate under judgement, so that a wrong number there is seen here. [`offset`] is the
//! only place where its names are met, and it takes the *name* of a register, never the number behind it.

use sgdma::register::Register;

/// Channels the model has; p. 39.
pub(crate) const CHANNELS: usize = 16;

/// One register of a channel, by the offset the datasheet gives it; p. 41.
pub(crate) const fn offset(register: Register) -> u32 {
    match register {
        Register::Cs => CS,
        Register::ConblkAd => CONBLK_AD,
        Register::Ti => TI,
        Register::SourceAd => SOURCE_AD,
        Register::DestAd => DEST_AD,
        Register::TxfrLen => TXFR_LEN,
        Register::Stride => STRIDE,
        Register::NextConbk => NEXTCONBK,
        Register::Debug => DEBUG,
    }
}

/// Control and status; p. 41, 47.
pub(crate) const CS: u32 = 0x00;
/// Control block address; p. 41, 50.
pub(crate) const CONBLK_AD: u32 = 0x04;
/// Transfer information; p. 41, 51.
pub(crate) const TI: u32 = 0x08;
/// Source address; p. 41, 53.
pub(crate) const SOURCE_AD: u32 = 0x0C;
/// Destination address; p. 41, 53.
pub(crate) const DEST_AD: u32 = 0x10;
/// Transfer length; p. 41, 53.
pub(crate) const TXFR_LEN: u32 = 0x14;
/// 2D strides; p. 41, 54.
pub(crate) const STRIDE: u32 = 0x18;
/// Next control block address; p. 41, 54.
pub(crate) const NEXTCONBK: u32 = 0x1C;
/// Errors and identity; p. 41, 54.
pub(crate) const DEBUG: u32 = 0x20;

/// The name the datasheet gives the register at this offset; p. 41.
pub(crate) const fn name(offset: u32) -> &'static str {
    match offset {
        CS => "CS",
        CONBLK_AD => "CONBLK_AD",
        TI => "TI",
        SOURCE_AD => "SOURCE_AD",
        DEST_AD => "DEST_AD",
        TXFR_LEN => "TXFR_LEN",
        STRIDE => "STRIDE",
        NEXTCONBK => "NEXTCONBK",
        DEBUG => "DEBUG",
        _ => "?",
    }
}

/// Bits of CS; p. 47-50.
pub(crate) mod cs {
    pub(crate) const RESET: u32 = 1 << 31;
    pub(crate) const ABORT: u32 = 1 << 30;
    pub(crate) const DISDEBUG: u32 = 1 << 29;
    pub(crate) const WAIT_FOR_OUTSTANDING_WRITES: u32 = 1 << 28;
    pub(crate) const PANIC_PRIORITY: u32 = 0xF << 20;
    pub(crate) const PRIORITY: u32 = 0xF << 16;
    pub(crate) const ERROR: u32 = 1 << 8;
    pub(crate) const WAITING_FOR_OUTSTANDING_WRITES: u32 = 1 << 6;
    pub(crate) const DREQ_STOPS_DMA: u32 = 1 << 5;
    pub(crate) const PAUSED: u32 = 1 << 4;
    pub(crate) const DREQ: u32 = 1 << 3;
    pub(crate) const INT: u32 = 1 << 2;
    pub(crate) const END: u32 = 1 << 1;
    pub(crate) const ACTIVE: u32 = 1;
    /// What software keeps in the register besides ACTIVE.
    pub(crate) const POLICY: u32 =
        DISDEBUG | WAIT_FOR_OUTSTANDING_WRITES | PANIC_PRIORITY | PRIORITY;
    /// Reserved, "write as 0": 27:24, 15:9 and 7.
    pub(crate) const RESERVED: u32 = (0xF << 24) | (0x7F << 9) | (1 << 7);
}

/// Bits of TI, the first word of a control block; full p. 51-52, lite p. 55-57.
pub(crate) mod ti {
    pub(crate) const NO_WIDE_BURSTS: u32 = 1 << 26;
    pub(crate) const WAITS_SHIFT: u32 = 21;
    pub(crate) const WAITS: u32 = 0x1F << WAITS_SHIFT;
    pub(crate) const PERMAP_SHIFT: u32 = 16;
    pub(crate) const PERMAP: u32 = 0x1F << PERMAP_SHIFT;
    pub(crate) const BURST_SHIFT: u32 = 12;
    pub(crate) const BURST: u32 = 0xF << BURST_SHIFT;
    pub(crate) const SRC_IGNORE: u32 = 1 << 11;
    pub(crate) const SRC_DREQ: u32 = 1 << 10;
    pub(crate) const SRC_WIDTH: u32 = 1 << 9;
    pub(crate) const SRC_INC: u32 = 1 << 8;
    pub(crate) const DEST_IGNORE: u32 = 1 << 7;
    pub(crate) const DEST_DREQ: u32 = 1 << 6;
    pub(crate) const DEST_WIDTH: u32 = 1 << 5;
    pub(crate) const DEST_INC: u32 = 1 << 4;
    pub(crate) const WAIT_RESP: u32 = 1 << 3;
    pub(crate) const TDMODE: u32 = 1 << 1;
    pub(crate) const INTEN: u32 = 1;
    /// Reserved on full channels: 31:27 and 2.
    pub(crate) const RESERVED_FULL: u32 = (0x1F << 27) | (1 << 2);
    /// Reserved on lite channels: 31:26 and 2. What lite lacks (p. 64) is judged bit by bit.
    pub(crate) const RESERVED_LITE: u32 = RESERVED_FULL | NO_WIDE_BURSTS;
}

/// Bits of DEBUG; p. 54-58.
pub(crate) mod debug {
    pub(crate) const LITE: u32 = 1 << 28;
    /// What the VERSION field (27:25) reads on the chip.
    pub(crate) const VERSION_2: u32 = 2 << 25;
    pub(crate) const STATE_SHIFT: u32 = 16;
    pub(crate) const ID_SHIFT: u32 = 8;
    pub(crate) const OUTSTANDING_SHIFT: u32 = 4;
    pub(crate) const READ_ERROR: u32 = 1 << 2;
    pub(crate) const FIFO_ERROR: u32 = 1 << 1;
    pub(crate) const READ_LAST_NOT_SET_ERROR: u32 = 1;
    pub(crate) const ERRORS: u32 = 7;
}

/// What one kind of channel can do; p. 62-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Channels 0 and 15: full, with an external 8-beat FIFO.
    Deep,
    /// Channels 1 to 6.
    Full,
    /// Channels 7 to 14.
    Lite,
}

/// How wide the engine's accesses are; p. 51-52.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// 32 bits.
    Narrow,
    /// 128 bits.
    Wide,
}

impl Width {
    /// From a WIDTH bit of TI.
    pub(crate) const fn of(info: u32, bit: u32) -> Self {
        if info & bit == 0 { Self::Narrow } else { Self::Wide }
    }

    /// Bytes a beat.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::Narrow => 4,
            Self::Wide => 16,
        }
    }
}

impl Kind {
    /// The kind of a channel; p. 62-64.
    pub(crate) const fn of(channel: usize) -> Self {
        match channel {
            0 | 15 => Self::Deep,
            7..=14 => Self::Lite,
            _ => Self::Full,
        }
    }

    /// The largest `BURST_LENGTH` field whose read burst fits the FIFO; p. 63 (§4.3), p. 64 (§4.5).
    pub(crate) const fn burst_limit(self, width: Width) -> u32 {
        match (self, width) {
            (Self::Deep, Width::Wide) => 8,
            (Self::Deep, Width::Narrow) => 15,
            (Self::Full, Width::Wide) => 1,
            (Self::Full, Width::Narrow) => 7,
            (Self::Lite, Width::Wide) => 0,
            (Self::Lite, Width::Narrow) => 3,
        }
    }
}

/// More writes than this without a response pause a channel that waits for them; p. 48.
pub(crate) const OUTSTANDING_LIMIT: usize = 13;
/// A control block is 256 bits, and aligned to them; p. 40.
pub(crate) const BLOCK_BYTES: u32 = 32;
/// The low bits of `CONBLK_AD` that must be 0; p. 50.
pub(crate) const BLOCK_LOW_BITS: u32 = 0x1F;
/// YLENGTH, 14 bits; p. 53.
pub(crate) const YLENGTH: u32 = 0x3FFF;
/// The linear length: 30 bits on full channels; p. 53.
pub(crate) const LENGTH_FULL: u32 = 0x3FFF_FFFF;
/// 16 bits on lite channels; p. 57. (p. 64 says 65 536, which does not fit.)
pub(crate) const LENGTH_LITE: u32 = 0xFFFF;

/// Where the peripherals are on the bus: `0x7E00_0000`, 16 MB; p. 6.
pub(crate) const PERIPHERALS: core::ops::Range<u32> = 0x7E00_0000..0x7F00_0000;
/// Where the ARM of the BCM2837 sees the same; bcm2837.dtsi (p. 6 gives `0x2000_0000`, which was the BCM2835's).
pub(crate) const ARM_PERIPHERALS: core::ops::Range<u32> = 0x3F00_0000..0x4000_0000;
/// The uncached alias of RAM, the one the BCM2837's ARM shares; p. 6, bcm283x.dtsi `dma-ranges`.
pub(crate) const RAM_ALIAS: u32 = 0xC000_0000;
/// The alias bits of a bus address; p. 5.
pub(crate) const ALIAS_BITS: u32 = 0xC000_0000;
