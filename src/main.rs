//! The firmware. On the host this package is a stub, so that plain `cargo test` and `cargo clippy` work.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
extern crate alloc;

#[cfg(target_os = "none")]
mod arch;
#[cfg(target_os = "none")]
mod bench;
#[cfg(target_os = "none")]
mod board;
#[cfg(target_os = "none")]
mod crash;
#[cfg(target_os = "none")]
mod engine;
#[cfg(target_os = "none")]
mod entry;
#[cfg(target_os = "none")]
mod heap;
#[cfg(target_os = "none")]
mod kernel;
#[cfg(target_os = "none")]
mod log;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod panic;
#[cfg(target_os = "none")]
mod sync;

#[cfg(not(target_os = "none"))]
fn main() {
    println!("kernel8 runs on a Raspberry Pi 3; build it with `make kernel8.img`");
}
