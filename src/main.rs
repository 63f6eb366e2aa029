//! The firmware. On the host this package is a stub, so that plain `cargo test` and `cargo clippy` work.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    println!("kernel8 runs on a Raspberry Pi 3; build it with `make kernel8.img`");
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
