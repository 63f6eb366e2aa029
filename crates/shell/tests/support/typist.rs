//! The console's contract as a property of any bytes that come in: what is not the end of a line only echoes, an empty
//! line only prompts again (what was to be logged meanwhile comes first), and every other line is answered by exactly one final line, which is the last before the
//! prompt. An editor of its own, fed with the same bytes, says which lines came in.
//!
//! The ordinary tests and the fuzzer type through this.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use dma_model::Profile;
use shell::command::Commands;
use shell::console::{Console, Life};
use shell::editor::{Editor, Entry, LIMIT};
use shell::render::{Paint, WIDTH};

use crate::machine::Simulated;

const PROMPT: &[u8] = b"> \x1b[?2004h";
/// A command that asks so often whether it is to stop is stopped by Ctrl-C.
const PATIENCE: u32 = 40;

pub(crate) struct Typist {
    console: Console<Simulated>,
    written: Rc<RefCell<Vec<u8>>>,
    editor: Editor,
    /// Lines that were answered.
    pub(crate) answered: u64,
}

impl Typist {
    pub(crate) fn new(profile: Profile, seed: u64) -> Self {
        let written: Rc<RefCell<Vec<u8>>> = Rc::default();
        let sink = Rc::clone(&written);
        let write = move |bytes: &[u8]| sink.borrow_mut().extend_from_slice(bytes);
        let asked = Cell::new(0);
        let poll = move || {
            asked.set((asked.get() + 1) % PATIENCE);
            (asked.get() == 0).then_some(0x03)
        };
        let machine = Simulated::new(profile, seed, write, poll);
        let (console, editor) = begin(machine);
        Self { console, written, editor, answered: 0 }.started()
    }

    fn started(mut self) -> Self {
        self.console.start();
        let written = self.written.take();
        assert!(written.strip_suffix(PROMPT).is_some_and(only_log));
        self
    }

    /// The same machine with a console that has seen nothing.
    pub(crate) fn anew(self) -> Self {
        let (console, editor) = begin(self.console.into_machine());
        Self { console, editor, ..self }.started()
    }

    pub(crate) fn machine(&self) -> &Simulated {
        self.console.machine()
    }

    /// Types these bytes.
    ///
    /// # Panics
    /// The console broke its contract.
    pub(crate) fn types(mut self, bytes: &[u8]) -> Self {
        for &byte in bytes {
            self.key(byte);
            if self.console.life() == Life::Over {
                self = self.anew();
            }
        }
        self
    }

    fn key(&mut self, byte: u8) {
        let mut echo = Vec::new();
        let entry = self.editor.feed(byte, Duration::ZERO, &Commands, &mut echo);
        self.console.machine().came_in();
        self.console.feed(byte, Duration::ZERO);
        let written = self.written.take();
        let shown = || String::from_utf8_lossy(&written).into_owned();
        let body = written.strip_prefix(echo.as_slice());
        let body = body.unwrap_or_else(|| panic!("byte {byte:#x} echoes {}", shown()));
        let Some(entry) = entry else {
            assert!(body.is_empty(), "byte {byte:#x} ends no line, and writes {}", shown());
            return;
        };
        let body = match self.console.life() {
            Life::Running => body.strip_suffix(PROMPT).expect("the prompt comes back"),
            Life::Over => body.strip_suffix(b"\x1b[?2004l").expect("pasting is as it was"),
        };
        match entry {
            Entry::Dropped => assert!(only_log(body), "{}", shown()),
            Entry::Line(line) if line.is_empty() => assert!(only_log(body), "{}", shown()),
            Entry::Line(line) => self.answers(&line, body),
            Entry::TooLong(length) => {
                let told = format!("error: line of {length} bytes, at most {LIMIT}\r\n");
                let before = body.strip_suffix(told.as_bytes());
                assert!(before.is_some_and(only_log), "{}", shown());
            }
        }
        // What goes on in the background writes nothing at the prompt.
        for _ in 0..3 {
            self.console.work();
        }
        self.console.idle(Duration::ZERO);
        assert!(self.written.borrow().is_empty(), "{:?}", self.written);
    }

    fn answers(&mut self, line: &[u8], body: &[u8]) {
        self.answered += 1;
        let (line, body) = (String::from_utf8_lossy(line), String::from_utf8_lossy(body));
        let lines: Vec<&str> = body.split_terminator("\r\n").collect();
        let is_final = |line: &&str| line.starts_with("ok:") || line.starts_with("error:");
        let finals = lines.iter().copied().filter(|line| is_final(line)).count();
        assert!(body.ends_with("\r\n"), "{line}: {body}");
        assert_eq!(finals, 1, "{line}: {body}");
        assert!(lines.last().is_some_and(is_final), "{line}: {body}");
    }
}

/// Whether there are no lines but of the log.
fn only_log(text: &[u8]) -> bool {
    let lines = String::from_utf8_lossy(text);
    lines.split_terminator("\r\n").all(|line| line.starts_with('['))
}

fn begin(machine: Simulated) -> (Console<Simulated>, Editor) {
    (Console::new(machine, Paint::Plain), Editor::new(WIDTH))
}
