//! Passes the linker script to the firmware's link, and only to it.
//!
//! In `rustflags` the script would neither relink on a change nor survive `RUSTFLAGS=`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=boot/start.S");
    println!("cargo::rerun-if-changed=boot/vectors.S");
    println!("cargo::rerun-if-changed=boot/memory.S");
    println!("cargo::rerun-if-changed=boot/last_resort.S");
    let bare = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if let (true, Ok(root)) = (bare, env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bin=kernel8=-T{root}/linker.ld");
        println!("cargo::rustc-link-arg-bins=--build-id=none");
    }
}
