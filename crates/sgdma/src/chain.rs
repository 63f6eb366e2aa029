//! Finished chains: judged before the engine may have them, and printed so that a person can read them.
//!
//! [`verify`] checks every word of every block against the rules of [`crate::lower`] and the datasheet with code and
//! numbers of its own, and that the blocks together are the source list and the destination list in order, byte for
//! byte. [`disassemble`] prints blocks; [`Transfer`] is what a TI word means.

mod aligned;
mod alike;
mod alone;
mod bits;
mod blit;
mod copy;
mod cursor;
mod disassemble;
mod fault;
mod judge;
mod paced;
mod rules;
mod stamped;
mod transfer;
pub mod verify;

pub(crate) use self::alone::Only;
pub use self::disassemble::{Disassembled, disassemble};
pub use self::fault::{ChainError, Fault};
pub use self::rules::Rules;
pub use self::transfer::{Access, Interrupt, Mode, Pace, Pairing, Response, Step, Transfer, Work};
