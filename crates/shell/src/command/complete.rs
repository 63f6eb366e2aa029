//! What Tab offers: names of commands, then names and words of their arguments.

use alloc::string::String;
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
        let mut offers = Offers { word, words: Vec::new() };
        match line.get(..start).unwrap_or_default() {
            // A lone `/` offers every command; an empty line offers none, for it is no command yet.
            [] if word.is_empty() => {}
            [] => offers.names("/"),
            [b'/', rest @ ..] => offers.arguments(rest),
            _ => {}
        }
        Candidates { start, words: offers.words }
    }
}

/// The candidates so far. Loops, not iterators: those would take twice the code.
struct Offers<'a> {
    /// What is typed of the word.
    word: &'a [u8],
    words: Vec<String>,
}

impl Offers<'_> {
    /// Offers a word, if that goes on from what is typed. Of arguments of one kind, each offers the same.
    fn offer(&mut self, before: &str, text: &str, after: &str) {
        let candidate = [before, text, after].concat();
        if candidate.as_bytes().starts_with(self.word) && self.words.last() != Some(&candidate) {
            self.words.push(candidate);
        }
    }

    fn names(&mut self, slash: &str) {
        for command in COMMANDS {
            self.offer(slash, command.name, "");
        }
    }

    /// What may follow a command's name and the arguments before.
    fn arguments(&mut self, before: &[u8]) {
        let end = before.iter().position(|byte| *byte == b' ').unwrap_or(before.len());
        let (name, rest) = before.split_at_checked(end).unwrap_or_default();
        let Ok(command) = find(name) else { return };
        if command.name == "help" {
            return self.names("");
        }
        if let Some(at) = self.word.iter().position(|byte| *byte == b'=') {
            let name = self.word.get(..at);
            let parameter = command.parameters.iter().find(|p| Some(p.name.as_bytes()) == name);
            return parameter.map_or((), |parameter| self.named(parameter, at));
        }
        let mut given = Values::default();
        for word in words(rest) {
            // What is wrong is told when the line is answered.
            let _ = read(command.parameters, &mut given, word);
        }
        for parameter in command.parameters {
            if given.get(parameter.name).is_none() && command.uses(parameter.name, &given) {
                self.parameter(parameter);
            }
        }
    }

    /// What may stand behind `name=`, or behind the last comma of a list that the parameter is.
    fn named(&mut self, parameter: &'static Parameter, equals: usize) {
        let comma = self.word.iter().rposition(|byte| *byte == b',');
        let list = matches!(parameter.kind, Kind::Choices(_));
        let end = comma.filter(|comma| list && *comma > equals).unwrap_or(equals);
        let given = self.word.get(..=end).unwrap_or_default();
        let listed = given.get(equals.saturating_add(1)..).unwrap_or_default();
        let given = core::str::from_utf8(given).unwrap_or_default();
        for value in values(&parameter.kind) {
            if !listed.split(|byte| *byte == b',').any(|word| word == value.as_bytes()) {
                self.offer(given, value, "");
            }
        }
    }

    /// How a parameter can begin: with one of its words, else with its name.
    fn parameter(&mut self, parameter: &'static Parameter) {
        match (parameter.need, values(&parameter.kind)) {
            (Need::Named, _) | (_, []) => self.offer("", parameter.name, "="),
            (_, words) => {
                for word in words {
                    self.offer("", word, "");
                }
            }
        }
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
