//! What may stand behind a command's name, and its parser.
//!
//! An argument is positional or `name=value`; a positional one may also be given by its name. Numbers are decimal or
//! `0x…` and may end in `K`, `M` or `G` (1024, its square, its cube).

mod error;
mod number;
mod parse;
mod value;

pub use self::error::{ArgumentError, Problem};
pub use self::number::{NumberError, number};
pub(crate) use self::parse::read;
pub use self::parse::{parse, words};
pub use self::value::{Extent, Span, Switch, Value, Values};

/// What stands for the start of the scratch memory in an address.
pub const SCRATCH: &str = "scratch";

/// An argument of a command.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Whether it may be left out.
    pub need: Need,
    /// What may be given.
    pub kind: Kind,
    /// What it does, in a few words.
    pub help: &'static str,
}

/// Whether an argument may be left out, and whether it may come without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Must be given, in its place or by name.
    Required,
    /// May be given, in its place or by name.
    Optional,
    /// May be given, by name only.
    Named,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An address, or a place in the scratch memory: `scratch`, `scratch+0x40`.
    Address,
    /// A number from `least` to `most`.
    Number {
        /// The least.
        least: u64,
        /// The greatest.
        most: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words, with commas between.
    Choices(&'static [&'static str]),
    /// `on` or `off`.
    Switch,
    /// Any word.
    Word,
    /// Lengths, `5,7,64`: at most `count`, each from 1 to `most`.
    Lengths {
        /// How many at most.
        count: usize,
        /// The greatest.
        most: u64,
    },
    /// Stretches of memory, `addr:len` or `addr..end`, with commas between: at most `count`.
    Spans {
        /// How many at most.
        count: usize,
    },
    /// Such stretches, or this word.
    SpansOr {
        /// How many at most.
        count: usize,
        /// The word.
        word: &'static str,
    },
    /// Width and height, `WxH`.
    Extent,
}

#[cfg(test)]
mod tests;
