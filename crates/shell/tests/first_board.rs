//! docs/first-board.md names commands: each exists and takes what is written there.

use std::path::Path;

use shell::args::parse;
use shell::command::find;

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

/// hardware.md §12, in its order.
#[test]
fn every_open_point_of_the_facts_has_its_row() {
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
