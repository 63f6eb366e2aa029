use super::*;
use crate::command::COMMANDS;
use crate::testing::Fake;
use std::string::{String, ToString};
use std::vec;

mod bad_input;
mod breakdown;
mod clocks;
mod sg;
mod streams;

/// A console on a fake machine.
pub(super) fn console() -> Console<Fake> {
    let mut console = Console::new(Fake::new(), Paint::Plain);
    console.start();
    assert_eq!(console.machine.take(), PROMPT);
    console
}

pub(super) const PROMPT: &str = "> \x1b[?2004h";

/// Types bytes; returns what was written.
pub(super) fn typed(console: &mut Console<Fake>, bytes: &[u8]) -> String {
    String::from_utf8_lossy(&typed_raw(console, bytes)).into_owned()
}

pub(super) fn typed_raw(console: &mut Console<Fake>, bytes: &[u8]) -> Vec<u8> {
    for &byte in bytes {
        console.feed(byte, console.machine.time.get());
    }
    console.machine.written.take()
}

/// The lines of the answer to a line, without echo and prompt.
pub(super) fn answer(console: &mut Console<Fake>, line: &[u8]) -> Vec<String> {
    typed(console, line);
    let written = typed(console, b"\r");
    let body = written.strip_prefix("\r\n").expect("the line ends");
    let body = body.strip_suffix(PROMPT).expect("the prompt comes back");
    body.split_terminator("\r\n").map(ToString::to_string).collect()
}

pub(super) fn last(console: &mut Console<Fake>, line: &[u8]) -> String {
    answer(console, line).pop().unwrap()
}

#[test]
fn an_empty_line_and_ctrl_c_only_prompt_again() {
    let mut console = console();
    assert_eq!(typed(&mut console, b"\r"), std::format!("\r\n{PROMPT}"));
    assert_eq!(typed(&mut console, b"\r\n"), std::format!("\r\n{PROMPT}"));
    assert_eq!(typed(&mut console, b"abc\x03"), std::format!("abc\r\n{PROMPT}"));
}

#[test]
fn every_command_answers_with_one_final_line() {
    for command in COMMANDS.iter().filter(|command| !matches!(command.name, "reboot" | "halt")) {
        let mut console = console();
        let lines = answer(&mut console, command.example.as_bytes());
        let finals =
            lines.iter().filter(|l| l.starts_with("ok:") || l.starts_with("error:")).count();
        assert_eq!(finals, 1, "{}: {lines:?}", command.name);
        assert!(lines.last().unwrap().starts_with(['o', 'e']));
    }
}

#[test]
fn answers_fit_eighty_columns() {
    for command in COMMANDS.iter().filter(|command| !matches!(command.name, "reboot" | "halt")) {
        let mut console = console();
        for line in [command.example.into(), std::format!("/help {}", command.name)] {
            for line in answer(&mut console, line.as_bytes()) {
                assert!(crate::render::columns(&line) <= 80, "{line}");
            }
        }
    }
}

#[test]
fn info_tells_the_stores_in_the_promised_words() {
    let lines = answer(&mut console(), b"/info");
    assert!(lines.contains(&"heap: 1234 of 65536 bytes".to_string()));
    assert!(lines.contains(&"coherent pool: 0 of 4096 bytes".to_string()));
    assert!(lines.iter().any(|line| line.contains("page 0  unmapped")), "{lines:?}");
}

#[test]
fn a_line_too_long_is_told_its_length() {
    let mut console = console();
    let line = vec![b'x'; 5000];
    assert_eq!(last(&mut console, &line), "error: line of 5000 bytes, at most 4096");
}

#[test]
fn poke_and_dump_see_the_same_memory() {
    let mut console = console();
    let poked = last(&mut console, b"/poke 0x2004 0x33323120");
    assert_eq!(poked, "ok: 0x2004 was 0x00000000, is 0x33323120");
    let lines = answer(&mut console, b"/dump 0x2000 17");
    assert!(lines[0].starts_with("0x00002000 00 00 00 00 20 31 32 33  00"), "{lines:?}");
    assert!(lines[0].ends_with("···· 123········"));
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2], "ok: 0x11 bytes at 0x2000");
}

#[test]
fn the_firewall_names_address_and_region() {
    let mut console = console();
    for (line, expected) in [
        ("/dump 0", "error: /dump: 0x0 is not mapped (page 0); /map shows what is"),
        ("/dump 0x2ff0 17", "error: /dump: 0x3000 is not mapped; /map shows what is"),
        ("/poke 0x1000 1", "error: /poke: 0x1000 is read-only (text); /map shows what is"),
        (
            "/dump 0x7000 20",
            "error: /dump: 0x7010 is device memory without a known register; \
             the nearest is timer at 0x7000; /map registers shows what is",
        ),
        (
            "/poke 0x7700 1",
            "error: /poke: 0x7700 is device memory without a known register; \
             the nearest is pins at 0x7800; /map registers shows what is",
        ),
        (
            "/dump 0x7001 4",
            "error: /dump: device is device memory: address and length must be multiples of 4; /map shows what is",
        ),
        ("/poke 0x2001 1", "error: /poke: addr=0x2001 is no multiple of 4"),
    ] {
        assert_eq!(last(&mut console, line.as_bytes()), expected);
    }
}

#[test]
fn the_map_lists_registers_too() {
    let lines = answer(&mut console(), b"/map registers");
    assert_eq!(
        lines,
        [
            "      from          to  registers",
            "0x00007000  0x00007010  timer",
            "0x00007800  0x00007880  pins",
            "ok: 2 blocks of registers",
        ]
    );
}

#[test]
fn ctrl_c_stops_a_long_command_and_what_else_was_typed_waits() {
    let mut console = console();
    console.machine.meanwhile.borrow_mut().extend(b"/version\r\x03");
    typed(&mut console, b"/dump 0x1000 4096");
    let written = typed(&mut console, b"\r");
    let answers: Vec<&str> = written.split("\r\n").collect();
    assert_eq!(answers[1], "error: stopped after 0x0 bytes");
    assert_eq!(answers[2], std::format!("{PROMPT}/version"));
    assert_eq!(answers[3], "ok: rpi3-sgdma 0");
}

#[test]
fn ctrl_c_inside_a_paste_is_data_even_while_a_command_runs() {
    let mut console = console();
    console.machine.meanwhile.borrow_mut().extend(b"\x1b[200~\x03\x1b[201~\x15");
    let written = typed(&mut console, b"/dump 0x1000 16\r");
    assert!(written.contains("\r\nok: 0x10 bytes"), "{written}");
}

#[test]
fn log_lines_wait_for_the_next_line() {
    let mut console = console();
    console.machine.time.set(Duration::from_millis(1500));
    console.log("uart", format_args!("noise"));
    assert_eq!(console.machine.take(), "");
    let lines = answer(&mut console, b"/version");
    assert_eq!(lines, ["[     1.500000] uart: noise", "ok: rpi3-sgdma 0"]);
    let lines = answer(&mut console, b"/log");
    assert_eq!(lines, ["[     1.500000] uart: noise", "ok: 1 of 1 log lines"]);
    console.log("uart", format_args!("more"));
    assert_eq!(answer(&mut console, b"/log 1").last().unwrap(), "ok: 1 of 2 log lines");
}

#[test]
fn lost_bytes_are_told_before_the_next_answer_and_once() {
    let mut console = console();
    console.machine.overruns.set(7);
    assert_eq!(answer(&mut console, b"/version"), ["ok: rpi3-sgdma 0"]);
    let told = "[     0.000000] console: 7 bytes are lost, too fast or damaged";
    assert_eq!(answer(&mut console, b"/version"), [told, "ok: rpi3-sgdma 0"]);
    assert_eq!(answer(&mut console, b"/version"), ["ok: rpi3-sgdma 0"]);
}

#[test]
fn before_the_first_prompt_the_log_is_shown_at_once() {
    let mut console = Console::new(Fake::new(), Paint::Plain);
    console.log("boot", format_args!("core {}", 0));
    assert_eq!(console.machine.take(), "[     0.000000] boot: core 0\r\n");
}

#[test]
fn the_end_is_answered_and_not_followed_by_a_prompt() {
    for (line, end) in [(&b"/reboot\r"[..], "reboot"), (b"/halt\r", "halt")] {
        let mut console = console();
        let written = typed(&mut console, line);
        let expected = if end == "halt" { "halted" } else { "rebooting" };
        assert!(written.ends_with(&std::format!("\r\nok: {expected}\r\n\x1b[?2004l")));
        assert_eq!((console.machine.ended.get(), console.life()), (Some(end), Life::Over));
        assert_eq!(typed(&mut console, b"123\r"), "");
    }
}

#[test]
fn cuts_are_kept() {
    let mut console = console();
    let set = last(&mut console, b"/cuts 5,7,64");
    assert_eq!(set, "ok: source 5,7,64… destination 7,64,5…");
    assert_eq!(last(&mut console, b"/cuts"), set);
    let set = last(&mut console, b"/cuts 8 to=3,1");
    assert_eq!(set, "ok: source 8… destination 3,1…");
    assert_eq!(last(&mut console, b"/cuts to=9"), "ok: source 8… destination 9…");
}

#[test]
fn colour_can_be_switched() {
    let mut console = console();
    assert_eq!(last(&mut console, b"/color on"), "ok: colour is on");
    assert!(answer(&mut console, b"/map")[1].contains("\x1b["));
    assert_eq!(last(&mut console, b"/color off"), "ok: colour is off");
    assert!(!answer(&mut console, b"/map")[1].contains("\x1b["));
}
