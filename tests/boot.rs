//! The image under every QEMU version, judged through its console and by instruments from outside.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test by panicking"
)]

mod board;
mod flood;
mod harness;
mod inspect;
mod lines;
mod memory;

use harness::qemu::{ENGINE, Machine, Version, under_each_version};
use harness::transcript::{Exchange, parse};
use harness::width::fits;
use harness::{repo, scratch};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn boots_to_the_prompt_and_says_how_to_stop() {
    under_each_version(|version| {
        let (_machine, banner) = Machine::boot(version, &[]);
        assert!(banner.contains("/halt"), "{banner}");
        assert!(!banner.contains("error"), "{banner}");
    });
}

#[test]
fn transcripts_replay() {
    let folder = fs::read_dir(repo("tests/transcripts")).expect("tests/transcripts is readable");
    let mut files: Vec<_> = folder.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no transcript in tests/transcripts");
    under_each_version(|version| {
        for file in &files {
            replay(version, file);
        }
    });
}

fn replay(version: &Version, file: &Path) {
    let script = fs::read_to_string(file).expect("a readable transcript");
    let (mut machine, mut text) = Machine::boot(version, &[]);
    for exchange in parse(&script) {
        if let Some(line) = &exchange.typed {
            // What ends the machine ends the transcript.
            if line == "/halt" {
                text = machine.halt().0;
                agrees(&exchange, text.split_once('\n').map_or("", |(_, answer)| answer), file);
                return;
            }
            let answer = machine.type_line(line.as_bytes());
            text = answer.text();
            if line == "/reboot" {
                // What comes after it is the new boot's.
                text = text.lines().take(1).collect();
                agrees(&exchange, &text, file);
                continue;
            }
            assert!(line.is_empty() || answer.final_line().is_ok(), "{line}: {text}");
        }
        agrees(&exchange, &text, file);
    }
}

fn agrees(exchange: &Exchange, text: &str, file: &Path) {
    let lines: Vec<_> = text.trim_start_matches('\n').lines().collect();
    for line in &lines {
        assert!(fits(line), "{}: {line}", file.display());
    }
    let verdict = exchange.check(&lines, ENGINE);
    verdict.unwrap_or_else(|why| panic!("{}: {why}", file.display()));
}

#[test]
fn halt_ends_the_machine_with_status_0() {
    under_each_version(|version| {
        let (machine, _) = Machine::boot(version, &[]);
        let (text, status) = machine.halt();
        assert!(text.contains("\nok:"), "{text}");
        assert!(status.success(), "{status}");
    });
}

#[test]
fn reboot_gives_the_prompt_of_a_new_boot() {
    under_each_version(|version| {
        let (mut machine, first) = Machine::boot(version, &[]);
        let answer = machine.type_line(b"/reboot").text();
        let (before, after) = answer.split_once("ok:").unwrap_or_else(|| panic!("{answer}"));
        assert!(!before.contains("error:"), "{answer}");
        let banner = |text: &str| text.lines().any(|line| line.contains("/halt"));
        assert!(banner(&first) && banner(after), "{answer}");
        machine.ok("after the reboot");
    });
}

/// `/halt` writes these; QEMU obeys, and logs them as registers that it does not model in full.
const OF_HALT: [&str; 2] = ["bcm2835_powermgt_write: RSTS", "bcm2835_powermgt_write: WDOG"];

/// QEMU holds NEXTCONBK for read-only and says so at each abort; it has nothing else to complain of.
#[test]
fn no_guest_error_but_one_for_each_abort() {
    under_each_version(|version| {
        let log = scratch("guest_errors.log");
        let options = ["-d", "guest_errors,unimp", "-D"].map(OsStr::new);
        let options = [&options[..], &[log.as_os_str()]].concat();
        let (mut machine, _) = Machine::boot(version, &options);
        machine.ok("/info");
        machine.ok("123");
        let stuck = machine.type_line(b"/fault stuck").text();
        assert!(stuck.contains("CONBLK_AD") && stuck.contains("DEBUG"), "{stuck}");
        machine.ok("the next line works");
        machine.halt();
        let said = fs::read_to_string(&log).expect("QEMU wrote its log");
        let said = said.lines().filter(|line| !OF_HALT.contains(line));
        let (aborts, others): (Vec<_>, Vec<_>) =
            said.partition(|line| line.contains("Bad offset 0x1c"));
        assert!(others.is_empty(), "{others:#?}");
        assert_eq!(aborts.len(), 1, "{aborts:#?}");
    });
}

#[test]
fn make_run_types_what_is_piped_in_and_ends() {
    let (ended_well, said) = piped("123\n\n/help\n");
    assert!(ended_well, "{said}");
    assert!(said.lines().any(|line| line == "received: 123"), "{said}");
}

#[test]
fn make_run_fails_when_a_line_does() {
    let (ended_well, said) = piped("/no-such-command\n123\n");
    assert!(!ended_well, "{said}");
    assert!(said.lines().any(|line| line == "received: 123"), "{said}");
}

/// `make run` with these lines on its standard input: whether its status was 0, and what it printed.
fn piped(lines: &str) -> (bool, String) {
    harness::image();
    let mut make = Command::new("timeout");
    make.args(["-k", "2", "120", "make", "run"]).current_dir(repo("")).env_remove("MAKEFLAGS");
    make.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut make = make.spawn().expect("make starts");
    let mut input = make.stdin.take().expect("piped");
    input.write_all(lines.as_bytes()).expect("make reads its input");
    drop(input);
    let output = make.wait_with_output().expect("make ends");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}
