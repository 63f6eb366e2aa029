//! `type_lines PROGRAM ARGUMENT…`: types every line of standard input at the prompt of the console that the program
//! carries on its standard streams, and prints what comes back.
//!
//! Status 0 if every non-empty line was answered by `ok:`, 1 otherwise. The program is ended before this one ends.

#[path = "../tests/harness/console.rs"]
mod console;

use console::{Console, Fault};
use std::io::{BufRead, Write, stdin, stdout};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// The longest time without a byte before a line counts as unanswered.
const SILENCE: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        return complain("say what to run: type_lines PROGRAM ARGUMENT…");
    };
    let child =
        Command::new(&program).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    match child {
        Ok(child) => session(&mut Guest(child)),
        Err(error) => complain(&format!("could not start {}: {error}", program.display())),
    }
}

/// The program, ended with us.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn complain(what: &str) -> ExitCode {
    eprintln!("type_lines: {what}");
    ExitCode::FAILURE
}

fn session(guest: &mut Guest) -> ExitCode {
    let (Some(input), Some(output)) = (guest.0.stdin.take(), guest.0.stdout.take()) else {
        return complain("the program has no standard streams");
    };
    let mut console = Console::new(input, output, show);
    let mut status = match console.until_prompt(SILENCE) {
        Ok(_) => ExitCode::SUCCESS,
        Err(fault) => return complain(&describe(&fault)),
    };
    let mut lines = stdin().lock().split(b'\n').map_while(Result::ok);
    for line in &mut lines {
        match type_line(&mut console, line.strip_suffix(b"\r").unwrap_or(&line)) {
            Said::Ok => {}
            Said::Otherwise => status = ExitCode::FAILURE,
            Said::OkAndGone => break,
            Said::Gone(fault) => return complain(&describe(&fault)),
        }
    }
    if lines.any(|line| !line.is_empty()) {
        return complain("the machine ended before the last line was typed");
    }
    show(b"\n");
    status
}

/// How one line went.
enum Said {
    Ok,
    Otherwise,
    /// It was answered by `ok:` and ended the machine, as `/halt` does.
    OkAndGone,
    Gone(Fault),
}

fn type_line(console: &mut Console, line: &[u8]) -> Said {
    match console.answer(&as_typed(line), SILENCE) {
        Ok(_) if line.is_empty() => Said::Ok,
        Ok(answer) => match answer.final_line() {
            Ok(last) if last.starts_with("ok:") => Said::Ok,
            Ok(_) | Err(_) => Said::Otherwise,
        },
        Err(Fault::Ended(text)) if text.contains("\nok:") => Said::OkAndGone,
        Err(fault) => Said::Gone(fault),
    }
}

/// A line with control characters goes in as a paste, so that the editor takes them for data.
fn as_typed(line: &[u8]) -> Vec<u8> {
    if line.iter().any(u8::is_ascii_control) {
        [b"\x1b[200~", line, b"\x1b[201~"].concat()
    } else {
        line.to_vec()
    }
}

fn describe(fault: &Fault) -> String {
    match fault {
        Fault::Silent(time, text) => {
            format!("no prompt, and nothing for {} s after {:?}", time.as_secs(), last_line(text))
        }
        Fault::Ended(text) => format!("the machine ended after {:?}", last_line(text)),
    }
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().next_back().unwrap_or("no output")
}

fn show(text: &[u8]) {
    let mut out = stdout().lock();
    // A reader that went away (`| head`) is no reason to stop in the middle of a line.
    let _ = out.write_all(text).and_then(|()| out.flush());
}
