//! Transcripts: what is typed and what must come back, as a pure matcher shared by the QEMU tests and the simulator's.
//!
//! ```text
//! # comment lines, before anything else only
//! lines before the first typed one are the boot's
//! > 123
//! [{t}] dma: channel {n} …
//! ...
//! @emulated engine in 4-byte words
//! received: 123
//! ok: {_} bytes
//! ```
//! `> ` begins a typed line, `...` stands for any number of lines, `{name}` for any one value: leading blanks and a run
//! without blanks, as short as the rest of the line allows. The same name must have the same value throughout one answer;
//! `{_}` is free each time. A line marked `@hardware` or `@emulated` holds for that kind of engine only.

use std::collections::BTreeMap;

/// The kind of engine that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Hardware,
    Emulated,
}

/// One expected line.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    only: Option<Engine>,
    text: String,
}

/// A typed line and the lines expected in answer; the boot is an exchange with nothing typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) typed: Option<String>,
    expected: Vec<Expected>,
}

type Names<'a> = BTreeMap<&'a str, &'a str>;

/// Reads a transcript. The first exchange is the boot; it expects nothing if the text begins with a typed line.
pub(crate) fn parse(text: &str) -> Vec<Exchange> {
    let mut exchanges = vec![Exchange { typed: None, expected: Vec::new() }];
    for line in text.lines().skip_while(|line| line.starts_with('#') || line.is_empty()) {
        if let Some(typed) = line.strip_prefix("> ").or((line == ">").then_some("")) {
            exchanges.push(Exchange { typed: Some(typed.to_owned()), expected: Vec::new() });
        } else if let Some(exchange) = exchanges.last_mut() {
            exchange.expected.push(expect(line));
        }
    }
    exchanges
}

fn expect(line: &str) -> Expected {
    for (mark, engine) in [("@hardware ", Engine::Hardware), ("@emulated ", Engine::Emulated)] {
        if let Some(text) = line.strip_prefix(mark) {
            return Expected { only: Some(engine), text: text.to_owned() };
        }
    }
    Expected { only: None, text: line.to_owned() }
}

impl Exchange {
    /// Does the answer agree? A boot that expects nothing agrees with every answer.
    pub(crate) fn check(&self, answer: &[&str], engine: Engine) -> Result<(), String> {
        let expected: Vec<&str> = self
            .expected
            .iter()
            .filter(|line| line.only.is_none_or(|only| only == engine))
            .map(|line| line.text.as_str())
            .collect();
        if self.typed.is_none() && expected.is_empty() {
            return Ok(());
        }
        let mut left = Left { expected: expected.len(), answer: answer.len() };
        if lines_match(&expected, answer, &Names::new(), &mut left) {
            return Ok(());
        }
        Err(format!(
            "after `> {}`: expected\n    {}\nwhere the answer has\n    {}\nin\n{}",
            self.typed.as_deref().unwrap_or("(boot)"),
            expected.get(expected.len() - left.expected).unwrap_or(&"its end"),
            answer.get(answer.len() - left.answer).unwrap_or(&"its end"),
            answer.join("\n"),
        ))
    }
}

/// The lines not yet agreed upon at the point that came furthest, for the report.
struct Left {
    expected: usize,
    answer: usize,
}

fn lines_match<'a>(
    expected: &[&'a str],
    answer: &[&'a str],
    names: &Names<'a>,
    left: &mut Left,
) -> bool {
    if answer.len() <= left.answer {
        *left = Left { expected: expected.len(), answer: answer.len() };
    }
    let Some((&first, rest)) = expected.split_first() else {
        return answer.is_empty();
    };
    if first == "..." {
        return (0..=answer.len())
            .filter_map(|skip| answer.get(skip..))
            .any(|answer| lines_match(rest, answer, names, left));
    }
    let Some((&line, later)) = answer.split_first() else {
        return false;
    };
    line_matches(first, line, names, &mut |names| lines_match(rest, later, names, left))
}

/// Matches one line and hands every way to bind its names to `then`, until one is accepted.
fn line_matches<'a>(
    pattern: &'a str,
    line: &'a str,
    names: &Names<'a>,
    then: &mut dyn FnMut(&Names<'a>) -> bool,
) -> bool {
    let Some((literal, name, rest)) = split_at_name(pattern) else {
        return pattern == line && then(names);
    };
    let Some(tail) = line.strip_prefix(literal) else {
        return false;
    };
    if let Some(&value) = names.get(name) {
        return tail.strip_prefix(value).is_some_and(|tail| line_matches(rest, tail, names, then));
    }
    value_ends(tail).any(|end| {
        let mut names = names.clone();
        if name != "_" {
            names.insert(name, &tail[..end]);
        }
        line_matches(rest, &tail[end..], &names, then)
    })
}

/// `literal{name}rest`; a brace that holds no name is an ordinary character.
fn split_at_name(pattern: &str) -> Option<(&str, &str, &str)> {
    pattern.match_indices('{').find_map(|(open, _)| {
        let (name, rest) = pattern[open + 1..].split_once('}')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!name.is_empty() && name.chars().all(is_name)).then_some((&pattern[..open], name, rest))
    })
}

/// Where a value at the beginning of `text` may end, nearest first.
fn value_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let start = text.len() - text.trim_start_matches(' ').len();
    let run = text[start..].char_indices().take_while(|(_, c)| !c.is_whitespace());
    run.map(move |(at, c)| start + at + c.len_utf8())
}
