//! Typed lines and expected answers, replayed on the model as the chip and as QEMU. The firmware's tests replay the same files.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "support/desk.rs"]
mod desk;
#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "../examples/simulator/machine.rs"]
mod machine;
#[path = "../../../tests/harness/transcript.rs"]
mod transcript;

use std::path::{Path, PathBuf};

use dma_model::Profile;
use shell::command::COMMANDS;

use crate::desk::Desk;
use crate::transcript::{Engine, parse};

/// The workspace's transcripts.
fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts");
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    paths.sort();
    assert!(!paths.is_empty(), "no transcripts in {}", folder.display());
    paths
}

/// Sends a line that ends the machine, and gives the lines of the answer.
fn part(desk: &mut Desk, line: &[u8]) -> Vec<String> {
    desk.keys(line);
    desk.written.take();
    desk.keys(b"\r");
    let written = String::from_utf8(desk.written.take()).unwrap();
    let body = written.strip_suffix("\x1b[?2004l").expect("bracketed paste is switched off");
    body.strip_prefix("\r\n").unwrap().split_terminator("\r\n").map(Into::into).collect()
}

fn replay(path: &Path, profile: Profile) {
    let engine = if profile == Profile::Qemu { Engine::Emulated } else { Engine::Hardware };
    let mut desk = Desk::new(profile, 1);
    for exchange in parse(&std::fs::read_to_string(path).unwrap()) {
        let Some(typed) = &exchange.typed else { continue };
        // What ends the machine has no prompt, and QEMU shows what comes after it.
        let ends = ["/halt", "/reboot"].contains(&typed.as_str());
        let lines =
            if ends { part(&mut desk, typed.as_bytes()) } else { desk.send(typed.as_bytes()) };
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Err(error) = exchange.check(&lines, engine) {
            panic!("{} on {profile:?}, `{typed}`: {error}\n{}", path.display(), lines.join("\n"));
        }
        if ends {
            return;
        }
    }
}

#[test]
fn every_command_is_in_a_transcript() {
    let scripts = transcripts().iter().map(std::fs::read_to_string).collect::<Result<Vec<_>, _>>();
    let scripts = scripts.unwrap();
    let typed: Vec<String> = scripts
        .iter()
        .flat_map(|script| parse(script))
        .filter_map(|exchange| exchange.typed)
        .collect();
    for command in COMMANDS {
        let name = format!("/{}", command.name);
        let is_typed = typed.iter().any(|line| line.split(' ').next() == Some(&name));
        assert!(is_typed, "no transcript types {name}");
    }
}

#[test]
fn every_transcript_holds_on_the_model() {
    for path in transcripts() {
        for profile in [Profile::Hardware, Profile::Qemu] {
            replay(&path, profile);
        }
    }
}
