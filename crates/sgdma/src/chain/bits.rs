//! The words of a control block once more, read from the datasheet and not from [`crate::register`], so that one slip
//! of the pen cannot be in both the chain and its judge. BCM2835 ARM Peripherals, p. 50-57, 63-64.

use crate::constraints::{ChannelKind, EngineKind};

/// Bit 0: interrupt at the end.
pub(super) const INTEN: u32 = 0x0000_0001;
/// Bit 1: rectangles. Removed on lite.
pub(super) const TDMODE: u32 = 0x0000_0002;
/// Bit 3: wait for write responses.
pub(super) const WAIT_RESP: u32 = 0x0000_0008;
/// Bit 4: the destination moves on.
pub(super) const DEST_INC: u32 = 0x0000_0010;
/// Bit 5: 128-bit writes.
pub(super) const DEST_WIDTH: u32 = 0x0000_0020;
/// Bit 6: a DREQ gates writes.
pub(super) const DEST_DREQ: u32 = 0x0000_0040;
/// Bit 7: no writes. Removed on lite.
pub(super) const DEST_IGNORE: u32 = 0x0000_0080;
/// Bit 8: the source moves on.
pub(super) const SRC_INC: u32 = 0x0000_0100;
/// Bit 9: 128-bit reads.
pub(super) const SRC_WIDTH: u32 = 0x0000_0200;
/// Bit 10: a DREQ gates reads.
pub(super) const SRC_DREQ: u32 = 0x0000_0400;
/// Bit 11: no reads. Removed on lite.
pub(super) const SRC_IGNORE: u32 = 0x0000_0800;
/// Bits 15:12: burst length.
pub(super) const BURST: u32 = 0x0000_F000;
pub(super) const BURST_AT: u32 = 12;
/// Bits 20:16: which DREQ.
pub(super) const PERMAP: u32 = 0x001F_0000;
pub(super) const PERMAP_AT: u32 = 16;
/// Bits 25:21: dummy cycles.
pub(super) const WAITS: u32 = 0x03E0_0000;
pub(super) const WAITS_AT: u32 = 21;
/// Bit 26: do not pair wide writes. Removed on lite.
pub(super) const NO_WIDE_BURSTS: u32 = 0x0400_0000;
/// Bits 31:27 and 2: write 0.
pub(super) const RESERVED: u32 = 0xF800_0004;
/// What lite channels have not.
pub(super) const NOT_ON_LITE: u32 = TDMODE | DEST_IGNORE | SRC_IGNORE | NO_WIDE_BURSTS;

/// Both widths.
pub(super) const WIDTHS: u32 = SRC_WIDTH | DEST_WIDTH;

/// The largest `TXFR_LEN` of a linear block: 30 bits, or 16 on lite.
pub(super) const fn longest(kind: ChannelKind) -> u32 {
    match kind {
        ChannelKind::Bulk | ChannelKind::Full => (1 << 30) - 1,
        ChannelKind::Lite => (1 << 16) - 1,
    }
}

/// The bits that lengths on this engine have not.
pub(super) const fn granule_mask(engine: EngineKind) -> u32 {
    match engine {
        EngineKind::Hardware => 0,
        EngineKind::Emulated => 3,
    }
}

/// The largest burst field of 128-bit reads: 9 beats from the FIFO of channel 0, 2 on 1-6, 1 on lite.
pub(super) const fn wide_burst(kind: ChannelKind) -> u32 {
    match kind {
        ChannelKind::Bulk => 8,
        ChannelKind::Full => 1,
        ChannelKind::Lite => 0,
    }
}

/// The largest burst field of 32-bit reads: 16, 8, 4 beats.
pub(super) const fn narrow_burst(kind: ChannelKind) -> u32 {
    match kind {
        ChannelKind::Bulk => 15,
        ChannelKind::Full => 7,
        ChannelKind::Lite => 3,
    }
}
