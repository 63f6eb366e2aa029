//! For every command and every kind of mistake: one `error:` line that says what was expected.

use super::*;
use crate::args::{Kind, Need, Parameter};

/// Values that no parameter of this kind takes.
fn wrong(kind: Kind) -> Vec<&'static [u8]> {
    match kind {
        Kind::Word => vec![b"\xFF\xFE"],
        Kind::Choice(_) | Kind::Choices(_) | Kind::Switch => vec![b"offf", b"-1", b"\xC3", b""],
        _ => vec![
            b"-1",
            b"99999999999999999999999",
            b"0x1ffffffffffffffff",
            b"17179869184G",
            b"zebra",
            b"\xFF\x80",
            b"",
            b"1,,2",
        ],
    }
}

fn right(kind: Kind) -> String {
    match kind {
        Kind::Address | Kind::Number { .. } | Kind::Lengths { .. } => "1".into(),
        Kind::Choice(words) | Kind::Choices(words) => words[0].into(),
        Kind::Switch => "on".into(),
        Kind::Word => "help".into(),
        Kind::Spans { .. } | Kind::SpansOr { .. } => "1:1".into(),
        Kind::Extent => "1x1".into(),
    }
}

/// The command with `value` for `parameter` and good values for what else it needs.
fn call(command: &crate::command::Command, parameter: &Parameter, value: &[u8]) -> Vec<u8> {
    let mut line = std::format!("/{}", command.name).into_bytes();
    for other in command.parameters.iter().filter(|p| p.need == Need::Required) {
        if other.name != parameter.name {
            line.extend(std::format!(" {}={}", other.name, right(other.kind)).bytes());
        }
    }
    line.extend(std::format!(" {}=", parameter.name).bytes());
    line.extend(value);
    line
}

/// The one line that answers `line`, which is an error.
fn error(line: &[u8]) -> String {
    let lines = answer(&mut console(), line);
    assert_eq!(lines.len(), 1, "{line:?}: {lines:?}");
    assert!(lines[0].starts_with("error: "), "{line:?}: {lines:?}");
    lines[0].clone()
}

#[test]
fn wrong_values_are_told_with_the_value_and_what_was_expected() {
    for command in COMMANDS {
        for parameter in command.parameters {
            for value in wrong(parameter.kind) {
                let told = error(&call(command, parameter, value));
                let value = crate::escape::quote(value);
                assert!(told.contains(&std::format!("{}={value}", parameter.name)), "{told}");
                assert!(told.contains(&std::format!("expected {}", parameter.kind)), "{told}");
                assert!(told.ends_with(command.example), "{told}");
            }
        }
    }
}

#[test]
fn missing_arguments_are_named() {
    for command in COMMANDS {
        let required = command.parameters.iter().find(|p| p.need == Need::Required);
        if let Some(parameter) = required {
            let told = error(std::format!("/{}", command.name).as_bytes());
            assert!(told.contains(&std::format!("{} is missing", parameter.name)), "{told}");
        }
    }
}

#[test]
fn arguments_too_many_are_told() {
    for command in COMMANDS {
        let line = command.parameters.iter().filter(|p| p.need != Need::Named);
        let line = line.fold(String::new(), |line, p| line + " " + &right(p.kind));
        let told = error(std::format!("/{}{line} 77777", command.name).as_bytes());
        assert!(told.contains("one argument too many: 77777"), "{told}");
        let told = error(std::format!("/{}{line} nonsense=1", command.name).as_bytes());
        assert!(told.contains("unknown argument nonsense=1"), "{told}");
    }
}

#[test]
fn misspelt_commands_are_guessed() {
    assert_eq!(error(b"/hlep"), "error: unknown command /hlep: did you mean /help?");
    assert!(error(b"/\xFF").starts_with(r"error: unknown command /\xff: /help lists"));
    assert!(error(b"/").starts_with("error: unknown command /: /help lists"));
    assert!(error(b"/ help").starts_with("error: unknown command /: /help lists"));
    assert_eq!(error(b"/help dmup"), "error: /help: unknown command /dmup: did you mean /dump?");
}

#[test]
fn an_error_is_one_line_even_for_a_huge_argument() {
    let mut line = b"/dump ".to_vec();
    line.resize(4000, b'9');
    assert!(error(&line).len() < 250);
}
