//! From the bytes of a terminal to keys.
//!
//! A key may be one byte or a CSI or SS3 sequence. Between the marks of a bracketed paste every byte is data. The
//! decoder is told the time with each byte, so that a lone ESC and an unfinished paste end by themselves.

use core::time::Duration;

const ESC: u8 = 0x1B;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Longer than any sequence a terminal sends for a key.
const LONGEST_SEQUENCE: u8 = 32;
/// How long after ESC the rest of a sequence may still come.
const ESCAPE_SILENCE: Duration = Duration::from_millis(500);
/// How long a paste may pause before it counts as ended.
const PASTE_SILENCE: Duration = Duration::from_secs(1);

/// What was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A byte of data, typed.
    Typed(u8),
    /// A paste begins.
    PasteBegin,
    /// A byte of data, pasted: any value.
    Pasted(u8),
    /// The paste is over.
    PasteEnd,
    /// CR, CR LF or LF.
    Enter,
    /// Ctrl-C.
    Interrupt,
    /// Backspace or DEL.
    Backspace,
    /// The Delete key.
    Delete,
    /// Ctrl-U.
    Discard,
    /// Ctrl-A or Home.
    Home,
    /// Ctrl-E or End.
    End,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Tab.
    Complete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ground,
    /// The last byte was the CR of a line; an LF would belong to it.
    AfterCr,
    Escape,
    Csi(Csi),
    Ss3,
    /// In a paste, of whose end mark this many bytes have been seen.
    Paste(usize),
}

/// A CSI sequence under way: its first parameter is all that tells keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Csi {
    first: u16,
    field: Field,
    length: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    First,
    Later,
}

/// The decoder of one terminal's bytes.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    last: Duration,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub const fn new() -> Self {
        Self { state: State::Ground, last: Duration::ZERO }
    }

    /// Takes one byte that came in at `now` (since any fixed moment) and hands the keys it completes to `sink`.
    pub fn feed(&mut self, byte: u8, now: Duration, sink: &mut impl FnMut(Key)) {
        self.idle(now, sink);
        self.last = now;
        self.step(byte, sink);
    }

    /// Nothing has come in until `now`: ends what silence ends.
    pub fn idle(&mut self, now: Duration, sink: &mut impl FnMut(Key)) {
        let silence = now.saturating_sub(self.last);
        match self.state {
            State::Paste(matched) if silence >= PASTE_SILENCE => {
                give_back(matched, sink);
                sink(Key::PasteEnd);
                self.state = State::Ground;
            }
            State::Escape | State::Csi(_) | State::Ss3 if silence >= ESCAPE_SILENCE => {
                self.state = State::Ground;
            }
            _ => {}
        }
    }

    fn step(&mut self, byte: u8, sink: &mut impl FnMut(Key)) {
        match self.state {
            State::Ground => self.ground(byte, sink),
            State::AfterCr => {
                self.state = State::Ground;
                if byte != b'\n' {
                    self.ground(byte, sink);
                }
            }
            State::Escape => self.escape(byte, sink),
            State::Csi(csi) => self.csi(csi, byte, sink),
            State::Ss3 => self.ss3(byte, sink),
            State::Paste(matched) => self.paste(matched, byte, sink),
        }
    }

    fn ground(&mut self, byte: u8, sink: &mut impl FnMut(Key)) {
        self.state = match byte {
            b'\r' => State::AfterCr,
            ESC => State::Escape,
            _ => State::Ground,
        };
        match byte {
            b'\r' | b'\n' => sink(Key::Enter),
            ESC => {}
            0x01 => sink(Key::Home),
            0x03 => sink(Key::Interrupt),
            0x05 => sink(Key::End),
            0x08 | 0x7F => sink(Key::Backspace),
            b'\t' => sink(Key::Complete),
            0x15 => sink(Key::Discard),
            data => sink(Key::Typed(data)),
        }
    }

    /// A lone ESC is dropped; what follows it counts for itself.
    fn escape(&mut self, byte: u8, sink: &mut impl FnMut(Key)) {
        match byte {
            b'[' => {
                self.state = State::Csi(Csi { first: 0, field: Field::First, length: 0 });
            }
            b'O' => self.state = State::Ss3,
            _ => self.ground(byte, sink),
        }
    }

    fn csi(&mut self, csi: Csi, byte: u8, sink: &mut impl FnMut(Key)) {
        match byte {
            0x20..=0x3F if csi.length < LONGEST_SEQUENCE => self.state = State::Csi(csi.with(byte)),
            0x20..=0x3F => self.state = State::Ground,
            b'~' if csi.first == 200 => {
                self.state = State::Paste(0);
                sink(Key::PasteBegin);
            }
            0x40..=0x7E => {
                self.state = State::Ground;
                if let Some(key) = csi.key(byte) {
                    sink(key);
                }
            }
            _ => self.ground(byte, sink),
        }
    }

    fn ss3(&mut self, byte: u8, sink: &mut impl FnMut(Key)) {
        match byte {
            0x40..=0x7E => {
                self.state = State::Ground;
                if let Some(key) = cursor_key(byte) {
                    sink(key);
                }
            }
            _ => self.ground(byte, sink),
        }
    }

    fn paste(&mut self, matched: usize, byte: u8, sink: &mut impl FnMut(Key)) {
        if PASTE_END.get(matched) == Some(&byte) {
            self.state = if matched + 1 == PASTE_END.len() {
                sink(Key::PasteEnd);
                State::Ground
            } else {
                State::Paste(matched + 1)
            };
            return;
        }
        give_back(matched, sink);
        // ESC occurs in the mark only as its first byte, so a failed match can begin anew only with this byte.
        if byte == ESC {
            self.state = State::Paste(1);
        } else {
            self.state = State::Paste(0);
            sink(Key::Pasted(byte));
        }
    }
}

/// The bytes that looked like an end mark were data.
fn give_back(matched: usize, sink: &mut impl FnMut(Key)) {
    for &byte in PASTE_END.iter().take(matched) {
        sink(Key::Pasted(byte));
    }
}

impl Csi {
    fn with(mut self, byte: u8) -> Self {
        self.length += 1;
        match (byte, self.field) {
            (b'0'..=b'9', Field::First) => {
                let digit = u16::from(byte - b'0');
                self.first = self.first.saturating_mul(10).saturating_add(digit);
            }
            _ => self.field = Field::Later,
        }
        self
    }

    fn key(self, last: u8) -> Option<Key> {
        match (last, self.first) {
            (b'~', 1 | 7) => Some(Key::Home),
            (b'~', 4 | 8) => Some(Key::End),
            (b'~', 3) => Some(Key::Delete),
            _ => cursor_key(last),
        }
    }
}

/// The keys whose CSI and SS3 forms end alike.
fn cursor_key(last: u8) -> Option<Key> {
    match last {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        b'H' => Some(Key::Home),
        b'F' => Some(Key::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
