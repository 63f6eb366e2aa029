//! Scatter/gather DMA for the BCM2837 (Raspberry Pi 3).
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod address;
pub mod address_map;
#[expect(
    unsafe_code,
    reason = "memory that two masters share is held by raw pointer, here and nowhere else"
)]
pub mod buffer;
pub mod chain;
pub mod channel;
pub mod coherence;
pub mod constraints;
pub mod control_block;
pub mod engine;
#[cfg(feature = "alloc")]
pub mod executor;
pub mod frame;
pub mod ledger;
pub mod lower;
pub mod map;
pub mod platform;
pub mod register;
pub mod rejected;
pub mod scatterlist;
pub mod scope;
pub mod segment;
pub mod sg_table;
pub mod timing;
pub mod transfer;
