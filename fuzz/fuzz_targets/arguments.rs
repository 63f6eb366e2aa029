//! Any bytes behind the name of any command: values as its parameters ask for, or one line that says what was wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shell::args;
use shell::command::{COMMANDS, find};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let command = &COMMANDS[usize::from(*first) % COMMANDS.len()];
    if let Err(error) = args::parse(command.parameters, rest) {
        let text = error.to_string();
        assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
    }
    let name = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    assert!(find(name).map_or(true, |found| found.name.as_bytes() == name));
});
