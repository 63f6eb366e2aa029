//! What Tab offers: names of commands, then names and words of their arguments.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::args::{Kind, Need, Parameter, SCRATCH, Values, read, words};
use crate::editor::completion::{Candidates, Completer};

use super::{COMMANDS, find};

/// The completer of command lines. Data lines are not completed.
#[derive(Clone, Copy, Debug)]
pub struct Commands;

impl Completer for Commands {
    fn candidates(&self, line: &[u8]) -> Candidates {
        let start = line.iter().rposition(|byte| *byte == b' ').map_or(0, |space| space + 1);
        let word = line.get(start..).unwrap_or_default();
        let words = match line.get(..start).unwrap_or_default() {
            [] => names("/"),
            [b'/', rest @ ..] => arguments(rest, word),
            _ => Vec::new(),
        };
        let fits = |candidate: &String| candidate.as_bytes().starts_with(word);
        // A lone `/` offers every command; an empty line offers none, for it is no command yet.
        let words = if word.is_empty() && start == 0 { Vec::new() } else { words };
        let mut words: Vec<String> = words.into_iter().filter(fits).collect();
        // Of arguments of one kind, each offers the same.
        words.dedup();
        Candidates { start, words }
    }
}

fn names(slash: &str) -> Vec<String> {
    COMMANDS.iter().map(|command| format!("{slash}{}", command.name)).collect()
}

/// What may follow a command's name and the arguments before.
fn arguments(before: &[u8], word: &[u8]) -> Vec<String> {
    let end = before.iter().position(|byte| *byte == b' ').unwrap_or(before.len());
    let (name, rest) = before.split_at_checked(end).unwrap_or_default();
    let Ok(command) = find(name) else { return Vec::new() };
    if command.name == "help" {
        return names("");
    }
    if let Some(at) = word.iter().position(|byte| *byte == b'=') {
        let parameter = |p: &&Parameter| Some(p.name.as_bytes()) == word.get(..at);
        let parameter = command.parameters.iter().find(parameter);
        return parameter.map_or_else(Vec::new, |parameter| named(parameter, word, at));
    }
    let mut given = Values::default();
    for word in words(rest) {
        // What is wrong is told when the line is answered.
        let _ = read(command.parameters, &mut given, word);
    }
    let free = |p: &&Parameter| given.get(p.name).is_none() && command.uses(p.name, &given);
    command.parameters.iter().filter(free).flat_map(offers).collect()
}

/// What may stand behind `name=`, or behind the last comma of a list that the parameter is.
fn named(parameter: &'static Parameter, word: &[u8], equals: usize) -> Vec<String> {
    let comma = word.iter().rposition(|byte| *byte == b',');
    let list = matches!(parameter.kind, Kind::Choices(_));
    let end = comma.filter(|comma| list && *comma > equals).unwrap_or(equals);
    let (given, _) = word.split_at(end.saturating_add(1).min(word.len()));
    let given = core::str::from_utf8(given).unwrap_or_default();
    let listed = given.get(equals.saturating_add(1)..).unwrap_or_default();
    let again = |value: &&&str| listed.split(',').any(|word| word == **value);
    let values = values(&parameter.kind).iter().filter(|value| !again(value));
    values.map(|value| format!("{given}{value}")).collect()
}

/// How a parameter can begin: with one of its words, else with its name.
fn offers(parameter: &'static Parameter) -> Vec<String> {
    match (parameter.need, values(&parameter.kind)) {
        (Need::Named, _) | (_, []) => [format!("{}=", parameter.name)].into(),
        (_, words) => words.iter().map(ToString::to_string).collect(),
    }
}

/// The words a kind of argument is made of, if it is.
fn values(kind: &'static Kind) -> &'static [&'static str] {
    match kind {
        Kind::SpansOr { word, .. } => core::slice::from_ref(word),
        Kind::Choice(words) | Kind::Choices(words) => words,
        Kind::Switch => &["on", "off"],
        Kind::Address => &[SCRATCH],
        _ => &[],
    }
}
