//! From the words behind a command's name to values.

use alloc::string::String;
use alloc::vec::Vec;

use crate::escape::quote;
use crate::suggest::nearest;

use super::{
    ArgumentError, Extent, Kind, Need, NumberError, Parameter, Problem, SCRATCH, Span, Switch,
    Value, Values, number,
};

/// The words of a line: what stands between spaces and tabs.
pub fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// Reads the words behind a command's name as its parameters ask for.
///
/// # Errors
/// The first word that is none of them, is one twice, or has a value that is none.
pub fn parse(parameters: &[Parameter], line: &[u8]) -> Result<Values, ArgumentError> {
    let mut values = Values::default();
    for word in words(line) {
        read(parameters, &mut values, word)?;
    }
    let missing = |p: &&Parameter| p.need == Need::Required && values.get(p.name).is_none();
    match parameters.iter().find(missing) {
        Some(p) => Err(ArgumentError::Missing { name: p.name, expected: p.kind }),
        None => Ok(values),
    }
}

/// Reads one more word.
pub(crate) fn read(
    parameters: &[Parameter],
    values: &mut Values,
    word: &[u8],
) -> Result<(), ArgumentError> {
    let (parameter, text) = match named(word) {
        Some((name, text)) => (by_name(parameters, name, word)?, text),
        None => (by_place(parameters, values, word)?, word),
    };
    if values.get(parameter.name).is_some() {
        return Err(ArgumentError::Twice { name: parameter.name });
    }
    let value = value(parameter.kind, text).map_err(|problem| ArgumentError::Bad {
        name: parameter.name,
        text: quote(text),
        problem,
        expected: parameter.kind,
    })?;
    values.push(parameter.name, value);
    Ok(())
}

/// Name and value of `name=value`.
fn named(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = word.iter().position(|&byte| byte == b'=')?;
    Some((word.get(..at)?, word.get(at + 1..)?))
}

fn by_name<'p>(
    parameters: &'p [Parameter],
    name: &[u8],
    word: &[u8],
) -> Result<&'p Parameter, ArgumentError> {
    parameters.iter().find(|p| p.name.as_bytes() == name).ok_or_else(|| ArgumentError::Unknown {
        text: quote(word),
        near: nearest(name, &mut parameters.iter().map(|p| p.name)),
    })
}

/// The first parameter that takes a value without a name and has none yet.
fn by_place<'p>(
    parameters: &'p [Parameter],
    values: &Values,
    word: &[u8],
) -> Result<&'p Parameter, ArgumentError> {
    let free = |p: &&Parameter| p.need != Need::Named && values.get(p.name).is_none();
    parameters.iter().find(free).ok_or_else(|| {
        let near = nearest(word, &mut parameters.iter().map(|p| p.name));
        match near {
            Some(near) => ArgumentError::Unknown { text: quote(word), near: Some(near) },
            None => ArgumentError::Extra { text: quote(word) },
        }
    })
}

fn value(kind: Kind, text: &[u8]) -> Result<Value, Problem> {
    match kind {
        Kind::Address => address(text),
        Kind::Number { least, most } => bounded(text, least, most).map(Value::Number),
        Kind::Choice(words) => choice(words, text).map(Value::Choice),
        Kind::Choices(words) => {
            list(text, words.len(), |part| choice(words, part)).map(Value::Choices)
        }
        Kind::Switch => switch(text).map(Value::Switch),
        Kind::Word => word(text).map(Value::Word),
        Kind::Lengths { count, most } => {
            list(text, count, |part| bounded(part, 1, most)).map(Value::Lengths)
        }
        Kind::SpansOr { word, .. } if text == word.as_bytes() => Ok(Value::Choice(word)),
        Kind::Spans { count } | Kind::SpansOr { count, .. } => {
            list(text, count, span).map(Value::Spans)
        }
        Kind::Extent => extent(text).map(Value::Extent),
    }
}

/// A number, `scratch` or `scratch+N`.
fn address(text: &[u8]) -> Result<Value, Problem> {
    let (word, offset) =
        cut(text, b"+").map_or((text, None), |(word, offset)| (word, Some(offset)));
    if word == SCRATCH.as_bytes() {
        let offset = offset.map_or(Ok(0), number);
        return offset.map(Value::Scratch).map_err(Problem::Number);
    }
    number(text).map(Value::Number).map_err(|error| match error {
        NumberError::NotANumber if nearest(word, &mut [SCRATCH].into_iter()).is_some() => {
            Problem::NoSuchWord(Some(SCRATCH))
        }
        error => Problem::Number(error),
    })
}

fn bounded(text: &[u8], least: u64, most: u64) -> Result<u64, Problem> {
    let number = number(text).map_err(Problem::Number)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Problem::OutOfBounds) }
}

fn choice(words: &'static [&'static str], text: &[u8]) -> Result<&'static str, Problem> {
    let found = words.iter().find(|word| word.as_bytes() == text);
    found.copied().ok_or_else(|| Problem::NoSuchWord(nearest(text, &mut words.iter().copied())))
}

fn switch(text: &[u8]) -> Result<Switch, Problem> {
    match choice(&["on", "off"], text)? {
        "on" => Ok(Switch::On),
        _ => Ok(Switch::Off),
    }
}

fn word(text: &[u8]) -> Result<String, Problem> {
    core::str::from_utf8(text).map(String::from).map_err(|_| Problem::NotText)
}

fn list<T>(
    text: &[u8],
    count: usize,
    part: impl Fn(&[u8]) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let parts = text.split(|&byte| byte == b',');
    if parts.clone().count() > count {
        return Err(Problem::TooMany);
    }
    // A loop, not `collect`: that would take twice the code for each of the three kinds of lists.
    let mut list = Vec::new();
    for text in parts {
        list.push(part(text)?);
    }
    Ok(list)
}

/// `addr:len` or `addr..end`, where `end` is the first address behind.
fn span(text: &[u8]) -> Result<Span, Problem> {
    let read = |word: &[u8]| number(word).map_err(Problem::Number);
    let span = if let Some((start, len)) = cut(text, b":") {
        Span { start: read(start)?, len: read(len)? }
    } else {
        let (start, end) = cut(text, b"..").ok_or(Problem::Form)?;
        let (start, end) = (read(start)?, read(end)?);
        Span { start, len: end.checked_sub(start).ok_or(Problem::Backwards)? }
    };
    match span.start.checked_add(span.len) {
        None => Err(Problem::Backwards),
        Some(_) if span.len == 0 => Err(Problem::Nothing),
        Some(_) => Ok(span),
    }
}

fn extent(text: &[u8]) -> Result<Extent, Problem> {
    let hexadecimal = text.starts_with(b"0x");
    let (width, height) = if hexadecimal {
        let (width, height) = cut(text.get(2..).unwrap_or_default(), b"x").ok_or(Problem::Form)?;
        (text.get(..width.len() + 2).unwrap_or_default(), height)
    } else {
        cut(text, b"x").ok_or(Problem::Form)?
    };
    let side = |word: &[u8]| match number(word) {
        Ok(0) => Err(Problem::Nothing),
        Ok(side) => Ok(side),
        Err(NumberError::Empty) => Err(Problem::Form),
        Err(error) => Err(Problem::Number(error)),
    };
    Ok(Extent { width: side(width)?, height: side(height)? })
}

/// What stands before and behind the first `mark`.
#[inline(never)]
fn cut<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}
