//! The console, pure: bytes in, bytes out.
//!
//! [`console::Console`] takes bytes and the time, edits lines, runs commands, and writes to a [`machine::Machine`], the one seam
//! to what it runs on. It owns no device, no clock and no `unsafe`, so the simulator on a laptop and the firmware on the board
//! run the same console.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod args;
pub mod command;
pub mod console;
pub mod editor;
pub mod escape;
mod journal;
pub mod machine;
mod records;
pub mod render;
mod run;
pub mod scatter;
pub mod suggest;
#[cfg(test)]
mod testing;
