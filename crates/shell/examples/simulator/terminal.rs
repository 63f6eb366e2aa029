//! The laptop's terminal: every byte as it is typed.

use std::io::{Read, stdin};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// The terminal in raw mode; as it was again when this is dropped.
pub(crate) struct Raw {
    before: Option<String>,
}

impl Raw {
    /// Switches to raw mode by `stty`; where there is none, lines come in whole.
    pub(crate) fn begin() -> Self {
        let before = stty(&["-g"]);
        if before.is_some() {
            stty(&["raw", "-echo"]);
        }
        Self { before }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            stty(&[before.trim()]);
        }
    }
}

/// What `stty` answers.
fn stty(arguments: &[&str]) -> Option<String> {
    let command = Command::new("stty").args(arguments).stdin(Stdio::inherit()).output().ok()?;
    command.status.success().then(|| String::from_utf8_lossy(&command.stdout).into_owned())
}

/// The bytes of standard input, as they come.
pub(crate) fn read() -> Receiver<u8> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for byte in stdin().lock().bytes().map_while(Result::ok) {
            if send.send(byte).is_err() {
                return;
            }
        }
    });
    receive
}
