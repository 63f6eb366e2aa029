//! A console on the model, and somebody who types.

#[path = "../../../../tests/harness/width.rs"]
mod width;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use dma_model::Profile;
use shell::console::Console;
use shell::escape::unescape;
use shell::render::Paint;

use crate::machine::Simulated;

const PROMPT: &str = "> \x1b[?2004h";

pub(crate) struct Desk {
    pub(crate) console: Console<Simulated>,
    pub(crate) written: Rc<RefCell<Vec<u8>>>,
}

impl Desk {
    pub(crate) fn new(profile: Profile, seed: u64) -> Self {
        let written: Rc<RefCell<Vec<u8>>> = Rc::default();
        let sink = Rc::clone(&written);
        let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
        let mut console = Console::new(Simulated::new(profile, seed, write, || None), Paint::Plain);
        console.start();
        written.take();
        Self { console, written }
    }

    pub(crate) fn keys(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.console.machine().came_in();
            self.console.feed(byte, Duration::ZERO);
        }
    }

    /// Pastes a line, ends it, and gives the lines of the answer.
    pub(crate) fn send(&mut self, line: &[u8]) -> Vec<String> {
        self.keys(b"\x1b[200~");
        self.keys(line);
        self.keys(b"\x1b[201~");
        self.written.take();
        self.keys(b"\r");
        let written = String::from_utf8(self.written.take()).unwrap();
        let body = written.strip_suffix(PROMPT).expect("the prompt comes back");
        let lines: Vec<String> =
            body.strip_prefix("\r\n").unwrap().split_terminator("\r\n").map(Into::into).collect();
        for line in &lines {
            assert!(width::fits(line), "{line}");
        }
        lines
    }

    /// Sends a line and asserts that it comes back equal.
    pub(crate) fn assert_comes_back(&mut self, line: &[u8]) {
        let slash: &[u8] = if line.starts_with(b"/") { b"/" } else { b"" };
        let lines = self.send(&[slash, line].concat());
        let [.., received, last] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(last.starts_with(&format!("ok: {} bytes, ", line.len())), "{lines:#?}");
        let got = match received.strip_prefix("received (escaped): ") {
            Some(escaped) => unescape(escaped).unwrap(),
            None => received.strip_prefix("received: ").unwrap().as_bytes().to_vec(),
        };
        assert!(got == line, "{received}");
    }
}
