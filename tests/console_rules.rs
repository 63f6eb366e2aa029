//! The terminal's side of the console contract, against a console that is a script.
#![expect(clippy::expect_used, reason = "a helper of a test fails the test by panicking")]

#[path = "harness/console.rs"]
mod console;

use console::{Answer, Console, Fault};
use std::io::{Read, Write, pipe, sink};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(300);

/// What a scripted console does after its last piece.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Stays,
    Ends,
}

/// A console that prints these pieces one after the other.
fn printing(pieces: &'static [&'static [u8]], then: Then) -> Console {
    let (output, mut guest) = pipe().expect("a pipe");
    thread::spawn(move || {
        for piece in pieces {
            guest.write_all(piece).expect("the test reads");
            thread::sleep(Duration::from_millis(5));
        }
        if then == Then::Stays {
            thread::sleep(SOON * 4);
        }
    });
    Console::new(sink(), output, |_| {})
}

fn boot(pieces: &'static [&'static [u8]]) -> Result<String, Fault> {
    let text = printing(pieces, Then::Stays).until_prompt(SOON)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The answer to a line typed at a console that prompts, in one piece once something was typed.
fn answer(text: &'static [u8]) -> Answer {
    let (output, mut guest) = pipe().expect("a pipe");
    let (mut typed, input) = pipe().expect("a pipe");
    thread::spawn(move || {
        guest.write_all(b"> ").expect("the test reads");
        typed.read_exact(&mut [0]).expect("the test types");
        guest.write_all(text).expect("the test reads");
        thread::sleep(SOON * 4);
    });
    let mut console = Console::new(input, output, |_| {});
    console.until_prompt(SOON).expect("a first prompt");
    console.answer(b"x", SOON).expect("an answer")
}

#[test]
fn the_prompt_is_at_the_end_and_in_column_1() {
    assert_eq!(boot(&[b"hi\r\n> "]).expect("a prompt"), "\nhi");
    assert_eq!(boot(&[b"> "]).expect("a prompt"), "");
    assert!(matches!(boot(&[b"a > "]), Err(Fault::Silent(..))));
    assert!(matches!(boot(&[b"\r\n> x"]), Err(Fault::Silent(..))));
    assert!(matches!(boot(&[b"\r\n>"]), Err(Fault::Silent(..))));
}

#[test]
fn sequences_after_the_prompt_are_none_of_it() {
    assert!(boot(&[b"\r\n> \x1b[?2004h\x1b[0m"]).is_ok());
    assert!(boot(&[b"\r\n\x1b[1m>\x1b[0m "]).is_ok());
}

#[test]
fn it_does_not_matter_how_the_stream_is_cut() {
    assert_eq!(boot(&[b"h", b"i\r", b"\n\x1b", b"[", b"1m>", b" "]).expect("a prompt"), "\nhi");
}

#[test]
fn a_machine_that_ended_is_told_from_a_silent_one() {
    let ended = printing(&[b"bye\r\n"], Then::Ends).until_prompt(SOON * 3);
    assert!(matches!(ended, Err(Fault::Ended(text)) if text == "\nbye\n"));
    let silent = printing(&[b"hm\r\n"], Then::Stays).until_prompt(SOON);
    assert!(matches!(silent, Err(Fault::Silent(SOON, text)) if text == "\nhm\n"));
}

#[test]
fn an_answer_is_the_lines_after_the_echo() {
    let answer = answer(b"x\r\n[  0.1] dma: y\r\nok: 1 byte\r\n> ");
    assert_eq!(answer.text(), "[  0.1] dma: y\nok: 1 byte");
    assert_eq!(answer.final_line().expect("one final line"), "ok: 1 byte");
}

#[test]
fn a_final_line_is_one_and_the_last() {
    assert!(answer(b"x\r\n> ").final_line().is_err());
    assert!(answer(b"x\r\n ok: 1\r\n> ").final_line().is_err());
    assert!(answer(b"x\r\nok: 1\r\nlate\r\n> ").final_line().is_err());
    assert!(answer(b"x\r\nerror: 1\r\nok: 1\r\n> ").final_line().is_err());
    assert!(answer(b"x\r\nerror: 1\r\n> ").final_line().is_ok());
}

#[test]
fn enter_is_typed_after_the_line_and_all_text_is_shown() {
    let (output, mut guest) = pipe().expect("a pipe");
    let (mut typed, input) = pipe().expect("a pipe");
    guest.write_all(b"> ").expect("room in the pipe");
    let shown = Arc::new(Mutex::new(Vec::new()));
    let watch = Arc::clone(&shown);
    let show = move |text: &[u8]| watch.lock().expect("no panic").extend_from_slice(text);
    let mut console = Console::new(input, output, show);
    console.until_prompt(SOON).expect("a first prompt");
    guest.write_all(b"\x1b[0mab\r\nok: 2\r\n> ").expect("room in the pipe");
    console.answer(b"ab", SOON).expect("an answer");
    let mut line = [0; 3];
    typed.read_exact(&mut line).expect("what was typed");
    assert_eq!(&line, b"ab\r");
    assert_eq!(*shown.lock().expect("no panic"), b"> ab\nok: 2\n> ");
}
