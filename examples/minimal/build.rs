//! Passes the linker script to the link of the bare program.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=minimal.ld");
    let bare = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    if let (true, Ok(root)) = (bare, env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bins=-T{root}/minimal.ld");
        println!("cargo::rustc-link-arg-bins=--build-id=none");
    }
}
