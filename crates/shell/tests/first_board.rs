//! docs/first-board.md names commands: each exists, takes what is written there, and does it on the model as the chip.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "support/desk.rs"]
mod desk;
#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "../examples/simulator/machine.rs"]
mod machine;

use std::collections::BTreeSet;
use std::path::Path;

use dma_model::Profile;
use shell::args::parse;
use shell::command::find;

use crate::desk::Desk;

/// What stands between backticks and begins with a command's name.
fn commands(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_command = |text: &&str| text.strip_prefix('/').is_some_and(|name| !name.is_empty());
    quoted.filter(is_command).collect()
}

#[test]
fn every_command_of_the_checklist_is_one_that_the_console_takes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-board.md");
    let text = std::fs::read_to_string(path).unwrap();
    let commands = commands(&text);
    assert!(commands.len() > 30, "{commands:?}");
    for line in commands {
        let (name, rest) = line[1..].split_once(' ').unwrap_or((&line[1..], ""));
        let found = find(name.as_bytes()).ok();
        // Required arguments may be named by the text around it: `/dump`.
        if let (Some(command), false) = (found, rest.is_empty()) {
            assert!(parse(command.parameters, rest.as_bytes()).is_ok(), "{line}");
        }
        assert!(found.is_some(), "{line}: no such command");
    }
}

/// What the simulator cannot do: the beginning of the line, and what it must answer.
const NOT_HERE: &[(&str, &str)] = &[
    ("/dump 0x", "error: /dump: 0x3f"),
    ("/clocks", "error: /clocks: this machine has no clocks of its own"),
    ("/watchdog", "error: /watchdog: this machine has no watchdog"),
    ("/crash", "error: /crash: this machine has nothing that could break down"),
];

/// The same lines, less often or quicker: a second of the chip's takes the model several.
const FEWER: &[(&str, &str)] = &[
    ("iterations=1000", "iterations=100"),
    ("bytes=65532 rounds=100", "bytes=1000 rounds=2"),
    ("count=1000", "count=10"),
    ("/blink pin=29", "/blink pin=29 period=200"),
];

#[test]
fn every_command_of_the_checklist_does_what_it_says_on_the_model() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-board.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut desk = Desk::new(Profile::Hardware, 1);
    // What ends the machine comes last, and in a test of its own.
    let runs = |line: &&str| !["/reboot", "/halt", "/dump"].contains(line);
    let lines: BTreeSet<&str> = commands(&text).into_iter().filter(runs).collect();
    for line in lines {
        let fewer = |line: String, (all, some): &(&str, &str)| line.replace(all, some);
        let typed = FEWER.iter().fold(line.to_string(), fewer);
        let typed = if typed == "/blink" { "/blink period=200".to_string() } else { typed };
        let answer = desk.send(typed.as_bytes());
        let last = answer.last().unwrap();
        let expected = NOT_HERE.iter().find(|(start, _)| line.starts_with(start));
        let expected = expected.map_or("ok: ", |(_, told)| told);
        assert!(last.starts_with(expected), "{line}: expected {expected}: {answer:#?}");
    }
    // Not asked whether it broke a rule: `/fault hole` and `/fault zero` do, on purpose.
    desk.assert_comes_back(b"hello");
}

/// What no document and no driver answers.
#[test]
fn every_open_point_has_its_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/first-board.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, open) = text.split_once("## 5. What is open").unwrap();
    for point in
        ["MB/s", "T_cb", "READ_ERROR", "ABORT", "mask", "ACT LED", "length 0", "INT or END"]
    {
        let row = open.lines().find(|line| line.starts_with('|') && line.contains(point));
        assert!(row.is_some_and(|row| row.contains("`/")), "{point}");
    }
}
