//! The line editor: keys in, an echo and whole lines out. It owns no terminal and no clock.
//!
//! The contract, in short: the prompt is `> ` and after it come only CSI sequences until something is typed; a byte
//! typed at the end of the line echoes only itself (a control byte: its picture); the echo never holds a newline;
//! bytes are bytes; a line holds [`LIMIT`] bytes, those past it are counted, and one bell tells.

mod cells;
pub mod completion;
pub mod decoder;
mod history;
mod line;
mod screen;

use alloc::vec::Vec;
use core::time::Duration;

pub(crate) use self::cells::width;
use self::cells::{ends_in_mid_character, show_byte};
use self::completion::{Completer, Completing};
use self::decoder::{Decoder, Key};
use self::history::History;
use self::line::{Inserted, Line};
use self::screen::{Place, Screen};

/// How many bytes a line may hold.
pub const LIMIT: usize = 4096;

/// What the user is asked with. Column 1, two columns wide.
pub const PROMPT: &str = "> ";

/// Switches bracketed paste on at the terminal.
const PASTE_ON: &[u8] = b"\x1b[?2004h";
/// Switches it off again, for whoever uses the terminal next.
pub const PASTE_OFF: &str = "\x1b[?2004l";

/// A line that has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// These bytes; perhaps none.
    Line(Vec<u8>),
    /// A line of so many bytes, more than [`LIMIT`].
    TooLong(usize),
    /// Ctrl-C: the line was dropped.
    Dropped,
}

/// Whether the screen shows the line as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Wholly,
    /// From this place and this byte on it has yet to be drawn.
    UpTo(Place, usize),
}

/// The editor of one terminal.
#[derive(Debug)]
pub struct Editor {
    decoder: Decoder,
    line: Line,
    history: History,
    completing: Option<Completing>,
    shown: Shown,
    pasting: bool,
    columns: usize,
}

impl Editor {
    /// An editor for a terminal of this many columns (at least 20 are assumed).
    pub fn new(columns: usize) -> Self {
        Self {
            decoder: Decoder::new(),
            line: Line::new(),
            history: History::new(),
            completing: None,
            shown: Shown::Wholly,
            pasting: false,
            columns: columns.max(20),
        }
    }

    /// Prompts.
    pub fn prompt(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(PROMPT.as_bytes());
        out.extend_from_slice(PASTE_ON);
    }

    /// The bytes of the line being typed.
    pub fn line(&self) -> &[u8] {
        self.line.bytes()
    }

    /// The cursor's place in it: a byte index.
    pub fn cursor(&self) -> usize {
        self.line.cursor()
    }

    /// Takes one byte that came in at `now`. The echo is appended to `out`.
    pub fn feed(
        &mut self,
        byte: u8,
        now: Duration,
        completer: &impl Completer,
        out: &mut Vec<u8>,
    ) -> Option<Entry> {
        let mut keys = Keys::default();
        self.decoder.feed(byte, now, &mut |key| keys.push(key));
        self.all(keys, completer, out)
    }

    /// Nothing has come in until `now`.
    pub fn idle(
        &mut self,
        now: Duration,
        completer: &impl Completer,
        out: &mut Vec<u8>,
    ) -> Option<Entry> {
        let mut keys = Keys::default();
        self.decoder.idle(now, &mut |key| keys.push(key));
        self.all(keys, completer, out)
    }

    fn all(&mut self, keys: Keys, completer: &impl Completer, out: &mut Vec<u8>) -> Option<Entry> {
        // One byte completes several keys only inside a paste, and those end no line; the last key may.
        keys.iter().filter_map(|key| self.key(key, completer, out)).last()
    }

    fn key(&mut self, key: Key, completer: &impl Completer, out: &mut Vec<u8>) -> Option<Entry> {
        if key != Key::Complete {
            self.completing = None;
        }
        match key {
            Key::Typed(byte) | Key::Pasted(byte) => self.insert(byte, out),
            Key::PasteBegin => self.pasting = true,
            Key::PasteEnd => {
                self.pasting = false;
                self.settle(out);
            }
            Key::Enter => return Some(self.enter(out)),
            Key::Interrupt => return Some(self.interrupt(out)),
            Key::Complete => self.complete(completer, out),
            _ => self.edit(key, out),
        }
        None
    }

    fn insert(&mut self, byte: u8, out: &mut Vec<u8>) {
        if !self.line.is_at_end() && !self.line.is_full() && self.shown == Shown::Wholly {
            let cursor = self.line.cursor();
            self.shown = Shown::UpTo(self.screen().cursor(cursor), cursor);
        }
        match self.line.insert(byte) {
            Inserted::AtEnd => show_byte(byte, &mut |bytes| out.extend_from_slice(bytes)),
            Inserted::FirstLost => out.push(0x07),
            Inserted::Within | Inserted::Lost => {}
        }
        // A character half typed, and a paste, are drawn when they are whole.
        if !self.pasting && !ends_in_mid_character(self.line.before()) {
            self.settle(out);
        }
    }

    fn edit(&mut self, key: Key, out: &mut Vec<u8>) {
        self.settle(out);
        match key {
            Key::Backspace if self.line.is_at_end() && self.line.take_back_lost() => {}
            Key::Backspace => self.remove(self.line.previous(), self.line.cursor(), out),
            Key::Delete => self.remove(self.line.cursor(), self.line.next(), out),
            Key::Discard => self.remove(0, self.line.cursor(), out),
            Key::Home => self.go(0, out),
            Key::End => self.go(self.line.bytes().len(), out),
            Key::Left => self.go(self.line.previous(), out),
            Key::Right => self.go(self.line.next(), out),
            Key::Up => {
                let older = self.history.older(self.line.bytes()).map(<[u8]>::to_vec);
                self.recall(older, out);
            }
            Key::Down => {
                let newer = self.history.newer().map(<[u8]>::to_vec);
                self.recall(newer, out);
            }
            _ => {}
        }
    }

    fn screen(&self) -> Screen<'_> {
        Screen { line: self.line.bytes(), prompt: PROMPT.len(), columns: self.columns }
    }

    /// Draws what has not been drawn.
    fn settle(&mut self, out: &mut Vec<u8>) {
        if let Shown::UpTo(place, first) = self.shown {
            self.shown = Shown::Wholly;
            self.screen().redraw(place, first, self.line.cursor(), out);
        }
    }

    fn go(&mut self, index: usize, out: &mut Vec<u8>) {
        if index != self.line.cursor() {
            let from = self.screen().cursor(self.line.cursor());
            self.line.move_to(index);
            self.screen().go(from, index, out);
        }
    }

    fn remove(&mut self, from: usize, to: usize, out: &mut Vec<u8>) {
        if from < to {
            let at = self.screen().cursor(self.line.cursor());
            self.line.remove(from, to);
            self.screen().redraw(at, from, from, out);
        }
    }

    /// Shows `bytes` in place of what follows `first`.
    fn replace(&mut self, first: usize, bytes: &[u8], out: &mut Vec<u8>) {
        let at = self.screen().cursor(self.line.cursor());
        let keep = self.line.bytes().get(..first).unwrap_or_default();
        let whole = [keep, bytes].concat();
        self.line.replace(&whole);
        self.screen().redraw(at, first, self.line.cursor(), out);
    }

    /// Shows a line of the history.
    fn recall(&mut self, bytes: Option<Vec<u8>>, out: &mut Vec<u8>) {
        if let Some(bytes) = bytes {
            self.replace(0, &bytes, out);
        }
    }

    fn complete(&mut self, completer: &impl Completer, out: &mut Vec<u8>) {
        self.settle(out);
        if !self.line.is_at_end() || self.line.lost() > 0 {
            return;
        }
        let completing = match self.completing.take() {
            Some(completing) => Some(completing.next()),
            None => Completing::begin(completer, self.line.bytes()),
        };
        if let Some(completing) = completing {
            self.replace(completing.start(), completing.text(), out);
            self.completing = completing.goes_on();
        }
    }

    fn enter(&mut self, out: &mut Vec<u8>) -> Entry {
        self.leave_line(out);
        self.history.remember(self.line.bytes());
        let entry = match self.line.lost() {
            0 => Entry::Line(self.line.bytes().to_vec()),
            lost => Entry::TooLong(LIMIT.saturating_add(lost)),
        };
        self.line.replace(&[]);
        entry
    }

    fn interrupt(&mut self, out: &mut Vec<u8>) -> Entry {
        self.leave_line(out);
        self.history.leave();
        self.line.replace(&[]);
        Entry::Dropped
    }

    /// The cursor goes below the line.
    fn leave_line(&mut self, out: &mut Vec<u8>) {
        self.settle(out);
        self.go(self.line.bytes().len(), out);
        out.extend_from_slice(b"\r\n");
    }
}

/// Each cell of a line with the index where it begins and what shows it, for the tests.
#[cfg(test)]
pub(crate) fn show(line: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let shown = |cell: cells::Cell<'_>| {
        let mut bytes = Vec::new();
        cell.show(&mut |part| bytes.extend_from_slice(part));
        (cell.start, bytes)
    };
    cells::cells(line).map(shown).collect()
}

/// The few keys that one byte completes.
#[derive(Debug, Default)]
struct Keys {
    keys: [Option<Key>; 8],
    count: usize,
}

impl Keys {
    fn push(&mut self, key: Key) {
        if let Some(slot) = self.keys.get_mut(self.count) {
            *slot = Some(key);
            self.count += 1;
        }
    }

    fn iter(self) -> impl Iterator<Item = Key> {
        self.keys.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests;
