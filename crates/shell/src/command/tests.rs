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
    assert_eq!(offered("/dmatest kinds=copy,sg,").len(), 4);
    assert_eq!(offered("/color switch="), ["switch=on", "switch=off"]);
    assert_eq!(offered("/help pok"), ["poke"]);
    assert_eq!(offered("/nothing a"), [""; 0]);
    assert_eq!(offered("du"), [""; 0]);
    assert_eq!(offered("data du"), [""; 0]);
    assert_eq!(offered(""), [""; 0]);
}
