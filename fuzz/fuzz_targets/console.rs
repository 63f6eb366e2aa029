//! Any bytes at the console on the model: the property is that of `crates/shell/tests/support/typist.rs`.
//!
//! The machine stays the same from input to input (a model is never given back), the console begins anew.
#![no_main]

#[path = "../../crates/shell/examples/simulator/machine.rs"]
mod machine;
#[path = "../../crates/shell/tests/support/typist.rs"]
mod typist;

use std::cell::{Cell, RefCell};

use dma_model::Profile;
use libfuzzer_sys::fuzz_target;

use crate::typist::Typist;

/// How often it says how far it is, in bytes.
const NEWS: usize = 1_000_000;

thread_local! {
    static TYPIST: RefCell<Option<Typist>> = const { RefCell::new(None) };
    static TYPED: Cell<usize> = const { Cell::new(0) };
}

fuzz_target!(|bytes: &[u8]| {
    let typist = TYPIST.take().map_or_else(|| Typist::new(Profile::Hardware, 1), Typist::anew);
    let typist = typist.types(bytes);
    assert_eq!(typist.machine().model().violations(), [], "the engine was misused");
    let before = TYPED.get();
    TYPED.set(before + bytes.len());
    if TYPED.get() / NEWS > before / NEWS {
        eprintln!("{} bytes typed, {} lines answered", TYPED.get(), typist.answered);
    }
    TYPIST.set(Some(typist));
});
