//! The BCM2837 as data: what can be said about the chip without touching it.
//!
//! Interrupt numbers, bus windows, mailbox messages, PL011 divisors, DREQ lines, board revisions. Nothing here holds an
//! MMIO access; everything is tested on the host. "Datasheet" is *BCM2835 ARM Peripherals*, Broadcom, 6 February 2012,
//! with printed page numbers.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod blocks;
pub mod bus;
pub mod clock;
pub mod device_tree;
pub mod dma;
pub mod dreq;
pub mod facts;
pub mod irq;
pub mod mailbox;
pub mod pins;
pub mod pl011;
pub mod power;
pub mod pwm;
pub mod registers;
pub mod revision;
pub mod spi;
