//! The cache's part, on a machine with two views of memory.

mod cache_rules;
mod machine;
mod random;
mod refusals;
mod views;
