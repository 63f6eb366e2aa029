//! Where registers are: the peripherals' window has 16 MiB, and what no register answers may abort an access for good.
//!
//! A word outside of these ranges is not to be read by hand. Left out on purpose: what has a power domain or a clock of its
//! own, which may be off (V3D, HVS, HDMI, DSI, VEC, USB, SPI1, SPI2), and what is the VideoCore's (DMA channel 15).

use core::ops::Range;

use crate::bus::{LOCAL_PERIPHERALS, PERIPHERALS};

/// A block's name and its registers, as ARM physical addresses; both ends are multiples of 4.
pub type Block = (&'static str, Range<u32>);

const fn block(name: &'static str, offset: u32, len: u32) -> Block {
    let start = PERIPHERALS.start + offset;
    (name, start..start + len)
}

/// A DMA channel: nine words, from CS to DEBUG, at the beginning of its 256 bytes.
const fn channel(number: u32) -> Block {
    block("DMA channel", 0x00_7000 + number * 0x100, 0x24)
}

/// The blocks, by address. Pages are the datasheet's; the others are from Linux' `bcm283x.dtsi` and `bcm2837.dtsi`, as far as
/// its drivers name registers.
pub const BLOCKS: &[Block] = &[
    // p. 172: CS to C3.
    block("system timer", 0x00_3000, 0x1C),
    // p. 39-41, without 15.
    channel(0),
    channel(1),
    channel(2),
    channel(3),
    channel(4),
    channel(5),
    channel(6),
    channel(7),
    channel(8),
    channel(9),
    channel(10),
    channel(11),
    channel(12),
    channel(13),
    channel(14),
    // p. 58.
    block("DMA INT_STATUS", 0x00_7FE0, 4),
    // p. 59.
    block("DMA ENABLE", 0x00_7FF0, 4),
    // p. 112.
    block("interrupt controller", 0x00_B200, 0x28),
    // p. 196.
    block("ARM timer", 0x00_B400, 0x24),
    // Linux.
    block("mailboxes", 0x00_B880, 0x40),
    // Linux: to WDOG at 0x24.
    block("power management", 0x10_0000, 0x28),
    // p. 107 and Linux: the generators of clocks, to CM_EMMCDIV at 0x1C4.
    block("clock manager", 0x10_1000, 0x1C8),
    // Linux.
    block("random numbers", 0x10_4000, 0x10),
    // p. 90.
    block("GPIO", 0x20_0000, 0xB4),
    // p. 177: to TDR at 0x8C.
    block("PL011", 0x20_1000, 0x90),
    // p. 125.
    block("PCM", 0x20_3000, 0x24),
    // p. 152.
    block("SPI0", 0x20_4000, 0x18),
    // p. 28.
    block("BSC0", 0x20_5000, 0x20),
    // p. 141.
    block("PWM", 0x20_C000, 0x28),
    // Linux (`bcm2835-thermal`).
    block("temperature", 0x21_2000, 8),
    // p. 8: AUXIRQ and AUXENB.
    block("AUX", 0x21_5000, 8),
    // p. 8.
    block("mini UART", 0x21_5040, 0x2C),
    // p. 66.
    block("EMMC", 0x30_0000, 0x100),
    // p. 28.
    block("BSC1", 0x80_4000, 0x20),
];

/// The ARM's own. QA7, rev. 3.4.
pub const LOCAL_BLOCKS: &[Block] = &[("local peripherals", LOCAL_PERIPHERALS)];

/// The blocks of the window that begins at this address; none where no window does.
pub const fn of_window(start: u32) -> &'static [Block] {
    if start == PERIPHERALS.start {
        BLOCKS
    } else if start == LOCAL_PERIPHERALS.start {
        LOCAL_BLOCKS
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::offset;

    #[test]
    fn blocks_are_in_order_whole_words_and_in_the_window() {
        for (name, range) in BLOCKS.iter().chain(LOCAL_BLOCKS) {
            assert!(range.start < range.end, "{name}");
            assert!(range.start.is_multiple_of(4) && range.end.is_multiple_of(4), "{name}");
        }
        for pair in BLOCKS.windows(2) {
            assert!(pair[0].1.end <= pair[1].1.start, "{} and {}", pair[0].0, pair[1].0);
        }
        assert!(BLOCKS[0].1.start >= PERIPHERALS.start);
        assert!(BLOCKS[BLOCKS.len() - 1].1.end <= PERIPHERALS.end);
    }

    #[test]
    fn between_the_registers_of_two_channels_there_is_nothing() {
        let known = |address: &u32| BLOCKS.iter().any(|(_, range)| range.contains(address));
        let words = (0..0xF00).step_by(4).map(|offset| PERIPHERALS.start + offset::DMA + offset);
        let found: std::vec::Vec<u32> = words.filter(known).collect();
        assert_eq!(found.len(), 15 * 9);
        assert!(found.iter().all(|address| address & 0xFF <= 0x20), "{found:x?}");
    }

    #[test]
    fn a_window_has_its_blocks() {
        assert_eq!(of_window(PERIPHERALS.start), BLOCKS);
        assert_eq!(of_window(LOCAL_PERIPHERALS.start), LOCAL_BLOCKS);
        assert_eq!(of_window(0), &[]);
    }

    #[test]
    fn every_block_that_the_firmware_drives_is_there() {
        let drives = [
            offset::SYSTEM_TIMER,
            offset::DMA,
            offset::INTERRUPT,
            offset::MAILBOX,
            offset::POWER,
            offset::GPIO,
            offset::UART,
        ];
        for driven in drives {
            let start = PERIPHERALS.start + driven;
            assert!(BLOCKS.iter().any(|(_, range)| range.contains(&start)), "{driven:#x}");
        }
    }
}
