//! Tables against lists of lists of bytes.

mod building;
#[cfg(feature = "alloc")]
mod growing;
mod random;
