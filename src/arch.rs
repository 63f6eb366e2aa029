//! ARMv8-A as Rust sees it: one core at EL1. Knows no board.

pub(crate) mod backtrace;
pub(crate) mod barrier;
pub(crate) mod boot;
pub(crate) mod cache;
pub(crate) mod exception;
pub(crate) mod interrupt;
pub(crate) mod mmu;
pub(crate) mod pmu;
pub(crate) mod timer;
