//! What is wrong with an argument, told so that the next try succeeds.

use alloc::string::String;
use core::fmt;

use super::{Kind, NumberError};

/// What is wrong with a command's arguments.
#[derive(Clone, Debug)]
pub enum ArgumentError {
    /// A required one is not there.
    Missing {
        /// The parameter's name.
        name: &'static str,
        /// What may be given.
        expected: Kind,
    },
    /// There are more than the command takes.
    Extra {
        /// The first that is too many, quoted.
        text: String,
    },
    /// No parameter has this name.
    Unknown {
        /// The argument, quoted.
        text: String,
        /// The name that was perhaps meant.
        near: Option<&'static str>,
    },
    /// It was given twice.
    Twice {
        /// The parameter's name.
        name: &'static str,
    },
    /// It means nothing beside the others.
    Idle {
        /// The parameter's name.
        name: &'static str,
        /// What it goes with.
        expected: &'static str,
    },
    /// Its value will not do.
    Bad {
        /// The parameter's name.
        name: &'static str,
        /// The value, quoted.
        text: String,
        /// Why not.
        problem: Problem,
        /// What may be given.
        expected: Kind,
    },
}

/// Why a value will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is no number.
    Number(NumberError),
    /// It is out of bounds.
    OutOfBounds,
    /// It is none of the words; this one was perhaps meant.
    NoSuchWord(Option<&'static str>),
    /// It is not UTF-8.
    NotText,
    /// It has too many parts.
    TooMany,
    /// It is not of the form that is asked for.
    Form,
    /// Its length is 0.
    Nothing,
    /// Its end lies before its start, or past the last address.
    Backwards,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expected } => {
                write!(f, "{name} is missing: expected {expected}")
            }
            Self::Extra { text } => write!(f, "one argument too many: {text}"),
            Self::Unknown { text, near: None } => write!(f, "unknown argument {text}"),
            Self::Unknown { text, near: Some(near) } => {
                write!(f, "unknown argument {text}: did you mean {near}=?")
            }
            Self::Twice { name } => write!(f, "{name} is given twice"),
            Self::Idle { name, expected } => {
                write!(f, "{name}= is of no use here: expected only {expected}")
            }
            Self::Bad { name, text, problem, expected } => {
                write!(f, "{name}={text} {problem}: expected {expected}")
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number(NumberError::Empty) => "is empty",
            Self::Number(NumberError::Negative) => "is negative",
            Self::Number(NumberError::NotANumber) => "is not a number",
            Self::Number(NumberError::TooLarge) => "is too large",
            Self::OutOfBounds => "is out of bounds",
            Self::NoSuchWord(Some(near)) => {
                return write!(f, "is not known (did you mean {near}?)");
            }
            Self::NoSuchWord(None) => "is not known",
            Self::NotText => "is not UTF-8",
            Self::TooMany => "has too many parts",
            Self::Form => "has not the right form",
            Self::Nothing => "has a part of no bytes",
            Self::Backwards => "ends before it starts or past the last address",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("an address such as 0x80000 or scratch+0x40"),
            Self::Number { least, most } => {
                write!(f, "a number from {least} to {most} ({most:#x})")
            }
            Self::Choices(words) => write!(f, "some of {}", words.join(",")),
            Self::Choice(words) => {
                for (index, word) in words.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{word}")?;
                }
                Ok(())
            }
            Self::Switch => f.write_str("on or off"),
            Self::Word => f.write_str("a word"),
            Self::Lengths { count, most } => {
                write!(f, "1 to {count} lengths from 1 to {most} such as 5,7,64")
            }
            Self::Spans { count } => {
                write!(
                    f,
                    "1 to {count} of addr:len or addr..end such as 0xa000:0x555,0x7000..0x7111"
                )
            }
            Self::SpansOr { count, word } => {
                write!(f, "{word}, or 1 to {count} of addr:len or addr..end such as 0xa000:0x555")
            }
            Self::Extent => f.write_str("WIDTHxHEIGHT such as 320x200"),
        }
    }
}
