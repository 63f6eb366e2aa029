//! Scatter/gather DMA for the BCM2837 (Raspberry Pi 3).
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod address;
pub mod chain;
pub mod constraints;
pub mod control_block;
pub mod lower;
pub mod platform;
pub mod register;
pub mod segment;
pub mod timing;
