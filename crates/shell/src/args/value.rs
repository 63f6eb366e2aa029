//! What was given.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A stretch of memory as typed; it does not run past the end of the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first byte.
    pub start: u64,
    /// Its length in bytes, not 0.
    pub len: u64,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}:{:#x}", self.start, self.len)
    }
}

/// A rectangle: bytes a row and rows, neither 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes a row.
    pub width: u64,
    /// Rows.
    pub height: u64,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// One argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of an address or a number.
    Number(u64),
    /// Of an address: so many bytes into the scratch memory.
    Scratch(u64),
    /// Of a choice.
    Choice(&'static str),
    /// Of choices.
    Choices(Vec<&'static str>),
    /// Of a switch.
    Switch(Switch),
    /// Of a word.
    Word(String),
    /// Of lengths.
    Lengths(Vec<u64>),
    /// Of spans.
    Spans(Vec<Span>),
    /// Of an extent.
    Extent(Extent),
}

/// The values of a command's arguments, by the parameters' names. What was not given is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    given: Vec<(&'static str, Value)>,
}

impl Values {
    pub(super) fn push(&mut self, name: &'static str, value: Value) {
        self.given.push((name, value));
    }

    /// What was given for `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// The number given for `name`.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The word or choice given for `name`.
    pub fn word(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Word(word) => Some(word),
            Value::Choice(word) => Some(word),
            _ => None,
        }
    }

    /// The choices given for `name`.
    pub fn choices(&self, name: &str) -> Option<&[&'static str]> {
        match self.get(name)? {
            Value::Choices(words) => Some(words),
            _ => None,
        }
    }

    /// The switch given for `name`.
    pub fn switch(&self, name: &str) -> Option<Switch> {
        match self.get(name)? {
            Value::Switch(switch) => Some(*switch),
            _ => None,
        }
    }

    /// The lengths given for `name`.
    pub fn lengths(&self, name: &str) -> Option<&[u64]> {
        match self.get(name)? {
            Value::Lengths(lengths) => Some(lengths),
            _ => None,
        }
    }

    /// The spans given for `name`.
    pub fn spans(&self, name: &str) -> Option<&[Span]> {
        match self.get(name)? {
            Value::Spans(spans) => Some(spans),
            _ => None,
        }
    }

    /// The extent given for `name`.
    pub fn extent(&self, name: &str) -> Option<Extent> {
        match self.get(name)? {
            Value::Extent(extent) => Some(*extent),
            _ => None,
        }
    }
}
