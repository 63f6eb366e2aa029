//! The console on a laptop: the same lines, the strict model in place of the board.
//!
//! `cargo run --example simulator [hardware|qemu]`. On a terminal it is a console as on the board; with input from elsewhere it
//! types each line, prints the answers and ends with status 0 if every line was answered `ok:`. `NO_COLOR` is honoured.

#[expect(dead_code, reason = "the tests ask more of it")]
mod machine;
mod terminal;

use std::cell::RefCell;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use dma_model::Profile;
use shell::console::{Background, Console, Life};
use shell::machine::Machine;
use shell::render::Paint;

use crate::machine::Simulated;

type Input = Rc<RefCell<Receiver<u8>>>;

fn main() -> ExitCode {
    let profile = match std::env::args().nth(1).as_deref() {
        None | Some("hardware") => Profile::Hardware,
        Some("qemu") => Profile::Qemu,
        Some(other) => {
            eprintln!("profile {other} is not known: expected hardware or qemu");
            return ExitCode::from(2);
        }
    };
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = stdout().is_terminal() && !colourless;
    let paint = if colour { Paint::Colour } else { Paint::Plain };
    let raw = stdin().is_terminal().then(terminal::Raw::begin);
    let input: Input = Rc::new(RefCell::new(terminal::read()));
    let poll = Rc::clone(&input);
    // Without a terminal the next lines are already there; a command must not take a Ctrl-C of theirs for its own.
    let on_terminal = raw.is_some();
    let poll = move || on_terminal.then(|| poll.borrow().try_recv().ok()).flatten();
    let mut console = Console::new(Simulated::new(profile, 1, print, poll), paint);
    println!("rpi3-sgdma simulator: /help lists the commands, /halt ends it\r");
    console.start();
    let status = serve(&mut console, &input);
    drop(raw);
    println!();
    status
}

/// Feeds the console until the input or the console ends.
fn serve(console: &mut Console<Simulated>, input: &Input) -> ExitCode {
    let mut background = Background::Quiet;
    while console.life() == Life::Running {
        let patience = if background == Background::Busy { 0 } else { 100 };
        let next = input.borrow().recv_timeout(Duration::from_millis(patience));
        let now = console.machine().uptime();
        match next {
            Ok(byte) => {
                console.machine().came_in();
                console.feed(byte, now);
            }
            Err(RecvTimeoutError::Timeout) => {
                console.idle(now);
                background = console.work();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if console.tally().error == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(bytes: &[u8]) {
    let mut out = stdout().lock();
    // Nobody is left to tell if the terminal is gone.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
