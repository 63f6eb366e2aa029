//! The least program on the library: the UART as the firmware left it, one scatter/gather copy, `ok` or `error`.
//!
//! Built for the bare target: `cargo build --release --target aarch64-unknown-none-softfloat --example minimal`.
//! It runs with the MMU and caches off, as its loader left the core, so every access is uncached and memory is coherent
//! by itself. It polls, and so needs no vectors.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(not(target_os = "none"))]
fn main() {
    println!("this runs on a Raspberry Pi 3");
}

#[cfg(target_os = "none")]
mod bare {
    use core::arch::global_asm;
    use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

    use sgdma::buffer::Entry;
    use sgdma::chain::Rules;
    use sgdma::chain::verify::{self, Chain};
    use sgdma::constraints::{ChannelKind, Constraints};
    use sgdma::control_block::ControlBlock;
    use sgdma::lower::{self, Storage};
    use sgdma::map::{Device, FromDevice, ToDevice};
    use sgdma::platform::{Access, AddressMap, Coherence, Refusal, Registers};
    use sgdma::register::{ChannelId, Register, cs};
}
