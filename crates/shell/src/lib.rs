//! The console, pure: bytes in, bytes out.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod args;
pub mod editor;
pub mod escape;
mod records;
pub mod scatter;
pub mod suggest;
#[cfg(test)]
mod testing;
