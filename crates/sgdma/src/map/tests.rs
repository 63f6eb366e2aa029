//! The cache's part, on a machine with two views of memory.

mod cache_rules;
mod machine;
#[cfg(feature = "ledger")]
mod random;
#[cfg(feature = "ledger")]
mod refusals;
mod views;
