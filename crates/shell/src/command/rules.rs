//! Arguments that only some forms of a command use: given beside the others they would be ignored, so they are refused.

use crate::args::{ArgumentError, Values};

use super::{Command, Verb};

/// When some arguments mean something.
pub(super) struct Rule {
    /// The arguments.
    pub(super) names: &'static [&'static str],
    /// The argument that decides.
    pub(super) by: &'static str,
    /// Its words that they go with; none: any value of it. The empty word: it is not given.
    pub(super) with: &'static [&'static str],
    /// The same, for people.
    told: &'static str,
}

const DEMO: &[Rule] =
    &[Rule { names: &["scratch"], by: "what", with: &["start"], told: "with start" }];

const SG: &[Rule] = &[Rule { names: &["line", "engine"], by: "to", with: &[], told: "with to=" }];

const DMATEST: &[Rule] = &[Rule {
    names: &[
        "iterations",
        "size",
        "align",
        "channels",
        "channel",
        "threads",
        "pieces",
        "seed",
        "timeout",
        "verify",
        "kinds",
        "stuck",
    ],
    by: "what",
    with: &["", "background"],
    told: "with background or without a word",
}];

const FAULT: &[Rule] = &[
    Rule {
        names: &["at"],
        by: "kind",
        with: &["read-error", "fifo-error", "read-last", "stuck", "wedged"],
        told: "with read-error, fifo-error, read-last, stuck, wedged",
    },
    Rule {
        names: &["byte"],
        by: "kind",
        with: &["read-error", "stuck", "wedged"],
        told: "with read-error, stuck, wedged",
    },
    Rule { names: &["dreq"], by: "kind", with: &["dreq-never"], told: "with dreq-never" },
];

impl Command {
    pub(super) fn rules(&self) -> &'static [Rule] {
        match self.verb {
            Verb::Demo => DEMO,
            Verb::Sg => SG,
            Verb::Dmatest => DMATEST,
            Verb::Fault => FAULT,
            _ => &[],
        }
    }

    /// The rule that keeps `name` from meaning anything beside `given`.
    fn broken(&self, name: &str, given: &Values) -> Option<&'static Rule> {
        let holds = |rule: &Rule| match rule.with {
            [] => given.get(rule.by).is_some(),
            words => words.contains(&given.word(rule.by).unwrap_or_default()),
        };
        self.rules().iter().find(|rule| rule.names.contains(&name) && !holds(rule))
    }

    /// Whether an argument of this name would mean something beside those given.
    pub(super) fn uses(&self, name: &str, given: &Values) -> bool {
        self.broken(name, given).is_none()
    }

    /// Whether each argument that is given means something.
    ///
    /// # Errors
    /// The first that does not, and what it goes with.
    pub(crate) fn check(&self, given: &Values) -> Result<(), ArgumentError> {
        let idle = |name| Some((name, self.broken(name, given)?));
        match self
            .parameters
            .iter()
            .map(|p| p.name)
            .filter(|n| given.get(n).is_some())
            .find_map(idle)
        {
            Some((name, rule)) => Err(ArgumentError::Idle { name, expected: rule.told }),
            None => Ok(()),
        }
    }
}
