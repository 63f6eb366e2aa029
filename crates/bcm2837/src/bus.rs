//! Who sees what where: the ARM's physical addresses and the bus addresses of the DMA engine and the VideoCore.
//!
//! Datasheet p. 5-6, with the peripherals where the BCM2836/7 has them (Linux `bcm2837.dtsi`).

use core::ops::Range;

/// Where the ARM sees the peripherals.
pub const PERIPHERALS: Range<u32> = 0x3F00_0000..0x4000_0000;
/// Where the DMA engine sees them.
pub const PERIPHERALS_BUS: Range<u32> = 0x7E00_0000..0x7F00_0000;
/// The ARM's own peripherals (interrupt routing, timers). The DMA engine does not see them. QA7, rev. 3.4.
pub const LOCAL_PERIPHERALS: Range<u32> = 0x4000_0000..0x4000_0100;
/// The alias of RAM that goes past the VideoCore's cache: the one for memory that is shared with the ARM.
pub const RAM_BUS: u32 = 0xC000_0000;
/// Where RAM that the ARM can address ends at the latest.
pub const RAM_END: u32 = PERIPHERALS.start;

/// The bus address of a byte of RAM; `None` where the ARM has no RAM.
///
/// ```
/// assert_eq!(bcm2837::bus::ram_to_bus(0x0020_0000), Some(0xC020_0000));
/// assert_eq!(bcm2837::bus::ram_to_bus(0x3F20_1000), None); // a peripheral is no RAM
/// ```
#[inline]
pub const fn ram_to_bus(physical: u32) -> Option<u32> {
    if physical < RAM_END { Some(RAM_BUS | physical) } else { None }
}

/// The physical address of a byte that the bus sees at `bus`, if the ARM can reach it there.
pub const fn bus_to_ram(bus: u32) -> Option<u32> {
    match bus.checked_sub(RAM_BUS) {
        Some(physical) if physical < RAM_END => Some(physical),
        _ => None,
    }
}

/// The bus address of a peripheral register; `None` outside the peripherals.
pub const fn peripheral_to_bus(physical: u32) -> Option<u32> {
    if physical >= PERIPHERALS.start && physical < PERIPHERALS.end {
        Some(physical - PERIPHERALS.start + PERIPHERALS_BUS.start)
    } else {
        None
    }
}

/// Offsets of the blocks from the start of the peripherals.
pub mod offset {
    /// System timer, 1 MHz. Datasheet p. 172.
    pub const SYSTEM_TIMER: u32 = 0x00_3000;
    /// DMA channels 0 to 14. Datasheet p. 39.
    pub const DMA: u32 = 0x00_7000;
    /// Interrupt controller. Datasheet p. 112.
    pub const INTERRUPT: u32 = 0x00_B200;
    /// Mailboxes to and from the VideoCore.
    pub const MAILBOX: u32 = 0x00_B880;
    /// Power management: watchdog and reset.
    pub const POWER: u32 = 0x10_0000;
    /// The generators of clocks. Datasheet p. 107.
    pub const CLOCKS: u32 = 0x10_1000;
    /// GPIO. Datasheet p. 90.
    pub const GPIO: u32 = 0x20_0000;
    /// PL011 UART. Datasheet p. 177.
    pub const UART: u32 = 0x20_1000;
    /// SPI 0. Datasheet p. 152.
    pub const SPI0: u32 = 0x20_4000;
    /// PWM. Datasheet p. 141.
    pub const PWM: u32 = 0x20_C000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ram_goes_through_the_uncached_alias_and_back() {
        for physical in [0, 0x8_0000, 0x20_0000, 0x3EFF_FFFF] {
            let bus = ram_to_bus(physical).unwrap();
            assert_eq!(bus >> 30, 3, "alias of {physical:#x}");
            assert_eq!(bus_to_ram(bus), Some(physical));
        }
    }

    #[test]
    fn what_the_peripherals_hide_has_no_ram_address() {
        assert_eq!(ram_to_bus(0x3F00_0000), None);
        assert_eq!(ram_to_bus(u32::MAX), None);
        assert_eq!(bus_to_ram(0xFF00_0000), None);
        assert_eq!(bus_to_ram(0x8000_0000), None);
    }

    #[test]
    fn a_peripheral_keeps_its_offset_on_the_bus() {
        assert_eq!(peripheral_to_bus(0x3F20_1000), Some(0x7E20_1000));
        assert_eq!(peripheral_to_bus(0x3EFF_FFFF), None);
        assert_eq!(peripheral_to_bus(0x4000_0000), None);
    }
}
