//! The console, pure: bytes in, bytes out.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod editor;
mod records;
#[cfg(test)]
mod testing;
