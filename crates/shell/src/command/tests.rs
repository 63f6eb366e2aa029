use super::*;
use crate::args::{parse, words};
use crate::editor::completion::Completer;
use std::string::String;
use std::vec::Vec;

fn offered(line: &str) -> Vec<String> {
    Commands.candidates(line.as_bytes()).words
}

#[test]
fn every_example_is_a_valid_call_of_its_command() {
    for command in COMMANDS {
        let (name, rest) = command.example.split_once(' ').unwrap_or((command.example, ""));
        assert_eq!(name, std::format!("/{}", command.name));
        parse(command.parameters, rest.as_bytes()).unwrap();
    }
}

#[test]
fn names_are_lower_case_and_unique() {
    for (index, command) in COMMANDS.iter().enumerate() {
        assert!(command.name.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(COMMANDS.iter().skip(index + 1).all(|other| other.name != command.name));
        assert_eq!(find(command.name.as_bytes()).unwrap().verb, command.verb);
    }
}

#[test]
fn help_fits_the_screen() {
    for command in COMMANDS {
        assert!(command.summary.len() + 12 <= 80, "{}", command.name);
        assert!(command.more.iter().all(|line| line.chars().count() <= 80), "{}", command.name);
        assert_eq!(words(command.example.as_bytes()).next().unwrap()[0], b'/');
    }
}

#[test]
fn a_misspelt_name_is_understood() {
    assert_eq!(find(b"dmup").unwrap_err(), Some("dump"));
    assert_eq!(find(b"reb").unwrap_err(), Some("reboot"));
    assert_eq!(find(b"\xFF\xFF").unwrap_err(), None);
}

#[test]
fn tab_offers_names_and_arguments() {
    assert_eq!(offered("/du"), ["/dump"]);
    assert_eq!(offered("/").len(), COMMANDS.len());
    assert_eq!(offered("/dump "), ["scratch", "len="]);
    assert_eq!(offered("/dump addr=1 "), ["len="]);
    assert_eq!(offered("/dump addr=1 l"), ["len="]);
    assert_eq!(offered("/copy sc"), ["scratch"]);
    assert_eq!(offered("/copy src=s"), ["src=scratch"]);
    assert_eq!(offered("/blit scratch scratch 4x4 d"), ["dpitch="]);
    assert_eq!(offered("/demo st"), ["start", "stop"]);
    assert_eq!(offered("/ring p"), ["periods="]);
    assert_eq!(offered("/map r"), ["registers"]);
    assert_eq!(offered("/color o"), ["on", "off"]);
    assert_eq!(offered("/sg exa"), ["example"]);
    assert_eq!(offered("/dmatest kinds=c"), ["kinds=copy"]);
    assert_eq!(offered("/dmatest kinds=copy,s"), ["kinds=copy,sg"]);
    assert_eq!(offered("/dmatest kinds=copy,sg,"), ["kinds=copy,sg,fill", "kinds=copy,sg,2d"]);
    assert_eq!(offered("/color switch="), ["switch=on", "switch=off"]);
    assert_eq!(offered("/help pok"), ["poke"]);
    assert_eq!(offered("/nothing a"), [""; 0]);
    assert_eq!(offered("du"), [""; 0]);
    assert_eq!(offered("data du"), [""; 0]);
    assert_eq!(offered(""), [""; 0]);
}

#[test]
fn tab_offers_nothing_that_is_there_or_of_no_use() {
    assert_eq!(offered("/color on "), [""; 0]);
    assert_eq!(offered("/copy scratch scratch "), ["len="]);
    assert_eq!(offered("/dump 0x80000 "), ["len="]);
    assert_eq!(offered("/dump  0x80000  16 "), [""; 0]);
    assert_eq!(offered("/demo start "), ["scratch="]);
    assert_eq!(offered("/demo stop "), [""; 0]);
    assert_eq!(offered("/fault stuck "), ["at=", "byte="]);
    assert_eq!(offered("/fault list "), [""; 0]);
    assert_eq!(
        offered("/dmatest kinds=copy,"),
        ["kinds=copy,sg", "kinds=copy,fill", "kinds=copy,2d"]
    );
    assert_eq!(offered("/sg 0:64 e"), [""; 0]);
    assert_eq!(offered("/sg 0:64 to=64:64 e"), ["engine="]);
}

#[test]
fn arguments_of_no_use_are_refused() {
    let told = |line: &str| {
        let (name, rest) = line.split_once(' ').unwrap();
        let command = find(name.as_bytes()).unwrap();
        let values = parse(command.parameters, rest.as_bytes()).unwrap();
        command.check(&values).map_err(|error| std::string::ToString::to_string(&error))
    };
    for (line, expected) in [
        ("demo stop scratch=128", "scratch= is of no use here: expected only with start"),
        ("demo scratch=128", "scratch= is of no use here: expected only with start"),
        (
            "dmatest status seed=4",
            "seed= is of no use here: expected only with background or without a word",
        ),
        (
            "dmatest size=7 stop",
            "size= is of no use here: expected only with background or without a word",
        ),
        (
            "fault list at=3 dreq=9",
            "at= is of no use here: expected only with read-error, fifo-error, read-last, stuck, wedged",
        ),
        ("fault stuck dreq=9", "dreq= is of no use here: expected only with dreq-never"),
        ("sg 0:64 line=64", "line= is of no use here: expected only with to="),
        ("sg example engine=emulated", "engine= is of no use here: expected only with to="),
    ] {
        assert_eq!(told(line), Err(expected.into()), "{line}");
    }
    for line in [
        "demo start scratch=128",
        "dmatest size=7",
        "dmatest background size=7",
        "fault stuck byte=3",
        "fault dreq-never dreq=9",
        "sg 0:64 to=64:64 line=1 engine=emulated",
    ] {
        assert_eq!(told(line), Ok(()), "{line}");
    }
}

/// A rule with a slip in it would never be seen to hold.
#[test]
fn rules_name_arguments_and_words_that_exist() {
    for command in COMMANDS {
        for rule in command.rules() {
            let parameter = |name: &str| command.parameters.iter().find(|p| p.name == name);
            assert!(rule.names.iter().all(|name| parameter(name).is_some()), "{}", command.name);
            let words = match parameter(rule.by).unwrap().kind {
                crate::args::Kind::Choice(words) => words,
                _ => &[],
            };
            assert!(rule.with.iter().all(|word| word.is_empty() || words.contains(word)));
        }
    }
}
