//! Colour, where it is wanted.

use alloc::format;
use alloc::string::String;

/// Whether colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Colour by SGR sequences.
    Colour,
    /// Nothing but text.
    Plain,
}

/// What a colour is for; the numbers are those of the eight colours every terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Colour {
    /// What went wrong.
    Red = 31,
    /// What went well.
    Green = 32,
    /// What to look at.
    Yellow = 33,
    /// The source.
    Blue = 34,
    /// Cuts.
    Magenta = 35,
    /// The destination.
    Cyan = 36,
    /// What may be overlooked.
    Grey = 90,
}

impl Paint {
    /// The text in this colour.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        match self {
            Self::Plain => String::from(text),
            Self::Colour => format!("\x1b[{}m{text}\x1b[0m", colour as u8),
        }
    }

    /// The text in bold.
    pub fn bold(self, text: &str) -> String {
        match self {
            Self::Plain => String::from(text),
            Self::Colour => format!("\x1b[1m{text}\x1b[0m"),
        }
    }
}
