//! What errors and states say: the value that was wrong, and what would be right. A changed word is a changed interface
//! of the console, so that each is written out here.
#![cfg(test)]

#[path = "words/chains.rs"]
mod chains;
#[path = "words/engine.rs"]
mod engine;
#[path = "words/lists.rs"]
mod lists;
#[path = "words/lowering.rs"]
mod lowering;

use std::error::Error;
use std::fmt::Display;

use sgdma::address::BusAddr;
use sgdma::segment::BusSegment;

const fn bus(addr: u32) -> BusAddr {
    BusAddr::new(addr)
}

const fn at(addr: u32, len: u32) -> BusSegment {
    BusSegment::new(bus(addr), len)
}

#[track_caller]
fn says(value: impl Display, text: &str) {
    assert_eq!(value.to_string(), text);
}

/// The same of what goes into a `Box<dyn Error>`.
#[track_caller]
fn fails(error: impl Error, text: &str) {
    says(error, text);
}
